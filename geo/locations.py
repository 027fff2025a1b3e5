"""Find where coordinates stand in a table: a spreadsheet, or an export of KoboToolbox or ODK."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.errors import RegisterError

_LATITUDE = re.compile(r"(?:^|[\W_])(?:lat|latitude|lintang|koordinat_y|y)$")
_LONGITUDE = re.compile(r"(?:^|[\W_])(?:lon|lng|long|longitude|bujur|koordinat_x|x)$")


@dataclass(frozen=True, slots=True)
class PointColumns:
    """The columns of latitude and longitude."""

    latitude: str
    longitude: str


def point_columns(header: Sequence[str], path: Path) -> PointColumns:
    """Return the columns of latitude and longitude.

    KoboToolbox calls them ``_lokasi_latitude`` and ``_lokasi_longitude``, ODK Central ``lokasi-Latitude`` and
    ``lokasi-Longitude``, people ``lintang`` and ``bujur``, ``lat`` and ``lon``, ``y`` and ``x``.

    Raises
    ------
    RegisterError
        When there are none, or more than one pair.

    Examples
    --------
    >>> point_columns(["start", "_lokasi_latitude", "_lokasi_longitude"], Path("kobo.xlsx")).longitude
    '_lokasi_longitude'
    """
    latitudes = [name for name in header if _LATITUDE.search(name.strip().lower())]
    longitudes = [name for name in header if _LONGITUDE.search(name.strip().lower())]
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
