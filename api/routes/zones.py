"""The zones of a level: as GeoJSON, as columns of JSON or Arrow, and as a ranked list."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api import conditional
from api.answers import Ranking
from api.auth import Permission, Reader, allow
from api.negotiation import chosen
from api.problems import documented
from api.routes.runs import Reference, Runs
from geo import ranking
from geo.disclosure import Published, PublishedRun
from maps import columnar, export

router = APIRouter(
    prefix="/api/v1/runs/{run}", tags=["zones"], dependencies=[allow(Permission.SEE_PUBLISHED)]
)

#: Media types by name, the one of somebody who does not say first.
FORMATS = {
    "geojson": "application/geo+json",
    "json": columnar.JSON_MEDIA_TYPE,
    "arrow": columnar.ARROW_MEDIA_TYPE,
}

_MAKERS: dict[str, Callable[[PublishedRun, Published], bytes]] = {
    "geojson": lambda run, published: export.geojson(run, [published]),
    "json": columnar.columns,
    "arrow": columnar.arrow,
}

Level = Annotated[
    str,
    Path(
        description="A level that the run lists, `cell` for the finest cells, `pocket` for pockets.",
        max_length=32,
        examples=["kelurahan"],
    ),
]
Format = Annotated[
    Literal["geojson", "json", "arrow"] | None,
    Query(description="The format, before what `Accept` says: GeoJSON, columns as JSON, Arrow IPC stream."),
]

_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The zones, in the format chosen.",
        "content": {
            FORMATS["geojson"]: {"schema": {"$ref": "#/components/schemas/FeatureCollection"}},
            FORMATS["json"]: {"schema": {"$ref": "#/components/schemas/Columns"}},
            FORMATS["arrow"]: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    304: {"description": "What the client has (`If-None-Match`) still holds."},
    **documented(404, 406, 422),
}


@router.get("/zones/{level}", summary="Zones of a level", response_class=Response, responses=_DOCUMENTED)
def zones(
    request: Request,
    run: Reference,
    level: Level,
    runs: Runs,
    audience: Reader,
    f: Format = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Return all zones of a level; hidden zones carry no figures.

    `?f=` chooses the format, else `Accept`: GeoJSON (RFC 7946), JSON column by column, or an Arrow IPC stream with
    WKB geometry. A run never changes, so each answer has an `ETag`.
    """
    published = runs.run(run, audience)
    shown = export.level_of(published, level)
    kind = chosen(f, accept, FORMATS)
    parts = (published.summary.id[:16], audience.name, shown.level, kind)
    return conditional.answer(request, parts, lambda: _MAKERS[kind](published, shown), FORMATS[kind])


@router.get("/ranks/{level}", summary="Ranked list of a level", responses=documented(404, 422))
def ranks(
    run: Reference,
    level: Level,
    runs: Runs,
    audience: Reader,
    by: Annotated[str, Query(max_length=64, description="The figure to rank by.")] = "m0",
    top: Annotated[int, Query(ge=1, le=10_000, description="Length of the list of priorities.")] = 10,
    limit: Annotated[int, Query(ge=1, le=10_000, description="How many zones to return.")] = 1_000,
) -> Ranking:
    """Return the shown zones from the poorest on, with how sure each rank is."""
    published = runs.run(run, audience)
    shown = export.level_of(published, level)
    ranked = ranking.with_priority(ranking.rank(shown.table, by), by, top)
    rows = ranked.rename({by: "value"}).head(limit).to_dicts()
    return Ranking.model_validate(
        {
            "run": published.summary.id,
            "audience": audience.name,
            "level": shown.level,
            "by": by,
            "top": top,
            "zones": rows,
        }
    )
