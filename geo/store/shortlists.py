"""Keep shortlists and decisions; a change is kept only on top of the version that it was made from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from geo.audit import Action
from geo.errors import NotFoundError, StaleError
from geo.shortlists import Decision, Shortlist, ShortlistItem
from geo.store.audit import append
from geo.store.engine import writing
from geo.store.people_tables import decision, shortlist, shortlist_item


class Shortlists:
    """The shortlists of a store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: Shortlist) -> None:
        """Keep a new shortlist with its items."""
        with writing(self._engine) as connection:
            connection.execute(insert(shortlist), _row(new))
            _add_items(connection, new)

    def get(self, identifier: str) -> Shortlist:
        """Return a shortlist.

        Raises
        ------
        NotFoundError
            When there is none of that id.
        """
        with self._engine.begin() as connection:
            found = _read(connection, shortlist.c.id == identifier)
        if not found:
            raise NotFoundError(f"there is no shortlist {identifier!r}.")
        return found[0]

    def of_run(self, run_id: str) -> list[Shortlist]:
        """Return the shortlists of a run, the newest change first."""
        with self._engine.begin() as connection:
            found = _read(connection, shortlist.c.run_id == run_id)
        return sorted(found, key=lambda one: (one.changed_at, one.id), reverse=True)

    def save(self, changed: Shortlist) -> Shortlist:
        """Keep a change, and return the shortlist with its new version.

        Parameters
        ----------
        changed
            Made from the version that it carries.

        Raises
        ------
        StaleError
            When somebody was faster.
        NotFoundError
            When it was deleted meanwhile.
        """
        with writing(self._engine) as connection:
            kept = _advance(connection, changed)
            connection.execute(delete(shortlist_item).where(shortlist_item.c.shortlist_id == kept.id))
            _add_items(connection, kept)
        return kept

    def decide(self, decided: Shortlist) -> Shortlist:
        """Keep the decision of a shortlist, and return it with its new version; see `save` for errors."""
        made = decided.decision
        if made is None:
            raise AssertionError("there is no decision to keep")
        with writing(self._engine) as connection:
            kept = _advance(connection, decided)
            connection.execute(
                insert(decision),
                {
                    "shortlist_id": kept.id,
                    "number": made.number,
                    "date": made.date,
                    "title": made.title,
                    "signatory_name": made.signatory_name,
                    "signatory_position": made.signatory_position,
                    "decided_by": made.decided_by,
                    "decided_at": made.decided_at,
                },
            )
            append(
                connection,
                Action.DECIDED,
                at=made.decided_at,
                actor=made.decided_by,
                subject=kept.id,
                detail={"number": made.number, "run": kept.run_id, "places": str(len(kept.items))},
            )
        return kept

    def delete(self, unwanted: Shortlist, *, by: str, at: datetime) -> None:
        """Take a shortlist out; see `save` for errors."""
        with writing(self._engine) as connection:
            _advance(connection, unwanted)
            connection.execute(delete(shortlist_item).where(shortlist_item.c.shortlist_id == unwanted.id))
            connection.execute(delete(shortlist).where(shortlist.c.id == unwanted.id))
            append(connection, Action.SHORTLIST_DELETED, at=at, actor=by, subject=unwanted.id)


def _advance(connection: Connection, changed: Shortlist) -> Shortlist:
    """Raise the version in the database if it is the one that the change was made from; first of all, as a lock."""
    kept = replace(changed, version=changed.version + 1)
    done = connection.execute(
        update(shortlist)
        .where(shortlist.c.id == changed.id, shortlist.c.version == changed.version)
        .values(version=kept.version, title=kept.title, changed_at=kept.changed_at)
    )
    if done.rowcount == 1:
        return kept
    if connection.scalar(select(shortlist.c.id).where(shortlist.c.id == changed.id)) is None:
        raise NotFoundError(f"there is no shortlist {changed.id!r} any more.")
    raise StaleError("somebody changed the shortlist meanwhile; read it again and repeat the change.")


def _row(new: Shortlist) -> dict[str, Any]:
    names = ("id", "run_id", "level", "title", "owner", "version", "created_at", "changed_at")
    return {name: getattr(new, name) for name in names}


def _add_items(connection: Connection, kept: Shortlist) -> None:
    if kept.items:
        connection.execute(
            insert(shortlist_item),
            [
                {
                    "shortlist_id": kept.id,
                    "position": item.position,
                    "code": item.code,
                    "reason": item.reason,
                    "added_by": item.added_by,
                    "added_at": item.added_at,
                }
                for item in kept.items
            ],
        )


def _read(connection: Connection, which: Any) -> list[Shortlist]:
    rows = connection.execute(select(shortlist).where(which)).all()
    chosen = select(shortlist.c.id).where(which)
    items = connection.execute(
        select(shortlist_item)
        .where(shortlist_item.c.shortlist_id.in_(chosen))
        .order_by(shortlist_item.c.position)
    ).all()
    decisions = connection.execute(select(decision).where(decision.c.shortlist_id.in_(chosen))).all()
    return [_shortlist(row, items, decisions) for row in rows]


def _shortlist(row: Row[Any], items: Sequence[Row[Any]], decisions: Sequence[Row[Any]]) -> Shortlist:
    own = tuple(
        ShortlistItem(item.code, item.position, item.reason, item.added_by, item.added_at)
        for item in items
        if item.shortlist_id == row.id
    )
    made = next((one for one in decisions if one.shortlist_id == row.id), None)
    return Shortlist(
        row.id,
        row.run_id,
        row.level,
        row.title,
        row.owner,
        row.version,
        row.created_at,
        row.changed_at,
        own,
        None
        if made is None
        else Decision(
            made.number,
            made.date,
            made.title,
            made.signatory_name,
            made.signatory_position,
            made.decided_by,
            made.decided_at,
        ),
    )
