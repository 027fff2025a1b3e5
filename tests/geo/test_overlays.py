"""Polygons beside the register: the share of a place's households within them, and what is told of it."""

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from geo import cells, overlays
from geo.compute import Computed
from geo.context import by_code, places
from geo.disclosure import AUDIENCES, Published
from geo.measures import is_measured
from geo.overlays import Cover
from geo.shares import publish_share
from geo.tabulation import Tabulation

Shares = dict[str, Cover]


@pytest.fixture(scope="module")
def slums(computed: Computed) -> gpd.GeoSeries:
    """Whole kelurahan, a part of another, and an area outside of the kota."""
    outlines = computed.boundaries.units.geometry.to_numpy()[computed.boundaries.rows("kelurahan")]
    west, south, east, north = outlines[5].bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    return gpd.GeoSeries([*outlines[:3], half, shapely.box(0, 0, 1, 1)], crs=4326)


@pytest.fixture(scope="module")
def cover(computed: Computed, slums: gpd.GeoSeries) -> Cover:
    return {
        one.level: by_code(one, overlays.covered_share(slums, one)) for one in places(computed.boundaries)
    }


@pytest.fixture(scope="module")
def shares(computed: Computed, tabulation: Tabulation, cover: Cover) -> Shares:
    return overlays.shares_of_households(
        tabulation, computed.summary.resolution, list(computed.published.values()), cover
    )


def test_households_are_told_by_class_inside_and_outside_and_not_of_hidden_places(
    computed: Computed, shares: Shares, cover: Cover
) -> None:
    for name, run in computed.published.items():
        width = AUDIENCES[name].class_households
        assert set(shares[name]) == set(run.levels)
        for level, published in run.levels.items():
            shown = published.table.filter(pl.col("status") == "shown")
            households = dict(zip(shown["code"], shown["households"], strict=True))
            assert set(shares[name][level]) <= set(households)
            for code, share in shares[name][level].items():
                if not 0 < cover[level].get(code, 0.0) < 1 - 1e-6:
                    continue
                inside = share * households[code]
                middle = (inside - (width - 1) / 2) / width
                top = (households[code] - width) // width * width
                assert inside >= width
                assert inside == pytest.approx((top + households[code]) / 2) or abs(
                    middle - round(middle)
                ) == pytest.approx(0)


def test_a_share_is_near_that_of_the_cells_that_the_households_are_in(
    computed: Computed, tabulation: Tabulation, shares: Shares, cover: Cover
) -> None:
    counts, boundaries = tabulation.restricted
    located = counts.counts.filter(pl.col("cell") > 0)
    measured = is_measured(located["missing"].to_numpy(), computed.summary.specification)
    households = located["households"].to_numpy() * measured
    share_of_cell = np.array(
        [cover["h3-9"].get(code, 0.0) for code in cells.to_text(located["cell"].to_numpy())]
    )
    own = boundaries.ancestors("kota")[located["unit"].to_numpy()]
    assert (own >= 0).all()
    (told,) = shares["planner"]["kota"].values()
    assert told == pytest.approx((households * share_of_cell).sum() / households.sum(), abs=0.005)


def test_what_the_map_tells_anyway_is_told_as_it_is(computed: Computed, shares: Shares, cover: Cover) -> None:
    told = shares["planner"]["kelurahan"]
    assert sum(share == 1.0 for share in told.values()) >= 2
    assert all(
        told[code] == 0.0 for code, covered in cover["kelurahan"].items() if not covered and code in told
    )


def test_few_inside_or_outside_are_not_told_apart(computed: Computed) -> None:
    level: Published = computed.published["public"].levels["kelurahan"]
    shown = level.table["status"] == "shown"
    households = level.table["households"].fill_null(0.0).to_numpy()
    half = np.full(len(households), 0.5)
    for inside in (1.0, 10.0):
        assert publish_share(level, np.where(np.arange(len(half)) == 0, 0.0, inside), half) == {}
    outside = [publish_share(level, households - few, half) for few in (0.0, 1.0, 10.0)]
    assert outside[0] == outside[1] == outside[2]
    assert len(outside[0]) == shown.sum()
