"""The profile of one place: its map, its figures, its deprivations against the city's, and how sure they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.disclosure import DESIL_COLUMNS, Published, PublishedRun
from maps import figure, sheet
from maps.figure import Frame
from maps.ground import Ground, Subject
from maps.layers import layer_measures
from maps.league import interval, parent_names, priority_name
from maps.legend import signs_of_zones
from maps.lettering import text_width_mm
from maps.locator import SmallLocator
from maps.marginalia import class_rows, level_name
from maps.palette import GENERAL_MEASURES, INK, LEVEL_LABELS, REASON_LABELS
from maps.typesetting import Page
from maps.wording import Wording

_MAP_MM = (118.0, 136.0)

#: Of the text beside the map: its width and size, the room for bars, desils and layers, and what each takes of it.
_TEXT_MM, _TEXT_PT = 150.0, 8.0
_ROOM_MM, _BAR_MM = 101.0, 6.5
_ROOM_CLOSE_MM, _BAR_CLOSE_MM = 119.0, 5.2
_DESILS_MM, _TITLE_MM, _BETWEEN_MM, _LINE_MM = 18.5, 6.0, 1.4, 2.65

#: Size of the locator of a profile.
LOCATOR_MM = (38.0, 36.0)
_COUNTS = ("households", "persons", "poor_households", "poor_persons")
_RATES = ("h", "a", "m0", "poor_per_km2", "vulnerable", "severe")
_FORMATS = {measure.id: measure for measure in GENERAL_MEASURES}


@dataclass(frozen=True, slots=True)
class City:
    """What places are measured against: the figures of the whole, where one zone holds it."""

    name: str
    row: Mapping[str, Any]


def city_of(ground: Ground) -> City | None:
    """Return the whole area as one row; None where the run has no level of one zone."""
    whole: Published | None = next(
        (level for level in ground.run.levels.values() if level.table.height == 1), None
    )
    if whole is None or whole.table["status"][0] != "shown":
        return None
    return City(ground.run.summary.boundaries.place, whole.table.row(0, named=True))


def profile_page(
    ground: Ground, position: int, city: City | None, locator: SmallLocator, wording: Wording
) -> Page:
    """Return all that the template sets on the profile of one zone of the main level."""
    layer = ground.main
    row = layer.zones.table.row(position, named=True)
    subject = ground.zone(layer.level, position)
    drawn, frame = _detail(ground, subject)
    scale = frame.scale
    inner = ground.layer(subject.drawn)
    rank = layer.ranks.get(row["code"])
    bars, desils = _bars(ground, row, city, wording), _desils(row, city, wording)
    layers = _layers(ground.run, row, wording)
    close = _height(layers) > _room_left(len(bars), len(desils), close=False)
    return {
        "kind": "profile",
        "title": row["name"],
        "rank": "" if rank is None else str(rank),
        "under": wording(
            "profile_under",
            level=wording.of(LEVEL_LABELS[layer.level]),
            code=row["code"],
            parent=parent_names(ground).get(row["parent"], ground.run.summary.boundaries.place),
        ),
        "sure": _certainty(ground, row, wording),
        "map": drawn,
        "alt": wording("alt_map", title=row["name"], scale=wording.number(scale)),
        "scale": f"1:{wording.number(scale)}",
        "locator": locator.districts,
        "locator_mark": locator.mark(subject),
        "legend": wording("profile_legend", level=level_name(inner.level, wording)),
        "classes": class_rows(inner, wording),
        "symbols": signs_of_zones(ground, subject, frame, wording),
        "number_note": ""
        if inner.is_cells
        else wording("profile_numbers", level=level_name(inner.level, wording)),
        "figures": _figures(row, city, wording),
        "city": "" if city is None else city.name,
        "bars": bars,
        "desils": desils,
        "quality": _quality(row, wording),
        "pockets": _pockets(ground, subject, wording),
        "layers": _as_many_as_fit(layers, _room_left(len(bars), len(desils), close=close), wording),
        "close": close,
    }


def _detail(ground: Ground, subject: Subject) -> tuple[str, Frame]:
    width, height = _MAP_MM
    frame = figure.fit(shapely.get_parts(subject.outline_m), width, height, ground.epsg)
    parts = sheet.map_parts(ground, subject, frame, grid=False)
    parts.append(figure.stroke(shapely.box(0, 0, width, height), INK.text, 0.35))
    return figure.document(width, height, parts), frame


def _certainty(ground: Ground, row: Mapping[str, Any], wording: Wording) -> list[str]:
    """Say in words where a place ranks, how sure that is, and what follows for a list."""
    layer = ground.main
    if row["status"] != "shown":
        reason = REASON_LABELS.get(row["reason"])
        return [wording("profile_hidden", reason="" if reason is None else wording.of(reason))]
    rank, of = layer.ranks[row["code"]], len(layer.ranks)
    if interval(row) == "–":
        return [wording("rank_only", rank=rank, of=of)]
    which = priority_name(layer.priorities.get(row["code"]), wording)
    return [
        wording("rank_between", rank=rank, of=of, low=row["rank_low"], high=row["rank_high"]),
        wording("listed_as", which=which.capitalize(), listed=layer.listed),
    ]


def _figures(row: Mapping[str, Any], city: City | None, wording: Wording) -> list[dict[str, str]]:
    return [
        {
            "name": wording(f"figure_{name}"),
            "value": _written(name, row[name], wording),
            "city": "" if city is None or name in _COUNTS else _written(name, city.row[name], wording),
        }
        for name in (*_COUNTS, *_RATES)
    ]


def _written(name: str, value: float | None, wording: Wording) -> str:
    return _FORMATS[name].format(value, wording.lang) if name in _FORMATS else wording.number(value)


def _bars(
    ground: Ground, row: Mapping[str, Any], city: City | None, wording: Wording
) -> list[dict[str, Any]]:
    """Return the share of persons deprived in each indicator, the city's beside it, largest contribution first."""
    indicators = ground.run.summary.specification.indicators
    compared = _compared([f"uncensored_{indicator.id}" for indicator in indicators], row, city, wording)
    listed = [
        {
            **bar,
            "name": wording.of(indicator.label),
            "agency": indicator.agency,
            "contribution": wording.percent(row[f"contribution_{indicator.id}"], 0),
            "order": row[f"contribution_{indicator.id}"] or 0.0,
        }
        for indicator, bar in zip(indicators, compared, strict=True)
    ]
    return sorted(listed, key=lambda bar: -bar["order"])


def _desils(row: Mapping[str, Any], city: City | None, wording: Wording) -> list[dict[str, Any]]:
    """Return the share of the poor persons that each group of desil makes up; none where the run has no desil."""
    groups = [name for name in DESIL_COLUMNS if name in row]
    compared = _compared(groups, row, city, wording)
    return [
        {**bar, "name": wording(name), "city": "" if city is None else bar["city"]}
        for name, bar in zip(groups, compared, strict=True)
    ]


def _compared(
    columns: Sequence[str], row: Mapping[str, Any], city: City | None, wording: Wording
) -> list[dict[str, Any]]:
    """Return a bar for each share of a place with the city's beside it, the longest of all as long as can be."""
    shares = [row[column] for column in columns]
    of_city = [None if city is None else city.row.get(column) for column in columns]
    longest = max((share for share in (*shares, *of_city) if share is not None), default=1.0) or 1.0
    return [
        {
            "length": None if share is None else share / longest,
            "mark": None if mean is None else mean / longest,
            "value": wording.percent(share),
            "city": wording.percent(mean),
        }
        for share, mean in zip(shares, of_city, strict=True)
    ]


def _room_left(bars: int, desils: int, *, close: bool) -> float:
    """Return the millimetres that are left below bars and desils for layers.

    Estimated here: to let the typesetter measure every profile takes as much memory as to set it.
    """
    room, bar = (_ROOM_CLOSE_MM, _BAR_CLOSE_MM) if close else (_ROOM_MM, _BAR_MM)
    return room - bars * bar - (_DESILS_MM if desils else 0.0)


def _height(layers: Sequence[str]) -> float:
    lines = sum(math.ceil(text_width_mm(line, _TEXT_PT) / _TEXT_MM) for line in layers)
    return _TITLE_MM + len(layers) * _BETWEEN_MM + lines * _LINE_MM if layers else 0.0


def _as_many_as_fit(layers: Sequence[str], room: float, wording: Wording) -> list[str]:
    """Return layers, the last ones counted instead of told where there is no room for them."""
    for kept in range(len(layers), -1, -1):
        more = [wording("more_layers", layers=len(layers) - kept)] if kept < len(layers) else []
        if _height([*layers[:kept], *more]) <= room:
            return [*layers[:kept], *more]
    return []


def _quality(row: Mapping[str, Any], wording: Wording) -> str:
    if row["households"] is None:
        return wording("quality_hidden")
    return wording(
        "profile_quality",
        read=wording.number(row["read"]),
        measured=wording.number(row["households"]),
        left_out=wording.number(row["left_out"]),
        modelled=wording.percent(row["modelled_share"], 0),
        area=wording.number(row["area_km2"], 2),
    )


def _layers(run: PublishedRun, row: Mapping[str, Any], wording: Wording) -> list[str]:
    """Say what each layer beside the register tells of a place, with its source and date; hidden places too."""
    return [
        wording(
            "layer_line",
            title=layer.title,
            unit=f" ({unit})" if (unit := wording.of(measure.unit)) else "",
            value=measure.format(row[layer.column], wording.lang),
            source=layer.source,
            day=wording.date(layer.date),
        )
        for layer, measure in zip(run.layers, layer_measures(run), strict=True)
        if row.get(layer.column) is not None
    ]


def _pockets(ground: Ground, subject: Subject, wording: Wording) -> str:
    """Name the pockets that reach into a place."""
    outlines = np.array([outline for _, _, outline in ground.pockets], dtype=object)
    inside = shapely.intersects(shapely.buffer(outlines, -1.0), subject.outline_m) if outlines.size else []
    named = [
        f"K{number} {name}"
        for (number, name, _), within in zip(ground.pockets, inside, strict=True)
        if within
    ]
    return ", ".join(named) if named else wording("no_pocket")
