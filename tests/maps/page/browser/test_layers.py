"""Layers beside the register on the page, and words where a figure is not told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page

from geo import disclosure
from geo.disclosure import Published, PublishedRun
from geo.report import LayerLabel
from maps.planner import planner_file, planner_page
from tests.maps.page.browser.conftest import WIDE

PLACE = "Sukajaya"


@pytest.fixture(scope="module")
def layered(planner_run: PublishedRun) -> PublishedRun:
    """The run with a layer that knows all kelurahan but the last, and one kelurahan that keeps figures back."""
    level = planner_run.levels["kelurahan"]
    count = level.table.height
    kept_back = pl.col("name") == PLACE
    table = level.table.with_columns(
        layer_jarak=pl.Series([*(100.0 * row for row in range(count - 1)), None], dtype=pl.Float64),
        status=pl.when(kept_back).then(pl.lit("shown")).otherwise("status"),
        households=pl.when(kept_back).then(400.0).otherwise("households"),
        m0=pl.when(kept_back).then(0.0).otherwise("m0"),
        a=pl.when(kept_back).then(None).otherwise("a"),
        left_out=pl.when(kept_back).then(None).otherwise("left_out"),
    )
    known = Published(level.audience, level.level, level.indicators, table, level.geometry, disclosure._SEAL)
    label = LayerLabel("layer_jarak", "Jarak puskesmas", "m", "Dinas Kesehatan", date(2024, 6, 1))
    return replace(planner_run, levels={**planner_run.levels, "kelurahan": known}, layers=(label,))


@pytest.fixture
def page(layered: PublishedRun, open_page: Callable[..., Page], tmp_path: Path) -> Page:
    path = tmp_path / "peta.html"
    path.write_text(planner_file(layered), encoding="utf-8")
    return open_page(path.as_uri(), WIDE)


def test_a_layer_is_drawn_listed_and_told_with_source_and_date(page, layered):
    table = layered.levels["kelurahan"].table
    page.locator("#measure").select_option("layer_jarak")

    legend = page.locator("#legend").inner_text()
    assert "m · Dinas Kesehatan, 1 Juni 2024" in legend
    assert "20 % tertinggi" in legend
    assert "tidak ada data" in legend
    texts = page.locator("#ranking li").all_text_contents()
    assert texts[0].startswith(f"1{table['name'][-2]}")
    assert texts[0].endswith("7.000")
    assert texts[-1].endswith("tidak ada data")
    hidden = table.with_row_index().filter(pl.col("status") == "hidden").row(0, named=True)
    page.locator(f"#row-{hidden['index']}").click()
    profile = page.locator("#profile").inner_text()
    assert "disembunyikan" in profile
    assert f"{100 * hidden['index']:,} m".replace(",", ".") in profile.replace("\xa0", " ")


def test_a_layer_is_not_offered_at_a_level_that_it_does_not_know(page):
    page.locator("#measure").select_option("layer_jarak")
    page.locator('label[for="level-kecamatan"]').click()

    assert page.locator("#measure").input_value() == "m0"
    assert page.locator('#measure option[value="layer_jarak"]').is_disabled()


def test_a_sheet_is_offered_by_a_layer_where_its_zones_have_values(layered, open_page, site):
    made = planner_page(layered, api="/api")
    page = open_page(site.address, WIDE)
    page.route(f"{site.address}/", lambda route: route.fulfill(body=made.html, content_type="text/html"))
    page.route("**/page.js", lambda route: route.fulfill(body=made.script, content_type="text/javascript"))
    page.reload()
    page.locator("#measure").select_option("layer_jarak")

    assert page.locator("#print-measure").input_value() == "m0", "a kelurahan is drawn in cells"
    layer = page.locator('#print-measure option[value="layer_jarak"]')
    assert layer.is_disabled()
    page.locator('label[for="level-kecamatan"]').click()
    assert layer.is_enabled()


def test_a_figure_that_is_not_told_says_why(page):
    page.locator("#measure").select_option("a")
    row = page.locator("#ranking li", has_text=PLACE)
    assert row.text_content().endswith("tidak ada jiwa miskin")
    row.click()

    profile = page.locator("#profile").inner_text()
    assert "tidak ada jiwa miskin" in profile
    assert "melindungi" not in profile
    assert "supaya tidak ada keluarga yang dapat dikenali" in profile
    assert "tidak ada jiwa miskin" in page.locator("#legend").inner_text()
    assert "disembunyikan, untuk melindungi keluarga" in page.locator("#legend").inner_text()
    assert "–" not in page.locator("#profile .numbers").inner_text()
