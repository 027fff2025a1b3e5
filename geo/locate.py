"""Place each household in a unit and a cell, or say why not.

A household with usable coordinates is *located*: its unit and cell are those of the point. Without them it is
counted *by code* in the unit of its code and has no cell; the cells carry it by modelled shares when they are
measured. With neither it is *refused*. So ``read = located + by_code + refused``, always. A point a few metres
outside all units is taken as inside the nearest one.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import cells, codes
from geo.boundaries import BoundarySet
from geo.cells import Cells
from geo.errors import CodeError
from geo.points import index_of
from geo.report import PlacementReport

_UNKNOWN, _NO_CODE = -1, -2


class Conflict(StrEnum):
    """What governs when a point lies in another unit than the stated code."""

    CODE = "code"
    POINT = "point"


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
        self._points = index_of(boundaries)
        self._row_of_code = {code: row for row, code in enumerate(boundaries.units["code"])}
        levels = boundaries.levels
        self._depth = np.array([levels.index(level) for level in boundaries.units["level"]], dtype=np.int32)
        self._ancestors = np.stack([boundaries.ancestors(level) for level in levels]).astype(np.int32)

    def place(self, codes_: pl.Series, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Placed:
        """Place the households of one batch.

        Parameters
        ----------
        codes_
            Stated unit codes as the source writes them, null or blank where missing.
        lon, lat
            Coordinates in EPSG:4326 degrees, NaN where missing, infinite where they cannot be read.
        """
        stated = self._stated(codes_)
        pointed = self._unit(self._points.find(lon, lat))
        given = np.isfinite(lon) & np.isfinite(lat)
        zero = given & (lon == 0) & (lat == 0)
        astray = np.flatnonzero(given & (pointed < 0) & ~zero)
        pointed[astray] = self._unit(self._points.near(lon[astray], lat[astray]))
        near_border = np.zeros(len(pointed), dtype=bool)
        near_border[astray] = pointed[astray] >= 0
        unreadable = np.isinf(lon) | np.isinf(lat)
        has_code, has_point = stated >= 0, pointed >= 0
        differs = has_code & has_point & ~self._contains(np.maximum(stated, 0), pointed)
        located = has_point & ~(differs & (self._conflict is Conflict.CODE))
        by_code = has_code & ~located
        unit = np.where(located, pointed, np.where(by_code, stated, -1)).astype(np.int32)
        cell = np.zeros(len(unit), dtype=np.uint64)
        cell[located] = cells.index(lon[located], lat[located], self._resolution)
        refused = ~located & ~by_code
        outside = given & ~has_point & ~zero
        swapped = np.zeros(len(unit), dtype=bool)
        swapped[outside] = self._points.find(lat[outside], lon[outside]) >= 0
        reasons = {
            "no_coordinates": ~given & ~unreadable & by_code,
            "coordinates_unreadable": unreadable,
            "coordinates_zero": zero,
            "coordinates_swapped": swapped,
            "coordinates_outside": outside & ~swapped,
            "near_border": near_border,
            "point_in_other_unit": differs,
            "unknown_code_but_located": located & ~has_code,
            "refused_no_code": refused & (stated == _NO_CODE),
            "refused_unknown_code": refused & (stated == _UNKNOWN),
        }
        report = PlacementReport(
            len(unit),
            int(located.sum()),
            int(by_code.sum()),
            int(refused.sum()),
            {reason: int(mask.sum()) for reason, mask in reasons.items() if mask.any()},
        )
        return Placed(unit, cell, report)

    def _unit(self, found: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.where(found >= 0, self._finest[found], -1).astype(np.int32)

    def _stated(self, codes_: pl.Series) -> NDArray[np.int32]:
        # Read once for each distinct text: a register has millions of rows and thousands of codes.
        distinct = codes_.unique()
        rows = pl.Series([self._row(text) for text in distinct.to_list()], dtype=pl.Int32)
        return codes_.replace_strict(distinct, rows, return_dtype=pl.Int32).cast(pl.Int32).to_numpy()

    def _row(self, text: str | None) -> int:
        if text is None or not text.strip():
            return _NO_CODE
        try:
            return self._row_of_code.get(str(codes.parse(text, self._boundaries.code_system)), _UNKNOWN)
        except CodeError:
            return _UNKNOWN

    def _contains(self, stated: NDArray[np.int32], pointed: NDArray[np.int32]) -> NDArray[np.bool_]:
        contains: NDArray[np.bool_] = self._ancestors[self._depth[stated], pointed] == stated
        return contains
