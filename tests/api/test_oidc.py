"""Signing in through an identity provider: a real one, small, on this machine."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from api import passwords
from api.app import create_app
from api.oidc import Provider
from api.settings import OpenIdConnect, Settings
from geo.errors import ParameterError
from geo.people import Role
from geo.store import Store
from tests.api.conftest import running

CLIENT, SECRET = "kantong", "rahasia-klien"


@dataclass
class Idp:
    """A provider that signs in whoever a test says, and may lie in its tokens."""

    address: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "satu"}))
    signing: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

        @app.get("/.well-known/openid-configuration")
        def metadata() -> dict[str, str]:
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return dict(KeySet([self.key]).as_dict(private=False))

        @app.get("/authorize")
        def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            assert asked["response_type"] == "code"
            assert asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"].split()
            code = secrets.token_urlsafe(8)
            self.codes[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

        @app.post("/token")
        def token(
            code: str = Form(),
            code_verifier: str = Form(),
            client_secret: str = Form(),
            redirect_uri: str = Form(),
        ) -> JSONResponse:
            asked = self.codes.pop(code, None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=")
            if (
                asked is None
                or asked["code_challenge"].encode() != challenge
                or asked["redirect_uri"] != redirect_uri
                or client_secret != SECRET
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = int(time.time())
            claims = {
                "iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
                **self.person, **self.lies,
            }  # fmt: skip
            signed = jwt.encode({"alg": "RS256", "kid": "satu"}, claims, self.signing or self.key)
            return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed})

        return app


@pytest.fixture(scope="module")
def idp() -> Iterator[Idp]:
    provider = Idp()
    with running(provider.application()) as client:
        provider.address = str(client.base_url).rstrip("/")
        yield provider


@pytest.fixture(scope="module")
def database(new_store: Callable[[], str]) -> str:
    return new_store()


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    for name in ("perencana", "gis.kota", "lama"):
        store.people.add(name, Role.PERENCANA, passwords.hashed("x"), by="uji", at=datetime.now(UTC))
    store.people.set_disabled("lama", True, by="uji", at=datetime.now(UTC))
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(store: Store, database: str, idp: Idp) -> Iterator[str]:
    settings = Settings(
        database_url=database,
        oidc=OpenIdConnect(
            issuer=idp.address, client_id=CLIENT, client_secret=SECRET, label="akun Kota Contoh"
        ),
    )
    with running(create_app(settings)) as client:
        yield str(client.base_url)


@pytest.fixture
def client(address: str, idp: Idp) -> Iterator[httpx.Client]:
    idp.lies, idp.signing = {}, None
    idp.person = {"sub": "42", "preferred_username": "perencana"}
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def sign_in(client: httpx.Client, where: str = "/api/v1/me") -> httpx.Response:
    """Go to the provider and come back, as a browser does, but stay at the answer that lets in or refuses."""
    there = client.get("/masuk/oidc", params={"ke": where})
    assert there.status_code == 303
    back = httpx.get(there.headers["location"])
    return client.get(back.headers["location"])


def test_the_page_offers_the_provider(client: httpx.Client) -> None:
    assert "Masuk dengan akun Kota Contoh" in client.get("/masuk").text


def test_whom_the_provider_vouches_for_comes_in(client: httpx.Client, store: Store) -> None:
    answer = sign_in(client)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/api/v1/me"
    assert client.get("/api/v1/me").json()["name"] == "perencana"
    newest = store.audit.newest(1)[0]
    assert (newest.actor, newest.action, newest.detail) == ("perencana", "sign_in", {"way": "oidc"})


def test_after_the_first_time_the_subject_counts_and_not_the_name(client: httpx.Client, idp: Idp) -> None:
    assert sign_in(client).status_code == 303
    idp.person = {"sub": "42", "preferred_username": "gis.kota"}
    assert sign_in(client).status_code == 303
    assert client.get("/api/v1/me").json()["name"] == "perencana"
    idp.person = {"sub": "43", "preferred_username": "perencana"}
    assert sign_in(client).status_code == 401


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "50", "preferred_username": "bukan.siapa-siapa"},
        {"sub": "51", "preferred_username": "lama"},
        {"sub": "52"},
        {"sub": "53", "preferred_username": ["perencana"]},
    ],
)
def test_without_an_account_nobody_comes_in(
    client: httpx.Client, idp: Idp, person: dict[str, Any], store: Store
) -> None:
    idp.person = person
    answer = sign_in(client)
    assert answer.status_code == 401
    assert "Belum ada akun" in answer.text
    assert client.get("/api/v1/me").json()["name"] is None
    assert store.audit.newest(1)[0].action == "sign_in_failed"


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "orang-lain"},
        {"aud": ["kantong", "lain"], "azp": "lain"},
        {"iss": "https://jahat.example"},
        {"nonce": "lain"},
        {"exp": 1},
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(
    client: httpx.Client, idp: Idp, lie: dict[str, Any]
) -> None:
    idp.lies = lie
    assert sign_in(client).status_code == 502
    assert client.get("/api/v1/me").json()["name"] is None


def test_a_token_signed_by_another_lets_nobody_in(client: httpx.Client, idp: Idp) -> None:
    idp.signing = RSAKey.generate_key(2048, {"kid": "satu"})
    assert sign_in(client).status_code == 502


def test_the_answer_belongs_to_the_browser_that_asked(client: httpx.Client, address: str) -> None:
    there = client.get("/masuk/oidc")
    back = httpx.get(there.headers["location"]).headers["location"]
    assert httpx.get(back).status_code == 401
    asked = parse_qs(urlsplit(back).query)
    wrong = f"/masuk/oidc/kembali?code={asked['code'][0]}&state=lain"
    assert client.get(wrong).status_code == 401
    client.cookies.set("kantong-oidc", "bukan-base64")
    assert client.get(back).status_code == 401


def test_a_code_is_good_once(client: httpx.Client) -> None:
    there = client.get("/masuk/oidc")
    back = httpx.get(there.headers["location"]).headers["location"]
    kept = client.cookies["kantong-oidc"]
    assert client.get(back).status_code == 303
    client.cookies.set("kantong-oidc", kept)
    assert client.get(back).status_code == 502


def test_without_a_provider_there_is_no_such_way(database: str) -> None:
    with running(create_app(Settings(database_url=database))) as client:
        assert client.get("/masuk/oidc").status_code == 404
        assert "oidc" not in client.get("/masuk").text


def test_a_provider_that_does_not_answer_is_said(database: str) -> None:
    settings = Settings(
        database_url=database,
        oidc=OpenIdConnect(issuer="http://127.0.0.1:9"),
    )
    with running(create_app(settings)) as client:
        answer = client.get("/masuk/oidc")
        assert answer.status_code == 502
        assert "Penyedia identitas" in answer.text


def test_a_provider_without_tls_is_refused() -> None:
    with pytest.raises(ParameterError, match="https"):
        Provider("http://masuk.kota.example", OpenIdConnect())
