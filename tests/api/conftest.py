"""A small Kota Contoh, loaded and computed through the command line, as a person would."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api import cli
from api.app import create_app
from api.settings import Settings, embedded
from geo.store import Store
from tests.conftest import ENGINES
from tests.postgres import Server

HOUSEHOLDS = 20_000


@dataclass(frozen=True)
class Answer:
    """What a command left behind: its status, what it printed as result, what it noted."""

    status: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def kantong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process."""

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["kantong", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return Answer(int(left.value.code or 0), printed.out, printed.err)

    return run


@dataclass(frozen=True)
class City:
    """Where the computed city is, and its run."""

    folder: Path
    database: str
    run: str


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Load and compute Kota Contoh at the level of RW."""
    folder = tmp_path_factory.mktemp("kota-contoh")
    database = embedded(folder / "kantong.gpkg")
    in_process("sample", "--out", folder, "--households", HOUSEHOLDS)
    in_process(
        "boundaries", "load", folder / "kota_contoh_rw.gpkg", "--set", "contoh", "--level", "rw",
        "--codes", "kemendagri", "--source", "Kota Contoh, sintetis", "--database", database,
    )  # fmt: skip
    for kind in ("river", "road"):
        file = folder / f"kota_contoh_{kind}s.gpkg"
        in_process("boundaries", "backdrop", "contoh", file, "--kind", kind, "--database", database)
    in_process(
        "compute", "--households", folder / "households.parquet", "--members", folder / "members.parquet",
        "--specification", "default", "--boundaries", "contoh", "--database", database,
    )  # fmt: skip
    return City(folder, database, publish(database))


@pytest.fixture(scope="session")
def city_in_postgis(city: City, postgres: Server) -> str:
    """Move the city into PostGIS, as a template."""
    database = postgres.new_database()
    in_process("db", "migrate", city.database, database)
    return database


@pytest.fixture(scope="module", params=ENGINES)
def copied(
    request: pytest.FixtureRequest, city: City, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Copy the store of the city, on each of the engines; return the address of a copy."""
    if request.param == "geopackage":
        return lambda: _copied_package(city.folder, tmp_path_factory.mktemp("copy"))
    postgres: Server = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("city_in_postgis")
    return lambda: postgres.new_database(template)


def _copied_package(folder: Path, to: Path) -> str:
    for file in ("kantong.gpkg", "kantong.restricted.sqlite"):
        shutil.copy(folder / file, to / file)
    return embedded(to / "kantong.gpkg")


def publish(database: str) -> str:
    """Publish the newest run of a store, as two officials do; return its id."""
    store = Store(database)
    run, now = store.resolve("latest"), datetime.now(UTC)
    store.publications.propose(run, by="perencana.uji", at=now)
    store.publications.approve(run, by="pimpinan.uji", at=now)
    store.close()
    return run


@pytest.fixture(scope="session")
def client(city: City) -> Iterator[httpx.Client]:
    """Talk to a server of the city."""
    with served(city.database) as client:
        yield client


@contextmanager
def served(database: str, tiles: Path | None = None) -> Iterator[httpx.Client]:
    """Serve a store on a free port of this machine, with tiles in a folder."""
    with running(create_app(Settings(database_url=database, tiles_folder=tiles))) as client:
        yield client


@contextmanager
def running(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something holds; return whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def fetched(client: httpx.Client, asked: httpx.Response, **headers: str) -> httpx.Response:
    """Wait for a job that was asked for, and fetch its file."""
    assert asked.status_code == 202, asked.text
    account: dict[str, Any] = {}

    def is_done() -> bool:
        account.update(client.get(asked.headers["location"], headers=headers).json())
        return account["state"] not in ("waiting", "working")

    assert until(is_done, 60)
    assert (account["state"], account["progress"]) == ("done", 1), account
    return client.get(account["result"], headers=headers)


def in_process(*arguments: object) -> None:
    """Run the command line in this process; it has to succeed."""
    kept = sys.argv
    sys.argv = ["kantong", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as left:
            cli.main()
    finally:
        sys.argv = kept
    assert not left.value.code
