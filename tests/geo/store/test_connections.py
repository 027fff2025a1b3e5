"""What a server is asked within limits, and what is said when it does not answer: words, not the database's text."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Connection, Table, text

from geo.compute import Computed
from geo.disclosure import PUBLIC
from geo.errors import StoreError
from geo.people import Role
from geo.store import Pool, Store, bulk
from tests.postgres import Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Reopen = Callable[[], Store]


@pytest.fixture
def server_store(postgres: Server) -> Store:
    url = postgres.new_database()
    Store(url, create=True).close()
    return Store(url, pool=Pool(kept=1, more=0, statement_seconds=0.3))


def test_a_statement_that_takes_too_long_is_stopped(server_store: Store) -> None:
    began = time.monotonic()
    too_long = pytest.raises(StoreError, match=r"the question took too long and was stopped\.$")
    with too_long, server_store.reading() as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    assert time.monotonic() - began < 10
    assert server_store.run_ids() == []
    server_store.close()


def test_a_server_that_broke_off_is_asked_again(server_store: Store, postgres: Server) -> None:
    def break_off() -> None:
        other = Store(postgres.new_database(), create=True)
        with other.writing() as connection:
            stopped = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{stopped} AND application_name = 'kantong'"))
        other.close()

    unreachable = pytest.raises(StoreError, match="the database server cannot be reached")
    with unreachable as raised, server_store.reading() as connection:
        connection.execute(text("SELECT 1"))
        break_off()
        connection.execute(text("SELECT 1"))
    assert "terminating" not in str(raised.value)
    assert server_store.run_ids() == []
    server_store.close()


def test_a_copy_that_broke_off_is_said_in_words(
    server_store: Store, computed: Computed, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = bulk.write

    def broken(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        connection.connection.driver_connection.close()  # type: ignore[union-attr]
        write(connection, table, rows)

    monkeypatch.setattr(bulk, "write", broken)
    with pytest.raises(StoreError, match="the database server cannot be reached"):
        server_store.save_boundaries(computed.boundaries)
    assert server_store.boundary_listing() == []
    server_store.close()


def test_many_write_and_read_at_once(store: Store, computed: Computed, reopened: Reopen) -> None:
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    store.publications.propose(computed.summary.id, by="perencana", at=NOON)
    store.publications.approve(computed.summary.id, by="pimpinan", at=NOON)
    stores = [reopened() for _ in range(8)]
    line = gpd.GeoDataFrame(
        {"name": ["Ci Uji"]}, geometry=[shapely.LineString([(107, -6), (107, -7)])], crs=4326
    )

    def work(number: int) -> None:
        mine = stores[number % 8]
        if number % 4 == 0:
            assert mine.published("latest", PUBLIC).levels
            return
        mine.people.add(f"orang{number}", Role.PERENCANA, "hash", by="kantong", at=NOON)
        mine.save_backdrop("contoh", f"road{number}", line)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(48)))
    expected = {number for number in range(48) if number % 4}
    assert {account.name for account in store.people.accounts()} == {f"orang{number}" for number in expected}
    assert set(store.published("latest", PUBLIC).backdrop["kind"]) == {f"road{number}" for number in expected}
    assert store.audit.verify() is None
    assert len(store.audit.newest(100)) == 2 + len(expected)


def test_programs_that_start_at_once_make_one_store(new_url: Callable[[], str]) -> None:
    url = new_url()
    with ThreadPoolExecutor(6) as threads:
        stores = list(threads.map(lambda _: Store(url, create=True), range(6)))
    with stores[0].reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM kantong_store")) == 1
    for opened in stores:
        opened.close()
