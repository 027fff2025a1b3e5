"""The smaller figures of a shown zone: told by class, so that no subtraction leaves fewer than a class.

A zone may be shown although only three of its households lack a toilet. Such counts (of each indicator, of the
vulnerable, the severe, the left out) are told by classes of one width w, all with the bounds 0, w, 2w, …: as the
middle of their class, and not at all in the lowest. Units and cells are two nested families of zones, so whatever
follows from such bounds by adding and subtracting is again a multiple of w (the matrix of two laminar families is
totally unimodular), and the truth lies below the upper bound of each of its classes: so a count is never known more
closely than by one class, wherever it stands and whatever else of its figure is read.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.measures import Measures, ratio

Floats = NDArray[np.float64]

#: A household stands for so many persons in the width of classes of persons.
PERSONS_A_HOUSEHOLD = 4

#: Assistance goes to desil 1 to 4; all others, and who has none, are told as one.
DESIL_GROUPS: Mapping[str, tuple[int, ...]] = {
    **{f"poor_desil_{desil}": (desil,) for desil in (1, 2, 3, 4)},
    "poor_desil_other": (5, 6, 7, 8, 9, 10, 0),
}

_ROUNDING = 1e-9
_KINDS = ("uncensored", "censored")


def coarse_figures(measures: Measures, class_households: int) -> Mapping[str, Floats]:
    """Return the smaller figures of all zones by class; NaN in the lowest class, where 0 is one of the counts.

    The highest class of a count reaches up to all there are (such as all poor persons), and is at least one class wide.
    What nobody anywhere has is 0. Where the exact M0 of a zone would tell which end of their classes its censored
    headcounts are at, they are not told.

    Parameters
    ----------
    class_households
        The width of the classes of households; that of persons is `PERSONS_A_HOUSEHOLD` times it.

    Returns
    -------
    dict
        ``read``, ``left_out``, ``vulnerable``, ``severe``, and ``uncensored_<id>``, ``censored_<id>`` and
        ``contribution_<id>`` of each indicator: column → one value a zone.
    """
    width = class_households * PERSONS_A_HOUSEHOLD
    persons, poor = measures.persons, measures.poor_persons
    left_out = by_class(measures.left_out, np.full_like(persons, np.inf), class_households)
    severe = np.nan_to_num(measures.severe * persons)
    all_severe = poor if (severe <= poor + _ROUNDING).all() else persons
    uncensored, censored = (
        np.nan_to_num(share * measures.observed) for share in (measures.uncensored, measures.censored)
    )
    told = by_class(censored, np.minimum(poor[:, None], measures.observed), width)
    told[_betrayed(censored, np.broadcast_to(poor[:, None], censored.shape), measures.weights, width)] = (
        np.nan
    )
    told_censored = ratio(told, measures.observed)
    by_indicator = {
        "uncensored": ratio(by_class(uncensored, measures.observed, width), measures.observed),
        "censored": told_censored,
        "contribution": ratio(told_censored * measures.weights, measures.m0[:, None]),
    }
    return {
        "read": measures.households + left_out,
        "left_out": left_out,
        "vulnerable": ratio(
            by_class(np.nan_to_num(measures.vulnerable * persons), persons - poor, width), persons
        ),
        "severe": ratio(by_class(severe, all_severe, width), persons),
        **_columns(by_indicator, measures.indicators),
    }


def coarse_desils(poor_persons: Floats, class_households: int) -> Mapping[str, Floats]:
    """Return which share of the poor persons of each zone stands in each group of desil, by class.

    A what-if of desil 1 to 4 tells how many they are together; where that sum would tell which end of their classes the
    four are at, none of them is told.

    Parameters
    ----------
    poor_persons
        From `geo.measures.poor_by_desil`, shape (zones, 11).
    class_households
        As in `coarse_figures`.

    Returns
    -------
    dict
        Name in `DESIL_GROUPS` → one value a zone.
    """
    width = class_households * PERSONS_A_HOUSEHOLD
    poor = poor_persons.sum(axis=1, keepdims=True)
    count = np.stack([poor_persons[:, list(group)].sum(axis=1) for group in DESIL_GROUPS.values()], axis=1)
    told = by_class(count, poor, width)
    low = slice(0, 4)
    betrayed = _betrayed(count[:, low], np.repeat(poor, 4, axis=1), np.ones(4), width)
    told[betrayed, low] = np.nan
    return dict(zip(DESIL_GROUPS, ratio(told, poor).T, strict=True))


def figures_by_indicator(measures: Measures) -> dict[str, Floats]:
    """Return the figures of each indicator as they are: column → one value a zone."""
    kinds = ("uncensored", "censored", "contribution")
    return _columns({kind: getattr(measures, kind) for kind in kinds}, measures.indicators)


def _columns(kinds: Mapping[str, Floats], indicators: Sequence[str]) -> dict[str, Floats]:
    return {
        f"{kind}_{indicator}": values[:, column]
        for kind, values in kinds.items()
        for column, indicator in enumerate(indicators)
    }


def _classes(count: Floats, most: Floats, width: float) -> tuple[Floats, Floats]:
    """Return the bounds of the class of each count; the upper one is not reached, but by ``most`` itself."""
    number = np.floor(count / width + _ROUNDING)
    highest = np.maximum(np.floor((most - width) / width + _ROUNDING), 0)
    low = np.minimum(number, highest) * width
    return low, np.where(number >= highest, most, low + width)


def by_class(count: Floats, most: Floats, width: float) -> Floats:
    """Return the middle of the class of each count, NaN in the lowest; 0 where there is none anywhere.

    Parameters
    ----------
    most
        All there are: the end of the highest class.
    width
        The width of the classes.
    """
    low, high = _classes(count, most, width)
    middle = np.where(high < most, (low + high - 1) / 2, (low + high) / 2)
    nobody = (most <= _ROUNDING) | (count <= _ROUNDING).all(axis=0)
    answer: Floats = np.where(nobody, 0.0, np.where(low > 0, middle, np.nan))
    return answer


def _betrayed(count: Floats, most: Floats, weights: Floats, width: float) -> NDArray[np.bool_]:
    """Tell the zones whose Σ w_j x_j is so near an end that it narrows a class: it is known, as M0 times persons is."""
    low, high = _classes(count, most, width)
    above, below = (count - low) @ weights, (high - count) @ weights
    answer: NDArray[np.bool_] = np.minimum(above, below) < weights.max(initial=0.0) * width
    return answer


def with_lowest_classes(
    table: pl.DataFrame, indicators: Sequence[str], weights: Floats, class_households: int
) -> pl.DataFrame:
    """Fill in what a published table does not tell of shown zones with the middle of the lowest class, to be added up.

    Parameters
    ----------
    indicators, weights
        The indicators of the table and the weight of each.
    """
    width = class_households * PERSONS_A_HOUSEHOLD
    lowest = pl.min_horizontal(pl.lit((width - 1) / 2), pl.col("persons") / 2) / pl.col("persons")
    shares = ("vulnerable", "severe", *(f"{kind}_{name}" for kind in _KINDS for name in indicators))
    filled = table.with_columns(
        pl.col("left_out").fill_null((class_households - 1) / 2),
        *(pl.col(name).fill_null(lowest) for name in shares),
    )
    contributions = {
        f"contribution_{name}": weight * pl.col(f"censored_{name}") / pl.col("m0")
        for name, weight in zip(indicators, weights, strict=True)
    }
    filled = filled.with_columns(read=pl.col("households") + pl.col("left_out"), **contributions)
    shown = pl.col("status") == "shown"
    return filled.with_columns(
        pl.when(shown).then(pl.col(name)).alias(name)
        for name in ("read", "left_out", *shares, *contributions)
    )


def without_lowest_classes(
    table: pl.DataFrame, indicators: Sequence[str], class_households: int
) -> pl.DataFrame:
    """Take away again what a sum of zones has too little of to be told."""
    width = class_households * PERSONS_A_HOUSEHOLD

    def enough(share: str) -> pl.Expr:
        return pl.col(share) * pl.col("persons") >= width

    def told(column: str, condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(pl.col(column)).alias(column)

    shares = ("vulnerable", "severe", *(f"{kind}_{name}" for kind in _KINDS for name in indicators))
    return table.with_columns(
        *(told(column, pl.col("left_out") >= class_households) for column in ("read", "left_out")),
        *(told(share, enough(share)) for share in shares),
        *(told(f"contribution_{name}", enough(f"censored_{name}")) for name in indicators),
    )
