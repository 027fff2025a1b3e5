"""Two people publish a run, and until they have, the public does not learn that it is there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api import passwords
from api.accounts import Accounts
from api.commands import serving
from api.settings import embedded
from geo.disclosure import AUDIENCES
from geo.people import Role
from geo.store import Store
from maps import tiles as maps_tiles
from tests.api.conftest import City, Command, served, until

PASSWORD = "dua-orang-satu-hitungan"
PEOPLE = {
    "perencana": Role.PERENCANA,
    "gis.kota": Role.GIS,
    "pimpinan": Role.PIMPINAN,
    "wakil.pimpinan": Role.PIMPINAN,
    "admin": Role.ADMIN,
}
RUN = "/api/v1/runs/latest"


@pytest.fixture
def database(copied: Callable[[], str]) -> str:
    return copied()


@pytest.fixture
def store(city: City, database: str) -> Iterator[Store]:
    """Withdraw the run of a copy of the city, and give it people."""
    store = Store(database)
    now = datetime.now(UTC)
    for name, role in PEOPLE.items():
        store.people.add(name, role, passwords.hashed(PASSWORD), by="uji", at=now)
    store.publications.withdraw(city.run, by="pimpinan", at=now)
    yield store
    store.close()


@pytest.fixture
def clients(store: Store, database: str, tmp_path: Path) -> Iterator[dict[str, httpx.Client]]:
    accounts = Accounts(store)
    with served(database, tmp_path / "tiles") as public, ExitStack() as open_clients:
        found = {"": public}
        for name in PEOPLE:
            _, secret = accounts.add_app_password(name, "uji", by=name)
            client = httpx.Client(base_url=public.base_url, auth=(name, secret), timeout=30)
            found[name] = open_clients.enter_context(client)
        yield found


def step(clients: dict[str, httpx.Client], name: str, what: str) -> int:
    return clients[name].post(f"{RUN}/{what}").status_code


def state(clients: dict[str, httpx.Client]) -> str:
    return str(clients["admin"].get(f"{RUN}/publication").json()["state"])


def test_two_people_bring_a_run_to_the_public_and_back(
    clients: dict[str, httpx.Client], store: Store, city: City
) -> None:
    public = clients[""]
    hidden = [RUN, f"/api/v1/runs/{city.run}", f"{RUN}/zones/kelurahan", f"/runs/{city.run}"]
    assert {public.get(path).status_code for path in hidden} == {404}
    assert public.get("/api/v1/runs").json() == []
    assert public.get("/").headers["location"] == "/masuk"
    assert clients["perencana"].get(RUN).status_code == 200

    assert step(clients, "pimpinan", "approve") == 409
    assert step(clients, "perencana", "propose") == 200
    assert step(clients, "gis.kota", "propose") == 409
    assert step(clients, "perencana", "approve") == 403
    assert step(clients, "admin", "approve") == 403
    assert public.get(RUN).status_code == 404
    assert step(clients, "pimpinan", "approve") == 200
    assert state(clients) == "published"
    assert public.get(RUN).status_code == 200

    assert step(clients, "perencana", "withdraw") == 403
    assert step(clients, "pimpinan", "withdraw") == 200
    assert public.get(RUN).status_code == 404
    actions = [entry.action for entry in store.audit.newest(20)]
    assert [one for one in actions if one.startswith("run_")][:3] == [
        "run_withdrawn", "run_published", "run_proposed",
    ]  # fmt: skip


def test_the_first_visitor_finds_the_tiles_built(
    clients: dict[str, httpx.Client], store: Store, city: City, tmp_path: Path
) -> None:
    tile = f"/tiles/{city.run}/public/kelurahan/14/0/0.mvt"
    assert step(clients, "perencana", "propose") == 200
    wanted = {
        maps_tiles.archive_in(tmp_path / "tiles", run, shown.level)
        for run in (store.published(city.run, audience) for audience in AUDIENCES.values())
        for shown in (*run.levels.values(), run.pockets)
        if shown.table.height
    }
    assert until(lambda: all(path.exists() for path in wanted), 60)
    built = {path: path.stat().st_mtime_ns for path in (tmp_path / "tiles").iterdir()}
    assert clients[""].get(tile).status_code == 404
    assert step(clients, "pimpinan", "approve") == 200
    assert clients[""].get(tile).status_code == 204
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "tiles").iterdir()} == built


def test_nobody_approves_the_own_proposal(clients: dict[str, httpx.Client]) -> None:
    assert step(clients, "pimpinan", "propose") == 200
    answer = clients["pimpinan"].post(f"{RUN}/approve")
    assert answer.status_code == 409
    assert "somebody else" in answer.json()["detail"]
    assert step(clients, "perencana", "withdraw") == 403
    assert step(clients, "wakil.pimpinan", "withdraw") == 200
    assert state(clients) == "computed"


def test_a_proposer_takes_the_own_proposal_back(clients: dict[str, httpx.Client]) -> None:
    assert step(clients, "gis.kota", "propose") == 200
    assert step(clients, "gis.kota", "withdraw") == 200
    assert state(clients) == "computed"


def test_nothing_is_decided_on_a_run_that_is_not_published_and_nothing_decided_outlives_it(
    clients: dict[str, httpx.Client],
) -> None:
    planner, leader = clients["perencana"], clients["pimpinan"]
    made = planner.post(f"{RUN}/shortlists", json={"title": "Prioritas"})
    code = planner.get(f"{RUN}/zones/kelurahan").json()["features"][0]["properties"]["code"]
    address = made.headers["location"]
    picked = planner.put(f"{address}/items/{code}", json={}, headers={"If-Match": made.headers["etag"]})
    decree = {
        "number": "1", "date": "2026-12-01", "title": "x", "signatory_name": "x", "signatory_position": "x",
    }  # fmt: skip
    version = {"If-Match": picked.headers["etag"]}
    answer = leader.post(f"{address}/decision", json=decree, headers=version)
    assert answer.status_code == 409
    assert "not published" in answer.json()["detail"]

    assert step(clients, "perencana", "propose") == step(clients, "pimpinan", "approve") == 200
    assert leader.post(f"{address}/decision", json=decree, headers=version).status_code == 201
    assert clients[""].get(address).status_code == 200
    assert step(clients, "pimpinan", "withdraw") == 200
    assert clients[""].get(address).status_code == 404


def test_the_same_on_the_command_line(
    kantong: Command, store: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANTONG_PASSWORD", "salah")
    assert kantong("publish", "propose", "latest", "--as", "perencana", "--database", database).status == 2
    monkeypatch.setenv("KANTONG_PASSWORD", PASSWORD)
    proposed = kantong("publish", "propose", "latest", "--as", "perencana", "--database", database)
    assert proposed.out.endswith("\tproposed\n")
    refused = kantong("publish", "approve", "latest", "--as", "perencana", "--database", database)
    assert refused.status == 2
    assert "may not approve" in refused.err
    kantong("publish", "approve", "latest", "--as", "pimpinan", "--database", database)
    shown = kantong("publish", "state", "latest", "--database", database)
    assert shown.out.endswith("\tpublished\n")


def test_the_demo_is_published_by_the_two_people_that_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = embedded(tmp_path / "kantong.gpkg")
    serving._build(tmp_path, 2_000, database)
    people = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    store = Store(database)
    made = store.publications.of(store.resolve("latest"))
    assert (made.proposed_by, made.approved_by) == ("perencana.contoh", "pimpinan.contoh") == tuple(people)
    for name, password in people.items():
        assert Accounts(store).prove(name, password, "").name == name
    store.close()
