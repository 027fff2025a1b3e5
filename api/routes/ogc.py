"""OGC API – Features and Tiles, below ``/ogc``; the tiles themselves are answered by `api.tile_service`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Asker, Permission, Reader, allow
from api.ogc import documents, media, openapi, pages, query, tilesets
from api.ogc.catalogue import Catalogue, Collection
from api.problems import BadRequestError
from api.routes.runs import Runs
from api.tile_service import tile_address
from geo.disclosure import PUBLIC
from geo.errors import NotFoundError
from maps import tile_style

router = APIRouter(
    prefix="/ogc", tags=["ogc"], include_in_schema=False, dependencies=[allow(Permission.SEE_PUBLISHED)]
)

_KEPT_SECONDS = 60


def _catalogue(request: Request) -> Catalogue:
    found: Catalogue = request.app.state.catalogue
    return found


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/ogc"


Known = Annotated[Catalogue, Depends(_catalogue)]
Base = Annotated[str, Depends(_base)]


def _collection(collection: str, known: Known, asker: Asker) -> Collection:
    return known.collection(collection, asker)


def _tiled(found: Annotated[Collection, Depends(_collection)]) -> Collection:
    if found.run is None:
        raise NotFoundError(f"collection {found.id!r} has no tiles.")
    return found


One = Annotated[Collection, Depends(_collection)]
Tiled = Annotated[Collection, Depends(_tiled)]


@router.get("")
@router.get("/")
def landing(request: Request, base: Base, asker: Asker) -> Response:
    """Return the landing page."""
    html = _page_wanted(request)
    links = documents.landing_links(base, html)
    if html:
        page = pages.page(documents.TITLE, _trail(base), paragraphs=[documents.DESCRIPTION], links=links)
        return _answer(page, media.HTML, asker)
    return _answer(documents.landing(links), media.JSON, asker)


@router.get("/conformance")
def conformance(request: Request, base: Base, asker: Asker) -> Response:
    """Return the conformance classes."""
    html = _page_wanted(request)
    links = media.alternates(f"{base}/conformance", html)
    if html:
        page = pages.page(
            "Kesesuaian dengan standar OGC", _trail(base), paragraphs=documents.CONFORMANCE, links=links
        )
        return _answer(page, media.HTML, asker)
    return _answer(documents.conformance(links), media.JSON, asker)


@router.get("/api")
def description(request: Request, base: Base, known: Known, asker: Asker) -> Response:
    """Return the description of the API."""
    described = openapi.document(base, known.collections(asker))
    if _page_wanted(request):
        operations = [(path, item["get"]["summary"]) for path, item in described["paths"].items()]
        page = pages.page(f"{documents.TITLE}: uraian", _trail(base), facts=operations)
        return _answer(page, media.HTML, asker)
    return _answer(described, media.OPENAPI, asker)


@router.get("/collections")
def collections(request: Request, base: Base, known: Known, asker: Asker) -> Response:
    """Return the list of collections."""
    html = _page_wanted(request)
    found = known.collections(asker)
    if html:
        rows = [
            (
                pages.Cell(one.title.id, f"{base}/collections/{one.id}?f=html"),
                pages.Cell(one.id),
                pages.cell(one.features.table.height),
            )
            for one in found
        ]
        table = pages.Table("Koleksi", ("Nama", "Kode koleksi", "Fitur"), rows)
        return _answer(pages.page("Daftar koleksi", _trail(base), table=table), media.HTML, asker)
    return _answer(documents.collections(base, found, html), media.JSON, asker)


@router.get("/collections/latest_{rest:path}")
def latest(rest: str, request: Request, base: Base, known: Known, asker: Asker) -> RedirectResponse:
    """Lead from ``latest_<level>`` to the collection of the newest run, which keeps its id for ever."""
    level, slash, below = rest.partition("/")
    address = f"{base}/collections/{known.newest(level, asker).id}{slash}{below}"
    return RedirectResponse(f"{address}?{request.url.query}" if request.url.query else address)


@router.get("/collections/{collection}")
def describe(request: Request, base: Base, one: One, asker: Asker) -> Response:
    """Return one collection."""
    html = _page_wanted(request)
    if html:
        page = pages.page(
            one.title.id,
            _trail(base, ("Koleksi", "/collections")),
            paragraphs=[one.description.id],
            facts=[
                ("Kode koleksi", one.id),
                ("Fitur", pages.cell(one.features.table.height).text),
                ("Sumber batas", one.attribution),
                ("Sistem referensi", ", ".join(one.systems)),
            ],
            links=documents.collection_links(base, one, html),
        )
        return _answer(page, media.HTML, asker)
    return _answer(documents.collection(base, one, html), media.JSON, asker)


@router.get("/collections/{collection}/queryables")
def queryables(request: Request, base: Base, one: One, asker: Asker) -> Response:
    """Return what can be asked for."""
    _data_only(request)
    return _answer(documents.queryables(base, one), media.SCHEMA, asker)


@router.get("/collections/{collection}/schema")
def schema(request: Request, base: Base, one: One, asker: Asker) -> Response:
    """Return the JSON Schema of the features."""
    _data_only(request)
    return _answer(documents.schema(base, one), media.SCHEMA, asker)


@router.get("/collections/{collection}/items")
def items(request: Request, base: Base, one: One, asker: Asker) -> Response:
    """Return a page of features."""
    html = media.wants_html(request.query_params, request.headers)
    asked = query.items(request.query_params, one)
    rows = query.matching(asked, one)
    shown = rows[asked.offset : asked.offset + asked.limit]
    links = documents.items_links(base, one, request.query_params, asked, len(rows), html)
    if html:
        page = pages.page(
            one.title.id, _trail_of(base, one), table=_items_table(base, one, shown, len(rows)), links=links
        )
        return _answer(page, media.HTML, asker)
    features = one.features.geojson(shown, asked.crs)
    return _features(documents.items(links, features, len(rows), len(shown)), asked.crs, asker)


@router.get("/collections/{collection}/items/{feature:path}")
def item(feature: str, request: Request, base: Base, one: One, asker: Asker) -> Response:
    """Return one feature."""
    query.only(request.query_params, ("crs",))
    html = media.wants_html(request.query_params, request.headers)
    crs = query.system(request.query_params, "crs", one)
    place = one.features.place(feature)
    if place is None:
        raise NotFoundError(f"there is no feature {feature!r} in collection {one.id!r}.")
    links = documents.item_links(base, one, feature, html)
    if html:
        row = one.features.table.row(place, named=True)
        facts = [
            (column.label.id, pages.cell(row[column.id], column.values).text)
            for column in one.features.columns
        ]
        page = pages.page(str(row["name"]), _trail_of(base, one), facts=facts, links=links)
        return _answer(page, media.HTML, asker)
    return _features(documents.item(links, one.features.geojson([place], crs)), crs, asker)


@router.get("/tileMatrixSets")
def matrix_sets(request: Request, base: Base, asker: Asker) -> Response:
    """Return the list of tile matrix sets."""
    _data_only(request)
    return _answer(tilesets.matrix_sets(base), media.JSON, asker)


@router.get("/tileMatrixSets/{identifier}")
def matrix_set(identifier: str, request: Request, asker: Asker) -> Response:
    """Return one tile matrix set."""
    _data_only(request)
    _check_matrix_set(identifier)
    return _answer(tilesets.matrix_set(), media.JSON, asker)


@router.get("/collections/{collection}/tiles")
def tileset_list(request: Request, base: Base, one: Tiled, asker: Asker) -> Response:
    """Return the list of a collection's tilesets."""
    _data_only(request)
    return _answer(tilesets.tilesets(base, one), media.JSON, asker)


@router.get("/collections/{collection}/tiles/{identifier}")
def tileset(
    identifier: str, request: Request, base: Base, one: Tiled, runs: Runs, audience: Reader, asker: Asker
) -> Response:
    """Return a tileset, as OGC API or as TileJSON."""
    query.only(request.query_params, ())
    _check_matrix_set(identifier)
    assert one.run is not None
    run = runs.run(one.run.id, audience)
    form = request.query_params.get("f", "json")
    if form == "tilejson":
        template = tile_address(one.run.id, audience.name, one.level)
        return _answer(
            tilesets.tilejson(one, run, base.removesuffix("/ogc") + template), media.TILEJSON, asker
        )
    if form != "json":
        raise BadRequestError(f"f: {form!r} is not a representation; there are json, tilejson.")
    return _answer(tilesets.tileset(base, one, run), media.JSON, asker)


@router.get("/collections/{collection}/styles/{measure}")
def style(
    measure: str, request: Request, base: Base, one: Tiled, runs: Runs, audience: Reader, asker: Asker
) -> Response:
    """Return the MapLibre style of a level by one measure."""
    _data_only(request)
    assert one.run is not None
    source = f"{base}/collections/{one.id}/tiles/{tilesets.MATRIX_SET}?f=tilejson"
    written = tile_style.style(runs.run(one.run.id, audience), one.level, measure, source)
    return _answer(written, media.STYLE, asker)


def _page_wanted(request: Request) -> bool:
    query.only(request.query_params, ())
    return media.wants_html(request.query_params, request.headers)


def _data_only(request: Request) -> None:
    query.only(request.query_params, ())
    if request.query_params.get("f", "json") != "json":
        raise BadRequestError("f: there is json only.")


def _check_matrix_set(identifier: str) -> None:
    if identifier != tilesets.MATRIX_SET:
        raise NotFoundError(f"there is no tile matrix set {identifier!r}; there is {tilesets.MATRIX_SET}.")


def _items_table(base: str, one: Collection, rows: Sequence[int], matched: int) -> pages.Table:
    columns = one.features.columns
    items_at = f"{base}/collections/{one.id}/items"
    written = [
        [
            pages.Cell(str(value), f"{items_at}/{value}?f=html")
            if column.id == "code"
            else pages.cell(value, column.values)
            for column, value in zip(columns, row, strict=True)
        ]
        for row in one.features.table[list(rows)].iter_rows()
    ]
    caption = f"{pages.cell(len(rows)).text} dari {pages.cell(matched).text} fitur"
    return pages.Table(caption, [column.label.id for column in columns], written)


def _trail(base: str, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    return [("OGC API", f"{base}?f=html"), *((label, f"{base}{path}?f=html") for label, path in steps)]


def _trail_of(base: str, one: Collection) -> list[tuple[str, str]]:
    return _trail(base, ("Koleksi", "/collections"), (one.title.id, f"/collections/{one.id}"))


def _features(content: bytes, crs: str, asker: Asker) -> Response:
    return _answer(content, media.GEOJSON, asker, {"Content-Crs": f"<{crs}>"})


def _answer(
    content: Mapping[str, Any] | str | bytes,
    media_type: str,
    asker: Asker,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = orjson.dumps(content) if isinstance(content, Mapping) else content
    whose = "public" if asker.audience is PUBLIC else "private"
    return Response(
        body,
        media_type=media_type,
        headers={
            "Cache-Control": f"{whose}, max-age={_KEPT_SECONDS}",
            "Vary": "Accept, Authorization, Cookie",
            **(headers or {}),
        },
    )
