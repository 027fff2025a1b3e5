"""A run that is not published is not there for somebody who has not signed in, at whichever door."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from api.library import Library
from api.settings import Settings
from geo.disclosure import PLANNER, PUBLIC
from geo.errors import NotFoundError
from geo.store import Store

from .conftest import City, served


@pytest.fixture(scope="module")
def withdrawn(city: City, copied: Callable[[], str]) -> str:
    """The address of a store whose only run was withdrawn."""
    database = copied()
    store = Store(database)
    store.publications.withdraw(city.run, by="pimpinan.uji", at=datetime.now(UTC))
    store.close()
    return database


@pytest.fixture(scope="module")
def outside(withdrawn: str) -> Iterator[httpx.Client]:
    with served(withdrawn) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/runs/{run}",
        "/api/v1/runs/{run}",
        "/api/v1/runs/latest",
        "/api/v1/runs/{run}/zones/kelurahan",
        "/api/v1/runs/{run}/page.js",
        "/api/v1/runs/{run}/page.html",
        "/api/v1/runs/{run}/export.csv",
        "/api/v1/runs/{run}/atlas.pdf",
    ],
)
def test_a_withdrawn_run_is_not_there(path: str, outside: httpx.Client, city: City) -> None:
    answer = outside.get(path.format(run=city.run))
    assert answer.status_code == 404
    assert answer.json()["detail"] == "no run is published yet."


def test_the_root_leads_to_the_sign_in(outside: httpx.Client) -> None:
    answer = outside.get("/")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/masuk"


def test_neither_listed_nor_asked_what_if(outside: httpx.Client, city: City) -> None:
    assert outside.get("/api/v1/runs").json() == []
    asked = outside.post(f"/api/v1/runs/{city.run}/what-if", json={"level": "kelurahan"})
    assert asked.status_code == 404


def test_who_plans_sees_it(withdrawn: str, city: City) -> None:
    library = Library(Settings(database_url=withdrawn))
    assert library.resolve("latest", PLANNER) == city.run
    assert [summary.id for summary in library.summaries(PLANNER)] == [city.run]
    with pytest.raises(NotFoundError):
        library.run(city.run, PUBLIC)
    library.close()
