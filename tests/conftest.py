"""What tests of several rooms share."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import postgres as postgres_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Drive the Chromium of this machine."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed; make test installs it where it can")
    with sync_playwright() as playwright:
        driven = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield driven
        driven.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """Run a PostgreSQL server with PostGIS."""
    reason = postgres_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres_server.server() as server:
        yield server
