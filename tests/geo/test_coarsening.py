"""The smaller figures of shown zones: by class, in the middle, and never closer than a class by any subtraction."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.coarsening import DESIL_GROUPS, PERSONS_A_HOUSEHOLD, coarse_desils, coarse_figures
from geo.disclosure import PLANNER, PUBLIC, Audience, Published, publish
from tests.geo.attacker import Attacker
from tests.geo.test_disclosure import measures_of
from tests.geo.towns import CELLS, UNITS, Town, town

#: A class of planners, in persons.
NARROWEST = PLANNER.class_households * PERSONS_A_HOUSEHOLD


def told(persons: int, count: float) -> float | None:
    """Return the persons that the public is told of, in a zone where some are deprived in ``x``."""
    measures = measures_of("kelurahan", [(persons // 4, persons // 8), (1000, 500)])
    measures.uncensored[:] = [[count / persons], [0.5]]
    share = coarse_figures(measures, PUBLIC.class_households)["uncensored_x"][0]
    return None if np.isnan(share) else round(float(share * persons), 6)


@pytest.mark.parametrize(
    ("count", "middle"),
    [(0, None), (1, None), (47, None), (48, 71.5), (95, 71.5), (96, 119.5), (288, 311.5), (335, 311.5)],
)
def test_a_count_is_told_as_the_middle_of_its_class(count: int, middle: float | None) -> None:
    assert told(400, count) == middle


@pytest.mark.parametrize("count", [336, 370, 399, 400])
def test_the_highest_class_reaches_up_to_all_and_is_a_class_wide(count: int) -> None:
    """Of 400 persons the highest class begins at 336: 400 − 48 is 352, and 336 is the multiple of 48 below."""
    assert told(400, count) == (336 + 400) / 2


def test_in_a_small_zone_nothing_is_told() -> None:
    assert {told(80, count) for count in (0, 10, 40, 70, 80)} == {None}


def test_what_nobody_anywhere_has_is_told_as_0() -> None:
    measures = measures_of("kelurahan", [(100, 50), (1000, 500)])
    measures.uncensored[:] = 0.0
    figures = coarse_figures(measures, PUBLIC.class_households)
    assert figures["uncensored_x"].tolist() == [0.0, 0.0]
    assert figures["left_out"].tolist() == [0.0, 0.0]
    assert figures["read"].tolist() == [100.0, 1000.0]


def test_few_left_out_are_not_told_and_neither_is_what_would_tell_them() -> None:
    measures = measures_of("kelurahan", [(100, 50), (1000, 500)])
    measures.left_out[:] = [3, 30]
    figures = coarse_figures(measures, PUBLIC.class_households)
    assert np.isnan(figures["left_out"][0])
    assert np.isnan(figures["read"][0])
    assert (figures["left_out"][1], figures["read"][1]) == (29.5, 1029.5)


def test_censored_headcounts_that_the_exact_m0_would_tell_are_not_told() -> None:
    """One indicator alone is M0 itself; of two halves at the lower ends of their classes, M0 tells both."""
    alone = measures_of("kelurahan", [(1000, 500)])
    assert np.isnan(coarse_figures(alone, PUBLIC.class_households)["censored_x"]).all()


# Desils


def test_the_poor_of_each_group_of_desil_are_told_by_class() -> None:
    """Of 1000 poor persons, classes of 48: 130 lie in 96 to 143, 20 in the lowest, and 400 in 384 to 431."""
    persons = np.zeros((1, 11))
    persons[0, [1, 2, 3, 4, 5, 7, 0]] = [320, 130, 130, 20, 330, 50, 20]
    shares = {name: told[0] for name, told in coarse_desils(persons, PUBLIC.class_households).items()}
    assert shares == {
        "poor_desil_1": pytest.approx(0.3115),
        "poor_desil_2": pytest.approx(0.1195),
        "poor_desil_3": pytest.approx(0.1195),
        "poor_desil_4": pytest.approx(np.nan, nan_ok=True),
        "poor_desil_other": pytest.approx(0.4075),
    }


def test_desils_near_the_ends_of_their_classes_are_not_told() -> None:
    """The four are 40 above the bounds of their classes together, so none of them can be more than that."""
    persons = np.zeros((1, 11))
    persons[0, [1, 2, 3, 4, 5]] = [300, 100, 100, 20, 480]
    shares = coarse_desils(persons, PUBLIC.class_households)
    assert np.isnan([shares[name][0] for name in list(DESIL_GROUPS)[:4]]).all()
    assert shares["poor_desil_other"][0] == pytest.approx(0.5035)


@given(st.lists(st.integers(0, 400), min_size=5, max_size=5), st.sampled_from([PLANNER, PUBLIC]))
def test_how_many_poor_are_of_desil_1_to_4_tells_no_desil_more_closely(
    counts: list[int], audience: Audience
) -> None:
    """The sum is known from a what-if; with the classes of three groups it leaves the fourth a class at least."""
    persons = np.zeros((1, 11))
    persons[0, 1:6] = counts
    width = audience.class_households * PERSONS_A_HOUSEHOLD
    shares = coarse_desils(persons, audience.class_households)
    poor, low = sum(counts), sum(counts[:4])
    highest = max((poor - width) // width, 0) * width
    ranges = []
    for name in list(DESIL_GROUPS)[:4]:
        begin = 0 if np.isnan(shares[name][0]) else min(shares[name][0] * poor // width * width, highest)
        ranges.append((begin, poor if begin == highest else begin + width))
    if np.isnan([shares[name][0] for name in list(DESIL_GROUPS)[:4]]).all():
        return
    for place, (begin, end) in enumerate(ranges):
        others = ranges[:place] + ranges[place + 1 :]
        least = max(begin, low - sum(other[1] for other in others))
        most = min(end, low - sum(other[0] for other in others))
        assert most - least >= min(width, poor) - 1e-6


# Subtracting


def deprived_persons(place: Town, seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return random.binomial(place.households * 4, random.beta(0.5, 3, len(place.households))).astype(float)


def narrowest(place: Town, seed: int, *, readers: Sequence[Audience] = (PLANNER,), by_class: bool) -> float:
    """Return how closely, in persons, one who reads as some audiences knows some zone's count of deprived persons."""
    deprived, persons = deprived_persons(place, seed), place.households * 4.0
    attacker = Attacker(len(deprived))
    hierarchies = [place.hierarchy(UNITS), place.hierarchy(CELLS)]
    for zones, measures in (pair for hierarchy in hierarchies for pair in hierarchy):
        around, number = place.around[zones.level], len(zones.codes)
        counts, all_of = (np.bincount(around, values, number) for values in (deprived, persons))
        occupied = all_of > 0
        measures.uncensored[occupied, 0] = counts[occupied] / all_of[occupied]
    published: list[Mapping[str, Published]] = []
    shown = []
    for audience in readers:
        published.append(publish(hierarchies, audience, place.parts, published))
        width = audience.class_households * PERSONS_A_HOUSEHOLD
        for members, all_of, share in shown_shares(place, published[-1]):
            shown.append(members)
            truth = deprived[members].sum()
            if by_class:
                low = 0.0 if share is None else np.floor(share * all_of / width) * width
                highest = max(np.floor((all_of - width) / width), 0) * width
                attacker.learn(members, min(low, highest), all_of if low >= highest else low + width)
            else:
                attacker.learn(
                    members, truth if share is not None else 0.0, truth if share is not None else width
                )
    ranges = [attacker.range_of(members) for members in shown]
    return min((high - low for low, high in ranges), default=np.inf)


def shown_shares(
    place: Town, published: Mapping[str, Published]
) -> Iterator[tuple[NDArray[np.bool_], float, float | None]]:
    """Yield the parts of each shown zone, its persons and the share of them that it is told are deprived."""
    for level, of_level in published.items():
        rows = of_level.table.select("status", "persons", "uncensored_x").rows()
        for zone, (status, persons, share) in enumerate(rows):
            if status == "shown":
                yield place.around[level] == zone, persons, share


@pytest.mark.parametrize("seed", range(20))
def test_no_subtraction_tells_a_count_more_closely_than_a_class(seed: int) -> None:
    assert narrowest(town(seed), seed, by_class=True) >= NARROWEST - 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_a_planner_who_reads_as_the_public_too_knows_no_count_more_closely(seed: int) -> None:
    """The public's classes are made of whole classes of planners."""
    found = narrowest(town(seed), seed, readers=(PLANNER, PUBLIC), by_class=True)
    assert found >= NARROWEST - 1e-6


def test_withholding_the_small_counts_alone_would_not_do() -> None:
    """The control: exact figures with the small ones left out give these away."""
    assert min(narrowest(town(seed), seed, by_class=False) for seed in range(5)) < 1e-6
