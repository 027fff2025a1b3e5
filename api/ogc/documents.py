"""The JSON documents of OGC API – Features."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from api.ogc import media
from api.ogc.catalogue import Collection
from api.ogc.media import Link
from api.ogc.query import ItemsQuery
from maps import geojson
from maps.columns import Column
from maps.reference_systems import CRS84

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
_SCHEMA = "https://json-schema.org/draft/2020-12/schema"

#: What the tests in tests/api/ogc show to hold.
CONFORMANCE = (
    f"{_FEATURES}-1/1.0/conf/core",
    f"{_FEATURES}-1/1.0/conf/oas30",
    f"{_FEATURES}-1/1.0/conf/html",
    f"{_FEATURES}-1/1.0/conf/geojson",
    f"{_FEATURES}-2/1.0/conf/crs",
    f"{_FEATURES}-3/1.0/conf/queryables",
    f"{_FEATURES}-3/1.0/conf/queryables-query-parameters",
    f"{_TILES}/core",
    f"{_TILES}/tileset",
    f"{_TILES}/tilesets-list",
    f"{_TILES}/geodata-tilesets",
    f"{_TILES}/mvt",
    f"{_TILES}/oas30",
)

TITLE = "Kantong: OGC API"
DESCRIPTION = (
    "Kantong kemiskinan: wilayah, sel, kantong, dan batas. Yang ditampilkan adalah wilayah, bukan keluarga."
)


def landing_links(base: str, html: bool) -> list[Link]:
    """Return the links of the landing page."""
    return [
        *media.alternates(base, html),
        Link("service-desc", f"{base}/api?f=json", media.OPENAPI, "Uraian API (OpenAPI 3.0)"),
        Link("service-doc", f"{base}/api?f=html", media.HTML, "Uraian API"),
        Link("conformance", f"{base}/conformance", media.JSON, "Kesesuaian dengan standar OGC"),
        Link("data", f"{base}/collections", media.JSON, "Daftar koleksi"),
        Link(media.TILING_SCHEMES, f"{base}/tileMatrixSets", media.JSON, "Skema ubin"),
    ]


def landing(links: Sequence[Link]) -> dict[str, Any]:
    """Return the landing page."""
    return {"title": TITLE, "description": DESCRIPTION, "links": _written(links)}


def conformance(links: Sequence[Link]) -> dict[str, Any]:
    """Return the conformance classes."""
    return {"conformsTo": list(CONFORMANCE), "links": _written(links)}


def collections(base: str, found: Sequence[Collection], html: bool) -> dict[str, Any]:
    """Return the list of collections."""
    return {
        "links": _written(media.alternates(f"{base}/collections", html)),
        "collections": [collection(base, one, html=False) for one in found],
    }


def collection_links(base: str, one: Collection, html: bool) -> list[Link]:
    """Return the links of a collection."""
    own = f"{base}/collections/{one.id}"
    links = [
        *media.alternates(own, html),
        Link("items", f"{own}/items?f=json", media.GEOJSON, "Fitur sebagai GeoJSON"),
        Link("items", f"{own}/items?f=html", media.HTML, "Fitur sebagai halaman"),
        Link(media.QUERYABLES, f"{own}/queryables", media.SCHEMA, "Sifat yang dapat ditanyakan"),
        Link(media.SCHEMA_RELATION, f"{own}/schema", media.SCHEMA, "Skema fitur"),
        Link("describedby", f"{own}/schema", media.SCHEMA, "Skema fitur"),
    ]
    if one.run is not None:
        links += [
            Link(media.TILESETS, f"{own}/tiles", media.JSON, "Ubin vektor"),
            Link("stylesheet", f"{own}/styles/m0", media.STYLE, "Gaya MapLibre menurut M0"),
        ]
    return links


def collection(base: str, one: Collection, html: bool) -> dict[str, Any]:
    """Return one collection."""
    bounds = one.features.bounds
    document: dict[str, Any] = {
        "id": one.id,
        "title": one.title.id,
        "description": one.description.id,
        "attribution": one.attribution,
        "itemType": "feature",
        "crs": list(one.systems),
        "storageCrs": CRS84,
        "links": _written(collection_links(base, one, html)),
    }
    if bounds is not None:
        document["extent"] = {"spatial": {"bbox": [list(bounds)], "crs": CRS84}}
    return document


def queryables(base: str, one: Collection) -> dict[str, Any]:
    """Return what can be asked for (Features Part 3)."""
    return _schema(
        f"{base}/collections/{one.id}/queryables", one, f"Sifat yang dapat ditanyakan: {one.title.id}"
    )


def schema(base: str, one: Collection) -> dict[str, Any]:
    """Return the JSON Schema of the features."""
    return _schema(f"{base}/collections/{one.id}/schema", one, one.title.id)


def property_schema(column: Column) -> dict[str, Any]:
    """Return the schema of one property, with its label in both languages and its unit."""
    written: dict[str, Any] = {
        "title": column.label.id,
        "description": column.label.en,
        "type": column.kind,
    }
    if column.unit:
        written["x-ogc-unit"] = column.unit
    if column.values:
        written["enum"] = list(column.values)
    if column.id == "code":
        written["x-ogc-role"] = "id"
    return written


def items_links(
    base: str, one: Collection, asked: Mapping[str, str], query: ItemsQuery, matched: int, html: bool
) -> list[Link]:
    """Return the links of a page of features: itself, the next and the one before."""
    address = f"{base}/collections/{one.id}/items"
    kept = [(name, value) for name, value in asked.items() if name != "f"]
    links = media.alternates(address, html, media.GEOJSON, kept)
    kind, form = (media.HTML, "html") if html else (media.GEOJSON, "json")
    others = [(name, value) for name, value in kept if name not in ("offset", "limit")]

    def turned(offset: int) -> str:
        return media.address(address, [("f", form), *others, ("limit", query.limit), ("offset", offset)])

    if query.offset + query.limit < matched:
        links.append(Link("next", turned(query.offset + query.limit), kind, "Halaman berikutnya"))
    if query.offset > 0:
        links.append(Link("prev", turned(max(0, query.offset - query.limit)), kind, "Halaman sebelumnya"))
    links.append(Link("collection", f"{base}/collections/{one.id}", media.JSON, one.title.id))
    return links


def items(links: Sequence[Link], features: geojson.Pieces, matched: int, returned: int) -> bytes:
    """Return a page of features."""
    about = {"links": _written(links), "numberMatched": matched, "numberReturned": returned}
    return geojson.collection(about, [features])


def item(links: Sequence[Link], feature: geojson.Pieces) -> bytes:
    """Return one feature with its links."""
    return b"".join(feature)[:-1] + b',"links":' + orjson.dumps(_written(links)) + b"}"


def item_links(base: str, one: Collection, code: str, html: bool) -> list[Link]:
    """Return the links of a feature."""
    own = f"{base}/collections/{one.id}"
    return [
        *media.alternates(f"{own}/items/{code}", html, media.GEOJSON),
        Link("collection", own, media.JSON, one.title.id),
    ]


def _schema(address: str, one: Collection, title: str) -> dict[str, Any]:
    outline = {
        "title": "Batas",
        "format": f"geometry-{one.features.kind.lower()}",
        "x-ogc-role": "primary-geometry",
    }
    return {
        "$schema": _SCHEMA,
        "$id": address,
        "type": "object",
        "title": title,
        "description": one.description.id,
        "properties": {
            "geometry": outline,
            **{column.id: property_schema(column) for column in one.features.columns},
        },
        "additionalProperties": False,
    }


def _written(links: Sequence[Link]) -> list[dict[str, object]]:
    return [link.document() for link in links]
