"""Alkire-Foster measures: published examples, exact ties, and the laws that hold for any register."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ParameterError, SpecificationError
from geo.measures import Measures, is_poor, measure, scores
from geo.specification import Specification, load
from geo.tally import ZoneCounts

Counted = Callable[..., ZoneCounts]
Specify = Callable[..., Specification]
Oracles = Mapping[str, Mapping[str, Any]]

HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)


def first(measures: Measures) -> dict[str, float]:
    return {name: float(getattr(measures, name)[0]) for name in ("h", "a", "m0")}


# Published examples


def test_alkire_and_foster_2011_four_persons(counted: Counted, specify: Specify, oracles: Oracles) -> None:
    case = oracles["af2011_4person"]
    achievements, lines = np.array(case["inputs"]["X"]), np.array(case["inputs"]["z"])
    matrix = (achievements < lines).astype(int).tolist()
    expected, tolerance = case["expected"], case["abs_tol"]
    assert matrix == expected["g0"]
    result = measure(counted(matrix), specify([QUARTER] * 4, HALF))
    assert first(result) == pytest.approx(
        {"h": expected["H"], "a": expected["A"], "m0": expected["M0"]}, abs=tolerance
    )
    assert result.uncensored[0] == pytest.approx(expected["uncensored"], abs=tolerance)
    assert result.censored[0] == pytest.approx(expected["censored"], abs=tolerance)
    assert result.contribution[0] == pytest.approx(expected["pct_contribution"], abs=tolerance)
    for k, m0 in expected["M0_by_k"].items():
        again = measure(counted(matrix), specify([QUARTER] * 4), cutoff=Fraction(k))
        assert again.m0[0] == pytest.approx(m0, abs=tolerance)


def test_mpitbr_vignette_five_persons(counted: Counted, specify: Specify, oracles: Oracles) -> None:
    case = oracles["mpitbR_vignette_5person"]
    expected, tolerance = case["expected"], case["abs_tol"]
    result = measure(counted(case["inputs"]["g0"]), specify([QUARTER] * 4, HALF))
    assert first(result) == pytest.approx(
        {"h": expected["H"], "a": expected["A"], "m0": expected["M0"]}, abs=tolerance
    )
    assert result.uncensored[0] == pytest.approx(expected["uncensored"], abs=tolerance)
    assert result.censored[0] == pytest.approx(expected["censored"], abs=tolerance)
    assert result.censored[0] / 4 == pytest.approx(expected["absc"], abs=tolerance)
    assert result.contribution[0] == pytest.approx(expected["pct"], abs=tolerance)


def test_households_weigh_by_their_size(counted: Counted, specify: Specify, oracles: Oracles) -> None:
    case = oracles["hhsize_weighting"]
    matrix, size, expected = case["inputs"]["g0"], case["inputs"]["household_size"], case["expected"]
    by_person = measure(counted(matrix, persons=size), specify([THIRD] * 3))
    by_household = measure(counted(matrix), specify([THIRD] * 3))
    assert first(by_person) == pytest.approx(
        {"h": expected["person_H"], "a": expected["person_A"], "m0": expected["person_M0"]}, abs=1e-12
    )
    assert by_household.h[0] == pytest.approx(expected["household_H"], abs=1e-12)
    assert by_household.m0[0] == pytest.approx(expected["household_M0"], abs=1e-12)
    assert by_person.poor_households[0] == 3
    assert by_person.poor_persons[0] == 10


def test_a_household_exactly_at_the_cutoff_is_poor(
    counted: Counted, specify: Specify, oracles: Oracles
) -> None:
    inputs = oracles["tie_at_one_third"]["inputs"]
    weights = [Fraction(text) for text in inputs["weights"]]
    assert measure(counted([inputs["g0"]]), specify(weights, THIRD)).h[0] == 1.0
    tenths = [Fraction(1, 10)] * 10
    three_of_ten = [1, 1, 1] + [0] * 7
    assert measure(counted([three_of_ten]), specify(tenths, Fraction(3, 10))).h[0] == 1.0


def test_r_package_mpi_example_overall_and_by_region(
    counted: Counted, specify: Specify, oracles: Oracles
) -> None:
    case = oracles["MPI_pkg_examplePovertydf"]
    matrix, region, expected = case["inputs"]["g0"], case["inputs"]["region"], case["expected"]
    specification = specify([Fraction(1, 11)] * 11, Fraction(3, 11))
    names = sorted(set(region))
    unit = [names.index(name) for name in region]
    whole = measure(counted(matrix, unit=unit, level="kota"), specification)
    assert first(whole) == pytest.approx(
        {"h": expected["H"], "a": expected["A"], "m0": expected["M0"]}, abs=1e-12
    )
    for kind in ("contribution", "uncensored", "censored"):
        assert getattr(whole, kind)[0] == pytest.approx(expected[kind], abs=1e-12)
    parts = measure(counted(matrix, unit=unit), specification)
    for position, name in enumerate(names):
        row = expected["by_region"][name]
        assert parts.households[position] == row["total"]
        assert parts.poor_households[position] == row["poors"]
        assert [parts.h[position], parts.a[position], parts.m0[position]] == pytest.approx(
            [row["H"], row["A"], row["M0"]], abs=1e-12
        )


def test_same_m0_from_many_less_poor_or_few_poorer(
    counted: Counted, specify: Specify, oracles: Oracles
) -> None:
    case = oracles["ophi_book_box5_5_same_M0"]

    def rows(scores_: Sequence[float]) -> list[list[int]]:
        return [[1] * round(4 * score) + [0] * (4 - round(4 * score)) for score in scores_]

    for name in ("X", "Xprime"):
        result = measure(counted(rows(case["inputs"][f"c_{name}"])), specify([QUARTER] * 4, HALF))
        expected = case["expected"][name]
        assert first(result) == pytest.approx(
            {"h": expected["H"], "a": expected["A"], "m0": expected["M0"]}, abs=1e-12
        )


# Exactness


@pytest.mark.parametrize("cutoff", [HALF, Fraction(2, 5), THIRD], ids=str)
def test_every_pattern_of_the_default_falls_on_the_side_that_fractions_say(cutoff: Fraction) -> None:
    default = load("default")
    ids = list(default.weights)
    emphasis = {name: Fraction(1 + place % 3) for place, name in enumerate(ids)}
    total = sum(emphasis.values())
    patterns = np.arange(4096, dtype=np.uint32)
    for weights in (default.weights, {name: value / total for name, value in emphasis.items()}):
        exact = [
            sum((w for bit, w in enumerate(weights.values()) if pattern >> bit & 1), Fraction(0))
            for pattern in range(4096)
        ]
        assert is_poor(
            patterns,
            np.zeros_like(patterns),
            Specification(
                **{
                    name: getattr(default.with_weights(weights), name)
                    for name in ("name", "label", "dimensions", "indicators", "vulnerable", "severe")
                },
                cutoff=cutoff,
            ),
        ).tolist() == [score >= cutoff for score in exact]
        whole, (line,), denominator = scores(patterns, weights, cutoff)
        assert [Fraction(int(score), denominator) for score in whole] == exact
        assert Fraction(line, denominator) == cutoff


def test_weights_too_fine_to_compare_exactly_are_refused(counted: Counted, specify: Specify) -> None:
    odd = Fraction(1, 1_000_000_007)
    with pytest.raises(ParameterError, match="common denominator"):
        measure(counted([[1, 0]]), specify([odd, 1 - odd]))


# Laws

_PERSONS = st.integers(1, 12)
_ROWS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 15), _PERSONS, st.integers(0, 5), st.integers(0, 10)),
    min_size=1,
    max_size=30,
)
_WEIGHTS = st.lists(st.integers(0, 6), min_size=4, max_size=4).filter(any)
_CUTOFFS = st.sampled_from([Fraction(1, 5), QUARTER, THIRD, Fraction(2, 5), HALF, Fraction(1)])
Rows = list[tuple[int, int, int, int, int]]


def weighted(specify: Specify, parts: Sequence[int], cutoff: Fraction) -> Specification:
    return specify([Fraction(part, sum(parts)) for part in parts], cutoff)


def bits(value: int) -> list[int]:
    return [value >> place & 1 for place in range(4)]


def counted_rows(counted: Counted, rows: Rows, level: str = "kelurahan") -> ZoneCounts:
    """Count rows of (deprived, missing, persons, unit, desil); a pattern is never both."""
    return counted(
        [bits(deprived & ~missing) for deprived, missing, *_ in rows],
        missing=[bits(missing) for _, missing, *_ in rows],
        persons=[persons for _, _, persons, _, _ in rows],
        unit=[unit for *_, unit, _ in rows],
        desil=[desil for *_, desil in rows],
        level=level,
    )


def same(left: Measures, right: Measures) -> None:
    for name in ("read", "left_out", "households", "persons", "h", "a", "m0", "vulnerable", "severe"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


@given(rows=_ROWS, parts=_WEIGHTS, cutoff=_CUTOFFS)
def test_measures_agree_with_counting_households_one_by_one(
    counted: Counted, specify: Specify, rows: Rows, parts: list[int], cutoff: Fraction
) -> None:
    specification = weighted(specify, parts, cutoff)
    result = measure(counted_rows(counted, rows), specification)
    retained = sum(1 << place for place, part in enumerate(parts) if part)
    for unit in range(6):
        inside = [row for row in rows if row[3] == unit]
        kept = [(row, row[0] & ~row[1]) for row in inside if not row[1] & retained]
        score = [
            sum((w for w, bit in zip(specification.weights.values(), bits(deprived), strict=True) if bit), 0)
            for _, deprived in kept
        ]
        persons = sum(row[2] for row, _ in kept)
        poor = [(row[2], value) for (row, _), value in zip(kept, score, strict=True) if value >= cutoff]
        assert result.read[unit] == len(inside)
        assert result.left_out[unit] == len(inside) - len(kept)
        assert result.persons[unit] == persons
        assert result.poor_persons[unit] == sum(size for size, _ in poor)
        assert result.poor_households[unit] == len(poor)
        if persons:
            assert result.m0[unit] == pytest.approx(
                float(sum(size * value for size, value in poor) / persons)
            )
            at_least_half = sum(row[2] for (row, _), value in zip(kept, score, strict=True) if value >= HALF)
            assert result.severe[unit] == pytest.approx(at_least_half / persons)
            between = sum(
                row[2]
                for (row, _), value in zip(kept, score, strict=True)
                if Fraction(1, 5) <= value < cutoff
            )
            assert result.vulnerable[unit] == pytest.approx(between / persons)
        else:
            assert np.isnan(result.m0[unit])


@given(rows=_ROWS, parts=_WEIGHTS, cutoff=_CUTOFFS)
def test_m0_is_h_times_a_and_the_sum_of_weighted_censored_headcounts(
    counted: Counted, specify: Specify, rows: Rows, parts: list[int], cutoff: Fraction
) -> None:
    specification = weighted(specify, parts, cutoff)
    rows = [(deprived, 0, *rest) for deprived, _, *rest in rows]  # type: ignore[misc]
    result = measure(counted_rows(counted, rows), specification)
    poor = result.poor_persons > 0
    assert (result.h * result.a)[poor] == pytest.approx(result.m0[poor])
    shares = np.array([float(weight) for weight in specification.weights.values()])
    people = result.persons > 0
    assert (result.censored * shares).sum(axis=1)[people] == pytest.approx(result.m0[people])
    assert result.contribution[poor].sum(axis=1) == pytest.approx(1.0)
    assert np.isnan(result.a[~poor]).all()
    assert np.isnan(result.contribution[~poor]).all()
    assert (result.censored[people] <= result.uncensored[people] + 1e-12).all()


@given(rows=_ROWS, parts=_WEIGHTS)
def test_fewer_are_poor_as_the_cutoff_rises(
    counted: Counted, specify: Specify, rows: Rows, parts: list[int]
) -> None:
    counts = counted_rows(counted, rows)
    specification = weighted(specify, parts, THIRD)
    steps = [measure(counts, specification, cutoff=Fraction(step, 12)) for step in range(1, 13)]
    for lower, higher in pairwise(steps):
        assert (lower.poor_persons >= higher.poor_persons).all()


@given(rows=_ROWS, parts=_WEIGHTS, cutoff=_CUTOFFS, data=st.data())
def test_measures_do_not_depend_on_the_order_of_rows(
    counted: Counted, specify: Specify, rows: Rows, parts: list[int], cutoff: Fraction, data: st.DataObject
) -> None:
    specification = weighted(specify, parts, cutoff)
    shuffled = data.draw(st.permutations(rows))
    same(
        measure(counted_rows(counted, rows), specification),
        measure(counted_rows(counted, list(shuffled)), specification),
    )


@given(rows=_ROWS, parts=_WEIGHTS, desils=st.sets(st.integers(0, 10)))
def test_a_desil_filter_is_the_same_as_filtering_the_register(
    counted: Counted, specify: Specify, rows: Rows, parts: list[int], desils: set[int]
) -> None:
    specification = weighted(specify, parts, THIRD)
    chosen = [row for row in rows if row[4] in desils]
    filtered = measure(counted_rows(counted, rows), specification, desils=desils)
    if not chosen:
        assert filtered.read.sum() == 0
        assert np.isnan(filtered.h).all()
        return
    same(filtered, measure(counted_rows(counted, chosen), specification))


def test_an_indicator_without_weight_excludes_nobody_and_is_still_counted(
    counted: Counted, specify: Specify
) -> None:
    counts = counted([[1, 1], [1, 0], [0, 0]], missing=[[0, 0], [0, 1], [0, 0]])
    result = measure(counts, specify([Fraction(1), Fraction(0)]))
    assert result.left_out[0] == 0
    assert result.h[0] == pytest.approx(2 / 3)
    assert result.uncensored[0, 1] == 0.5  # one of the two that were observed


def test_a_missing_value_leaves_out_and_counts(counted: Counted, specify: Specify) -> None:
    counts = counted([[1, 1], [1, 0], [0, 0]], missing=[[0, 0], [0, 1], [0, 0]], persons=[2, 5, 3])
    result = measure(counts, specify([HALF, HALF]))
    assert (result.read[0], result.left_out[0], result.households[0], result.persons[0]) == (3, 1, 2, 5)
    assert result.h[0] == 2 / 5


def test_other_weights_and_desils_are_checked(counted: Counted, specify: Specify) -> None:
    counts, specification = counted([[1, 1]]), specify([HALF, HALF])
    with pytest.raises(SpecificationError, match="add up to 3/4"):
        measure(counts, specification, weights={"i0": HALF, "i1": QUARTER})
    with pytest.raises(SpecificationError, match="no indicator is called 'i9'"):
        measure(counts, specification, weights={"i9": Fraction(1)})
    with pytest.raises(SpecificationError, match="cutoff is 2"):
        measure(counts, specification, cutoff=Fraction(2))
    with pytest.raises(ParameterError, match="desil 11"):
        measure(counts, specification, desils=[1, 11])


def test_thirty_two_indicators_fit(counted: Counted, specify: Specify) -> None:
    only_last = [0] * 31 + [1]
    result = measure(counted([only_last, [0] * 32]), specify([Fraction(1, 32)] * 32, Fraction(1, 32)))
    assert result.poor_households[0] == 1
    assert result.uncensored[0, 31] == 0.5
