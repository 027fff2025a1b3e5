"""Geometry in tables: CSV with well-known text, and GeoParquet."""

import csv
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import polars as pl
import pyarrow
import pyarrow.parquet
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import BoundaryError, FileError
from geo.vector.recognition import unreadable
from geo.vector.reference_systems import from_name

_WKT = re.compile(r"\s*(?:SRID=(\d+);)?\s*(?:MULTI)?(?:POLYGON|LINESTRING|POINT)", re.IGNORECASE)

#: Well-known binary as PostGIS writes it: byte order, then a polygon, with flags for height and SRID.
_WKB = re.compile(r"(01(03|06)0000[0-9a-f]{2}|00[0-9a-f]{2}0000(03|06))[0-9a-f]+$", re.IGNORECASE)

#: A GeoParquet may hold so many bytes once unpacked.
LARGEST_BYTES = 4 << 30


def wkt_table(path: Path) -> tuple[gpd.GeoDataFrame, CRS | None, tuple[str, ...]]:
    """Read a CSV in which one column is well-known text, with its SRID where it gives one.

    Raises
    ------
    FileError, BoundaryError
        When the table is broken or no column holds geometry.
    """
    raw = path.read_bytes()
    text, notes = _decoded(raw)
    delimiter = _delimiter(text)
    try:
        table = pl.read_csv(
            text.encode(), separator=delimiter, infer_schema=False, truncate_ragged_lines=False
        ).to_pandas()
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        raise unreadable(path, "the rows of the table differ in length or a quote is open") from error
    columns = _matching(table, _WKT)
    if not columns and len(binary := _matching(table, _WKB)) == 1:
        return *_from_wkb(path, table, binary[0]), notes
    if len(columns) != 1:
        raise BoundaryError(
            f"{path}: the table holds no geometry: no single column of well-known text (POLYGON …) or binary (0106…)."
        )
    values = table[columns[0]].fillna("").astype(str)
    numbers = {found[1] for found in map(_WKT.match, values) if found and found[1]}
    if len(numbers) > 1:
        raise BoundaryError(
            f"{path}: its rows are in several CRS ({', '.join(sorted(numbers))}). Bring them to one."
        )
    crs = from_name(f"EPSG:{numbers.pop()}", f"{path}: the SRID") if numbers else None
    plain = values.str.replace(r"^\s*SRID=\d+;", "", regex=True).to_numpy(dtype=object)
    geometry = shapely.from_wkt(plain, on_invalid="ignore")
    return gpd.GeoDataFrame(table.drop(columns=columns), geometry=geometry), crs, notes


def _matching(table: pd.DataFrame, pattern: re.Pattern[str]) -> list[str]:
    return [name for name in table.columns if table[name].astype(str).str.match(pattern).mean() > 0.5]


def _from_wkb(path: Path, table: pd.DataFrame, column: str) -> tuple[gpd.GeoDataFrame, CRS | None]:
    """Read what PostGIS writes for a geometry, with its SRID."""
    geometry = shapely.from_wkb(table[column].fillna("").to_numpy(dtype=object), on_invalid="ignore")
    numbers = {int(number) for number in shapely.get_srid(geometry[~shapely.is_missing(geometry)])} - {0}
    if len(numbers) > 1:
        raise BoundaryError(
            f"{path}: its rows are in several CRS ({', '.join(map(str, sorted(numbers)))}). Bring them to one."
        )
    crs = from_name(f"EPSG:{numbers.pop()}", f"{path}: the SRID") if numbers else None
    return gpd.GeoDataFrame(table.drop(columns=[column]), geometry=geometry), crs


def geoparquet(path: Path) -> tuple[gpd.GeoDataFrame, CRS | None]:
    """Read a GeoParquet file.

    Raises
    ------
    FileError
        When it is damaged, too large, or a Parquet file without geometry.
    """
    try:
        metadata = pyarrow.parquet.read_metadata(path)
        size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        described = orjson.loads((metadata.metadata or {}).get(b"geo", b"null"))
    except (pyarrow.ArrowException, OSError, orjson.JSONDecodeError) as error:
        raise unreadable(path, "the Parquet file is damaged") from error
    if not isinstance(described, dict):
        raise unreadable(path, "a Parquet file that does not say which column is geometry (GeoParquet)")
    if size > LARGEST_BYTES:
        raise FileError(
            f"{path}: unpacks to {size / 1e9:.1f} GB; at most {LARGEST_BYTES / 1e9:.1f} GB are read."
        )
    try:
        attributes = [
            name
            for name in metadata.schema.to_arrow_schema().names
            if name not in described.get("columns", {})
        ]
        pyarrow.parquet.read_table(path, columns=attributes).validate(full=True)  # text that is no UTF-8
        table = gpd.read_parquet(path)
    except (
        pyarrow.ArrowException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        CRSError,
        shapely.errors.ShapelyError,
    ) as error:
        raise unreadable(path, "the GeoParquet is damaged") from error
    crs = table.crs
    table = gpd.GeoDataFrame(
        pd.DataFrame(table.drop(columns=table.geometry.name)), geometry=np.asarray(table.geometry.array)
    )
    return table, crs


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), ("Teks dibaca sebagai UTF-16.",)
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ("Teks bukan UTF-8; dibaca sebagai Latin-1.",)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    try:
        return csv.Sniffer().sniff(header, ",;\t|").delimiter
    except csv.Error:
        return ","
