"""Count the parts of a register on a Dask cluster, one task a part.

A worker does what a thread does: it reads the files of its part, so it needs to reach them under the same path, and
sends back the bytes of what it counted. Counts add up in any order, and a part that a lost worker held is counted again
by another: the result is the same as on threads.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from distributed import Client, as_completed, rpc
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from geo.boundaries import BoundarySet
from geo.counting import Along, Progress, added, count_part, silent
from geo.errors import ParameterError
from geo.jobs import Counted, Job
from geo.locate import Conflict, Locator, Unusable
from geo.partitions import PartitionedRegister
from geo.register import Register
from geo.report import PlacementReport
from geo.tally import Tally

_CONNECT_SECONDS = 10
_RETRIES = 3
# So many parts a thread wait at the workers; the others are not handed out yet, and results do not pile up here.
_AHEAD = 3


def count(
    register: Register | PartitionedRegister,
    boundaries: BoundarySet,
    resolution: int,
    conflict: Conflict,
    scheduler: str,
    *,
    unusable: Unusable = Unusable.CODE,
    progress: Progress = silent,
    job: Job | None = None,
) -> tuple[Tally, PlacementReport]:
    """Count a register into a tally on the workers of a scheduler.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://10.0.0.5:8786``.
    job
        Where parts done are kept, and found when they were done before.

    Raises
    ------
    ParameterError
        When there is no scheduler at the address, it has no worker, or its workers are lost again and again.
    RegisterError
        As `geo.counting.count`.
    """
    along = Along(register, progress)

    def parts() -> Iterator[Counted]:
        keys = [job.key(part) if job is not None else "" for part in register.parts]
        left = []
        for number, part in enumerate(register.parts):
            counted = job.get(keys[number]) if job is not None else None
            if counted is None:
                left.append(number)
                continue
            along.passed(part, counted)
            yield counted
        tasks = {number: _reachable(register.parts[number]) for number in left}
        rules = resolution, conflict, unusable
        for number, data in _worked(tasks, boundaries, rules, scheduler) if left else ():
            if job is not None:
                job.put(keys[number], data)
            counted = Counted.from_bytes(data)
            along.passed(register.parts[number], counted)
            yield counted

    return added(register, parts())


def _worked(
    parts: dict[int, Register],
    boundaries: BoundarySet,
    rules: tuple[int, Conflict, Unusable],
    scheduler: str,
) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers of parts and what the workers counted of them, as they finish."""
    with _connected(scheduler) as client:
        # Boundaries travel once to each worker, not with each task.
        shared = client.scatter(boundaries, broadcast=True)
        submitted = (
            (client.submit(_count, part, shared, rules, pure=False, retries=_RETRIES), number)
            for number, part in parts.items()
        )
        ahead = range(_AHEAD * sum(client.nthreads().values()))
        number_of = {future: number for _, (future, number) in zip(ahead, submitted, strict=False)}
        finished = as_completed(list(number_of), loop=client.loop)
        for future in finished:
            number = number_of.pop(future)
            try:
                data = future.result()
            except (KilledWorker, FutureCancelledError) as error:
                raise ParameterError(
                    f"--scheduler {scheduler}: {parts[number].households} was lost with its worker again and again. "
                    "Give the workers more memory, or the register in smaller parts."
                ) from error
            future.release()
            for following, its_number in submitted:
                number_of[following] = its_number
                finished.add(following)
                break
            yield number, data


def _reachable(part: Register) -> Register:
    """Return a part with whole paths: a worker does not run in this folder."""
    members = part.members.resolve() if part.members is not None else None
    locations = part.locations.resolve() if part.locations is not None else None
    return replace(part, households=part.households.resolve(), members=members, locations=locations)


def _connected(scheduler: str) -> Client:
    # Asked before a Client is made: one that failed to connect is closed by the garbage collector, and when that runs
    # in the thread of the next Client, both wait for the same lock.
    # In a thread of its own, for a notebook has a loop running in this one.
    try:
        with ThreadPoolExecutor(1) as thread:
            workers = thread.submit(lambda: asyncio.run(_workers(scheduler))).result()
    except (OSError, ValueError, TypeError) as error:
        raise ParameterError(
            f"--scheduler {scheduler!r}: no Dask scheduler answers there. Give its address, such as "
            "tcp://10.0.0.5:8786."
        ) from error
    if not workers:
        raise ParameterError(
            f"--scheduler {scheduler}: the scheduler has no worker. Start one with `dask worker`."
        )
    return Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)


async def _workers(scheduler: str) -> int:
    async with rpc(scheduler, timeout=_CONNECT_SECONDS) as asked:
        identity = await asked.identity(n_workers=0)
    return int(identity["n_workers"])


def _count(part: Register, boundaries: BoundarySet, rules: tuple[int, Conflict, Unusable]) -> bytes:
    # The index of the boundaries is built once in a worker and kept for its next part.
    return count_part(part, Locator(boundaries, *rules), threads=1).to_bytes()
