"""Keep how far each run is on its way to the public; every step is written into the audit with it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from geo.audit import Action
from geo.errors import NotFoundError
from geo.publication import Publication, State
from geo.store.audit import append
from geo.store.engine import writing
from geo.store.tables import run

_COLUMNS = (
    run.c.computed_at,
    run.c.proposed_by,
    run.c.proposed_at,
    run.c.approved_by,
    run.c.approved_at,
    run.c.withdrawn_by,
    run.c.withdrawn_at,
)


class Publications:
    """The states of the runs of a store. Every method takes the whole id of a run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, run_id: str) -> Publication:
        """Return how far a run is.

        Raises
        ------
        NotFoundError
            When there is no such run.
        """
        with self._engine.begin() as connection:
            return _publication(connection, run_id)

    def propose(self, run_id: str, *, by: str, at: datetime) -> Publication:
        """Propose a run for publication.

        Raises
        ------
        ConflictError
            When it is proposed or published already.
        """
        return self._step(run_id, Action.RUN_PROPOSED, by, at, lambda now: now.proposed(by, at))

    def take_back(self, run_id: str, *, by: str, at: datetime) -> Publication:
        """Take a proposal back, or turn it down.

        Raises
        ------
        ConflictError
            When the run is not proposed.
        """
        return self._step(run_id, Action.RUN_TAKEN_BACK, by, at, lambda now: now.taken_back())

    def approve(self, run_id: str, *, by: str, at: datetime) -> Publication:
        """Publish what another proposed.

        Raises
        ------
        ConflictError
            When the run is not proposed, or was proposed by the same official.
        """
        return self._step(run_id, Action.RUN_PUBLISHED, by, at, lambda now: now.approved(by, at))

    def withdraw(self, run_id: str, *, by: str, at: datetime) -> Publication:
        """Withdraw a published run.

        Raises
        ------
        ConflictError
            When it is not published.
        """
        return self._step(run_id, Action.RUN_WITHDRAWN, by, at, lambda now: now.withdrawn(by, at))

    def _step(
        self,
        run_id: str,
        action: Action,
        by: str,
        at: datetime,
        step: Callable[[Publication], Publication],
    ) -> Publication:
        with writing(self._engine) as connection:
            after = step(_publication(connection, run_id, change=True))
            values = asdict(after)
            del values["run_id"]
            connection.execute(update(run).where(run.c.id == run_id).values(values))
            append(connection, action, at=at, actor=by, subject=run_id)
        return after


def _publication(connection: Connection, run_id: str, *, change: bool = False) -> Publication:
    """Read a state; when it is to be changed, whoever comes second waits and finds what the first left."""
    query = select(run.c.state, *_COLUMNS).where(run.c.id == run_id)
    row = connection.execute(query.with_for_update() if change else query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no run {run_id!r}.")
    return Publication(run_id, **{**row, "state": State(row["state"])})
