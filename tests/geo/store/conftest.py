"""Both engines of a store: an embedded GeoPackage, and a PostgreSQL server of its own."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from geo.store import Store
from tests.postgres import Server


@pytest.fixture(params=["geopackage", "postgis"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return addresses of databases that do not hold a store yet, on one of the engines."""
    if request.param == "geopackage":
        numbers = count()
        return lambda: f"sqlite:///{tmp_path / f'kantong{next(numbers)}.gpkg'}"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The address of a database that does not hold a store yet."""
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url, create=True)
    yield opened
    opened.close()


@pytest.fixture
def reopened(url: str) -> Iterator[Callable[[], Store]]:
    """Open the same database again, as another program would."""
    opened: list[Store] = []

    def again() -> Store:
        opened.append(Store(url))
        return opened[-1]

    yield again
    for one in opened:
        one.close()
