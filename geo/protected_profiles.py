"""The profiles of a run's units with the rare ones merged: all that what-if questions are answered from.

With weights that give every pattern a score of its own, and the cutoff moved by one step, the difference between two
exact answers is the number of households of one pattern in one kelurahan. So questions are not put to the tally but to
a table in which every profile of a unit has none or more households than the threshold. However many answers are
read, together they tell at most this table.

Rare patterns are merged, in the order of their scores, among those that the run's own specification calls poor, or not
poor, of desil 1 to 4, or not; then the desils of a pattern with the next ones. So households, persons, poor and H under
the run's own specification stay as they are, also of desil 1 to 4, and M0 nearly. Households that the run left out are
not in the table. The hidden units under one shown unit are one place in it.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.measures import is_measured, is_poor, scores
from geo.specification import Specification
from geo.tally import Profiles, ZoneCounts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Assistance goes to desil 1 to 4, so this is the line that is asked about.
_LOW_DESIL = 4

#: Profiles are merged within these.
_CLASS = ("place", "poor", "low")

#: Shares make counts fractional: rounding must not make a count of the least number too few.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ProtectedProfiles:
    """Households and persons by place and merged profile.

    Attributes
    ----------
    households, persons
        Shape (places, profiles); every entry of households is 0 or more than the threshold.
    """

    profiles: Profiles
    households: sp.csr_array
    persons: sp.csr_array

    def at(self, level: str, zones: NDArray[np.uint64], members: sp.csr_array) -> ZoneCounts:
        """Arrange the profiles by the zones of a level, ready to be measured.

        Parameters
        ----------
        members
            1 where a place lies in a zone, shape (zones, places).
        """
        nobody = sp.csr_array((0, len(self.profiles.desil)))
        households, persons = members @ self.households, members @ self.persons
        return ZoneCounts(
            level=level,
            zones=zones,
            profiles=self.profiles,
            households=households,
            persons=persons,
            persons_squared=sp.csr_array(households.shape),
            carried_households=nobody,
            carried_persons=nobody,
            carried_persons_squared=nobody,
            shares=sp.csr_array((len(zones), 0)),
        )


def protect(
    counts: ZoneCounts, place: Ints, specification: Specification, hidden_up_to: int
) -> ProtectedProfiles:
    """Merge the rare profiles of each place.

    Parameters
    ----------
    counts
        The counts of units.
    place
        The place that each unit belongs to, -1 for none.
    hidden_up_to
        The threshold: a profile of 1 to so many households is rare.
    """
    entries = _entries(counts, place, specification)
    least = hidden_up_to + 1 - _ROUNDING
    merged = _merge_desils(_merge_patterns(_classed(entries, least), least), least)
    keys = ["desil", "deprived", "missing"]
    distinct = merged.select(keys).unique().sort(keys).with_row_index("profile")
    numbered = merged.join(distinct, on=keys)
    where = numbered["place"].to_numpy(), numbered["profile"].to_numpy()
    shape = (int(place.max(initial=-1)) + 1, distinct.height)
    desil, deprived, missing = (distinct[key].to_numpy() for key in keys)
    profiles = Profiles(desil, deprived, missing, of_row=np.empty(0, np.uint32))
    households, persons = (
        sp.coo_array((numbered[name].to_numpy(), where), shape=shape).tocsr()
        for name in ("households", "persons")
    )
    return ProtectedProfiles(profiles, households, persons)


def _entries(counts: ZoneCounts, place: Ints, specification: Specification) -> pl.DataFrame:
    """Return the measured households by place and profile, with the score of each and whether it is poor."""
    profiles = counts.profiles
    to_place = sp.csr_array(
        (np.ones((place >= 0).sum()), (place[place >= 0], np.flatnonzero(place >= 0))),
        shape=(int(place.max(initial=-1)) + 1, len(place)),
    )
    households = (to_place @ (counts.households + counts.shares @ counts.carried_households)).tocoo()
    persons = (to_place @ (counts.persons + counts.shares @ counts.carried_persons)).tocsr()
    score, _, _ = scores(profiles.deprived, specification.weights)
    of_profile: dict[str, NDArray[Any]] = {
        "desil": profiles.desil,
        "deprived": profiles.deprived,
        "missing": profiles.missing,
        "score": score,
        "poor": is_poor(profiles.deprived, profiles.missing, specification),
    }
    entries = pl.DataFrame(
        {
            "place": households.row.astype(np.int64),
            **{name: values[households.col] for name, values in of_profile.items()},
            "households": households.data,
            "persons": np.asarray(persons[households.row, households.col]).ravel(),
        }
    )
    measured = is_measured(profiles.missing, specification)[households.col]
    return entries.filter(pl.Series(measured) & (pl.col("households") > 0))


def _classed(entries: pl.DataFrame, least: float) -> pl.DataFrame:
    """Tell the poor from the not poor, and desil 1 to 4 from the rest, where there are enough of both.

    A shown place has none or enough poor and not poor. A place with too few households in all is left out.
    """
    whole = entries.filter(pl.col("households").sum().over("place") >= least)
    of_poor = pl.col("households").sum().over("place", "poor")
    by_poor = whole.with_columns(poor=pl.col("poor") & (of_poor.min().over("place") >= least))
    low = by_poor.with_columns(low=pl.col("desil").is_between(1, _LOW_DESIL))
    of_low = pl.col("households").sum().over("place", "poor", "low")
    return low.with_columns(low=pl.col("low") & (of_low.min().over("place", "poor") >= least))


def _merge_patterns(entries: pl.DataFrame, least: float) -> pl.DataFrame:
    """Give the rare patterns of a place and class, in the order of their scores, one pattern for each bundle."""
    keys = [*_CLASS, "score", "deprived", "missing"]
    patterns = entries.group_by(keys).agg(pl.col("households").sum()).sort(keys)
    frequent = pl.col("households") >= least
    rare = patterns.filter(~frequent)
    segment = rare.select(pl.struct(_CLASS).rle_id())["place"].to_numpy()
    bundle, short = _bundled(segment, rare["households"].to_numpy(), least)
    rare = rare.with_columns(bundle=bundle, short=short)
    mean = (pl.col("score") * pl.col("households")).sum() / pl.col("households").sum()
    rare = rare.with_columns(mean=mean.over("bundle"))
    own = _nearest(
        rare.filter(~pl.col("short")),
        rare.select("bundle", "score", "deprived", "missing", "households"),
        "bundle",
    )
    short_ones = rare.filter("short")
    common = patterns.filter(frequent).select(*_CLASS, "score", "deprived", "missing", "households")
    other = _nearest(short_ones, common, *_CLASS)
    told = pl.concat([own, other])
    renamed = entries.join(told, on=[*_CLASS, "deprived", "missing"], how="left")
    return renamed.with_columns(
        pl.coalesce(f"to_{name}", name).alias(name) for name in ("deprived", "missing")
    ).drop("to_deprived", "to_missing")


def _nearest(rare: pl.DataFrame, candidates: pl.DataFrame, *on: str) -> pl.DataFrame:
    """Return for each bundle of rare patterns the candidate of nearest score, the most frequent of these."""
    bundles = rare.select("bundle", "mean", *_CLASS).unique("bundle")
    pairs = bundles.join(candidates, on=list(on), suffix="_of_candidate")
    far = (pl.col("score") - pl.col("mean")).abs()
    best = (
        pairs.with_columns(far=far)
        .sort(
            "bundle",
            "far",
            "households",
            "deprived",
            "missing",
            descending=[False, False, True, False, False],
        )
        .unique("bundle", keep="first", maintain_order=True)
        .select("bundle", to_deprived="deprived", to_missing="missing")
    )
    return rare.join(best, on="bundle").select(*_CLASS, "deprived", "missing", "to_deprived", "to_missing")


def _merge_desils(entries: pl.DataFrame, least: float) -> pl.DataFrame:
    """Give neighbouring desils of a pattern one desil, that of most households, where they are rare."""
    keys = [*_CLASS, "deprived", "missing", "desil"]
    atoms = entries.group_by(keys).agg(pl.col("households", "persons").sum()).sort(keys)
    segment = atoms.select(pl.struct(keys[:-1]).rle_id())["place"].to_numpy()
    bundle, _ = _bundled(segment, atoms["households"].to_numpy(), least)
    most = pl.col("desil").sort_by("households", "desil", descending=[True, False]).first()
    return (
        atoms.with_columns(bundle=bundle)
        .group_by("bundle", maintain_order=True)
        .agg(pl.col("place", "deprived", "missing").first(), most, pl.col("households", "persons").sum())
    )


def _bundled(segment: NDArray[np.uint32], households: Floats, least: float) -> tuple[Ints, NDArray[np.bool_]]:
    """Bundle neighbours of a segment until each bundle has enough households; the rest joins the bundle before.

    Returns
    -------
    bundle, short
        The bundle of each entry; whether it has too few, which only a segment's only bundle can.
    """
    bundle = np.empty(len(segment), np.int64)
    short = np.zeros(len(segment), bool)
    total = np.cumsum(households)
    starts = np.flatnonzero(np.diff(segment.astype(np.int64), prepend=-1)).tolist()
    number = 0
    for start, end in pairwise([*starts, len(segment)]):
        first, before = start, total[start] - households[start]
        while first < end:
            last = int(np.searchsorted(total[first:end], before + least)) + first
            if last >= end:
                alone = first == start
                bundle[first:end] = number if alone else number - 1
                short[first:end] = alone
                number += alone
                break
            bundle[first : last + 1] = number
            number += 1
            first, before = last + 1, total[last]
    return bundle, short
