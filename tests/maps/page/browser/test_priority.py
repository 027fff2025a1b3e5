"""Places that may or may not be among the poorest: hatched on the map, said in the profile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page

from geo import disclosure
from geo.disclosure import Published, PublishedRun
from maps.planner import planner_file
from tests.maps.page.browser.conftest import WIDE
from tests.maps.page.browser.test_planner_page import painted


@pytest.fixture
def page(planner_run: PublishedRun, open_page: Callable[..., Page], tmp_path: Path) -> Page:
    level = planner_run.levels["kelurahan"]
    rank = pl.col("m0").rank("min", descending=True).cast(pl.Int64)
    table = level.table.with_columns(rank_low=(rank - 3).clip(1), rank_high=(rank + 3).clip(upper_bound=68))
    known = Published(level.audience, level.level, level.indicators, table, level.geometry, disclosure._SEAL)
    path = tmp_path / "peta.html"
    run = replace(planner_run, levels={**planner_run.levels, "kelurahan": known})
    path.write_text(planner_file(run), encoding="utf-8")
    return open_page(path.as_uri(), WIDE)


def test_a_place_whose_interval_holds_the_end_of_the_list_is_hatched(page, ranked):
    for rank, words, is_hatched in (
        (11, "pasti termasuk 14 termiskin", False),
        (12, "mungkin termasuk 14 termiskin", True),
        (17, "mungkin termasuk 14 termiskin", True),
        (18, "tidak termasuk 14 termiskin", False),
    ):
        colours = painted(page, ranked[rank - 1]["index"], size=12)
        page.locator("#ranking li").nth(rank - 1).click()
        assert page.locator("#profile .priority").inner_text() == words
        assert (len(colours) > 2) is is_hatched
        page.keyboard.press("Escape")


def test_only_the_measure_that_the_intervals_are_of_is_hatched(page):
    assert "mungkin termasuk 14 termiskin" in page.locator("#legend").inner_text()
    page.locator("#measure").select_option("h")
    assert "mungkin" not in page.locator("#legend").inner_text()
    page.locator("#ranking li").first.click()
    assert page.locator("#profile .priority").count() == 0
