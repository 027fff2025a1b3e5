"""How far the list of the poorest places hangs on choices that could have been made otherwise.

Each world draws weights around the specification's from a Dirichlet distribution, takes one of the sensitivity
cutoffs in turn, and turns disputed norms by a fair coin. The zones are measured and ranked in every world.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError
from geo.measures import Floats
from geo.specification import Specification
from geo.tally import ZoneCounts
from geo.weightings import Worlds, blocks

DEFAULT_DRAWS = 1000
DEFAULT_SEED = 20241

#: Dirichlet concentration: a weight w varies with the standard deviation √(w(1 − w)/(CONCENTRATION + 1)), so a
#: weight of 1/8 by 0.05.
CONCENTRATION = 40

#: The drawn weights are whole numbers over this.
DENOMINATOR = 10_000


@dataclass(frozen=True, slots=True)
class Robustness:
    """Where each zone stands in all worlds. Every array has one entry a zone.

    Attributes
    ----------
    top
        The length of the list.
    worlds
        How many worlds were measured.
    share_in_top
        Share of worlds in which the zone is among the ``top`` poorest, ties included; NaN for a zone without
        households.
    best, median, worst
        Ranks over the worlds, 1 the poorest; NaN for a zone without households.
    """

    top: int
    worlds: int
    share_in_top: Floats
    best: Floats
    median: Floats
    worst: Floats


def robustness(
    counts: ZoneCounts,
    specification: Specification,
    *,
    top: int,
    draws: int = DEFAULT_DRAWS,
    cutoffs: Sequence[Fraction] | None = None,
    switches: Mapping[str, str] | None = None,
    figure: str = "m0",
    seed: int = DEFAULT_SEED,
) -> Robustness:
    """Rank the zones in many worlds.

    Parameters
    ----------
    top
        The length τ of the list of the poorest zones.
    draws
        Number of worlds.
    cutoffs
        Cutoffs to take in turn; the specification's sensitivity cutoffs when None, or its cutoff where it has none.
    switches
        Indicator → the indicator of weight 0 that takes its weight in half of the worlds, such as a variant of the
        same deprivation under another norm.
    figure
        One of `geo.weightings.FIGURES`, ranked from high to low.
    seed
        Makes the same worlds again.

    Raises
    ------
    ParameterError
        For a list or a number of draws below 1, or a switch that is no pair of indicators.
    """
    if top < 1 or draws < 1:
        raise ParameterError(f"a list of {top} places in {draws} worlds is empty; give 1 or more of each.")
    worlds = draw(specification, draws, cutoffs=cutoffs, switches=switches, seed=seed)
    ranks = np.empty((len(counts.zones), draws), np.int32)
    for block, values in blocks(counts, worlds, (figure,)):
        for column, world in enumerate(block):
            ranks[:, world] = _ranks(values[figure][:, column])
    ranked = (ranks > 0).all(axis=1)

    def over_worlds(values: NDArray[np.generic]) -> Floats:
        return np.where(ranked, values, np.nan)

    return Robustness(
        top=top,
        worlds=draws,
        share_in_top=over_worlds(np.mean(ranks <= top, axis=1)),
        best=over_worlds(ranks.min(axis=1)),
        median=over_worlds(np.median(ranks, axis=1)),
        worst=over_worlds(ranks.max(axis=1)),
    )


def draw(
    specification: Specification,
    draws: int,
    *,
    cutoffs: Sequence[Fraction] | None = None,
    switches: Mapping[str, str] | None = None,
    seed: int = DEFAULT_SEED,
) -> Worlds:
    """Draw worlds around a specification.

    The weights are rounded by largest remainder to whole numbers over `DENOMINATOR`, none of a weighted indicator
    below 1, so that ties stay exact and the same households are measured in every world.

    Examples
    --------
    >>> from geo import specification
    >>> worlds = draw(specification.load("bogor"), 3)
    >>> worlds.weights.sum(axis=1).tolist(), [str(k) for k in worlds.cutoffs]
    ([10000, 10000, 10000], ['1/5', '1/4', '1/3'])
    """
    random = np.random.default_rng(seed)
    centre = np.array([float(weight) for weight in specification.weights.values()])
    weighted = centre > 0
    weights = np.zeros((draws, len(centre)), np.int64)
    weights[:, weighted] = _whole(random.dirichlet(CONCENTRATION * centre[weighted], draws))
    names = list(specification.weights)
    for indicator, variant in (switches or {}).items():
        _check_switch(specification, indicator, variant)
        turned = random.random(draws) < 0.5
        here, there = names.index(indicator), names.index(variant)
        weights[turned, there] = weights[turned, here]
        weights[turned, here] = 0
    in_turn = tuple(cutoffs or specification.sensitivity_cutoffs or (specification.cutoff,))
    chosen = tuple(in_turn[world % len(in_turn)] for world in range(draws))
    return Worlds(tuple(names), weights, DENOMINATOR, chosen)


def _whole(shares: Floats) -> NDArray[np.int64]:
    """Round shares to whole numbers of at least 1 that add up to `DENOMINATOR`."""
    scaled = shares * (DENOMINATOR - shares.shape[1])
    whole = np.floor(scaled).astype(np.int64)
    missing = DENOMINATOR - shares.shape[1] - whole.sum(axis=1)
    place = np.argsort(np.argsort(whole - scaled, axis=1, kind="stable"), axis=1, kind="stable")
    answer: NDArray[np.int64] = 1 + whole + (place < missing[:, None])
    return answer


def _check_switch(specification: Specification, indicator: str, variant: str) -> None:
    weights = specification.weights
    for name in (indicator, variant):
        if name not in weights:
            raise ParameterError(
                f"the switch {indicator} → {variant}: no indicator is called {name!r}. "
                f"Indicators: {', '.join(weights)}."
            )
    if weights[indicator] == 0 or weights[variant] != 0:
        raise ParameterError(
            f"the switch {indicator} → {variant}: the first must have a weight and the second the weight 0."
        )


def _ranks(values: Floats) -> NDArray[np.int32]:
    """Rank from high to low, equal values sharing the better rank; 0 for NaN."""
    order = np.argsort(-values)
    ordered = values[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]]
    answer = np.empty(len(values), np.int32)
    answer[order] = 1 + np.maximum.accumulate(np.where(first, np.arange(len(values)), 0))
    answer[np.isnan(values)] = 0
    return answer
