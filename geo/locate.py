"""Place each household in a unit and a cell, or say why not.

A household with usable coordinates is *located*: its unit and cell are those of the point. Without them it is
counted *by code*, in the RW that its address names or else in the unit of its code, and has no cell; the cells carry
it by modelled shares when they are measured. With neither it is *refused*. So ``read = located + by_code + refused``,
always. A point a few metres outside all units is taken as inside the nearest one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from geo import cells, codes, coordinates
from geo.boundaries import BoundarySet
from geo.cells import Cells
from geo.coordinates import Floats, Form
from geo.points import index_of
from geo.report import MOST_REFUSALS, PlacementReport, Refusal

_MOST_RW = 99
_RW_NAME = re.compile(r"(?:^|\D)0*(\d{1,2})\s*$")

_UNKNOWN, _NO_CODE = -1, -2


class Conflict(StrEnum):
    """What governs when a point lies in another unit than the stated code."""

    CODE = "code"
    POINT = "point"


class Unusable(StrEnum):
    """What becomes of a household whose coordinates stand there but cannot be used as they are."""

    CODE = "code"
    INTERPRET = "interpret"
    REFUSE = "refuse"


#: Reasons for which coordinates that stand there are not used as they are.
_UNUSABLE = (
    "coordinates_unreadable",
    "coordinates_decimal_comma",
    "coordinates_dms",
    "coordinates_zero",
    "coordinates_swapped",
    "coordinates_hemisphere",
    "coordinates_metres",
    "coordinates_abroad",
    "coordinates_outside",
)
_FORMS = {Form.COMMA: "coordinates_decimal_comma", Form.DMS: "coordinates_dms"}

Bools = NDArray[np.bool_]


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
        The counts; refused households by their place in the batch, from 1.
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
    unusable
        Coordinates that cannot be used as they are: with ``code`` the household is counted by code, with
        ``interpret`` they are put right where only one reading lies within the boundaries, with ``refuse`` it is
        refused.
    """

    def __init__(
        self,
        boundaries: BoundarySet,
        resolution: int,
        conflict: Conflict = Conflict.CODE,
        unusable: Unusable = Unusable.CODE,
    ) -> None:
        cells.check_resolution(resolution)
        self._boundaries = boundaries
        self._resolution = resolution
        self._conflict = conflict
        self._unusable = unusable
        self._finest = boundaries.rows(boundaries.finest_level).astype(np.int32)
        self._points = index_of(boundaries)
        self._row_of_code = {code: row for row, code in enumerate(boundaries.units["code"])}
        self._levels = levels = boundaries.levels
        self._depth = np.array([levels.index(level) for level in boundaries.units["level"]], dtype=np.int32)
        self._ancestors = np.stack([boundaries.ancestors(level) for level in levels]).astype(np.int32)
        west, _, east, _ = boundaries.units.total_bounds
        self._zones = coordinates.zones_of(west, east)
        self._rw_rows = _rw_rows(boundaries)

    @property
    def has_rw(self) -> bool:
        """Whether the boundaries have RW, on which households can be placed by their address."""
        return self._rw_rows is not None

    def place(
        self,
        codes_: pl.Series,
        lon: Floats,
        lat: Floats,
        *,
        form: NDArray[np.uint8] | None = None,
        rw: NDArray[np.uint8] | None = None,
    ) -> Placed:
        """Place the households of one batch.

        Parameters
        ----------
        codes_
            Stated unit codes as the source writes them, null or blank where missing.
        lon, lat
            Coordinates in EPSG:4326 degrees, NaN where missing, infinite where they cannot be read.
        form
            How the coordinates are written (`geo.coordinates.Form`); plain when not given.
        rw
            Number of the RW that the household states, 0 when none.
        """
        written = np.zeros(len(lon), np.uint8) if form is None else form
        reasons = {reason: written == kind for kind, reason in _FORMS.items()}
        if self._unusable is not Unusable.INTERPRET:
            lon = np.where(written == Form.PLAIN, lon, np.inf)
        stated = self._stated(codes_)
        lon, lat, pointed, found = self._pointed(lon, lat)
        reasons["coordinates_unreadable"] = (np.isinf(lon) | np.isinf(lat)) & (written == Form.PLAIN)
        reasons |= found
        given = ~(np.isnan(lon) | np.isnan(lat))
        has_code, has_point = stated >= 0, pointed >= 0
        differs = has_code & has_point & ~self._contains(np.maximum(stated, 0), pointed)
        located = has_point & ~(differs & (self._conflict is Conflict.CODE))
        turned_away = np.zeros(len(lon), dtype=bool)
        if self._unusable is Unusable.REFUSE:
            turned_away = ~located & np.logical_or.reduce(
                [reasons[name] for name in _UNUSABLE if name in reasons]
            )
        by_code = has_code & ~located & ~turned_away
        in_rw = np.where(by_code, self._rw_of(stated, rw), -1)
        unit = np.where(located, pointed, np.where(in_rw >= 0, in_rw, np.where(by_code, stated, -1)))
        cell = np.zeros(len(unit), dtype=np.uint64)
        cell[located] = cells.index(lon[located], lat[located], self._resolution)
        refused = ~located & ~by_code
        reasons |= {
            "no_coordinates": ~given & by_code,
            "point_in_other_unit": differs,
            "unknown_code_but_located": located & ~has_code,
            "by_rw": in_rw >= 0,
            "refused_coordinates": turned_away,
            "refused_no_code": refused & ~turned_away & (stated == _NO_CODE),
            "refused_unknown_code": refused & ~turned_away & (stated == _UNKNOWN),
        }
        report = PlacementReport(
            len(unit),
            int(located.sum()),
            int(by_code.sum()),
            int(refused.sum()),
            {reason: int(mask.sum()) for reason, mask in reasons.items() if mask.any()},
            _refusals(reasons),
        )
        return Placed(unit.astype(np.int32), cell, report)

    def _pointed(
        self, lon: Floats, lat: Floats
    ) -> tuple[Floats, Floats, NDArray[np.int32], dict[str, Bools]]:
        """Find the unit of each point, and say of those that lie in none what they may be.

        Where the run says so, coordinates are put right by the one reading that lies within the boundaries.
        """
        pointed = self._unit(self._points.find(lon, lat))
        given = np.isfinite(lon) & np.isfinite(lat)
        zero = given & (lon == 0) & (lat == 0)
        astray = np.flatnonzero(given & (pointed < 0) & ~zero)
        found = {"coordinates_zero": zero, "near_border": np.zeros(len(lon), dtype=bool)}
        pointed[astray] = self._unit(self._points.near(lon[astray], lat[astray]))
        found["near_border"][astray] = pointed[astray] >= 0
        astray = astray[pointed[astray] < 0]
        if not astray.size:
            return lon, lat, pointed, found
        lon, lat, open_ = lon.copy(), lat.copy(), np.ones(len(astray), dtype=bool)
        for reason, x, y in self._readings(lon[astray], lat[astray]):
            unit = self._unit(self._points.find(x, y))
            fits = open_ & (unit >= 0)
            mask = found.setdefault(reason, np.zeros(len(lon), dtype=bool))
            mask[astray[fits]] = True
            open_ &= ~fits
            if self._unusable is Unusable.INTERPRET:
                chosen = astray[fits]
                lon[chosen], lat[chosen], pointed[chosen] = x[fits], y[fits], unit[fits]
        left = astray[open_]
        abroad = coordinates.is_abroad(lon[left], lat[left])
        for reason, rows in (("coordinates_abroad", left[abroad]), ("coordinates_outside", left[~abroad])):
            found[reason] = np.zeros(len(lon), dtype=bool)
            found[reason][rows] = True
        return lon, lat, pointed, found

    def _readings(self, lon: Floats, lat: Floats) -> Iterator[tuple[str, Floats, Floats]]:
        """Yield what points that lie nowhere may have been meant as, the plainest first."""
        yield "coordinates_swapped", lat, lon
        yield "coordinates_hemisphere", lon, -lat
        metres = coordinates.is_metres(lon, lat)
        for zone in self._zones if metres.any() else ():
            for south in (True, False):
                x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
                x[metres], y[metres] = coordinates.from_metres(lon[metres], lat[metres], zone, south=south)
                yield "coordinates_metres", x, y

    def _rw_of(self, stated: NDArray[np.int32], rw: NDArray[np.uint8] | None) -> NDArray[np.int32]:
        """Return the RW of a number within the stated kelurahan, -1 where there is none."""
        if rw is None or self._rw_rows is None:
            return np.full(len(stated), -1, dtype=np.int32)
        return np.where(stated >= 0, self._rw_rows[stated, np.minimum(rw, _MOST_RW)], -1)

    def _unit(self, found: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.where(found >= 0, self._finest[found], -1).astype(np.int32)

    def _stated(self, codes_: pl.Series) -> NDArray[np.int32]:
        # Read once for each distinct text: a register has millions of rows and thousands of codes.
        texts = pa.array(codes_.to_arrow(compat_level=pl.CompatLevel.oldest())).dictionary_encode("encode")
        rows = np.array([self._row(text) for text in texts.dictionary.to_pylist()], dtype=np.int32)
        stated: NDArray[np.int32] = rows[texts.indices.to_numpy()]
        return stated

    def _row(self, text: str | None) -> int:
        if text is None or not text.strip():
            return _NO_CODE
        code = codes.mended(text, self._boundaries.code_system)
        while code is not None and code.level not in self._levels:
            code = codes.parent(code)
        return _UNKNOWN if code is None else self._row_of_code.get(str(code), _UNKNOWN)

    def _contains(self, stated: NDArray[np.int32], pointed: NDArray[np.int32]) -> Bools:
        contains: Bools = self._ancestors[self._depth[stated], pointed] == stated
        return contains


def _rw_rows(boundaries: BoundarySet) -> NDArray[np.int32] | None:
    """Return the row of each RW by the row of its kelurahan and its number; None without RW.

    The number stands at the end of the name, else it is the last three digits of the code.
    """
    if boundaries.finest_level != "rw":
        return None
    answer = np.full((len(boundaries.units), _MOST_RW + 1), -1, dtype=np.int32)
    units = boundaries.units
    for row in boundaries.rows("rw"):
        named = _RW_NAME.search(str(units["name"].iloc[row]))
        number = int(named[1]) if named else int(str(units["code"].iloc[row])[-3:])
        parent = int(units["parent"].iloc[row])
        if 0 < number <= _MOST_RW and parent >= 0:
            # A number that two RW of one kelurahan bear places nobody.
            answer[parent, number] = row if answer[parent, number] == -1 else -2
    return np.maximum(answer, -1)


def _refusals(reasons: Mapping[str, Bools]) -> tuple[Refusal, ...]:
    rows = [
        Refusal("", int(row) + 1, name.removeprefix("refused_"))
        for name, mask in reasons.items()
        if name.startswith("refused_")
        for row in np.flatnonzero(mask)[:MOST_REFUSALS]
    ]
    return tuple(sorted(rows, key=lambda refusal: refusal.row))[:MOST_REFUSALS]
