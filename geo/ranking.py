"""Order places by a measure and give them a priority class by top share."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import polars as pl

from geo import composite as composites
from geo.errors import ParameterError
from geo.intervals import CERTAIN, NOT_PRIORITY, POSSIBLE

#: Priority classes and the top share of places that each ends at; ties stay together.
PRIORITY_CLASSES: Mapping[str, float] = {"top_1": 0.01, "top_5": 0.05, "top_10": 0.10, "top_20": 0.20}
REST = "rest"


def rank(table: pl.DataFrame, by: str = "m0") -> pl.DataFrame:
    """Rank the shown places of a published table, rank 1 the poorest.

    Equal values share a rank. The class of a place is the smallest top share that its rank lies in; the first place is
    always in the first class.

    Parameters
    ----------
    table
        A `geo.disclosure.Published` table.
    by
        A column of figures, ranked from high to low.

    Returns
    -------
    pl.DataFrame
        The shown places with ``rank`` (Int64) and ``priority_class`` in front, by rank and then by code.

    Raises
    ------
    ParameterError
        When there is no such figure.

    Examples
    --------
    >>> places = pl.DataFrame({"code": ["a", "b", "c"], "status": ["shown"] * 3, "m0": [0.1, 0.3, 0.3]})
    >>> rank(places)["code"].to_list(), rank(places)["rank"].to_list()
    (['b', 'c', 'a'], [1, 1, 3])
    """
    if by not in table.columns or not table.schema[by].is_numeric():
        figures = [name for name, dtype in table.schema.items() if dtype.is_numeric()]
        raise ParameterError(f"places cannot be ranked by {by!r}. Rank by one of: {', '.join(figures)}.")
    shown = table.filter(pl.col("status") == "shown", pl.col(by).is_not_null())
    ranks = pl.col(by).rank("min", descending=True).cast(pl.Int64)
    ranked = shown.with_columns(rank=ranks).with_columns(priority_class=_priority(shown.height))
    return ranked.select("rank", "priority_class", *table.columns).sort("rank", "code")


def with_priority(ranked: pl.DataFrame, by: str, top: int) -> pl.DataFrame:
    """Say of each ranked place how sure it is among the ``top`` poorest (`geo.intervals.RankIntervals.priority`).

    Only ranks by M0 have intervals; by another figure, or in a table without intervals, the columns are null.

    Parameters
    ----------
    ranked
        What `rank` returned.
    by
        The figure that it was ranked by.

    Returns
    -------
    pl.DataFrame
        With ``rank_low``, ``rank_high`` and ``priority`` (``certain``, ``possible``, ``not``).

    Examples
    --------
    >>> places = pl.DataFrame({"code": ["a", "b"], "rank_low": [1, 2], "rank_high": [1, 4]})
    >>> with_priority(places, "m0", 3)["priority"].to_list()
    ['certain', 'possible']
    """
    if by != "m0" or "rank_low" not in ranked.columns:
        nothing = {"rank_low": pl.Int64, "rank_high": pl.Int64, "priority": pl.String}
        return ranked.with_columns(**{name: pl.lit(None, dtype) for name, dtype in nothing.items()})
    low, high = pl.col("rank_low"), pl.col("rank_high")
    certainty = (
        pl.when(high.is_null())
        .then(None)
        .when(high <= top)
        .then(pl.lit(CERTAIN))
        .when(low <= top)
        .then(pl.lit(POSSIBLE))
        .otherwise(pl.lit(NOT_PRIORITY))
    )
    return ranked.with_columns(priority=certainty)


def with_composite(table: pl.DataFrame, weights: Mapping[str, Fraction]) -> pl.DataFrame:
    """Return the shown places of a published table with the score ``composite`` over several figures.

    Raises
    ------
    ParameterError
        When there is no such figure.
    SpecificationError
        When the weights do not add up to 1.
    """
    shown = table.filter(pl.col("status") == "shown")
    figures = [name for name, dtype in table.schema.items() if dtype.is_numeric()]
    criteria = {name: shown[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in figures}
    score = composites.composite(criteria, weights).score
    return shown.with_columns(composite=pl.Series(score, nan_to_null=True))


def _priority(places: int) -> pl.Expr:
    answer: pl.Expr = pl.lit(REST)
    for name, share in reversed(list(PRIORITY_CLASSES.items())):
        last = max(share * places, 1 if name == "top_1" else 0)
        answer = pl.when(pl.col("rank") <= last).then(pl.lit(name)).otherwise(answer)
    return answer
