"""Read coordinates as people write them: degrees, with a decimal comma, in degrees and minutes, or metres of UTM.

Nothing is guessed here: what a text says is read and its form is told, so that whoever places households decides
whether to use it.
"""

from enum import IntEnum

import numpy as np
import polars as pl
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: West, south, east, north of Indonesia, in degrees.
COUNTRY = (94.5, -11.5, 141.6, 6.6)

_DMS = (
    r"^(?<first>[nsewltub]{0,2})[\s.:]*(?<sign>[-+]?)\s*(?<d>\d{1,3}(?:[.,]\d+)?)\s*[°ºd˚:\s]*\s*"
    r"(?:(?<m>\d{1,2}(?:[.,]\d+)?)\s*['’′m:\s]*)?\s*(?:(?<s>\d{1,2}(?:[.,]\d+)?)\s*[\"”″s'’]*)?\s*"
    r"(?<last>n|s|e|w|ls|lu|bt|bb|u|t)?\.?$"
)
_NEGATIVE = ("s", "ls", "w", "bb")
# Zones of UTM that Indonesia lies in.
_ZONES = range(46, 55)
_EASTING, _NORTHING = (100_000.0, 900_000.0), (0.0, 10_000_000.0)


class Form(IntEnum):
    """How a coordinate was written."""

    PLAIN = 0
    COMMA = 1
    DMS = 2


def read(column: pl.Series) -> tuple[Floats, NDArray[np.uint8]]:
    r"""Read one column of coordinates.

    Returns
    -------
    degrees
        NaN where nothing stands, infinite where it cannot be read. A number may as well be metres.
    form
        `Form` of each.

    Examples
    --------
    >>> values, form = read(pl.Series(["106.8", "-6,25", "6°15'00 LS", "", "x"]))
    >>> values.tolist(), form.tolist()
    ([106.8, -6.25, -6.25, nan, inf], [0, 1, 2, 0, 0])
    """
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy(), np.zeros(len(column), np.uint8)
    text = column.cast(pl.String).str.strip_chars()
    plain = text.cast(pl.Float64, strict=False)
    values = plain.fill_null(np.nan).to_numpy().copy()
    form = np.zeros(len(values), np.uint8)
    odd = np.flatnonzero((plain.is_null() & text.is_not_null() & (text != "")).to_numpy())
    if odd.size:
        values[odd], form[odd] = _odd(text.gather(odd))
    return values, form


def _odd(text: pl.Series) -> tuple[Floats, NDArray[np.uint8]]:
    lower = text.str.to_lowercase()
    comma = _comma(lower)
    dms = _dms(lower)
    values = pl.select(pl.coalesce(comma, dms).fill_null(np.inf)).to_series().to_numpy()
    form = np.where(comma.is_not_null(), Form.COMMA, np.where(dms.is_not_null(), Form.DMS, Form.PLAIN))
    return values, form.astype(np.uint8)


def _comma(text: pl.Series) -> pl.Series:
    """Read ``106,8`` and ``106.812.345``, as a spreadsheet set to Indonesian writes them."""
    one = text.str.extract(r"^([-+]?\d+,\d+)$").str.replace(",", ".", literal=True)
    grouped = text.str.extract_groups(r"^([-+]?\d{1,3})\.(\d{3}(?:\.\d{1,3})+)$")
    parts = pl.concat_str(
        grouped.struct.field("1"),
        pl.lit("."),
        grouped.struct.field("2").str.replace_all(".", "", literal=True),
    )
    return pl.select(pl.coalesce(one, parts).cast(pl.Float64, strict=False)).to_series()


def _dms(text: pl.Series) -> pl.Series:
    groups = text.str.extract_groups(_DMS).struct.unnest()

    def number(name: str) -> pl.Expr:
        return pl.col(name).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)

    minutes, seconds = number("m").fill_null(0.0), number("s").fill_null(0.0)
    size = number("d") + minutes / 60 + seconds / 3600
    south = pl.col("last").is_in(_NEGATIVE) | pl.col("first").is_in(_NEGATIVE) | (pl.col("sign") == "-")
    right = (minutes < 60) & (seconds < 60)
    return groups.select(
        pl.when(right).then(pl.when(south.fill_null(False)).then(-size).otherwise(size))
    ).to_series()


def is_metres(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which pairs may be metres of UTM, in either order."""

    def fits(easting: Floats, northing: Floats) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = (
            (easting >= _EASTING[0])
            & (easting <= _EASTING[1])
            & (northing >= _NORTHING[0])
            & (northing <= _NORTHING[1])
            & (northing > 90)
        )
        return answer

    return fits(x, y) | fits(y, x)


def zones_of(west: float, east: float) -> tuple[int, ...]:
    """Return the zones of UTM between two longitudes.

    Examples
    --------
    >>> zones_of(106.7, 106.9)
    (48,)
    """
    first, last = int((west + 180) // 6) + 1, int((east + 180) // 6) + 1
    return tuple(zone for zone in _ZONES if first <= zone <= last)


def from_metres(x: Floats, y: Floats, zone: int, *, south: bool) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of metres of UTM on WGS 84, easting first where it stands first."""
    easting, northing = np.minimum(x, y), np.maximum(x, y)
    if not south:
        # North of the equator the northing may be the smaller one.
        easting, northing = x, y
    source = pyproj.CRS.from_epsg((32_700 if south else 32_600) + zone)
    lon, lat = pyproj.Transformer.from_crs(source, 4326, always_xy=True).transform(easting, northing)
    return np.asarray(lon), np.asarray(lat)


def is_near(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Return which points lie within the extent of Indonesia, as degrees."""
    west, south, east, north = COUNTRY
    answer: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return answer


def is_abroad(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Return which points are degrees outside the extent of Indonesia."""
    answer: NDArray[np.bool_] = ~is_near(lon, lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return answer
