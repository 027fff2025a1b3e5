"""From the files of a register to its tally: reduce, place, join, count, in bounded memory and on threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.errors import RegisterError
from geo.families import (
    Buckets,
    FamilyHash,
    join,
    merge_neighbours,
    number_of_buckets,
    without_members,
)
from geo.locate import Locator
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
    register: Register, locator: Locator, *, threads: int = 2, progress: Progress = silent
) -> tuple[Tally, PlacementReport]:
    """Count a register into a tally.

    The result does not depend on the number of threads or the order of the rows.

    Raises
    ------
    RegisterError
        When the register has no household.
    """
    with ThreadPoolExecutor(threads) as pool:
        if register.members is None:
            tallies, report = _count_alone(register, locator, pool, progress)
        else:
            tallies, report = _count_with_members(register, locator, pool, progress)
    if report.read == 0:
        raise RegisterError(f"{register.households}: the register has no rows. Ask for the extract again.")
    if report.refused == report.read:
        raise RegisterError(
            f"{register.households}: none of the {report.read} households lies on these boundaries or has a code of "
            "theirs. Check that both are of one place and use one code system."
        )
    return tallies, report


def _count_alone(
    register: Register, locator: Locator, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Tally, PlacementReport]:
    def work(batch: pl.DataFrame) -> tuple[Tally, PlacementReport]:
        households, report = _place(register, locator, batch)
        return _tally(register, without_members(households.drop("key"))), report

    total, reports = register.household_rows, [PlacementReport()]

    def tallies() -> Iterator[Tally]:
        for tally, report in _in_order(pool, work, register.household_batches()):
            reports.append(reports.pop() + report)
            progress("households", reports[0].read, total)
            yield tally

    return _merged(tallies()), reports[0]


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

        def bucket_tally(bucket: int) -> Tally:
            rows = households.take(bucket)
            if rows is None:
                return Tally.merged([])
            return _tally(register, join(rows, members.take(bucket)))

        tally = _merged(_in_order(pool, bucket_tally, range(number)))
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
    return rows.filter(pl.col("unit") >= 0), placed.report


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.fill_null(np.nan).to_numpy()


def _tally(register: Register, households: pl.DataFrame) -> Tally:
    patterns = register.patterns(households)
    everything = (1 << len(register.specification.indicators)) - 1
    # A household of unknown size has no weight, so it cannot be measured: it misses everything.
    sized = pl.col("persons").is_not_null() & (pl.col("persons") > 0)
    return Tally.of(
        patterns.with_columns(
            persons=pl.when(sized).then(pl.col("persons")).otherwise(0),
            deprived=pl.when(sized).then(pl.col("deprived")).otherwise(0).cast(pl.UInt32),
            missing=pl.when(sized).then(pl.col("missing")).otherwise(everything).cast(pl.UInt32),
        )
    )


def _merged(tallies: Iterable[Tally]) -> Tally:
    """Merge tallies as they come, so that few wait at a time."""
    waiting: list[Tally] = []
    for tally in tallies:
        waiting.append(tally)
        if len(waiting) == _MERGE_EVERY:
            waiting = [Tally.merged(waiting)]
    return Tally.merged(waiting)


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
