"""The chain of the audit: what was written cannot be changed, taken out or put in unseen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geo import audit
from geo.audit import GENESIS, Action, Entry

START = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def entries() -> list[Entry]:
    chain: list[Entry] = []
    for number in range(1, 6):
        entry = Entry(
            number,
            START + timedelta(minutes=number),
            "perencana",
            Action.EXPORTED,
            "run",
            {"kind": "csv", "number": str(number)},
        )
        chain.append(audit.sealed(entry, chain[-1].digest if chain else GENESIS))
    return chain


def test_a_chain_as_written_is_whole(entries: list[Entry]) -> None:
    assert audit.broken_at(entries) is None
    assert audit.broken_at([]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "admin"},
        {"action": Action.DECIDED},
        {"subject": "another"},
        {"detail": {"kind": "pdf"}},
        {"at": START},
        {"digest": "1" * 64},
        {"previous": GENESIS},
    ],
)
def test_a_changed_entry_is_found(entries: list[Entry], change: dict[str, object]) -> None:
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]
    assert audit.broken_at(entries) == 3


def test_an_entry_taken_out_is_found(entries: list[Entry]) -> None:
    assert audit.broken_at(entries[:1] + entries[2:]) == 2


def test_a_changed_entry_sealed_anew_breaks_the_chain_after_it(entries: list[Entry]) -> None:
    entries[1] = audit.sealed(replace(entries[1], actor="admin"), entries[0].digest)
    assert audit.broken_at(entries) == 3


def test_the_same_moment_in_another_zone_is_the_same_entry(entries: list[Entry]) -> None:
    from zoneinfo import ZoneInfo

    entries[0] = replace(entries[0], at=entries[0].at.astimezone(ZoneInfo("Asia/Jakarta")))
    assert audit.broken_at(entries) is None
