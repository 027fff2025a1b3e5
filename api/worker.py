"""Work in a process of its own: bounded in time and memory, told of its progress, killed when it must end."""

import multiprocessing
import resource
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from api.problems import BusyError
from geo.errors import KantongError, ParameterError

#: Takes the share of the work that is done, 0 to 1.
Progress = Callable[[float], None]

#: A function of a module: called in the process with its progress first.
Task = Callable[..., Any]

# A forked server would take locks of our threads along; this one is forked from a clean process, which has the
# modules loaded already.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["api.tasks"])

_LOOK_SECONDS = 0.05


class CancelledError(KantongError):
    """The work was told to end."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What work may take.

    Attributes
    ----------
    seconds
        On the clock.
    memory_bytes
        Of address space.
    """

    seconds: float
    memory_bytes: int


def run(
    task: Task,
    arguments: tuple[Any, ...],
    bounds: Bounds,
    *,
    progress: Progress = lambda _: None,
    cancelled: threading.Event | None = None,
) -> Any:
    """Do work in a process and return what it returns.

    Raises
    ------
    KantongError
        What the work raised for a person.
    ParameterError
        When the work took more time or memory than it may, or its process ended otherwise.
    CancelledError
        When it was told to end.
    """
    ours, its = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_serve, args=(its, bounds, task, arguments), daemon=True)
    process.start()
    its.close()
    try:
        return _awaited(ours, time.monotonic() + bounds.seconds, bounds, progress, cancelled)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def _awaited(
    channel: Connection,
    deadline: float,
    bounds: Bounds,
    progress: Progress,
    cancelled: threading.Event | None,
) -> Any:
    while time.monotonic() < deadline:
        if cancelled is not None and cancelled.is_set():
            raise CancelledError("the work was cancelled.")
        if not channel.poll(_LOOK_SECONDS):
            continue
        try:
            kind, value = channel.recv()
        except EOFError:
            raise ParameterError(_too_much_memory(bounds)) from None
        if kind == "progress":
            progress(value)
        elif kind == "done":
            return value
        elif isinstance(value, KantongError):
            raise value
        else:
            raise RuntimeError(value)
    raise ParameterError(
        f"the work was stopped after {bounds.seconds:g} s; give a smaller file, or ask for less."
    )


def _too_much_memory(bounds: Bounds) -> str:
    gib = bounds.memory_bytes / 2**30
    return f"the work needs more than the {gib:.1f} GiB of memory that it may take; give a smaller file."


def _serve(channel: Connection, bounds: Bounds, task: Task, arguments: tuple[Any, ...]) -> None:
    """Run in the process: do the task and tell what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = task(lambda share: channel.send(("progress", share)), *arguments)
    except KantongError as error:
        channel.send(("failed", error))
    except MemoryError:
        channel.send(("failed", ParameterError(_too_much_memory(bounds))))
    except Exception as error:
        channel.send(("failed", f"{type(error).__name__} in {task.__name__}"))
    else:
        channel.send(("done", answer))


class Places:
    """How many processes there may be at once, and how many calls may wait for one.

    Parameters
    ----------
    working, waiting
        The numbers.
    """

    def __init__(self, working: int, waiting: int) -> None:
        self._free = threading.Semaphore(working)
        self._room = threading.Semaphore(working + waiting)

    def enter(self) -> None:
        """Take room to wait in.

        Raises
        ------
        BusyError
            When there is none.
        """
        if not self._room.acquire(blocking=False):
            raise BusyError("too many exports and uploads are waiting; ask again shortly.")

    def leave(self) -> None:
        """Give the room back."""
        self._room.release()

    def run(self, task: Task, arguments: tuple[Any, ...], bounds: Bounds, **named: Any) -> Any:
        """Wait for a place and do work in it."""
        with self._free:
            return run(task, arguments, bounds, **named)
