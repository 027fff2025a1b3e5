"""The page in a real browser: as one file without a network, and from a server with the strict policy."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from geo import disclosure
from geo.disclosure import Published
from maps.numbers import ABSENT, number, percent
from maps.page_data import figures, page_data
from maps.planner import planner_file, planner_page

CHROMIUM = "/usr/bin/chromium"
POLICY = "default-src 'self'"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 360, "height": 740}

# Colours that the map has drawn around the middle of a zone, in a square of some pixels.
PAINTED = """([index, size]) => {
    const point = middle(index);
    const drawn = document.querySelector('.leaflet-overlay-pane canvas');
    const box = drawn.getBoundingClientRect();
    const scale = drawn.width / box.width;
    const copy = new OffscreenCanvas(size, size).getContext('2d', { willReadFrequently: true });
    copy.drawImage(drawn, (box.x - point.x) * scale + size / 2, (box.y - point.y) * scale + size / 2);
    const pixels = copy.getImageData(0, 0, size, size).data;
    const colours = new Set();
    for (let at = 0; at < pixels.length; at += 4) {
        const parts = [...pixels.slice(at, at + 3)];
        colours.add('#' + parts.map((part) => part.toString(16).padStart(2, '0')).join(''));
    }
    return [...colours];
}"""
MIDDLE = """void (window.middle = (index) => {
    const level = JSON.parse(document.getElementById('data').textContent)
        .levels.find((level) => level.id === document.querySelector('#levels input:checked').value);
    const corners = L.latLngBounds(Kantong.decodeArea(level.shapes[index]).flat(2));
    const box = map_kantong.getContainer().getBoundingClientRect();
    return map_kantong.latLngToContainerPoint(corners.getCenter()).add([box.x, box.y]);
})"""


@dataclass
class Site:
    """What the server serves, and the what-if questions that it was asked."""

    address: str
    questions: list[dict[str, object]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(planner_run) -> Iterator[Site]:
    page = planner_page(planner_run, api="/api")
    questions: list[dict[str, object]] = []

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
            else:
                asset = files("maps").joinpath(self.path.lstrip("/"))
                self.answer(asset.read_bytes(), KINDS[Path(self.path).suffix])

        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
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
    yield Site(f"http://127.0.0.1:{server.server_port}", questions)
    server.shutdown()
    server.server_close()
    thread.join()


def upside_down(level: Published) -> Published:
    table = level.table.with_columns(m0=1 - pl.col("m0"))
    return Published(level.audience, level.level, level.indicators, table, level.geometry, disclosure._SEAL)


@pytest.fixture(scope="module")
def document(planner_run, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("mail") / "peta.html"
    path.write_text(planner_file(planner_run), encoding="utf-8")
    return path.as_uri()


def watched(browser: Browser, address: str, viewport: dict[str, int], faults: list[str]) -> Page:
    """Open a page that notes every console message and every request to another place."""
    context = browser.new_context(viewport=viewport, locale="id-ID", reduced_motion="reduce")
    if address.startswith("file:"):
        context.set_offline(True)
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


@pytest.fixture(params=["file", "server"])
def page(request, browser, document, site) -> Iterator[Page]:
    faults: list[str] = []
    shown = watched(browser, document if request.param == "file" else site.address, WIDE, faults)
    yield shown
    shown.context.close()
    assert faults == []


@pytest.fixture
def server_page(browser, site) -> Iterator[Page]:
    site.questions.clear()
    shown = watched(browser, site.address, WIDE, [])
    yield shown
    shown.context.close()


@pytest.fixture
def phone(browser, document) -> Iterator[Page]:
    faults: list[str] = []
    shown = watched(browser, document, PHONE, faults)
    yield shown
    shown.context.close()
    assert faults == []


@pytest.fixture(scope="module")
def villages(planner_run) -> pl.DataFrame:
    return planner_run.levels["kelurahan"].table.with_row_index()


@pytest.fixture(scope="module")
def ranked(villages) -> list[dict[str, object]]:
    shown = villages.filter(pl.col("status") == "shown")
    return shown.sort("m0", descending=True).to_dicts()


def styles_of(planner_run) -> list[str]:
    return [style["colour"] for style in page_data(planner_run, api=None)["styles"]]


def painted(page: Page, index: int, size: int = 2) -> list[str]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(PAINTED, [index, size])


def on_the_map(page: Page, index: int) -> tuple[float, float]:
    """Return where a zone lies on the screen, with the legend out of the way."""
    if page.locator("#legend-body").is_visible():
        page.locator("#legend-title").click()
    x, y = page.evaluate("(index) => { const {x, y} = middle(index); return [x, y]; }", index)
    return x, y


def choose_level(page: Page, level: str) -> None:
    page.locator(f'label[for="level-{level}"]').click()


def rows(page: Page) -> list[str]:
    return page.locator("#ranking li .name").all_text_contents()


def test_the_list_ranks_the_worst_off_first_and_the_hidden_last(page, ranked, villages):
    texts = page.locator("#ranking li").all_text_contents()

    assert texts[0].startswith(f"1{ranked[0]['name']}")
    assert texts[0].endswith(number(ranked[0]["m0"], 3))
    hidden = sorted(villages.filter(pl.col("status") == "hidden")["name"])
    last = sorted(texts[len(ranked) : len(ranked) + 3])
    assert all(text.startswith(ABSENT + name) for text, name in zip(last, hidden, strict=True))
    assert all(text.endswith("disembunyikan") and not re.search(r"\d", text) for text in last)


def test_the_map_has_the_colours_of_the_palette_and_repaints_with_the_measure(page, ranked, planner_run):
    worst, best = ranked[0]["index"], ranked[-1]["index"]
    styles = styles_of(planner_run)
    assert painted(page, worst) == [styles[0]]
    assert painted(page, best) == [styles[5]]

    by_count = sorted(ranked, key=lambda row: row["poor_persons"], reverse=True)
    page.locator("#measure").select_option("poor_persons")

    assert painted(page, by_count[0]["index"]) == [styles[0]]
    assert page.locator("#legend-title").inner_text() == "Jiwa miskin"
    assert by_count[0]["name"] in rows(page)[0]


def test_a_hidden_place_is_dotted_and_an_empty_one_striped(page, villages, planner_run):
    styles = set(styles_of(planner_run))
    patterns = [
        set(painted(page, villages.filter(pl.col("status") == status)["index"][0], size=16))
        for status in ("hidden", "empty")
    ]

    assert all(len(pattern) > 1 and not pattern & styles for pattern in patterns)
    assert patterns[0] != patterns[1]


def test_another_level_brings_its_own_zones(page, planner_run):
    choose_level(page, "kecamatan")

    assert len(rows(page)) == 6
    assert page.locator("#ranking-title").inner_text() == "Peringkat kecamatan (6)"
    choose_level(page, "h3-8")
    cells = planner_run.levels["h3-8"].table.height
    assert page.locator("#ranking-title").inner_text().endswith(f"({cells})")
    assert rows(page)[0].startswith("Sel di ")


def test_search_finds_a_name_whatever_its_spaces_and_case(page, ranked):
    wanted = ranked[5]["name"]
    page.locator("#search").fill(wanted[:4].upper() + " " + wanted[4:])
    page.locator("#search").press("Enter")

    assert page.locator("#profile-title").inner_text() == wanted
    assert page.locator("#ranking [aria-selected=true] .name").inner_text().startswith(wanted)


def test_the_keyboard_walks_the_list_and_enter_opens_the_profile(page, ranked):
    page.locator("#ranking").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown", "Enter"):
        page.keyboard.press(key)

    assert page.locator("#profile-title").inner_text() == ranked[2]["name"]
    assert "peringkat 3 dari 68" in page.locator("#profile .standing").inner_text()
    assert ranked[2]["name"] in page.locator("#spoken").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#profile").is_hidden()


def test_a_click_on_the_map_shows_the_numbers_of_the_table(page, ranked, planner_run):
    village = ranked[3]
    page.mouse.click(*on_the_map(page, village["index"]))

    profile = page.locator("#profile").inner_text()
    assert page.locator("#profile-title").inner_text() == village["name"]
    for text in (
        number(village["m0"], 3),
        percent(village["h"]),
        percent(village["a"]),
        number(village["households"]),
        number(village["persons"]),
        number(village["poor_households"]),
        percent(village["vulnerable"]),
        percent(village["severe"]),
        percent(village["modelled_share"]),
        *(percent(village[f"uncensored_{indicator}"]) for indicator in planner_run.levels["kota"].indicators),
    ):
        assert text in profile
    agencies = {row.agency: 0.0 for row in planner_run.summary.specification.indicators}
    for row in planner_run.summary.specification.indicators:
        agencies[row.agency] += village[f"contribution_{row.id}"]
    assert max(agencies, key=agencies.__getitem__) in profile


def test_a_hidden_place_says_why_and_shows_no_number(page, villages):
    hidden = villages.filter(pl.col("status") == "hidden").row(0, named=True)
    page.mouse.click(*on_the_map(page, hidden["index"]))

    profile = page.locator("#profile").inner_text()
    assert hidden["name"] in profile
    assert "disembunyikan" in profile
    assert not re.search(r"\d", profile)


def test_list_and_map_point_at_the_same_place(page, ranked):
    x, y = on_the_map(page, ranked[1]["index"])
    page.mouse.move(x, y)
    page.mouse.move(x + 1, y)

    assert page.locator("#ranking li.hovered .name").inner_text().startswith(ranked[1]["name"])
    assert ranked[1]["name"] in page.locator(".tip").inner_text()


def test_a_kecamatan_keeps_its_own_places_with_their_rank_in_the_city(page, villages, ranked):
    district = ranked[0]["parent"]
    page.locator("#district").select_option(district)

    inside = villages.filter(pl.col("parent") == district)
    assert len(rows(page)) == inside.height
    second = [row["name"] for row in ranked].index(
        next(row["name"] for row in ranked[1:] if row["parent"] == district)
    )
    assert page.locator("#ranking li .rank").nth(1).inner_text() == str(second + 1)


def test_english_is_one_switch_away(page):
    page.locator("#language").click()

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("#ranking-title").inner_text().startswith("Ranking by village")
    assert re.search(r"0\.\d{3}", page.locator("#ranking li").first.inner_text())
    page.locator("#language").click()
    assert re.search(r"0,\d{3}", page.locator("#ranking li").first.inner_text())


def test_the_note_on_the_data_accounts_for_every_family(page):
    page.locator("#open-about").click()

    note = page.locator("#about").inner_text()
    for text in ("60.000", "50.000", "9.500", "500", "1 Januari 2025", "bobotnya dipindahkan", "1/3"):
        assert text in note


def test_the_scale_bar_has_no_miles_and_the_list_precedes_the_map(page):
    assert re.fullmatch(r"\d+ k?m", page.locator(".leaflet-control-scale").inner_text())
    assert page.evaluate(
        "() => Boolean(document.getElementById('ranking').compareDocumentPosition("
        "map_kantong.getContainer()) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )


def test_the_address_brings_back_the_same_view(page, ranked):
    page.locator("#measure").select_option("h")
    page.locator("#ranking li").nth(1).click()
    title = page.locator("#profile-title").inner_text()
    page.reload()

    assert page.locator("#measure").input_value() == "h"
    assert page.locator("#profile-title").inner_text() == title


def test_a_run_of_one_level_without_pockets_rivers_or_kecamatan_opens_too(browser, planner_run, tmp_path):
    level = planner_run.levels["kelurahan"]
    none = Published(
        level.audience, "pocket", level.indicators, level.table.clear(), level.geometry[:0], disclosure._SEAL
    )
    bare = replace(planner_run, levels={"kelurahan": level}, pockets=none, backdrop=planner_run.backdrop[:0])
    path = tmp_path / "peta.html"
    path.write_text(planner_file(bare), encoding="utf-8")
    faults: list[str] = []

    page = watched(browser, path.as_uri(), WIDE, faults)
    page.locator("#ranking li").first.click()

    assert page.locator("#profile .bar").count() == 9
    assert page.locator("#profile .tick").count() == 0
    assert page.locator("#district").is_hidden()
    page.context.close()
    assert faults == []


def test_without_a_server_there_is_nothing_to_ask_or_download(phone):
    assert phone.locator("#what-if").count() == 0
    assert phone.locator("#downloads").count() == 0


def test_a_phone_never_scrolls_sideways(phone):
    def overflow() -> int:
        return phone.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")

    assert overflow() <= 0
    phone.locator("#open-panel").click()
    assert phone.locator("#search").is_visible()
    assert overflow() <= 0
    phone.locator("#ranking li").first.click()
    assert phone.locator("#search").is_hidden()
    assert phone.locator("#profile-title").is_visible()
    assert overflow() <= 0


def test_other_weights_ask_the_server_in_fractions_that_add_up_to_one(server_page, site, ranked):
    server_page.locator("#what-if summary").click()
    server_page.locator("#weight-rumah").fill("10")
    server_page.locator("#changed p", has_text="10 dari 10 teratas berubah").wait_for()

    question = site.questions[-1]
    assert (question["level"], question["cutoff"], question["by"]) == ("kelurahan", "1/3", "m0")
    weights = {key: Fraction(text) for key, text in question["weights"].items()}
    assert sum(weights.values()) == 1
    assert weights["rumah_rusak"] == weights["rumah_sempit"] > weights["kerja"]
    assert ranked[-1]["name"] in rows(server_page)[0]

    server_page.locator("#put-back").click()
    assert server_page.locator("#changed").is_hidden()
    assert ranked[0]["name"] in rows(server_page)[0]


def test_what_the_server_refuses_is_said_in_its_words(server_page, ranked):
    server_page.locator("#what-if summary").click()
    server_page.locator("#cutoff").select_option("1/2")

    server_page.locator("#changed p", has_text="batas itu tidak dikenal").wait_for()
    assert ranked[0]["name"] in rows(server_page)[0]


def test_pockets_cannot_be_asked_what_if(server_page):
    choose_level(server_page, "pocket")
    server_page.locator("#what-if summary").click()

    assert server_page.locator("#cutoff").is_disabled()
    assert "Pilih tingkat yang lebih besar" in server_page.locator("#what-if-hint").inner_text()


def test_the_downloads_are_files_of_the_run(server_page, planner_run):
    links = server_page.locator("#downloads a").evaluate_all("(links) => links.map((link) => link.pathname)")

    run = f"/api/runs/{planner_run.summary.id}"
    assert f"{run}/page.html" in links
    assert {f"{run}/export.{kind}" for kind in ("gpkg", "xlsx", "csv", "geojson")} < set(links)
    assert f"{run}/atlas.pdf" in links
