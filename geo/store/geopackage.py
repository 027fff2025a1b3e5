"""What GeoPackage 1.3 asks of an embedded store: its own tables, registered layers, an R*Tree a geometry."""

import sqlite3
import struct
from collections.abc import Callable

from sqlalchemy import Connection

APPLICATION_ID = 0x47504B47  # "GPKG"
VERSION = 10300

#: GeoPackage 1.3 §2.1.3: magic "GP", version 0, flags, srs_id, envelope [minx, maxx, miny, maxy].
HEADER = struct.Struct("<2sBBi4d")

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
)
_REFERENCE_SYSTEMS = (
    ("Undefined cartesian", -1, "NONE", -1, "undefined"),
    ("Undefined geographic", 0, "NONE", 0, "undefined"),
    ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84),
)
_EXTENSION = "http://www.geopackage.org/spec120/#extension_rtree"


def declare(connection: Connection) -> None:
    """Make the tables that GeoPackage 1.3 requires of every file."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    connection.exec_driver_sql(
        "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT"
        " NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)"
    )
    for row in _REFERENCE_SYSTEMS:
        connection.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", row)
    connection.exec_driver_sql(
        "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,"
        " description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT '1970-01-01T00:00:00.000Z', min_x DOUBLE,"
        " min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id))"
    )
    connection.exec_driver_sql(
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL UNIQUE, column_name TEXT NOT NULL,"
        " geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id), z TINYINT"
        " NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name))"
    )


def register(connection: Connection, table: str, *, features: bool) -> None:
    """List a table in the contents, as a layer of features or as attributes."""
    connection.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
        (table, "features" if features else "attributes", table, 4326 if features else 0),
    )
    if features:
        connection.exec_driver_sql(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geometry', 'GEOMETRY', 4326, 0, 0)", (table,)
        )


def index_geometry(connection: Connection, table: str) -> None:
    """Give a table the R*Tree of GeoPackage 1.3 annex F.3, filled, with the triggers that keep it true."""
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,"
        " definition TEXT NOT NULL, scope TEXT NOT NULL, UNIQUE (table_name, column_name, extension_name))"
    )
    connection.exec_driver_sql(
        "INSERT INTO gpkg_extensions VALUES (?, 'geometry', 'gpkg_rtree_index', ?, 'write-only')",
        (table, _EXTENSION),
    )
    tree = f"rtree_{table}_geometry"
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {tree} USING rtree(id, minx, maxx, miny, maxy)")
    drawn = "{row}.geometry NOTNULL AND NOT ST_IsEmpty({row}.geometry)"
    box = "ST_MinX({row}.geometry), ST_MaxX({row}.geometry), ST_MinY({row}.geometry), ST_MaxY({row}.geometry)"
    is_drawn, of_new = drawn.format(row="NEW"), box.format(row="NEW")
    put = f"INSERT OR REPLACE INTO {tree} VALUES (NEW.fid, {of_new});"  # noqa: S608
    drop = f"DELETE FROM {tree} WHERE id = OLD.fid;"  # noqa: S608
    connection.exec_driver_sql(
        f"INSERT INTO {tree} SELECT fid, {box.format(row=table)} FROM {table} WHERE {drawn.format(row=table)}"  # noqa: S608
    )
    for name, when, condition, action in (
        ("insert", "INSERT", is_drawn, put),
        ("update1", "UPDATE OF geometry", f"OLD.fid = NEW.fid AND ({is_drawn})", put),
        ("update2", "UPDATE OF geometry", f"OLD.fid = NEW.fid AND NOT ({is_drawn})", drop),
        ("update3", "UPDATE", f"OLD.fid != NEW.fid AND ({is_drawn})", drop + put),
        (
            "update4",
            "UPDATE",
            f"OLD.fid != NEW.fid AND NOT ({is_drawn})",
            f"DELETE FROM {tree} WHERE id IN (OLD.fid, NEW.fid);",  # noqa: S608
        ),
        ("delete", "DELETE", "OLD.geometry NOTNULL", drop),
    ):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {tree}_{name} AFTER {when} ON {table} WHEN {condition} BEGIN {action} END"
        )


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of an R*Tree call; SQLite has none of its own."""
    for name, position in (("ST_MinX", 4), ("ST_MaxX", 5), ("ST_MinY", 6), ("ST_MaxY", 7)):
        connection.create_function(name, 1, _bound(position), deterministic=True)
    connection.create_function(
        "ST_IsEmpty",
        1,
        lambda blob: HEADER.unpack_from(blob)[4] != HEADER.unpack_from(blob)[4],
        deterministic=True,
    )


def _bound(position: int) -> Callable[[bytes], float]:
    def bound(blob: bytes) -> float:
        value: float = HEADER.unpack_from(blob)[position]
        return value

    return bound
