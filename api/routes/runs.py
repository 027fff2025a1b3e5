"""Runs: their list, and what each is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from api.answers import RunAccount, RunDescription
from api.auth import Permission, Reader, allow
from api.commands.tables import report_values
from api.heavy import HeavyWork
from api.library import Library
from api.problems import documented
from maps.office import Office

router = APIRouter(prefix="/api/v1", tags=["runs"])


def library(request: Request) -> Library:
    """Return the library of the application."""
    found: Library = request.app.state.library
    return found


def heavy(request: Request) -> HeavyWork:
    """Return the places for heavy work of the application."""
    found: HeavyWork = request.app.state.heavy
    return found


def office(request: Request) -> Office | None:
    """Return the office that prints are made by."""
    found: Office | None = request.app.state.office
    return found


Runs = Annotated[Library, Depends(library)]
Heavy = Annotated[HeavyWork, Depends(heavy)]
PrintedBy = Annotated[Office | None, Depends(office)]
Reference = Annotated[
    str, Path(description="Id of a run, a unique beginning of one, or `latest`.", max_length=64)
]


@router.get(
    "/runs",
    summary="List runs",
    response_model=list[RunAccount],
    dependencies=[allow(Permission.SEE_PUBLISHED)],
    responses=documented(),
)
def list_runs(runs: Runs, audience: Reader) -> list[dict[str, Any]]:
    """List the runs that the asker may see, newest first."""
    return [report_values(summary) for summary in runs.summaries(audience)]


@router.get(
    "/runs/{run}",
    summary="Describe a run",
    response_model=RunDescription,
    dependencies=[allow(Permission.SEE_PUBLISHED)],
    responses=documented(404, 422),
)
def describe_run(run: Reference, runs: Runs, audience: Reader) -> dict[str, Any]:
    """Describe a run: its inputs, its parameters, what became of the households, the levels that can be read."""
    published = runs.run(run, audience)
    return {
        **report_values(published.summary),
        "audience": audience.name,
        "levels": [*published.levels, "pocket"],
    }
