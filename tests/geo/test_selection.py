"""A selection covers most poor people within its limit, and minds kecamatan, forced picks and hidden places."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import selection
from geo.errors import ParameterError
from geo.selection import Selection, Task, coverage_curve, exact, greedy, task


def places(poor: list[float], households: list[float], parents: list[str] | None = None) -> pl.DataFrame:
    codes = [f"p{number:03}" for number in range(len(poor))]
    table = {
        "code": codes,
        "parent": parents or ["k"] * len(poor),
        "status": ["shown"] * len(poor),
        "households": households,
        "poor_persons": poor,
        "poor_households": [value / 4 for value in poor],
    }
    return pl.DataFrame(table, schema_overrides={"households": pl.Float64, "poor_persons": pl.Float64})


def codes(chosen: Selection) -> list[str]:
    return [code for code, is_in in zip(chosen.task.codes, chosen.chosen, strict=True) if is_in]


def best_by_trying_all(stated: Task) -> float:
    best = -1.0
    for picks in itertools.product([False, True], repeat=len(stated.codes)):
        chosen = np.array(picks)
        have = np.bincount(stated.group[chosen], minlength=len(stated.least))
        if (
            (have >= stated.least).all()
            and chosen[stated.forced].all()
            and stated.cost[chosen].sum() <= stated.limit + 1e-6
        ):
            best = max(best, stated.gain[chosen].sum())
    return best


def assert_keeps_its_word(chosen: Selection) -> None:
    stated = chosen.task
    assert chosen.cost <= stated.limit * (1 + 1e-9) + 1e-9
    assert (np.bincount(stated.group[chosen.chosen], minlength=len(stated.least)) >= stated.least).all()
    assert chosen.chosen[stated.forced].all()
    assert chosen.gain <= chosen.bound + 1e-6


@st.composite
def tasks(draw: st.DrawFn, most: int = 9) -> Task:
    number = draw(st.integers(1, most))
    of = st.lists(st.integers(0, 60), min_size=number, max_size=number)
    sizes = st.lists(st.integers(1, 60), min_size=number, max_size=number)
    parents = draw(st.lists(st.sampled_from("xyz"), min_size=number, max_size=number))
    table = places([float(v) for v in draw(of)], [float(v) for v in draw(sizes)], parents)
    required = draw(st.lists(st.sampled_from(table["code"].to_list()), max_size=1))
    at_least = draw(st.integers(0, 2))
    by_places = draw(st.booleans())
    limit = draw(st.integers(1, number if by_places else 60 * number))
    try:
        return task(
            table,
            places=limit if by_places else None,
            households=None if by_places else limit,
            at_least=at_least,
            required=required,
        )
    except ParameterError:  # too little for the required places: as much as they need, then
        kind = {"places": number} if by_places else {"households": table["households"].sum()}
        return task(table, at_least=at_least, required=required, **kind)


@settings(deadline=None, max_examples=150)
@given(tasks())
def test_exact_is_the_best_of_all_selections_and_greedy_never_better(stated: Task) -> None:
    best, simple = exact(stated), greedy(stated)
    assert_keeps_its_word(best)
    assert_keeps_its_word(simple)
    assert best.gain == pytest.approx(best_by_trying_all(stated))
    assert best.gain >= simple.gain
    assert best.is_optimal


@settings(deadline=None, max_examples=40)
@given(tasks(most=60))
def test_limits_are_kept_among_many_places(stated: Task) -> None:
    best, simple = exact(stated), greedy(stated)
    assert_keeps_its_word(best)
    assert_keeps_its_word(simple)
    assert best.gain >= simple.gain
    if (stated.cost == 1).all():
        assert best.gain == pytest.approx(
            simple.gain
        )  # places that cost alike: greedy is best, groups or not


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30))
def test_coverage_is_concave_in_the_number_of_places(poor: list[int]) -> None:
    table = places([float(v) for v in poor], [1.0] * len(poor))
    curve = coverage_curve(task(table, places=1))
    assert curve["covered"].to_list() == np.cumsum(sorted(poor, reverse=True)).tolist()
    assert (np.diff(curve["covered"], n=2) <= 1e-9).all()
    if sum(poor):
        assert curve["share"][-1] == pytest.approx(1)


def test_the_most_covered_grows_concavely_with_the_number_of_places() -> None:
    rng = np.random.default_rng(1)
    table = places(rng.uniform(0, 90, 20).tolist(), [1.0] * 20, rng.choice(list("xyz"), 20).tolist())
    most = [exact(task(table, places=number, at_least=2)).gain for number in range(6, 21)]
    assert (np.diff(most) >= 0).all()
    assert (np.diff(most, n=2) <= 1e-6).all()


@settings(deadline=None, max_examples=30)
@given(tasks(most=30))
def test_coverage_is_concave_in_what_is_spent(stated: Task) -> None:
    for curve in (coverage_curve(stated), exact(stated).curve()):
        slope = (curve["gain"] / curve["cost"]).to_numpy()
        assert (np.diff(slope) <= 1e-9).all()
        assert curve["spent"].to_list() == pytest.approx(np.cumsum(curve["cost"]).tolist())


@settings(deadline=None, max_examples=20)
@given(tasks(most=30))
def test_the_same_places_in_any_order_give_the_same_selection(stated: Task) -> None:
    assert exact(stated).chosen.tolist() == exact(stated).chosen.tolist()
    table = places(stated.gain.tolist(), stated.cost.tolist(), [str(g) for g in stated.group])
    one, other = (
        exact(task(version, households=stated.limit))
        for version in (table, table.sample(fraction=1, shuffle=True, seed=3))
    )
    assert codes(one) == codes(other)


def test_a_hidden_place_never_enters_whatever_it_would_cover() -> None:
    table = places([10, 90, 20], [5, 5, 5]).with_columns(
        status=pl.Series(["shown", "hidden", "empty"]), poor_persons=pl.Series([10.0, 90.0, None])
    )
    stated = task(table, places=3)
    assert stated.codes == ("p000",)
    assert codes(exact(stated)) == codes(greedy(stated)) == ["p000"]
    for code, status in (("p001", "hidden"), ("p002", "empty")):
        with pytest.raises(ParameterError, match=f"{code} is {status}"):
            task(table, places=3, required=[code])


def test_every_kecamatan_has_its_places_and_a_small_one_all_it_has() -> None:
    table = places([50, 40, 30, 3, 2, 1], [1] * 6, ["x", "x", "x", "y", "y", "z"])
    assert codes(exact(task(table, places=3))) == ["p000", "p001", "p002"]
    assert codes(exact(task(table, places=4, at_least=1))) == ["p000", "p001", "p003", "p005"]
    assert codes(exact(task(table, places=5, at_least=2))) == ["p000", "p001", "p003", "p004", "p005"]


def test_groups_may_stand_above_the_parent() -> None:
    table = places([9, 8, 1], [1] * 3, ["kel1", "kel2", "kel3"])
    kecamatan = {"p000": "a", "p001": "a", "p002": "b"}
    assert codes(exact(task(table, places=2, group_of=kecamatan, at_least=1))) == ["p000", "p002"]
    with pytest.raises(ParameterError, match="p002 belongs to no group"):
        task(table, places=2, group_of={"p000": "a", "p001": "a"}, at_least=1)


def test_required_places_are_in_and_excluded_ones_out() -> None:
    table = places([50, 40, 30], [1] * 3)
    stated = task(table, places=2, required=["p002"], excluded=["p000"])
    assert codes(exact(stated)) == codes(greedy(stated)) == ["p001", "p002"]
    assert exact(stated).curve()["share"][-1] == pytest.approx(70 / 120)


def test_households_or_persons_may_be_covered() -> None:
    table = places([40, 39], [1, 1]).with_columns(poor_households=pl.Series([5.0, 30.0]))
    assert codes(exact(task(table, places=1))) == ["p000"]
    assert codes(exact(task(table, places=1, cover="poor_households"))) == ["p001"]


def test_households_that_shares_carried_keep_the_budget_to_the_last_fraction() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        table = places(rng.uniform(1, 99, 40).tolist(), rng.uniform(50, 900, 40).tolist())
        assert_keeps_its_word(exact(task(table, households=4000.0)))


def test_without_time_the_greedy_selection_stands_with_what_would_be_possible() -> None:
    rng = np.random.default_rng(2)
    size = rng.integers(100, 900, 400).astype(float)
    stated = task(places((size + rng.integers(1, 9, 400)).tolist(), size.tolist()), households=50_000)
    hurried = exact(stated, time_limit_s=0.0)
    assert_keeps_its_word(hurried)
    assert hurried.gain >= greedy(stated).gain
    assert hurried.bound >= hurried.gain


def test_no_place_to_select_from_covers_nothing() -> None:
    for chosen in (greedy(task(places([], []), places=1)), exact(task(places([], []), places=1))):
        assert (chosen.gain, chosen.cost, chosen.curve().height) == (0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "either a number of places or a number of households"),
        ({"places": 1, "households": 1}, "either a number of places or a number of households"),
        ({"places": 0}, "the limit is 0"),
        ({"households": float("nan")}, "the limit is nan"),
        ({"places": 1, "cover": "m0"}, "cannot cover 'm0'"),
        ({"places": 1, "at_least": -1}, "at least -1"),
        ({"places": 1, "required": ["nowhere"]}, "no place 'nowhere'"),
        ({"places": 1, "required": ["p000"], "excluded": ["p000"]}, "both required and excluded"),
        ({"places": 1, "required": ["p000", "p001"]}, "take 2 places, but the limit is 1"),
        ({"households": 30, "at_least": 2}, "take 60 households, but the limit is 30. Raise the limit to 60"),
    ],
)
def test_what_cannot_be_selected_is_refused_in_words(asked: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        task(places([10, 20, 30], [10, 50, 60]), **asked)  # type: ignore[arg-type]


def test_the_limit_a_message_asks_for_is_enough() -> None:
    table = places([10, 20, 30], [10.4, 50.3, 60.0])
    assert selection.greedy(task(table, households=61, at_least=2)).cost <= 61
