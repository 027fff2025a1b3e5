"""Signing in, as a browser and as a program: who is let in, who is refused, and what the audit says of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api import passwords
from api.accounts import SESSION_LASTS
from api.app import create_app
from api.settings import Settings, embedded
from geo.people import Role
from geo.store import Store
from tests.api.conftest import Command, running

PASSWORD = "benar-benar-rahasia"
OWN = {"Sec-Fetch-Site": "same-origin"}
ME = "/api/v1/me"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def database(new_store: Callable[[], str]) -> str:
    return new_store()


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(store: Store, database: str) -> FastAPI:
    app = create_app(Settings(database_url=database))
    app.state.accounts.clock = Clock()
    return app


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with running(app) as client:
        yield str(client.base_url)


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        yield client


_NUMBER = count()


@pytest.fixture
def name(store: Store, app: FastAPI) -> str:
    """Make a planner's account for one test."""
    name = f"perencana{next(_NUMBER)}"
    store.people.add(
        name, Role.PERENCANA, passwords.hashed(PASSWORD), by="uji", at=app.state.accounts.clock()
    )
    return name


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD, where: str = "/") -> httpx.Response:
    return client.post("/masuk", data={"name": name, "password": password, "ke": where}, headers=OWN)


def newest(store: Store) -> tuple[str, str, str, dict[str, str]]:
    entry = store.audit.newest(1)[0]
    return entry.actor, entry.action, entry.subject, dict(entry.detail)


def test_name_and_password_open_a_session(client: httpx.Client, name: str, store: Store) -> None:
    assert client.get(ME).json()["role"] == "publik"
    answer = sign_in(client, name, where="/akun")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/akun"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get(ME).json() == {
        "name": name,
        "role": "perencana",
        "audience": "planner",
        "permissions": [
            "export", "own_account", "pick", "propose", "see_drafts", "see_published", "what_if",
        ],
    }  # fmt: skip
    assert newest(store) == (name, "sign_in", name, {"way": "password"})
    assert name in client.get("/akun").text


def test_neither_password_nor_token_stands_in_the_store(
    client: httpx.Client, name: str, database: str
) -> None:
    sign_in(client, name)
    token = client.cookies["kantong"]
    if not database.startswith("sqlite"):
        pytest.skip("a server keeps its files to itself")
    folder = Path(database.removeprefix("sqlite:///")).parent
    for file in folder.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()
        assert token.encode() not in file.read_bytes()


@pytest.mark.parametrize("case", ["password", "name", "disabled"])
def test_what_does_not_fit_is_refused_alike(
    client: httpx.Client, name: str, store: Store, app: FastAPI, case: str
) -> None:
    if case == "disabled":
        store.people.set_disabled(name, True, by="uji", at=app.state.accounts.clock())
    asked = "bukan.siapa-siapa" if case == "name" else name
    answer = sign_in(client, asked, "salah sekali" if case == "password" else PASSWORD)
    assert answer.status_code == 401
    assert "tidak cocok" in answer.text
    assert "set-cookie" not in answer.headers
    # A name that is no account's may be a password in the wrong field: it is not kept.
    known = "" if case == "name" else name
    assert newest(store) == ("", "sign_in_failed", known, {"way": "password"})


def test_too_many_failures_are_throttled_and_the_right_password_too(
    client: httpx.Client, name: str, app: FastAPI
) -> None:
    for _ in range(10):
        assert sign_in(client, name, "salah sekali").status_code == 401
    answer = sign_in(client, name)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    app.state.accounts.clock.now += timedelta(minutes=16)
    assert sign_in(client, name).status_code == 303


def test_an_address_that_fails_with_many_names_is_throttled(
    client: httpx.Client, app: FastAPI, name: str
) -> None:
    app.state.accounts.clock.now += timedelta(minutes=16)
    statuses = [sign_in(client, f"orang{number}", "salah sekali").status_code for number in range(51)]
    assert statuses == [401] * 50 + [429]
    assert sign_in(client, name).status_code == 429
    app.state.accounts.clock.now += timedelta(minutes=16)


def test_a_session_ends_after_a_day_and_when_signed_out(
    client: httpx.Client, name: str, app: FastAPI, store: Store
) -> None:
    sign_in(client, name)
    client.post("/keluar", headers=OWN)
    assert newest(store)[:2] == (name, "sign_out")
    assert client.get(ME).json()["role"] == "publik"
    sign_in(client, name)
    app.state.accounts.clock.now += SESSION_LASTS
    assert client.get(ME).json()["role"] == "publik"
    answer = client.get("/akun")
    assert answer.status_code == 401
    assert newest(store) == (name, "refused", "GET /akun", {"why": "session expired"})


def test_a_copied_token_is_worth_nothing_after_signing_out(client: httpx.Client, name: str) -> None:
    sign_in(client, name)
    token = client.cookies["kantong"]
    client.post("/keluar", headers=OWN)
    client.cookies.set("kantong", token)
    assert client.get("/akun").status_code == 401


def test_a_wrong_token_is_nobody_and_does_not_fill_the_audit(
    client: httpx.Client, app: FastAPI, store: Store
) -> None:
    app.state.accounts.clock.now += timedelta(minutes=16)
    client.cookies.set("kantong", "x" * 43)
    assert client.get(ME).json()["role"] == "publik"
    before = store.audit.newest(1)[0].number
    for _ in range(12):
        assert client.get("/akun").status_code == 401
    assert newest(store) == ("", "sign_in_failed", "", {"way": "session"})
    assert store.audit.newest(1)[0].number == before + 10


def test_a_disabled_account_is_out_at_once(
    client: httpx.Client, name: str, store: Store, app: FastAPI
) -> None:
    app.state.accounts.clock.now += timedelta(minutes=16)
    sign_in(client, name)
    store.people.set_disabled(name, True, by="uji", at=app.state.accounts.clock())
    assert client.get("/akun").status_code == 401
    assert newest(store) == ("", "sign_in_failed", "", {"way": "session"})


def test_a_role_is_not_raised_by_asking(client: httpx.Client, name: str, store: Store) -> None:
    sign_in(client, name)
    answer = client.get("/metrics", headers={"X-Role": "admin"})
    assert answer.status_code == 403
    assert newest(store) == (name, "refused", "GET /metrics", {"why": "role"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://jahat.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://jahat.example"},
        {},
    ],
)
def test_another_site_cannot_use_a_session(
    client: httpx.Client, name: str, store: Store, headers: dict[str, str]
) -> None:
    sign_in(client, name)
    answer = client.post("/akun/aplikasi", data={"label": "QGIS"}, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert newest(store) == (name, "refused", "POST /akun/aplikasi", {"why": "another site"})
    assert store.people.app_passwords(name) == []


def test_another_site_cannot_sign_somebody_in(client: httpx.Client, name: str) -> None:
    data = {"name": name, "password": PASSWORD}
    answer = client.post("/masuk", data=data, headers={"Origin": "https://jahat.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_proxy_that_renames_the_host_stands_in_nobodys_way(client: httpx.Client, name: str) -> None:
    headers = {**OWN, "Origin": "https://kantong.kota.example"}
    data = {"name": name, "password": PASSWORD}
    assert client.post("/masuk", data=data, headers=headers).status_code == 303


def test_an_old_browser_that_names_the_origin_only_gets_in(
    client: httpx.Client, name: str, address: str
) -> None:
    data = {"name": name, "password": PASSWORD}
    assert client.post("/masuk", data=data, headers={"Origin": address}).status_code == 303


@pytest.mark.parametrize(
    "where", ["//jahat.example", "https://jahat.example", "/\\jahat.example", "", "akun"]
)
def test_signing_in_leads_nowhere_else(client: httpx.Client, name: str, where: str) -> None:
    assert sign_in(client, name, where=where).headers["location"] == "/"


def test_no_password_is_taken_in_the_clear(client: httpx.Client, name: str) -> None:
    import socket

    port = client.base_url.port
    body = f"name={name}&password={PASSWORD}"
    request = (
        f"POST /masuk HTTP/1.1\r\nHost: localhost.kota.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    with socket.create_connection(("127.0.0.1", port or 0)) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 4")
    assert "set-cookie" not in answer.lower()


def test_a_page_leads_to_the_sign_in_and_back(client: httpx.Client) -> None:
    answer = client.get("/akun", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/masuk?ke=%2Fakun"
    assert 'value="/akun"' in client.get(answer.headers["location"]).text


def test_an_app_password_lets_a_program_in_until_it_is_revoked(
    client: httpx.Client, name: str, store: Store
) -> None:
    sign_in(client, name)
    page = client.post("/akun/aplikasi", data={"label": "QGIS <kantor>"}, headers=OWN)
    assert page.headers["cache-control"] == "no-store"
    secret = page.text.partition("<code>")[2].partition("</code>")[0]
    assert "QGIS &lt;kantor&gt;" in page.text
    assert secret not in client.get("/akun").text
    program = httpx.Client(base_url=client.base_url, auth=(name, secret))
    assert program.get(ME).json()["name"] == name
    made = store.people.app_passwords(name)[0]
    assert client.post(f"/akun/aplikasi/{made.id}/cabut", headers=OWN).status_code == 303
    answer = program.get(ME)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert newest(store) == ("", "sign_in_failed", name, {"way": "app password"})
    program.close()


def test_the_password_of_a_person_is_no_app_password(client: httpx.Client, name: str) -> None:
    assert client.get(ME, auth=(name, PASSWORD)).status_code == 401


def test_a_program_that_fails_often_is_throttled_but_not_the_right_one(
    client: httpx.Client, name: str, app: FastAPI
) -> None:
    _, secret = app.state.accounts.add_app_password(name, "QGIS", by=name)
    statuses = [client.get(ME, auth=(name, "salah")).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert client.get(ME, auth=(name, secret)).status_code == 200


@pytest.mark.parametrize("sent", ["Bearer abc", "Basic", "Basic ???", "Basic YWJj", "Digest x"])
def test_another_authorization_is_refused(client: httpx.Client, sent: str) -> None:
    assert client.get(ME, headers={"Authorization": sent}).status_code == 401


def test_nobody_revokes_the_app_password_of_another(
    client: httpx.Client, name: str, app: FastAPI, store: Store
) -> None:
    store.people.add(
        f"{name}.lain", Role.GIS, passwords.hashed(PASSWORD), by="uji", at=app.state.accounts.clock()
    )
    made, _ = app.state.accounts.add_app_password(f"{name}.lain", "QGIS", by="uji")
    sign_in(client, name)
    assert client.post(f"/akun/aplikasi/{made.id}/cabut", headers=OWN).status_code == 404
    assert store.people.app_passwords(f"{name}.lain")[0].revoked_at is None


def test_a_new_password_signs_everybody_out(client: httpx.Client, name: str, address: str) -> None:
    new = "kata sandi yang baru"
    sign_in(client, name)
    other = httpx.Client(base_url=address)
    sign_in(other, name)
    for old, chosen, again, status in (
        ("salah", new, new, 401),
        (PASSWORD, new, new + "x", 422),
        (PASSWORD, "pendek", "pendek", 422),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", 422),
        (PASSWORD, f"{name} {name}", f"{name} {name}", 422),
        (PASSWORD, new, new, 303),
    ):
        data = {"old": old, "new": chosen, "again": again}
        assert client.post("/akun/sandi", data=data, headers=OWN).status_code == status
    assert other.get("/akun").status_code == 401
    assert sign_in(client, name).status_code == 401
    assert sign_in(client, name, new).status_code == 303
    other.close()


def test_an_admin_keeps_people_over_http(client: httpx.Client, store: Store, app: FastAPI) -> None:
    now = app.state.accounts.clock()
    admin = f"admin{next(_NUMBER)}"
    store.people.add(admin, Role.ADMIN, passwords.hashed(PASSWORD), by="uji", at=now)
    sign_in(client, admin)
    made = client.post("/api/v1/people", json={"name": f"{admin}.gis", "role": "gis"}, headers=OWN)
    assert made.status_code == 201
    other = httpx.Client(base_url=client.base_url)
    assert sign_in(other, f"{admin}.gis", made.json()["password"]).status_code == 303
    raised = other.patch(f"/api/v1/people/{admin}.gis", json={"role": "admin"}, headers=OWN)
    assert raised.status_code == 403
    assert newest(store)[:3] == (f"{admin}.gis", "refused", f"PATCH /api/v1/people/{admin}.gis")
    changed = client.patch(
        f"/api/v1/people/{admin}.gis", json={"role": "pimpinan", "is_disabled": True}, headers=OWN
    )
    assert (changed.json()["role"], changed.json()["is_disabled"]) == ("pimpinan", True)
    assert other.get("/akun").status_code == 401
    again = client.post(f"/api/v1/people/{admin}.gis/password", headers=OWN)
    assert again.json()["password"] != made.json()["password"]
    for refused, status in (
        (client.patch(f"/api/v1/people/{admin}", json={"role": "gis"}, headers=OWN), 409),
        (client.patch("/api/v1/people/tidak.ada", json={"role": "gis"}, headers=OWN), 404),
        (client.post("/api/v1/people", json={"name": f"{admin}.gis", "role": "gis"}, headers=OWN), 409),
        (client.post("/api/v1/people", json={"name": "X", "role": "gis"}, headers=OWN), 422),
        (client.post("/api/v1/people", json={"name": "abc", "role": "publik"}, headers=OWN), 422),
        (client.patch(f"/api/v1/people/{admin}.gis", json={"role": "gis"}), 403),
    ):
        assert refused.status_code == status
    assert f"{admin}.gis" in [one["name"] for one in client.get("/api/v1/people").json()]
    entries = client.get("/api/v1/audit", params={"limit": 2}).json()
    assert [entry["actor"] for entry in entries] == [admin, admin]
    assert client.get("/api/v1/audit", params={"limit": 0}).status_code == 422
    other.close()


def test_people_are_kept_on_the_command_line(kantong: Command, tmp_path: Path) -> None:
    database = embedded(tmp_path / "kantong.gpkg")
    added = kantong("people", "add", "pimpinan.bappeda", "--role", "pimpinan", "--database", database)
    assert added.status == 0
    assert "kata sandi" in added.err
    store = Store(database)
    found = store.people.password_hash("pimpinan.bappeda")
    assert found is not None
    assert passwords.is_right(added.out.strip(), found[1])
    assert kantong("people", "add", "x", "--role", "raja", "--database", database).status == 2
    secret = kantong("people", "app-password", "pimpinan.bappeda", "--label", "QGIS", "--database", database)
    assert secret.status == 0
    listed = kantong("people", "list", "--database", database).out
    assert "pimpinan.bappeda\tpimpinan" in listed
    assert "QGIS" in listed
    identifier = store.people.app_passwords("pimpinan.bappeda")[0].id
    kantong("people", "app-password", "pimpinan.bappeda", "--revoke", identifier, "--database", database)
    assert "QGIS" not in kantong("people", "list", "--database", database).out
    kantong("people", "disable", "pimpinan.bappeda", "--database", database)
    assert "dinonaktifkan" in kantong("people", "list", "--database", database).out
    kantong("people", "enable", "pimpinan.bappeda", "--database", database)
    kantong("people", "role", "pimpinan.bappeda", "--role", "admin", "--database", database)
    assert "pimpinan.bappeda\tadmin\n" in kantong("people", "list", "--database", database).out
    changed = kantong("people", "password", "pimpinan.bappeda", "--database", database)
    assert changed.out != added.out
    actions = [
        line.split("\t")[3] for line in kantong("audit", "list", "--database", database).out.splitlines()
    ]
    assert actions == [
        "password_changed", "account_changed", "account_changed", "account_changed", "app_password_revoked",
        "app_password_added", "account_added",
    ]  # fmt: skip
    verified = kantong("audit", "verify", "--database", database)
    assert verified.out.startswith("7\t")
    store.close()


def test_a_row_tampered_with_is_named(kantong: Command, tmp_path: Path) -> None:
    import sqlite3

    database = embedded(tmp_path / "kantong.gpkg")
    for name in ("satu", "dua.orang", "tiga"):
        kantong("people", "add", name, "--role", "gis", "--database", database)
    with sqlite3.connect(tmp_path / "kantong.restricted.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = 'orang.lain' WHERE number = 2")
    connection.close()
    verified = kantong("audit", "verify", "--database", database)
    assert verified.status == 2
    assert "entry 2" in verified.err
