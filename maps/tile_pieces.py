"""Zones cut into the tiles of a zoom: Web Mercator, whole tile units, y down."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

#: Units along the side of a tile, and how far a tile reaches over its own edge.
EXTENT = 4096
BUFFER = 64

#: Below the deepest zoom, units lose the detail that half a pixel of a 512-pixel tile does not show.
_TOLERANCE = 4.0

#: Web Mercator ends here.
_LARGEST_LATITUDE = 85.05112877980659

_REACH = np.array([-BUFFER, -BUFFER, BUFFER, BUFFER])

#: The sides of the buffered tile, north, east, south and west: axis, where, and which way is inside.
_SIDES = ((1, -BUFFER, 1), (0, EXTENT + BUFFER, -1), (1, EXTENT + BUFFER, -1), (0, -BUFFER, 1))

Geometries = NDArray[np.object_]
Whole = NDArray[np.int64]
_Rings = tuple[NDArray[np.float64], Whole]


@dataclass(frozen=True, slots=True)
class Pieces:
    """What of each zone lies in each tile of one zoom, by tile and then by zone.

    Attributes
    ----------
    row, x, y
        The zone and the tile of each piece.
    points
        Shape (points, 2), tile units from the tile's north-west corner; rings are not closed. An outer ring has a
        positive area by the surveyor's formula, a hole a negative one.
    ring_starts
        Where each ring begins in `points`, and at last their number.
    piece_starts
        Where each piece begins among the rings, and at last their number.
    """

    row: Whole
    x: Whole
    y: Whole
    points: Whole
    ring_starts: Whole
    piece_starts: Whole


Cutter = Callable[[int], Pieces]


def of_cells(geometry: Geometries) -> Cutter:
    """Return what cuts convex polygons of a few corners, such as H3 cells in EPSG:4326, all at once."""
    world, starts = _rings(geometry)
    corners = np.diff(starts)
    most = int(corners.max(initial=3))
    # Each polygon has the same number of corners here; the last one stands in for those it lacks.
    padded = world[starts[:-1, None] + np.minimum(np.arange(most), corners[:, None] - 1)]

    def cut(zoom: int) -> Pieces:
        corner = np.rint(padded * (EXTENT << zoom)).astype(np.int64)
        row, x, y = _tiles_of(corner.min(axis=1), corner.max(axis=1), zoom)
        local = corner[row] - np.column_stack((x, y))[:, None, :] * EXTENT
        crossing = ((local < -BUFFER) | (local > EXTENT + BUFFER)).any(axis=(1, 2))
        inside, clipped = np.flatnonzero(~crossing), np.flatnonzero(crossing)
        kept, cropped = _crop(local[clipped])
        width = max(local.shape[1], cropped.shape[1])
        order = np.concatenate((inside, clipped[kept]))
        polygons = np.concatenate((_widened(local[inside], width), _widened(cropped, width)))
        back = np.argsort(order)
        order, polygons = order[back], polygons[back]
        area = _twice_area(polygons)
        polygons = np.where((area < 0)[:, None, None], polygons[:, ::-1], polygons)[area != 0]
        order = order[area != 0]
        fresh = (polygons != np.roll(polygons, 1, axis=1)).any(axis=2)
        rings = _starts(fresh.sum(axis=1))
        return Pieces(row[order], x[order], y[order], polygons[fresh], rings, np.arange(len(rings)))

    return cut


def of_areas(geometry: Geometries, *, deepest: int) -> Cutter:
    """Return what cuts any polygons in EPSG:4326; where neighbours share an edge they go on sharing it.

    Parameters
    ----------
    deepest
        The zoom at which, and below which, nothing is simplified.
    """
    world = shapely.transform(geometry, _project)

    def cut(zoom: int) -> Pieces:
        scaled = shapely.transform(world, lambda points: points * (EXTENT << zoom))
        simple = scaled if zoom >= deepest else shapely.coverage_simplify(scaled, _TOLERANCE)
        rounded = shapely.transform(simple, np.rint)
        crossed = ~shapely.is_valid(rounded)
        rounded[crossed] = shapely.set_precision(simple[crossed], 1.0)
        bounds = shapely.bounds(rounded)
        there = np.flatnonzero(~np.isnan(bounds[:, 0]))
        whole = bounds[there].astype(np.int64)
        row, x, y = _tiles_of(whole[:, :2], whole[:, 2:], zoom)
        row = there[row]
        west, north = x * EXTENT, y * EXTENT
        box = np.column_stack((west, north, west + EXTENT, north + EXTENT)) + _REACH
        over = (bounds[row, :2] < box[:, :2]).any(axis=1) | (bounds[row, 2:] > box[:, 2:]).any(axis=1)
        parts = rounded[row]
        parts[over] = shapely.intersection(parts[over], shapely.box(*box[over].T), grid_size=1.0)
        return _pieces(parts, row, x, y)

    return cut


def tile_at(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Return the x and y of the tile that holds a place.

    Examples
    --------
    >>> tile_at(106.8, -6.6, 10)
    (815, 530)
    """
    x, y = np.clip(_project(np.array([[longitude, latitude]]))[0] * (1 << zoom), 0, (1 << zoom) - 1).tolist()
    return int(x), int(y)


def _pieces(parts: Geometries, row: Whole, x: Whole, y: Whole) -> Pieces:
    """Collect the polygons of what clipping left, which may be points and lines as well."""
    polygons, source = shapely.get_parts(parts, return_index=True)
    inner, index = shapely.get_parts(polygons, return_index=True)  # a collection may hold a multipolygon
    polygons, source = inner, source[index]
    solid = shapely.area(polygons) > 0
    # With y down, counter-clockwise by the numbers is the positive area that an outer ring needs.
    polygons = shapely.orient_polygons(polygons[solid], exterior_cw=False)
    source = source[solid]
    points, ring_starts, polygon_starts = _ragged(polygons)
    rings = np.diff(polygon_starts)
    corner = np.column_stack((x, y))[source] * EXTENT
    local = points.astype(np.int64) - np.repeat(
        np.repeat(corner, rings, axis=0), np.diff(ring_starts), axis=0
    )
    kept, first = np.unique(source, return_index=True)
    piece_starts = np.append(polygon_starts[first], polygon_starts[-1])
    return Pieces(row[kept], x[kept], y[kept], local, ring_starts, piece_starts)


def _rings(geometry: Geometries) -> _Rings:
    points, ring_starts, _ = _ragged(geometry)
    return _project(points), ring_starts


def _ragged(polygons: Geometries) -> tuple[NDArray[np.float64], Whole, Whole]:
    """Return points, starts of rings and starts of polygons, without the point that closes each ring."""
    if not len(polygons):
        return np.zeros((0, 2)), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    _, points, (ring_starts, polygon_starts) = shapely.to_ragged_array(polygons, include_z=False)
    ring_starts = ring_starts.astype(np.int64)
    open_points = np.delete(points, ring_starts[1:] - 1, axis=0)
    return open_points, ring_starts - np.arange(len(ring_starts)), polygon_starts.astype(np.int64)


def _project(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees as shares of the Web Mercator square, y down."""
    latitude = np.radians(np.clip(points[:, 1], -_LARGEST_LATITUDE, _LARGEST_LATITUDE))
    return np.column_stack((points[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)))


def _tiles_of(low: Whole, high: Whole, zoom: int) -> tuple[Whole, Whole, Whole]:
    """Return each zone with each tile whose buffered square its box reaches into, by tile and then by zone."""
    last = (1 << zoom) - 1
    first_tile = np.clip((low - BUFFER) // EXTENT, 0, last)
    last_tile = np.clip(-((-high - BUFFER) // EXTENT) - 1, 0, last)
    across, down = np.maximum(last_tile - first_tile + 1, 0).T
    number = across * down
    row = np.repeat(np.arange(len(low)), number)
    place = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    x = first_tile[row, 0] + place % across[row]
    y = first_tile[row, 1] + place // across[row]
    order = np.argsort((x << zoom) | y, kind="stable")
    return row[order], x[order], y[order]


def _crop(polygons: Whole) -> tuple[Whole, Whole]:
    """Crop convex polygons to the buffered tile (Sutherland & Hodgman 1974); return which are left, and them."""
    kept = np.arange(len(polygons))
    for axis, bound, sign in _SIDES:
        left, polygons = _crop_side(polygons, axis, bound, sign)
        kept = kept[left]
    return kept, polygons


def _crop_side(polygons: Whole, axis: int, bound: int, sign: int) -> tuple[Whole, Whole]:
    end = polygons
    start = np.roll(polygons, 1, axis=1)
    depth_start, depth_end = sign * (start[..., axis] - bound), sign * (end[..., axis] - bound)
    crossing = (depth_start < 0) != (depth_end < 0)
    other = 1 - axis
    along = (
        (end[..., other] - start[..., other]) * depth_start / np.where(crossing, depth_start - depth_end, 1)
    )
    met = np.empty_like(end)
    met[..., axis] = bound
    met[..., other] = start[..., other] + along  # towards zero, as PostGIS does, and from both sides the same
    # Each edge gives the point where it crosses the side, then its end where that is inside.
    width = 2 * end.shape[1]
    given = np.stack((crossing, depth_end >= 0), axis=2).reshape(-1, width)
    points = np.stack((met, end), axis=2).reshape(-1, width, 2)
    number = given.sum(axis=1)
    left = np.flatnonzero(number)
    given, points, number = given[left], points[left], number[left]
    compact = np.zeros((len(left), int(number.max(initial=1)), 2), dtype=np.int64)
    rows, columns = np.nonzero(given)
    compact[rows, (np.cumsum(given, axis=1) - 1)[rows, columns]] = points[rows, columns]
    return left, _filled(compact, number)


def _filled(polygons: Whole, corners: Whole) -> Whole:
    """Repeat the last corner of each polygon where it has fewer than there is room for."""
    wanted = np.minimum(np.arange(polygons.shape[1]), corners[:, None] - 1)
    return np.take_along_axis(polygons, wanted[..., None], axis=1)


def _widened(polygons: Whole, width: int) -> Whole:
    return _filled(
        np.pad(polygons, ((0, 0), (0, width - polygons.shape[1]), (0, 0))),
        np.full(len(polygons), polygons.shape[1]),
    )


def _twice_area(polygons: Whole) -> Whole:
    x, y = polygons[..., 0], polygons[..., 1]
    area: Whole = (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)
    return area


def _starts(counts: Whole) -> Whole:
    return np.concatenate(([0], np.cumsum(counts)))
