"""What each audience may see: thresholds at their edges, and nothing to be had by subtracting."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import ranking
from geo.compute import Computed
from geo.disclosure import (
    PLANNER,
    PUBLIC,
    ZONE_COLUMNS,
    Audience,
    Published,
    figure_columns,
    publish,
    resolutions,
)
from geo.measures import Measures
from geo.zones import Zones

Counts = Sequence[tuple[int, int]]  # households, poor households of each zone


def zones_of(level: str, parent: Sequence[int]) -> Zones:
    number = len(parent)
    return Zones(
        level=level,
        codes=[f"{level}{place}" for place in range(number)],
        names=[f"{level} {place}" for place in range(number)],
        parent=np.array(parent, dtype=np.int64),
        parent_codes=[None if above < 0 else str(above) for above in parent],
        area_km2=np.ones(number),
        geometry=np.array([shapely.box(place, 0, place + 1, 1) for place in range(number)], dtype=object),
    )


def measures_of(level: str, counts: Counts) -> Measures:
    households, poor = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    rate = np.where(households > 0, poor / np.maximum(households, 1), np.nan)
    indicator = rate[:, None]
    return Measures(
        level=level,
        zones=np.arange(len(counts), dtype=np.uint64),
        indicators=("x",),
        read=households,
        left_out=np.zeros(len(counts)),
        households=households,
        persons=households * 4,
        modelled_share=np.where(households > 0, 0.0, np.nan),
        poor_households=poor,
        poor_persons=poor * 4,
        h=rate,
        a=np.where(poor > 0, 0.5, np.nan),
        m0=rate / 2,
        vulnerable=rate,
        severe=rate,
        uncensored=indicator,
        censored=indicator,
        contribution=indicator,
        observed=households[:, None] * 4,
        weights=np.ones(1),
    )


def one_level(counts: Counts, audience: Audience, level: str = "kelurahan") -> pl.DataFrame:
    parent = [-1] * len(counts)
    return publish([[(zones_of(level, parent), measures_of(level, counts))]], audience)[level].table


def alone(households: int, poor: int, audience: Audience, level: str = "kelurahan") -> str:
    return str(one_level([(households, poor)], audience, level)["status"].item())


# Thresholds


@pytest.mark.parametrize(
    ("households", "poor", "public", "planner"),
    [
        (100, 0, "shown", "shown"),
        (100, 1, "hidden", "hidden"),
        (100, 4, "hidden", "hidden"),
        (100, 5, "hidden", "shown"),
        (100, 10, "hidden", "shown"),
        (100, 11, "shown", "shown"),
        (100, 89, "shown", "shown"),
        (100, 90, "hidden", "shown"),
        (100, 95, "hidden", "shown"),
        (100, 96, "hidden", "hidden"),
        (100, 99, "hidden", "hidden"),
        (100, 100, "shown", "shown"),
        (9, 0, "hidden", "hidden"),
        (10, 5, "hidden", "shown"),
        (19, 0, "hidden", "shown"),
        (20, 0, "shown", "shown"),
        (1, 1, "hidden", "hidden"),
        (0, 0, "empty", "empty"),
    ],
)
def test_thresholds_of_a_unit(households: int, poor: int, public: str, planner: str) -> None:
    assert alone(households, poor, PUBLIC) == public
    assert alone(households, poor, PLANNER) == planner


def test_cells_need_more_households() -> None:
    assert [alone(n, 0, PUBLIC, "h3-8") for n in (29, 30)] == ["hidden", "shown"]
    assert [alone(n, 0, PLANNER, "h3-9") for n in (19, 20)] == ["hidden", "shown"]


def test_resolutions_of_an_audience() -> None:
    assert resolutions(PUBLIC, 10) == (8,)
    assert resolutions(PLANNER, 10) == (8, 9)
    assert resolutions(PLANNER, 8) == (8,)


def test_a_modelled_fraction_of_a_household_is_a_few() -> None:
    level = "h3-9"
    measures = measures_of(level, [(100, 0)])
    zones = zones_of(level, [-1])
    for poor, status in ((0.4, "hidden"), (4.9, "hidden"), (5.0, "shown"), (1e-12, "shown")):
        measures.poor_households[0] = poor
        assert publish([[(zones, measures)]], PLANNER)[level].table["status"].item() == status


# Hidden rows


def test_a_hidden_or_empty_row_carries_nothing() -> None:
    table = one_level([(100, 3), (100, 50), (100, 50), (0, 0)], PUBLIC)
    assert table["status"].to_list() == ["hidden", "hidden", "shown", "empty"]
    figures = [
        name
        for name in (*ZONE_COLUMNS, *figure_columns(["x"]))
        if name not in ("code", "name", "parent", "status", "reason", "area_km2")
    ]
    for row in table.filter(pl.col("status") != "shown").select(figures).rows():
        assert set(row) == {None}
    exact = ["households", "persons", "poor_households", "poor_persons", "poor_per_km2", "h", "a", "m0"]
    assert table.filter(pl.col("status") == "shown").select(exact).null_count().sum_horizontal().item() == 0


def test_intensity_where_nobody_is_poor_is_null_and_not_zero() -> None:
    row = one_level([(100, 0)], PUBLIC).row(0, named=True)
    assert (row["status"], row["h"], row["a"]) == ("shown", 0.0, None)


def test_published_tables_come_from_disclosure_only() -> None:
    table = one_level([(100, 50)], PUBLIC)
    for seal in (None, object(), "seal"):
        with pytest.raises(TypeError, match=r"geo\.disclosure only"):
            Published(PUBLIC, "kelurahan", ("x",), table, np.empty(0, dtype=object), seal)


# Complementary suppression


def statuses(published: dict[str, Published], level: str) -> str:
    return "".join(status[0] for status in published[level].table["status"])


def test_every_hidden_place_gives_the_same_reason() -> None:
    table = one_level([(100, 3), (100, 97), (9, 0), (100, 50), (300, 100)], PUBLIC)
    assert set(table.filter(pl.col("status") == "hidden")["reason"]) == {"protected"}
    assert table.filter(pl.col("status") == "shown")["reason"].is_null().all()


def test_a_second_sibling_is_hidden_the_smallest() -> None:
    top = zones_of("kota", [-1]), measures_of("kota", [(603, 203)])
    below = (
        zones_of("kelurahan", [0, 0, 0, 0]),
        measures_of("kelurahan", [(103, 3), (300, 100), (100, 50), (100, 50)]),
    )
    assert statuses(publish([[top, below]], PUBLIC), "kelurahan") == "hshs"


def test_what_hidden_siblings_add_up_to_is_itself_large_enough() -> None:
    table = one_level([(100, 2), (100, 3), (150, 40), (200, 60)], PUBLIC)
    assert table["status"].to_list() == ["hidden", "hidden", "hidden", "shown"]


def test_nobody_poor_far_and_wide_hides_no_more_than_needed() -> None:
    """A place with too few households, none of them poor, needs a partner; that nobody is poor may be known."""
    table = one_level([(9, 0), (100, 0), (120, 0), (140, 0)], PUBLIC)
    assert table["status"].to_list() == ["hidden", "hidden", "shown", "shown"]


def test_a_hidden_parent_hides_its_children() -> None:
    top = zones_of("kecamatan", [-1, -1, -1]), measures_of("kecamatan", [(200, 4), (400, 200), (900, 300)])
    below = (
        zones_of("kelurahan", [0, 0, 1, 1, 2, 2]),
        measures_of("kelurahan", [(100, 0), (100, 4), (200, 100), (200, 100), (450, 150), (450, 150)]),
    )
    published = publish([[top, below]], PUBLIC)
    assert statuses(published, "kecamatan") == "hhs"
    assert statuses(published, "kelurahan") == "hhhhss"


Tree = list[tuple[list[int], list[tuple[int, int]]]]  # parent and counts of each level, coarse to fine

_LEAF = st.one_of(
    st.tuples(st.integers(0, 60), st.integers(0, 12)), st.tuples(st.integers(30, 400), st.integers(0, 150))
).map(lambda pair: (pair[0], min(pair)))


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """One kota, some kecamatan, kelurahan in each; counts add up."""
    districts = draw(st.lists(st.lists(_LEAF, min_size=1, max_size=6), min_size=1, max_size=5))
    leaves = [leaf for district in districts for leaf in district]
    sums = [(sum(n for n, _ in district), sum(p for _, p in district)) for district in districts]
    total = (sum(n for n, _ in sums), sum(p for _, p in sums))
    parent = [place for place, district in enumerate(districts) for _ in district]
    return [([-1], [total]), ([0] * len(sums), sums), (parent, leaves)]


LEVELS = ("kota", "kecamatan", "kelurahan")


def published_tree(tree: Tree, audience: Audience) -> list[pl.DataFrame]:
    hierarchy = [
        (zones_of(level, parent), measures_of(level, counts))
        for level, (parent, counts) in zip(LEVELS, tree, strict=True)
    ]
    return [published.table for published in publish([hierarchy], audience).values()]


@given(tree=trees())
def test_the_public_sees_no_small_number_that_a_planner_does_not(tree: Tree) -> None:
    for table, (_, counts) in zip(published_tree(tree, PUBLIC), tree, strict=True):
        small = [n < 10 or 0 < p < 5 or 0 < n - p < 5 for n, p in counts]
        assert set(table.filter(pl.Series(small))["status"]) <= {"hidden", "empty"}


def test_a_real_run_hides_some_cells_and_nothing_leaks_from_their_parents(computed: Computed) -> None:
    levels = computed.published["planner"].levels
    cells = levels["h3-9"].table
    assert cells["status"].value_counts().height >= 2
    shown = levels["h3-8"].table.filter(pl.col("status") == "shown")
    hidden = cells.filter(pl.col("status") == "hidden").group_by("parent").len()
    under_shown = hidden.join(shown, left_on="parent", right_on="code", how="semi")
    assert (under_shown["len"] >= 2).all()


@pytest.mark.parametrize("audience", [PUBLIC, PLANNER], ids=lambda audience: audience.name)
def test_filters_sorts_and_counts_see_protected_values_only(computed: Computed, audience: Audience) -> None:
    """Whoever filters, sorts or counts has a Published table, in which a hidden zone has nothing to go by."""
    for published in computed.published[audience.name].levels.values():
        table = published.table
        hidden = set(table.filter(pl.col("status") == "hidden")["code"])
        for name in table.columns:
            if name == "area_km2" or not table.schema[name].is_numeric():
                continue
            assert hidden.isdisjoint(table.filter((pl.col(name) >= 0) | (pl.col(name) < 0))["code"])
            assert hidden.isdisjoint(ranking.rank(table, name)["code"])
        alike = table.filter(pl.col("status") == "hidden").drop("code", "name", "parent", "area_km2")
        assert alike.n_unique() <= 1
