"""Exports as jobs: asked for, worked on in a process of their own, fetched until they expire.

Each job is a folder with what it is (``job.json``) and its result, so that a server that starts again knows what the
last one left: finished results can be fetched, and what was being worked on is said to be broken off.
"""

import logging
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from api.metrics import Metrics
from api.middleware.failures import passed
from api.settings import Settings
from api.worker import Bounds, CancelledError, Places, Task
from geo.errors import ConflictError, KantongError, NotFoundError

_LOGGER = logging.getLogger("kantong.jobs")


class State(StrEnum):
    """Where a job stands; only the first two change any more."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BROKEN_OFF = "broken_off"  # the server stopped while it was waiting or being worked on


_OPEN = (State.WAITING, State.WORKING)


@dataclass(frozen=True, slots=True)
class Job:
    """One export.

    Attributes
    ----------
    id
        Cannot be guessed: who knows it and is its owner may fetch it.
    owner
        The account that asked; empty for the public.
    progress
        Share of the work done.
    problem
        Why it failed, for a person.
    file_name, media_type
        Of its result.
    """

    id: str
    owner: str
    run: str
    format: str
    state: State
    progress: float
    asked: datetime
    expires: datetime
    file_name: str
    media_type: str
    problem: str | None = None


class Jobs:
    """The jobs of one server.

    Parameters
    ----------
    settings
        Where results are kept and how long, and what a job may take.
    """

    def __init__(self, settings: Settings, places: Places, metrics: Metrics) -> None:
        self._given = settings.jobs.folder
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._kept = timedelta(hours=settings.jobs.kept_hours)
        self._bounds = Bounds(settings.limits.job_seconds, settings.limits.job_bytes)
        self._places = places
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(settings.limits.jobs, "kantong-job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._cancelled: dict[str, threading.Event] = {}
        self._is_closing = False
        if self._given:
            self._given.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_over(self._given)

    def submit(
        self,
        owner: str,
        run: str,
        kind: str,
        media_type: str,
        file_name: str,
        work: Callable[[Path], tuple[Task, tuple[Any, ...]]],
    ) -> Job:
        """Take a job on.

        Parameters
        ----------
        work
            From the path of the result to the task and its arguments.

        Raises
        ------
        BusyError
            When too many wait already.
        """
        self._forget_expired()
        self._places.enter()
        now = datetime.now(UTC)
        job = Job(
            secrets.token_hex(16),
            owner,
            run,
            kind,
            State.WAITING,
            0.0,
            now,
            now + self._kept,
            file_name,
            media_type,
        )
        (self._folder / job.id).mkdir(mode=0o700)
        with self._lock:
            self._cancelled[job.id] = threading.Event()
        self._keep(job)
        self._threads.submit(self._work, job, *work(self._result(job)))
        return job

    def find(self, identifier: str, owner: str) -> Job:
        """Return a job of somebody.

        Raises
        ------
        NotFoundError
            When there is none, it expired, or it is somebody else's.
        """
        self._forget_expired()
        job = self._jobs.get(identifier)
        if job is None or job.owner != owner:
            raise NotFoundError("there is no such job of yours; it may have expired.")
        return job

    def result(self, identifier: str, owner: str) -> tuple[Job, Path]:
        """Return a finished job and its file.

        Raises
        ------
        ConflictError
            When it is not finished, or was not finished.
        """
        job = self.find(identifier, owner)
        if job.state is not State.DONE:
            raise ConflictError(f"the job has no result: it is {job.state}.")
        return job, self._result(job)

    def cancel(self, identifier: str, owner: str) -> Job:
        """End a job; one that has ended stays as it is."""
        job = self.find(identifier, owner)
        if job.state in _OPEN:
            self._cancelled[job.id].set()
        return job

    def close(self) -> None:
        """Break off what is waiting or being worked on, and say so in its file."""
        self._is_closing = True
        for event in self._cancelled.values():
            event.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for job in list(self._jobs.values()):
            if job.state in _OPEN:
                self._keep(replace(job, state=State.BROKEN_OFF))
        if self._own:
            self._own.cleanup()

    def _work(self, job: Job, task: Task, arguments: tuple[Any, ...]) -> None:
        cancelled = self._cancelled[job.id]
        job = replace(job, state=State.WORKING)
        self._keep(job)

        def tell(share: float) -> None:
            self._keep(replace(job, progress=round(share, 3)))

        try:
            self._places.run(task, arguments, self._bounds, progress=tell, cancelled=cancelled)
        except CancelledError:
            job = replace(job, state=State.BROKEN_OFF if self._is_closing else State.CANCELLED)
        except KantongError as error:
            job = replace(job, state=State.FAILED, problem=str(error))
        except Exception as error:
            _LOGGER.error("failed", extra={"error": type(error).__name__, "at": passed(error)})  # noqa: TRY400
            job = replace(
                job, state=State.FAILED, problem="the server made a mistake; its operator can see it."
            )
        else:
            job = replace(job, state=State.DONE, progress=1.0)
        finally:
            self._places.leave()
        self._keep(job)
        _LOGGER.info("job", extra={"format": job.format, "state": job.state})

    def _keep(self, job: Job) -> None:
        file = self._folder / job.id / "job.json"
        with self._lock:
            self._jobs[job.id] = job
            unfinished = file.with_suffix(".new")
            unfinished.write_bytes(orjson.dumps(asdict(job)))
            unfinished.replace(file)
        self._count()

    @property
    def _folder(self) -> Path:
        """The folder of jobs; without a given one, our own, from the first job on."""
        if self._given:
            return self._given
        with self._lock:
            self._own = self._own or tempfile.TemporaryDirectory(prefix="kantong-jobs-")
        return Path(self._own.name)

    def _take_over(self, folder: Path) -> None:
        """Read what an earlier server left."""
        for file in sorted(folder.glob("*/job.json")):
            values = orjson.loads(file.read_bytes())
            times = {name: datetime.fromisoformat(values[name]) for name in ("asked", "expires")}
            job = Job(**{**values, **times, "state": State(values["state"])})
            self._keep(replace(job, state=State.BROKEN_OFF) if job.state in _OPEN else job)
        self._forget_expired()

    def _forget_expired(self) -> None:
        now = datetime.now(UTC)
        for job in list(self._jobs.values()):
            if job.expires < now and job.state not in _OPEN:
                with self._lock:
                    self._jobs.pop(job.id, None)
                    self._cancelled.pop(job.id, None)
                shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def _count(self) -> None:
        states = [job.state for job in list(self._jobs.values())]
        for state in State:
            self._metrics.jobs.labels(state).set(states.count(state))

    def _result(self, job: Job) -> Path:
        return self._folder / job.id / f"result.{job.format}"
