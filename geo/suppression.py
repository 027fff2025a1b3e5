"""Which places are hidden so that those that must be hidden cannot be had from the rest.

Units and cells divide the same households twice, each at several levels. Take the parts that both tell apart, and give
each part the finest shown unit and the finest shown cell around it: parts with the same pair form a *pool*. Moving
households between parts of one pool changes no shown zone, so any such move gives another register with the same
published tables, in every figure and for every question. A hidden zone that shares pools with other places can hold
from none to all of their households. So it is hidden well when the pools that it shares hold more poor, and more not
poor, than the threshold. This holds even against a reader who knows the totals of every pool; the published tables tell
less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.measures import Measures

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Shares make counts fractional: a count this small is none.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class PartCounts:
    """What is in the parts that all divisions together tell apart.

    Attributes
    ----------
    finest
        For each division the zone of its finest level in which each part is.
    read, poor, not_poor
        Households of each part: all, the poor, and the measured that are not poor.
    """

    finest: tuple[Ints, ...]
    read: Floats
    poor: Floats
    not_poor: Floats

    @classmethod
    def of(cls, measures: Measures) -> "PartCounts":
        """Return the counts of a single division, whose parts are its finest zones."""
        zones = np.arange(len(measures.read))
        return cls(
            (zones,), measures.read, measures.poor_households, measures.households - measures.poor_households
        )


def hide(
    parents: Sequence[Sequence[Ints]],
    primary: Sequence[Sequence[Bools]],
    parts: PartCounts,
    hidden_up_to: int,
) -> list[list[Bools]]:
    """Hide zones until no hidden one can be had from those that are shown.

    Parameters
    ----------
    parents
        For each division (units, cells) and level, coarse to fine, the position of each zone's parent in the level
        before, -1 where there is none.
    primary
        For each division and level, which zones must be hidden.
    hidden_up_to
        The threshold: the poor of a hidden zone, and its not poor, can be any of more numbers than this.

    Returns
    -------
    list of list of bool arrays
        For each division and level, which zones are hidden. A zone below a hidden one is hidden.
    """
    forest = _Forest.of(parents, parts.finest)
    counts = np.column_stack([parts.poor, parts.not_poor])
    hidden = np.concatenate([flags for of_division in primary for flags in of_division])
    weight = np.zeros(len(forest.parent))
    for zone in np.concatenate(forest.chains):
        weight += np.bincount(zone[zone >= 0], parts.read[zone >= 0], len(weight))
    forest.close(hidden)
    while hidden.any() and len(more := _partners(forest, hidden, counts, weight, hidden_up_to + 1)):
        hidden[more] = True
        forest.close(hidden)
    return forest.split(hidden, parents)


@dataclass(frozen=True, slots=True)
class _Forest:
    """All zones of all divisions under one numbering.

    Attributes
    ----------
    parent
        Of each zone, -1 at the top.
    levels
        The zones of each level of each division, coarse levels first.
    only
        Whether it is the whole: the one zone of a level at the top, which stays.
    chains
        For each division the zones around each part, shape (levels, parts).
    """

    parent: Ints
    only: Bools
    levels: list[slice]
    chains: list[Ints]

    @classmethod
    def of(cls, divisions: Sequence[Sequence[Ints]], finest: Sequence[Ints]) -> "_Forest":
        parents, levels, chains, start = [], [], [], 0
        for division, of_part in zip(divisions, finest, strict=True):
            chain = [of_part]
            for parent in division[:0:-1]:
                chain.insert(0, np.where(chain[0] >= 0, parent[chain[0]], -1))
            above = 0
            for depth, parent in enumerate(division):
                parents.append(np.where(parent >= 0, parent + above, -1))
                levels.append(slice(start, start + len(parent)))
                chain[depth] = np.where(chain[depth] >= 0, chain[depth] + start, -1)
                above, start = start, start + len(parent)
            chains.append(np.stack(chain))
        alone = [np.full(len(parent), len(parent) == 1 and parent[0] < 0) for parent in parents]
        return cls(np.concatenate(parents), np.concatenate(alone), levels, chains)

    def close(self, hidden: Bools) -> None:
        """Hide what lies below a hidden zone."""
        for level in self.levels:
            parent = self.parent[level]
            hidden[level] |= (parent >= 0) & hidden[parent]

    def split(self, hidden: Bools, divisions: Sequence[Sequence[Ints]]) -> list[list[Bools]]:
        """Give the flags back by division and level."""
        flags = iter([hidden[level] for level in self.levels])
        return [[next(flags) for _ in division] for division in divisions]

    def shown_around(self, hidden: Bools) -> list[Ints]:
        """Return for each division the finest shown zone around each part, -1 where there is none."""
        answer = []
        for chain in self.chains:
            around = np.full(chain.shape[1], -1)
            for zone in chain:
                around = np.where((zone >= 0) & ~hidden[zone], zone, around)
            answer.append(around)
        return answer


def _partners(forest: _Forest, hidden: Bools, counts: Floats, weight: Floats, least: int) -> Ints:
    """Return zones to hide beside those that are, none when all are hidden well."""
    around = forest.shown_around(hidden)
    keys, pool = np.unique(_keys(around, len(hidden)), return_inverse=True)
    lacking = _lacking(_shared(forest, hidden, pool, counts), counts.shape[1], least)
    chosen = _chosen(lacking, _candidates(forest, hidden, around, keys, lacking, counts), weight)
    helpless = lacking.filter("hard").join(chosen, on="zone", how="anti")
    return np.union1d(
        chosen.unique("pool", keep="first", maintain_order=True)["partner"].to_numpy(),
        _coarser(helpless, forest, keys, weight),
    )


def _keys(around: Sequence[Ints], zones: int) -> Ints:
    """Give a number to each pair of shown zones around a part; `_coarser` takes the numbers apart."""
    key = np.zeros(len(around[0]), np.int64)
    for zone in around:
        key = key * (zones + 1) + zone + 1
    return key


def _shared(forest: _Forest, hidden: Bools, pool: Ints, counts: Floats) -> pl.DataFrame:
    """Return the pools of each hidden zone: its own counts there, the whole ones, and whether it is alone."""
    of_part = pl.DataFrame({"pool": pool} | _named("own", counts))
    inside = [
        of_part.with_columns(zone=zone).filter(pl.Series((zone >= 0) & hidden[zone]))
        for chain in forest.chains
        for zone in chain
    ]
    own = pl.concat(inside).group_by("zone", "pool").agg(pl.len(), pl.col("^own.*$").sum())
    whole = of_part.group_by("pool").agg(
        pl.len().alias("all"), pl.col("^own.*$").sum().name.replace("own", "whole")
    )
    return own.join(whole, on="pool").with_columns(alone=pl.col("len") == pl.col("all")).drop("len", "all")


def _lacking(shared: pl.DataFrame, number: int, least: int) -> pl.DataFrame:
    """Return the pools of zones that share too little, with what the zone lacks of each count.

    A zone that lacks what it has some of is ``hard``. One that has none of it may be known to have none, as a shown
    zone may, where nothing beside it helps.
    """
    names = range(number)
    width = {
        f"lack{i}": least - pl.when("alone").then(0.0).otherwise(pl.col(f"whole{i}")).sum().over("zone")
        for i in names
    }
    has = {f"has{i}": pl.col(f"own{i}").sum().over("zone") for i in names}
    lacks = [pl.col(f"lack{i}") > _ROUNDING for i in names]
    hard = pl.any_horizontal(lack & (pl.col(f"has{i}") > _ROUNDING) for i, lack in enumerate(lacks))
    return (
        shared.with_columns(**width, **has)
        .with_columns(pl.col("^lack.*$").clip(0, None), hard=hard)
        .filter(pl.any_horizontal(lacks))
        .sort("zone", "pool")
    )


def _candidates(
    forest: _Forest,
    hidden: Bools,
    around: Sequence[Ints],
    keys: Ints,
    lacking: pl.DataFrame,
    counts: Floats,
) -> pl.DataFrame:
    """Return the shown zones that would bring parts into a pool that lacks, were they hidden, and what they bring."""
    wanted = np.zeros(len(keys), bool)
    wanted[lacking["pool"].to_numpy()] = True
    brought = _named("brings", counts)
    rows = []
    for division, chain in enumerate(forest.chains):
        for zone in chain:
            pair = list(around)
            pair[division] = np.where(zone >= 0, forest.parent[zone], -1)
            key = _keys(pair, len(hidden))
            pool = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
            joins = (zone >= 0) & ~hidden[zone] & (keys[pool] == key) & wanted[pool]
            rows.append(pl.DataFrame({"partner": zone, "pool": pool} | brought).filter(pl.Series(joins)))
    return pl.concat(rows).group_by("partner", "pool").agg(pl.col("^brings.*$").sum())


def _chosen(lacking: pl.DataFrame, candidates: pl.DataFrame, weight: Floats) -> pl.DataFrame:
    """Return for each zone that lacks the best partner: one that suffices, the smallest such."""
    names = [name.removeprefix("lack") for name in lacking.columns if name.startswith("lack")]
    gains = [
        (pl.col(f"brings{i}") + pl.when("alone").then(pl.col(f"whole{i}")).otherwise(0.0))
        .sum()
        .alias(f"gain{i}")
        for i in names
    ]
    left = pl.sum_horizontal((pl.col(f"lack{i}") - pl.col(f"gain{i}")).clip(0, None) for i in names)
    helps = pl.any_horizontal(
        (pl.col(f"lack{i}") > _ROUNDING) & (pl.col(f"gain{i}") > _ROUNDING) for i in names
    )
    pairs = (
        lacking.join(candidates, on="pool")
        .group_by("zone", "partner")
        .agg(*gains, pl.col("^lack.*$").first(), pl.col("pool").min())
        .filter(helps)
    )
    weighed = pairs.with_columns(left=left, weight=pl.Series(weight[pairs["partner"].to_numpy()]))
    best = weighed.sort("left", "weight", "partner").group_by("zone", maintain_order=True).first()
    return best.select("zone", "partner", "pool").sort("zone")


def _coarser(helpless: pl.DataFrame, forest: _Forest, keys: Ints, weight: Floats) -> Ints:
    """Return, for each zone that no partner helps, the smallest shown zone around its pools."""
    key = keys[helpless["pool"].to_numpy()]
    around = []
    for _ in forest.chains:
        key, zone = np.divmod(key, len(weight) + 1)
        around.append(pl.DataFrame({"zone": helpless["zone"], "above": zone - 1}))
    pairs = pl.concat(around).filter(pl.col("above").is_in(np.flatnonzero(~forest.only).tolist()))
    weighed = pairs.with_columns(weight=pl.Series(weight[pairs["above"].to_numpy()]))
    smallest = weighed.sort("weight", "above").group_by("zone", maintain_order=True).first()
    return np.unique(smallest["above"].to_numpy())


def _named(name: str, counts: Floats) -> dict[str, Floats]:
    return {f"{name}{column}": values for column, values in enumerate(counts.T)}
