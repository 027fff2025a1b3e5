"""From the files of a register to its tally: reduce, place, join, count, in bounded memory and on threads."""

import functools
import operator
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
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
from geo.locations import LocationTable
from geo.partitions import PartitionedRegister
from geo.register import Register
from geo.report import PlacementReport
from geo.tally import Tally

_MERGE_EVERY = 16
_AHEAD = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


#: Places a batch of households, given with the number of rows before it.
Place = Callable[[tuple[int, pl.DataFrame]], tuple[pl.DataFrame, PlacementReport]]


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
    part = replace(part, reads_rw=locator.has_rw)
    table = LocationTable(part.locations, part.schema.key) if part.locations is not None else None

    def place(numbered: tuple[int, pl.DataFrame]) -> tuple[pl.DataFrame, PlacementReport]:
        return _place(part, locator, table, *numbered)

    with ThreadPoolExecutor(threads) as pool:
        if part.members is None:
            return Counted(*_count_alone(part, place, pool, progress))
        return Counted(*_count_with_members(part, place, pool, progress))


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
    register: Register, place: Place, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Tally, PlacementReport]:
    family = FamilyHash(1)

    def work(numbered: tuple[int, pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame, PlacementReport]:
        households, report = place(numbered)
        keyed = households.drop("key").with_columns(family_1=family.hashes(households["key"])[0])
        report = report + _keyless(register, keyed)
        prints = keyed.select("family_1", family_2=_alike(keyed.drop("family_1").columns)).drop_nulls(
            "family_1"
        )
        return _counts(register, without_members(keyed.drop("family_1"))), prints, report

    total, reports = register.household_rows, [PlacementReport()]
    # Sixteen bytes a household, to find those that stand twice; nothing leads from them back to a key.
    seen: list[pl.DataFrame] = []

    def frames() -> Iterator[pl.DataFrame]:
        for counts, prints, report in _in_order(pool, work, _numbered(register.household_batches())):
            reports.append(reports.pop() + report)
            seen.append(prints)
            progress("households", reports[0].read, total)
            yield counts

    tally = _summed(frames())
    return tally, _found(reports[0], _twice(pl.concat(seen)) if seen else {})


def _count_with_members(
    register: Register, place: Place, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[Tally, PlacementReport]:
    total = register.household_rows
    number = number_of_buckets(total)
    family, members, households = FamilyHash(number), Buckets(number), Buckets(number)
    findings: Counter[str] = Counter()
    try:
        findings["members_without_key"] = _set_members_aside(register, family, members, pool, progress)
        report = PlacementReport()

        def work(numbered: tuple[int, pl.DataFrame]) -> PlacementReport:
            placed, batch_report = place(numbered)
            keyed = family.apply(placed)
            households.add(keyed)
            return batch_report + _keyless(register, keyed)

        for part in _in_order(pool, work, _numbered(register.household_batches())):
            report = report + part
            progress("households", report.read, total)

        def counts_of(bucket: int) -> tuple[pl.DataFrame, dict[str, int]]:
            rows = households.take(bucket)
            if rows is None:
                return Tally.of_counts([]).counts, {}
            joined, found = join(rows, members.take(bucket))
            return _counts(register, joined), found

        def frames() -> Iterator[pl.DataFrame]:
            for counts, found in _in_order(pool, counts_of, range(number)):
                findings.update(found)
                yield counts

        tally = _summed(frames())
    finally:
        members.close()
        households.close()
    return tally, _found(report, findings)


def _alike(columns: list[str]) -> pl.Expr:
    """Return a hash of a row, the same for rows with the same values; far quicker than that of a struct."""
    each = [pl.col(name).hash(seed) for seed, name in enumerate(columns)]
    return functools.reduce(operator.xor, each)


def _twice(prints: pl.DataFrame) -> dict[str, int]:
    again = int((np.diff(np.sort(prints["family_1"].to_numpy())) == 0).sum())
    same = prints.height - prints.n_unique() if again else 0
    return {"repeated_household": same, "key_of_several_households": again - same}


def _found(report: PlacementReport, findings: Mapping[str, int]) -> PlacementReport:
    """Return a report with what was found when families were joined."""
    return report + PlacementReport(reasons={name: number for name, number in findings.items() if number})


def _set_members_aside(
    register: Register, family: FamilyHash, members: Buckets, pool: ThreadPoolExecutor, progress: Progress
) -> int:
    """Return the number of members without a usable key."""

    def work(batch: pl.DataFrame) -> tuple[int, int]:
        hashed = family.apply(merge_neighbours(register.reduce_members(batch)))
        keyed = hashed.filter(pl.col("family_1").is_not_null())
        members.add(keyed)
        return batch.height, batch.height - int(keyed["people"].sum())

    done, keyless = 0, 0
    for rows, without_key in _in_order(pool, work, register.member_batches()):
        done, keyless = done + rows, keyless + without_key
        progress("members", done, register.member_rows)
    return keyless


def _numbered(batches: Iterable[pl.DataFrame]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield batches with the number of rows before each."""
    before = 0
    for batch in batches:
        yield before, batch
        before += batch.height


def _keyless(register: Register, keyed: pl.DataFrame) -> PlacementReport:
    """Count the households without a key that tells them apart, where the register has keys."""
    number = keyed["family_1"].null_count() if register.schema.key in register.household_columns else 0
    return PlacementReport(reasons={"household_without_key": number} if number else {})


def _place(
    register: Register, locator: Locator, table: LocationTable | None, before: int, batch: pl.DataFrame
) -> tuple[pl.DataFrame, PlacementReport]:
    households, filled = register.reduce_households(batch), 0
    if table is not None:
        households, filled = table.locate(households)
    placed = locator.place(
        households["code"],
        _floats(households["lon"]),
        _floats(households["lat"]),
        form=households["form"].to_numpy(),
        rw=households["rw"].to_numpy(),
    )
    rows = households.select("key", "desil", "persons", "yes", "unknown").with_columns(
        unit=pl.Series(placed.unit), cell=pl.Series(placed.cell)
    )
    report = placed.report
    if filled:
        report = report + PlacementReport(reasons={"from_locations": filled})
    if not report.refused:
        return rows, report
    file = register.households.name
    refusals = tuple(replace(one, file=file, row=before + one.row) for one in report.refusals)
    return rows.filter(pl.col("unit") >= 0), replace(report, refusals=refusals)


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.fill_null(np.nan).to_numpy()


def _counts(register: Register, households: pl.DataFrame) -> pl.DataFrame:
    patterns = register.patterns(households)
    everything = (1 << len(register.specification.indicators)) - 1
    size = pl.col("people").cast(pl.Int64) if register.counts_members else pl.col("persons")
    # A household of unknown size has no weight, so it cannot be measured: it misses everything.
    sized = size.is_not_null() & (size > 0)
    return tallies.counted(
        patterns.with_columns(
            persons=pl.when(sized).then(size).otherwise(0),
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
