"""Placing labels: inside their polygon, else beside it with a leader line, never one over another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from maps.lettering import text_width_mm

_MM_PER_POINT = 25.4 / 72
_LINE_HEIGHT = 1.12
_PADDING_MM = 0.5
_PROBES = 24
_SIZES_PT = ((11.0, 7.0), (9.5, 6.2), (8.0, 5.4))
_NUMBER_ONLY_PT = (9.5, 8.0, 6.5, 5.5)
_LEADER_PT = 6.2
_LEADER_MM = (5.0, 7.5, 10.0, 13.0, 17.0, 22.0, 28.0, 35.0)
_CLEAR_OF_ISLAND_MM = 0.3
_LEADER_TURNS = np.radians(np.arange(0, 360, 20))


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
    """Lines centred on a point of the map, in millimetres; ``leader`` joins them to what they name."""

    lines: tuple[Line, ...]
    x: float
    y: float
    leader: LineString | None = None

    @property
    def box(self) -> Polygon:
        """The paper that the label covers."""
        width, height = _extent(self.lines)
        return shapely.box(self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2)


class Occupied:
    """The paper that labels cover so far, so that no other comes over them."""

    def __init__(self, window: Polygon) -> None:
        self._window = window
        self._taken: list[BaseGeometry] = []

    def take(self, label: PlacedLabel) -> None:
        """Keep the paper of a label and of its leader line."""
        self._taken.append(label.box)
        if label.leader is not None:
            self._taken.append(label.leader)

    def keep_clear(self, geometry: BaseGeometry) -> None:
        """Keep paper on which no label may come."""
        self._taken.append(geometry)

    def free(self, boxes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Tell which boxes lie in the window and touch nothing that is taken."""
        inside: NDArray[np.bool_] = shapely.contains(self._window, boxes)
        if self._taken:
            tree = shapely.STRtree(self._taken)
            inside[tree.query(boxes, predicate="intersects")[0]] = False
        return inside


def place_label(
    polygon: BaseGeometry,
    name: str,
    number: str = "",
    occupied: Occupied | None = None,
    *,
    number_alone: bool = True,
) -> PlacedLabel | None:
    """Place the number and the name of a zone inside its polygon, the number alone if need be, or nothing.

    Method: sizes from large to small, the name on one or two lines; each is tried around the pole of
    inaccessibility (the centre of the largest inscribed circle), then over a grid of inner points, nearest
    to that centre first. A label is taken only if its whole box lies inside the polygon, on free paper.

    Parameters
    ----------
    polygon
        The zone in millimetres on paper.
    number_alone
        Whether the number may stand without the name where both do not fit.
    """
    largest = _largest(polygon)
    if largest is None:
        return None
    circle = shapely.maximum_inscribed_circle(largest)
    arrangements = [
        lines
        for lines in _arrangements(name, number, number_alone=number_alone)
        if _may_fit(lines, largest, circle.length)
    ]
    if not arrangements:
        return None
    shapely.prepare(largest)
    centres = _centres(largest, shapely.get_coordinates(circle)[0])
    for lines in arrangements:
        for tried in (centres[:1], centres[1:]):  # the first is free most often
            boxes = _boxes(tried, lines)
            fitting = np.flatnonzero(shapely.contains_properly(largest, boxes))
            if fitting.size and occupied is not None:
                fitting = fitting[occupied.free(boxes[fitting])]
            if fitting.size:
                x, y = tried[fitting[0]]
                return PlacedLabel(lines, float(x), float(y))
    return None


def _may_fit(lines: Sequence[Line], polygon: Polygon, radius: float) -> bool:
    """Tell whether lines are small enough for a polygon whose largest inscribed circle has a radius.

    A box holds a circle as high as itself. The circle is found to a thousandth of the polygon's extent.
    """
    west, south, east, north = polygon.bounds
    width, height = _extent(lines)
    largest = radius + max(east - west, north - south) / 1000
    return bool(width <= east - west and height <= north - south and min(width, height) / 2 <= largest)


def place_beside(
    polygon: BaseGeometry,
    name: str,
    number: str,
    occupied: Occupied,
    *,
    avoid: NDArray[np.object_],
    to_edge: bool = False,
) -> PlacedLabel | None:
    """Place a label on free paper near a zone too small for it, with a leader line to the zone's middle.

    Parameters
    ----------
    avoid
        What the words may not cover besides the zone itself, though the line may cross it.
    to_edge
        Whether the line ends at the zone's edge: it would cover a small island.
    """
    largest = _largest(polygon)
    if largest is None:
        return None
    start = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest))[0]
    words = " ".join(part for part in (number, name) if part)
    lines = (Line(words, _LEADER_PT, "regular" if name else "bold"),)
    width, height = _extent(lines)
    for reach in _LEADER_MM:
        way = np.column_stack([np.cos(_LEADER_TURNS), np.sin(_LEADER_TURNS)])
        ends = start + reach * way
        middles = ends + way * [width / 2, height / 2]
        boxes = _boxes(middles, lines)
        leaders = shapely.linestrings(np.stack([np.broadcast_to(start, ends.shape), ends], axis=1))
        free = occupied.free(boxes) & occupied.free(leaders)
        free[shapely.STRtree(avoid).query(boxes, predicate="intersects")[0]] = False
        free &= ~shapely.intersects(boxes, polygon)
        clear = np.flatnonzero(free)
        if clear.size:
            x, y = middles[clear[0]]
            leader = leaders[clear[0]]
            if to_edge:
                leader = _outside(leader, polygon)
            return PlacedLabel(lines, float(x), float(y), leader)
    return None


def _outside(leader: LineString, polygon: BaseGeometry) -> LineString:
    """Cut a leader line off where it leaves a zone for good."""
    rest = shapely.get_parts(shapely.difference(leader, shapely.buffer(polygon, _CLEAR_OF_ISLAND_MM)))
    return rest[-1] if len(rest) else leader


def _largest(polygon: BaseGeometry) -> Polygon | None:
    if polygon.is_empty or polygon.area <= 0:
        return None
    largest = max(shapely.get_parts(polygon), key=lambda part: part.area)
    return largest if largest.geom_type == "Polygon" else None


def _boxes(centres: NDArray[np.float64], lines: Sequence[Line]) -> NDArray[np.object_]:
    width, height = _extent(lines)
    boxes: NDArray[np.object_] = shapely.box(
        centres[:, 0] - width / 2,
        centres[:, 1] - height / 2,
        centres[:, 0] + width / 2,
        centres[:, 1] + height / 2,
    )
    return boxes


def _arrangements(name: str, number: str, *, number_alone: bool) -> Iterator[tuple[Line, ...]]:
    for number_pt, name_pt in _SIZES_PT:
        head = (Line(number, number_pt, "bold"),) if number else ()
        for wrapped in _wrapped(name):
            if lines := head + tuple(Line(text, name_pt, "regular") for text in wrapped):
                yield lines
    if number and number_alone:
        yield from ((Line(number, size_pt, "bold"),) for size_pt in _NUMBER_ONLY_PT)


def _wrapped(name: str) -> Iterator[tuple[str, ...]]:
    """Yield a name on one line, then on two lines broken where they come out most even."""
    words = name.split()
    yield (name,) if words else ()
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    if breaks:
        yield min(breaks, key=lambda halves: max(map(len, halves)))


def _extent(lines: Sequence[Line]) -> tuple[float, float]:
    width = max(line.width_mm for line in lines) + 2 * _PADDING_MM
    return width, sum(line.height_mm for line in lines) + 2 * _PADDING_MM


def _centres(polygon: Polygon, pole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points to try, the pole of inaccessibility first, then by distance from it."""
    west, south, east, north = polygon.bounds
    columns, rows = np.meshgrid(np.linspace(west, east, _PROBES), np.linspace(south, north, _PROBES))
    grid = np.column_stack([columns.ravel(), rows.ravel()])
    grid = grid[shapely.contains_xy(polygon, grid)]
    order = np.argsort(np.hypot(*(grid - pole).T), kind="stable")
    points: NDArray[np.float64] = np.vstack([pole, grid[order]])
    return points
