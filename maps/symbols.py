"""How borders, pockets, uncertainty and hidden places are drawn: the same on the map and in its legend."""

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure
from maps.figure import Geometries
from maps.ground import POCKET, Ground, Subject
from maps.palette import INK

#: Draws one line in its own manner.
Stroke = Callable[[BaseGeometry], str]

NEIGHBOUR_LINE = "#b9b6ae"
NEIGHBOUR_TEXT = "#5f5f5b"

_HATCH_MM = 2.6
_HATCH_LINE_MM = 0.22
_FINE_HATCH_MM = 0.7


def district_line(line: BaseGeometry) -> str:
    """Draw the border of the subject of a sheet, or of a kecamatan in it."""
    return figure.cased(line, INK.parent_boundary, 0.7, 0.6)


def zone_line(zones: BaseGeometry | Geometries, subject: Subject) -> str:
    """Draw the borders of the zones of a sheet, finer ones of cells."""
    return figure.stroke(zones, INK.boundary, 0.1 if subject.drawn.startswith("h3-") else 0.25)


def island_line(island: BaseGeometry) -> str:
    """Draw the border of a small island, fine enough to leave its class to be seen."""
    return figure.stroke(island, INK.boundary, 0.1)


def kecamatan_line(lines: BaseGeometry | Geometries, ground: Ground, subject: Subject) -> str:
    """Draw the borders of kecamatan: dark between coloured zones, faint around the subject of a sheet."""
    if subject.drawn == ground.main_level and subject.level != "kecamatan":
        return figure.cased(lines, INK.parent_boundary, 0.45, 0.2)
    return figure.stroke(lines, NEIGHBOUR_TEXT, 0.4)


def city_line(line: BaseGeometry | Geometries) -> str:
    """Draw the border of a kota or kabupaten in a province: dashes."""
    return figure.cased(line, INK.parent_boundary, 0.7, 0.35, "4 1")


def shows_cities(ground: Ground, subject: Subject) -> bool:
    """Tell whether the borders of kota and kabupaten are drawn: on a sheet of a province."""
    cities = ground.run.levels.get("kota")
    return cities is not None and cities.table.height > 1 and is_whole(ground, subject)


def is_whole(ground: Ground, subject: Subject) -> bool:
    """Tell whether a sheet is about the whole area."""
    return (subject.level, subject.code) == (ground.whole.level, ground.whole.code)


def has_own_border(ground: Ground, subject: Subject) -> bool:
    """Tell whether a sheet has a border of its subject besides that of the whole area."""
    return subject.level != POCKET and not is_whole(ground, subject)


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
    clear = shapely.difference(polygon, shapely.union_all(list(without))) if len(without) else polygon
    kept = shapely.union_all(shapely.intersection(_hatching(polygon, _HATCH_MM), clear))
    return figure.cased(kept, INK.text, _HATCH_LINE_MM, 0.2)


def _hatching(polygon: BaseGeometry, apart_mm: float) -> Geometries:
    """Return the slanting lines of one lattice of the whole paper that a polygon meets."""
    west, south, east, north = polygon.bounds
    first, last = np.floor((west + south) / apart_mm), np.ceil((east + north) / apart_mm)
    sums = np.arange(first, last + 1) * apart_mm
    lines: Geometries = shapely.linestrings(
        np.stack(
            [
                np.column_stack([sums - south, np.full(len(sums), south)]),
                np.column_stack([sums - north, np.full(len(sums), north)]),
            ],
            axis=1,
        )
    )
    return lines


def hatched_island(island: BaseGeometry) -> str:
    """Hatch a small island: fine lines without white ones, which would cover it."""
    return figure.stroke(shapely.intersection(_hatching(island, _FINE_HATCH_MM), island), INK.text, 0.12)


def hidden_island(island: BaseGeometry) -> str:
    """Draw a hidden small island: grey with one dot, where the pattern of dots would miss it."""
    middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(island))[0]
    return figure.area(island, INK.hidden) + figure.dot(*middle)
