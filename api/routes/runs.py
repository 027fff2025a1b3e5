"""Runs as data: their list, their zones as GeoJSON, what-if."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Permission, Reader, allow
from api.commands.tables import report_values
from api.heavy import HeavyWork
from api.library import Library
from geo import ranking
from geo.disclosure import Audience
from geo.specification import fraction
from maps import export
from maps.planner import figures

router = APIRouter(prefix="/api/v1", tags=["runs"])

_GEOJSON = "application/geo+json"


def library(request: Request) -> Library:
    """Return the library of the application."""
    found: Library = request.app.state.library
    return found


def heavy(request: Request) -> HeavyWork:
    """Return the places for heavy work of the application."""
    found: HeavyWork = request.app.state.heavy
    return found


Runs = Annotated[Library, Depends(library)]
Heavy = Annotated[HeavyWork, Depends(heavy)]
Reference = Annotated[
    str, Path(description="Id of a run, a unique beginning of one, or `latest`.", max_length=64)
]


class WhatIf(BaseModel):
    """Ask what the places would be under other weights, another cutoff, or for some desils only.

    Weights and cutoff are exact fractions as text. Indicators that are not named keep no weight.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"level": "kelurahan", "cutoff": "2/5", "desils": [1, 2, 3, 4]}]},
    )

    level: str = "kelurahan"
    weights: dict[str, Annotated[str, Field(max_length=32)]] | None = Field(None, max_length=32)
    cutoff: Annotated[str, Field(max_length=32)] | None = None
    desils: list[int] | None = Field(None, max_length=11)
    by: str = "m0"


@router.get("/runs", dependencies=[allow(Permission.SEE_PUBLISHED)])
def list_runs(runs: Runs, audience: Reader) -> list[dict[str, Any]]:
    """List the runs that the asker may see, newest first."""
    return [report_values(summary) for summary in runs.summaries(audience)]


@router.get("/runs/{run}", dependencies=[allow(Permission.SEE_PUBLISHED)])
def describe_run(run: Reference, runs: Runs, audience: Reader) -> dict[str, Any]:
    """Describe a run: its inputs, its parameters, what became of the households, the levels that can be read."""
    published = runs.run(run, audience)
    return {
        **report_values(published.summary),
        "audience": audience.name,
        "levels": [*published.levels, "pocket"],
    }


@router.get(
    "/runs/{run}/zones/{level}",
    dependencies=[allow(Permission.SEE_PUBLISHED)],
    response_class=Response,
    responses={200: {"content": {_GEOJSON: {}}}},
)
def zones(run: Reference, level: str, runs: Runs, audience: Reader) -> Response:
    """Return the zones of a level as GeoJSON (RFC 7946); hidden zones carry no figures."""
    published = runs.run(run, audience)
    return Response(export.geojson(published, [export.level_of(published, level)]), media_type=_GEOJSON)


@router.post("/runs/{run}/what-if", dependencies=[allow(Permission.WHAT_IF)])
async def what_if(
    run: Reference, question: WhatIf, runs: Runs, heavy: Heavy, audience: Reader
) -> dict[str, Any]:
    """Measure the places of a level again, exactly, through the same disclosure rules."""
    return await heavy.run(_measured, run, question, runs, audience)


def _measured(run: str, question: WhatIf, runs: Library, audience: Audience) -> dict[str, Any]:
    summary, published = runs.what_if(
        run,
        audience,
        question.level,
        weights=_fractions(question.weights),
        cutoff=None if question.cutoff is None else fraction(question.cutoff, "cutoff"),
        desils=question.desils,
    )
    ranked = ranking.rank(published.table, question.by)
    return {
        "run": summary.id,
        "audience": audience.name,
        "level": published.level,
        **figures(published, summary.specification),
        "ranks": dict(ranked.select("code", "rank").iter_rows()),
    }


def _fractions(weights: Mapping[str, str] | None) -> dict[str, Fraction] | None:
    if weights is None:
        return None
    return {name: fraction(weight, f"weight of {name!r}") for name, weight in weights.items()}
