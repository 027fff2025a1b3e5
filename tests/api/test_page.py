"""The served page in a real browser: every click is answered by the real service."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """Open the newest run, and hold the page to a clean console and to this server."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request",
        lambda asked: faults.append(asked.url) if not asked.url.startswith(str(client.base_url)) else None,
    )
    opened.goto(str(client.base_url))
    opened.locator("#ranking [role=option]").first.wait_for()
    yield opened
    context.close()
    assert faults == []


def test_a_place_of_the_list_shows_the_figures_of_the_api(page: Page, client: httpx.Client) -> None:
    features = client.get("/api/v1/runs/latest/zones/kelurahan").json()["features"]
    shown = [feature["properties"] for feature in features if feature["properties"]["status"] == "shown"]
    first = max(shown, key=lambda place: place["m0"])
    page.locator("#ranking [role=option]").first.click()
    profile = page.locator("#profile")
    assert first["name"] in profile.inner_text()
    assert "peringkat 1, antara 1 dan " in profile.inner_text()
    assert f"{first['m0']:.3f}".replace(".", ",") in profile.inner_text()


def test_another_cutoff_repaints_the_list_with_exact_answers(page: Page, client: httpx.Client) -> None:
    answer = client.post("/api/v1/runs/latest/what-if", json={"cutoff": "1/5"}).json()
    highest = max(value for value in answer["columns"]["m0"] if value is not None)
    page.locator("#what-if summary").click()
    page.locator("#cutoff").select_option("1/5")
    first = page.locator("#ranking [role=option]").first
    expect(first).to_contain_text(f"{highest:.3f}".replace(".", ","))


def test_the_sheet_of_a_place_is_printed_from_its_profile(page: Page) -> None:
    page.locator("#ranking [role=option]").nth(1).click()
    name = page.locator("#profile-title").inner_text()
    page.locator("#profile").get_by_role("button", name="Cetak lembar").click()
    page.locator("#prints", has_text=f"Lembar {name}").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Simpan PDF").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")


def test_the_file_to_keep_opens_without_the_server(browser: Browser, client: httpx.Client, tmp_path) -> None:
    file = tmp_path / "kota-contoh.html"
    file.write_bytes(client.get("/api/v1/runs/latest/page.html").content)
    context = browser.new_context(offline=True)
    kept = context.new_page()
    kept.goto(file.as_uri())
    kept.locator("#ranking [role=option]").first.wait_for()
    assert "Kota Contoh" in kept.title()
    context.close()
