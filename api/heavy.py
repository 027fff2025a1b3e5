"""Work that takes a processor for a while: a few at once, a short wait for a place, and an end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from api.metrics import Metrics
from api.problems import BusyError
from api.settings import Limits

P = ParamSpec("P")
T = TypeVar("T")


class HeavyWork:
    """The places for heavy work of one application.

    Parameters
    ----------
    limits
        How many places, how long to wait for one, and how long to work.
    """

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._places = asyncio.Semaphore(limits.heavy_work)
        self._limits = limits
        self._metrics = metrics
        self._unfinished: set[asyncio.Task[None]] = set()

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do work on a thread, when a place is free.

        Raises
        ------
        BusyError
            When no place became free in time, or the work took too long. A thread cannot be stopped, so late work
            keeps its place until it ends.
        """
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            self._metrics.turned_away.inc()
            raise BusyError("too much is being worked out at this moment; ask again shortly.") from None
        working = asyncio.ensure_future(run_in_threadpool(work, *arguments, **named))
        free = asyncio.create_task(self._free_after(working))
        self._unfinished.add(free)
        free.add_done_callback(self._unfinished.discard)
        try:
            async with asyncio.timeout(self._limits.what_if_seconds):
                return await asyncio.shield(working)
        except TimeoutError:
            raise BusyError(
                f"the answer took longer than {self._limits.what_if_seconds:g} s; ask for a coarser level."
            ) from None

    async def _free_after(self, working: Awaitable[object]) -> None:
        await asyncio.wait([asyncio.ensure_future(working)])
        self._places.release()
