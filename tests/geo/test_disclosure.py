"""What each audience may see: thresholds at their edges, and nothing to be had by subtracting."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

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
    )


def one_level(counts: Counts, audience: Audience, level: str = "kelurahan") -> pl.DataFrame:
    parent = [-1] * len(counts)
    return publish([(zones_of(level, parent), measures_of(level, counts))], audience)[level].table


def alone(households: int, poor: int, audience: Audience, level: str = "kelurahan") -> str:
    row = one_level([(households, poor)], audience, level).row(0, named=True)
    return row["reason"] or row["status"]


# Thresholds


@pytest.mark.parametrize(
    ("households", "poor", "public", "planner"),
    [
        (100, 0, "shown", "shown"),
        (100, 1, "few_poor", "few_poor"),
        (100, 4, "few_poor", "few_poor"),
        (100, 5, "few_poor", "shown"),
        (100, 10, "few_poor", "shown"),
        (100, 11, "shown", "shown"),
        (100, 89, "shown", "shown"),
        (100, 90, "few_not_poor", "shown"),
        (100, 95, "few_not_poor", "shown"),
        (100, 96, "few_not_poor", "few_not_poor"),
        (100, 99, "few_not_poor", "few_not_poor"),
        (100, 100, "shown", "shown"),
        (9, 0, "few_households", "few_households"),
        (10, 5, "few_households", "shown"),
        (19, 0, "few_households", "shown"),
        (20, 0, "shown", "shown"),
        (1, 1, "few_households", "few_households"),
        (0, 0, "empty", "empty"),
    ],
)
def test_thresholds_of_a_unit(households: int, poor: int, public: str, planner: str) -> None:
    assert alone(households, poor, PUBLIC) == public
    assert alone(households, poor, PLANNER) == planner


def test_cells_need_more_households() -> None:
    assert [alone(n, 0, PUBLIC, "h3-8") for n in (29, 30)] == ["few_households", "shown"]
    assert [alone(n, 0, PLANNER, "h3-9") for n in (19, 20)] == ["few_households", "shown"]


def test_resolutions_of_an_audience() -> None:
    assert resolutions(PUBLIC, 10) == (8,)
    assert resolutions(PLANNER, 10) == (8, 9)
    assert resolutions(PLANNER, 8) == (8,)


def test_a_modelled_fraction_of_a_household_is_a_few() -> None:
    level = "h3-9"
    measures = measures_of(level, [(100, 0)])
    zones = zones_of(level, [-1])
    for poor, reason in ((0.4, "few_poor"), (4.9, "few_poor"), (5.0, None), (1e-12, None)):
        measures.poor_households[0] = poor
        assert publish([(zones, measures)], PLANNER)[level].table["reason"].item() == reason


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
    assert table.filter(pl.col("status") == "shown").select(figures).null_count().sum_horizontal().item() == 0


def test_intensity_where_nobody_is_poor_is_null_and_not_zero() -> None:
    row = one_level([(100, 0)], PUBLIC).row(0, named=True)
    assert (row["status"], row["h"], row["a"]) == ("shown", 0.0, None)


def test_published_tables_come_from_disclosure_only() -> None:
    table = one_level([(100, 50)], PUBLIC)
    for seal in (None, object(), "seal"):
        with pytest.raises(TypeError, match=r"geo\.disclosure only"):
            Published(PUBLIC, "kelurahan", ("x",), table, np.empty(0, dtype=object), seal)


# Complementary suppression


def test_a_second_sibling_is_hidden_the_smallest() -> None:
    top = zones_of("kota", [-1]), measures_of("kota", [(603, 203)])
    below = (
        zones_of("kelurahan", [0, 0, 0, 0]),
        measures_of("kelurahan", [(103, 3), (300, 100), (100, 50), (100, 50)]),
    )
    table = publish([top, below], PUBLIC)["kelurahan"].table
    assert table["reason"].to_list() == ["few_poor", None, "complementary", None]


def test_what_hidden_siblings_add_up_to_is_itself_large_enough() -> None:
    counts = [(100, 2), (100, 3), (150, 40), (200, 60)]
    table = one_level(counts, PUBLIC)
    assert table["reason"].to_list() == ["few_poor", "few_poor", "complementary", None]


@pytest.mark.parametrize(
    "few",
    [[(100, 10), (100, 10)], [(100, 1)] * 11, [(100, 90), (100, 90)]],
    ids=["all at the most", "all at the least", "all at the most not poor"],
)
def test_the_reasons_and_the_total_together_give_nothing_away(few: list[tuple[int, int]]) -> None:
    """Two places named 'few poor' (1 to 10) that add up to 20 hold exactly 10 each."""
    table = one_level([*few, (300, 100), (400, 100)], PUBLIC)
    assert table["reason"].to_list()[-2:] == ["complementary", None]


def test_a_hidden_parent_hides_its_children() -> None:
    top = zones_of("kecamatan", [-1, -1, -1]), measures_of("kecamatan", [(200, 4), (400, 200), (900, 300)])
    below = (
        zones_of("kelurahan", [0, 0, 1, 1, 2, 2]),
        measures_of("kelurahan", [(100, 0), (100, 4), (200, 100), (200, 100), (450, 150), (450, 150)]),
    )
    published = publish([top, below], PUBLIC)
    assert published["kecamatan"].table["reason"].to_list() == ["few_poor", "complementary", None]
    assert published["kelurahan"].table["reason"].to_list() == [
        "parent_hidden",
        "few_poor",
        "parent_hidden",
        "parent_hidden",
        None,
        None,
    ]


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
    return [published.table for published in publish(hierarchy, audience).values()]


@given(tree=trees(), audience=st.sampled_from([PUBLIC, PLANNER]))
@settings(max_examples=200)
def test_hidden_children_of_a_shown_parent_are_none_or_at_least_two_and_large_enough(
    tree: Tree, audience: Audience
) -> None:
    tables = published_tree(tree, audience)
    for upper, table, (parent, counts) in zip(tables, tables[1:], tree[1:], strict=False):
        for place, status in enumerate(upper["status"]):
            children = [child for child, above in enumerate(parent) if above == place and counts[child][0]]
            hidden = [child for child in children if table["status"][child] == "hidden"]
            if status == "hidden":
                assert hidden == children
                continue
            if not hidden:
                continue
            assert len(hidden) >= 2
            poor = sum(counts[child][1] for child in hidden)
            not_poor = sum(counts[child][0] for child in hidden) - poor
            assert hidden == children or min(poor, not_poor) > audience.hidden_up_to


def known_to_an_attacker(tree: Tree, tables: list[pl.DataFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Return all that the tables and the additivity of levels say of the numbers of poor, as equations."""
    start = np.cumsum([0, *(len(parent) for parent, _ in tree)])
    equations, totals = [], []

    def equation(terms: dict[int, float], total: float) -> None:
        row = np.zeros(start[-1])
        row[list(terms)] = list(terms.values())
        equations.append(row)
        totals.append(total)

    for depth, table in enumerate(tables):
        for place, (status, shown) in enumerate(table.select("status", "poor_households").rows()):
            if status != "hidden":
                equation({start[depth] + place: 1}, shown or 0)
    for depth, (parent, _) in enumerate(tree[1:], start=1):
        for above in range(len(tree[depth - 1][0])):
            below = {start[depth] + place: 1.0 for place, own in enumerate(parent) if own == above}
            equation({start[depth - 1] + above: -1, **below}, 0)
    return np.array(equations), np.array(totals)


def hidden_places(tree: Tree, tables: list[pl.DataFrame]) -> list[int]:
    """Return the hidden places, but those under a shown total of nobody poor."""
    places, first = [], 0
    for depth, (parent, _) in enumerate(tree):
        for place, above in enumerate(parent):
            nobody = above >= 0 and tables[depth - 1]["poor_households"][above] == 0
            if tables[depth]["status"][place] == "hidden" and not nobody:
                places.append(first + place)
        first += len(parent)
    return places


@given(tree=trees(), audience=st.sampled_from([PUBLIC, PLANNER]))
def test_an_attacker_who_subtracts_recovers_no_hidden_number(tree: Tree, audience: Audience) -> None:
    tables = published_tree(tree, audience)
    equations, totals = known_to_an_attacker(tree, tables)
    for place in hidden_places(tree, tables):
        objective = np.zeros(equations.shape[1])
        objective[place] = 1
        least = linprog(objective, A_eq=equations, b_eq=totals)
        most = linprog(-objective, A_eq=equations, b_eq=totals)
        assert least.status == 0
        assert most.status != 0 or -most.fun - least.fun >= 1


@given(tree=trees())
def test_the_public_sees_nothing_that_a_planner_does_not(tree: Tree) -> None:
    for public, planner in zip(published_tree(tree, PUBLIC), published_tree(tree, PLANNER), strict=True):
        small = (planner["reason"].is_in(["few_poor", "few_not_poor", "few_households"])).fill_null(False)
        assert (public.filter(small)["status"] == "hidden").all()


def test_a_real_run_hides_some_cells_and_nothing_leaks_from_their_parents(computed: Computed) -> None:
    levels = computed.published["planner"].levels
    cells = levels["h3-9"].table
    assert cells["status"].value_counts().height >= 2
    shown = levels["h3-8"].table.filter(pl.col("status") == "shown")
    hidden = cells.filter(pl.col("status") == "hidden").group_by("parent").len()
    under_shown = hidden.join(shown, left_on="parent", right_on="code", how="semi")
    assert (under_shown["len"] >= 2).all()
