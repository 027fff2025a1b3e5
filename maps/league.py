"""The ranking table on paper: every zone in order, and the hidden ones with their reason."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from geo.disclosure import Published
from geo.ranking import rank
from geo.specification import Specification
from maps.ground import Ground
from maps.marginalia import level_name
from maps.numbers import ABSENT
from maps.palette import GENERAL_MEASURES, PRIORITY_LABELS, REASON_LABELS, STATUS_LABELS, Classes
from maps.typesetting import Page
from maps.wording import Wording

_FORMATS = {measure.id: measure.format for measure in GENERAL_MEASURES}
_MEASURES = ("poor_persons", "poor_households", "h", "a", "m0")
_LARGEST = 2


def ranking_page(ground: Ground, wording: Wording) -> Page:
    """Return all that the template sets on the ranking pages."""
    layer, specification = ground.main, ground.run.summary.specification
    parents = parent_names(ground)
    ranked = rank(layer.zones.table, "m0")
    place = ground.run.summary.boundaries.place
    level = level_name(layer.level, wording)
    return {
        "kind": "ranking",
        "title": wording("ranking_title", level=level, place=place),
        "level": level.capitalize() if not level.isupper() else level,
        "rows": [
            {
                "rank": str(row["rank"]),
                "interval": interval(row),
                "priority": priority_name(layer.priorities.get(row["code"]), wording),
                "certain": layer.priorities.get(row["code"]) == "certain",
                **_class(row, layer.classes, wording),
                "code": row["code"],
                "name": row["name"],
                "parent": parents.get(row["parent"], ABSENT),
                "figures": [
                    wording.number(row["households"]),
                    *(_FORMATS[name](row[name], wording.lang) for name in _MEASURES),
                ],
                "deprivations": largest_deprivations(row, specification, wording),
            }
            for row in ranked.iter_rows(named=True)
        ],
        "unranked": _unranked(layer.zones, ranked, parents, wording),
        "explanation": wording("ranking_explanation", cutoff=specification.cutoff, listed=layer.listed),
    }


def interval(row: Mapping[str, Any]) -> str:
    """Write between which ranks a place lies; a dash where that is not known."""
    if row.get("rank_low") is None:
        return ABSENT
    return f"{row['rank_low']}–{row['rank_high']}"


def priority_name(which: str | None, wording: Wording) -> str:
    """Write whether a place is on the priority list."""
    return ABSENT if which is None else wording.of(PRIORITY_LABELS[which])


def parent_names(ground: Ground) -> Mapping[str, str]:
    """Return the names of the kecamatan by code; none where the ranked places are kecamatan or coarser."""
    kecamatan = ground.run.levels.get("kecamatan")
    if kecamatan is None or kecamatan is ground.main.zones:
        return {}
    return dict(zip(kecamatan.table["code"], kecamatan.table["name"], strict=True))


def largest_deprivations(
    row: Mapping[str, Any], specification: Specification, wording: Wording, most: int = _LARGEST
) -> list[dict[str, str]]:
    """Return the indicators that contribute most to M0, each with its agency."""
    known = [
        (row[column], indicator)
        for indicator in specification.indicators
        if row.get(column := f"contribution_{indicator.id}")
    ]
    ordered = sorted(known, key=lambda pair: -pair[0])[:most]
    return [
        {"name": wording.of(indicator.label), "share": wording.percent(share, 0), "agency": indicator.agency}
        for share, indicator in ordered
    ]


def _class(row: Mapping[str, Any], classes: Classes, wording: Wording) -> dict[str, str]:
    position = classes.position(row["m0"])
    assert position is not None
    item = classes.items[position]
    return {"colour": item.colour, "share": wording.of(item.share)}


def _unranked(
    zones: Published, ranked: pl.DataFrame, parents: Mapping[str, str], wording: Wording
) -> list[dict[str, str]]:
    """List what has no rank: hidden zones with their reason, then zones without families."""
    rest = zones.table.filter(~pl.col("code").is_in(ranked["code"].to_list()))
    rest = rest.sort(pl.col("status") != "hidden", "code")
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "parent": parents.get(row["parent"], ABSENT),
            "status": wording.of(STATUS_LABELS[row["status"]]),
            "reason": wording.of(REASON_LABELS[row["reason"]]) if row["reason"] in REASON_LABELS else ABSENT,
        }
        for row in rest.iter_rows(named=True)
    ]
