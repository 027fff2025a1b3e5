"""Rank places by several criteria at once, as the English indices of deprivation do.

Each criterion is ranked and its ranks are stretched exponentially before they are weighted and added, so that a
good place in one criterion does not cancel a terrible place in another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from geo.errors import ParameterError
from geo.exact import check_weights
from geo.measures import Floats, ratio

_SCALE = 23.0


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite score by zone.

    Attributes
    ----------
    score
        0 to 100, higher is poorer; NaN for a zone that lacks a criterion with weight.
    rank
        1 the poorest; equal scores share the better rank; 0 without a score.
    transformed
        The stretched criteria, shape (zones, criteria), in the order of the criteria.
    """

    score: Floats
    rank: NDArray[np.int64]
    transformed: Floats


def exponential(share: Floats) -> Floats:
    """Stretch ranks: X = −23·ln(1 − R·(1 − e^(−100/23))).

    Parameters
    ----------
    share
        R = (N − rank + 1)/N, 1 for the poorest of N places.

    Returns
    -------
    numpy.ndarray
        0 to 100; above 50 for about the poorest tenth.

    Examples
    --------
    >>> exponential(np.array([0.0, 0.5, 0.9, 1.0])).round(2)
    array([  0.  ,  15.65,  50.43, 100.  ])
    """
    answer: Floats = -_SCALE * np.log1p(share * np.expm1(-100 / _SCALE))
    return answer


def composite(criteria: Mapping[str, Floats], weights: Mapping[str, Fraction]) -> Composite:
    """Rank zones by weighted criteria.

    Equal values of a criterion share their middle rank. A zone that lacks a criterion with weight takes no part.

    Parameters
    ----------
    criteria
        Values by zone, higher is poorer (M0, H, poor persons, poor persons per km², …).
    weights
        Exact weights of criteria, adding up to 1.

    Raises
    ------
    ParameterError
        When a weight belongs to no criterion.
    SpecificationError
        When a weight is negative or the sum is not 1.

    Examples
    --------
    >>> domains = {"a": np.array([0.3, 0.1, 0.05, 0.22, 0.15]), "b": np.array([0.2, 0.4, 0.05, 0.25, 0.1])}
    >>> composite(domains, {"a": Fraction(3, 5), "b": Fraction(2, 5)}).rank.tolist()
    [1, 2, 5, 3, 4]
    """
    unknown = sorted(set(weights) - set(criteria))
    if unknown:
        raise ParameterError(f"no criterion is called {unknown[0]!r}. Criteria: {', '.join(criteria)}.")
    check_weights(weights)
    values = np.column_stack([criteria[name] for name, weight in weights.items() if weight > 0])
    shares = np.array([float(weight) for weight in weights.values() if weight > 0])
    known = np.isfinite(values).all(axis=1)
    transformed = np.full(values.shape, np.nan)
    if known.any():
        transformed[known] = exponential(rankdata(values[known], axis=0) / known.sum())
    score = transformed @ shares
    rank = np.zeros(len(score), np.int64)
    rank[known] = rankdata(-score[known].round(9), method="min")
    return Composite(score, rank, transformed)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a composite ranking says of the places one level up. Every array has one entry a parent.

    Attributes
    ----------
    average_score, average_rank
        Means weighted by persons, of the scores and of the ranks turned round (the poorest of N zones has N), so
        that higher is poorer in both; NaN without persons.
    share_in_top
        Share of persons who live in the poorest zones.
    """

    average_score: Floats
    average_rank: Floats
    share_in_top: Floats


def summarise(
    ranking: Composite, persons: Floats, parent: NDArray[np.int64], *, top_share: Fraction = Fraction(1, 10)
) -> Summary:
    """Summarise a ranking for higher levels, weighted by persons.

    Parameters
    ----------
    ranking
        Of the zones below.
    persons
        Persons by zone.
    parent
        Position of the parent of each zone.
    top_share
        Which share of the ranked zones counts as the poorest.
    """
    known = ranking.rank > 0
    number = int(known.sum())
    parents = int(parent.max(initial=-1)) + 1

    def mean(values: Floats) -> Floats:
        total, people = np.zeros(parents), np.zeros(parents)
        np.add.at(total, parent[known], persons[known] * values[known])
        np.add.at(people, parent[known], persons[known])
        return ratio(total, people)

    in_top = (ranking.rank <= int(top_share * number)).astype(np.float64)
    return Summary(mean(ranking.score), mean((number + 1 - ranking.rank).astype(np.float64)), mean(in_top))
