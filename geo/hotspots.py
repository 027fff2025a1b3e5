"""Local statistics of spatial association over any contiguity: Getis–Ord Gi*, local Moran, and discoveries.

Gi* after Getis & Ord (1992) and Ord & Getis (1995); local Moran after Anselin (1995) with the conditional moments of
Sokal, Oden & Thomson (1998); false discovery rate after Benjamini & Hochberg (1995). Places are rows of a sparse
contiguity; a place without neighbours is an island.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.stats
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Gives each place the one-sided p-value of being a hot spot.
HotSpotTest = Callable[[Floats, sp.csr_array], Floats]

FALSE_DISCOVERY_RATE = 0.05

#: A smaller relative spread is rounding, and would be blown up into hot spots.
_ALIKE = 1e-9

#: Elements of one block of permutations; bounds the memory at about 64 MB.
_BLOCK = 4_000_000


def local_g_star(values: Floats, contiguity: sp.csr_array) -> Floats:
    """Return the z-score of Gi* of each place.

    z_i = (Σ_j w_ij x_j − W_i x̄) / (s √((n Σ_j w_ij² − W_i²) / (n − 1))), binary w with w_ii = 1, s the population
    standard deviation. An island is compared by its own value alone.

    Parameters
    ----------
    values
        Shape (places,), all finite.
    contiguity
        Binary, symmetric, without the diagonal.

    Returns
    -------
    NDArray
        z-scores; 0 where all values are equal or every place is a neighbour.

    Examples
    --------
    >>> line = sp.csr_array(np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1))
    >>> local_g_star(np.array([9.0, 9.0, 1.0, 1.0, 1.0]), line).round(3).tolist()
    [2.0, 1.333, -0.333, -2.0, -1.333]
    """
    places = len(values)
    if _alike(values):
        return np.zeros(places)
    number = _cardinality(contiguity) + 1.0
    local_sum = contiguity @ values + values
    spread = values.std() * np.sqrt(np.maximum(places * number - number**2, 0) / (places - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        z: Floats = np.where(spread > 0, (local_sum - number * values.mean()) / spread, 0.0)
    return z


@dataclass(frozen=True, slots=True)
class LocalMoran:
    """Local Moran of each place, with its moments when the other values are permuted around it.

    Attributes
    ----------
    statistic
        I_i = z_i Σ_j w_ij z_j with row-standardised w and z = (x − x̄)/s, s the population standard deviation; 0 for
        an island.
    expected, variance
        Of I_i under conditional permutation, in closed form.
    value, lag
        z_i and Σ_j w_ij z_j: both positive is a high place among high ones.
    """

    statistic: Floats
    expected: Floats
    variance: Floats
    value: Floats
    lag: Floats

    @property
    def z(self) -> Floats:
        """The standardised statistic; 0 where its variance is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            z: Floats = np.where(
                self.variance > 0, (self.statistic - self.expected) / np.sqrt(self.variance), 0.0
            )
        return z

    @property
    def is_high_high(self) -> NDArray[np.bool_]:
        """Whether a place and its neighbours are above the mean."""
        answer: NDArray[np.bool_] = (self.value > 0) & (self.lag > 0)
        return answer


def local_moran(values: Floats, contiguity: sp.csr_array) -> LocalMoran:
    """Return local Moran of each place.

    With the value of a place fixed, its lag is the mean of d values drawn without replacement from the m = n − 1
    others, whose mean is μ = −z_i/m and whose variance is σ² = (n − z_i²)/m − μ²: E[I_i] = z_i μ and
    Var[I_i] = z_i² σ² (m − d) / (d (m − 1)).

    Parameters
    ----------
    values, contiguity
        As in `local_g_star`.

    Examples
    --------
    >>> line = sp.csr_array(np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1))
    >>> local_moran(np.array([9.0, 9.0, 1.0, 1.0, 1.0]), line).statistic.round(3).tolist()
    [1.5, 0.25, -0.167, 0.667, 0.667]
    """
    places = len(values)
    if places < 3 or _alike(values):
        nothing = np.zeros(places)
        return LocalMoran(nothing, nothing, nothing, nothing, nothing)
    degree = _cardinality(contiguity)
    value = (values - values.mean()) / values.std()
    with np.errstate(invalid="ignore", divide="ignore"):
        lag: Floats = np.where(degree > 0, (contiguity @ value) / degree, 0.0)
        others = places - 1
        mean = -value / others
        spread = (places - value**2) / others - mean**2
        variance = np.where(degree > 0, value**2 * spread * (others - degree) / (degree * (others - 1)), 0.0)
    return LocalMoran(value * lag, np.where(degree > 0, value * mean, 0.0), variance, value, lag)


def permuted_moran_p(values: Floats, contiguity: sp.csr_array, *, draws: int = 999, seed: int) -> Floats:
    """Return the pseudo p-value of local Moran by conditional permutation, in the direction that it points to.

    p_i = (1 + min(#{I* ≥ I_i}, draws − #{I* ≥ I_i})) / (draws + 1). A draw takes as many places as the largest number
    of neighbours, the same for every place but itself, so each draw is a step function over the places.

    Parameters
    ----------
    values, contiguity
        As in `local_g_star`.
    draws
        Permutations; the smallest p is 1 / (draws + 1).
    seed
        Of the permutations; the same seed gives the same answer.

    Returns
    -------
    NDArray
        p-values; 1 for islands and where all values are equal.
    """
    places = len(values)
    degree = _cardinality(contiguity).astype(np.int64)
    if places < 3 or _alike(values):
        return np.ones(places)
    moran = local_moran(values, contiguity)
    generator = np.random.default_rng(seed)
    reached = np.zeros(places, dtype=np.int64)
    block = max(_BLOCK // places, 1)
    for start in range(0, draws, block):
        taken = _draws_without_replacement(
            places - 1, int(degree.max()), min(block, draws - start), generator
        )
        total = _drawn_sums(moran.value, degree, taken)
        with np.errstate(invalid="ignore", divide="ignore"):
            reached += (moran.value * total / degree >= moran.statistic).sum(axis=0)
    pseudo = (1.0 + np.minimum(reached, draws - reached)) / (draws + 1)
    return np.where(degree > 0, pseudo, 1.0)


def hot_by_g_star(values: Floats, contiguity: sp.csr_array) -> Floats:
    """Return the one-sided normal p-value of Gi*."""
    p: Floats = scipy.stats.norm.sf(local_g_star(values, contiguity))
    return p


def hot_by_local_moran(values: Floats, contiguity: sp.csr_array) -> Floats:
    """Return the one-sided normal p-value of local Moran for high places among high ones, 1 for all others."""
    moran = local_moran(values, contiguity)
    p: Floats = np.where(moran.is_high_high, scipy.stats.norm.sf(moran.z), 1.0)
    return p


def discoveries(p: Floats, rate: float = FALSE_DISCOVERY_RATE) -> NDArray[np.bool_]:
    """Return which hypotheses are rejected at a false discovery rate (Benjamini & Hochberg).

    Examples
    --------
    >>> discoveries(np.array([0.001, 0.02, 0.04, 0.9])).tolist()
    [True, True, False, False]
    """
    if not len(p):
        return np.zeros(0, dtype=bool)
    return np.asarray(scipy.stats.false_discovery_control(p, method="bh") <= rate, dtype=bool)


def _alike(values: Floats) -> bool:
    return len(values) < 2 or float(values.std()) <= _ALIKE * float(np.abs(values).max())


def _cardinality(contiguity: sp.csr_array) -> Floats:
    return np.asarray(np.diff(contiguity.indptr), dtype=np.float64)


def _draws_without_replacement(
    population: int, number: int, draws: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return distinct numbers below ``population``, shape (draws, number), redrawing rows with a repeat."""
    if number * 4 > population:
        every = np.tile(np.arange(population), (draws, 1))
        shuffled: NDArray[np.int64] = generator.permuted(every, axis=1)[:, :number]
        return shuffled
    taken = generator.integers(population, size=(draws, number))
    while True:
        ordered = np.sort(taken, axis=1)
        repeated = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(repeated):
            return taken
        taken[repeated] = generator.integers(population, size=(len(repeated), number))


def _drawn_sums(value: Floats, degree: NDArray[np.int64], taken: NDArray[np.int64]) -> Floats:
    """Sum the values drawn for each place: number t stands for place t before it, and for t + 1 from it on."""
    total = np.zeros((len(taken), len(value)))
    place = np.arange(len(value))
    for position in range(taken.shape[1]):
        number = taken[:, position : position + 1]
        drawn = np.where(number < place, value[number], value[number + 1])
        total += np.where(degree > position, drawn, 0.0)
    return total
