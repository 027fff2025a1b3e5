"""What tests of several rooms share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from geo.store import Store
from tests import postgres as postgres_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Drive the Chromium of this machine; playwright keeps a loop running in this thread, so not beyond a module."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed; make test installs it where it can")
    with sync_playwright() as playwright:
        driven = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield driven
        driven.close()


#: What a store can be kept in; tests of stores run on each.
ENGINES = ("geopackage", "postgis")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what servers keep for a user out of the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """Run a PostgreSQL server with PostGIS."""
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.server() as server:
        yield server


@pytest.fixture(scope="session")
def empty_store(postgres: postgres_server.Server) -> str:
    """Return the address of a store without anything in it, as a template."""
    url = postgres.new_database()
    Store(url, create=True).close()
    return url


@pytest.fixture(scope="module", params=ENGINES)
def new_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Make stores without anything in them, on each of the engines; return their addresses."""
    if request.param == "geopackage":
        return lambda: _new_package(tmp_path_factory.mktemp("store") / "kantong.gpkg")
    postgres: postgres_server.Server = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("empty_store")
    return lambda: postgres.new_database(template)


def _new_package(path: Path) -> str:
    url = f"sqlite:///{path}"
    Store(url, create=True).close()
    return url
