"""How borders, pockets, uncertainty and hidden places are drawn: the same on the map and in its legend."""

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure
from maps.ground import Ground, Subject
from maps.palette import INK

#: Draws one line in its own manner.
Stroke = Callable[[BaseGeometry], str]

NEIGHBOUR_LINE = "#b9b6ae"
NEIGHBOUR_TEXT = "#5f5f5b"

_HATCH_MM = 2.6
_HATCH_LINE_MM = 0.22


def district_line(line: BaseGeometry) -> str:
    """Draw the border of the subject of a sheet, or of a kecamatan in it."""
    return figure.cased(line, INK.parent_boundary, 0.7, 0.6)


def area_line(line: BaseGeometry) -> str:
    """Draw the border of the whole area: bold, dash and dot."""
    return figure.cased(line, INK.parent_boundary, 0.9, 0.6, "5 1.2 1 1.2")


def pocket_line(line: BaseGeometry) -> str:
    """Draw the outline of a pocket: a dark line beside a bright one, on white, readable without colour."""
    return figure.cased(line, INK.parent_boundary, 1.1, 0.5) + figure.stroke(line, INK.pocket, 0.7)


def river_line(line: BaseGeometry) -> str:
    """Draw a river."""
    return figure.cased(line, INK.river, 0.45, 0.2)


def road_line(line: BaseGeometry) -> str:
    """Draw a road."""
    return figure.cased(line, INK.road, 0.3, 0.15)


def hatched(polygon: BaseGeometry, without: Sequence[BaseGeometry] = ()) -> str:
    """Hatch a place whose priority is uncertain: black lines on white ones, readable on any fill."""
    if polygon.is_empty:
        return ""
    west, south, east, north = polygon.bounds
    first, last = np.floor((west + south) / _HATCH_MM), np.ceil((east + north) / _HATCH_MM)
    sums = np.arange(first, last + 1) * _HATCH_MM
    lines = shapely.linestrings(
        np.stack(
            [
                np.column_stack([sums - south, np.full(len(sums), south)]),
                np.column_stack([sums - north, np.full(len(sums), north)]),
            ],
            axis=1,
        )
    )
    clear = shapely.difference(polygon, shapely.union_all(list(without))) if len(without) else polygon
    kept = shapely.union_all(shapely.intersection(lines, clear))
    return figure.cased(kept, INK.text, _HATCH_LINE_MM, 0.2)


def swatches(ground: Ground, subject: Subject, *, hatching: bool) -> list[tuple[str, str]]:
    """Return what the legend explains besides the classes: a small drawing and the key of its name."""
    box = shapely.box(0.2, 0.2, 8.8, 4.8)
    line = shapely.linestrings([(0.4, 2.5), (8.6, 2.5)])
    outlined = figure.stroke(box, INK.boundary, 0.2)
    layer = ground.layer(subject.drawn)
    absent = {layer.absences[at] for at in subject.members} - {""}
    drawn = []
    if hatching:
        drawn.append(("uncertain", hatched(box) + outlined))
    if "hidden" in absent:
        drawn.append(("hidden", figure.dots([box]) + outlined))
    if absent - {"hidden"}:
        drawn.append(("empty", figure.area(box, INK.empty) + outlined))
    drawn += [("zone", figure.stroke(line, INK.boundary, 0.25)), ("area", area_line(line))]
    if len(ground.districts) > 1:
        drawn.append(("subject", district_line(line)))
        if subject.level != ground.whole.level:
            neighbour = figure.area(box, INK.neighbour) + figure.stroke(box, NEIGHBOUR_LINE, 0.2)
            drawn.append(("neighbour", neighbour))
    if ground.pockets:
        drawn.append(("pocket", pocket_line(line)))
    if len(ground.rivers_m):
        drawn.append(("river", river_line(line)))
    if len(ground.roads_m):
        drawn.append(("road", road_line(line)))
    return [(key, figure.document(9, 5, [part])) for key, part in drawn]
