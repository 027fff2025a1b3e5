"""Running the service: alive, ready, counted, logged without a word a person wrote, and bounded."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.heavy import HeavyWork
from api.logs import JsonLines
from api.metrics import Metrics
from api.middleware.security import HEADERS
from api.problems import BusyError
from api.settings import Limits, Settings, Web, embedded
from geo.people import Identity, Role
from geo.store import Store
from tests.api.conftest import City, running, served

SECRET = "rahasia-warga"
ADMIN = Identity("1", "uji.admin", Role.ADMIN)


@pytest.fixture(scope="module")
def strict(city: City) -> Iterator[httpx.Client]:
    """A server with small limits, and one route that fails."""
    app = create_app(
        Settings(
            database_url=city.database,
            limits=Limits(body_bytes=1_000, body_seconds=0.3),
            web=Web(hosts=("127.0.0.1",)),
        )
    )

    app.state.recognise = lambda _: ADMIN

    @app.get("/gagal")
    def fail() -> None:
        raise RuntimeError(f"row ('{SECRET}',)")

    with running(app) as client:
        yield client


def test_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_a_store_that_was_taken_away_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "kantong.gpkg"
    Store(embedded(file), create=True).close()
    with served(embedded(file)) as client:
        assert client.get("/readyz").status_code == 200
        file.rename(tmp_path / "moved.gpkg")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["title"]) == (503, "Store not available")
        assert str(tmp_path) not in answer.text
        assert client.get("/healthz").status_code == 200


def test_requests_are_counted_by_route_and_not_by_address(strict: httpx.Client, city: City) -> None:
    strict.get(f"/api/v1/runs/{city.run}/zones/kecamatan", params={"cari": SECRET})
    strict.get(f"/{SECRET}")
    text = strict.get("/metrics").text
    counted = 'method="GET",route="/api/v1/runs/{run}/zones/{level}",status="200"'
    assert f"kantong_http_requests_total{{{counted}}}" in text
    assert 'route="unknown",status="404"' in text
    assert city.run not in text
    assert SECRET not in text


def test_a_request_is_one_line_without_what_a_person_wrote(
    strict: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "kantong"):
        answer = strict.get(
            f"/api/v1/runs/{SECRET}?bbox=106.79,-6.59", headers={"X-Request-ID": "proxy-0001"}
        )
        line = _line(caplog, "kantong.access")
    assert answer.headers["x-request-id"] == "proxy-0001"
    assert line["route"] == "/api/v1/runs/{run}"
    assert line["status"] == 404
    assert line["role"] == "admin"
    assert line["duration_ms"] > 0
    assert SECRET not in caplog.text
    assert SECRET not in json.dumps(line)
    assert "106.79" not in json.dumps(line)


def test_an_id_that_could_forge_a_log_is_replaced(strict: httpx.Client) -> None:
    answer = strict.get("/healthz", headers={"X-Request-ID": 'a"}\t{"level":"none"'})
    assert len(answer.headers["x-request-id"]) == 32


def test_what_nobody_foresaw_is_a_problem_and_is_logged_without_its_words(
    strict: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = strict.get("/gagal")
    assert answer.status_code == 500
    assert answer.json() == {"type": "about:blank", "title": "Internal error", "status": 500}
    assert answer.headers["x-content-type-options"] == "nosniff"
    line = _line(caplog, "kantong.failure")
    assert line["error"] == "RuntimeError"
    assert "fail" in line["at"][-1]
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/runs/zzz", "/gagal", "/static/planner/page.css"])
def test_every_answer_has_the_security_headers(strict: httpx.Client, path: str) -> None:
    headers = strict.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert "strict-transport-security" not in headers


def test_over_tls_a_browser_is_told_to_stay_there(city: City) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Settings(database_url=city.database)))
        async with httpx.AsyncClient(transport=transport, base_url="https://localhost") as client:
            return await client.get("/healthz")

    assert asyncio.run(ask()).headers["strict-transport-security"] == "max-age=31536000"


def test_another_name_of_the_server_is_refused(strict: httpx.Client) -> None:
    assert strict.get("/healthz", headers={"Host": "jahat.example"}).status_code == 400


def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(strict: httpx.Client) -> None:
    body = json.dumps({"level": "kelurahan", "cutoff": "1" * 2_000}).encode()
    for content in (body, iter([body[:600], body[600:]])):
        answer = strict.post(
            "/api/v1/runs/latest/what-if", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_does_not_arrive_is_refused(strict: httpx.Client) -> None:
    address = (strict.base_url.host, strict.base_url.port)
    with socket.create_connection(address, timeout=5) as connection:  # type: ignore[arg-type]
        connection.sendall(
            b"POST /api/v1/runs/latest/what-if HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"level"'
        )
        assert connection.recv(1_000).startswith(b"HTTP/1.1 408")


def test_heavy_work_beyond_its_places_is_turned_away() -> None:
    async def ask() -> None:
        metrics = Metrics()
        heavy = HeavyWork(Limits(heavy_work=1, wait_seconds=0.05), metrics)
        end = threading.Event()
        first = asyncio.create_task(heavy.run(end.wait))
        await asyncio.sleep(0.01)
        with pytest.raises(BusyError):
            await heavy.run(end.wait)
        end.set()
        assert await first
        assert await heavy.run(end.wait)
        assert b"kantong_turned_away_total 1.0" in metrics.text()

    asyncio.run(ask())


def test_work_that_takes_too_long_is_given_up_and_keeps_its_place_until_it_ends() -> None:
    async def ask() -> None:
        heavy = HeavyWork(Limits(heavy_work=1, wait_seconds=0.05, what_if_seconds=0.05), Metrics())
        end = threading.Event()
        with pytest.raises(BusyError, match="longer"):
            await heavy.run(end.wait)
        with pytest.raises(BusyError, match="moment"):
            await heavy.run(end.wait)
        end.set()
        await asyncio.sleep(0.05)
        assert await heavy.run(end.wait)

    asyncio.run(ask())


def _line(caplog: pytest.LogCaptureFixture, logger: str) -> dict[str, Any]:
    until = time.monotonic() + 2  # the line is written after the answer
    while time.monotonic() < until:
        records = [record for record in caplog.records if record.name == logger]
        if records:
            line: dict[str, Any] = json.loads(JsonLines().format(records[-1]))
            return line
        time.sleep(0.01)
    raise AssertionError(f"{logger} wrote nothing")
