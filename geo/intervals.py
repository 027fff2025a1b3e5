"""Confidence intervals of ranks, after Mogstad, Romano, Shaikh & Wilhelm (2024); rank 1 is the poorest.

Zone k is significantly worse off than zone j when (x_k − x_j) / √(s_j² + s_k²) > c. Then
L_j = 1 + #{zones significantly worse off} and U_j = p − #{zones significantly better off}. The critical value c is
the quantile of the largest studentised difference between independent Gaussian estimates of equal zones, found
by stepdown: a difference once found significant leaves the maximum in the direction found (the hypothesis that it
is the other way round stays, for a rank is wrong when a direction is), and c is taken anew.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from geo.errors import ParameterError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_CONFIDENCE = 0.95
DEFAULT_DRAWS = 1000
DEFAULT_SEED = 20241

#: Classes of `RankIntervals.priority`.
CERTAIN, POSSIBLE, NOT_PRIORITY = "certain", "possible", "not"

_FIRST_ROWS = 16
_THREADS = 2


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """An interval of ranks for each zone.

    Attributes
    ----------
    low, high
        The best and the worst rank that the data allow, 1 the poorest; 0 for a zone without an estimate.
    confidence
        Probability that the intervals hold the true ranks.
    simultaneous
        Whether that is the probability for all zones together, or for each zone alone.
    """

    low: Ints
    high: Ints
    confidence: float
    simultaneous: bool

    def priority(self, top: int) -> NDArray[np.str_]:
        """Classify zones for a list of the ``top`` poorest.

        Returns
        -------
        numpy.ndarray
            ``certain`` where high ≤ top, ``possible`` where low ≤ top < high, else ``not``; "" without an estimate.

        Examples
        --------
        >>> RankIntervals(np.array([1, 2, 4]), np.array([2, 4, 4]), 0.95, True).priority(2).tolist()
        ['certain', 'possible', 'not']
        """
        if top < 1:
            raise ParameterError(f"a list of the {top} poorest places is empty; give 1 or more.")
        reachable = np.where(self.low <= top, POSSIBLE, NOT_PRIORITY)
        return np.where(self.high == 0, "", np.where(self.high <= top, CERTAIN, reachable))


def rank_intervals(
    estimates: Floats,
    errors: Floats,
    *,
    confidence: float = DEFAULT_CONFIDENCE,
    draws: int = DEFAULT_DRAWS,
    seed: int = DEFAULT_SEED,
) -> RankIntervals:
    """Compute simultaneous rank intervals: all of them hold together with the stated probability.

    The maximum runs over all pairs, its quantile is a parametric bootstrap. Only few pairs of a draw can be its
    maximum: |s_j z_j − s_k z_k| / √(s_j² + s_k²) ≤ √(z_j² + z_k²), so once the zones of the m largest |z| are
    compared with all others and the largest difference is at least √2 times the next |z|, no other pair exceeds it.

    Parameters
    ----------
    estimates
        A measure of each zone, higher is poorer; NaN for a zone without one.
    errors
        Its standard error; zones are independent.
    draws, seed
        Bootstrap draws and the seed that makes them again.

    Raises
    ------
    ParameterError
        For errors that are negative or missing, or a confidence outside (0, 1).

    Examples
    --------
    >>> intervals = rank_intervals(np.array([10, 8, 7.9, 5, 1]), np.full(5, 0.25))
    >>> intervals.low.tolist(), intervals.high.tolist()
    ([1, 2, 2, 4, 5], [1, 3, 3, 4, 5])
    """
    _check(estimates, errors, confidence)
    known = np.isfinite(estimates)
    x, s = _sorted(estimates[known], errors[known])
    worse = better = np.zeros(len(x), np.int64)
    critical = math.inf
    while len(x) > 1:
        largest = np.array(
            [_largest_difference(x, s, critical, np.random.default_rng([seed, i])) for i in range(draws)]
        )
        critical = float(np.quantile(largest, confidence, method="higher"))
        found = worse.sum()
        worse, better = _significant(x, s, np.full(len(x), critical))
        if worse.sum() == found:
            break
    return _intervals(estimates, worse, better, confidence, simultaneous=True)


def marginal_rank_intervals(
    estimates: Floats, errors: Floats, *, confidence: float = DEFAULT_CONFIDENCE
) -> RankIntervals:
    """Compute marginal rank intervals: each of them holds with the stated probability.

    The largest studentised difference T_j of zone j has a closed form, so nothing is drawn. Given z_j = z the
    differences to the other zones are independent:
    P(T_j ≤ c) = ∫ φ(z) Π_k [Φ((s_j z + c r_jk)/s_k) − Φ((s_j z − c r_jk)/s_k)] dz with r_jk = √(s_j² + s_k²).
    It is the limit of the bootstrap for infinitely many draws. More than 64 distinct errors are taken together in 32
    logarithmic bins for the critical value alone; the differences are compared each with its own error.

    Parameters
    ----------
    estimates, errors
        As in `rank_intervals`.

    Examples
    --------
    >>> intervals = marginal_rank_intervals(np.array([10, 8, 7.9, 5, 1]), np.full(5, 0.25))
    >>> intervals.low.tolist(), intervals.high.tolist()
    ([1, 2, 2, 4, 5], [1, 3, 3, 4, 5])
    """
    _check(estimates, errors, confidence)
    known = np.isfinite(estimates)
    x, s = _sorted(estimates[known], errors[known])
    worse = better = np.zeros(len(x), np.int64)
    if len(x) > 1:
        worse, better = _significant(x, s, marginal_critical_values(x, s, confidence))
    return _intervals(estimates, worse, better, confidence, simultaneous=False)


def _check(estimates: Floats, errors: Floats, confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ParameterError(f"the confidence is {confidence}; give a number between 0 and 1, such as 0.95.")
    if not (errors[np.isfinite(estimates)] >= 0).all():
        raise ParameterError("a zone with an estimate has no standard error, or a negative one.")


def _sorted(x: Floats, s: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-x, kind="stable")
    return x[order], s[order]


def _intervals(
    estimates: Floats, worse: Ints, better: Ints, confidence: float, *, simultaneous: bool
) -> RankIntervals:
    known = np.flatnonzero(np.isfinite(estimates))
    order = known[np.argsort(-estimates[known], kind="stable")]
    low, high = np.zeros(len(estimates), np.int64), np.zeros(len(estimates), np.int64)
    low[order] = 1 + worse
    high[order] = len(order) - better
    return RankIntervals(low, high, confidence, simultaneous)


def _largest_difference(x: Floats, s: Floats, critical: float, random: np.random.Generator) -> float:
    """Return one draw of the largest studentised difference in the directions not significant at ``critical``."""
    z = random.standard_normal(len(x))
    size = np.abs(z)
    order = np.argsort(-size)
    noise = z * s
    largest, done, rows = 0.0, 0, _FIRST_ROWS
    while done < len(x) and largest < math.sqrt(2) * size[order[done]]:
        chosen = order[done : done + rows, None]
        scale = np.hypot(s[chosen], s)
        difference, gap = noise[chosen] - noise, x[chosen] - x
        reach = critical * scale if math.isfinite(critical) else np.full_like(scale, math.inf)
        still = np.where(gap > reach, -difference, np.where(gap < -reach, difference, np.abs(difference)))
        studentised = np.divide(still, scale, out=np.zeros_like(still), where=scale > 0)
        largest = max(largest, float(studentised.max(initial=0.0)))
        done, rows = done + rows, 2 * rows
    return largest


def _significant(x: Floats, s: Floats, critical: Floats) -> tuple[Ints, Ints]:
    """Count for each zone those significantly worse off and better off; x runs from high to low.

    Differences beyond c·√(s_j² + max s²) are significant and those within c·√(s_j² + min s²) are not, whatever
    the pair; only what lies between is compared one by one.
    """
    variance = s * s
    square = critical * critical
    reach = critical * np.sqrt(variance + variance.max())
    near = critical * np.sqrt(variance + variance.min())
    worse, better = np.zeros(len(x), np.int64), np.zeros(len(x), np.int64)
    down = -x
    bounds = np.column_stack(
        [
            np.searchsorted(down, down - reach, "left"),
            np.searchsorted(down, down - near, "right"),
            np.searchsorted(down, down + near, "left"),
            np.searchsorted(down, down + reach, "right"),
        ]
    )

    def count(rows: range) -> None:
        for j in rows:
            far_worse, near_worse, near_better, far_better = bounds[j]
            above, below = slice(far_worse, max(near_worse, far_worse)), slice(near_better, far_better)
            worse[j] = far_worse + _beyond(x[above], variance[above], x[j], variance[j], square[j])
            better[j] = len(x) - far_better + _beyond(x[below], variance[below], x[j], variance[j], square[j])

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(count, (range(start, len(x), _THREADS) for start in range(_THREADS))))
    return worse, better


def _beyond(x: Floats, variance: Floats, centre: float, own: float, square: float) -> int:
    difference = x - centre
    difference *= difference
    return int(np.count_nonzero(difference > square * (variance + own)))


def marginal_critical_values(x: Floats, s: Floats, confidence: float) -> Floats:
    """Return the stepdown critical value of each zone against all others."""
    bins = _Bins.of(s)
    critical = np.full(len(x), math.inf)
    changed = np.arange(len(x))
    against = np.zeros((len(x), 3, len(bins.sizes)), np.int64)
    while len(changed):
        rivals = _rivals(changed, critical, bins, x, s)
        moved = (rivals != against[changed]).any(axis=(1, 2))
        changed, rivals = changed[moved], rivals[moved]
        against[changed] = rivals
        before = critical[changed]
        for own in np.unique(bins.of_zone[changed]):
            here = bins.of_zone[changed] == own
            kinds, which = np.unique(rivals[here], axis=0, return_inverse=True)
            critical[changed[here]] = _solve(bins, int(own), kinds, confidence)[which.ravel()]
        changed = changed[critical[changed] < before - _SETTLED]
    return critical


#: A stepdown that lowers the critical value by less is not worth another pass; stopping early widens intervals.
_SETTLED = 1e-3
_MOST_DISTINCT, _BINS = 64, 32
_STEPS_OF_C = 24
_WIDTH_OF_Z, _LARGEST_Z = 0.1, 8.0
_FAR = 1e6
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class _Bins:
    """Zones of about the same standard error."""

    error: Floats  # (bins,) the representative error
    largest: Floats  # (bins,) the largest error in each
    sizes: Ints
    of_zone: Ints

    @classmethod
    def of(cls, s: Floats) -> "_Bins":
        distinct, of_zone = np.unique(s, return_inverse=True)
        if len(distinct) > _MOST_DISTINCT:
            positive = s[s > 0]
            edges = np.geomspace(positive.min(), positive.max(), _BINS)[1:-1]
            number = np.where(s > 0, 1 + np.searchsorted(edges, s), 0)
            _, of_zone = np.unique(number, return_inverse=True)
        groups = [s[of_zone == number] for number in range(of_zone.max() + 1)]
        return cls(
            np.array([np.median(group) for group in groups]),
            np.array([group.max() for group in groups]),
            np.bincount(of_zone),
            of_zone.astype(np.int64),
        )


def _rivals(zones: Ints, critical: Floats, bins: _Bins, x: Floats, s: Floats) -> Ints:
    """Count the other zones of each bin: not significantly different, worse off, better off; (zones, 3, bins).

    The largest error of a bin counts, so that no zone is taken for significant that is not.
    """
    answer = np.empty((len(zones), 3, len(bins.sizes)), np.int64)
    for number, largest in enumerate(bins.largest):
        values = np.sort(x[bins.of_zone == number])
        scale = np.hypot(s[zones], largest)
        reach = np.where(np.isinf(critical[zones]), math.inf, scale) * np.minimum(critical[zones], _FAR)
        answer[:, 1, number] = len(values) - np.searchsorted(values, x[zones] + reach, "right")
        answer[:, 2, number] = np.searchsorted(values, x[zones] - reach, "left")
        answer[:, 0, number] = len(values) - answer[:, 1, number] - answer[:, 2, number]
    answer[np.arange(len(zones)), 0, bins.of_zone[zones]] -= 1
    return answer


def _solve(bins: _Bins, own: int, rivals: Ints, confidence: float) -> Floats:
    """Return c with P(T ≤ c) = confidence for zones of one bin against the rivals of `_rivals`."""
    alpha = 1 - confidence
    most = max(int(rivals.sum(axis=(1, 2)).max()), 1)
    # One rival whose direction is known gives the one-sided normal quantile, many rivals at most Bonferroni's.
    grid = np.linspace(-ndtri(alpha), -ndtri(alpha / 2 / most) + 1e-6, _STEPS_OF_C)
    used = rivals.any(axis=(0, 1))
    edges = np.arange(-_LARGEST_Z, _LARGEST_Z + _WIDTH_OF_Z / 2, _WIDTH_OF_Z)
    z = (edges[1:] + edges[:-1]) / 2
    table = _log_probabilities(bins.error[own], bins.error[used], z, grid)
    numbers = rivals[:, :, used].reshape(len(rivals), -1).astype(np.float64)
    answer = np.empty(len(rivals))
    for rows in _slices(len(rivals)):
        log_within = numbers[rows] @ table
        tail = -(np.expm1(log_within, out=log_within).reshape(-1, len(grid), len(z)) @ np.diff(ndtr(edges)))
        answer[rows] = _crossing(np.log(np.maximum(tail, 1e-300)), grid, math.log(alpha))
    return answer


def _log_probabilities(own: float, other: Floats, z: Floats, c: Floats) -> Floats:
    """Return log P(difference ≤ c) given z: both ways, own above, other above; shape (3 × bins, c × z)."""
    error = other[:, None, None]
    reach = c[None, :, None] * np.hypot(own, error)
    centre = own * z[None, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        own_above = np.where(error > 0, ndtr((centre - reach) / error), centre > reach)
        other_above = np.where(error > 0, ndtr((-centre - reach) / error), -centre > reach)
    beyond = np.stack([own_above + other_above, own_above, other_above])
    answer: Floats = np.log1p(-np.minimum(beyond, 1 - 1e-15)).reshape(3 * len(other), -1)
    return answer


def _crossing(log_tail: Floats, grid: Floats, log_alpha: float) -> Floats:
    """Interpolate where each falling log tail meets log α."""
    after = np.clip((log_tail > log_alpha).sum(axis=1), 1, len(grid) - 1)
    rows = np.arange(len(log_tail))
    high, low = log_tail[rows, after - 1], log_tail[rows, after]
    share = np.clip((high - log_alpha) / np.maximum(high - low, 1e-300), 0, 1)
    answer: Floats = grid[after - 1] + share * (grid[after] - grid[after - 1])
    return answer


def _slices(rows: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, rows, _ROWS))
