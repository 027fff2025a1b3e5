"""Files of a run that take a while: asked for, looked after, fetched, cancelled."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api import tasks
from api.auth import Asker, Permission, allow
from api.jobs import Job, Jobs
from api.library import Library
from api.problems import documented
from api.routes.runs import PrintedBy, Runs
from api.routes.shortlists import seen
from api.tasks import Printing
from geo import shortlists
from geo.audit import Action
from geo.disclosure import PublishedRun
from geo.errors import ParameterError
from geo.people import Identity
from maps import export, prints, thematic
from maps.ground import drawn_level
from maps.office import Office
from maps.prints import AnnexOrder, AtlasOrder, SheetOrder
from maps.thematic import DEFAULT_MEASURE

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], dependencies=[allow(Permission.EXPORT)])


def jobs(request: Request) -> Jobs:
    """Return the jobs of the application."""
    found: Jobs = request.app.state.jobs
    return found


Kept = Annotated[Jobs, Depends(jobs)]
Identifier = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a job.")]


_Lang = Annotated[Literal["id", "en"], Field(description="Language of the print.")]
_Paper = Annotated[Literal["A4", "A3", "A2", "A1"], Field(description="Paper of the map sheets.")]
_Top = Annotated[
    int | None, Field(ge=1, le=10_000, description="Length of the priority list; else a fifth of the places.")
]


class AtlasQuestion(BaseModel):
    """Print the whole atlas."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["atlas"] = "atlas"
    paper: _Paper = "A3"
    top: _Top = None
    lang: _Lang = "id"


class SheetQuestion(BaseModel):
    """Print the sheet of one place, or its sheets where the scale asked for needs several."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["sheet"]
    level: str = Field(max_length=32, examples=["kelurahan"])
    code: str = Field(max_length=64)
    measure: str = Field(
        DEFAULT_MEASURE,
        max_length=64,
        description="What the map is drawn by: a measure of the run or a layer beside its register.",
        examples=["h", "layer_banjir"],
    )
    scale: int | None = Field(
        None, ge=1, le=10_000_000, description="Denominator; else the largest round one on one sheet."
    )
    paper: _Paper = "A3"
    top: _Top = None
    lang: _Lang = "id"


class AnnexQuestion(BaseModel):
    """Print a shortlist that one may read as the annex of a decree; of its own run."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["annex"]
    shortlist: str = Field(max_length=32, description="Id of the shortlist.")
    lang: _Lang = "id"


_Print = Annotated[AtlasQuestion | SheetQuestion | AnnexQuestion, Field(discriminator="what")]


class ExportQuestion(BaseModel):
    """Ask for a file of a run: all its levels as data, or a print.

    `print` says what is printed: as `pdf`, an annex also as `docx` or `xlsx`. A `pdf` without it is the atlas.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"run": "latest", "format": "gpkg"},
                {
                    "format": "pdf",
                    "print": {"what": "sheet", "level": "kecamatan", "code": "32.71.01", "paper": "A3"},
                },
                {"format": "docx", "print": {"what": "annex", "shortlist": "1f0c22a97b3e"}},
            ]
        },
    )

    run: str | None = Field(None, max_length=64, description="`latest` when not said; of an annex its own.")
    format: Literal["gpkg", "xlsx", "csv", "geojson", "html", "pdf", "docx"]
    print: _Print | None = None


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
    question: ExportQuestion,
    request: Request,
    response: Response,
    runs: Runs,
    kept: Kept,
    asker: Asker,
    office: PrintedBy,
) -> JobAccount:
    """Take on the making of a file of a run, as the asker may see it; `Location` tells where to look after it."""
    run, printing = _understood(question, runs, asker, office)
    audience, kind = asker.audience.name, question.format
    name = f"kantong-{run[:12]}-{audience}{'' if printing is None else _named(printing)}.{kind}"
    runs.note(Action.EXPORTED, asker, run, format=kind, file=name)
    common = (request.app.state.database, run, audience)
    job = kept.submit(
        asker.user_id,
        run,
        kind,
        tasks.MEDIA_TYPES[kind],
        name,
        lambda path: (
            (tasks.export_run, (*common, kind, path))
            if printing is None
            else (tasks.print_run, (*common, printing, path))
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


def _understood(
    question: ExportQuestion, runs: Library, asker: Identity, office: Office | None
) -> tuple[str, Printing | None]:
    """Return the run that is meant, and what is printed of it: nothing where data are asked for."""
    asked = question.print or (AtlasQuestion() if question.format == "pdf" else None)
    if isinstance(asked, AnnexQuestion):
        return _annex(question, asked, runs, asker, office)
    run = runs.resolve(question.run or "latest", asker.audience)
    if asked is None:
        if question.format == "docx":
            raise ParameterError("only the annex of a decree is written as docx; say so in print.")
        return run, None
    order: AtlasOrder | SheetOrder = AtlasOrder()
    if isinstance(asked, SheetQuestion):
        order = _sheet(asked, runs.run(run, asker.audience))
    scale = asked.scale if isinstance(asked, SheetQuestion) else None
    prints.refuse_format(order, question.format)
    settings = prints.settings_of(asked.lang, asked.paper, scale, office)
    return run, Printing(order, settings, question.format, asked.top)


def _sheet(asked: SheetQuestion, run: PublishedRun) -> SheetOrder:
    shortlists.refuse_unknown([asked.code], export.level_of(run, asked.level))
    thematic.refuse_without_values(
        run, thematic.measure_of(run, asked.measure), drawn_level(run, asked.level)
    )
    return SheetOrder(asked.level, asked.code, asked.measure)


def _annex(
    question: ExportQuestion, asked: AnnexQuestion, runs: Library, asker: Identity, office: Office | None
) -> tuple[str, Printing]:
    shortlist = seen(asked.shortlist, runs, asker)
    run = runs.resolve(shortlist.run_id, asker.audience)
    if question.run is not None and runs.resolve(question.run, asker.audience) != run:
        raise ParameterError(f"the shortlist stands on the run {run[:12]}; leave the run out.")
    if asker.is_anonymous:  # why a place was picked is for people with accounts
        shortlist = replace(shortlist, items=tuple(replace(item, reason="") for item in shortlist.items))
    order = AnnexOrder(shortlist)
    prints.refuse_format(order, question.format)
    return run, Printing(order, prints.settings_of(asked.lang, "A4", None, office), question.format, None)


def _named(printing: Printing) -> str:
    """Return what tells the file of a print from others of the same run."""
    if isinstance(printing.order, SheetOrder):
        measure = printing.order.measure
        return f"-{printing.order.level}-{printing.order.code}{'' if measure == DEFAULT_MEASURE else f'-{measure}'}"
    if isinstance(printing.order, AnnexOrder):
        return f"-lampiran-{printing.order.shortlist.id}"
    return ""


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
