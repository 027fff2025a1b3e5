"""Which column is what: proposed by header and by content, decided by the person."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import codes, provinces
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError
from geo.registry import normalised

#: Headers of names by level, letters and digits only: BIG, BPS, Kemendagri, Dukcapil, Jakarta Smart City, OSM, HDX.
NAME_HEADERS = {
    "provinsi": "wadmpr nmprov provinsi propinsi province prov prop name1 namaprov namaprop namaprovinsi provname"
    " adm1en adm1name",
    "kota": "wadmkk nmkab kabkota kabkot kabupatenkota kotakab kota kabupaten kab name2 regency namakab namakota"
    " namakabkota kabname city adm2en adm2name",
    "kecamatan": "wadmkc nmkec kecamatan kec name3 district namakec namakecamatan kecname adm3en adm3name",
    "kelurahan": "wadmkd nmdesa nmkel kelurahan desa name4 desakelur desakelurahan village subdistrict namakel namadesa"
    " namakelurahan kelname adm4en adm4name",
    "rw": "rw norw nomorrw nmrw namarw rukunwarga",
    "sls": "nmsls namasls nmsubsls sls",
}

#: Headers that name a unit of whatever level the layer is.
_OWN_NAME_HEADERS = "namobj nama name namawilayah nameid"

#: Headers of codes by system and level.
CODE_HEADERS = {
    CodeSystem.KEMENDAGRI: {
        "provinsi": ("kdppum", "kodeprov", "kodeprovinsi"),
        "kota": ("kdpkab", "kodekab", "kodekota", "kodekabkota"),
        "kecamatan": ("kdcpum", "kodekec", "kodekecamatan"),
        "kelurahan": (
            "kdepum",
            "kodedesa",
            "kodekel",
            "kodekelurahan",
            "kodekemendagri",
            "kodedagri",
            "kodepum",
        ),
        "rw": ("koderw",),
        "sls": (),
    },
    CodeSystem.BPS: {
        "provinsi": ("kdpbps", "idprov", "provincecode", "adm1pcode"),
        "kota": ("kdbbps", "idkab", "regencycode", "adm2pcode"),
        "kecamatan": ("kdcbps", "idkec", "districtcode", "adm3pcode"),
        "kelurahan": ("kdebps", "iddesa", "cc4", "kodebps", "villagecode", "adm4pcode"),
        "rw": ("idrw",),
        "sls": ("idsls", "idsubsls", "kodesls", "kdsubsls", "kodesubsls"),
    },
}

#: BPS splits its codes over columns, which lose leading zeros: headers and widths.
_PARTS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("kdprov", "provno"), 2),
    (("kdkab", "kabkotno", "kabno"), 2),
    (("kdkec", "kecno"), 3),
    (("kddesa", "desano", "kdkel"), 3),
)

_FITS = 0.5
_SAMPLE = 250


@dataclass(frozen=True, slots=True)
class Role:
    """What a column was taken to be.

    Attributes
    ----------
    role
        ``code``, ``name``, or ``kecamatan_name`` and so on.
    column
        Its header; several joined by ``+``.
    evidence
        Why, in Indonesian.
    """

    role: str
    column: str
    evidence: str


def header(column: object) -> str:
    """Return a header as letters and digits in lower case, without the ``spatial`` that Dukcapil puts behind it.

    Examples
    --------
    >>> header("DESA_KELUR"), header("Nama Kec.")
    ('desakelur', 'namakec')
    """
    return re.sub(r"[^a-z0-9]", "", str(column).lower()).removesuffix("spatial")


def attributes(table: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of a table, geometry left out."""
    return [str(column) for column in table.columns.drop(table.geometry.name)]


def as_text(value: object) -> str:
    """Return a value as a file means it: whole numbers without decimals, what is missing as nothing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else "" if math.isnan(value) else str(value)
    return str(value).strip()


def existing(table: gpd.GeoDataFrame, column: str, path: Path) -> str:
    """Return a column that is there.

    Raises
    ------
    ParameterError
        Naming those there are.
    """
    present = attributes(table)
    if column in present:
        return column
    raise ParameterError(f"{path}: there is no column {column!r}. Columns: {', '.join(present) or 'none'}.")


def find_code_column(table: gpd.GeoDataFrame, level: str, code_system: CodeSystem, path: Path) -> str:
    """Return the one column in which most values are codes of the level, in the named system.

    A header that the system's own schemas use decides between several.

    Raises
    ------
    BoundaryError
        When no column or more than one fits.
    """
    fitting = fitting_columns(table, level, code_system)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise BoundaryError(
            f"{path}: several columns hold codes of a {level}: {', '.join(fitting)}. Name one with --code-column."
        )
    raise no_code_column(table, level, str(code_system), path)


def no_code_column(table: gpd.GeoDataFrame, level: str, system: str, path: Path) -> BoundaryError:
    """Return the error for a table without codes."""
    columns = ", ".join(attributes(table)) or "none"
    return BoundaryError(
        f"{path}: no column holds {system} codes of a {level}. Columns: {columns}. "
        "Name the column with --code-column, or the other code system with --codes."
    )


def fitting_columns(table: gpd.GeoDataFrame, level: str, system: CodeSystem) -> list[str]:
    """Return the columns in which most values are codes of a level; one alone where its header says so."""
    fitting = [column for column in attributes(table) if share_of_codes(table[column], level, system) > _FITS]
    known = [column for column in fitting if header(column) in CODE_HEADERS[system][level]]
    return known if len(known) == 1 else fitting


def may_hold(column: str, level: str) -> bool:
    """Return whether a column may be taken for codes of a level: times have 14 digits as SLS do."""
    return level != "sls" or header(column) in CODE_HEADERS[CodeSystem.BPS]["sls"]


def share_of_codes(values: pd.Series, level: str, system: CodeSystem) -> float:
    """Return the share of values that are codes of a level in a system, of a few hundred spread over the rows."""
    spread = np.unique(np.linspace(0, len(values) - 1, _SAMPLE).astype(int))
    parsed = [codes.mended(as_text(value), system) for value in values.iloc[spread].tolist()]
    fitting = [code for code in parsed if code is not None and code.level == level]
    if level == "provinsi":  # running numbers have two digits too
        fitting = [code for code in fitting if str(code) in provinces.BOXES]
    return len(fitting) / len(parsed)


def code_from_parts(table: gpd.GeoDataFrame, level: str) -> tuple[list[str], list[str]] | None:
    """Join a BPS code that is split over columns, giving back lost zeros.

    Returns
    -------
    tuple or None
        The columns, and the code of each row; None where the columns are not there.
    """
    if level not in ("kota", "kecamatan", "kelurahan"):
        return None
    by_header = {header(column): column for column in attributes(table)}
    columns, widths = [], []
    for headers, width in _PARTS[: codes.LEVELS.index(level) + 1]:
        column = next((by_header[name] for name in headers if name in by_header), None)
        if column is None:
            return None
        columns.append(column)
        widths.append(width)
    parts = [
        [as_text(value).zfill(width) for value in table[column]]
        for column, width in zip(columns, widths, strict=True)
    ]
    joined = ["".join(row) for row in zip(*parts, strict=True)]
    whole = sum(widths)
    return columns, [text if text.isdigit() and len(text) == whole else "" for text in joined]


def name_roles(table: gpd.GeoDataFrame, level: str) -> tuple[Role, ...]:
    """Propose the columns of the names of a level and of those above it."""
    found = []
    for upper in codes.above(level):
        column = _first(table, NAME_HEADERS[upper])
        column = column if column is not None and _has_text(table[column]) else None
        if column is not None:
            found.append(Role(f"{upper}_name", column, f"judul kolom {column!r} lazim untuk nama {upper}"))
    taken = {role.column for role in found}
    for headers in (NAME_HEADERS[level], _OWN_NAME_HEADERS):
        column = _first(table, headers)
        if column is not None and column not in taken:
            found.append(Role("name", column, f"judul kolom {column!r} lazim untuk nama {level}"))
            break
    return tuple(found)


def level_of_names(table: gpd.GeoDataFrame) -> str | None:
    """Return the finest level that a column is named for, or None.

    Where kota and kecamatan are named and another column names the unit itself, it is a kelurahan.
    """
    named = {level: _first(table, NAME_HEADERS[level]) for level in reversed(codes.LEVELS)}
    finest = next((level for level, column in named.items() if column is not None), None)
    own = _first(table, _OWN_NAME_HEADERS)
    if finest == "kecamatan" and named["kota"] is not None and own is not None:
        pairs = zip(table[own].tolist(), table[str(named[finest])].tolist(), strict=True)
        same = [normalised(as_text(one)) == normalised(as_text(other)) for one, other in pairs]
        return finest if sum(same) > _FITS * len(same) else "kelurahan"
    return finest


def _first(table: gpd.GeoDataFrame, headers: str) -> str | None:
    by_header: dict[str, str] = {}
    for column in attributes(table):
        by_header.setdefault(header(column), column)
    return next((by_header[name] for name in headers.split() if name in by_header), None)


def _has_text(values: pd.Series) -> bool:
    return any(isinstance(value, str) and not value.strip().isdigit() for value in values.iloc[:_SAMPLE])
