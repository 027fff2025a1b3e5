"""Households and members that do not fit each other, by file and row: for whoever holds the files.

Counting finds how many there are (`geo.families`); where they stand is looked up afterwards, by a second reading of the
keys alone. A key is known only by a hash under a secret of this run; what is told is rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo import tables
from geo.families import FamilyHash
from geo.partitions import PartitionedRegister
from geo.register import Register, as_written
from geo.report import MOST_REFUSALS, PlacementReport

#: The reasons of a report that are told by row here.
REASONS = frozenset(
    {
        "household_without_key",
        "repeated_household",
        "key_of_several_households",
        "without_members",
        "members_without_key",
        "members_without_household",
    }
)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that does not fit.

    Attributes
    ----------
    row
        From 1 below the header.
    reason
        ``same_key``, or as the report calls it.
    beside
        Of ``same_key`` the first row that has the key.
    """

    file: str
    row: int
    reason: str
    beside: int | None = None


def misfits(
    register: Register | PartitionedRegister, report: PlacementReport, most: int = MOST_REFUSALS
) -> tuple[Misfit, ...]:
    """Return the first rows that do not fit, if the report says that there are any.

    Households are looked at within their part of the register, as they are when they are counted.
    """
    if REASONS.isdisjoint(report.reasons):
        return ()
    found = (one for part in register.parts for one in _of_part(part))
    return tuple(islice(found, most))


def _of_part(part: Register) -> Iterator[Misfit]:
    if part.schema.key not in part.household_columns:
        return
    family = FamilyHash(1)
    households = _hashes(part.households, part.schema.key, family)
    file = part.households.name
    for row in np.flatnonzero(households == 0):
        yield Misfit(file, int(row) + 1, "household_without_key")
    order = np.argsort(households, kind="stable")
    ordered = households[order]
    starts = np.append(0, np.flatnonzero(np.diff(ordered)) + 1)
    first_of = np.empty(len(households), np.int64)
    first_of[order] = np.repeat(order[starts], np.diff(np.append(starts, len(order)))) if len(order) else []
    again = (first_of != np.arange(len(households))) & (households != 0)
    for row in np.flatnonzero(again):
        yield Misfit(file, int(row) + 1, "same_key", int(first_of[row]) + 1)
    if part.members is None:
        return
    members = _hashes(part.members, part.schema.member_key, family)
    for row in np.flatnonzero((households != 0) & ~np.isin(households, members)):
        yield Misfit(file, int(row) + 1, "without_members")
    for row in np.flatnonzero(members == 0):
        yield Misfit(part.members.name, int(row) + 1, "members_without_key")
    for row in np.flatnonzero((members != 0) & ~np.isin(members, households)):
        yield Misfit(part.members.name, int(row) + 1, "members_without_household")


def _hashes(path: Path, column: str, family: FamilyHash) -> Hashes:
    """Return a hash of the key of each row, 0 where it has none that can be used."""
    parts = [
        family.hashes(batch.select(as_written(column, batch.schema)).to_series())[0].fill_null(0).to_numpy()
        for batch in tables.batches(path, [column])
    ]
    return np.concatenate([np.empty(0, np.uint64), *parts])
