"""The OGC API of a computed city, served from both engines."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.conftest import City
from tests.conftest import ENGINES
from tests.postgres import Server


@dataclass(frozen=True)
class Service:
    """A running service."""

    client: httpx.Client
    run: str
    database: str

    @property
    def root(self) -> str:
        return f"{str(self.client.base_url).rstrip('/')}/ogc"

    def id(self, level: str) -> str:
        return f"{self.run[:12]}_{level}"

    def get(self, path: str, status: int = 200, **asked: Any) -> httpx.Response:
        answer = self.client.get(f"/ogc{path}", **asked)
        assert answer.status_code == status, answer.text
        return answer

    def json(self, path: str, **asked: Any) -> dict[str, Any]:
        document: dict[str, Any] = self.get(path, **asked).json()
        return document

    def items(self, level: str, **parameters: Any) -> dict[str, Any]:
        return self.json(f"/collections/{self.id(level)}/items", params=parameters)


@pytest.fixture(scope="session", params=ENGINES)
def service(
    request: pytest.FixtureRequest, city: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Serve the city from an engine."""
    database = city.database
    if request.param == "postgis":
        postgres: Server = request.getfixturevalue("postgres")
        database = postgres.new_database(request.getfixturevalue("city_in_postgis"))
    folder = tmp_path_factory.mktemp("tiles")
    with (
        subprocess.Popen(
            [sys.executable, "-m", "tests.api.ogc.serve", database, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
        httpx.Client(timeout=30) as client,
    ):
        try:
            assert server.stdout is not None
            client.base_url = httpx.URL(f"http://127.0.0.1:{int(server.stdout.readline())}")
            _wait_for(client)
            yield Service(client, city.run, database)
        finally:
            server.terminate()


def _wait_for(client: httpx.Client) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/healthz")
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
