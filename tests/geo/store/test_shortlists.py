"""Shortlists in the store, on both engines: what is kept comes back, and no change is lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from geo import shortlists
from geo.compute import Computed
from geo.errors import NotFoundError, StaleError
from geo.people import ANONYMOUS, Identity, Role
from geo.shortlists import Decision, Shortlist
from geo.store import Store

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DECREE = Decision(
    "050/12/2026", date(2026, 12, 1), "Lokasi prioritas", "N. N.", "Kepala Bappeda", "pimpinan", LATER
)


@pytest.fixture
def kept(store: Store, computed: Computed) -> Shortlist:
    """Keep a shortlist of two places on a run."""
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    shortlist = Shortlist("s1", computed.summary.id, "kelurahan", "Prioritas", "perencana", 1, NOW, NOW)
    for code in ("b", "a"):
        shortlist = shortlists.pick(shortlist, code, reason=f"alasan {code}", by="perencana", at=NOW)
    store.shortlists.add(shortlist)
    return shortlist


def test_a_shortlist_comes_back_as_it_was(store: Store, kept: Shortlist) -> None:
    assert store.shortlists.get("s1") == kept
    assert store.shortlists.of_run(kept.run_id) == [kept]
    assert store.shortlists.of_run("another") == []
    with pytest.raises(NotFoundError, match="s2"):
        store.shortlists.get("s2")


def test_a_change_raises_the_version(store: Store, kept: Shortlist) -> None:
    saved = store.shortlists.save(shortlists.unpick(kept, "b", at=LATER))
    assert saved.version == 2
    assert store.shortlists.get("s1") == saved


def test_whoever_is_slower_is_told(store: Store, kept: Shortlist) -> None:
    store.shortlists.save(shortlists.unpick(kept, "b", at=LATER))
    with pytest.raises(StaleError, match="meanwhile"):
        store.shortlists.save(shortlists.unpick(kept, "a", at=LATER))
    with pytest.raises(StaleError):
        store.shortlists.delete(kept, by="perencana", at=LATER)
    with pytest.raises(StaleError):
        store.shortlists.decide(shortlists.decide(kept, DECREE))
    assert store.shortlists.get("s1").codes == ("a",)
    assert store.shortlists.get("s1").decision is None


def test_of_many_changes_at_once_one_is_kept(store: Store, kept: Shortlist) -> None:
    def change(number: int) -> bool:
        try:
            store.shortlists.save(shortlists.rename(kept, f"judul {number}", at=LATER))
        except StaleError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, range(16))) == 1
    assert store.shortlists.get("s1").version == 2


def test_nothing_is_lost_when_everybody_reads_again(store: Store, kept: Shortlist) -> None:
    def add(number: int) -> None:
        while True:
            try:
                found = store.shortlists.get("s1")
                store.shortlists.save(
                    shortlists.pick(found, f"c{number}", reason="", by="perencana", at=LATER)
                )
            except StaleError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    found = store.shortlists.get("s1")
    assert set(found.codes) == {"a", "b", *(f"c{number}" for number in range(12))}
    assert found.version == 13
    assert [item.position for item in found.items] == list(range(1, 15))


def test_a_deleted_shortlist_is_gone_and_written_down(store: Store, kept: Shortlist) -> None:
    store.shortlists.delete(kept, by="perencana", at=LATER)
    assert store.shortlists.of_run(kept.run_id) == []
    entry = store.audit.newest(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("perencana", "shortlist_deleted", "s1")
    with pytest.raises(NotFoundError, match="any more"):
        store.shortlists.save(shortlists.rename(kept, "lain", at=LATER))


def test_a_decision_is_kept_and_written_down(store: Store, kept: Shortlist) -> None:
    decided = store.shortlists.decide(shortlists.decide(kept, DECREE))
    assert store.shortlists.get("s1") == decided
    assert decided.decision == DECREE
    entry = store.audit.newest(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("pimpinan", "decided", "s1")
    assert entry.detail == {"number": "050/12/2026", "run": kept.run_id, "places": "2"}
    assert store.audit.verify() is None


def test_who_sees_and_who_changes(kept: Shortlist) -> None:
    owner = Identity("1", "perencana", Role.PERENCANA)
    other = Identity("2", "perencana.lain", Role.PERENCANA)
    leader = Identity("3", "pimpinan", Role.PIMPINAN)
    everybody = (owner, other, leader, ANONYMOUS)
    assert [kept.is_seen_by(one) for one in everybody] == [True, False, True, False]
    assert [kept.is_changed_by(one) for one in everybody] == [True, False, False, False]
    decided = shortlists.decide(kept, DECREE)
    assert all(decided.is_seen_by(one) for one in everybody)
    assert not replace(kept, owner="").is_seen_by(ANONYMOUS)
    assert not kept.is_changed_by(Identity("1", "perencana", Role.ADMIN))
