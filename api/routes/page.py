"""The planner's page and its script."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.routes.runs import Reader, Reference, Runs
from maps import planner

router = APIRouter(tags=["page"])

_API = "/api/v1"


@router.get("/", include_in_schema=False)
def newest(runs: Runs) -> RedirectResponse:
    """Lead to the page of the newest run."""
    return RedirectResponse(f"/runs/{runs.resolve('latest')}")


@router.get("/runs/{run}", response_class=HTMLResponse)
def page(run: Reference, runs: Runs, audience: Reader) -> HTMLResponse:
    """Return the planner's page of a run."""
    return HTMLResponse(planner.planner_page(runs.run(run, audience), api=_API).html)


@router.get(f"{_API}/runs/{{run}}/page.js", include_in_schema=False)
def script(run: Reference, runs: Runs, audience: Reader) -> Response:
    """Return the script that Folium wrote for the page."""
    return Response(
        planner.planner_page(runs.run(run, audience), api=_API).script, media_type="text/javascript"
    )
