"""How the list of the poorest places holds under other weights and cutoffs, through the same disclosure rules."""

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Response

from api.answers import RobustnessAnswer
from api.auth import Permission, Reader, allow
from api.library import Library
from api.problems import documented
from api.routes.runs import Heavy, Reference, Runs
from api.routes.zones import Level
from geo.disclosure import ROBUSTNESS_COLUMNS, Audience
from geo.robustness import DEFAULT_DRAWS

router = APIRouter(prefix="/api/v1/runs/{run}", tags=["what-if"])

_Figure = Literal["m0", "h", "poor_households", "poor_persons"]


@router.get(
    "/robustness/{level}",
    summary="How a ranked list holds",
    dependencies=[allow(Permission.WHAT_IF)],
    response_class=Response,
    responses={200: {"model": RobustnessAnswer}, **documented(403, 404, 422)},
)
async def robustness(
    run: Reference,
    level: Level,
    runs: Runs,
    heavy: Heavy,
    audience: Reader,
    top: Annotated[int, Query(ge=1, le=10_000, description="Length of the list of priorities.")] = 10,
    draws: Annotated[
        int, Query(ge=100, le=2_000, description="How many sets of weights are drawn.")
    ] = DEFAULT_DRAWS,
    by: Annotated[_Figure, Query(description="The figure to rank by.")] = "m0",
) -> Response:
    """Rank the shown places under many weightings drawn around the run's own, at each of its sensitivity cutoffs.

    `share_in_top` is the share of them in which a place is among the `top` poorest; `rank_best`, `rank_median` and
    `rank_worst` are its ranks over all. Places that the run hides stand in no rank. The same question has the same
    answer: the weights are drawn from a fixed seed.
    """
    content = await heavy.run(_answered, runs, run, audience, level, top, draws, by)
    return Response(content, media_type="application/json")


def _answered(
    runs: Library, run: str, audience: Audience, level: str, top: int, draws: int, by: str
) -> bytes:
    summary, published = runs.robustness(run, audience, level, top=top, draws=draws, figure=by)
    rows = (
        published.table.select("code", "name", "status", *ROBUSTNESS_COLUMNS)
        .sort("share_in_top", "rank_median", "code", descending=[True, False, False], nulls_last=True)
        .to_dicts()
    )
    answer = {"run": summary.id, "audience": audience.name, "level": published.level, "by": by}
    return orjson.dumps({**answer, "top": top, "draws": draws, "zones": rows})
