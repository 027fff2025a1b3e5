"""What changed between two runs, from what both published."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from api import conditional
from api.answers import Comparison
from api.auth import Permission, Reader, allow
from api.library import Library
from api.problems import documented
from api.routes.runs import Reference, Runs
from api.routes.zones import Level
from geo.change import MEASURES
from geo.disclosure import Audience

router = APIRouter(prefix="/api/v1/runs/{run}", tags=["zones"])


@router.get(
    "/compare/{level}",
    summary="What changed since another run",
    dependencies=[allow(Permission.SEE_PUBLISHED)],
    response_class=Response,
    responses={
        200: {"model": Comparison},
        304: {"description": "What the client has (`If-None-Match`) still holds."},
        **documented(404, 422),
    },
)
def compare(
    request: Request,
    run: Reference,
    level: Level,
    runs: Runs,
    audience: Reader,
    old: Annotated[
        str, Query(description="Id of the older run, or a unique beginning of one.", max_length=64)
    ],
) -> Response:
    """Return the places of a level with their figures in both runs, the differences, and which of these are certain.

    `…_se` is the standard error of a difference and `…_moved` whether it is one beyond chance, at a false discovery
    rate of 5 % over the places; both are null for figures whose error is not published (H, A, persons). Runs that
    are not comparable, such as under two specifications, are refused with the reasons. Between two boundary versions
    the older figures are carried onto the newer units, which is among the findings.
    """
    ids = runs.resolve(old, audience), runs.resolve(run, audience)
    parts = (*(one[:16] for one in ids), audience.name, level, "compare")
    return conditional.answer(
        request, parts, lambda: _answered(runs, *ids, audience, level), "application/json"
    )


def _answered(runs: Library, old: str, new: str, audience: Audience, level: str) -> bytes:
    compared = runs.compare(new, old, audience, level)
    answered = {
        "run": new,
        "old": old,
        "audience": audience.name,
        "level": level,
        "measures": MEASURES,
        "findings": [{"id": one.sentence.id, "en": one.sentence.en} for one in compared.findings],
        "columns": compared.table.to_dict(as_series=False),
    }
    return orjson.dumps(answered)
