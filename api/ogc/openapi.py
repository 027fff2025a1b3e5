"""The description of the OGC API: OpenAPI 3.0, written here because FastAPI writes 3.1.

Every collection has its literal paths, and ``limit`` is a component that they refer to: GDAL and the abstract tests
look for both.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from api.ogc import media
from api.ogc.catalogue import Collection
from api.ogc.documents import DESCRIPTION, TITLE
from api.ogc.query import DEFAULT_LIMIT, LARGEST_LIMIT
from api.ogc.tilesets import MATRIX_SET
from geo import __version__
from maps.columns import Column
from maps.tiles import MAX_ZOOM, MIN_ZOOM

_PROBLEM = "application/problem+json"
_TEMPLATE_RESPONSES = {"400": "BadRequest", "404": "NotFound", "500": "ServerError"}

_Document = dict[str, Any]


def document(base: str, found: Sequence[Collection]) -> _Document:
    """Return the description of the API as somebody sees it who sees these collections."""
    columns = {column.id: column for one in found for column in one.features.columns}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": base}],
        "tags": [
            {"name": "server", "description": "API"},
            {"name": "data", "description": "Koleksi dan fitur"},
            {"name": "tiles", "description": "Ubin vektor"},
        ],
        "paths": {
            "/": _get("landing", "server", "Halaman depan", media.JSON, ["f"]),
            "/conformance": _get("conformance", "server", "Kesesuaian", media.JSON, ["f"]),
            "/api": _get("api", "server", "Uraian ini", media.OPENAPI, ["f"]),
            "/collections": _get("collections", "data", "Daftar koleksi", media.JSON, ["f"]),
            "/tileMatrixSets": _get("tileMatrixSets", "tiles", "Skema ubin", media.JSON, ["f"], page=False),
            f"/tileMatrixSets/{MATRIX_SET}": _get(
                "tileMatrixSet", "tiles", MATRIX_SET, media.JSON, ["f"], page=False
            ),
            **{path: item for one in found for path, item in _of_collection(one).items()},
        },
        "components": {
            "parameters": {
                **_PARAMETERS,
                **{_filter_name(name): _filter(column) for name, column in columns.items()},
            },
            "responses": {
                "BadRequest": _problem("Parameter tidak dikenal atau tidak dapat dibaca"),
                "NotFound": _problem("Tidak ada"),
                "ServerError": _problem("Kesalahan server"),
            },
            "schemas": {
                "problem": {
                    "type": "object",
                    "required": ["title", "status"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                    },
                }
            },
        },
    }


def _of_collection(one: Collection) -> _Document:
    own, key = f"/collections/{one.id}", one.id.replace("-", "_")
    filters = [_filter_name(column.id) for column in one.features.columns]
    asked = ["f", "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", *filters]
    paths = {
        own: _get(f"describe_{key}", "data", one.title.id, media.JSON, ["f"]),
        f"{own}/items": _get(f"items_{key}", "data", f"Fitur: {one.title.id}", media.GEOJSON, asked),
        f"{own}/items/{{featureId}}": _get(
            f"item_{key}", "data", f"Satu fitur: {one.title.id}", media.GEOJSON, ["featureId", "f", "crs"]
        ),
        f"{own}/queryables": _get(
            f"queryables_{key}", "data", "Sifat yang dapat ditanyakan", media.SCHEMA, ["f"], page=False
        ),
        f"{own}/schema": _get(f"schema_{key}", "data", "Skema fitur", media.SCHEMA, ["f"], page=False),
    }
    if one.run is None:
        return paths
    tile = _get(
        f"tile_{key}",
        "tiles",
        "Satu ubin",
        media.VECTOR_TILE,
        ["tileMatrix", "tileRow", "tileCol"],
        page=False,
    )
    tile["get"]["responses"]["204"] = {"description": "Tidak ada yang digambar di sini"}
    return {
        **paths,
        f"{own}/tiles": _get(f"tilesets_{key}", "tiles", "Himpunan ubin", media.JSON, ["f"], page=False),
        f"{own}/tiles/{MATRIX_SET}": _get(
            f"tileset_{key}", "tiles", "Satu himpunan ubin", media.JSON, ["tilesetFormat"], page=False
        ),
        f"{own}/tiles/{MATRIX_SET}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
    }


def _get(
    operation: str, tag: str, summary: str, media_type: str, parameters: Iterable[str], *, page: bool = True
) -> _Document:
    schema = {"type": "string", "format": "binary"} if media_type == media.VECTOR_TILE else {"type": "object"}
    content: _Document = {media_type: {"schema": schema}}
    if page:
        content[media.HTML] = {"schema": {"type": "string"}}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
            "responses": {
                "200": {"description": summary, "content": content},
                **{
                    status: {"$ref": f"#/components/responses/{name}"}
                    for status, name in _TEMPLATE_RESPONSES.items()
                },
            },
        }
    }


def _problem(description: str) -> _Document:
    return {
        "description": description,
        "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}},
    }


def _query(name: str, description: str, schema: _Document) -> _Document:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "style": "form",
        "explode": False,
        "schema": schema,
    }


def _path(name: str, description: str, schema: _Document) -> _Document:
    return {"name": name, "in": "path", "description": description, "required": True, "schema": schema}


def _filter_name(column: str) -> str:
    """Return the component of a filter; a column may be called like a parameter of the standard."""
    return f"where-{column}"


def _filter(column: Column) -> _Document:
    schema: _Document = {"type": column.kind}
    if column.values:
        schema["enum"] = list(column.values)
    unit = f", {column.unit}" if column.unit else ""
    return _query(column.id, f"{column.label.id}{unit}: sama dengan nilai ini", schema)


_BOX = {
    "type": "array",
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    "items": {"type": "number", "format": "double"},
}
_CRS = {"type": "string", "format": "uri", "default": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
_TILE_NUMBER = {"type": "integer", "minimum": 0}

_PARAMETERS: _Document = {
    "f": _query("f", "Bentuk jawaban", {"type": "string", "enum": list(media.FORMATS)}),
    "tilesetFormat": _query("f", "Bentuk jawaban", {"type": "string", "enum": ["json", "tilejson"]}),
    "limit": _query(
        "limit",
        "Sebanyak-banyaknya sekian fitur dalam satu halaman",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "offset": _query("offset", "Lewati sekian fitur", {"type": "integer", "minimum": 0, "default": 0}),
    "bbox": _query("bbox", "Hanya fitur yang menyentuh kotak ini", _BOX),
    "bbox-crs": _query("bbox-crs", "Sistem referensi kotak", _CRS),
    "crs": _query("crs", "Sistem referensi jawaban", _CRS),
    "datetime": _query(
        "datetime",
        "Saat atau jangka waktu (RFC 3339); fitur tidak bertanggal, jadi semuanya cocok",
        {"type": "string"},
    ),
    "featureId": _path("featureId", "Kode fitur", {"type": "string"}),
    "tileMatrix": _path(
        "tileMatrix", "Tingkat perbesaran", {"type": "integer", "minimum": MIN_ZOOM, "maximum": MAX_ZOOM}
    ),
    "tileRow": _path("tileRow", "Baris", _TILE_NUMBER),
    "tileCol": _path("tileCol", "Kolom", _TILE_NUMBER),
}
