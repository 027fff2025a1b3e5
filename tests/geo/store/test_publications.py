"""How far a run is, kept on both engines: whoever comes second finds what the first did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo.audit import Action
from geo.compute import Computed
from geo.errors import ConflictError, NotFoundError
from geo.publication import Publication, State
from geo.store import Store

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 12, tzinfo=UTC)
Reopen = Callable[[], Store]


@pytest.fixture
def run(store: Store, computed: Computed) -> str:
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    return computed.summary.id


def test_a_run_goes_its_way_and_the_audit_tells_it(store: Store, run: str, reopened: Reopen) -> None:
    draft = store.publications.of(run)
    assert draft == Publication(run, computed_at=draft.computed_at)
    assert draft.computed_at is not None
    store.publications.propose(run, by="perencana", at=NOON)
    store.publications.take_back(run, by="perencana", at=NOON)
    assert store.publications.of(run) == draft
    store.publications.propose(run, by="gis", at=NOON)
    store.publications.approve(run, by="pimpinan", at=LATER)
    withdrawn = store.publications.withdraw(run, by="pimpinan", at=LATER)
    assert reopened().publications.of(run) == withdrawn
    assert (withdrawn.state, withdrawn.proposed_by, withdrawn.approved_at) == (State.WITHDRAWN, "gis", LATER)
    told = [(entry.action, entry.actor, entry.subject) for entry in reversed(store.audit.newest(10))]
    assert told == [
        (Action.RUN_PROPOSED, "perencana", run),
        (Action.RUN_TAKEN_BACK, "perencana", run),
        (Action.RUN_PROPOSED, "gis", run),
        (Action.RUN_PUBLISHED, "pimpinan", run),
        (Action.RUN_WITHDRAWN, "pimpinan", run),
    ]
    assert store.audit.verify() is None


def test_a_step_that_is_refused_changes_nothing(store: Store, run: str) -> None:
    proposed = store.publications.propose(run, by="perencana", at=NOON)
    with pytest.raises(ConflictError, match="somebody else must approve"):
        store.publications.approve(run, by="perencana", at=LATER)
    with pytest.raises(ConflictError, match="is proposed"):
        store.publications.withdraw(run, by="pimpinan", at=LATER)
    with pytest.raises(NotFoundError, match="there is no run 'none'"):
        store.publications.propose("none", by="perencana", at=NOON)
    assert store.publications.of(run) == proposed
    assert len(store.audit.newest(10)) == 1


def test_the_database_itself_knows_that_two_people_publish(store: Store, run: str) -> None:
    store.publications.propose(run, by="perencana", at=NOON)
    with pytest.raises(IntegrityError, match="two_people"), store.writing() as connection:
        connection.execute(text("UPDATE run SET approved_by = 'perencana'"))


def test_the_public_sees_published_runs_only(store: Store, run: str, computed: Computed) -> None:
    newer = replace(computed, summary=replace(computed.summary, id="f" * 32))
    store.save_run(newer)
    assert store.run_ids() == [run, "f" * 32]
    assert store.run_ids(drafts=False) == []
    with pytest.raises(NotFoundError, match="no run is published yet"):
        store.resolve("latest", drafts=False)
    store.publications.propose(run, by="perencana", at=NOON)
    assert store.run_ids(drafts=False) == []
    store.publications.approve(run, by="pimpinan", at=NOON)
    assert store.resolve("latest", drafts=False) == run
    assert store.resolve("latest") == "f" * 32
    with pytest.raises(NotFoundError, match=f"no run has an id that begins so. Newest: {run[:12]}"):
        store.resolve("ffff", drafts=False)
    store.publications.withdraw(run, by="pimpinan", at=NOON)
    assert store.run_ids(drafts=False) == []


def test_of_many_who_approve_at_once_one_does(store: Store, run: str, reopened: Reopen) -> None:
    store.publications.propose(run, by="perencana", at=NOON)
    stores = [reopened() for _ in range(8)]

    def approve(number: int) -> str:
        try:
            stores[number].publications.approve(run, by=f"pimpinan{number}", at=NOON)
        except ConflictError as error:
            return str(error)
        return "published"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(approve, range(8)))
    assert outcomes.count("published") == 1
    assert sum("is published; only a proposed run can be approved" in outcome for outcome in outcomes) == 7
    published = store.publications.of(run)
    assert published.approved_by == f"pimpinan{outcomes.index('published')}"
    assert store.audit.verify() is None
