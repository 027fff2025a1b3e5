"""Many weightings at once give what one at a time gives, to the last bit, and what exact fractions give."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compute import Computed
from geo.errors import ParameterError, SpecificationError
from geo.measures import contribution_by, measure, poor_by_desil
from geo.specification import Specification
from geo.tabulation import Tabulation
from geo.tally import ZoneCounts
from geo.weightings import FIGURES, Worlds, measure_many

Counted = Callable[..., ZoneCounts]
Specify = Callable[..., Specification]

HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)

_HOUSEHOLD = st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(1, 9), st.integers(0, 5))
_PARTS = st.lists(st.integers(0, 7), min_size=4, max_size=4).filter(any)
_CUTOFF = st.fractions(min_value=Fraction(1, 20), max_value=1, max_denominator=20)


def bits(mask: int) -> list[int]:
    return [mask >> place & 1 for place in range(4)]


def fractions(parts: Sequence[int]) -> list[Fraction]:
    return [Fraction(part, sum(parts)) for part in parts]


@given(
    households=st.lists(_HOUSEHOLD, min_size=1, max_size=20),
    worlds=st.lists(st.tuples(_PARTS, _CUTOFF), min_size=1, max_size=4),
)
def test_every_world_is_counted_as_by_exact_fractions(
    counted: Counted,
    specify: Specify,
    households: list[tuple[int, int, int, int]],
    worlds: list[tuple[list[int], Fraction]],
) -> None:
    specification = specify([QUARTER] * 4)
    counts = counted(
        [bits(deprived & ~missing) for deprived, missing, _, _ in households],
        missing=[bits(missing) for _, missing, _, _ in households],
        persons=[persons for _, _, persons, _ in households],
        unit=[unit for _, _, _, unit in households],
    )
    weightings = [dict(zip(specification.weights, fractions(parts), strict=True)) for parts, _ in worlds]
    cutoffs = [cutoff for _, cutoff in worlds]
    many = measure_many(counts, Worlds.of(specification, weightings, cutoffs), FIGURES)
    for world, (parts, cutoff) in enumerate(worlds):
        weights = fractions(parts)
        for unit in range(6):
            people = poor = scored = Fraction(0)
            for deprived, missing, persons, place in households:
                if place != unit or any(w and b for w, b in zip(weights, bits(missing), strict=True)):
                    continue
                pattern = bits(deprived & ~missing)
                score = sum((w * b for w, b in zip(weights, pattern, strict=True)), Fraction(0))
                people += persons
                poor += persons * (score >= cutoff)
                scored += persons * score * (score >= cutoff)
            if not people:
                assert np.isnan(many["m0"][unit, world])
                continue
            assert many["poor_persons"][unit, world] == poor
            assert many["h"][unit, world] == float(poor / people)
            assert many["m0"][unit, world] == float(scored / people)


def test_a_run_with_carried_households_agrees_with_one_weighting_at_a_time(
    computed: Computed, tabulation: Tabulation
) -> None:
    specification = computed.summary.specification
    names = list(specification.weights)
    random = np.random.default_rng(5)
    weightings = [
        dict(zip(names, fractions(random.integers(1, 9, len(names)).tolist()), strict=True))
        for _ in range(40)
    ]
    weightings.append({name: Fraction(int(name == names[0])) for name in names})
    cutoffs = [specification.sensitivity_cutoffs[world % 5] for world in range(41)]
    for level in ("kelurahan", "h3-9"):
        counts = tabulation.counts(level)
        many = measure_many(
            counts,
            _rounded(specification, weightings, cutoffs),
            ("h", "a", "m0", "poor_households"),
            range(1, 5),
        )
        for world in (0, 7, 40):
            weights = _rounded_one(specification, weightings[world])
            alone = measure(counts, specification, weights=weights, cutoff=cutoffs[world], desils=range(1, 5))
            for figure, values in many.items():
                np.testing.assert_allclose(values[:, world], getattr(alone, figure), rtol=1e-12)


def _rounded_one(specification: Specification, weights: dict[str, Fraction]) -> dict[str, Fraction]:
    """Bring weights to one denominator; the last indicator takes what is left."""
    names = list(specification.weights)
    whole = {name: Fraction(round(weights[name] * 1000), 1000) for name in names[:-1]}
    return whole | {names[-1]: 1 - sum(whole.values())}


def _rounded(
    specification: Specification, weightings: list[dict[str, Fraction]], cutoffs: list[Fraction]
) -> Worlds:
    return Worlds.of(specification, [_rounded_one(specification, item) for item in weightings], cutoffs)


def test_a_household_at_the_cutoff_is_poor_in_every_world(counted: Counted, specify: Specify) -> None:
    specification = specify([Fraction(1, 10)] * 10)
    counts = counted([[1, 1, 1, 0, 0, 0, 0, 0, 0, 0]])
    worlds = Worlds.of(specification, [specification.weights] * 2, [Fraction(3, 10), Fraction(301, 1000)])
    assert measure_many(counts, worlds, ("h",))["h"][0].tolist() == [1.0, 0.0]


def test_zones_that_tie_in_fractions_tie_in_floats(counted: Counted, specify: Specify) -> None:
    """1 of 3 and 2 of 6 persons with a score of 1/3."""
    specification = specify([THIRD] * 3)
    counts = counted([[1, 0, 0], [0] * 3, [0, 1, 0], [0] * 3], persons=[1, 2, 2, 4], unit=[0, 0, 1, 1])
    m0 = measure_many(counts, Worlds.of(specification, [specification.weights]))["m0"]
    assert m0[0, 0] == m0[1, 0] == 1 / 9


def test_households_that_miss_an_indicator_count_where_its_weight_is_zero(
    counted: Counted, specify: Specify
) -> None:
    specification = specify([HALF, HALF])
    counts = counted([[1, 0], [0, 0]], missing=[[0, 1], [0, 0]])
    worlds = Worlds.of(specification, [{"i0": HALF, "i1": HALF}, {"i0": Fraction(1)}])
    assert measure_many(counts, worlds, ("h",))["h"][0].tolist() == [0.0, 0.5]


def test_what_cannot_be_measured_is_refused(counted: Counted, specify: Specify) -> None:
    specification = specify([HALF, HALF])
    with pytest.raises(ParameterError, match="2 weightings but 1 cutoffs"):
        Worlds.of(specification, [specification.weights] * 2, [THIRD])
    with pytest.raises(SpecificationError, match="above 0"):
        Worlds.of(specification, [specification.weights], [Fraction(0)])
    with pytest.raises(SpecificationError, match="add up to"):
        Worlds(("i0", "i1"), np.array([[4, 5]]), 10, (THIRD,))
    with pytest.raises(ParameterError, match="too large"):
        Worlds.of(specification, [{"i0": Fraction(1, 2**53 + 5), "i1": 1 - Fraction(1, 2**53 + 5)}])
    counts, worlds = counted([[1, 0]]), Worlds.of(specification, [specification.weights])
    with pytest.raises(ParameterError, match="'gini'"):
        measure_many(counts, worlds, ("gini",))
    with pytest.raises(ParameterError, match="desil 11"):
        measure_many(counts, worlds, desils=[11])


def test_contributions_of_dimensions_and_agencies_add_up(computed: Computed, tabulation: Tabulation) -> None:
    specification = computed.summary.specification
    measures = measure(tabulation.counts("kelurahan"), specification)
    for trait in ("dimension", "agency"):
        parts = contribution_by(measures, specification, trait)  # type: ignore[arg-type]
        assert set(parts) == {getattr(item, trait) for item in specification.indicators}
        np.testing.assert_allclose(sum(parts.values()), 1.0, rtol=1e-12)


def test_the_poor_are_divided_among_the_desil(counted: Counted, specify: Specify) -> None:
    counts = counted([[1], [1], [1], [0]], persons=[3, 1, 4, 9], desil=[1, 2, 0, 1])
    persons = poor_by_desil(counts, specify([Fraction(1)]))[0]
    assert persons.tolist() == [4, 3, 1] + [0] * 8


def test_by_household_every_household_weighs_one(counted: Counted, specify: Specify) -> None:
    counts = counted([[1], [0]], persons=[9, 1])
    assert measure(counts, specify([Fraction(1)])).h[0] == 0.9
    assert measure(counts.by_household(), specify([Fraction(1)])).h[0] == 0.5
