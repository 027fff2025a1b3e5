"""The page in a real browser: as one file without a network, and from a server with the strict policy."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
from playwright.sync_api import BrowserContext, Page

from geo import disclosure
from geo.disclosure import Published
from maps.page_data import figures
from maps.planner import planner_file, planner_page

POLICY = "default-src 'self'"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 360, "height": 740}

# Tells where the middle of a zone of the chosen level lies on the screen.
MIDDLE = """void (window.middle = (index) => {
    const level = JSON.parse(document.getElementById('data').textContent)
        .levels.find((level) => level.id === document.querySelector('#levels input:checked').value);
    const corners = L.latLngBounds(Kantong.decodeArea(level.shapes[index]).flat(2));
    const box = map_kantong.getContainer().getBoundingClientRect();
    return map_kantong.latLngToContainerPoint(corners.getCenter()).add([box.x, box.y]);
})"""

OpenPage = Callable[[str, dict[str, int]], Page]


@dataclass
class Site:
    """What the server serves, and the what-if questions and prints that it was asked for."""

    address: str
    questions: list[dict[str, object]]
    prints: list[dict[str, object]]


@pytest.fixture(scope="session")
def site(planner_run) -> Iterator[Site]:
    page = planner_page(planner_run, api="/api")
    questions: list[dict[str, object]] = []
    prints: list[dict[str, object]] = []
    people = {
        "/api/me": {"name": "perencana.uji", "permissions": []},
        f"/api/runs/{planner_run.summary.id}/shortlists": [],
        f"/api/runs/{planner_run.summary.id}/publication": {"state": "computed", "proposed_by": None},
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, body: bytes, kind: str, status: int = 200):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/":
                self.answer(page.html.encode(), "text/html; charset=utf-8")
            elif self.path == f"/api/runs/{planner_run.summary.id}/page.js":
                self.answer(page.script.encode(), "text/javascript")
            elif self.path in people:
                self.answer(json.dumps(people[self.path]).encode(), "application/json")
            else:
                asset = files("maps").joinpath(self.path.lstrip("/"))
                self.answer(asset.read_bytes(), KINDS[Path(self.path).suffix])

        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/api/jobs":
                prints.append(question)
                problem = json.dumps({"detail": "terlalu banyak yang menunggu"}).encode()
                self.answer(problem, "application/problem+json", 503)
                return
            questions.append(question)
            if question["cutoff"] == "1/2":
                problem = json.dumps({"detail": "batas itu tidak dikenal"}).encode()
                self.answer(problem, "application/problem+json", 422)
                return
            turned = upside_down(planner_run.levels[question["level"]])
            answer = figures(turned, planner_run.summary.specification)
            self.answer(json.dumps(answer).encode(), "application/json")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", questions, prints)
    server.shutdown()
    server.server_close()
    thread.join()


def upside_down(level: Published) -> Published:
    table = level.table.with_columns(m0=1 - pl.col("m0"))
    return Published(level.audience, level.level, level.indicators, table, level.geometry, disclosure._SEAL)


@pytest.fixture(scope="session")
def document(planner_run, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("mail") / "peta.html"
    path.write_text(planner_file(planner_run), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def faults() -> list[str]:
    """Console messages, script errors, and requests to another place; a test that expects one takes it out."""
    return []


@pytest.fixture
def open_page(browser, faults) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def opened(address: str, viewport: dict[str, int]) -> Page:
        context = browser.new_context(viewport=viewport, locale="id-ID", reduced_motion="reduce")
        contexts.append(context)
        context.set_offline(address.startswith("file:"))
        page = context.new_page()
        page.set_default_timeout(5000)
        home = urlsplit(address).netloc
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: faults.append(request.url) if urlsplit(request.url).netloc != home else None,
        )
        page.goto(address)
        page.evaluate(MIDDLE)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(params=["file", "server"])
def page(request, open_page, document, site) -> Page:
    return open_page(document if request.param == "file" else site.address, WIDE)


@pytest.fixture
def file_page(open_page, document) -> Page:
    return open_page(document, WIDE)


@pytest.fixture
def server_page(open_page, site) -> Page:
    site.questions.clear()
    return open_page(site.address, WIDE)


@pytest.fixture
def phone(open_page, document) -> Page:
    return open_page(document, PHONE)


@pytest.fixture(scope="session")
def villages(planner_run) -> pl.DataFrame:
    return planner_run.levels["kelurahan"].table.with_row_index()


@pytest.fixture(scope="session")
def ranked(villages) -> list[dict[str, object]]:
    shown = villages.filter(pl.col("status") == "shown")
    return shown.sort("m0", descending=True).to_dicts()
