"""Standard errors of the measures of a tally, and shrinkage of small zones towards their parent.

A register counts every household it knows, so it has no sampling error. The errors here are superpopulation errors
("ketidakpastian superpopulasi"): the households of a zone are taken as independent draws from the conditions that
prevail there, so that a zone of 20 households tells less about its conditions than one of 2,000.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.exact import check_cutoff
from geo.measures import Floats, check_desils, is_poor, measured_sums, ratio, scores
from geo.specification import Specification
from geo.tally import ZoneCounts

#: The pooled variance enters a zone's stabilised variance like this many households more.
POOLED_HOUSEHOLDS = 4

#: A sum of squared residuals this small beside its terms is rounding, and counts as 0.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class StandardErrors:
    """Standard errors of the zones of one level. Every array has one entry a zone.

    Attributes
    ----------
    h, a, m0
        Errors of each measure; NaN with fewer than two households measured, and for `a` where nobody is poor.
    h_stable, m0_stable
        The same with the zone's variance pooled with that of all zones, for comparing zones: a zone of ten
        households, none of them poor, is not known without error. NaN only where nobody was measured.
    """

    h: Floats
    a: Floats
    m0: Floats
    h_stable: Floats
    m0_stable: Floats


def standard_errors(
    counts: ZoneCounts,
    specification: Specification,
    *,
    weights: Mapping[str, Fraction] | None = None,
    cutoff: Fraction | None = None,
    desils: Collection[int] | None = None,
) -> StandardErrors:
    """Compute the standard errors of H, A and M0 of the zones of one level.

    The measures are ratios of sums over households of n_i persons, and the variance is linearised:
    n/(n − 1) · Σ n_i² (y_i − ŷ)² / (Σ n_i)², with n households, y_i = 1(poor) for H and c_i·1(poor) for M0, the sums
    over the poor only for A. A household that shares carry onto a zone enters its sums with that share.

    Parameters
    ----------
    weights, cutoff, desils
        As in `geo.measures.measure`.
    """
    if weights is not None:
        specification = specification.with_weights(weights)
    if cutoff is not None:
        check_cutoff(cutoff)
        specification = replace(specification, cutoff=cutoff)
    check_desils(desils)
    measured, poor, score = _profiles(counts, specification, desils)
    facts = np.column_stack([measured, poor, poor * score, poor * score * score])
    households = measured_sums(facts[:, :1], counts.households, counts.carried_households, counts.shares)[
        :, 0
    ]
    persons, poor_persons, scored, _ = measured_sums(
        facts, counts.persons, counts.carried_persons, counts.shares
    ).T
    every, of_poor, of_score, of_square = measured_sums(
        facts, counts.persons_squared, counts.carried_persons_squared, counts.shares
    ).T
    h, a, m0 = ratio(poor_persons, persons), ratio(scored, poor_persons), ratio(scored, persons)
    around_h = _residual(of_poor, of_poor, every, h)
    around_m0 = _residual(of_square, of_score, every, m0)
    around_a = _residual(of_square, of_score, of_poor, a)
    return StandardErrors(
        h=_error(around_h, households, persons),
        a=_error(around_a, households, poor_persons),
        m0=_error(around_m0, households, persons),
        h_stable=_stable_error(around_h, households, persons),
        m0_stable=_stable_error(around_m0, households, persons),
    )


def _profiles(
    counts: ZoneCounts, specification: Specification, desils: Collection[int] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    profiles = counts.profiles
    score, _, denominator = scores(profiles.deprived, specification.weights, specification.cutoff)
    chosen = np.ones(len(score), bool) if desils is None else np.isin(profiles.desil, list(desils))
    retained = sum(1 << bit for bit, weight in enumerate(specification.weights.values()) if weight > 0)
    measured = chosen & ((profiles.missing & np.uint32(retained)) == 0)
    poor = chosen & is_poor(profiles.deprived, profiles.missing, specification)
    return measured.astype(np.float64), poor.astype(np.float64), score / denominator


def _residual(squares: Floats, products: Floats, ones: Floats, centre: Floats) -> Floats:
    """Return Σ n²(y − ŷ)² = Σ n²y² − 2ŷ Σ n²y + ŷ² Σ n²."""
    answer = squares - 2 * centre * products + centre * centre * ones
    return np.where(answer <= _ROUNDING * squares, 0.0, answer)


def _error(residual: Floats, households: Floats, total: Floats) -> Floats:
    correction = np.where(households > 1, ratio(households, households - 1), np.nan)
    answer: Floats = np.sqrt(correction * ratio(residual, total * total))
    return answer


def _stable_error(residual: Floats, households: Floats, persons: Floats) -> Floats:
    freedom = np.maximum(households - 1, 0.0)
    known = np.isfinite(residual) & (households > 1)
    pooled = residual[known].sum() / freedom[known].sum() if known.any() else np.nan
    spread = (POOLED_HOUSEHOLDS * pooled + np.nan_to_num(residual)) / (POOLED_HOUSEHOLDS + freedom)
    answer: Floats = np.sqrt(households * spread * ratio(np.ones_like(persons), persons * persons))
    return answer


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Rates beside the same rates moved towards their parent.

    Attributes
    ----------
    unshrunk, shrunk
        The rates. Show both: shrinking can hide a small pocket.
    weight
        Share of a zone's own rate in the shrunk one, 0 to 1.
    """

    unshrunk: Floats
    shrunk: Floats
    weight: Floats


def shrink_counts(poor: Floats, households: Floats, parent: NDArray[np.int64]) -> Shrunk:
    """Shrink headcount ratios towards their parent on the logit scale, as the English indices of deprivation do.

    z = ln((r + ½)/(n − r + ½)) with s² = (n + 1)(n + 2) / (n (r + 1)(n − r + 1)); Z is the z of the parent's
    total, t² the variance of z over its zones (divisor p − 1); w = t²/(s² + t²) and z* = w z + (1 − w) Z.

    Parameters
    ----------
    poor, households
        r and n of each zone.
    parent
        The number of each zone's parent; the zones of one number are shrunk towards each other. A zone alone
        keeps its rate.

    Examples
    --------
    >>> poor, households = np.array([3.0, 10, 2, 40, 0]), np.array([20.0, 100, 8, 200, 12])
    >>> shrink_counts(poor, households, np.zeros(5, int)).shrunk.round(4)
    array([0.1655, 0.1098, 0.2249, 0.1999, 0.0943])
    """
    if ((poor < 0) | (poor > households)).any():
        raise ParameterError("a zone has fewer than 0 poor households, or more than it has households.")
    logit = _logit(poor, households)
    variance = ratio((households + 1) * (households + 2), households * (poor + 1) * (households - poor + 1))
    weight, target = np.ones_like(logit), logit.copy()
    for siblings in _siblings(parent, households > 0):
        between = logit[siblings].var(ddof=1)
        weight[siblings] = between / (between + variance[siblings])
        target[siblings] = _logit(poor[siblings].sum(), households[siblings].sum())
    moved = weight * logit + (1 - weight) * target
    rate = ratio(poor, households)
    alone = weight == 1.0
    return Shrunk(rate, np.where(alone, rate, 1 / (1 + np.exp(-moved))), weight)


def shrink(rates: Floats, errors: Floats, persons: Floats, parent: NDArray[np.int64]) -> Shrunk:
    """Shrink any measure towards its parent's by moments.

    Within a parent the rates x_j have the errors s_j and the variance τ² between zones, estimated by DerSimonian
    and Laird: with u_j = 1/s_j² and Q = Σ u_j (x_j − x̄_u)², τ² = max(0, (Q − (p − 1)) / (Σu − Σu²/Σu)). The shrunk
    rate is B x_j + (1 − B) m, B = τ²/(τ² + s_j²), m the parent's rate Σ n_j x_j / Σ n_j.

    Parameters
    ----------
    rates, errors
        A measure and its stable standard errors.
    persons
        n_j, the persons measured.
    parent
        As in `shrink_counts`.
    """
    weight, target = np.ones_like(rates), rates.copy()
    known = np.isfinite(rates) & (errors > 0)
    for siblings in _siblings(parent, known):
        values, precision = rates[siblings], errors[siblings] ** -2.0
        centre = (precision * values).sum() / precision.sum()
        excess = (precision * (values - centre) ** 2).sum() - (len(siblings) - 1)
        between = max(0.0, excess / (precision.sum() - (precision**2).sum() / precision.sum()))
        weight[siblings] = between / (between + errors[siblings] ** 2)
        target[siblings] = (persons[siblings] * values).sum() / persons[siblings].sum()
    return Shrunk(rates, weight * rates + (1 - weight) * target, weight)


def _siblings(parent: NDArray[np.int64], known: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the known zones of each parent that has at least two."""
    chosen = np.flatnonzero(known)
    order = chosen[np.argsort(parent[chosen], kind="stable")]
    starts = np.flatnonzero(np.diff(parent[order])) + 1
    return [group for group in np.split(order, starts) if len(group) > 1]


def _logit(poor: Floats, households: Floats) -> Floats:
    answer: Floats = np.log((poor + 0.5) / (households - poor + 0.5))
    return answer
