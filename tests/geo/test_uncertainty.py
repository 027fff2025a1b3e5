"""Standard errors against published examples, brute force and repeated draws; shrinkage; survey designs."""

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import svy
from hypothesis import given
from hypothesis import strategies as st

from geo.compute import Computed
from geo.errors import ParameterError
from geo.measures import measure
from geo.specification import Specification
from geo.surveys import survey_measures
from geo.tabulation import Tabulation
from geo.tally import ZoneCounts
from geo.uncertainty import shrink, shrink_counts, standard_errors

Counted = Callable[..., ZoneCounts]
Specify = Callable[..., Specification]
HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)

CASES: Mapping[str, Any] = {
    case["id"]: case for case in json.loads((Path(__file__).parents[1] / "data" / "ranking.json").read_text())
}


def test_the_error_of_m0_is_the_published_one(
    counted: Counted, specify: Specify, oracles: Mapping[str, Any]
) -> None:
    case = oracles["af2011_4person"]["expected"]
    errors = standard_errors(counted(case["g0"]), specify([QUARTER] * 4, HALF))
    assert errors.m0[0] == pytest.approx(0.239356776939085, abs=1e-9)


@given(
    rows=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 1), st.integers(1, 9)), min_size=2, max_size=15)
)
def test_errors_are_the_linearised_ratio_of_the_households(
    counted: Counted, specify: Specify, rows: list[tuple[int, int, int]]
) -> None:
    """Household by household, the last indicator missing in some."""
    deprived = np.array([[mask >> bit & 1 for bit in range(3)] for mask, _, _ in rows])
    missing = np.array([[0, 0, lost] for _, lost, _ in rows])
    persons = np.array([size for _, _, size in rows])
    counts = counted((deprived * (1 - missing)).tolist(), missing=missing.tolist(), persons=persons.tolist())
    errors = standard_errors(counts, specify([THIRD] * 3, Fraction(2, 3)))
    kept = missing.sum(axis=1) == 0
    n, score = persons[kept].astype(float), deprived[kept].sum(axis=1) / 3
    poor = (deprived[kept].sum(axis=1) >= 2).astype(float)
    for name, y, x in (("h", poor, 1.0), ("a", score * poor, poor), ("m0", score * poor, 1.0)):
        found = getattr(errors, name)[0]
        if len(n) < 2 or (n * x).sum() == 0:
            assert np.isnan(found)
            continue
        rate = (n * y).sum() / (n * x).sum()
        variance = len(n) / (len(n) - 1) * (n**2 * (y - rate * x) ** 2).sum() / (n * x).sum() ** 2
        # The tally has sums of squares only, so a variance near 0 is left with the rounding of its terms.
        assert found**2 == pytest.approx(variance, rel=1e-9, abs=1e-12)


def test_errors_tell_how_measures_vary_from_draw_to_draw(counted: Counted, specify: Specify) -> None:
    random = np.random.default_rng(11)
    specification = specify([HALF, HALF], HALF)
    measured, errors = [], []
    for _ in range(30):
        households = 6 * 150
        size = random.integers(1, 8, households)
        chance = np.where(size > 4, 0.4, 0.15)[:, None]
        matrix = (random.random((households, 2)) < chance).astype(int).tolist()
        counts = counted(matrix, persons=size.tolist(), unit=(np.arange(households) % 6).tolist())
        measured.append(measure(counts, specification))
        errors.append(standard_errors(counts, specification))
    for name in ("h", "a", "m0"):
        spread = np.std([getattr(item, name) for item in measured], ddof=1)
        claimed = np.sqrt(np.mean([getattr(item, name) ** 2 for item in errors]))
        # 180 draws estimate a spread to about 5 %.
        assert claimed == pytest.approx(spread, rel=0.15), name


def test_a_zone_without_poor_has_a_stable_error_above_0(counted: Counted, specify: Specify) -> None:
    rows = [[0]] * 10 + [[1], [0]] * 20
    errors = standard_errors(counted(rows, unit=[0] * 10 + [1] * 40), specify([Fraction(1)]))
    assert errors.h[0] == 0
    assert 0 < errors.h_stable[0] < 0.1
    assert errors.h_stable[1] == pytest.approx(errors.h[1], rel=0.05)
    assert np.isnan(errors.h_stable[2])


def test_one_household_gives_no_error_of_its_own(counted: Counted, specify: Specify) -> None:
    errors = standard_errors(counted([[1], [1], [0]], unit=[0, 1, 1]), specify([Fraction(1)]))
    assert np.isnan(errors.h[0])
    assert errors.h_stable[0] > 0


def test_errors_of_a_run_follow_weights_cutoff_and_desil(computed: Computed, tabulation: Tabulation) -> None:
    specification = computed.summary.specification
    counts = tabulation.counts("kelurahan")
    usual = standard_errors(counts, specification)
    assert (usual.h[np.isfinite(usual.h)] > 0).any()
    for changed in (
        standard_errors(counts, specification, cutoff=HALF),
        standard_errors(counts, specification, desils=[1]),
        standard_errors(counts, specification, weights={next(iter(specification.weights)): Fraction(1)}),
    ):
        assert not np.allclose(changed.m0, usual.m0, equal_nan=True)
    whole = standard_errors(tabulation.counts("kota"), specification)
    assert whole.m0[0] < np.nanmin(usual.m0)


# Shrinkage


def test_shrinkage_of_counts_is_that_of_the_english_indices() -> None:
    case = CASES["imd_shrinkage"]
    poor, households = (np.array(case["inputs"][name], float) for name in ("r", "n"))
    result = shrink_counts(poor, households, np.zeros(5, np.int64))
    np.testing.assert_allclose(result.shrunk, case["expected"]["p_star"], atol=case["abs_tol"])
    np.testing.assert_allclose(result.weight, case["expected"]["w"], atol=case["abs_tol"])
    assert result.unshrunk.tolist() == (poor / households).tolist()


def test_each_parent_shrinks_its_own_zones_and_a_zone_alone_keeps_its_rate() -> None:
    poor, households = np.array([3.0, 10, 2, 40, 0, 7]), np.array([20.0, 100, 8, 200, 12, 9])
    together = shrink_counts(poor, households, np.array([1, 0, 1, 0, 1, 2]))
    here = [0, 2, 4]
    alone = shrink_counts(poor[here], households[here], np.zeros(3, np.int64))
    np.testing.assert_allclose(together.shrunk[here], alone.shrunk)
    assert together.shrunk[5] == 7 / 9


def test_shrinkage_by_moments_lowers_the_error_of_small_zones() -> None:
    random = np.random.default_rng(2)
    parent = np.repeat(np.arange(40), 25)
    truth = random.normal(0.2, 0.05, 40)[parent] + random.normal(0, 0.03, 1000)
    errors = random.uniform(0.01, 0.12, 1000)
    result = shrink(truth + errors * random.standard_normal(1000), errors, np.full(1000, 50.0), parent)
    small = errors > 0.06
    before, after = (
        np.mean((values[small] - truth[small]) ** 2) for values in (result.unshrunk, result.shrunk)
    )
    assert after < 0.4 * before
    best = 0.03**2 / (0.03**2 + errors**2)
    assert np.mean(np.abs(result.weight - best)) < 0.15


def test_zones_that_differ_by_chance_only_get_their_parents_rate() -> None:
    rates, errors, persons = (
        np.array([0.2, 0.21, np.nan]),
        np.array([0.1, 0.1, np.nan]),
        np.array([30.0, 10, 0]),
    )
    result = shrink(rates, errors, persons, np.zeros(3, np.int64))
    np.testing.assert_allclose(result.shrunk, [0.2025, 0.2025, np.nan])


def test_more_poor_than_households_is_refused() -> None:
    with pytest.raises(ParameterError, match="fewer than 0 poor"):
        shrink_counts(np.array([3.0]), np.array([2.0]), np.array([0]))


# Surveys


def survey(seed: int = 3) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    stratum = np.repeat([1, 2, 3], 120)
    psu = np.tile(np.repeat(np.arange(12), 10), 3)
    shift = random.normal(0, 0.15, 36)[(stratum - 1) * 12 + psu]
    score = np.clip(random.random(360) * 0.6 + shift, 0, 1).round(3)
    return pl.DataFrame(
        {
            "zone": np.array(["a", "b", "c"])[random.integers(0, 3, 360)],
            "stratum": stratum,
            "psu": psu,
            "weight": random.integers(20, 300, 360),
            "persons": random.integers(1, 8, 360),
            "poor": score >= 1 / 3,
            "score": score,
        }
    )


def test_a_design_of_two_strata_by_hand() -> None:
    """Two strata of two clusters: H = 30/60, terms of the clusters 5, −5 and 10, −10 over 60."""
    sample = pl.DataFrame(
        {
            "zone": ["a"] * 4,
            "stratum": ["x", "x", "y", "y"],
            "psu": [1, 2, 1, 2],
            "weight": [10, 10, 20, 20],
            "persons": [1, 1, 1, 1],
            "poor": [True, False, True, False],
            "score": [0.5, 0.0, 0.5, 0.0],
        }
    )
    row = survey_measures(sample).row(0, named=True)
    assert row["h"] == 0.5
    assert row["h_se"] == pytest.approx(((2 * (5**2 + 5**2) + 2 * (10**2 + 10**2)) / 60**2) ** 0.5)
    # t with two degrees of freedom is 4.303.
    assert row["h_low"] == pytest.approx(1 / (1 + np.exp(4.302653 * row["h_se"] / 0.25)), abs=1e-6)
    assert row["h_low"] + row["h_high"] == pytest.approx(1)
    assert (row["a"], row["a_se"]) == (0.5, 0.0)


def test_errors_agree_with_svy() -> None:
    sample = survey()
    scored = pl.col("poor").cast(pl.Float64)
    table = sample.with_columns(
        whole=(pl.col("weight") * pl.col("persons")).cast(pl.Float64),
        poor=scored,
        censored=scored * pl.col("score"),
        one=pl.lit(1.0),
    )
    reference = svy.Sample(table, svy.Design(stratum="stratum", psu="psu", wgt="whole"))
    ours = survey_measures(sample)
    for figure, y, x in (("h", "poor", "one"), ("a", "censored", "poor"), ("m0", "censored", "one")):
        theirs = reference.estimation.ratio(y=y, x=x, by="zone").to_polars().sort("zone")
        np.testing.assert_allclose(ours[figure], theirs["est"], rtol=1e-9)
        np.testing.assert_allclose(ours[f"{figure}_se"], theirs["se"], rtol=1e-9)
    whole = survey_measures(sample.with_columns(zone=pl.lit("all"))).row(0, named=True)
    share = reference.estimation.prop("poor").to_polars()
    poor = share.filter(pl.col("poor").cast(pl.Float64) == 1).row(0, named=True)
    assert (whole["h_low"], whole["h_high"]) == pytest.approx((poor["lci"], poor["uci"]), rel=1e-9)


def test_equal_weights_without_design_give_the_errors_of_a_register(
    counted: Counted, specify: Specify
) -> None:
    random = np.random.default_rng(8)
    matrix, size = random.integers(0, 2, (50, 2)), random.integers(1, 6, 50)
    register = standard_errors(counted(matrix.tolist(), persons=size.tolist()), specify([HALF, HALF], HALF))
    score = matrix.mean(axis=1)
    sample = pl.DataFrame(
        {"zone": ["a"] * 50, "weight": [7] * 50, "persons": size, "poor": score >= 0.5, "score": score}
    )
    row = survey_measures(sample).row(0, named=True)
    assert (row["h_se"], row["a_se"], row["m0_se"]) == pytest.approx(
        (register.h[0], register.a[0], register.m0[0]), rel=1e-9
    )


def test_samples_that_cannot_be_measured_are_refused() -> None:
    sample = survey()
    with pytest.raises(ParameterError, match="no column 'weight'"):
        survey_measures(sample.drop("weight"))
    with pytest.raises(ParameterError, match="stratum 3 has one cluster"):
        survey_measures(sample.filter((pl.col("stratum") < 3) | (pl.col("psu") == 4)))
    with pytest.raises(ParameterError, match="'score' of the sample has empty"):
        survey_measures(sample.with_columns(score=pl.lit(None, pl.Float64)))
    with pytest.raises(ParameterError, match="negative"):
        survey_measures(sample.with_columns(weight=-pl.col("weight")))
    with pytest.raises(ParameterError, match="fewer than two"):
        survey_measures(sample.head(1))
    with pytest.raises(ParameterError, match=r"0\.95"):
        survey_measures(sample, confidence=95.0)


def test_a_zone_without_poor_has_no_intensity_and_no_interval() -> None:
    sample = survey().with_columns(poor=pl.col("poor") & (pl.col("zone") != "c"))
    row = survey_measures(sample).row(2, named=True)
    assert (row["h"], row["h_se"], row["h_low"], row["a"], row["a_se"]) == (0.0, 0.0, None, None, None)
