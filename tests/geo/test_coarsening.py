"""The smaller figures of shown zones: by class, in the middle, and never closer than a class by any subtraction."""

import numpy as np
import pytest
from numpy.typing import NDArray

from geo.coarsening import PERSONS_A_HOUSEHOLD, coarse_figures
from geo.disclosure import PLANNER, PUBLIC, publish
from tests.geo.attacker import Attacker
from tests.geo.test_disclosure import measures_of
from tests.geo.towns import CELLS, UNITS, Town, town

WIDTH = 11 * PERSONS_A_HOUSEHOLD


def told(persons: int, count: float) -> float | None:
    """Return the persons that the public is told of, in a zone where some are deprived in ``x``."""
    measures = measures_of("kelurahan", [(persons // 4, persons // 8), (1000, 500)])
    measures.uncensored[:] = [[count / persons], [0.5]]
    share = coarse_figures(measures, PUBLIC.hidden_up_to)["uncensored_x"][0]
    return None if np.isnan(share) else round(float(share * persons), 6)


@pytest.mark.parametrize(
    ("count", "middle"),
    [(0, None), (1, None), (43, None), (44, 65.5), (87, 65.5), (88, 109.5), (308, 329.5), (351, 329.5)],
)
def test_a_count_is_told_as_the_middle_of_its_class(count: int, middle: float | None) -> None:
    assert told(400, count) == middle


@pytest.mark.parametrize("count", [352, 370, 399, 400])
def test_the_highest_class_reaches_up_to_all_and_is_a_class_wide(count: int) -> None:
    """Of 400 persons the highest class begins at 352: 400 − 44 is 356, and 352 is the multiple of 44 below."""
    assert told(400, count) == (352 + 400) / 2


def test_in_a_small_zone_nothing_is_told() -> None:
    assert {told(80, count) for count in (0, 10, 40, 70, 80)} == {None}


def test_what_nobody_anywhere_has_is_told_as_0() -> None:
    measures = measures_of("kelurahan", [(100, 50), (1000, 500)])
    measures.uncensored[:] = 0.0
    figures = coarse_figures(measures, PUBLIC.hidden_up_to)
    assert figures["uncensored_x"].tolist() == [0.0, 0.0]
    assert figures["left_out"].tolist() == [0.0, 0.0]
    assert figures["read"].tolist() == [100.0, 1000.0]


def test_few_left_out_are_not_told_and_neither_is_what_would_tell_them() -> None:
    measures = measures_of("kelurahan", [(100, 50), (1000, 500)])
    measures.left_out[:] = [3, 30]
    figures = coarse_figures(measures, PUBLIC.hidden_up_to)
    assert np.isnan(figures["left_out"][0])
    assert np.isnan(figures["read"][0])
    assert (figures["left_out"][1], figures["read"][1]) == (27.0, 1027.0)


def test_censored_headcounts_that_the_exact_m0_would_tell_are_not_told() -> None:
    """One indicator alone is M0 itself; of two halves at the lower ends of their classes, M0 tells both."""
    alone = measures_of("kelurahan", [(1000, 500)])
    assert np.isnan(coarse_figures(alone, PUBLIC.hidden_up_to)["censored_x"]).all()


# Subtracting


def deprived_persons(place: Town, seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return random.binomial(place.households * 4, random.beta(0.5, 3, len(place.households))).astype(float)


def narrowest(place: Town, seed: int, *, by_class: bool) -> float:
    """Return how closely, in persons, an attacker knows some zone's count of deprived persons."""
    deprived, persons = deprived_persons(place, seed), place.households * 4.0
    reader = Attacker(len(deprived))
    hierarchies = [place.hierarchy(UNITS), place.hierarchy(CELLS)]
    for zones, measures in (pair for hierarchy in hierarchies for pair in hierarchy):
        around, number = place.around[zones.level], len(zones.codes)
        counts, all_of = (np.bincount(around, values, number) for values in (deprived, persons))
        occupied = all_of > 0
        measures.uncensored[occupied, 0] = counts[occupied] / all_of[occupied]
    published = publish(hierarchies, PLANNER, place.parts)
    shown = []
    width = 5 * PERSONS_A_HOUSEHOLD
    for level, of_level in published.items():
        for zone, (status, all_of, share) in enumerate(
            of_level.table.select("status", "persons", "uncensored_x").rows()
        ):
            members = place.around[level] == zone
            if status != "shown":
                continue
            shown.append(members)
            truth = deprived[members].sum()
            if by_class:
                low = 0.0 if share is None else np.floor(share * all_of / width) * width
                highest = max(np.floor((all_of - width) / width), 0) * width
                reader.learn(members, min(low, highest), all_of if low >= highest else low + width)
            else:
                reader.learn(
                    members, truth if share is not None else 0.0, truth if share is not None else width
                )
    ranges = [reader.range_of(members) for members in shown]
    return min((high - low for low, high in ranges), default=np.inf)


@pytest.mark.parametrize("seed", range(20))
def test_no_subtraction_tells_a_count_more_closely_than_a_class(seed: int) -> None:
    assert narrowest(town(seed), seed, by_class=True) >= 5 * PERSONS_A_HOUSEHOLD - 1e-6


def test_withholding_the_small_counts_alone_would_not_do() -> None:
    """The control: exact figures with the small ones left out give these away."""
    assert min(narrowest(town(seed), seed, by_class=False) for seed in range(5)) < 1e-6
