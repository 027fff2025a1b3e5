"""Requests that no honest client sends: refused with the right status, in words, and logged."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from geo.people import ANONYMOUS, Identity, Role
from geo.store import Store
from tests.api.conftest import City, running

WHAT_IF = "/api/v1/runs/latest/what-if"
JSON = {"Content-Type": "application/json"}
NULL = "kampung\0atas"

#: What an answer tells only when something of the inside has come out.
INSIDE = ("SELECT", "INSERT", "psycopg", "sqlite", "sqlalchemy", "Traceback", "/tmp", "root:")


@pytest.fixture(scope="module")
def database(copied: Callable[[], str]) -> str:
    return copied()


@pytest.fixture(scope="module")
def client(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Serve the city; a header says in which role somebody asks."""
    app = create_app(Settings(database_url=database, tiles_folder=tmp_path_factory.mktemp("tiles")))
    people = {role: Identity("1", f"uji.{role}", role) for role in Role} | {Role.PUBLIK: ANONYMOUS}
    app.state.recognise = lambda headers: people[Role(headers.get("role", "publik"))]
    with running(app) as client:
        yield client


def refused(answer: httpx.Response, *statuses: int) -> None:
    """Check that an answer is a refusal: short, in words, without a word of what is inside."""
    assert answer.status_code in statuses, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 2_000
    assert not [word for word in INSIDE if word in answer.text]
    assert answer.json()["title"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/api/v1/runs/..%2f..%2fetc%2fpasswd",
        "/api/v1/runs/%00",
        "/api/v1/runs/' OR 1=1 --",
        "/api/v1/runs/%25",
        "/api/v1/runs/latest/zones/..%2f..%2fkota",
        "/api/v1/runs/latest/zones/kelurahan;DROP TABLE run",
        "/api/v1/runs/latest/export.sqlite",
        "/runs/%2e%2e%2f%2e%2e",
        "/tiles/..%2f..%2fetc/public/kelurahan/5/0/0.mvt",
        "/tiles/latest/public/..%2f..%2fetc/5/0/0.mvt",
        "/tiles/latest/public/kelurahan/99999999999/0/0.mvt",
        "/ogc/collections/..%2f..%2fetc/items",
        "/ogc/collections/latest_..%2f..%2fetc",
        "/ogc/collections/x' OR 1=1 --_shortlist/items",
        "/api/v1/shortlists/' OR 1=1 --",
        "/api/v1/shortlists/%00",
        "/api/v1/jobs/..%2f..%2fetc%2fpasswd",
    ],
)
def test_a_reference_reaches_nothing_but_runs(client: httpx.Client, path: str) -> None:
    refused(client.get(path), 404, 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"cutoff": NaN}', 422),
        (b'{"cutoff": Infinity}', 422),
        (b'{"desils": [NaN]}', 422),
        (b'{"desils": [1e400]}', 422),
        (b'{"desils": [' + b"9" * 5_000 + b"]}", 400),
        (b'{"cutoff": "1/' + b"9" * 5_000 + b'"}', 422),
        (b'{"cutoff": "1/9999999999999999999999999"}', 422),
        (b'{"weights": {"tanpa_aset": "1e999999999"}}', 422),
        (b'{"weights": {"tanpa_aset": "nan"}}', 422),
        (b"[" * 20_000 + b"]" * 20_000, 400),
        (b'{"level": ' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b'{"level": "kelurahan', 422),
        (b"\xff\xfe{", 400),
        (b'{"level": "\\ud800"}', 422),
        (b"", 422),
    ],
)
def test_a_question_that_is_no_honest_json_is_refused(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post(WHAT_IF, content=body, headers=JSON)
    refused(answer, status)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_question_in_another_type_is_refused(client: httpx.Client, kind: str) -> None:
    answer = client.post(WHAT_IF, content=b'{"level": "kelurahan"}', headers={"Content-Type": kind})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", ["code", "name", "status"])
@pytest.mark.parametrize("value", ["x' OR '1'='1", "'; DROP TABLE zone; --", "%", "*", NULL, "x" * 20_000])
def test_a_filter_is_a_value_and_no_question(client: httpx.Client, name: str, value: str) -> None:
    answer = client.get(items(client), params={name: value})
    assert (answer.status_code, answer.json()["numberMatched"]) == (200, 0)


@pytest.mark.parametrize(
    "name", ["households", "bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "f", "filter"]
)
@pytest.mark.parametrize(
    "value", [NULL, "9" * 20_000, "x" * 20_000, "nan", "-inf", "1' OR '1'='1", "../../etc"]
)
def test_a_parameter_that_is_none_is_refused(client: httpx.Client, name: str, value: str) -> None:
    refused(client.get(items(client), params={name: value}), 400)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("ranks/kelurahan", {"by": "name; DROP TABLE zone"}),
        ("ranks/kelurahan", {"by": NULL}),
        ("ranks/kelurahan", {"top": "nan"}),
        ("ranks/kelurahan", {"limit": "9" * 5_000}),
        ("zones/kelurahan", {"f": "x" * 20_000}),
        ("x" * 20_000, {}),
    ],
)
def test_a_run_is_not_asked_for_more_than_it_has(
    client: httpx.Client, path: str, parameters: dict[str, str]
) -> None:
    refused(client.get(f"/api/v1/runs/latest/{path}", params=parameters), 404, 422)


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("perencana", "POST", "/api/v1/runs/latest/shortlists", {"json": {"title": NULL}}),
        ("perencana", "POST", "/api/v1/runs/latest/shortlists", {"json": {"title": "x", "level": NULL}}),
        ("perencana", "PATCH", "{shortlist}", {"json": {"title": NULL}}),
        ("perencana", "PATCH", "{shortlist}", {"json": {"order": [NULL]}}),
        ("perencana", "PUT", "{shortlist}/items/{code}", {"json": {"reason": NULL}}),
        ("perencana", "PUT", "{shortlist}/items/a%00b", {"json": {}}),
        ("perencana", "POST", "/akun/aplikasi/a%00b/cabut", {"data": {}}),
        ("admin", "POST", "/api/v1/people", {"json": {"name": NULL, "role": "gis"}}),
        ("admin", "PATCH", "/api/v1/people/a%00b", {"json": {"role": "gis"}}),
        ("admin", "POST", "/api/v1/people/a%00b/password", {}),
        ("admin", "GET", "/api/v1/audit", {"params": {"limit": NULL}}),
        ("publik", "POST", "/masuk", {"data": {"name": NULL, "password": NULL}}),
        ("publik", "POST", "/api/v1/jobs", {"json": {"run": NULL, "format": "csv"}}),
        (
            "publik",
            "POST",
            "/api/v1/jobs",
            {"json": {"format": "pdf", "print": {"what": "annex", "shortlist": NULL}}},
        ),
    ],
)
def test_a_null_character_reaches_no_store(
    client: httpx.Client, role: str, method: str, path: str, body: dict[str, Any]
) -> None:
    """PostgreSQL does not keep it; a GeoPackage that did could not move there any more."""
    planner = {"role": "perencana"}
    made = client.post("/api/v1/runs/latest/shortlists", json={"title": "Prioritas"}, headers=planner)
    code = client.get(items(client), params={"limit": 1}).json()["features"][0]["id"]
    address = path.format(shortlist=made.headers["location"], code=code)
    headers = {"role": role, "If-Match": made.headers["etag"]}
    refused(client.request(method, address, headers=headers, **body), 404, 422)


def test_a_null_character_in_boundaries_reaches_no_store(
    client: httpx.Client, database: str, city: City
) -> None:
    content = Path(city.folder / "kota_contoh_kelurahan.gpkg").read_bytes()
    said = {"level": "kelurahan", "codes": "kemendagri"}
    headers = {"role": "gis", "Content-Type": "application/octet-stream"}
    for wrong in ({"name": NULL}, {"name": "x", "source": NULL}):
        answer = client.post("/api/v1/boundaries", params={**said, **wrong}, content=content, headers=headers)
        refused(answer, 422)
    store = Store(database)
    kept = store.boundary_listing()
    store.close()
    assert [one.name for one in kept] == ["contoh"]


def items(client: httpx.Client) -> str:
    """Return the address of the kelurahan of the newest run."""
    run = client.get("/api/v1/runs/latest").json()["run"]
    return f"/ogc/collections/{run[:12]}_kelurahan/items"


def test_a_refusal_is_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "kantong.access"):
        client.post(WHAT_IF, content=b'{"cutoff": NaN}', headers=JSON)
        client.get("/healthz")  # a line is written when its answer has been sent
    assert ("POST", 422) in [
        (getattr(line, "method", ""), getattr(line, "status", 0)) for line in caplog.records
    ]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_there_is_not_is_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/api/v1/runs")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
