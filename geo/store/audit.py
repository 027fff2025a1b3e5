"""Keep the audit: append in the transaction of what is written down, read, verify."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, text

from geo import audit as audits
from geo.audit import GENESIS, Action, Entry
from geo.store.engine import writing
from geo.store.people_tables import audit

_READ_AT_ONCE = 1_000


def append(
    connection: Connection,
    action: Action,
    *,
    at: datetime,
    actor: str,
    subject: str,
    detail: Mapping[str, str] | None = None,
) -> Entry:
    """Write an entry at the end, in the transaction of what it tells of.

    On PostgreSQL other writers of the audit wait until the transaction ends, so call it last; SQLite has one writer
    at a time anyhow.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {audit.fullname} IN EXCLUSIVE MODE"))
    newest = connection.execute(
        select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (1, GENESIS) if newest is None else (newest.number + 1, newest.digest)
    entry = audits.sealed(Entry(number, at, actor, action, subject, dict(detail or {})), previous)
    connection.execute(
        insert(audit),
        {
            "number": entry.number,
            "at": entry.at,
            "actor": entry.actor,
            "action": str(entry.action),
            "subject": entry.subject,
            "detail": json.dumps(dict(entry.detail), ensure_ascii=False, sort_keys=True),
            "previous": entry.previous,
            "digest": entry.digest,
        },
    )
    return entry


class Audit:
    """The audit of a store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self,
        action: Action,
        *,
        at: datetime,
        actor: str,
        subject: str,
        detail: Mapping[str, str] | None = None,
    ) -> Entry:
        """Write down what changed nothing in the store, such as an export or a refusal."""
        with writing(self._engine) as connection:
            return append(connection, action, at=at, actor=actor, subject=subject, detail=detail)

    def newest(self, limit: int) -> list[Entry]:
        """Return the newest entries, newest first."""
        query = select(audit).order_by(audit.c.number.desc()).limit(limit)
        with self._engine.begin() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def verify(self) -> int | None:
        """Return the number of the first entry that is not as it was written, or None."""
        return audits.broken_at(self._all())

    def _all(self) -> Iterator[Entry]:
        last = None
        while True:
            query = select(audit).order_by(audit.c.number).limit(_READ_AT_ONCE)
            with self._engine.begin() as connection:
                rows = connection.execute(query if last is None else query.where(audit.c.number > last)).all()
            yield from map(_entry, rows)
            if len(rows) < _READ_AT_ONCE:
                return
            last = rows[-1].number


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.number,
        row.at,
        row.actor,
        row.action,
        row.subject,
        json.loads(row.detail),
        row.previous,
        row.digest,
    )
