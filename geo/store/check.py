"""Find damage in a store: files, references, contents against their digests, the audit's chain."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from geo.store.results import digest
from geo.store.store import Store
from geo.store.tables import RESTRICTED, metadata, pocket, run, tally, zone


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was looked at, and what was found.

    Attributes
    ----------
    boundary_sets, runs
        How many there are.
    unsealed
        Runs from before digests were kept; of these only the counts can be looked at.
    findings
        One sentence each; none when the store is sound.
    """

    boundary_sets: int
    runs: int
    unsealed: int
    findings: tuple[str, ...]


def check(url: str) -> Soundness:
    """Look at everything in a store.

    Raises
    ------
    StoreError
        When it cannot be opened: not ours, of another revision, or with the counts of another store.
    """
    store = Store(url)
    try:
        listing = store.boundary_listing()
        findings = [
            f"boundary set {one.name!r} ({one.id[:12]}): is not as it was loaded."
            for one in listing
            if store.boundaries(one.id).id != one.id
        ]
        with store.reading() as connection:
            runs = connection.execute(select(run.c.id, run.c.digest).order_by(run.c.fid)).all()
            findings += [finding for one in runs for finding in _of_run(connection, one.id, one.digest)]
            findings += _of_counts(connection)
            if connection.dialect.name == "sqlite":
                findings += _of_files(connection)
        broken = store.audit.verify()
        if broken is not None:
            findings.append(f"audit: entry {broken} is not as it was written.")
    finally:
        store.close()
    return Soundness(len(listing), len(runs), sum(one.digest is None for one in runs), tuple(findings))


def _of_run(connection: Connection, run_id: str, expected: str | None) -> Iterator[str]:
    shown = f"run {run_id[:12]}"
    if expected is not None:
        zones, pockets = (_published(connection, table, run_id) for table in (zone, pocket))
        if digest(zones, pockets) != expected:
            yield f"{shown}: its published figures are not as they were stored."
    counts = connection.execute(
        select(tally.c.data, tally.c.digest).where(tally.c.run_id == run_id)
    ).one_or_none()
    if counts is None:
        yield f"{shown}: its counts are missing, so it cannot be measured again."
    elif counts.digest is not None and hashlib.sha256(counts.data).hexdigest() != counts.digest:
        yield f"{shown}: its counts are not as they were stored."


def _published(connection: Connection, table: Table, run_id: str) -> Iterator[dict[str, Any]]:
    order = [table.c[name] for name in ("audience", "level", "position") if name in table.c]
    query = select(table).where(table.c.run_id == run_id).order_by(*order)
    return (dict(row) for row in connection.execute(query).mappings())


def _of_counts(connection: Connection) -> Iterator[str]:
    for orphan in connection.scalars(select(tally.c.run_id).where(tally.c.run_id.not_in(select(run.c.id)))):
        yield f"counts of {orphan[:12]}: belong to no run."


def _of_files(connection: Connection) -> Iterator[str]:
    for schema in ("main", RESTRICTED):
        for found in connection.exec_driver_sql(f"PRAGMA {schema}.integrity_check(5)").scalars():
            if found != "ok":
                yield f"{schema}: {found}"
        for row in connection.exec_driver_sql(f"PRAGMA {schema}.foreign_key_check"):
            yield f"{schema}: row {row[1]} of {row[0]} belongs to no {row[2]}."
    for table in metadata.sorted_tables:
        if "geometry" in table.c:
            rows = connection.scalar(select(func.count()).select_from(table))
            if connection.scalar(text(f"SELECT count(*) FROM rtree_{table.name}_geometry")) != rows:  # noqa: S608
                yield f"{table.name}: its spatial index does not fit its rows."
