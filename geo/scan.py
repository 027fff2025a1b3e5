"""Kulldorff's spatial scan: one p-value a cluster, without a threshold a place.

Circles around every place grow until they hold a tenth of the population. Under the Bernoulli model (Kulldorff 1997),
with c poor among the n persons of a circle and C among N in all, the log likelihood ratio is
L(c, n) + L(C − c, N − n) − L(C, N) with L(c, n) = c ln(c/n) + (n − c) ln(1 − c/n), where the rate inside is above the
rate outside, else 0. The largest ratio of each of many random distributions of the poor over the persons gives the
p-value.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.spatial
import scipy.special
from numpy.typing import NDArray

from geo.errors import ParameterError

Floats = NDArray[np.float64]

#: The largest share of the population in one circle.
LARGEST_SHARE = 0.10
#: The most places in one circle, so that memory grows with the places and not with their square.
MOST_PLACES = 1_000
#: Circles take every number of places up to this, and a tenth more each step from there on.
EVERY_NUMBER_UP_TO = 19

_GROWTH = 1.1
_BLOCK = 100
_EARTH_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Windows:
    """Circles around every place: step s adds places to the circles of step s − 1.

    Attributes
    ----------
    added
        For each step a binary matrix, shape (centres, places), of the places that it adds to each circle.
    """

    added: tuple[sp.csr_array, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan of one distribution of poor persons.

    Attributes
    ----------
    ratio
        Log likelihood ratio of each circle, 0 where its rate is not above the rest's; shape (steps, centres).
    largest_by_chance
        The largest ratio of each random distribution, sorted.
    """

    windows: Windows
    ratio: Floats
    largest_by_chance: Floats

    def p_of(self, ratio: Floats) -> Floats:
        """Return the Monte-Carlo p-value of ratios: (1 + number of draws as large) / (draws + 1)."""
        draws = len(self.largest_by_chance)
        smaller = np.searchsorted(self.largest_by_chance, ratio, side="left")
        return np.asarray((1.0 + draws - smaller) / (draws + 1.0), dtype=np.float64)

    def p_of_groups(self, member: NDArray[np.int64]) -> Floats:
        """Return the p-value of the best circle overlapping each group.

        Parameters
        ----------
        member
            For each place the number of its group from 0, -1 outside all.
        """
        groups = int(member.max(initial=-1)) + 1
        inside = np.flatnonzero(member >= 0)
        shape = (len(member), groups)
        indicator = sp.csr_array((np.ones(len(inside)), (inside, member[inside])), shape=shape)
        best = np.zeros(groups)
        touched = np.zeros((len(member), groups), dtype=bool)
        for ratio, added in zip(self.ratio, self.windows.added, strict=True):
            touched |= (added @ indicator).toarray() > 0
            best = np.maximum(best, np.where(touched, ratio[:, None], 0.0).max(axis=0, initial=0.0))
        return self.p_of(best)


def circles(lon: Floats, lat: Floats, population: Floats, largest_share: float = LARGEST_SHARE) -> Windows:
    """Return the circles around every place up to a share of the population.

    Parameters
    ----------
    lon, lat
        Centres of the places in EPSG:4326; distances are along great circles.
    population
        Persons of each place.

    Examples
    --------
    >>> line = np.arange(4) / 100
    >>> [step.toarray().astype(int).tolist() for step in circles(line, np.zeros(4), np.ones(4), 0.25).added]
    [[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]]
    """
    places = len(population)
    if not places:
        return Windows(())
    near = min(places, MOST_PLACES)
    chord, order = scipy.spatial.cKDTree(_on_sphere(lon, lat)).query(_on_sphere(lon, lat), k=near)
    chord, order = chord.reshape(places, near), order.reshape(places, near)
    nearest_first = np.lexsort((order, np.round(chord * _EARTH_M)), axis=1)  # ties to the metre, by position
    order = np.take_along_axis(order, nearest_first, axis=1)
    held = np.cumsum(population[order], axis=1) <= largest_share * population.sum() * (1 + 1e-12)
    numbers = _numbers(int(held.sum(axis=1).max(initial=0)))
    return Windows(
        tuple(_step(order, held, one, following) for one, following in itertools.pairwise(numbers))
    )


def scan(
    poor: NDArray[np.int64], persons: NDArray[np.int64], windows: Windows, *, draws: int = 999, seed: int
) -> Scan:
    """Scan for circles with more poor persons among their persons than elsewhere.

    Parameters
    ----------
    poor, persons
        Whole numbers of each place, ``poor`` at most ``persons``.
    windows
        From `circles` of the same places.
    draws
        Random distributions of the poor over the persons, each person as likely; the smallest p is 1 / (draws + 1).
    seed
        Of the distributions; the same seed gives the same answer.

    Raises
    ------
    ParameterError
        When a place has more poor than persons, or a negative number.
    """
    if ((poor < 0) | (poor > persons)).any():
        worst = int(np.flatnonzero((poor < 0) | (poor > persons))[0])
        raise ParameterError(
            f"place {worst} has {poor[worst]} poor of {persons[worst]} persons; "
            "give poor persons from 0 to the persons of the place."
        )
    generator = np.random.default_rng(seed)
    observed = [step[:, 0] for step in _ratios(poor[:, None], persons, windows)]
    ratio = np.array(observed).reshape(len(windows.added), len(poor))
    largest: list[Floats] = []
    for start in range(0, draws, _BLOCK):
        number = min(_BLOCK, draws - start)
        drawn = generator.multivariate_hypergeometric(persons, int(poor.sum()), number, method="marginals").T
        best = np.zeros(number)
        for step in _ratios(drawn, persons, windows):
            best = np.maximum(best, step.max(axis=0))
        largest.append(best)
    return Scan(windows, ratio, np.sort(np.concatenate(largest or [np.zeros(0)])))


def _ratios(poor: NDArray[np.int64], persons: NDArray[np.int64], windows: Windows) -> Iterator[Floats]:
    """Give the ratios of all circles step by step, shape (centres, distributions)."""
    cases, population = np.zeros(poor.shape), np.zeros((len(persons), 1))
    spread, held = poor.astype(np.float64), persons.astype(np.float64)[:, None]
    every_case, everyone = float(poor[:, 0].sum()), float(persons.sum())
    for added in windows.added:
        cases += added @ spread
        population += added @ held
        yield _log_likelihood_ratio(cases, population, every_case, everyone)


def _log_likelihood_ratio(cases: Floats, population: Floats, every_case: float, everyone: float) -> Floats:
    answer = np.zeros(cases.shape)
    raised = np.flatnonzero((cases * everyone > population * every_case).ravel())
    if not len(raised):
        return answer
    c, n = cases.ravel()[raised], np.broadcast_to(population, cases.shape).ravel()[raised]
    inside, outside = _likelihood(c, n), _likelihood(every_case - c, everyone - n)
    whole = _likelihood(np.array([every_case]), np.array([everyone]))
    answer.ravel()[raised] = np.maximum(inside + outside - whole, 0.0)
    return answer


def _likelihood(cases: Floats, population: Floats) -> Floats:
    """Return c ln(c/n) + (n − c) ln(1 − c/n), 0 where nobody lives."""
    others = population - cases
    likelihood: Floats = (
        scipy.special.xlogy(cases, cases)
        + scipy.special.xlogy(others, others)
        - scipy.special.xlogy(population, population)
    )
    return likelihood


def _numbers(most: int) -> list[int]:
    """Return how many places the circles hold step by step, from 0 to ``most``."""
    numbers = list(range(min(most, EVERY_NUMBER_UP_TO) + 1))
    while numbers[-1] < most:
        numbers.append(min(int(np.ceil(numbers[-1] * _GROWTH)), most))
    return numbers


def _step(order: NDArray[np.int64], held: NDArray[np.bool_], one: int, following: int) -> sp.csr_array:
    kept = held[:, one:following]
    number = kept.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(number)])
    places = len(order)
    return sp.csr_array(
        (np.ones(int(number.sum())), order[:, one:following][kept], starts), shape=(places, places)
    )


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return points of the unit sphere: the straight line between two orders as the way along the ground."""
    east, north = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
