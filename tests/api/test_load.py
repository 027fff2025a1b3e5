"""Many at once on both engines: no error, no lost update, no deadlock; and a server that dies or stops."""

import signal
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest

from api import passwords
from api.accounts import Accounts
from api.settings import embedded
from geo import boundaries, compute, register, schema, specification
from geo.codes import CodeSystem
from geo.compute import Computed
from geo.people import Role
from geo.store import Store
from tests.api.conftest import City, publish
from tests.benchmarks.load import SERVE, drive, server
from tests.postgres import Server

PEOPLE = {"perencana": Role.PERENCANA, "gis": Role.GIS, "pimpinan": Role.PIMPINAN}

#: A server that stops in the middle of publishing, when all is written and nothing is committed.
HALF_WAY = f"""
import time
from geo.store import publications

append = publications.append

def then_wait(*arguments, **named):
    append(*arguments, **named)
    print("half way", flush=True)
    time.sleep(60)

publications.append = then_wait
{SERVE}
"""


@pytest.fixture(scope="module")
def runs(city: City) -> list[Computed]:
    """Compute two runs of the kelurahan of the city."""
    units = boundaries.read(
        city.folder / "kota_contoh_kelurahan.gpkg",
        name="contoh",
        level="kelurahan",
        code_system=CodeSystem.KEMENDAGRI,
    )
    files = (city.folder / "households.parquet", city.folder / "members.parquet", schema.load("dtsen"))
    return [
        compute.compute(register.bind(*files, specification.load(name)), units)
        for name in ("default", "bogor")
    ]


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def database(
    request: pytest.FixtureRequest, runs: list[Computed], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A store with the first run, published."""
    if request.param == "geopackage":
        url = embedded(tmp_path_factory.mktemp("load") / "kantong.gpkg")
    else:
        postgres: Server = request.getfixturevalue("postgres")
        url = postgres.new_database()
    store = Store(url, create=True)
    store.save_boundaries(runs[0].boundaries)
    store.save_run(runs[0])
    store.close()
    publish(url)
    return url


@pytest.fixture(scope="module")
def secrets(database: str) -> dict[str, tuple[str, str]]:
    store = Store(database)
    accounts = Accounts(store)
    found = {}
    for name, role in PEOPLE.items():
        store.people.add(name, role, passwords.hashed("tidak dipakai"), by="uji", at=datetime.now(UTC))
        found[name] = (name, accounts.add_app_password(name, "uji", by=name)[1])
    store.close()
    return found


def test_many_clients_at_once_and_a_server_that_is_told_to_stop(
    database: str, secrets: dict[str, tuple[str, str]], city: City
) -> None:
    units = (city.folder / "kota_contoh_kelurahan.gpkg").read_bytes()
    clients = 64 if database.startswith("postgresql") else 8
    answers: list[int] = []
    with server(database, limit_jobs_waiting="64", limit_wait_seconds="60") as (process, address):
        outcome = drive(address, secrets, clients, 4, units)
        asked = threading.Thread(target=lambda: answers.append(_atlas(address)))
        asked.start()
        time.sleep(0.3)
        assert answers == []  # it takes longer than that, and is finished all the same
        process.send_signal(signal.SIGTERM)
        asked.join()
    assert outcome.wrong == []
    assert {action for action, _ in outcome.statuses} >= {"read", "what_if", "pick"}
    assert outcome.picked
    assert answers == [200]
    store = Store(database)
    assert store.audit.verify() is None
    store.close()


def test_a_server_killed_in_the_middle_of_a_publication_leaves_the_old_state(
    database: str, secrets: dict[str, tuple[str, str]], runs: list[Computed]
) -> None:
    old, new = (computed.summary.id for computed in runs)
    store = Store(database)
    store.save_run(runs[1])
    store.publications.propose(new, by="perencana", at=datetime.now(UTC))
    store.close()
    with server(database, HALF_WAY) as (process, address):
        asked = threading.Thread(target=_approve, args=(address, new, secrets["pimpinan"]))
        asked.start()
        assert process.stdout is not None
        while process.stdout.readline().strip() != "half way":
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        asked.join()
    with server(database) as (_, address):
        assert httpx.get(f"{address}/api/v1/runs/latest").json()["run"] == old
        assert httpx.get(f"{address}/api/v1/runs/{new}").status_code == 404
        _approve(address, new, secrets["pimpinan"])
        assert httpx.get(f"{address}/api/v1/runs/latest").json()["run"] == new
    store = Store(database)
    assert store.audit.verify() is None
    store.close()


def _approve(address: str, run: str, secret: tuple[str, str]) -> None:
    with suppress(httpx.RemoteProtocolError, httpx.ReadError):  # killed before it could answer
        httpx.post(f"{address}/api/v1/runs/{run}/approve", auth=secret).raise_for_status()


def _atlas(address: str) -> int:
    return httpx.get(f"{address}/api/v1/runs/latest/atlas.pdf", timeout=60).status_code
