"""The worlds around a specification, and where zones stand in them."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from geo.compute import Computed
from geo.errors import ParameterError
from geo.measures import measure
from geo.robustness import CONCENTRATION, DENOMINATOR, draw, robustness
from geo.specification import Specification
from geo.tabulation import Tabulation
from geo.tally import ZoneCounts

Counted = Callable[..., ZoneCounts]
Specify = Callable[..., Specification]
HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)


def test_drawn_weights_lie_around_the_specification(specify: Specify) -> None:
    specification = specify([HALF, QUARTER, Fraction(1, 8), Fraction(1, 8), Fraction(0)])
    worlds = draw(specification, 4000)
    shares = worlds.weights / DENOMINATOR
    assert (worlds.weights.sum(axis=1) == DENOMINATOR).all()
    assert (worlds.weights[:, :4] >= 1).all()
    assert (worlds.weights[:, 4] == 0).all()
    centre = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])
    assert shares[:, :4].mean(axis=0) == pytest.approx(centre, abs=0.01)
    spread = np.sqrt(centre * (1 - centre) / (CONCENTRATION + 1))
    assert shares[:, :4].std(axis=0) == pytest.approx(spread, rel=0.06)


def test_the_same_seed_draws_the_same_worlds(specify: Specify) -> None:
    specification = specify([HALF, HALF])
    assert (draw(specification, 20, seed=4).weights == draw(specification, 20, seed=4).weights).all()
    assert (draw(specification, 20, seed=4).weights != draw(specification, 20, seed=5).weights).any()


def test_cutoffs_are_taken_in_turn(specify: Specify) -> None:
    specification = specify([HALF, HALF])
    assert draw(specification, 3).cutoffs == (THIRD, THIRD, THIRD)
    named = replace(specification, sensitivity_cutoffs=(QUARTER, HALF))
    assert draw(named, 3).cutoffs == (QUARTER, HALF, QUARTER)
    assert draw(named, 2, cutoffs=[Fraction(1)]).cutoffs == (Fraction(1), Fraction(1))


def test_a_zone_poorer_in_everything_is_first_in_every_world(counted: Counted, specify: Specify) -> None:
    rows = [[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    result = robustness(counted(rows, unit=[0, 0, 1, 1, 2, 2]), specify([THIRD] * 3), top=1, draws=50)
    assert result.share_in_top[:3].tolist() == [1.0, 0.0, 0.0]
    assert result.best[:3].tolist() == result.median[:3].tolist() == result.worst[:3].tolist() == [1, 2, 3]
    assert np.isnan(result.share_in_top[3:]).all()
    assert np.isnan(result.best[3:]).all()


def test_zones_that_differ_by_what_weighs_more_change_places(counted: Counted, specify: Specify) -> None:
    """One zone lacks the first, the other the second of two equal indicators."""
    result = robustness(
        counted([[1, 0], [0, 1]], unit=[0, 1]),
        specify([HALF, HALF]),
        top=1,
        draws=600,
        cutoffs=[Fraction(1, 100)],
    )
    assert result.share_in_top[:2] == pytest.approx([0.5, 0.5], abs=0.08)
    assert result.best[:2].tolist() == [1, 1]
    assert result.worst[:2].tolist() == [2, 2]


def test_zones_alike_tie_in_every_world(counted: Counted, specify: Specify) -> None:
    """A third of 3 persons and of 9, under any weights."""
    rows = [[1, 0, 1], [0, 0, 0], [1, 0, 1], [0, 0, 0]]
    counts = counted(rows, persons=[1, 2, 3, 6], unit=[0, 0, 1, 1])
    result = robustness(counts, specify([THIRD] * 3), top=1, draws=100, cutoffs=[Fraction(1, 10), THIRD])
    assert result.share_in_top[:2].tolist() == [1.0, 1.0]
    assert result.worst[:2].tolist() == [1, 1]


def test_every_world_is_ranked_as_its_own_what_if(computed: Computed, tabulation: Tabulation) -> None:
    specification = computed.summary.specification
    counts = tabulation.counts("kelurahan")
    result = robustness(counts, specification, top=5, draws=12, seed=3)
    worlds, ranks = draw(specification, 12, seed=3), []
    for world in range(12):
        weights = {
            name: Fraction(int(weight), DENOMINATOR)
            for name, weight in zip(worlds.indicators, worlds.weights[world], strict=True)
        }
        m0 = measure(counts, specification, weights=weights, cutoff=worlds.cutoffs[world]).m0.round(12)
        ranks.append(1 + (m0 > m0[:, None]).sum(axis=1))
    assert result.share_in_top.tolist() == pytest.approx(np.mean(np.array(ranks) <= 5, axis=0))
    assert result.worst.tolist() == np.max(ranks, axis=0).tolist()
    assert result.median.tolist() == np.median(ranks, axis=0).tolist()


def test_a_switch_gives_the_weight_to_the_other_norm_in_half_of_the_worlds(
    counted: Counted, specify: Specify
) -> None:
    """Zone 0 is deprived under the strict norm only, zone 1 in the other indicator only."""
    specification = specify([Fraction(3, 4), QUARTER, Fraction(0)])
    counts = counted([[1, 0, 0], [0, 1, 0]], unit=[0, 1])
    strict = robustness(counts, specification, top=1, draws=400, cutoffs=[Fraction(1, 100)])
    both = robustness(
        counts, specification, top=1, draws=400, cutoffs=[Fraction(1, 100)], switches={"i0": "i2"}
    )
    assert strict.share_in_top[0] > 0.95
    assert both.share_in_top[0] == pytest.approx(0.5, abs=0.08)


def test_wrong_questions_are_refused(counted: Counted, specify: Specify) -> None:
    specification = specify([HALF, HALF, Fraction(0)])
    counts = counted([[1, 0, 0]])
    with pytest.raises(ParameterError, match="0 places"):
        robustness(counts, specification, top=0)
    with pytest.raises(ParameterError, match="in 0 worlds"):
        robustness(counts, specification, top=1, draws=0)
    with pytest.raises(ParameterError, match="'asbes'"):
        robustness(counts, specification, top=1, switches={"i0": "asbes"})
    with pytest.raises(ParameterError, match="the second the weight 0"):
        robustness(counts, specification, top=1, switches={"i0": "i1"})
