"""The pages of an atlas around its maps: cover, contents, pockets, quality of the data, glossary and protection."""

from collections.abc import Mapping
from typing import Any

from geo.ranking import rank
from maps import figure, insets, sheet
from maps.figure import Frame
from maps.ground import Ground
from maps.league import largest_deprivations, parent_names
from maps.legend import symbol_rows, too_far
from maps.marginalia import (
    audience_name,
    class_rows,
    edition,
    legend_title,
    level_name,
    office_in_use,
    office_texts,
    protection,
    sources,
)
from maps.numbers import ABSENT
from maps.palette import GENERAL_MEASURES
from maps.placement import PLACEMENT_LABELS
from maps.profile import city_of
from maps.typesetting import Page, PrintSettings
from maps.wording import Wording

_COVER_MAP_MM = (122.0, 132.0)
_WORST_ON_COVER = 5
_FIGURES = ("poor_persons", "poor_households", "h", "a", "m0")
_FORMATS = {measure.id: measure.format for measure in GENERAL_MEASURES}
_TERMS = (
    *("household", "deprivation", "score", "poor", "h", "a", "m0", "contribution", "vulnerable", "severe"),
    *(
        "rank_interval",
        "certain",
        "possible",
        "not_priority",
        "pocket",
        "cell",
        "modelled",
        "left_out",
        "hidden",
    ),
)


def cover_page(ground: Ground, title: str, settings: PrintSettings) -> Page:
    """Return the cover: what was found in the city, where, and how it was measured, on one page."""
    run, wording = ground.run, settings.wording
    summary, layer = run.summary, ground.main
    worst = rank(layer.zones.table, "m0").head(_WORST_ON_COVER)
    parents = parent_names(ground)
    specification = summary.specification
    frame = _cover_frame(ground)
    level = level_name(layer.level, wording)
    return {
        "kind": "cover",
        "title": title,
        "place": summary.boundaries.place,
        "office": office_texts(office_in_use(settings, summary.boundaries.place)),
        "edition": wording(
            "cover_edition",
            register=summary.register_name,
            edition=edition(summary, wording),
            audience=audience_name(run.audience, wording),
        ),
        "map": figure.document(*_COVER_MAP_MM, sheet.overview_parts(ground, ground.whole, frame)),
        "alt": wording("alt_map", title=summary.boundaries.place, scale=wording.number(frame.scale)),
        "scale": f"1:{wording.number(frame.scale)}",
        "beyond": too_far(ground, frame, wording),
        "legend": legend_title(layer, summary.boundaries.place, wording),
        "classes": class_rows(layer, wording),
        "symbols": symbol_rows(ground, ground.whole, [frame], level, wording),
        "figures": _city_figures(ground, wording),
        "shown": _places_shown(ground, wording),
        "worst_title": wording("cover_worst", level=level),
        "worst": [
            {
                "rank": str(row["rank"]),
                "name": row["name"],
                "parent": parents.get(row["parent"], ""),
                "poor": wording.number(row["poor_persons"]),
                "h": wording.percent(row["h"]),
                "m0": wording.number(row["m0"], 3),
            }
            for row in worst.iter_rows(named=True)
        ],
        "method": [
            wording(
                "method_measure",
                name=wording.of(specification.label),
                indicators=len(specification.indicators),
                dimensions=len(specification.dimensions),
                cutoff=specification.cutoff,
            ),
            wording("method_rank" if layer.priorities else "method_rank_alone"),
            _pockets_found(len(ground.pockets), wording),
            wording("method_protection", protection=protection(run.audience, wording)),
        ],
    }


def _cover_frame(ground: Ground) -> Frame:
    near, _ = insets.mainland(ground.whole.outline_m, *_COVER_MAP_MM)
    return figure.fit(near, *_COVER_MAP_MM, ground.epsg)


def _pockets_found(pockets: int, wording: Wording) -> str:
    if not pockets:
        return wording("method_no_pocket")
    return wording("method_pocket" if pockets == 1 else "method_pockets", pockets=pockets)


def _city_figures(ground: Ground, wording: Wording) -> list[dict[str, str]]:
    city = city_of(ground)
    row: Mapping[str, Any] = {} if city is None else city.row
    listed = [{"name": wording("figure_households"), "value": wording.number(row.get("households"))}]
    listed += [
        {"name": wording(f"figure_{name}"), "value": _FORMATS[name](row.get(name), wording.lang)}
        for name in _FIGURES
    ]
    return [*listed, {"name": wording("figure_pockets"), "value": str(len(ground.pockets))}]


def _places_shown(ground: Ground, wording: Wording) -> str:
    table = ground.main.zones.table
    shown = int((table["status"] == "shown").sum())
    levels = wording(f"levels_{ground.main_level}")
    return wording(
        "all_shown" if shown == table.height else "places_shown", shown=shown, of=table.height, levels=levels
    )


def contents_page(wording: Wording) -> Page:
    """Return the table of contents; the template collects its lines."""
    return {"kind": "contents", "title": wording("contents")}


def pockets_page(ground: Ground, wording: Wording) -> Page:
    """Return the table of pockets."""
    run = ground.run
    shown = run.pockets.table.filter(run.pockets.table["status"] == "shown")
    return {
        "kind": "pockets",
        "title": wording("pockets_title"),
        "explanation": wording("pockets_explanation"),
        "empty": wording("no_pockets"),
        "rows": [
            {
                "number": f"K{row['code']}",
                "name": row["name"],
                "units": _units(row["units"], wording),
                "figures": [
                    wording.number(row["cells"]),
                    wording.number(row["households"]),
                    *(_FORMATS[name](row[name], wording.lang) for name in _FIGURES),
                    wording.percent(row["modelled_share"], 0),
                ],
                "deprivations": largest_deprivations(row, run.summary.specification, wording),
            }
            for row in shown.iter_rows(named=True)
        ],
    }


def _units(listed: str | None, wording: Wording) -> str:
    """Return the kelurahan of a pocket; their shares are kept as Indonesian writes them."""
    if not listed:
        return ABSENT
    return listed if wording.lang == "id" else listed.replace(" %", "%")


def quality_page(ground: Ground, wording: Wording) -> Page:
    """Return what became of every household read, on which boundaries, and what a reader must know."""
    run = ground.run
    placement = run.summary.placement
    table = run.levels["kecamatan" if "kecamatan" in run.levels else ground.main_level].table
    reasons = [
        [
            wording.of(PLACEMENT_LABELS[reason]) if reason in PLACEMENT_LABELS else reason,
            wording.number(households),
        ]
        for reason, households in placement.reasons.items()
    ]
    return {
        "kind": "quality",
        "title": wording("quality_title"),
        "counts": [
            [wording("quality_read"), wording.number(placement.read)],
            [wording("quality_located"), wording.number(placement.located)],
            [wording("quality_by_code"), wording.number(placement.by_code)],
            [wording("quality_refused"), wording.number(placement.refused)],
        ],
        "reasons": reasons,
        "rows": [
            [
                row["name"],
                wording.number(row["read"]),
                wording.number(row["households"]),
                wording.number(row["left_out"]),
                wording.percent(_ratio(row["left_out"], row["read"])),
                wording.percent(row["modelled_share"]),
            ]
            for row in table.sort("code").iter_rows(named=True)
        ],
        "sources": sources(run.summary, run.audience, wording),
        "notes": [wording.of(note) for note in run.summary.notes],
    }


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def glossary_page(ground: Ground, wording: Wording) -> Page:
    """Return the terms, the indicators with their weights and agencies, and what is hidden from whom."""
    run = ground.run
    specification = run.summary.specification
    dimensions = {dimension.id: wording.of(dimension.label) for dimension in specification.dimensions}
    return {
        "kind": "glossary",
        "title": wording("glossary_title"),
        "terms": [[wording(f"term_{term}"), wording(f"means_{term}")] for term in _TERMS],
        "indicators": [
            [
                wording.of(indicator.label),
                dimensions[indicator.dimension],
                str(indicator.weight),
                indicator.agency or ABSENT,
            ]
            for indicator in specification.indicators
        ],
        "protection": [
            wording(
                "disclosure_note",
                audience=audience_name(run.audience, wording),
                few=run.audience.hidden_up_to,
                households=run.audience.fewest_households_unit,
                cells=run.audience.fewest_households_cell,
            ),
            wording("disclosure_others"),
            wording("disclosure_places"),
        ],
    }
