"""How far a run is on its way to the public, and the steps of the two people who bring it there."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from api import publishing
from api.auth import Asker, Permission, allow
from api.problems import documented
from api.routes.runs import Reference, Runs
from geo.publication import Publication

router = APIRouter(prefix="/api/v1/runs/{run}", tags=["publication"])

_REFUSED = documented(401, 403, 404, 409)
_PROPOSE = allow(Permission.PROPOSE)


@router.get("/publication", dependencies=[allow(Permission.SEE_DRAFTS)], responses=documented(401, 403, 404))
def read(run: Reference, runs: Runs, asker: Asker) -> dict[str, Any]:
    """Return how far a run is, and who brought it there."""
    return _answer(runs.publications.of(runs.resolve(run, asker.audience)))


@router.post("/propose", dependencies=[_PROPOSE], responses=_REFUSED)
def propose(run: Reference, runs: Runs, asker: Asker, request: Request) -> dict[str, Any]:
    """Propose a run for publication; its tiles are built meanwhile."""
    identifier = runs.resolve(run, asker.audience)
    proposed = publishing.propose(runs.publications, identifier, asker, datetime.now(UTC))
    request.app.state.tiles.build(identifier)
    return _answer(proposed)


@router.post("/approve", dependencies=[allow(Permission.APPROVE)], responses=_REFUSED)
def approve(run: Reference, runs: Runs, asker: Asker, request: Request) -> dict[str, Any]:
    """Publish a run that somebody else proposed; tiles that are missing are built."""
    identifier = runs.resolve(run, asker.audience)
    published = publishing.approve(runs.publications, identifier, asker, datetime.now(UTC))
    request.app.state.tiles.build(identifier)
    return _answer(published)


@router.post("/withdraw", dependencies=[_PROPOSE], responses=_REFUSED)
def withdraw(run: Reference, runs: Runs, asker: Asker) -> dict[str, Any]:
    """Take a proposal back, or withdraw a published run."""
    identifier = runs.resolve(run, asker.audience)
    return _answer(publishing.withdraw(runs.publications, identifier, asker, datetime.now(UTC)))


def _answer(publication: Publication) -> dict[str, Any]:
    return {
        "run": publication.run_id,
        "state": publication.state,
        "computed_at": publication.computed_at,
        "proposed_by": publication.proposed_by,
        "proposed_at": publication.proposed_at,
        "approved_by": publication.approved_by,
        "approved_at": publication.approved_at,
        "withdrawn_by": publication.withdrawn_by,
        "withdrawn_at": publication.withdrawn_at,
    }
