"""Open the database of a store: an embedded GeoPackage file or PostgreSQL with PostGIS."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from geo.errors import NotFoundError, OlderStoreError, ParameterError, StoreError
from geo.store import geopackage, migrations, people_tables  # noqa: F401  (the tables of people belong to the metadata)
from geo.store.tables import RESTRICTED, companion, kantong_store, metadata

_SUPPORTED = "sqlite:///file.gpkg or postgresql+psycopg://user@host/database"
_WAIT_SECONDS = 30
_UNREACHABLE = "the database server cannot be reached or refuses the login. Check address, user and password."
_NOT_READABLE = (
    "cannot be read as a store; it may be damaged, or changed by another program. Restore a backup."
)
_SQLITE_WORDS = {
    "locked": "another program is writing to it. Try again when it has finished.",
    "readonly": "may not be written to. Check the permissions of the file and its folder.",
    "unable to open": "cannot be opened as a GeoPackage. Check the permissions of the file and its folder.",
    "not a database": "cannot be opened as a GeoPackage; it may be damaged. Restore a backup.",
    "malformed": "cannot be opened as a GeoPackage; it is damaged. Restore a backup.",
    "disk is full": "the disk is full. Nothing was changed; make room and try again.",
    "disk I/O": "the disk does not answer as it should. Nothing was changed.",
}
_POSTGRESQL_WORDS = {
    "57014": "the question took too long and was stopped.",
    "53300": "the database server has no connection left. Try again later, or allow it more.",
    "53100": "the disk of the database server is full. Nothing was changed.",
    "42501": "this database account may not do that. Ask who keeps the server for the right.",
    "25006": "the database takes no changes now; it may be a standby.",
    "40P01": "two programs waited for each other and this one was stopped. Nothing was changed; try again.",
}
_CREATING = 0x4B414E544F4E47  # any number that nobody else locks: "KANTONG"


@dataclass(frozen=True, slots=True)
class Pool:
    """How a program shares the connections to a database.

    Attributes
    ----------
    kept, more
        Connections that stay open, and how many more are opened when all are in use.
    connect_seconds
        How long a server may take to answer at first.
    statement_seconds
        How long PostgreSQL may work on one statement; without limit when None.
    """

    kept: int = 5
    more: int = 35
    connect_seconds: int = 10
    statement_seconds: float | None = None


_DEFAULT = Pool()


def open_engine(url: str, *, create: bool, pool: Pool = _DEFAULT) -> Engine:
    """Open a database and make sure that it is a store of this version.

    Parameters
    ----------
    url
        ``sqlite:///file.gpkg`` or ``postgresql+psycopg://…``.
    create
        Whether to make a new store where there is none.
    pool
        How connections are shared.

    Raises
    ------
    StoreError
        When the database cannot be reached, or is not ours.
    NotFoundError
        When there is no database and none is to be made.
    """
    engine, shown = connect(url, create=create, pool=pool)
    try:
        with writing(engine) if create else engine.begin() as connection:
            _ensure_store(connection, shown, create=create)
    except (DBAPIError, sqlite3.DatabaseError) as error:
        engine.dispose()
        raise StoreError(f"{shown}: {_NOT_READABLE}") from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def connect(url: str, *, create: bool, pool: Pool = _DEFAULT) -> tuple[Engine, str]:
    """Return an engine that says in words what is wrong, and the address as it may be shown.

    Raises
    ------
    StoreError
        When the address leads to no database that can be used.
    """
    parsed = _parse(url)
    shown = parsed.render_as_string(hide_password=True)
    try:
        engine = (
            _geopackage(parsed, pool, create=create)
            if parsed.drivername == "sqlite"
            else _postgresql(parsed, pool)
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"{url!r} is not the address of a database; give {_SUPPORTED}.") from error

    @event.listens_for(engine, "handle_error")
    def say(context: ExceptionContext) -> None:
        words = in_words(context.original_exception, lost=context.is_disconnect)
        if words is not None:
            raise StoreError(f"{shown}: {words}") from context.original_exception

    @event.listens_for(engine, "before_cursor_execute")
    def look(_: Connection, __: Any, ___: str, parameters: Any, ____: Any, many: bool) -> None:
        for row in parameters if many else (parameters,):
            refuse_nulls(row.values() if isinstance(row, Mapping) else row)

    return engine, shown


def refuse_nulls(values: Iterable[Any]) -> None:
    """Refuse texts that PostgreSQL does not keep, on both engines: a store has to be able to move to the other.

    Raises
    ------
    ParameterError
        For a text with a null character.
    """
    for value in values:
        if isinstance(value, str) and "\0" in value:
            raise ParameterError("a text holds a null character, which cannot be kept. Take it out.")


def in_words(error: BaseException, *, lost: bool = False) -> str | None:
    """Return what a person can mend, without what the database says of itself; None for an error of ours."""
    if isinstance(error, sqlite3.DatabaseError):
        return next((words for sign, words in _SQLITE_WORDS.items() if sign in str(error)), None)
    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate in _POSTGRESQL_WORDS:
        return _POSTGRESQL_WORDS[error.sqlstate]
    unreachable = lost or (isinstance(error, psycopg.OperationalError) and error.sqlstate is None)
    return _UNREACHABLE if unreachable else None


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


def _postgresql(url: URL, pool: Pool) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool.kept,
        max_overflow=pool.more,
        pool_pre_ping=True,
        connect_args={"connect_timeout": pool.connect_seconds, "application_name": "kantong"},
    )
    if pool.statement_seconds is not None:
        milliseconds = round(pool.statement_seconds * 1_000)

        @event.listens_for(engine, "connect")
        def limit(connection: psycopg.Connection[Any], _: Any) -> None:
            connection.execute(f"SET statement_timeout = {milliseconds}".encode())
            connection.commit()

    return engine


def _geopackage(url: URL, pool: Pool, *, create: bool) -> Engine:
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
    engine = create_engine(
        url, pool_size=pool.kept, max_overflow=pool.more, connect_args={"timeout": _WAIT_SECONDS}
    )
    restricted = path.with_suffix(".restricted.sqlite")

    @event.listens_for(engine, "connect")
    def attach(connection: sqlite3.Connection, _: Any) -> None:
        # Transactions are begun by us, so that one spans both files and schema changes too.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        geopackage.add_functions(connection)
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
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        raise StoreError(f"sqlite:///{path}: {in_words(cause) or _NOT_READABLE}") from error
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
    if create and connection.dialect.name == "postgresql":
        # Two programs that start at once on an empty database would both create the tables.
        connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
    present = set(inspect(connection).get_table_names())
    _refuse_others(present, shown)
    if kantong_store.name in present:
        revision = migrations.current(connection)
        refuse_unknown(revision, shown)
        _refuse_older(revision, shown)
        _accompany(connection, shown)
        return
    if not create:
        raise NotFoundError(f"{shown}: is empty. Load boundaries first (kantong boundaries load).")
    migrations.create(connection)


def _refuse_older(revision: str, shown: str) -> None:
    if revision != migrations.head():
        raise OlderStoreError(
            f"{shown}: was made by an older Kantong (revision {revision}). Make a backup (kantong db backup), then "
            "run: kantong db upgrade."
        )


def refuse_unknown(revision: str, shown: str) -> None:
    """Refuse tables of a revision that this program does not know.

    Raises
    ------
    StoreError
        Saying so.
    """
    if revision not in migrations.known():
        raise StoreError(
            f"{shown}: was made by a newer Kantong (revision {revision}), which this program cannot read. "
            "Install the newer program."
        )


def refuse_changed(engine: Engine) -> None:
    """Refuse a store that was opened and is no longer what this program can use: moved, or at another revision.

    Raises
    ------
    StoreError
        Saying so; also when the database cannot be reached.
    """
    shown = engine.url.render_as_string(hide_password=True)
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        raise StoreError(f"{shown}: the file is no longer there.")
    with engine.begin() as connection:
        revision = migrations.current(connection)
        connection.scalar(select(kantong_store.c.store_id))
    if revision != migrations.head():
        raise StoreError(
            f"{shown}: was brought to revision {revision} while it was open. Start this program's own version."
        )


def _accompany(connection: Connection, shown: str) -> None:
    """Make sure that the counts beside a GeoPackage are its own; start anew where they were left behind."""
    store_id = connection.scalar(select(kantong_store.c.store_id))
    restricted = [table for table in metadata.sorted_tables if table.schema == RESTRICTED]
    if not inspect(connection).get_table_names(RESTRICTED):
        metadata.create_all(connection, restricted)
        connection.execute(companion.insert(), {"store_id": store_id})
    elif connection.scalar(select(companion.c.store_id)) != store_id:
        raise StoreError(
            f"{shown}: the file of counts beside it belongs to another store. Put its own there, or move it away."
        )


def upgrade(url: str) -> tuple[str, str]:
    """Bring a store to the revision that this program needs, in one transaction.

    Returns
    -------
    tuple of str
        The revision it was at, and the one it is at now.

    Raises
    ------
    StoreError
        When there is no store of ours, or its counts are not beside it.
    """
    engine, shown = connect(url, create=False)
    try:
        with writing(engine) as connection:
            present = set(inspect(connection).get_table_names())
            _refuse_others(present, shown)
            if kantong_store.name not in present:
                raise NotFoundError(f"{shown}: is empty; there is nothing to upgrade.")
            if not inspect(connection).get_table_names(RESTRICTED):
                raise StoreError(f"{shown}: the file of counts is not beside it. Put it there first.")
            before = migrations.current(connection)
            refuse_unknown(before, shown)
            migrations.upgrade(connection)
            return before, migrations.current(connection)
    finally:
        engine.dispose()
