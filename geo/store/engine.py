"""Open the database of a store: an embedded GeoPackage file or PostgreSQL with PostGIS."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from geo.errors import NotFoundError, StoreError
from geo.store import people_tables  # noqa: F401  (its tables belong to the metadata)
from geo.store.tables import FEATURE_TABLES, RESTRICTED, SCHEMA_VERSION, kantong_store, metadata

_GEOPACKAGE_APPLICATION_ID = 0x47504B47  # "GPKG"
_GEOPACKAGE_VERSION = 10300
_SUPPORTED = "sqlite:///file.gpkg or postgresql+psycopg://user@host/database"
_WAIT_SECONDS = 30


def open_engine(url: str, *, create: bool) -> Engine:
    """Open a database and make sure that it is a store of this version.

    Parameters
    ----------
    url
        ``sqlite:///file.gpkg`` or ``postgresql+psycopg://…``.
    create
        Whether to make a new store where there is none.

    Raises
    ------
    StoreError
        When the database cannot be reached, or is not ours.
    NotFoundError
        When there is no database and none is to be made.
    """
    parsed = _parse(url)
    try:
        engine = (
            _geopackage(parsed, create=create) if parsed.drivername == "sqlite" else create_engine(parsed)
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"{url!r} is not the address of a database; give {_SUPPORTED}.") from error
    shown = parsed.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            _ensure_store(connection, shown, create=create)
    except (DBAPIError, sqlite3.DatabaseError) as error:
        engine.dispose()
        raise StoreError(_cannot_open(shown, error)) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that writes; on an embedded store it waits its turn at once."""
    return engine.execution_options(writes=True).begin()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(f"{url!r} is not the address of a database; give {_SUPPORTED}.") from error
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"{backend} databases are not supported; give {_SUPPORTED}.")
    if backend == "sqlite" and not parsed.database:
        raise StoreError("the database address names no file; give sqlite:///file.gpkg.")
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _geopackage(url: URL, *, create: bool) -> Engine:
    path = Path(str(url.database))
    if not path.exists() and not create:
        raise NotFoundError(
            f"{path}: there is no database yet. Load boundaries first (kantong boundaries load), or name another "
            "with --database."
        )
    if not path.parent.is_dir():
        raise StoreError(f"{path}: the folder {path.parent} does not exist. Make it first.")
    if path.is_dir():
        raise StoreError(f"{path}: is a directory. Name a Kantong database, or a new file in it.")
    if path.exists() and path.stat().st_size:
        _refuse_foreign(path)
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS})
    restricted = path.with_suffix(".restricted.sqlite")

    @event.listens_for(engine, "connect")
    def attach(connection: sqlite3.Connection, _: Any) -> None:
        # Transactions are begun by us, so that one spans both files and schema changes too.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"ATTACH DATABASE ? AS {RESTRICTED}", (str(restricted),))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer: it would have to begin anew.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that is not ours before a file of counts is made beside it."""
    try:
        with path.open("rb") as file:
            magic = file.read(15)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror}). Check its permissions.") from error
    if magic != b"SQLite format 3":
        raise StoreError(f"{path}: is not a GeoPackage. Name a Kantong database, or a new file.")
    alone = create_engine(URL.create("sqlite", database=str(path)))
    try:
        present = set(inspect(alone).get_table_names())
    except (DBAPIError, sqlite3.DatabaseError) as error:
        raise StoreError(_cannot_open(f"sqlite:///{path}", error)) from error
    finally:
        alone.dispose()
    _refuse_others(present, f"sqlite:///{path}")


def _refuse_others(present: set[str], shown: str) -> None:
    others = sorted(present - {"spatial_ref_sys"})
    if others and kantong_store.name not in present:
        raise StoreError(
            f"{shown}: is a database, but not one of Kantong's (it holds {others[0]!r}). "
            "Name a Kantong database, or a new one."
        )


def _ensure_store(connection: Connection, shown: str, *, create: bool) -> None:
    present = set(inspect(connection).get_table_names())
    _refuse_others(present, shown)
    if kantong_store.name in present:
        version = connection.scalar(select(kantong_store.c.schema_version))
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{shown}: is a Kantong database of version {version}, this program needs version {SCHEMA_VERSION}."
            )
        # The file of counts may have been left behind when the GeoPackage was moved.
        restricted = [table for table in metadata.sorted_tables if table.schema == RESTRICTED]
        metadata.create_all(connection, tables=restricted)
        return
    if not create:
        raise NotFoundError(f"{shown}: is empty. Load boundaries first (kantong boundaries load).")
    _create(connection)


def _create(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        _declare_geopackage(connection)
    else:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {RESTRICTED}"))
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        _register_layers(connection)
    connection.execute(kantong_store.insert(), {"schema_version": SCHEMA_VERSION})


def _declare_geopackage(connection: Connection) -> None:
    """Make the tables that GeoPackage 1.3 requires of every file."""
    connection.exec_driver_sql(f"PRAGMA application_id = {_GEOPACKAGE_APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {_GEOPACKAGE_VERSION}")
    connection.exec_driver_sql(
        "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT"
        " NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)"
    )
    wgs84 = (
        'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
        'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
        'AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
    )
    for row in (
        ("Undefined cartesian", -1, "NONE", -1, "undefined"),
        ("Undefined geographic", 0, "NONE", 0, "undefined"),
        ("WGS 84 geodetic", 4326, "EPSG", 4326, wgs84),
    ):
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


def _register_layers(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if table.schema is not None:
            continue
        features = table.name in FEATURE_TABLES
        connection.exec_driver_sql(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
            (table.name, "features" if features else "attributes", table.name, 4326 if features else 0),
        )
        if features:
            connection.exec_driver_sql(
                "INSERT INTO gpkg_geometry_columns VALUES (?, 'geometry', 'GEOMETRY', 4326, 0, 0)",
                (table.name,),
            )


def _cannot_open(shown: str, error: Exception) -> str:
    if isinstance(error, DBAPIError) and "locked" in str(error.orig):
        return f"{shown}: another program is writing to it. Try again when it has finished."
    if isinstance(error, DBAPIError) and "readonly" in str(error.orig):
        return f"{shown}: may not be written to. Check the permissions of the file and its folder."
    if shown.startswith("sqlite"):
        return f"{shown}: cannot be opened as a GeoPackage; it may be damaged or its folder not writable."
    return f"{shown}: the database server cannot be reached or refuses the login. Check address, user and password."
