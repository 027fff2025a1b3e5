"""Shortlists over HTTP: picking on top of the version one has read, whose they are, and the decision."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import docx
import httpx
import pytest

from api import passwords
from api.accounts import Accounts
from geo.people import Role
from geo.store import Store
from tests.api.conftest import fetched, served

PEOPLE = {
    "perencana": Role.PERENCANA,
    "perencana.lain": Role.PERENCANA,
    "pimpinan": Role.PIMPINAN,
    "admin": Role.ADMIN,
}
DECREE = {
    "number": "050/12/2026",
    "date": "2026-12-01",
    "title": "Lokasi prioritas 2027",
    "signatory_name": "N. N.",
    "signatory_position": "Kepala Bappeda",
}


@pytest.fixture(scope="module")
def database(copied: Callable[[], str]) -> str:
    return copied()


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[Store]:
    """Give a copy of the city people."""
    store = Store(database)
    for name, role in PEOPLE.items():
        store.people.add(name, role, passwords.hashed("tidak dipakai"), by="uji", at=datetime.now(UTC))
    yield store
    store.close()


@pytest.fixture(scope="module")
def clients(store: Store, database: str) -> Iterator[dict[str, httpx.Client]]:
    """Let everybody talk to a server of the city, the public too."""
    accounts = Accounts(store)
    with served(database) as public, ExitStack() as open_clients:
        found = {"": public}
        for name in PEOPLE:
            _, secret = accounts.add_app_password(name, "uji", by=name)
            found[name] = open_clients.enter_context(
                httpx.Client(base_url=public.base_url, auth=(name, secret), timeout=30)
            )
        yield found


@pytest.fixture
def mine(clients: dict[str, httpx.Client]) -> tuple[str, str, list[str]]:
    """Begin a shortlist of kelurahan; return its address, its version, and the codes that can be picked."""
    client = clients["perencana"]
    made = client.post("/api/v1/runs/latest/shortlists", json={"title": "Prioritas 2027"})
    assert made.status_code == 201
    features = client.get("/api/v1/runs/latest/zones/kelurahan").json()["features"]
    codes = [one["properties"]["code"] for one in features if one["properties"]["status"] == "shown"]
    return made.headers["location"], made.headers["etag"], codes


def put(client: httpx.Client, address: str, code: str, etag: str, reason: str = "") -> httpx.Response:
    return client.put(f"{address}/items/{code}", json={"reason": reason}, headers={"If-Match": etag})


def picked(client: httpx.Client, mine: tuple[str, str, list[str]], number: int) -> tuple[str, dict[str, Any]]:
    address, etag, codes = mine
    for code in codes[:number]:
        answer = put(client, address, code, etag, f"alasan {code}")
        assert answer.status_code == 200, answer.text
        etag = answer.headers["etag"]
    return etag, answer.json()


def test_picked_places_come_with_who_when_why_and_what_they_hold(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    client, codes = clients["perencana"], mine[2]
    etag, shortlist = picked(client, mine, 3)
    assert etag == '"4"'
    assert [item["code"] for item in shortlist["items"]] == codes[:3]
    first, last = shortlist["items"][0], shortlist["items"][-1]
    assert (first["reason"], first["added_by"]) == (f"alasan {codes[0]}", "perencana")
    assert datetime.fromisoformat(first["added_at"]).tzinfo is not None
    assert last["households_covered"] == pytest.approx(sum(item["households"] for item in shortlist["items"]))
    assert 0 < first["share"] < last["share"] < 1
    assert client.get(mine[0]).json() == shortlist


def test_order_reason_title_and_unpicking(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    client = clients["perencana"]
    address, _, codes = mine
    etag, _ = picked(client, mine, 3)
    changed = client.patch(
        address, json={"title": "Baru", "order": [codes[2], codes[0], codes[1]]}, headers={"If-Match": etag}
    )
    assert changed.json()["title"] == "Baru"
    assert [item["code"] for item in changed.json()["items"]] == [codes[2], codes[0], codes[1]]
    again = put(client, address, codes[0], changed.headers["etag"], "alasan lain")
    assert [item["reason"] for item in again.json()["items"]][1] == "alasan lain"
    less = client.delete(f"{address}/items/{codes[2]}", headers={"If-Match": again.headers["etag"]})
    assert [item["position"] for item in less.json()["items"]] == [1, 2]
    assert client.delete(address, headers={"If-Match": less.headers["etag"]}).status_code == 204
    assert client.get(address).status_code == 404


def test_a_change_needs_the_version_it_was_made_from(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    client = clients["perencana"]
    address, etag, codes = mine
    without = client.put(f"{address}/items/{codes[0]}", json={})
    assert without.status_code == 428
    assert put(client, address, codes[0], etag).status_code == 200
    late = put(client, address, codes[1], etag)
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    for call in (
        client.patch(address, json={"title": "x"}, headers={"If-Match": etag}),
        client.delete(address, headers={"If-Match": etag}),
        client.delete(f"{address}/items/{codes[0]}", headers={"If-Match": etag}),
        client.patch(address, json={"title": "x"}, headers={"If-Match": "*"}),
    ):
        assert call.status_code == 412
    assert client.patch(address, json={"title": "x"}).status_code == 428
    assert client.delete(address).status_code == 428


@pytest.mark.parametrize(
    ("code", "status"), [("bukan-kode", 422), ("3" * 10, 422), ("' OR 1=1 --", 422), ("x" * 65, 422)]
)
def test_only_places_of_the_level_are_picked(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]], code: str, status: int
) -> None:
    assert put(clients["perencana"], mine[0], code, mine[1]).status_code == status


def test_a_level_that_is_not_there_is_refused(clients: dict[str, httpx.Client]) -> None:
    new = {"title": "x", "level": "desa"}
    assert clients["perencana"].post("/api/v1/runs/latest/shortlists", json=new).status_code == 404


def test_the_draft_of_another_is_not_there_and_the_leader_reads_it(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]], store: Store
) -> None:
    address, _, codes = mine
    etag, _ = picked(clients["perencana"], mine, 1)
    identifier = address.rpartition("/")[2]
    for name, reads, writes in (
        ("perencana.lain", 404, 404),
        ("admin", 404, 403),
        ("pimpinan", 200, 403),
        ("", 404, 401),
    ):
        client = clients[name]
        assert client.get(address).status_code == reads
        assert put(client, address, codes[1], etag).status_code == writes
        assert client.delete(address, headers={"If-Match": etag}).status_code == writes
        listed = [one["id"] for one in client.get("/api/v1/runs/latest/shortlists").json()]
        assert (identifier in listed) == (reads == 200)
    refused = [entry for entry in store.audit.newest(50) if entry.subject == f"shortlist {identifier}"]
    assert {(entry.actor, entry.action, entry.detail["why"]) for entry in refused} == {
        (name, "refused", "another's") for name in ("perencana.lain", "admin", "pimpinan")
    }


def test_a_decision_freezes_and_everybody_reads_it(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]], store: Store
) -> None:
    address, _, codes = mine
    etag, _ = picked(clients["perencana"], mine, 2)
    by_planner = clients["perencana"].post(f"{address}/decision", json=DECREE, headers={"If-Match": etag})
    assert by_planner.status_code == 403
    leader = clients["pimpinan"]
    assert leader.post(f"{address}/decision", json=DECREE).status_code == 428
    lacking = {**DECREE, "number": " "}
    assert leader.post(f"{address}/decision", json=lacking, headers={"If-Match": etag}).status_code == 422
    decided = leader.post(f"{address}/decision", json=DECREE, headers={"If-Match": etag})
    assert decided.status_code == 201
    assert decided.json()["decision"]["decided_by"] == "pimpinan"
    assert store.audit.newest(1)[0].action == "decided"
    etag = decided.headers["etag"]
    for call in (
        put(clients["perencana"], address, codes[2], etag),
        clients["perencana"].delete(address, headers={"If-Match": etag}),
        leader.post(f"{address}/decision", json=DECREE, headers={"If-Match": etag}),
    ):
        assert call.status_code == 409
    public = clients[""].get(address)
    assert public.status_code == 200
    shown = public.json()
    assert shown["decision"]["number"] == "050/12/2026"
    assert [item["code"] for item in shown["items"]] == codes[:2]
    assert "perencana" not in public.text
    assert "alasan" not in public.text


def test_the_annex_is_printed_for_those_who_may_read_it_and_reasons_stay_inside(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    address, _, codes = mine
    etag, _ = picked(clients["perencana"], mine, 2)
    annex = {"format": "docx", "print": {"what": "annex", "shortlist": address.rpartition("/")[2]}}
    for name in ("perencana.lain", ""):
        assert clients[name].post("/api/v1/jobs", json=annex).status_code == 404
    own = fetched(clients["perencana"], clients["perencana"].post("/api/v1/jobs", json=annex))
    said = words(own.content)
    assert all(code in said and f"alasan {code}" in said for code in codes[:2])
    of_another_run = clients["perencana"].post("/api/v1/jobs", json={**annex, "run": "0000"})
    assert of_another_run.status_code == 404
    clients["pimpinan"].post(f"{address}/decision", json=DECREE, headers={"If-Match": etag})
    public = fetched(clients[""], clients[""].post("/api/v1/jobs", json=annex))
    said = words(public.content)
    assert DECREE["number"] in said
    assert codes[0] in said
    assert "alasan" not in said
    assert "perencana" not in said
    pdf = fetched(clients[""], clients[""].post("/api/v1/jobs", json={**annex, "format": "pdf"}))
    assert pdf.content.startswith(b"%PDF")


def words(content: bytes) -> str:
    """Return all that stands in the tables and paragraphs of a Word document."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_an_empty_shortlist_is_not_decided_upon(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    address, etag, _ = mine
    answer = clients["pimpinan"].post(f"{address}/decision", json=DECREE, headers={"If-Match": etag})
    assert answer.status_code == 422


def test_many_planners_tabs_lose_nothing(
    clients: dict[str, httpx.Client], mine: tuple[str, str, list[str]]
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = clients["perencana"]
    address, _, codes = mine

    def pick(code: str) -> None:
        while True:
            etag = client.get(address).headers["etag"]
            status = put(client, address, code, etag).status_code
            if status == 200:
                return
            assert status == 412

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(pick, codes[:8]))
    assert sorted(item["code"] for item in client.get(address).json()["items"]) == sorted(codes[:8])
