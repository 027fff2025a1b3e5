"""A check finds what was changed behind the store's back."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from geo.compute import Computed
from geo.errors import OlderStoreError
from geo.store import Store, check, migrations
from geo.store.engine import connect


@pytest.fixture
def filled(store: Store, computed: Computed) -> Store:
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    store.publications.propose(computed.summary.id, by="perencana", at=datetime(2026, 11, 24, tzinfo=UTC))
    return store


def test_a_sound_store(filled: Store, url: str) -> None:
    found = check(url)
    assert (found.boundary_sets, found.runs, found.unsealed, found.findings) == (1, 1, 0, ())


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            "UPDATE zone SET m0 = m0 + 0.001 WHERE status = 'shown'",
            "its published figures are not as they were",
        ),
        (
            "UPDATE zone SET status = 'hidden' WHERE level = 'kota' AND audience = 'public'",
            "its published figures are not as they were",
        ),
        ("DELETE FROM pocket", "its published figures are not as they were stored"),
        (
            "UPDATE boundary_unit SET name = 'Lain' WHERE position = 3",
            "boundary set 'contoh' .* not as it was loaded",
        ),
        ("DELETE FROM restricted.tally", "its counts are missing"),
        ("UPDATE restricted.tally SET digest = 'x'", "its counts are not as they were stored"),
        ("INSERT INTO restricted.tally VALUES ('stray', '', '')", "counts of stray: belong to no run"),
    ],
)
def test_what_was_changed_is_found(change: str, finding: str, filled: Store, url: str) -> None:
    with filled.writing() as connection:
        connection.execute(text(change))
    found = check(url).findings
    assert len(found) == 1
    assert re.search(finding, found[0])


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            "DELETE FROM rtree_boundary_unit_geometry WHERE id = 1",
            "boundary_unit: its spatial index does not fit",
        ),
        ("DELETE FROM register", "main: row 1 of run belongs to no register"),
    ],
)
def test_a_geopackage_changed_by_another_program(
    change: str, finding: str, computed: Computed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('changed') / 'kota.gpkg'}"
    store = Store(url, create=True)
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    engine, _ = connect(url, create=False)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.rollback()
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute(change)
        raw.execute("COMMIT") if raw.in_transaction else None
    engine.dispose()
    store.close()
    assert any(finding in one for one in check(url).findings)


def test_an_older_store_is_upgraded_before_it_is_checked(url: str) -> None:
    engine, _ = connect(url, create=True)
    with engine.begin() as connection:
        migrations.create(connection, migrations.BASELINE)
    engine.dispose()
    with pytest.raises(OlderStoreError, match="kantong db upgrade"):
        check(url)
