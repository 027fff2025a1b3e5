"""Boundary sets: read a polygon layer, check it, derive the levels above it.

Geometries are kept in EPSG:4326; areas are computed in the equal-area projection EPSG:6933.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import codes, layers
from geo.codes import Code, CodeSystem
from geo.errors import BoundaryError, CodeError, ParameterError
from geo.report import BoundarySource

_EQUAL_AREA = 6933
_NAME_COLUMNS = (
    "name",
    "nama",
    "village",
    "kelurahan",
    "desa",
    "nama_kelurahan",
    "namobj",
    "wadmkd",
    "nmdesa",
    "rw",
)
_PARENT_NAME_COLUMNS = {
    "kelurahan": ("kelurahan", "desa", "village", "wadmkd", "nmdesa", "kel_name"),
    "kecamatan": ("kecamatan", "district", "wadmkc", "nmkec", "kec_name"),
    "kota": ("kota", "kabupaten", "regency", "kabupaten_kota", "wadmkk", "nmkab", "kab_name"),
    "provinsi": ("provinsi", "province", "wadmpr", "nmprov"),
}


@dataclass(frozen=True, slots=True)
class Repair:
    """A change made to a feature while reading, to be shown to the person who loads it."""

    code: str
    name: str
    defect: str
    action: str
    area_moved_m2: float


@dataclass(frozen=True)
class BoundarySet:
    """The units of all levels of one place, in one version.

    Attributes
    ----------
    units
        One row a unit, coarse levels first, by code within a level. Columns: ``code``, ``name``, ``level``,
        ``parent`` (row number of the unit above, -1 at the top), ``area_km2``, geometry in EPSG:4326. The row
        number is the unit number that a tally uses.
    repairs
        What was changed while reading.
    """

    name: str
    code_system: CodeSystem
    finest_level: str
    source: str
    valid_from: date | None
    units: gpd.GeoDataFrame
    repairs: tuple[Repair, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of the set, coarse to fine."""
        present = set(self.units["level"])
        return tuple(level for level in codes.LEVELS if level in present)

    @property
    def place(self) -> str:
        """The name of the unit that contains all others, or the set's own name where the file does not name it."""
        top = self.units[self.units["level"] == self.levels[0]]
        named = len(top) == 1 and top["name"].iloc[0] != top["code"].iloc[0]
        return str(top["name"].iloc[0]) if named else self.name

    @cached_property
    def id(self) -> str:
        """The content-addressed id: 32 hexadecimal digits over codes, names and coordinates."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(
            f"{self.name}|{self.code_system}|{self.finest_level}|{self.source}|{self.valid_from}".encode()
        )
        for code, name, level in zip(
            self.units["code"], self.units["name"], self.units["level"], strict=True
        ):
            digest.update(f"{code}|{name}|{level}\n".encode())
        for wkb in shapely.to_wkb(self.units.geometry.to_numpy()):
            digest.update(wkb)
        return digest.hexdigest()

    @property
    def summary(self) -> BoundarySource:
        """What a run says of the boundaries it stands on."""
        return BoundarySource(
            self.id,
            self.name,
            self.place,
            str(self.code_system),
            self.finest_level,
            self.source,
            self.valid_from,
        )

    def rows(self, level: str) -> NDArray[np.int64]:
        """Return the row numbers of the units of a level."""
        return np.flatnonzero((self.units["level"] == level).to_numpy())

    def ancestors(self, level: str) -> NDArray[np.int64]:
        """Return, for each unit, the row of the unit of ``level`` that contains it, -1 where it is coarser."""
        parent = self.units["parent"].to_numpy()
        at_level = (self.units["level"] == level).to_numpy()
        answer = np.where(at_level, np.arange(len(parent)), -1)
        for row in range(len(parent)):  # parents come first
            if answer[row] < 0 and parent[row] >= 0:
                answer[row] = answer[parent[row]]
        return answer


def read(
    path: Path,
    *,
    name: str,
    level: str,
    code_system: CodeSystem,
    layer: str | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    source: str = "",
    valid_from: date | None = None,
) -> BoundarySet:
    """Read a polygon layer as the finest level of a boundary set.

    Invalid polygons are made valid, and each such repair is listed. The levels above are dissolved from the codes.

    Parameters
    ----------
    path
        Any vector file that GDAL reads, with a CRS.
    name
        What to call the set.
    level
        The level of the features, one of `geo.codes.LEVELS`.
    code_system
        Whose codes they are; never guessed.
    layer, code_column, name_column
        Where the file has several layers or columns that fit.

    Raises
    ------
    FileError
        When the file is missing, empty or not a vector file.
    BoundaryError
        When it has no CRS, no polygons, or codes that are missing, malformed or given twice.
    ParameterError
        When the level or a named layer or column does not exist.
    """
    if level not in codes.LEVELS:
        raise ParameterError(f"{level!r} is not a level; levels are {', '.join(codes.LEVELS)}.")
    table = layers.read_polygons(path, layer)
    column = code_column or find_code_column(table, level, code_system, path)
    parsed = _codes(table, _existing(table, column, path), level, code_system, path)
    # In the order of codes, so that nothing below hangs on the order of rows in the file.
    table = table.iloc[np.argsort([code.text for code in parsed])]
    parsed = sorted(parsed)
    names = _names(table, name_column, parsed, path)
    geometry, repairs = _make_valid(table, parsed, names, path)
    finest = gpd.GeoDataFrame(
        {"code": [str(code) for code in parsed], "name": names, "level": level}, geometry=geometry, crs=4326
    )
    for upper, column_names in _PARENT_NAME_COLUMNS.items():
        if codes.LEVELS.index(upper) < codes.LEVELS.index(level):
            finest[f"{upper}_name"] = _first_column(table, column_names)
    units = _with_parents(finest, parsed)
    return BoundarySet(name, code_system, level, source, valid_from, units, repairs)


def find_code_column(table: gpd.GeoDataFrame, level: str, code_system: CodeSystem, path: Path) -> str:
    """Return the one column in which every value is a code of the level, in the named system.

    Raises
    ------
    BoundaryError
        When no column or more than one fits.
    """
    fitting = [
        str(column)
        for column in table.columns.drop(table.geometry.name)
        if _share_of_codes(table[column].tolist(), level, code_system) > 0.5
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise BoundaryError(
            f"{path}: several columns hold codes of a {level}: {', '.join(fitting)}. Name one with --code-column."
        )
    columns = ", ".join(str(column) for column in table.columns.drop(table.geometry.name)) or "none"
    raise BoundaryError(
        f"{path}: no column holds {code_system} codes of a {level}. Columns: {columns}. "
        "Name the column with --code-column, or the other code system with --codes."
    )


def _share_of_codes(values: Sequence[object], level: str, code_system: CodeSystem) -> float:
    sample = values[:200]
    return sum(_parsed_level(value, code_system) == level for value in sample) / len(sample)


def _parsed_level(value: object, code_system: CodeSystem) -> str | None:
    try:
        return codes.parse(_as_text(value), code_system).level
    except CodeError:
        return None


def _as_text(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else "" if math.isnan(value) else str(value)
    return "" if value is None else str(value).strip()


def _existing(table: gpd.GeoDataFrame, column: str, path: Path) -> str:
    if column in table.columns:
        return column
    raise ParameterError(
        f"{path}: there is no column {column!r}. Columns: {', '.join(map(str, table.columns))}."
    )


def _codes(
    table: gpd.GeoDataFrame, column: str, level: str, code_system: CodeSystem, path: Path
) -> list[Code]:
    parsed: list[Code] = []
    rows: dict[str, int] = {}
    for row, value in enumerate(table[column].tolist(), start=1):
        text = _as_text(value)
        if not text:
            raise BoundaryError(
                f"{path}: row {row} has no code in the column {column!r}. Every unit needs one."
            )
        try:
            code = codes.parse(text, code_system)
        except CodeError as error:
            raise BoundaryError(f"{path}: row {row}, column {column!r}: {error}") from error
        if code.level != level:
            raise BoundaryError(
                f"{path}: row {row}, column {column!r}: {text!r} is the code of a {code.level}, not of a {level}. "
                "Check --level and --code-column."
            )
        if code.text in rows:
            raise BoundaryError(
                f"{path}: the code {code} stands twice, in rows {rows[code.text]} and {row}. "
                "Merge the parts of one unit, or correct the code."
            )
        rows[code.text] = row
        parsed.append(code)
    return parsed


def _names(table: gpd.GeoDataFrame, column: str | None, parsed: Sequence[Code], path: Path) -> list[str]:
    if column is not None:
        values = table[_existing(table, column, path)].tolist()
    else:
        values = _first_column(table, _NAME_COLUMNS)
    return [_as_text(value) or str(code) for value, code in zip(values, parsed, strict=True)]


def _first_column(table: gpd.GeoDataFrame, candidates: Sequence[str]) -> list[str | None]:
    by_lower_case = {str(column).lower(): column for column in table.columns}
    found = next((by_lower_case[name] for name in candidates if name in by_lower_case), None)
    if found is None:
        return [None] * len(table)
    return [value.strip() if isinstance(value, str) else None for value in table[found].tolist()]


def _make_valid(
    table: gpd.GeoDataFrame, parsed: Sequence[Code], names: Sequence[str], path: Path
) -> tuple[NDArray[np.object_], tuple[Repair, ...]]:
    geometry = table.geometry.to_numpy().copy()
    repairs = []
    for row in np.flatnonzero(~shapely.is_valid(geometry)).tolist():
        before = geometry[row]
        geometry[row] = _polygonal(shapely.make_valid(before))
        if geometry[row].is_empty:
            raise BoundaryError(
                f"{path}: row {table.index[row] + 1} ({parsed[row]}) has no area. Remove it or draw its outline."
            )
        moved = abs(_area_m2(np.array([geometry[row]]))[0] - _area_m2(np.array([before]))[0])
        repairs.append(
            Repair(str(parsed[row]), names[row], shapely.is_valid_reason(before), "made valid", float(moved))
        )
    return geometry, tuple(repairs)


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _area_m2(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = gpd.GeoSeries(geometry, crs=4326).to_crs(_EQUAL_AREA).area.to_numpy()
    return areas


def _with_parents(finest: gpd.GeoDataFrame, parsed: Sequence[Code]) -> gpd.GeoDataFrame:
    """Stack the finest units under the levels dissolved from their codes."""
    stack = [finest]
    lowest = list(parsed)
    while len(stack[0]) > 1 and codes.parent(lowest[0]) is not None:
        parents = [codes.parent(code) for code in lowest]
        stack.insert(0, _dissolve(stack[0], [code for code in parents if code is not None]))
        lowest = [codes.parse(text, lowest[0].system) for text in stack[0]["code"]]
    stacked = [layer.sort_values("code", ignore_index=True) for layer in stack]
    row_of: dict[str, int] = {}
    for layer in stacked:
        for code in layer["code"]:
            row_of[code] = len(row_of)
    system = parsed[0].system
    columns: dict[str, list[object]] = {"code": [], "name": [], "level": [], "parent": []}
    for layer in stacked:
        for code, name, level in zip(layer["code"], layer["name"], layer["level"], strict=True):
            above = codes.parent(codes.parse(code, system))
            columns["code"].append(code)
            columns["name"].append(name)
            columns["level"].append(level)
            columns["parent"].append(row_of.get(str(above), -1))
    geometry = np.concatenate([shapely.normalize(layer.geometry.to_numpy()) for layer in stacked])
    return gpd.GeoDataFrame({**columns, "area_km2": _area_m2(geometry) / 1e6}, geometry=geometry, crs=4326)


def _dissolve(children: gpd.GeoDataFrame, parents: Sequence[Code]) -> gpd.GeoDataFrame:
    level = parents[0].level
    labelled = children.assign(code=[str(code) for code in parents])
    groups = labelled.groupby("code", sort=True)
    names = groups[f"{level}_name"].first()
    upper = [column for column in children.columns if column.endswith("_name") and column != f"{level}_name"]
    geometry = {code: shapely.union_all(group.geometry.to_numpy()) for code, group in groups}
    table = {
        "code": list(geometry),
        "name": [name if isinstance(name, str) else code for code, name in names.items()],
        "level": level,
        **{column: groups[column].first().tolist() for column in upper},
    }
    return gpd.GeoDataFrame(table, geometry=list(geometry.values()), crs=4326)
