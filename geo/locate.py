"""Place each household in a unit and a cell, or say why not.

A household with usable coordinates is *located*: its unit and cell are those of the point. Without them it is
counted *by code* in the unit of its code and has no cell; the cells carry it by modelled shares when they are
measured. With neither it is *refused*. So ``read = located + by_code + refused``, always.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
import rasterio.features
import scipy.ndimage
import shapely
from affine import Affine
from numpy.typing import NDArray

from geo import cells, codes
from geo.boundaries import BoundarySet
from geo.cells import Cells
from geo.errors import CodeError
from geo.report import PlacementReport

_GRID = 2048


class Conflict(StrEnum):
    """What governs when a point lies in another unit than the stated code."""

    CODE = "code"
    POINT = "point"


class PointIndex:
    """Find the polygon that holds each point.

    A raster over the extent knows, for each square that no border touches, the polygon that covers it; only points
    in the other squares are tested exactly. A point on a shared border belongs to the polygon with the lowest
    number, so each point has at most one.

    Parameters
    ----------
    polygons
        Shapely polygons in EPSG:4326.
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        self._tree = shapely.STRtree(polygons)
        west, south, east, north = shapely.total_bounds(polygons)
        margin = 1e-6
        self._west, self._north = west - margin, north + margin
        self._width = (east - west + 2 * margin) / _GRID
        self._height = (north - south + 2 * margin) / _GRID
        transform = Affine(self._width, 0, self._west, 0, -self._height, self._north)
        numbered = [(polygon, number) for number, polygon in enumerate(polygons)]
        shape = (_GRID, _GRID)
        # The lowest number is drawn last, as where polygons overlap it wins.
        self._owner = rasterio.features.rasterize(
            reversed(numbered), shape, fill=-1, transform=transform, dtype="int32"
        )
        border = rasterio.features.rasterize(
            shapely.boundary(polygons), shape, transform=transform, all_touched=True, dtype="uint8"
        )
        # One square more on each side, so that rounding in the rasteriser cannot matter.
        self._border = scipy.ndimage.binary_dilation(border.astype(bool), np.ones((3, 3), dtype=bool))

    def find(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the number of the polygon that holds each point, -1 outside all (or for NaN)."""
        answer = np.full(len(lon), -1, dtype=np.int32)
        with np.errstate(invalid="ignore"):
            column = np.floor((lon - self._west) / self._width)
            row = np.floor((self._north - lat) / self._height)
            inside = np.flatnonzero((column >= 0) & (column < _GRID) & (row >= 0) & (row < _GRID))
        square = (row[inside].astype(np.int32), column[inside].astype(np.int32))
        answer[inside] = self._owner[square]
        close = inside[self._border[square]]
        answer[close] = self._exact(lon[close], lat[close])
        return answer

    def _exact(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        point, polygon = self._tree.query(shapely.points(lon, lat), predicate="intersects")
        lowest = np.full(len(lon), np.iinfo(np.int32).max, dtype=np.int32)
        np.minimum.at(lowest, point, polygon.astype(np.int32))
        return np.where(lowest == np.iinfo(np.int32).max, -1, lowest).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the households of a batch went.

    Attributes
    ----------
    unit
        Row of the unit in the boundary set, -1 when refused.
    cell
        H3 cell, 0 when the household has none.
    report
        The counts.
    """

    unit: NDArray[np.int32]
    cell: Cells
    report: PlacementReport


class Locator:
    """Place households on one boundary set at one H3 resolution.

    Parameters
    ----------
    conflict
        What governs a household whose point lies in another unit than its code: with ``code`` it is counted by
        code, with ``point`` where the point is.
    """

    def __init__(self, boundaries: BoundarySet, resolution: int, conflict: Conflict = Conflict.CODE) -> None:
        cells.check_resolution(resolution)
        self._boundaries = boundaries
        self._resolution = resolution
        self._conflict = conflict
        self._finest = boundaries.rows(boundaries.finest_level).astype(np.int32)
        self._points = PointIndex(boundaries.units.geometry.to_numpy()[self._finest])
        self._row_of_code = {code: row for row, code in enumerate(boundaries.units["code"])}
        levels = boundaries.levels
        self._depth = np.array([levels.index(level) for level in boundaries.units["level"]], dtype=np.int32)
        self._ancestors = np.stack([boundaries.ancestors(level) for level in levels]).astype(np.int32)

    def place(self, codes_: pl.Series, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Placed:
        """Place the households of one batch.

        Parameters
        ----------
        codes_
            Stated unit codes as text, null where missing.
        lon, lat
            Coordinates in EPSG:4326 degrees, NaN where missing, infinite where they cannot be read.
        """
        stated = self._stated(codes_)
        pointed = self._find(lon, lat)
        given = np.isfinite(lon) & np.isfinite(lat)
        unreadable = np.isinf(lon) | np.isinf(lat)
        has_code, has_point = stated >= 0, pointed >= 0
        differs = has_code & has_point & ~self._contains(stated, pointed)
        located = has_point & ~(differs & (self._conflict is Conflict.CODE))
        by_code = has_code & ~located
        unit = np.where(located, pointed, np.where(by_code, stated, -1)).astype(np.int32)
        cell = np.zeros(len(unit), dtype=np.uint64)
        cell[located] = cells.index(lon[located], lat[located], self._resolution)
        refused = ~located & ~by_code
        zero = given & (lon == 0) & (lat == 0)
        outside = given & ~has_point & ~zero
        swapped = np.zeros(len(unit), dtype=bool)
        swapped[outside] = self._points.find(lat[outside], lon[outside]) >= 0
        reasons = {
            "no_coordinates": ~given & ~unreadable & by_code,
            "coordinates_unreadable": unreadable,
            "coordinates_zero": zero,
            "coordinates_swapped": swapped,
            "coordinates_outside": outside & ~swapped,
            "point_in_other_unit": differs,
            "unknown_code_but_located": located & ~has_code,
            "refused_no_code": refused & codes_.is_null().to_numpy(),
            "refused_unknown_code": refused & codes_.is_not_null().to_numpy(),
        }
        report = PlacementReport(
            len(unit),
            int(located.sum()),
            int(by_code.sum()),
            int(refused.sum()),
            {reason: int(mask.sum()) for reason, mask in reasons.items() if mask.any()},
        )
        return Placed(unit, cell, report)

    def _find(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        found = self._points.find(lon, lat)
        return np.where(found >= 0, self._finest[found], -1).astype(np.int32)

    def _stated(self, codes_: pl.Series) -> NDArray[np.int32]:
        distinct = codes_.unique().drop_nulls()
        if distinct.is_empty():
            return np.full(len(codes_), -1, dtype=np.int32)
        known = {text: self._row(text) for text in distinct.to_list()}
        return codes_.replace_strict(known, default=-1, return_dtype=pl.Int32).to_numpy()

    def _row(self, text: str) -> int:
        try:
            return self._row_of_code.get(str(codes.parse(text, self._boundaries.code_system)), -1)
        except CodeError:
            return -1

    def _contains(self, stated: NDArray[np.int32], pointed: NDArray[np.int32]) -> NDArray[np.bool_]:
        contains: NDArray[np.bool_] = self._ancestors[self._depth[stated], pointed] == stated
        return contains
