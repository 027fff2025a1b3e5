"""What the planner sees and does, in a real browser."""

import re
from dataclasses import replace

import polars as pl
import pytest
from playwright.sync_api import Page

from geo import disclosure
from geo.disclosure import DESIL_COLUMNS, Published
from maps.numbers import ABSENT, number, percent
from maps.page_data import page_data
from maps.planner import planner_file

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
        *(percent(village[name]) for name in DESIL_COLUMNS),
    ):
        assert text in profile
    agencies = {row.agency: 0.0 for row in planner_run.summary.specification.indicators}
    for row in planner_run.summary.specification.indicators:
        agencies[row.agency] += village[f"contribution_{row.id}"]
    assert max(agencies, key=agencies.__getitem__) in profile


def test_a_cell_tells_nothing_by_desil(page, planner_run):
    choose_level(page, "h3-8")
    page.locator("#ranking").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "Kekurangan" in page.locator("#profile").inner_text()
    assert "desil" not in page.locator("#profile").inner_text()


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


@pytest.mark.parametrize("corner", [0, 8, 63, 71])
def test_a_place_chosen_in_the_list_lies_neither_under_the_profile_nor_under_the_legend(file_page, corner):
    file_page.locator(f"#row-{corner}").click()

    assert (
        file_page.evaluate(
            "(index) => { const {x, y} = middle(index); return document.elementFromPoint(x, y).tagName; }",
            corner,
        )
        == "CANVAS"
    )


def test_a_kecamatan_keeps_its_own_places_with_their_rank_in_the_city(page, villages, ranked):
    district = ranked[0]["parent"]
    page.locator("#district").select_option(district)

    inside = villages.filter(pl.col("parent") == district)
    assert len(rows(page)) == inside.height
    second = [row["name"] for row in ranked].index(
        next(row["name"] for row in ranked[1:] if row["parent"] == district)
    )
    assert page.locator("#ranking li .rank").nth(1).inner_text() == str(second + 1)


def test_a_kecamatan_keeps_no_level_above_it_from_view(open_page, planner_run, tmp_path):
    districts = planner_run.levels["kecamatan"]
    cities = replace(districts, level="kota")
    path = tmp_path / "peta.html"
    several = replace(planner_run, levels={**planner_run.levels, "kota": cities})
    path.write_text(planner_file(several), encoding="utf-8")
    page = open_page(path.as_uri(), {"width": 1400, "height": 900})
    page.locator("#district").select_option(districts.table["code"][0])
    choose_level(page, "kota")

    assert len(rows(page)) == districts.table.height
    assert page.locator("#district").is_hidden()


def test_a_filter_keeps_the_places_that_reach_a_value_and_stands_in_the_address(file_page, ranked):
    limit = ranked[9]["h"]
    file_page.locator("#filter summary").click()
    file_page.locator("#filter-measure").select_option("h")
    file_page.locator("#filter-value").fill(f"{100 * limit - 0.0001:.4f}")
    kept = sum(row["h"] >= limit for row in ranked)

    assert file_page.locator("#ranking-title").inner_text() == f"{kept} dari 72 kelurahan/desa"
    assert len(rows(file_page)) == kept
    file_page.reload()
    assert len(rows(file_page)) == kept
    assert file_page.locator("#filter-value").is_visible()
    file_page.locator("#filter-measure").select_option("")
    assert len(rows(file_page)) == 72


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
    for text in (
        "60.000",
        "50.000",
        "9.500",
        "500",
        "1 Januari 2025",
        "Indikator gizi tidak ada di register.",
        "1/3",
    ):
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


def test_a_run_of_one_level_without_pockets_rivers_or_kecamatan_opens_too(open_page, planner_run, tmp_path):
    level = planner_run.levels["kelurahan"]
    none = Published(
        level.audience, "pocket", level.indicators, level.table.clear(), level.geometry[:0], disclosure._SEAL
    )
    bare = replace(planner_run, levels={"kelurahan": level}, pockets=none, backdrop=planner_run.backdrop[:0])
    path = tmp_path / "peta.html"
    path.write_text(planner_file(bare), encoding="utf-8")

    page = open_page(path.as_uri(), {"width": 1400, "height": 900})
    page.locator("#ranking li").first.click()

    assert page.locator("#profile .dimension .bar").count() == 9
    assert page.locator("#profile .tick").count() == 0
    assert page.locator("#district").is_hidden()


def test_without_a_server_there_is_nothing_to_ask_or_download(file_page):
    assert file_page.locator("#what-if").count() == 0
    assert file_page.locator("#downloads").count() == 0
    assert file_page.locator("#printing").count() == 0
    file_page.locator("#ranking li").first.click()
    assert file_page.locator("#profile").get_by_role("button", name="Cetak lembar").count() == 0


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
