"""Everything the planner's page knows: the figures, classes, shapes and words of one run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import orjson
import polars as pl
import shapely

from geo import notes
from geo.codes import LEVELS
from geo.disclosure import PUBLIC, Published, PublishedRun
from geo.report import LayerLabel, RunSummary
from geo.specification import Label, Specification
from maps import palette
from maps.ground import drawn_level
from maps.layers import layer_measures
from maps.offline import static_text
from maps.page_shapes import encoded, encoded_lines, labels_of, names_around, simplified
from maps.priority import list_length

POCKET = "pocket"

#: Decimals sent of a share or an index, enough that 12,3 % reads as it does in print; and of the rest.
_SHARE_DECIMALS = 6
_DECIMALS: Mapping[str, int] = {"area_km2": 4, "poor_per_km2": 2} | dict.fromkeys(
    ("read", "left_out", "households", "persons", "poor_households", "poor_persons"), 1
)
_LEFT_OUT = ("parent",)

_STYLES = [
    style
    for ramp in (palette.PRIORITY, palette.BESIDE)
    for style in (*zip(ramp.colours, ramp.labels, strict=True), (ramp.unspread, palette.UNSPREAD_LABEL))
]


def page_data(run: PublishedRun, *, api: str | None) -> dict[str, Any]:
    """Collect what the page shows of a run, ready for JSON.

    Parameters
    ----------
    run
        What one audience may see.
    api
        Address of the API for what-if questions and downloads; None for a page without a server.

    Returns
    -------
    dict
        ``run``, ``specification``, ``styles``, ``ink``, ``labels``, ``measures``, ``districts``, ``city``,
        ``levels``, ``backdrop``, ``strings`` and ``api``.
    """
    specification = run.summary.specification
    return {
        "api": api,
        "run": _run(run),
        "specification": _specification(specification),
        "styles": [{"colour": colour, "label": _both(label)} for colour, label in _STYLES],
        "ink": asdict(palette.INK),
        "labels": {
            "status": {key: _both(label) for key, label in palette.STATUS_LABELS.items()},
            "reason": {key: _both(label) for key, label in palette.REASON_LABELS.items()},
        },
        "measures": [
            *(_measure(measure) for measure in _measures(specification)),
            *map(_layer, layer_measures(run), run.layers),
        ],
        "districts": _districts(run),
        "city": _city(run),
        "levels": [_level(run, published) for published in _offered(run)],
        "backdrop": _backdrop(run),
        "strings": strings(),
    }


def figures(
    published: Published, specification: Specification, layers: Sequence[palette.Measure] = ()
) -> dict[str, Any]:
    """Return the figures of one level and the classes of each measure: also the answer to a what-if.

    Parameters
    ----------
    published
        The zones of one level.
    specification
        The specification whose indicators the zones carry.
    layers
        Measures of the layers beside the register; an answer has none.

    Returns
    -------
    dict
        ``columns``: column → values, in the order of the zones. ``classes``: measure → classes, worst first,
        each ``[style, lower, upper, zones]``, the style being a place in the page's ``styles``.
    """
    columns = _columns(published.table)
    return {
        "columns": columns,
        "classes": {
            measure.id: _classes(columns[measure.id], measure)
            for measure in (*_measures(specification), *layers)
            if measure.id in columns
        },
    }


@cache
def strings() -> Mapping[str, Mapping[str, str]]:
    """Return the page's words by language, ``id`` and ``en``."""
    words: dict[str, dict[str, str]] = orjson.loads(static_text("planner/strings.json"))
    return words


def _measures(specification: Specification) -> list[palette.Measure]:
    listed = palette.measures(specification)
    return [measure for measure in listed if not measure.id.startswith("contribution_")]


def _offered(run: PublishedRun) -> list[Published]:
    """List the levels with something to compare, coarse to fine, then the pockets."""
    several = [published for published in run.levels.values() if published.table.height > 1]
    offered = several or list(run.levels.values())
    return [*offered, run.pockets] if run.pockets.table.height else offered


def _level(run: PublishedRun, published: Published) -> dict[str, Any]:
    cells = _is_cells(published.level)
    divides = not cells and published.level != POCKET
    geometry = simplified(published.geometry) if divides else published.geometry
    middles = shapely.point_on_surface(published.geometry)
    return {
        "id": published.level,
        "label": _both(palette.level_label(published.level)),
        "cells": cells,
        "what_if": _may_ask(run, published.level),
        "listed": list_length(published.table["m0"].count()),
        "drawn": published.level if cells else drawn_level(run, published.level),
        **figures(published, run.summary.specification, layer_measures(run)),
        "shapes": encoded(geometry),
        "names_at": labels_of(published.geometry) if divides else [],
        "district": _district_of(run, middles),
        "within": _within(run, published.level, middles),
    }


def _is_cells(level: str) -> bool:
    return level.startswith("h3-")


def _may_ask(run: PublishedRun, level: str) -> bool:
    """Tell whether the audience may put what-if questions at a level."""
    if level == POCKET:
        return False
    return run.audience.name != PUBLIC.name or level in LEVELS[: LEVELS.index("kelurahan") + 1]


def _districts(run: PublishedRun) -> list[dict[str, str]]:
    districts = run.levels.get("kecamatan")
    if districts is None:
        return []
    return districts.table.select("code", "name").to_dicts()


def _district_of(run: PublishedRun, middles: np.ndarray[Any, Any]) -> list[str | None]:
    districts = run.levels.get("kecamatan")
    if districts is None:
        return [None] * len(middles)
    return names_around(middles, districts.geometry, districts.table["code"].to_list())


def _within(run: PublishedRun, level: str, middles: np.ndarray[Any, Any]) -> list[str | None]:
    """Name the unit that each zone lies in: the kecamatan of a kelurahan, the kelurahan of anything finer."""
    coarser = "kecamatan" if level == "kelurahan" else "kelurahan"
    around = run.levels.get(coarser)
    if around is None or level in ("kecamatan", "kota", "provinsi"):
        return [None] * len(middles)
    return names_around(middles, around.geometry, around.table["name"].to_list())


def _city(run: PublishedRun) -> dict[str, Any] | None:
    """Return the figures of the whole place: the level of one zone, if the run has one."""
    whole = next((level for level in run.levels.values() if level.table.height == 1), None)
    if whole is None:
        return None
    return {column: values[0] for column, values in _columns(whole.table).items()}


def _columns(table: pl.DataFrame) -> dict[str, list[Any]]:
    kept = [column for column in table.columns if column not in _LEFT_OUT]
    return {column: _short(table[column]).to_list() for column in kept}


def _short(column: pl.Series) -> pl.Series:
    if not column.dtype.is_float():
        return column
    rounded = column.round(_DECIMALS.get(column.name, _SHARE_DECIMALS))
    whole = rounded.drop_nulls()
    return rounded.cast(pl.Int64) if bool((whole == whole.floor()).all()) else rounded


def _classes(values: Sequence[float | None], measure: palette.Measure) -> list[list[float]]:
    return [
        [_STYLES.index((item.colour, item.share)), item.lower, item.upper, item.zones]
        for item in palette.classify(values, measure).items
    ]


def _backdrop(run: PublishedRun) -> list[dict[str, Any]]:
    rows = run.backdrop
    lines = encoded_lines(rows.geometry)
    return [{"kind": kind, "lines": line} for kind, line in zip(rows["kind"], lines, strict=True)]


def _measure(measure: palette.Measure) -> dict[str, Any]:
    return {
        "id": measure.id,
        "label": _both(measure.label),
        "short": _both(measure.short),
        "unit": _both(measure.unit),
        "scale": measure.scale,
        "decimals": measure.decimals,
        "group": measure.id.partition("_")[0] if measure.indicator else "general",
    }


def _layer(measure: palette.Measure, layer: LayerLabel) -> dict[str, Any]:
    return {
        **_measure(measure),
        "group": "layer",
        "source": layer.source,
        "date": layer.date.isoformat(),
        "of_families": measure.of_families,
    }


def _specification(specification: Specification) -> dict[str, Any]:
    cutoffs = specification.sensitivity_cutoffs or (specification.cutoff,)
    return {
        "label": _both(specification.label),
        "cutoff": _fraction(specification.cutoff),
        "cutoffs": [_fraction(cutoff) for cutoff in sorted({*cutoffs, specification.cutoff})],
        "vulnerable": _fraction(specification.vulnerable),
        "severe": _fraction(specification.severe),
        "dimensions": [
            {"id": dimension.id, "label": _both(dimension.label)} for dimension in specification.dimensions
        ],
        "indicators": [
            {
                "id": indicator.id,
                "dimension": indicator.dimension,
                "label": _both(indicator.label),
                "weight": _fraction(indicator.weight),
                "agency": indicator.agency,
            }
            for indicator in specification.indicators
        ],
    }


def _run(run: PublishedRun) -> dict[str, Any]:
    summary: RunSummary = run.summary
    placement, boundaries = summary.placement, summary.boundaries
    return {
        "id": summary.id,
        "place": boundaries.place,
        "register": summary.register_name,
        "audience": run.audience.name,
        "rules": {
            "hidden_up_to": run.audience.hidden_up_to,
            "fewest_unit": run.audience.fewest_households_unit,
            "fewest_cell": run.audience.fewest_households_cell,
            "finest_resolution": run.audience.finest_resolution,
        },
        "placement": {
            "read": placement.read,
            "located": placement.located,
            "by_code": placement.by_code,
            "refused": placement.refused,
        },
        "boundaries": {
            "name": boundaries.name,
            "source": boundaries.source,
            "code_system": boundaries.code_system,
            "valid_from": None if boundaries.valid_from is None else boundaries.valid_from.isoformat(),
        },
        "notes": notes.to_table(summary.notes),
    }


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _both(label: Label) -> dict[str, str]:
    return {"id": label.id, "en": label.en}
