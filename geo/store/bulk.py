"""Write many rows at once: by COPY on PostgreSQL, as one prepared statement on SQLite."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import shapely
from sqlalchemy import Column, Connection, Table, insert

from geo.errors import StoreError
from geo.store.engine import in_words, refuse_nulls
from geo.store.geometry import SRID, Geometry

_AT_ONCE = 2_000


def write(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that name the same columns, in the transaction of the connection."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(table), [dict(row) for row in rows[start : start + _AT_ONCE]])


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    quote = connection.dialect.identifier_preparer
    columns = [table.columns[name] for name in rows[0]]
    names = ", ".join(quote.format_column(column) for column in columns)
    writers = [_writer(column, connection) for column in columns]
    keys = [column.key for column in columns]
    raw: Any = connection.connection.driver_connection
    for row in rows:
        refuse_nulls(row.values())
    try:
        with (
            raw.cursor() as cursor,
            cursor.copy(f"COPY {quote.format_table(table)} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row([write(row[key]) for write, key in zip(writers, keys, strict=True)])
    except psycopg.Error as error:  # SQLAlchemy does not see what the driver is asked directly
        words = in_words(error)
        if words is None:
            raise
        raise StoreError(words) from error


def _writer(column: Column[Any], connection: Connection) -> Callable[[Any], Any]:
    if isinstance(column.type, Geometry):
        return _hexadecimal
    processor = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return processor or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _hexadecimal(geometry: shapely.Geometry | None) -> str | None:
    """Write a geometry as the EWKB that PostGIS reads."""
    if geometry is None:
        return None
    text: str = shapely.to_wkb(shapely.set_srid(geometry, SRID), hex=True, include_srid=True)
    return text
