"""The page of a boundary report: it opens from a file without a network, and list and map stay together."""

from pathlib import Path

import geopandas as gpd
import shapely
from playwright.sync_api import Browser

from geo.boundaries import Choices, Options, check_file
from geo.codes import CodeSystem
from maps import boundary_report


def test_the_page_shows_every_defect_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    boxes = [shapely.box(106.8 + x * 0.01, -6.65, 106.811 + x * 0.01, -6.64) for x in range(3)]
    names = ["Satu", "<img src=x onerror=alert(1)>", "Tiga"]
    table = {"kode": ["9902010001", "9902010002", "9902010001"], "nama": names}
    gpd.GeoDataFrame(table, geometry=boxes, crs=4326).to_file(tmp_path / "desa.gpkg")
    checked = check_file(tmp_path / "desa.gpkg", Options(choices=Choices(system=CodeSystem.BPS)))
    page_file = tmp_path / "laporan.html"
    page_file.write_text(boundary_report.as_page(checked), "utf-8")
    assert boundary_report.as_page(checked) == page_file.read_text("utf-8")
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    rows = page.locator("#defects li")
    assert rows.count() == len(checked.report.findings) == 3
    assert rows.first.inner_text().startswith("kode yang sama dengan nama lain")
    rows.nth(1).locator("button").click()
    assert page.locator(".leaflet-popup-content").inner_text().startswith("tumpang tindih")
    page.locator("input[data-defect=overlap]").uncheck()
    assert page.locator("#defects li:visible").count() == 1
    page.close()
    assert (said, [url for url in asked if not url.startswith(("file:", "data:"))]) == ([], [])
