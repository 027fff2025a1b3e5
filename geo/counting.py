"""From the files of a register to its tally: reduce, place, join, count, in bounded memory and on threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import tally as tallies
from geo.errors import RegisterError
from geo.families import (
    Buckets,
    FamilyHash,
    join,
    merge_neighbours,
    number_of_buckets,
    without_members,
)
from geo.jobs import Counted, Job
from geo.locate import Locator
from geo.partitions import PartitionedRegister
from geo.register import Register
from geo.report import PlacementReport
from geo.tally import Tally

_MERGE_EVERY = 16
_AHEAD = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


class Progress(Protocol):
    """Told how far the work is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note that ``done`` of about ``total`` rows of a stage are through."""


def silent(stage: str, done: int, total: int) -> None:
    """Take no note of progress."""


def count(
    register: Register | PartitionedRegister,
    locator: Locator,
    *,
    threads: int = 2,
    progress: Progress = silent,
    job: Job | None = None,
) -> tuple[Tally, PlacementReport]:
    """Count a register into a tally, part by part.

    The result does not depend on the number of threads, the order of the rows or how they are split over parts.

    Parameters
    ----------
    job
        Where parts done are kept, and found when they were done before.

    Raises
    ------
    RegisterError
        When the register has no household, or none of its households lies on the boundaries.
    """
    along = Along(register, progress)

    def parts() -> Iterator[Counted]:
        for part in register.parts:
            key = job.key(part) if job is not None else ""
            counted = job.get(key) if job is not None else None
            if counted is None:
                counted = count_part(part, locator, threads=threads, progress=along.within)
                if job is not None:
                    job.put(key, counted.to_bytes())
            along.passed(part, counted)
            yield counted

    return added(register, parts())


def count_part(part: Register, locator: Locator, *, threads: int = 2, progress: Progress = silent) -> Counted:
    """Count one part of a register."""
    with ThreadPoolExecutor(threads) as pool:
        if part.members is None:
            return Counted(*_count_alone(part, locator, pool, progress))
        return Counted(*_count_with_members(part, locator, pool, progress))


def added(
    register: Register | PartitionedRegister, parts: Iterable[Counted]
) -> tuple[Tally, PlacementReport]:
    """Add up the parts of a register as they come, in any order.

    Raises
    ------
    RegisterError
        When the register has no household, or none of its households lies on the boundaries.
    """
    reports = []

    def tallied() -> Iterator[Tally]:
        for part in parts:
            reports.append(part.report)
            yield part.tally

    tally = next(tallied()) if len(register.parts) == 1 else _summed(part.counts for part in tallied())
    report = sum(reports, PlacementReport())
    where = register.parts[0].households if len(register.parts) == 1 else register.name
    if report.read == 0:
        raise RegisterError(f"{where}: the register has no rows. Ask for the extract again.")
    if report.refused == report.read:
        raise RegisterError(
            f"{where}: none of the {report.read} households lies on these boundaries or has a code of "
            "theirs. Check that both are of one place and use one code system."
        )
    return tally, report


class Along:
    """Progress over the parts of a register."""

    def __init__(self, register: Register | PartitionedRegister, progress: Progress) -> None:
        self._progress = progress
        self._total = {
            "members": sum(part.member_rows for part in register.parts),
            "households": sum(part.household_rows for part in register.parts),
        }
        self._passed = dict.fromkeys(self._total, 0)

    def within(self, stage: str, done: int, total: int) -> None:  # noqa: ARG002
        """Take note that ``done`` rows of the part at hand are through."""
        self._progress(stage, self._passed[stage] + done, self._total[stage])

    def passed(self, part: Register, counted: Counted) -> None:
        """Take note that a part is through."""
        self._passed["members"] += part.member_rows
        self._passed["households"] += counted.report.read
        for stage, total in self._total.items():
            if total:
                self._progress(stage, self._passed[stage], total)


def _count_alone(
    register: Register, locator: Locator, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Tally, PlacementReport]:
    def work(batch: pl.DataFrame) -> tuple[pl.DataFrame, PlacementReport]:
        households, report = _place(register, locator, batch)
        return _counts(register, without_members(households.drop("key"))), report

    total, reports = register.household_rows, [PlacementReport()]

    def frames() -> Iterator[pl.DataFrame]:
        for counts, report in _in_order(pool, work, register.household_batches()):
            reports.append(reports.pop() + report)
            progress("households", reports[0].read, total)
            yield counts

    return _summed(frames()), reports[0]


def _count_with_members(
    register: Register, locator: Locator, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Tally, PlacementReport]:
    total = register.household_rows
    number = number_of_buckets(total)
    family, members, households = FamilyHash(number), Buckets(number), Buckets(number)
    try:
        _set_members_aside(register, family, members, pool, progress)
        report = PlacementReport()

        def work(batch: pl.DataFrame) -> PlacementReport:
            placed, batch_report = _place(register, locator, batch)
            households.add(family.apply(placed))
            return batch_report

        for part in _in_order(pool, work, register.household_batches()):
            report = report + part
            progress("households", report.read, total)

        def counts_of(bucket: int) -> pl.DataFrame:
            rows = households.take(bucket)
            if rows is None:
                return Tally.of_counts([]).counts
            return _counts(register, join(rows, members.take(bucket)))

        tally = _summed(_in_order(pool, counts_of, range(number)))
    finally:
        members.close()
        households.close()
    return tally, report


def _set_members_aside(
    register: Register, family: FamilyHash, members: Buckets, pool: ThreadPoolExecutor, progress: Progress
) -> None:
    def work(batch: pl.DataFrame) -> int:
        together = merge_neighbours(register.reduce_members(batch))
        members.add(family.apply(together).filter(pl.col("family_1").is_not_null()))
        return batch.height

    done = 0
    for rows in _in_order(pool, work, register.member_batches()):
        done += rows
        progress("members", done, register.member_rows)


def _place(register: Register, locator: Locator, batch: pl.DataFrame) -> tuple[pl.DataFrame, PlacementReport]:
    households = register.reduce_households(batch)
    placed = locator.place(households["code"], _floats(households["lon"]), _floats(households["lat"]))
    rows = households.select("key", "desil", "persons", "yes", "unknown").with_columns(
        unit=pl.Series(placed.unit), cell=pl.Series(placed.cell)
    )
    return rows.filter(pl.col("unit") >= 0) if placed.report.refused else rows, placed.report


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.fill_null(np.nan).to_numpy()


def _counts(register: Register, households: pl.DataFrame) -> pl.DataFrame:
    patterns = register.patterns(households)
    everything = (1 << len(register.specification.indicators)) - 1
    # A household of unknown size has no weight, so it cannot be measured: it misses everything.
    sized = pl.col("persons").is_not_null() & (pl.col("persons") > 0)
    return tallies.counted(
        patterns.with_columns(
            persons=pl.when(sized).then(pl.col("persons")).otherwise(0),
            deprived=pl.when(sized).then(pl.col("deprived")).otherwise(0).cast(pl.UInt32),
            missing=pl.when(sized).then(pl.col("missing")).otherwise(everything).cast(pl.UInt32),
        )
    )


def _summed(frames: Iterable[pl.DataFrame]) -> Tally:
    """Add counts as they come, small ones first, so that few wait and no row is added often."""
    waiting: list[list[pl.DataFrame]] = [[]]
    for counts in frames:
        waiting[0].append(counts)
        for level, alike in enumerate(waiting):
            if len(alike) < _MERGE_EVERY:
                break
            if level + 1 == len(waiting):
                waiting.append([])
            waiting[level + 1].append(tallies.added(alike))
            alike.clear()
    return Tally.of_counts([counts for alike in waiting for counts in alike])


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Work on items in a pool, a few ahead, and yield the results in the order of the items."""
    pending: deque[Future[Result]] = deque()
    for item in items:
        pending.append(pool.submit(work, item))
        if len(pending) > _AHEAD:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
