"""Boundary sets: their list, and files that GIS staff send, checked and loaded as the command line does."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import tasks
from api.auth import Asker, Permission, allow
from api.problems import UnsupportedTypeError, documented
from api.routes.runs import Runs
from api.tasks import BoundaryQuestion
from api.worker import Bounds, Task
from geo.audit import Action
from geo.codes import CodeSystem

router = APIRouter(prefix="/api/v1/boundaries", tags=["boundaries"])

_UPLOAD = allow(Permission.UPLOAD_BOUNDARIES)
_TYPES = (
    "application/octet-stream",
    "application/zip",
    "application/geo+json",
    "application/geopackage+sqlite3",
    "application/vnd.google-earth.kml+xml",
)
_FILE = {
    "requestBody": {
        "description": "The file as it is; a Shapefile with all its parts in one zip.",
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES},
    }
}


class BoundaryVersion(BaseModel):
    """One version of a boundary set."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    code_system: str
    finest_level: str
    units: int
    source: str
    valid_from: date | None


class Received(BaseModel):
    """What came of a boundary file: the same report as `kantong boundaries check` gives."""

    report: dict[str, Any] = Field(
        description="What the file is, what it means, and every defect with what to do."
    )
    set: str | None = Field(None, description="Id of the version, once loaded.")
    is_new: bool = Field(False, description="False when the same version was there.")
    since: str = Field("", description="What changed since the version before, in words.")


class Sent(BaseModel):
    """What the sender says of a boundary file; what is not said is proposed from the file."""

    model_config = ConfigDict(extra="forbid")

    file_name: str = Field(
        "batas", pattern=r"^[\w ()-][\w .()-]*$", max_length=100, description="Its name, without folders."
    )
    name: str | None = Field(None, max_length=100, description="What to call the set; else the file's name.")
    level: str | None = Field(None, max_length=20, description="What each polygon is, such as `kelurahan`.")
    codes: CodeSystem | None = Field(None, description="Whose codes they are, where not proven.")
    layer: str | None = Field(None, max_length=100)
    crs: str | None = Field(None, max_length=100)
    code_column: str | None = Field(None, max_length=100)
    name_column: str | None = Field(None, max_length=100)
    source: str = Field("", max_length=300)
    valid_from: date | None = None
    repair: str = Field(
        "",
        max_length=100,
        description="What may be repaired, such as `valid,dissolve,snap=0.5m,slivers<10m2`.",
    )

    @property
    def question(self) -> BoundaryQuestion:
        """Return it as the work wants it."""
        said = self.model_dump(exclude={"file_name", "codes", "name"})
        return BoundaryQuestion(
            name=self.name or PurePath(self.file_name).stem, code_system=self.codes, **said
        )


About = Annotated[Sent, Query()]


@router.get(
    "",
    summary="List boundary sets",
    dependencies=[allow(Permission.SEE_DRAFTS)],
    responses=documented(401, 403),
)
def list_boundaries(runs: Runs) -> list[BoundaryVersion]:
    """List every version of every boundary set, newest last."""
    return [BoundaryVersion.model_validate(one) for one in runs.boundary_sets()]


@router.post(
    "/check",
    summary="Check a boundary file",
    dependencies=[_UPLOAD],
    openapi_extra=_FILE,
    responses=documented(401, 403, 408, 413, 415, 422),
)
async def check(request: Request, sent: About) -> Received:
    """Say what a boundary file is, what it means and what is wrong with it; nothing is kept."""
    return await _received(request, sent.file_name, tasks.check_boundaries, sent.question)


@router.post(
    "",
    status_code=201,
    summary="Load a boundary file",
    dependencies=[_UPLOAD],
    openapi_extra=_FILE,
    responses=documented(401, 403, 408, 413, 415, 422),
)
async def load(request: Request, sent: About, runs: Runs, asker: Asker) -> Received:
    """Keep a boundary file as a new version of a set, in one transaction, with its report."""
    asked = sent.question
    received = await _received(
        request, sent.file_name, tasks.load_boundaries, asked, request.app.state.database
    )
    await run_in_threadpool(runs.note, Action.UPLOADED, asker, str(received.set), name=asked.name)
    return received


async def _received(request: Request, file_name: str, task: Task, *arguments: Any) -> Received:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise UnsupportedTypeError(f"send the file as it is, as one of {', '.join(_TYPES)}.")
    answer = await worked_on(request, file_name, request.stream(), task, *arguments)
    return Received.model_validate(answer)


async def worked_on(
    request: Request, file_name: str, chunks: AsyncIterator[bytes], task: Task, *arguments: Any
) -> Any:
    """Take a file in, and do a task on it in a process of its own."""
    limits = request.app.state.limits
    bounds = Bounds(limits.upload_seconds, limits.job_bytes)
    with tempfile.TemporaryDirectory(prefix="kantong-upload-") as folder, _room(request):
        path = Path(folder) / file_name
        with path.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
        return await run_in_threadpool(request.app.state.places.run, task, (path, *arguments), bounds)


@contextmanager
def _room(request: Request) -> Iterator[None]:
    request.app.state.places.enter()
    try:
        yield
    finally:
        request.app.state.places.leave()
