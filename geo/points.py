"""Find the polygon that holds each point, through a grid built once for a set of polygons.

A grid over the extent says for each square which polygon covers it, that none does, or that a border touches it; only
points in squares of the last kind are tested exactly, and only against the polygons that can hold them.
"""

import threading
from collections import OrderedDict
from functools import cached_property

import numpy as np
import scipy.ndimage
import shapely
from numpy.typing import NDArray

from geo.boundaries import BoundarySet

#: A point outside all polygons counts as inside the nearest one when that is no farther than this, in metres.
BORDER_TOLERANCE_M = 30.0

_M_PER_DEGREE = 111_195.0
_SQUARES_PER_POLYGON = 2_500
_FEWEST_SQUARES, _MOST_SQUARES = 1 << 16, 1 << 24
_OUTSIDE = -1
# Borders are widened by this share of a square, far above the rounding of the arithmetic that places points.
_ROUNDING = 1e-6
_CHUNK = 1 << 17
_INDEXES_KEPT = 2


class PointIndex:
    """Find the polygon that holds each point.

    Each point has at most one polygon: on a shared border, and where polygons overlap, it is the one with the lowest
    number.

    Parameters
    ----------
    polygons
        Valid shapely polygons in EPSG:4326.

    Examples
    --------
    >>> index = PointIndex(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> index.find(np.array([0.5, 1.0, 1.5, 2.5]), np.array([0.5, 0.5, 0.5, 0.5])).tolist()
    [0, 0, 1, -1]
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        self._polygons = polygons.copy()
        self._tree = shapely.STRtree(self._polygons)
        self._prepare()
        # The polygons of `_level` are few to be measured and many to be prepared: theirs are filled as they come.
        self._measuring = threading.Lock()
        self._grid = _Grid.over(self._polygons)
        border = self._grid.touched(shapely.boundary(self._polygons))
        # Not only polygons whose border touches the square can hold its points: polygons may overlap.
        square, polygon = self._tree.query(self._grid.boxes(border))
        self._candidates = polygon[np.lexsort((polygon, square))].astype(np.int32)
        self._first = np.append(0, np.cumsum(np.bincount(square, minlength=len(border))))
        self._owner = self._owners(border)

    def find(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the number of the polygon that holds each point, -1 outside all (or for NaN).

        Parameters
        ----------
        lon, lat
            Degrees in EPSG:4326.
        """
        answer = np.empty(len(lon), dtype=np.int32)
        for start in range(0, len(lon), _CHUNK):
            part = slice(start, start + _CHUNK)
            answer[part] = self._find(lon[part], lat[part])
        return answer

    def near(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the number of the nearest polygon within `BORDER_TOLERANCE_M` of each point, -1 where none is.

        Distances are measured on the plane that is true at the middle latitude of a polygon. Of two polygons at one
        distance it is the one with the lower number.

        Parameters
        ----------
        lon, lat
            Degrees in EPSG:4326 of points outside all polygons; NaN is near none.
        """
        reach = BORDER_TOLERANCE_M / _M_PER_DEGREE
        wide = reach / max(float(self._scale.min()), 0.01)
        boxes = shapely.box(lon - wide, lat - reach, lon + wide, lat + reach)
        point, polygon = self._tree.query(boxes)
        there = shapely.points(lon[point] * self._scale[polygon], lat[point])
        with self._measuring:
            within: NDArray[np.bool_] = shapely.dwithin(self._level[polygon], there, reach)
        point, polygon, there = point[within], polygon[within], there[within]
        distance = np.zeros(len(point))
        # Among several it is the nearest; the only one needs no measuring, which takes far longer.
        several = np.bincount(point, minlength=len(lon))[point] > 1
        distance[several] = shapely.distance(self._level[polygon[several]], there[several])
        order = np.lexsort((polygon, distance, point))
        points, nearest = np.unique(point[order], return_index=True)
        answer = np.full(len(lon), _OUTSIDE, dtype=np.int32)
        answer[points] = polygon[order][nearest]
        return answer

    def _prepare(self) -> None:
        # GEOS fills its index of a prepared polygon at the first test, which must not happen on two threads at once.
        shapely.prepare(self._polygons)
        vertices, polygon = shapely.get_coordinates(self._polygons, return_index=True)
        polygon, first = np.unique(polygon, return_index=True)
        shapely.intersects_xy(self._polygons[polygon], *vertices[first].T)

    def _owners(self, border: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return for each square its polygon, -1 outside, or -2 - i for the i-th border square."""
        free = np.ones(self._grid.shape, dtype=bool)
        free.ravel()[border] = False
        # No border passes between free squares that share a side, so a whole patch of them has one owner.
        patch, patches = scipy.ndimage.label(free)
        patch = patch.ravel()
        example = np.zeros(patches + 1, dtype=np.int64)
        changes = np.append(0, np.flatnonzero(patch[1:] != patch[:-1]) + 1)
        example[patch[changes]] = changes
        owner_of_patch = self._lowest(*self._grid.centres(example)).astype(np.int32)
        owner: NDArray[np.int32] = owner_of_patch[patch]
        owner[border] = -2 - np.arange(len(border), dtype=np.int32)
        return owner

    def _lowest(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        point, polygon = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        lowest = np.full(len(lon), len(self._polygons))
        np.minimum.at(lowest, point, polygon)
        return np.where(lowest == len(self._polygons), _OUTSIDE, lowest)

    def _find(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        answer = self._owner[self._grid.square(lon, lat)]
        close = np.flatnonzero(answer < _OUTSIDE)
        border = -2 - answer[close]
        answer[close] = self._exact(border, lon[close], lat[close])
        return answer

    def _exact(
        self, border: NDArray[np.int32], lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> NDArray[np.int32]:
        """Test points against the candidates of their border square, lowest number first."""
        answer = np.full(len(border), _OUTSIDE, dtype=np.int32)
        open_ = np.arange(len(border))
        following, end = self._first[border], self._first[border + 1]
        while len(open_):
            candidate = self._candidates[following]
            held = shapely.intersects_xy(self._polygons[candidate], lon[open_], lat[open_])
            answer[open_[held]] = candidate[held]
            going_on = ~held & (following + 1 < end)
            open_, following, end = open_[going_on], following[going_on] + 1, end[going_on]
        return answer

    @cached_property
    def _scale(self) -> NDArray[np.float64]:
        """How long a degree of longitude is at each polygon, in degrees of latitude."""
        bounds = shapely.bounds(self._polygons)
        scale: NDArray[np.float64] = np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))
        return scale

    @cached_property
    def _level(self) -> NDArray[np.object_]:
        """The polygons with longitudes in degrees of latitude, so that lengths are true in both directions."""
        vertices, polygon = shapely.get_coordinates(self._polygons, return_index=True)
        vertices[:, 0] *= self._scale[polygon]
        level: NDArray[np.object_] = shapely.set_coordinates(self._polygons.copy(), vertices)
        shapely.prepare(level)
        return level


class _Grid:
    """Squares of equal size over an extent; a square is a number, row by row from the south-west."""

    def __init__(
        self, west: float, south: float, width: float, height: float, shape: tuple[int, int]
    ) -> None:
        self._west, self._south, self._width, self._height = west, south, width, height
        self._columns_a_degree, self._rows_a_degree = 1 / width, 1 / height
        self.shape = shape

    @classmethod
    def over(cls, polygons: NDArray[np.object_]) -> "_Grid":
        """Return a grid with a rim of squares outside the extent of all polygons."""
        west, south, east, north = shapely.total_bounds(polygons)
        wanted = min(max(_SQUARES_PER_POLYGON * len(polygons), _FEWEST_SQUARES), _MOST_SQUARES)
        side = int(np.sqrt(wanted))
        width, height = (east - west) / (side - 2), (north - south) / (side - 2)
        return cls(west - width, south - height, width, height, (side, side))

    def square(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the square of each point; outside the extent, and for NaN, one of the rim."""
        column, row = self._position(lon, lat)
        within = (column >= 0) & (column < self.shape[1]) & (row >= 0) & (row < self.shape[0])
        with np.errstate(invalid="ignore"):
            number: NDArray[np.int64] = row.astype(np.int64) * self.shape[1] + column.astype(np.int64)
        return np.where(within, number, 0)

    def centres(self, squares: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of the middle of squares."""
        row, column = np.divmod(squares, self.shape[1])
        return self._west + (column + 0.5) * self._width, self._south + (row + 0.5) * self._height

    def boxes(self, squares: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return squares as polygons, a little larger than they are."""
        lon, lat = self.centres(squares)
        across, up = (0.5 + _ROUNDING) * self._width, (0.5 + _ROUNDING) * self._height
        boxes: NDArray[np.object_] = shapely.box(lon - across, lat - up, lon + across, lat + up)
        return boxes

    def touched(self, lines: NDArray[np.object_]) -> NDArray[np.int64]:
        """Return the squares that lines touch, in order.

        Each segment is cut at the columns it passes through; in each it touches the rows between its two ends there.
        """
        vertices, part = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
        position = np.stack(self._position(vertices[:, 0], vertices[:, 1]))
        joined = part[1:] == part[:-1]
        start, end = position[:, :-1][:, joined], position[:, 1:][:, joined]
        (left, left_row), (right, right_row) = np.where(start[0] <= end[0], (start, end), (end, start))
        steep = right - left <= _ROUNDING
        slope = (right_row - left_row) / np.where(steep, 1.0, right - left)
        segment, column = _spread(left, right)
        left, left_row, right, right_row = (
            left[segment],
            left_row[segment],
            right[segment],
            right_row[segment],
        )
        steep, slope = steep[segment], slope[segment]
        enters = np.where(steep, left_row, left_row + (np.maximum(column, left) - left) * slope)
        leaves = np.where(steep, right_row, left_row + (np.minimum(column + 1, right) - left) * slope)
        cut, row = _spread(np.minimum(enters, leaves), np.maximum(enters, leaves))
        return _distinct(row * self.shape[1] + column[cut])

    def _position(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return (lon - self._west) * self._columns_a_degree, (lat - self._south) * self._rows_a_degree


def _spread(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every whole square that each range touches, as (range, square)."""
    first = np.floor(low - _ROUNDING).astype(np.int64)
    number = np.floor(high + _ROUNDING).astype(np.int64) - first + 1
    of_range = np.repeat(np.arange(len(low)), number)
    step = np.arange(len(of_range)) - np.repeat(np.cumsum(number) - number, number)
    return of_range, first[of_range] + step


def _distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    # np.unique hashes first, which takes several times as long here.
    ordered = np.sort(values)
    distinct: NDArray[np.int64] = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return distinct


_indexes: OrderedDict[str, PointIndex] = OrderedDict()
_lock = threading.Lock()


def index_of(boundaries: BoundarySet) -> PointIndex:
    """Return the index of the finest units of a boundary set; one is built for each version and kept for the next call.

    Numbers count within ``boundaries.rows(boundaries.finest_level)``. The two versions used last are kept, in memory
    only.
    """
    with _lock:
        if boundaries.id not in _indexes:
            rows = boundaries.rows(boundaries.finest_level)
            _indexes[boundaries.id] = PointIndex(boundaries.units.geometry.to_numpy()[rows])
        _indexes.move_to_end(boundaries.id)
        while len(_indexes) > _INDEXES_KEPT:
            _indexes.popitem(last=False)
        return _indexes[boundaries.id]
