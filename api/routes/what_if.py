"""What the places would be under other choices, through the same disclosure rules."""

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Annotated

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.answers import WhatIfAnswer
from api.auth import Permission, Reader, allow
from api.library import Library
from api.problems import documented
from api.routes.runs import Heavy, Reference, Runs
from geo import lens, ranking
from geo.disclosure import Audience
from geo.exact import fraction
from geo.report import RunSummary
from maps.planner import figures

router = APIRouter(prefix="/api/v1/runs/{run}", tags=["what-if"])

_Exact = Annotated[str, Field(max_length=32, examples=["1/3"])]


class WhatIf(BaseModel):
    """Ask what the places would be under other weights, another cutoff, or for some desils only.

    Weights and cutoff are exact fractions as text. Indicators that are not named keep no weight. `agency` keeps only
    the indicators that one agency answers for.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"level": "kelurahan", "cutoff": "2/5", "desils": [1, 2, 3, 4]},
                {"level": "kecamatan", "agency": "Disperumkim"},
            ]
        },
    )

    level: str = Field("kelurahan", max_length=32)
    weights: dict[str, _Exact] | None = Field(None, max_length=32)
    agency: str | None = Field(None, max_length=100)
    cutoff: _Exact | None = None
    desils: list[Annotated[int, Field(ge=0, le=10)]] | None = Field(None, max_length=11)
    by: str = Field("m0", max_length=64)

    @model_validator(mode="after")
    def _one_weighting(self) -> "WhatIf":
        if self.weights is not None and self.agency is not None:
            raise ValueError("give weights or an agency, not both")
        return self


@router.post(
    "/what-if",
    summary="Measure again under other choices",
    dependencies=[allow(Permission.WHAT_IF)],
    response_class=Response,
    responses={200: {"model": WhatIfAnswer}, **documented(403, 404, 413, 422)},
)
async def what_if(run: Reference, question: WhatIf, runs: Runs, heavy: Heavy, audience: Reader) -> Response:
    """Measure the places of a level again, from profiles in which none stands for a few households.

    What the run hides stays hidden. `deviation` tells how far answers are from exact ones, measured with the run's own
    question; it is null where the question is the run's own, whose answer is exact.
    """
    content = await heavy.run(_measured, run, question, runs, audience)
    return Response(content, media_type="application/json")


def _measured(run: str, question: WhatIf, runs: Library, audience: Audience) -> bytes:
    summary, answer = runs.what_if(
        run,
        audience,
        question.level,
        weights=_weights(question, runs.summary(run, audience)),
        cutoff=None if question.cutoff is None else fraction(question.cutoff, "cutoff"),
        desils=question.desils,
    )
    ranked = ranking.rank(answer.published.table, question.by)
    answered = {
        "run": summary.id,
        "audience": audience.name,
        "level": answer.published.level,
        "deviation": None if answer.deviation is None else asdict(answer.deviation),
        **figures(answer.published, summary.specification),
        "ranks": dict(ranked.select("code", "rank").iter_rows()),
    }
    return orjson.dumps(answered)


def _weights(question: WhatIf, summary: RunSummary) -> Mapping[str, Fraction] | None:
    if question.agency is not None:
        return lens.of_agency(summary.specification, question.agency)
    if question.weights is None:
        return None
    return {name: fraction(weight, f"weight of {name!r}") for name, weight in question.weights.items()}
