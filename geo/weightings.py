"""Measure zones under many weightings and cutoffs at once, exactly.

Each world is one set of whole-number weights over a common denominator D and one cutoff k. A household's score is
a whole number s ≤ D; it is poor when s ≥ ⌈k·D⌉, so no tie is lost. The zones × patterns counts are multiplied with
the patterns × worlds scores, a block of worlds at a time.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.exact import check_cutoff, check_weights
from geo.measures import Floats, check_desils, ratio
from geo.specification import MOST_INDICATORS, Specification
from geo.tally import ZoneCounts

#: Worlds in one block: the dense factor of a block stays in the cache.
_BLOCK = 32

#: Whole numbers below this are exact in 64-bit floats.
_EXACT = 2**53

FIGURES = ("h", "a", "m0", "poor_households", "poor_persons")


@dataclass(frozen=True, slots=True)
class Worlds:
    """Weights and cutoffs to measure under, one row a world.

    Attributes
    ----------
    indicators
        The indicators, in the order of the bits of the tally.
    weights
        Whole numbers, shape (worlds, indicators); each row adds up to the denominator.
    denominator
        What the weights are divided by.
    cutoffs
        The poverty cutoff of each world.
    """

    indicators: tuple[str, ...]
    weights: NDArray[np.int64]
    denominator: int
    cutoffs: tuple[Fraction, ...]

    @classmethod
    def of(
        cls,
        specification: Specification,
        weightings: Sequence[Mapping[str, Fraction]],
        cutoffs: Sequence[Fraction] | None = None,
    ) -> "Worlds":
        """Bring weightings to their common denominator.

        Parameters
        ----------
        weightings
            Weights by indicator; an indicator that is not named has the weight 0.
        cutoffs
            One for each weighting; the specification's when None.

        Raises
        ------
        SpecificationError, ParameterError
            For weights that do not add up to 1 or belong to no indicator, for a cutoff outside (0, 1], or for
            fewer or more cutoffs than weightings.
        """
        full = [specification.with_weights(weights).weights for weights in weightings]
        denominator = math.lcm(*(w.denominator for weights in full for w in weights.values()))
        indicators = tuple(specification.weights)
        if denominator >= _EXACT:
            raise ParameterError(
                f"the {len(full)} weightings have the common denominator {denominator}, too large to compare "
                "exactly; round them to one denominator such as 10000."
            )
        table = [[int(weights[name] * denominator) for name in indicators] for weights in full]
        shaped = np.array(table, dtype=np.int64).reshape(len(full), len(indicators))
        chosen = tuple(cutoffs) if cutoffs is not None else (specification.cutoff,) * len(full)
        return cls(indicators, shaped, denominator, chosen)

    def __post_init__(self) -> None:
        if len(self.cutoffs) != len(self.weights):
            raise ParameterError(
                f"{len(self.weights)} weightings but {len(self.cutoffs)} cutoffs; give one cutoff for each."
            )
        for cutoff in set(self.cutoffs):
            check_cutoff(cutoff)
        for row in np.flatnonzero(
            (self.weights.sum(axis=1) != self.denominator) | (self.weights < 0).any(axis=1)
        ):
            shares = (Fraction(int(weight), self.denominator) for weight in self.weights[row])
            check_weights(dict(zip(self.indicators, shares, strict=True)))

    def __len__(self) -> int:
        return len(self.cutoffs)


def measure_many(
    counts: ZoneCounts,
    worlds: Worlds,
    figures: Sequence[str] = ("m0",),
    desils: Collection[int] | None = None,
) -> dict[str, Floats]:
    """Measure every zone in every world.

    Parameters
    ----------
    figures
        Which of `FIGURES` to compute; what is not asked for is not computed.
    desils
        Only households of these desil; all when None.

    Returns
    -------
    dict
        Figure → values, shape (zones, worlds); NaN where there is nothing to divide by.
    """
    answer = {figure: np.empty((len(counts.zones), len(worlds))) for figure in figures}
    for block, values in blocks(counts, worlds, figures, desils):
        for figure in figures:
            answer[figure][:, block] = values[figure]
    return answer


def blocks(
    counts: ZoneCounts, worlds: Worlds, figures: Sequence[str], desils: Collection[int] | None = None
) -> Iterator[tuple[NDArray[np.int64], dict[str, Floats]]]:
    """Measure a block of worlds at a time, so that memory does not grow with the number of worlds.

    Yields
    ------
    block, values
        Which worlds, and the figures as in `measure_many`. Worlds that leave out the same households come together.
    """
    _check_asked(figures, desils)
    used = worlds.weights > 0
    bits = used @ (1 << np.arange(len(worlds.indicators), dtype=np.int64))
    for mask in np.unique(bits):
        here = np.flatnonzero(bits == mask)
        patterns = _Patterns.of(counts, np.uint32(mask), worlds.denominator, desils)
        for start in range(0, len(here), _BLOCK):
            block = here[start : start + _BLOCK]
            yield block, patterns.measured(worlds, block, figures)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Counts of the households that some indicators leave in, by their pattern in these indicators."""

    bits: Floats  # (patterns, indicators), 0 or 1
    households: "_Spread"
    persons: "_Spread"
    total: Floats  # (zones,) persons measured

    @classmethod
    def of(
        cls, counts: ZoneCounts, mask: np.uint32, denominator: int, desils: Collection[int] | None
    ) -> "_Patterns":
        profiles = counts.profiles
        kept = (profiles.missing & mask) == 0
        if desils is not None:
            kept &= np.isin(profiles.desil, list(desils))
        patterns, pattern = np.unique(profiles.deprived & mask, return_inverse=True)
        chosen = np.flatnonzero(kept)
        gather = sp.coo_array(
            (np.ones(len(chosen), np.int64), (chosen, pattern[chosen])), shape=(len(kept), len(patterns))
        ).tocsr()
        places = np.arange(MOST_INDICATORS, dtype=np.uint32)
        households = _Spread.of(counts.households, counts.carried_households, counts.shares, gather, 1)
        persons = _Spread.of(counts.persons, counts.carried_persons, counts.shares, gather, denominator)
        total = persons @ np.ones((len(patterns), 1))
        return cls(
            ((patterns[:, None] >> places) & np.uint32(1)).astype(np.float64), households, persons, total
        )

    def measured(self, worlds: Worlds, block: NDArray[np.int64], figures: Sequence[str]) -> dict[str, Floats]:
        weights = worlds.weights[block].astype(np.float64)
        score = self.bits[:, : weights.shape[1]] @ weights.T
        lines = np.array(
            [math.ceil(worlds.cutoffs[world] * worlds.denominator) for world in block], np.float64
        )
        poor = (score >= lines).astype(np.float64)
        answer: dict[str, Floats] = {}
        if "poor_households" in figures:
            answer["poor_households"] = self.households @ poor
        if not {"h", "a", "poor_persons"}.isdisjoint(figures):
            answer["poor_persons"] = self.persons @ poor
        if not {"a", "m0"}.isdisjoint(figures):
            scored = self.persons @ (score * poor)
            # One division of whole numbers: it rounds once, so that equal fractions stay equal.
            answer["m0"] = ratio(scored, self.total * worlds.denominator)
            if "a" in figures:
                answer["a"] = ratio(scored, answer["poor_persons"] * worlds.denominator)
        if "h" in figures:
            answer["h"] = ratio(answer["poor_persons"], self.total)
        return answer


@dataclass(frozen=True, slots=True)
class _Spread:
    """Exact counts by zone, and counts of units that shares carry onto zones."""

    exact: sp.csr_array
    carried: sp.csr_array
    shares: sp.csr_array

    @classmethod
    def of(
        cls,
        exact: sp.csr_array,
        carried: sp.csr_array,
        shares: sp.csr_array,
        gather: sp.csr_array,
        largest: int,
    ) -> "_Spread":
        if (int(exact.sum()) + int(carried.sum())) * largest >= _EXACT:
            raise ParameterError(
                f"so many persons cannot be summed exactly over the denominator {largest}; "
                "round the weights to a smaller one such as 10000."
            )
        return cls((exact @ gather).astype(np.float64), (carried @ gather).astype(np.float64), shares)

    def __matmul__(self, values: Floats) -> Floats:
        total: Floats = self.exact @ values
        if self.carried.nnz:
            total += self.shares @ (self.carried @ values)
        return total


def _check_asked(figures: Sequence[str], desils: Collection[int] | None) -> None:
    unknown = sorted(set(figures) - set(FIGURES))
    if unknown:
        raise ParameterError(f"there is no figure {unknown[0]!r}. Figures: {', '.join(FIGURES)}.")
    check_desils(desils)
