"""Other weights and cutoffs, and the downloads: what the page asks of the server."""

from contextlib import AbstractContextManager
from fractions import Fraction

from playwright.sync_api import Page


def first_row(page: Page) -> str:
    return page.locator("#ranking li .name").first.inner_text()


def answered(page: Page, asked: str) -> AbstractContextManager[object]:
    """Wait for the answer to a question that names something: a slow page asks one question a choice."""
    return page.expect_response(lambda response: asked in (response.request.post_data or ""))


def test_other_weights_ask_the_server_in_fractions_that_add_up_to_one(server_page, site, ranked):
    server_page.locator("#what-if summary").click()
    server_page.locator("#weight-rumah").fill("10")
    server_page.locator("#changed p", has_text="10 dari 10 teratas berubah").wait_for()

    question = site.questions[-1]
    assert (question["level"], question["cutoff"], question["by"]) == ("kelurahan", "1/3", "m0")
    weights = {key: Fraction(text) for key, text in question["weights"].items()}
    assert sum(weights.values()) == 1
    assert weights["rumah_rusak"] == weights["rumah_sempit"] > weights["kerja"]
    assert ranked[-1]["name"] in first_row(server_page)

    server_page.locator("#put-back").click()
    assert server_page.locator("#changed").is_hidden()
    assert ranked[0]["name"] in first_row(server_page)


def test_an_agency_takes_the_place_of_the_weights_and_desils_are_counted_up_to_one(server_page, site):
    server_page.locator("#what-if summary").click()
    server_page.locator("#agency").select_option("Disdik")
    with answered(server_page, "desils"):
        server_page.locator("#desils").select_option("2")
    server_page.locator("#changed p", has_text="teratas berubah").wait_for()

    question = site.questions[-1]
    assert "weights" not in question
    assert (question["agency"], question["desils"]) == ("Disdik", [1, 2])
    assert server_page.locator("#weight-rumah").is_disabled()
    server_page.locator("#put-back").click()
    assert server_page.locator("#agency").input_value() == ""
    assert server_page.locator("#weight-rumah").is_enabled()


def test_a_question_is_in_the_address_and_asked_again_by_whoever_opens_it(server_page, site, ranked):
    server_page.locator("#what-if summary").click()
    server_page.locator("#weight-rumah").fill("10")
    with answered(server_page, '"1/4"'):
        server_page.locator("#cutoff").select_option("1/4")
    server_page.locator("#changed p", has_text="teratas berubah").wait_for()
    asked = site.questions[-1]
    server_page.reload()
    server_page.locator("#changed p", has_text="teratas berubah").wait_for()

    assert site.questions[-1] == asked
    assert server_page.locator("#weight-rumah").input_value() == "10"
    assert ranked[-1]["name"] in first_row(server_page)
    server_page.locator("#put-back").click()
    assert "weights" not in server_page.url
    assert "cutoff" not in server_page.url


def test_what_the_server_refuses_is_said_in_its_words(server_page, ranked, faults):
    server_page.locator("#what-if summary").click()
    server_page.locator("#cutoff").select_option("1/2")

    server_page.locator("#changed p", has_text="batas itu tidak dikenal").wait_for()
    assert ranked[0]["name"] in first_row(server_page)
    assert "422" in faults.pop()


def test_pockets_cannot_be_asked_what_if(server_page):
    server_page.locator('label[for="level-pocket"]').click()
    server_page.locator("#what-if summary").click()

    assert server_page.locator("#cutoff").is_disabled()
    assert "Pilih tingkat yang lebih besar" in server_page.locator("#what-if-hint").inner_text()


def test_the_downloads_are_files_of_the_run(server_page, planner_run):
    links = server_page.locator("#downloads a").evaluate_all("(links) => links.map((link) => link.pathname)")

    run = f"/api/runs/{planner_run.summary.id}"
    assert f"{run}/page.html" in links
    assert {f"{run}/export.{kind}" for kind in ("gpkg", "xlsx", "csv", "geojson")} < set(links)


def test_a_print_that_the_server_refuses_says_why_and_can_be_put_away(server_page, faults):
    server_page.locator("#printing summary").click()
    assert server_page.locator("#print-sheet").is_disabled()
    server_page.locator("#print-atlas").click()

    server_page.locator("#prints", has_text="terlalu banyak yang menunggu").wait_for()
    assert server_page.locator("#print-atlas").is_hidden()
    server_page.get_by_role("button", name="Tutup: Atlas").click()
    assert server_page.locator("#prints > div").count() == 0
    assert "503" in faults.pop()


def test_a_sheet_is_ordered_by_the_measure_on_the_page_unless_another_is_chosen(
    server_page, site, ranked, faults
):
    server_page.locator("#measure").select_option("h")
    server_page.locator("#ranking li").first.click()
    server_page.locator("#printing summary").click()
    measure = server_page.locator("#print-measure")
    assert measure.input_value() == "h"
    server_page.locator("#print-sheet").click()
    server_page.locator("#prints strong", has_text="menurut Persentase penduduk miskin (H)").wait_for()
    assert site.prints[-1]["print"]["measure"] == "h"

    server_page.locator("#printing summary").click()
    measure.select_option("severe")
    server_page.locator("#language").click()
    server_page.locator("#printing summary").click()
    assert measure.input_value() == "severe"
    server_page.locator("#print-sheet").click()
    server_page.locator("#prints strong", has_text="by Severe poverty").wait_for()
    assert site.prints[-1]["print"]["measure"] == "severe"
    server_page.locator("#measure").select_option("a")
    assert measure.input_value() == "a"
    assert all("503" in faults.pop() for _ in range(2))
