"""One file that holds a whole store, the same for both engines: backup, restore, and the way between engines.

The file is a ZIP of one Parquet table a database table and a manifest with their row counts and SHA-256. It holds the
counts and the password hashes as well, so only its owner may read it.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    inspect,
    select,
)

from geo.errors import FileError, StoreError
from geo.store import bulk, migrations
from geo.store.engine import connect, refuse_unknown, writing
from geo.store.geometry import Geometry
from geo.store.tables import RESTRICTED, kantong_store, metadata

FORMAT = "kantong-backup-1"

_MANIFEST = "manifest.json"
_AT_ONCE = 2_000
#: A tally may take many megabytes.
_BLOBS_AT_ONCE = 4
_ARROW = {
    Geometry: pa.binary(),
    Boolean: pa.bool_(),
    Integer: pa.int64(),
    Float: pa.float64(),
    Date: pa.date32(),
    LargeBinary: pa.binary(),
    String: pa.string(),
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    revision
        Of the tables.
    rows, sha256
        By table.
    """

    revision: str
    rows: Mapping[str, int]
    sha256: Mapping[str, str]
    format: str = FORMAT


def back_up(url: str, path: Path) -> Manifest:
    """Write all that a store holds at one moment to a file, while others go on reading and writing.

    A store of an older Kantong is written as it is, so that a backup can be made before an upgrade.

    Raises
    ------
    FileError
        When the file is there already, or its folder is not.
    StoreError
        When the store cannot be read, or its counts are not beside it.
    """
    if not path.parent.is_dir():
        raise FileError(f"{path}: the folder {path.parent} does not exist. Make it first.")
    if path.exists():
        raise FileError(f"{path}: is there already. Name a new file.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"{path.parent}: may not be written to by this user. Name a folder that may.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".kantong-") as draft:
        folder = Path(draft)
        with _snapshot(url, folder) as connection:
            rows = {}
            for table in _tables(connection):
                rows[table.fullname] = _dump(connection, table, _parquet(folder, table.fullname))
            manifest = Manifest(
                migrations.current(connection), rows, {name: _sha256(_parquet(folder, name)) for name in rows}
            )
        whole = folder / "backup.zip"
        whole.touch(mode=0o600)
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
            for name in rows:
                archive.write(_parquet(folder, name), f"{name}.parquet")
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
        whole.replace(path)
    return manifest


def restore(path: Path, url: str) -> Manifest:
    """Fill an empty database from a backup, read it back to compare, and bring it up to date, in one transaction.

    Raises
    ------
    FileError
        When the file is not a whole backup.
    StoreError
        When the database is not empty, or the backup was made by a newer Kantong.
    """
    with tempfile.TemporaryDirectory(prefix="kantong-") as draft:
        folder = Path(draft)
        manifest = _unpack(path, folder)
        refuse_unknown(manifest.revision, str(path))
        engine, shown = connect(url, create=True)
        try:
            with writing(engine) as connection:
                _refuse_filled(connection, shown)
                migrations.create(connection, manifest.revision)
                tables = [table for table in _tables(connection) if table.fullname in manifest.rows]
                for table in tables:
                    _load(connection, table, _parquet(folder, table.fullname))
                for table in tables:
                    _compare(connection, table, _parquet(folder, table.fullname))
                migrations.upgrade(connection)
        finally:
            engine.dispose()
    return manifest


def migrate(source: str, target: str) -> Manifest:
    """Carry a store into an empty database, on the same or the other engine; the source stays as it is.

    Raises
    ------
    StoreError
        When either cannot be used so.
    """
    with tempfile.TemporaryDirectory(prefix="kantong-") as folder:
        path = Path(folder) / "store.zip"
        back_up(source, path)
        return restore(path, target)


@contextmanager
def _snapshot(url: str, folder: Path) -> Iterator[Connection]:
    """Read a store as it is now: a copy of both files, or a transaction that sees no later change."""
    engine, shown = connect(url, create=False)
    try:
        if engine.dialect.name == "sqlite":
            with engine.begin() as connection:
                _refuse_foreign(connection, shown)
                copy = _copied(connection.connection.driver_connection, folder)
            engine.dispose()
            engine, _ = connect(copy, create=False)
            snapshot = engine.begin()
        else:
            fixed = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            snapshot = engine.execution_options(**fixed).begin()
        with snapshot as connection:
            _refuse_foreign(connection, shown)
            yield connection
    finally:
        engine.dispose()


def _copied(source: Any, folder: Path) -> str:
    """Copy both files in the transaction that is open, which keeps writers from ending theirs in between."""
    path = folder / "snapshot.gpkg"
    for schema, file in (("main", path), (RESTRICTED, path.with_suffix(".restricted.sqlite"))):
        with sqlite3.connect(file) as copy:
            source.backup(copy, name=schema)
        copy.close()
    return f"sqlite:///{path}"


def _refuse_foreign(connection: Connection, shown: str) -> None:
    present = inspect(connection)
    if not present.has_table(kantong_store.name):
        raise StoreError(f"{shown}: is empty; there is nothing to keep.")
    if not present.has_table("tally", RESTRICTED):
        raise StoreError(f"{shown}: the file of counts is not beside it. Put it there first.")


def _refuse_filled(connection: Connection, shown: str) -> None:
    present = set(inspect(connection).get_table_names()) - {"spatial_ref_sys"}
    if present:
        raise StoreError(f"{shown}: is not empty (it holds {min(present)!r}). Name a new database.")


def _tables(connection: Connection) -> list[Table]:
    """Return the tables of ours as they are in the database, whatever its revision, each after those it needs."""
    there, present = MetaData(), inspect(connection)
    for schema in (None, RESTRICTED):
        for name in present.get_table_names(schema):
            if (name if schema is None else f"{schema}.{name}") not in metadata.tables:
                continue
            drawn = any(column["name"] == "geometry" for column in present.get_columns(name, schema))
            geometry = [Column("geometry", Geometry)] if drawn else []
            Table(name, there, *geometry, schema=schema, autoload_with=connection, resolve_fks=False)
    return there.sorted_tables


def _parquet(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, _arrow(column)) for column in table.columns])


def _arrow(column: Column[Any]) -> pa.DataType:
    for kind, arrow in _ARROW.items():
        if isinstance(column.type, kind):
            return arrow
    raise AssertionError(f"{column}: a backup cannot hold {column.type!r}")


def _batches(connection: Connection, table: Table) -> Iterator[pa.RecordBatch]:
    """Read a table in the order of its key, which is the same on both engines."""
    schema = _schema(table)
    order = [
        column.collate("C")
        if isinstance(column.type, String) and connection.dialect.name == "postgresql"
        else column
        for column in table.primary_key
    ]
    blobs = any(isinstance(column.type, LargeBinary) for column in table.columns)
    at_once = _BLOBS_AT_ONCE if blobs else _AT_ONCE
    query = select(table).order_by(*order)
    found = connection.execute(query, execution_options={"yield_per": at_once})
    for rows in found.mappings().partitions():
        columns = {name: [row[name] for row in rows] for name in schema.names}
        if "geometry" in columns:
            columns["geometry"] = list(shapely.to_wkb(columns["geometry"], byte_order=1))
        yield pa.RecordBatch.from_pydict(columns, schema=schema)


def _dump(connection: Connection, table: Table, path: Path) -> int:
    rows = 0
    with pq.ParquetWriter(path, _schema(table), compression="zstd") as writer:
        for batch in _batches(connection, table):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _load(connection: Connection, table: Table, path: Path) -> None:
    if connection.scalar(select(table).limit(1)) is not None:  # the migrations gave the new store an id
        connection.execute(delete(table))
    for batch in pq.ParquetFile(path).iter_batches(_AT_ONCE):
        rows = batch.to_pylist()
        if "geometry" in batch.schema.names:
            drawn = shapely.from_wkb([row["geometry"] for row in rows])
            rows = [{**row, "geometry": geometry} for row, geometry in zip(rows, drawn, strict=True)]
        bulk.write(connection, table, rows)
    if connection.dialect.name == "postgresql" and "fid" in table.columns:
        sequence = func.pg_get_serial_sequence(table.fullname, "fid")
        connection.execute(select(func.setval(sequence, func.max(table.c.fid))))


def _compare(connection: Connection, table: Table, path: Path) -> None:
    """Read a table back and compare it with what was written.

    Raises
    ------
    StoreError
        When the database gave back something else.
    """
    given = pa.Table.from_batches(_batches(connection, table), _schema(table))
    if not given.equals(pq.read_table(path)):
        raise StoreError(f"{table.fullname}: the database did not give back what was written to it.")


def _unpack(path: Path, folder: Path) -> Manifest:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest(**json.loads(archive.read(_MANIFEST)))
            for name in manifest.rows:
                with archive.open(f"{name}.parquet") as packed, _parquet(folder, name).open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}).") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path}: is not a backup of Kantong, or only part of one.") from error
    if manifest.format != FORMAT:
        raise FileError(f"{path}: is a backup of another format ({manifest.format!r}).")
    for name, expected in manifest.sha256.items():
        if _sha256(_parquet(folder, name)) != expected:
            raise FileError(f"{path}: {name} is damaged. Take another backup.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
