"""Shapes small enough to travel inside a page."""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

#: Whole numbers a degree: 1e-5° is 1.1 m on the ground.
STEPS_PER_DEGREE = 100_000

#: A page's width holds about this many distinguishable steps, zoomed in by four levels.
_STEPS_ACROSS = 20_000

Ring = list[int]
Shape = list[list[Ring]]


def simplified(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Simplify the areas of one level together, so that shared edges stay shared.

    Parameters
    ----------
    geometry
        Areas that do not overlap, EPSG:4326.

    Returns
    -------
    numpy.ndarray
        The same areas, each vertex moved by at most about 1/20,000 of the extent.
    """
    if len(geometry) == 0:
        return geometry
    west, south, east, north = shapely.total_bounds(geometry)
    tolerance = max(east - west, north - south) / _STEPS_ACROSS
    return np.asarray(shapely.coverage_simplify(geometry, tolerance), dtype=object)


def encoded(geometry: Iterable[shapely.Geometry | None]) -> list[Shape]:
    """Write areas as whole numbers of 1e-5°, each vertex as the step from the one before.

    A shape is a list of polygons, a polygon a list of rings, and a ring ``[x, y, dx, dy, …]`` without the
    closing vertex. The same vertex is rounded the same way in each shape, so shared edges stay shared.

    Examples
    --------
    >>> encoded([shapely.box(106.8, -6.6, 106.80002, -6.59998)])
    [[[[10680002, -660000, 0, 2, -2, 0, 0, -2]]]]
    """
    return [_shape(area) for area in geometry]


def encoded_lines(geometry: Iterable[shapely.Geometry]) -> list[list[Ring]]:
    """Write lines, or the outlines of areas, as `encoded` writes rings."""
    return [[_steps(part, closed=False) for part in _line_parts(line)] for line in geometry]


def labels_of(geometry: Iterable[shapely.Geometry]) -> list[tuple[float, float]]:
    """Return a point well inside each area, as (latitude, longitude), for its name."""
    points = [_middle(area) for area in geometry]
    return [(round(float(point.y), 5), round(float(point.x), 5)) for point in points]


def names_around(
    points: NDArray[np.object_], areas: NDArray[np.object_], names: Sequence[str]
) -> list[str | None]:
    """Return for each point the name of the area that it lies in, or None."""
    tree = shapely.STRtree(areas)
    found: list[str | None] = [None] * len(points)
    inputs, hits = tree.query(points, predicate="intersects")
    for point, area in zip(inputs, hits, strict=True):
        found[point] = names[area]
    return found


def _shape(area: shapely.Geometry | None) -> Shape:
    if area is None or area.is_empty:
        return []
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return [
        [_steps(ring, closed=True) for ring in (polygon.exterior, *polygon.interiors)] for polygon in parts
    ]


def _line_parts(line: shapely.Geometry) -> list[shapely.Geometry]:
    outline = line.boundary if line.geom_type.endswith("Polygon") else line
    return [part for part in shapely.get_parts(outline) if not part.is_empty]


def _steps(line: shapely.Geometry, *, closed: bool) -> Ring:
    whole = np.rint(shapely.get_coordinates(line) * STEPS_PER_DEGREE).astype(np.int64)
    if closed:
        whole = whole[:-1]
    moved = np.diff(whole, axis=0)
    kept = moved[np.any(moved != 0, axis=1)]
    steps: Ring = np.concatenate([whole[:1], kept]).ravel().tolist()
    return steps


def _middle(area: shapely.Geometry) -> shapely.Point:
    largest = max(shapely.get_parts(area), key=shapely.area)
    return shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=0.0005), 0)
