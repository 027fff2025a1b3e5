"""The planner's page and its script."""

from functools import lru_cache

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.auth import Permission, Reader, allow
from api.routes.runs import Reference, Runs
from geo.disclosure import PUBLIC
from geo.errors import NotFoundError
from maps import planner
from maps.offline import LinkedPage

router = APIRouter(tags=["page"], dependencies=[allow(Permission.SEE_PUBLISHED)])

_API = "/api/v1"

#: Another page after signing in, and none of a run that was withdrawn.
_ASKED_AGAIN = {"Cache-Control": "no-cache", "Vary": "Authorization, Cookie"}


@router.get("/", include_in_schema=False)
def newest(runs: Runs, audience: Reader) -> RedirectResponse:
    """Lead to the page of the newest run; to the sign-in where there is none that the public may see."""
    try:
        where = f"/runs/{runs.resolve('latest', audience)}"
    except NotFoundError:
        if audience is not PUBLIC:
            raise
        where = "/masuk"
    return RedirectResponse(where, headers=_ASKED_AGAIN)


@router.get("/runs/{run}", response_class=HTMLResponse, include_in_schema=False)
def page(run: Reference, runs: Runs, audience: Reader) -> HTMLResponse:
    """Return the planner's page of a run."""
    return HTMLResponse(_made(runs.resolve(run, audience), runs, audience).html, headers=_ASKED_AGAIN)


@router.get(f"{_API}/runs/{{run}}/page.js", include_in_schema=False)
def script(run: Reference, runs: Runs, audience: Reader) -> Response:
    """Return the script that Folium wrote for the page."""
    made = _made(runs.resolve(run, audience), runs, audience)
    return Response(made.script, headers=_ASKED_AGAIN, media_type="text/javascript")


@lru_cache(8)
def _made(identifier: str, runs: Runs, audience: Reader) -> LinkedPage:
    return planner.planner_page(runs.run(identifier, audience), api=_API)
