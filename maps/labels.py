"""Placing a label inside a polygon: as large as fits, nothing beyond the border."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from maps.lettering import text_width_mm

_MM_PER_POINT = 25.4 / 72
_LINE_HEIGHT = 1.12
_PADDING_MM = 0.5
_PROBES = 24
_SIZES_PT = ((11.0, 7.0), (9.5, 6.2), (8.0, 5.4))
_NUMBER_ONLY_PT = (9.5, 8.0, 6.5, 5.5)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a label: its text, size in points and weight."""

    text: str
    size_pt: float
    weight: str

    @property
    def width_mm(self) -> float:
        """Printed width."""
        return text_width_mm(self.text, self.size_pt, self.weight)

    @property
    def height_mm(self) -> float:
        """Printed height, with the space to the next line."""
        return self.size_pt * _MM_PER_POINT * _LINE_HEIGHT


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """Lines centred on a point of the map, in millimetres."""

    lines: tuple[Line, ...]
    x: float
    y: float

    @property
    def box(self) -> Polygon:
        """The paper that the label covers."""
        width, height = _extent(self.lines)
        return shapely.box(self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2)


def place_label(polygon: BaseGeometry, name: str, number: str = "") -> PlacedLabel | None:
    """Place the number and the name of a zone inside its polygon, the number alone if need be, or nothing.

    Method: sizes from large to small, the name on one or two lines; each is tried around the pole of
    inaccessibility (the centre of the largest inscribed circle), then over a grid of inner points, nearest
    to that centre first. A label is taken only if its whole box lies inside the polygon.

    Parameters
    ----------
    polygon
        The zone in millimetres on paper.
    """
    if polygon.is_empty or polygon.area <= 0:
        return None
    largest = max(shapely.get_parts(polygon), key=lambda part: part.area)
    if largest.geom_type != "Polygon":
        return None
    shapely.prepare(largest)
    centres = _centres(largest)
    for lines in _arrangements(name, number):
        width, height = _extent(lines)
        boxes = shapely.box(
            centres[:, 0] - width / 2,
            centres[:, 1] - height / 2,
            centres[:, 0] + width / 2,
            centres[:, 1] + height / 2,
        )
        fitting = np.flatnonzero(shapely.contains_properly(largest, boxes))
        if fitting.size:
            x, y = centres[fitting[0]]
            return PlacedLabel(lines, float(x), float(y))
    return None


def _arrangements(name: str, number: str) -> Iterator[tuple[Line, ...]]:
    for number_pt, name_pt in _SIZES_PT:
        head = (Line(number, number_pt, "bold"),) if number else ()
        for wrapped in _wrapped(name):
            if lines := head + tuple(Line(text, name_pt, "regular") for text in wrapped):
                yield lines
    if number:
        yield from ((Line(number, size_pt, "bold"),) for size_pt in _NUMBER_ONLY_PT)


def _wrapped(name: str) -> Iterator[tuple[str, ...]]:
    """Yield a name on one line, then on two lines broken where they come out most even."""
    words = name.split()
    yield (name,) if words else ()
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    if breaks:
        yield min(breaks, key=lambda halves: max(map(len, halves)))


def _extent(lines: tuple[Line, ...]) -> tuple[float, float]:
    width = max(line.width_mm for line in lines) + 2 * _PADDING_MM
    return width, sum(line.height_mm for line in lines) + 2 * _PADDING_MM


def _centres(polygon: Polygon) -> NDArray[np.float64]:
    """Return points to try, the pole of inaccessibility first, then by distance from it."""
    pole = shapely.get_coordinates(shapely.maximum_inscribed_circle(polygon))[0]
    west, south, east, north = polygon.bounds
    columns, rows = np.meshgrid(np.linspace(west, east, _PROBES), np.linspace(south, north, _PROBES))
    grid = np.column_stack([columns.ravel(), rows.ravel()])
    grid = grid[shapely.contains_xy(polygon, grid)]
    order = np.argsort(np.hypot(*(grid - pole).T), kind="stable")
    points: NDArray[np.float64] = np.vstack([pole, grid[order]])
    return points
