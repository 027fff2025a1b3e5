"""Find where coordinates stand in a table, and join a table of locations to households by family key.

The table is a spreadsheet, or an export of KoboToolbox or ODK. A family is known only by a hash under a secret that
ends with the process.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from geo import coordinates, tables
from geo.coordinates import Form
from geo.errors import RegisterError
from geo.families import FamilyHash

_LATITUDE = re.compile(r"(?:^|[\W_])(?:lat|latitude|lintang|koordinat_y|y)$")
_LONGITUDE = re.compile(r"(?:^|[\W_])(?:lon|lng|long|longitude|bujur|koordinat_x|x)$")
_POINT = re.compile(
    r"(?:^|[\W_])(?:geopoint|geolocation|koordinat|kordinat|titik|titik_koordinat|titik_lokasi|lokasi|location|gps)$"
)
_KEYS = (
    "nomor_kartu_keluarga",
    "no_kartu_keluarga",
    "nomor_kk",
    "no_kk",
    "nokk",
    "kk",
    "id_keluarga",
    "id_rumah_tangga",
)

#: What is done with a family that the table gives two points for: neither is taken.
_FAMILY = ["family_1", "family_2"]


@dataclass(frozen=True, slots=True)
class PointColumns:
    """The columns of latitude and longitude: one and the same where both stand in it, as ``-6.2 106.8 0 5``."""

    latitude: str
    longitude: str


def point_columns(header: Sequence[str], path: Path) -> PointColumns:
    """Return the columns of latitude and longitude.

    KoboToolbox calls them ``_lokasi_latitude`` and ``_lokasi_longitude``, ODK Central ``lokasi-Latitude`` and
    ``lokasi-Longitude``, people ``lintang`` and ``bujur``, ``lat`` and ``lon``, ``y`` and ``x``; where none of these
    stands, both stand in one column ``lokasi``.

    Raises
    ------
    RegisterError
        When there are none, or more than one pair.

    Examples
    --------
    >>> point_columns(["start", "lokasi", "_lokasi_latitude", "_lokasi_longitude"], Path("kobo.xlsx")).longitude
    '_lokasi_longitude'
    """
    latitudes = [name for name in header if _LATITUDE.search(name.strip().lower())]
    longitudes = [name for name in header if _LONGITUDE.search(name.strip().lower())]
    points = [name for name in header if _POINT.search(name.strip().lower())]
    if not latitudes and not longitudes and len(points) == 1:
        return PointColumns(points[0], points[0])
    if not latitudes or not longitudes:
        raise RegisterError(
            f"{path}: no columns of latitude and longitude are recognised. Call them lintang and bujur. "
            f"Columns: {', '.join(header[:12])}."
        )
    if len(latitudes) > 1 or len(longitudes) > 1:
        raise RegisterError(
            f"{path}: several columns may be the latitude ({', '.join(latitudes)}) or the longitude "
            f"({', '.join(longitudes)}). Keep one pair."
        )
    return PointColumns(latitudes[0], longitudes[0])


def points_of(batch: pl.DataFrame, columns: PointColumns) -> pl.DataFrame:
    """Return ``lon``, ``lat`` (degrees, or metres of UTM) and ``form`` of each row (`geo.coordinates.read`)."""
    lat_text, lon_text = batch[columns.latitude], batch[columns.longitude]
    if columns.latitude == columns.longitude:
        parts = (
            lat_text.cast(pl.String)
            .str.strip_chars("[]() ")
            .str.replace_all(r",\s+|;\s*|\s+", " ")
            .str.split(" ")
        )
        lat_text, lon_text = parts.list.get(0, null_on_oob=True), parts.list.get(1, null_on_oob=True)
    (lat, lat_form), (lon, lon_form) = coordinates.read(lat_text), coordinates.read(lon_text)
    return pl.DataFrame({"lon": lon, "lat": lat, "form": np.maximum(lat_form, lon_form)})


class LocationTable:
    """Coordinates by family.

    Parameters
    ----------
    path
        A table with the family key and coordinates.
    key
        What the register calls its family key.

    Raises
    ------
    FileError, RegisterError
        When the file cannot be read, or its columns are not recognised.
    """

    def __init__(self, path: Path, key: str) -> None:
        header = tables.header(path)
        columns, key_column = point_columns(header, path), _key_column(header, key, path)
        self._family = FamilyHash(1)
        wanted = list(dict.fromkeys((key_column, columns.latitude, columns.longitude)))
        rows = [
            self._family.apply(
                points_of(batch, columns).with_columns(key=batch[key_column].cast(pl.String))
            ).drop("bucket")
            for batch in tables.batches(path, wanted)
        ]
        table = pl.concat(rows).filter(pl.col("family_1").is_not_null(), ~pl.col("lon", "lat").is_nan())
        distinct = table.unique()
        # A family that is given two points has none.
        self._points = distinct.filter(~pl.struct(_FAMILY).is_duplicated())

    def locate(self, households: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Give households that have no coordinates those of the table; return them and how many got some.

        Parameters
        ----------
        households
            Columns ``key``, ``lon``, ``lat``, ``form``.
        """
        found = (
            self._family.apply(households.select("key"))
            .select(_FAMILY)
            .join(self._points, on=_FAMILY, how="left", maintain_order="left")
        )
        lacking = households["lon"].is_null() | households["lat"].is_null()
        given = lacking & found["lon"].is_not_null()
        filled = households.with_columns(
            pl.when(given).then(found[name]).otherwise(pl.col(name)).alias(name)
            for name in ("lon", "lat", "form")
        )
        return filled.with_columns(pl.col("form").fill_null(int(Form.PLAIN)).cast(pl.UInt8)), int(given.sum())


def _key_column(header: Sequence[str], key: str, path: Path) -> str:
    wanted = (tables.folded(key), *_KEYS)
    for name in wanted:
        fitting = [column for column in header if tables.folded(re.split(r"[/:]", column)[-1]) == name]
        if len(fitting) == 1:
            return fitting[0]
    raise RegisterError(
        f"{path}: the column of the family key is not recognised. Call it {key!r}, as in the register. "
        f"Columns: {', '.join(header[:12])}."
    )
