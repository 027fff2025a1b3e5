"""The page on which GIS staff send a boundary file: the report of the command line, and the load."""

import re
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api import pages, tasks
from api.auth import Asker, Identity, Permission, allow
from api.library import Library
from api.problems import STATUSES, BusyError
from api.routes.boundaries import Sent, worked_on
from api.routes.runs import Runs
from geo.audit import Action
from geo.codes import LEVELS, CodeSystem
from geo.errors import BoundaryError, CodeError, FileError, ParameterError

router = APIRouter(
    prefix="/batas", dependencies=[allow(Permission.UPLOAD_BOUNDARIES)], include_in_schema=False
)

_MOST_FIELDS = 12
_CHUNK = 1 << 20
_LOAD = "load"

#: What a page says in its own words; the rest is answered as everywhere.
_SAID = (ParameterError, FileError, BoundaryError, CodeError, BusyError)

#: What may be asked of a file, on the form and on the command line alike.
_WHERE_UNCLEAR = ("crs", "layer", "code_column", "name_column")
_ASKED = ("name", "source", "valid_from", "level", "codes", "repair", *_WHERE_UNCLEAR)


@router.get("")
def upload_page(runs: Runs) -> HTMLResponse:
    """Return the versions that there are, and the form."""
    return _page(runs, {})


@router.post("")
async def upload(request: Request, runs: Runs, asker: Asker) -> HTMLResponse:
    """Check a file, or load it, and return its report."""
    async with request.form(max_files=2, max_fields=_MOST_FIELDS) as form:
        said = {name: str(form[name]).strip() for name in _ASKED if form.get(name)}
        try:
            answer = await _answered(request, form, said, runs, asker)
        except _SAID as error:
            status = next(status for kind, (status, _) in STATUSES.items() if isinstance(error, kind))
            return await run_in_threadpool(_page, runs, said, status, problem=str(error))
    return await run_in_threadpool(_page, runs, said, **answer)


async def _answered(
    request: Request, form: FormData, said: dict[str, str], runs: Library, asker: Identity
) -> dict[str, Any]:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise ParameterError("Pilih dulu berkas batasnya.")
    sent = _sent(said, PurePath(file.filename).name)
    database = request.app.state.database if form.get("do") == _LOAD else None
    confirmed = form.get("confirmed")
    table = await confirmed.read() if isinstance(confirmed, UploadFile) and confirmed.filename else None
    made: dict[str, Any] = await worked_on(
        request, sent.file_name, _chunks(file), tasks.report_boundaries, sent.question, database, table
    )
    if made.get("set"):
        await run_in_threadpool(runs.note, Action.UPLOADED, asker, made["set"], name=sent.question.name)
    return made


def _sent(said: dict[str, str], file_name: str) -> Sent:
    """Return what was said, or which of it cannot be read."""
    try:
        return Sent.model_validate({**said, "file_name": re.sub(r"[^\w .()-]", "_", file_name).lstrip(".")})
    except ValidationError as error:
        first = error.errors()[0]
        raise ParameterError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


def _page(runs: Library, said: dict[str, str], status: int = 200, **answer: Any) -> HTMLResponse:
    context = {"report": None, "matches": None, "set": None, "is_new": False, "since": "", **answer}
    return pages.page(
        "upload.html",
        status,
        versions=runs.boundary_sets()[::-1],
        levels=LEVELS,
        systems=list(CodeSystem),
        said=said,
        unclear=not said.keys().isdisjoint(_WHERE_UNCLEAR),
        **context,
    )
