"""Files of a run that take a while: asked for, looked after, fetched, cancelled."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api import tasks
from api.auth import Asker, Permission, allow
from api.jobs import Job, Jobs
from api.problems import documented
from api.routes.runs import Runs
from geo.audit import Action

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], dependencies=[allow(Permission.EXPORT)])


def jobs(request: Request) -> Jobs:
    """Return the jobs of the application."""
    found: Jobs = request.app.state.jobs
    return found


Kept = Annotated[Jobs, Depends(jobs)]
Identifier = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a job.")]


class ExportQuestion(BaseModel):
    """Ask for a file of a run."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"run": "latest", "format": "gpkg"}]}
    )

    run: str = Field("latest", max_length=64)
    format: Literal["gpkg", "xlsx", "csv", "geojson", "pdf", "html"]


class JobAccount(BaseModel):
    """Where a job stands."""

    id: str
    run: str
    format: str
    state: Literal["waiting", "working", "done", "failed", "cancelled", "broken_off"]
    progress: float = Field(description="Share of the work done, 0 to 1.")
    asked: datetime
    expires: datetime = Field(description="Until when the result can be fetched.")
    problem: str | None = None
    result: str | None = Field(None, description="Where the file is, once done.")


@router.post("", status_code=202, summary="Ask for a file", responses=documented(404, 413, 422))
def ask(
    question: ExportQuestion, request: Request, response: Response, runs: Runs, kept: Kept, asker: Asker
) -> JobAccount:
    """Take on the making of a file of a run, as the asker may see it; `Location` tells where to look after it."""
    run = runs.resolve(question.run, asker.audience)
    audience = asker.audience.name
    runs.note(Action.EXPORTED, asker, run, format=question.format)
    job = kept.submit(
        asker.user_id,
        run,
        question.format,
        tasks.MEDIA_TYPES[question.format],
        f"kantong-{run[:12]}-{audience}.{question.format}",
        lambda path: (
            tasks.export_run,
            (request.app.state.database, run, audience, question.format, path),
        ),
    )
    response.headers["Location"] = f"{router.prefix}/{job.id}"
    return _account(job)


@router.get("/{job}", summary="Where a job stands", responses=documented(404, 422))
def look(job: Identifier, kept: Kept, asker: Asker, response: Response) -> JobAccount:
    """Tell where a job stands; while it is worked on, `Retry-After` tells when to look again."""
    found = kept.find(job, asker.user_id)
    if found.state in ("waiting", "working"):
        response.headers["Retry-After"] = "1"
    return _account(found)


@router.get(
    "/{job}/result",
    summary="Fetch the file of a job",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        **documented(404, 409, 422),
    },
)
def fetch(job: Identifier, kept: Kept, asker: Asker) -> FileResponse:
    """Return the file of a finished job."""
    found, path = kept.result(job, asker.user_id)
    return FileResponse(path, media_type=found.media_type, filename=found.file_name)


@router.delete("/{job}", status_code=202, summary="Cancel a job", responses=documented(404, 422))
def cancel(job: Identifier, kept: Kept, asker: Asker) -> JobAccount:
    """End a job; one that has ended stays as it is."""
    return _account(kept.cancel(job, asker.user_id))


def _account(job: Job) -> JobAccount:
    result = f"{router.prefix}/{job.id}/result" if job.state == "done" else None
    return JobAccount(
        id=job.id,
        run=job.run,
        format=job.format,
        state=job.state.value,
        progress=job.progress,
        asked=job.asked,
        expires=job.expires,
        problem=job.problem,
        result=result,
    )
