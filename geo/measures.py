"""Alkire–Foster measures of a tally, for any weights, any cutoff and any desil, exactly.

Household i has the score c_i = Σ_j w_j g_ij and is poor when c_i ≥ k, ties included. With person weights n_i:
H = Σ n_i·1(poor) / Σ n_i, A = Σ n_i c_i·1(poor) / Σ n_i·1(poor), M0 = H·A (Alkire & Foster 2011). Weights and
cutoff are fractions; scores are compared as whole numbers over their common denominator, so no tie is lost.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.exact import check_cutoff, check_weights
from geo.specification import Specification
from geo.tally import ZoneCounts

Floats = NDArray[np.float64]

#: A desil is 1 (poorest) to 10; 0 stands for unknown.
DESILS = frozenset(range(11))


#: Keeps sums over a whole nation of persons inside 64 bits.
_LARGEST_DENOMINATOR = 10**9
_EXACT_IN_FLOATS = 2**53


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of the zones of one level. Every array has one entry, or one row, a zone.

    Attributes
    ----------
    read, left_out, households, persons
        Households counted; of these those that miss a retained indicator; households and persons measured.
    modelled_share
        Share of the households read that a modelled share placed in the zone.
    poor_households, poor_persons
        Households with a score of at least the cutoff, and persons in them.
    h, a, m0
        Headcount ratio, intensity (NaN where nobody is poor), adjusted headcount ratio; person-weighted.
    vulnerable, severe
        Shares of persons with vulnerable ≤ score < cutoff, and with score ≥ severe.
    uncensored, censored
        Shares of persons deprived, and of persons deprived and poor, among those observed; shape
        (zones, indicators).
    contribution
        Share of M0 that each indicator makes up, NaN where M0 is 0; shape (zones, indicators).
    observed
        Persons in measured households with an answer to the indicator; shape (zones, indicators).
    weights
        The weight of each indicator; shape (indicators,).
    """

    level: str
    zones: NDArray[np.uint64]
    indicators: tuple[str, ...]
    read: Floats
    left_out: Floats
    households: Floats
    persons: Floats
    modelled_share: Floats
    poor_households: Floats
    poor_persons: Floats
    h: Floats
    a: Floats
    m0: Floats
    vulnerable: Floats
    severe: Floats
    uncensored: Floats
    censored: Floats
    contribution: Floats
    observed: Floats
    weights: Floats


def scores(
    deprived: NDArray[np.uint32], weights: Mapping[str, Fraction], *lines: Fraction
) -> tuple[NDArray[np.int64], tuple[int, ...], int]:
    """Score patterns in whole numbers.

    Parameters
    ----------
    deprived
        Masks; bit j stands for the j-th weight.
    weights
        Fractions, in the order of the bits.
    lines
        Cutoffs to bring to the same denominator.

    Returns
    -------
    scores, lines, denominator
        The score of each pattern and each line, all times the common denominator.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> scores(np.array([0b001, 0b011], np.uint32), dict(a=third, b=third, c=third), Fraction(1, 3))
    (array([1, 2]), (1,), 3)
    """
    denominator = math.lcm(*(value.denominator for value in (*weights.values(), *lines)))
    if denominator > _LARGEST_DENOMINATOR:
        raise ParameterError(
            f"the weights and cutoff have the common denominator {denominator}, too large to compare exactly; "
            "give fractions with smaller denominators, such as 1/24."
        )
    total = np.zeros(len(deprived), dtype=np.int64)
    for bit, weight in enumerate(weights.values()):
        share = int(weight * denominator)
        if share:
            total += share * ((deprived >> np.uint32(bit)) & np.uint32(1)).astype(np.int64)
    return total, tuple(int(line * denominator) for line in lines), denominator


def measure(
    counts: ZoneCounts,
    specification: Specification,
    *,
    weights: Mapping[str, Fraction] | None = None,
    cutoff: Fraction | None = None,
    desils: Collection[int] | None = None,
) -> Measures:
    """Measure the zones of one level.

    A household that misses an indicator whose weight is not 0 is left out, and counted as left out.

    Parameters
    ----------
    weights, cutoff
        Other weights and another cutoff than the specification's.
    desils
        Only households of these desil (0 stands for unknown); all when None.

    Raises
    ------
    SpecificationError, ParameterError
        For weights that do not add up to 1, a cutoff outside (0, 1], a desil outside 0..10.
    """
    if weights is not None:
        specification = specification.with_weights(weights)
    cutoff = specification.cutoff if cutoff is None else cutoff
    check_cutoff(cutoff)
    check_weights(specification.weights)
    profile_facts, denominator = _profile_facts(counts, specification, cutoff, desils)
    household_facts = np.ascontiguousarray(profile_facts[:, :3])
    household_sums = measured_sums(
        household_facts, counts.households, counts.carried_households, counts.shares
    )
    person_sums = measured_sums(profile_facts, counts.persons, counts.carried_persons, counts.shares)
    indicators = len(specification.indicators)
    read, measured_households, poor_households = (
        household_sums[:, 0],
        household_sums[:, 1],
        household_sums[:, 2],
    )
    persons, poor_persons, score_of_poor = (
        person_sums[:, 1],
        person_sums[:, 2],
        person_sums[:, 3],
    )
    observed = np.repeat(persons[:, None], indicators, axis=1)
    observed[:, _unweighted(specification)] = person_sums[:, 6 + 2 * indicators :]
    uncensored = ratio(person_sums[:, 6 : 6 + indicators], observed)
    censored = ratio(person_sums[:, 6 + indicators : 6 + 2 * indicators], observed)
    # One division of whole numbers: it rounds once, so that equal fractions stay equal.
    m0 = ratio(score_of_poor, persons * denominator)
    shares = np.array([float(weight) for weight in specification.weights.values()])
    return Measures(
        level=counts.level,
        zones=counts.zones,
        indicators=tuple(specification.weights),
        read=read,
        left_out=read - measured_households,
        households=measured_households,
        persons=persons,
        modelled_share=ratio(read - counts.households @ profile_facts[:, 0], read),
        poor_households=poor_households,
        poor_persons=poor_persons,
        h=ratio(poor_persons, persons),
        a=ratio(score_of_poor, poor_persons * denominator),
        m0=m0,
        vulnerable=ratio(person_sums[:, 4], persons),
        severe=ratio(person_sums[:, 5], persons),
        uncensored=uncensored,
        censored=censored,
        contribution=ratio(censored * shares, m0[:, None]),
        observed=observed,
        weights=shares,
    )


def contribution_by(
    measures: Measures, specification: Specification, trait: Literal["dimension", "agency"]
) -> dict[str, Floats]:
    """Add the contributions of the indicators of one dimension, or of one responsible agency.

    Returns
    -------
    dict
        Dimension id or agency → share of M0 of each zone; NaN where M0 is 0. The shares of a zone add up to 1.
    """
    columns: dict[str, list[int]] = {}
    for column, indicator in enumerate(specification.indicators):
        columns.setdefault(getattr(indicator, trait), []).append(column)
    return {name: measures.contribution[:, chosen].sum(axis=1) for name, chosen in columns.items()}


def poor_by_desil(counts: ZoneCounts, specification: Specification) -> Floats:
    """Return how many poor persons of each zone stand in each desil.

    Returns
    -------
    numpy.ndarray
        Shape (zones, 11), column 0 for persons without a desil.
    """
    poor = is_poor(counts.profiles.deprived, counts.profiles.missing, specification)
    of_desil = poor[:, None] & (counts.profiles.desil[:, None] == np.arange(11))
    return measured_sums(of_desil.astype(np.int64), counts.persons, counts.carried_persons, counts.shares)


def is_poor(
    deprived: NDArray[np.uint32], missing: NDArray[np.uint32], specification: Specification
) -> NDArray[np.bool_]:
    """Return which patterns are measured and poor."""
    score, (line,), _ = scores(deprived, specification.weights, specification.cutoff)
    answer: NDArray[np.bool_] = is_measured(missing, specification) & (score >= line)
    return answer


def is_measured(missing: NDArray[np.uint32], specification: Specification) -> NDArray[np.bool_]:
    """Return which patterns miss no indicator that has weight."""
    answer: NDArray[np.bool_] = (missing & _retained(specification)) == 0
    return answer


def _unweighted(specification: Specification) -> list[int]:
    """Return the bits of indicators without weight; a household measured may lack them."""
    return [bit for bit, weight in enumerate(specification.weights.values()) if weight == 0]


def _retained(specification: Specification) -> np.uint32:
    return np.uint32(sum(1 << bit for bit, weight in enumerate(specification.weights.values()) if weight > 0))


def _profile_facts(
    counts: ZoneCounts, specification: Specification, cutoff: Fraction, desils: Collection[int] | None
) -> tuple[NDArray[np.int64 | np.float64], int]:
    """Return what one household of each profile adds to each sum, shape (profiles, sums)."""
    score, (poor_line, vulnerable_line, severe_line), denominator = scores(
        counts.profiles.deprived,
        specification.weights,
        cutoff,
        specification.vulnerable,
        specification.severe,
    )
    chosen = _chosen(counts, desils)
    measured = chosen & ((counts.profiles.missing & _retained(specification)) == 0)
    poor = measured & (score >= poor_line)
    indicators, unweighted = len(specification.indicators), _unweighted(specification)
    facts = np.empty((len(score), 6 + 2 * indicators + len(unweighted)), _exact_type(counts, denominator))
    facts[:, 0] = chosen
    facts[:, 1] = measured
    facts[:, 2] = poor
    facts[:, 3] = np.where(poor, score, 0)
    facts[:, 4] = measured & (score >= vulnerable_line) & ~poor
    facts[:, 5] = measured & (score >= severe_line)
    for bit in range(indicators):
        has = (counts.profiles.deprived & np.uint32(1 << bit)) > 0
        facts[:, 6 + bit] = has & measured
        facts[:, 6 + indicators + bit] = has & poor
    for column, bit in enumerate(unweighted, start=6 + 2 * indicators):
        facts[:, column] = measured & ((counts.profiles.missing & np.uint32(1 << bit)) == 0)
    return facts, denominator


def _exact_type(counts: ZoneCounts, denominator: int) -> type[np.float64] | type[np.int64]:
    """Return floats, which multiply faster, where every sum of whole numbers is exact in them."""
    persons = int(counts.persons.sum()) + int(counts.carried_persons.sum())
    return np.float64 if persons * denominator < _EXACT_IN_FLOATS else np.int64


def _chosen(counts: ZoneCounts, desils: Collection[int] | None) -> NDArray[np.bool_]:
    if desils is None:
        return np.ones(len(counts.profiles.desil), dtype=bool)
    check_desils(desils)
    return np.isin(counts.profiles.desil, list(desils))


def check_desils(desils: Collection[int] | None) -> None:
    """Refuse a desil outside 0..10.

    Raises
    ------
    ParameterError
        Naming the desil.
    """
    wrong = sorted(set(desils or ()) - DESILS)
    if wrong:
        raise ParameterError(
            f"desil {wrong[0]} does not exist; give 1 to 10, or 0 for households without one."
        )


def measured_sums(
    facts: NDArray[np.int64 | np.float64], exact: sp.csr_array, carried: sp.csr_array, shares: sp.csr_array
) -> Floats:
    """Add up facts of profiles by zone, carried counts by their shares; shape (zones, facts)."""
    total: Floats = (exact @ facts).astype(np.float64)
    if carried.nnz:
        total += shares @ (carried @ facts).astype(np.float64)
    return total


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN, not 0, where there is nothing to divide by."""
    with np.errstate(invalid="ignore", divide="ignore"):
        answer: Floats = np.where(denominator > 0, numerator / denominator, np.nan)
    return answer
