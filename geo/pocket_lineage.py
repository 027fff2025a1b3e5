"""What became of the pockets of one run in the next: the poor people that old and new pockets share.

Computed from the published cells of both runs alone; a cell hidden in one of them is in no pocket of it.
"""

from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.errors import ParameterError

#: Two pockets are kin when they share at least this part of the poor persons of the smaller one.
LEAST_SHARED = 0.1


class Fate(StrEnum):
    """What happened between an old pocket and a new one."""

    BORN = "born"  # no kin before
    GONE = "gone"  # no kin after
    GROWN = "grown"  # one to one, with more poor persons
    SHRUNK = "shrunk"  # one to one, with fewer
    UNCHANGED = "unchanged"  # one to one, with as many
    MERGED = "merged"  # several old pockets in one new
    SPLIT = "split"  # one old pocket in several new
    REARRANGED = "rearranged"  # both


_SCHEMA = {
    "old": pl.String,
    "new": pl.String,
    "fate": pl.String,
    "shared_share": pl.Float64,
    "cells": pl.Int64,
    "old_poor_persons": pl.Float64,
    "new_poor_persons": pl.Float64,
    "share_of_old": pl.Float64,
    "share_of_new": pl.Float64,
}


def lineage(
    old: pl.DataFrame,
    old_member: NDArray[np.int64],
    new: pl.DataFrame,
    new_member: NDArray[np.int64],
    least_shared: float = LEAST_SHARED,
) -> pl.DataFrame:
    """Relate the pockets of two runs.

    The poor persons shared by pockets A and B are those of the cells in both: of A's by the old run, of B's by the new.

    Parameters
    ----------
    old, new
        Published cells of both runs, of one resolution.
    old_member, new_member
        The number of each cell's pocket from 0, -1 outside all (`geo.pockets.Pockets.member`).
    least_shared
        The smallest ``shared_share`` of kin, above 0.

    Returns
    -------
    pl.DataFrame
        One row a pair of kin, born or gone pocket: ``old``, ``new`` (codes of the pockets, null where there is none),
        ``fate``, ``shared_share`` (the larger of the next two), ``cells`` shared, ``old_poor_persons`` and
        ``new_poor_persons`` of the whole pockets, ``share_of_old`` and ``share_of_new`` (of their poor persons, in
        shared cells).

    Raises
    ------
    ParameterError
        When ``least_shared`` is not above 0 and at most 1, or a member does not fit its table.

    Examples
    --------
    >>> before = pl.DataFrame({"code": ["a", "b", "c"], "poor_persons": [10.0, 30.0, 5.0]})
    >>> after = pl.DataFrame({"code": ["b", "c"], "poor_persons": [50.0, 5.0]})
    >>> kin = lineage(before, np.array([0, 0, 1]), after, np.array([0, -1]))
    >>> kin.select("old", "new", "fate", "share_of_old").rows()
    [('1', '1', 'grown', 0.75), ('2', None, 'gone', None)]
    """
    if not 0 < least_shared <= 1:
        raise ParameterError(f"the least shared part is {least_shared}; give more than 0 and at most 1.")
    before, after = _cells(old, old_member, "old"), _cells(new, new_member, "new")
    pairs = _kin(before, after, least_shared)
    totals = [_totals(before, "old"), _totals(after, "new")]
    alone = [
        totals[0].join(pairs, on="old", how="anti").with_columns(fate=pl.lit(str(Fate.GONE))),
        totals[1].join(pairs, on="new", how="anti").with_columns(fate=pl.lit(str(Fate.BORN))),
    ]
    kin = pairs.with_columns(fate=_fate())
    table = pl.concat([kin, *alone], how="diagonal").sort("old", "new", nulls_last=True)
    codes = [(pl.col(name) + 1).cast(pl.String).alias(name) for name in ("old", "new")]
    return table.with_columns(codes).select(*_SCHEMA).cast(pl.Schema(_SCHEMA))


def _cells(table: pl.DataFrame, member: NDArray[np.int64], side: str) -> pl.DataFrame:
    if len(member) != table.height:
        raise ParameterError(
            f"the {side} run has {table.height} cells but pockets of {len(member)}; give those found in its table."
        )
    cells = table.select("code", pl.col("poor_persons").alias(f"{side}_poor"), pl.Series(side, member))
    return cells.filter(pl.col(side) >= 0)


def _totals(cells: pl.DataFrame, side: str) -> pl.DataFrame:
    return cells.group_by(side).agg(pl.col(f"{side}_poor").sum().alias(f"{side}_poor_persons"))


def _kin(before: pl.DataFrame, after: pl.DataFrame, least_shared: float) -> pl.DataFrame:
    shared = (
        before.join(after, on="code")
        .group_by("old", "new")
        .agg(pl.col("old_poor", "new_poor").sum(), cells=pl.len())
        .join(_totals(before, "old"), on="old")
        .join(_totals(after, "new"), on="new")
        .with_columns(
            share_of_old=pl.col("old_poor") / pl.col("old_poor_persons"),
            share_of_new=pl.col("new_poor") / pl.col("new_poor_persons"),
        )
    )
    return shared.with_columns(shared_share=pl.max_horizontal("share_of_old", "share_of_new")).filter(
        pl.col("shared_share") >= least_shared
    )


def _fate() -> pl.Expr:
    merges, splits = pl.len().over("new") > 1, pl.len().over("old") > 1
    change = pl.col("new_poor_persons") - pl.col("old_poor_persons")
    return (
        pl.when(merges & splits)
        .then(pl.lit(str(Fate.REARRANGED)))
        .when(merges)
        .then(pl.lit(str(Fate.MERGED)))
        .when(splits)
        .then(pl.lit(str(Fate.SPLIT)))
        .when(change > 0)
        .then(pl.lit(str(Fate.GROWN)))
        .when(change < 0)
        .then(pl.lit(str(Fate.SHRUNK)))
        .otherwise(pl.lit(str(Fate.UNCHANGED)))
    )
