"""Every route against every role: one explicit table of who gets in."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.datastructures import Headers

from api import auth
from api.app import create_app
from api.settings import Settings, embedded
from geo.people import ANONYMOUS, Identity, Permission, Role
from geo.store import Store
from tests.api.conftest import running

SIGNED_IN = "perencana gis pimpinan admin"
OFFICIALS = "perencana gis pimpinan"
EVERYBODY = f"publik {SIGNED_IN}"

#: Who gets in, by route. A new route needs its line here.
EXPECTED = {
    "GET /": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": "admin",
    "GET /masuk": EVERYBODY,
    "POST /masuk": EVERYBODY,
    "GET /masuk/oidc": EVERYBODY,
    "GET /masuk/oidc/kembali": EVERYBODY,
    "POST /keluar": EVERYBODY,
    "GET /akun": SIGNED_IN,
    "POST /akun/sandi": SIGNED_IN,
    "POST /akun/aplikasi": SIGNED_IN,
    "POST /akun/aplikasi/{identifier}/cabut": SIGNED_IN,
    "GET /api/v1/me": EVERYBODY,
    "GET /api/v1/people": "admin",
    "POST /api/v1/people": "admin",
    "PATCH /api/v1/people/{name}": "admin",
    "POST /api/v1/people/{name}/password": "admin",
    "GET /api/v1/audit": "pimpinan admin",
    "GET /api/v1/runs/{run}/publication": SIGNED_IN,
    "POST /api/v1/runs/{run}/propose": OFFICIALS,
    "POST /api/v1/runs/{run}/approve": "pimpinan",
    "POST /api/v1/runs/{run}/withdraw": OFFICIALS,
    "GET /api/v1/runs/{run}/shortlists": EVERYBODY,
    "POST /api/v1/runs/{run}/shortlists": OFFICIALS,
    "GET /api/v1/shortlists/{identifier}": EVERYBODY,
    "PATCH /api/v1/shortlists/{identifier}": OFFICIALS,
    "DELETE /api/v1/shortlists/{identifier}": OFFICIALS,
    "PUT /api/v1/shortlists/{identifier}/items/{code}": OFFICIALS,
    "DELETE /api/v1/shortlists/{identifier}/items/{code}": OFFICIALS,
    "POST /api/v1/shortlists/{identifier}/decision": "pimpinan",
    "GET /ogc": EVERYBODY,
    "GET /ogc/": EVERYBODY,
    "GET /ogc/conformance": EVERYBODY,
    "GET /ogc/api": EVERYBODY,
    "GET /ogc/collections": EVERYBODY,
    "GET /ogc/collections/latest_{rest:path}": EVERYBODY,
    "GET /ogc/collections/{collection}": EVERYBODY,
    "GET /ogc/collections/{collection}/queryables": EVERYBODY,
    "GET /ogc/collections/{collection}/schema": EVERYBODY,
    "GET /ogc/collections/{collection}/items": EVERYBODY,
    "GET /ogc/collections/{collection}/items/{feature:path}": EVERYBODY,
    "GET /ogc/tileMatrixSets": EVERYBODY,
    "GET /ogc/tileMatrixSets/{identifier}": EVERYBODY,
    "GET /ogc/collections/{collection}/tiles": EVERYBODY,
    "GET /ogc/collections/{collection}/tiles/{identifier}": EVERYBODY,
    "GET /ogc/collections/{collection}/styles/{measure}": EVERYBODY,
    "GET /runs/{run}": EVERYBODY,
    "GET /api/v1/runs": EVERYBODY,
    "GET /api/v1/runs/{run}": EVERYBODY,
    "GET /api/v1/runs/{run}/zones/{level}": EVERYBODY,
    "GET /api/v1/runs/{run}/ranks/{level}": EVERYBODY,
    "GET /api/v1/boundaries": "perencana gis pimpinan admin",
    "POST /api/v1/boundaries": "gis admin",
    "POST /api/v1/boundaries/check": "gis admin",
    "GET /batas": "gis admin",
    "POST /batas": "gis admin",
    "POST /api/v1/jobs": EVERYBODY,
    "GET /api/v1/jobs/{job}": EVERYBODY,
    "GET /api/v1/jobs/{job}/result": EVERYBODY,
    "DELETE /api/v1/jobs/{job}": EVERYBODY,
    "POST /api/v1/runs/{run}/what-if": EVERYBODY,
    "GET /api/v1/runs/{run}/robustness/{level}": EVERYBODY,
    "GET /api/v1/runs/{run}/compare/{level}": EVERYBODY,
    "GET /api/v1/runs/{run}/page.js": EVERYBODY,
    "GET /api/v1/runs/{run}/page.html": EVERYBODY,
    "GET /api/v1/runs/{run}/atlas.pdf": EVERYBODY,
    "GET /api/v1/runs/{run}/export.{kind}": EVERYBODY,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Make the application over a store with nothing in it: the door is asked, not the room."""
    database = embedded(tmp_path_factory.mktemp("empty") / "kantong.gpkg")
    Store(database, create=True).close()
    app = create_app(Settings(database_url=database))
    app.state.recognise = as_said
    return app


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with running(app) as client:
        yield client


def as_said(headers: Headers) -> Identity:
    """Take a person for the role that the request says."""
    role = Role(headers["role"])
    return ANONYMOUS if role is Role.PUBLIK else Identity("1", f"uji.{role}", role)


def test_the_table_names_every_route(app: FastAPI) -> None:
    assert set(auth.declarations(app)) == set(EXPECTED)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("line", list(EXPECTED))
def test_who_gets_in(line: str, role: Role, client: httpx.Client) -> None:
    method, path = line.split()
    answer = client.request(method, re.sub(r"{[\w:]+}", "x", path), headers={"role": role})
    if role in EXPECTED[line].split():
        assert answer.status_code not in (401, 403)
    else:
        assert answer.status_code == (401 if role is Role.PUBLIK else 403)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_route_that_declares_nothing_keeps_the_application_from_starting() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/terbuka", lambda: "halo", dependencies=[auth.ANYONE])
    app.add_api_route("/rapat", lambda: "halo", dependencies=[auth.allow(Permission.DECIDE)])
    auth.declarations(app)
    app.add_api_route("/lupa", lambda: "halo")
    with pytest.raises(RuntimeError, match="/lupa"):
        auth.declarations(app)


def test_something_mounted_keeps_the_application_from_starting() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/samping", FastAPI())
    with pytest.raises(RuntimeError, match="/samping"):
        auth.declarations(app)


def test_nobody_signed_in_is_asked_to_sign_in_and_the_wrong_role_is_told_whose_it_is() -> None:
    nobody = auth.refusal(ANONYMOUS, Permission.DECIDE)
    assert "/masuk" in str(nobody)
    planner = auth.refusal(Identity("1", "p", Role.PERENCANA), Permission.DECIDE)
    assert "pimpinan" in str(planner)
