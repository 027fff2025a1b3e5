"""Whether the server lives, whether it can answer, and what it counts."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.auth import ANYONE, Permission, allow
from api.routes.runs import Runs

router = APIRouter(tags=["operating"])


@router.get("/healthz", dependencies=[ANYONE], include_in_schema=False)
async def healthz() -> dict[str, str]:
    """Say that the process is alive; asks nothing of the store."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[ANYONE], include_in_schema=False)
def readyz(runs: Runs) -> dict[str, str]:
    """Say that the store can be read and has the tables of this version; 503 when not."""
    runs.check()
    return {"status": "ready"}


@router.get("/metrics", dependencies=[allow(Permission.SEE_METRICS)], include_in_schema=False)
def metrics(request: Request) -> Response:
    """Return the counters for Prometheus."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
