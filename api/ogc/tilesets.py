"""The JSON documents of OGC API – Tiles: tilesets, the tile matrix set, TileJSON."""

import math
from typing import Any

from api.ogc import media
from api.ogc.catalogue import Collection
from api.ogc.documents import property_schema
from api.ogc.media import Link
from geo.disclosure import PublishedRun
from maps import tiles
from maps.columns import columns_of
from maps.tile_pieces import tile_at

MATRIX_SET = "WebMercatorQuad"
_MATRIX_SET_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX_SET}"
_WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_HALF_WORLD_M = 20_037_508.342_789_2
_TILE_PIXELS = 256
_PIXEL_M = 0.00028  # the standardised rendering pixel size
_DEEPEST = 24


def matrix_sets(base: str) -> dict[str, Any]:
    """Return the list of tile matrix sets."""
    link = Link("self", f"{base}/tileMatrixSets/{MATRIX_SET}", media.JSON, MATRIX_SET)
    return {
        "tileMatrixSets": [
            {
                "id": MATRIX_SET,
                "title": MATRIX_SET,
                "uri": _MATRIX_SET_URI,
                "crs": _WEB_MERCATOR,
                "links": [link.document()],
            }
        ],
        "links": [Link("self", f"{base}/tileMatrixSets", media.JSON, "Dokumen ini").document()],
    }


def matrix_set() -> dict[str, Any]:
    """Return WebMercatorQuad (OGC 17-083r4, Annex D.1)."""
    return {
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": _MATRIX_SET_URI,
        "crs": _WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(_DEEPEST + 1)],
    }


def tilesets(base: str, one: Collection) -> dict[str, Any]:
    """Return the list of a collection's tilesets: there is one."""
    own = f"{base}/collections/{one.id}/tiles"
    return {
        "links": [Link("self", own, media.JSON, "Dokumen ini").document()],
        "tilesets": [
            {
                **_tileset_head(one),
                "links": [
                    Link("self", f"{own}/{MATRIX_SET}", media.JSON, "Himpunan ubin").document(),
                    _scheme(base).document(),
                ],
            }
        ],
    }


def tileset(base: str, one: Collection, run: PublishedRun) -> dict[str, Any]:
    """Return the metadata of a collection's tileset."""
    own = f"{base}/collections/{one.id}/tiles/{MATRIX_SET}"
    west, south, east, north = tiles.bounds(run)
    links = [
        Link("self", own, media.JSON, "Dokumen ini"),
        _scheme(base),
        Link(
            "item", f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", media.VECTOR_TILE, "Ubin", templated=True
        ),
        Link("alternate", f"{own}?f=tilejson", media.TILEJSON, "TileJSON"),
    ]
    return {
        **_tileset_head(one),
        "description": one.description.id,
        "attribution": one.attribution,
        "links": [link.document() for link in links],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84},
        "centerPoint": {
            "coordinates": [(west + east) / 2, (south + north) / 2],
            "crs": _CRS84,
            "tileMatrix": str(_fitting_zoom(west, east)),
        },
        "tileMatrixSetLimits": [
            _limits(zoom, (west, south, east, north)) for zoom in range(tiles.MIN_ZOOM, tiles.MAX_ZOOM + 1)
        ],
        "layers": [_layer(stage, run) for stage in tiles.stages(run, one.level)],
    }


def tilejson(one: Collection, run: PublishedRun, address: str) -> dict[str, Any]:
    """Return TileJSON 3 of a level.

    Parameters
    ----------
    address
        Template of the tiles.
    """
    west, south, east, north = tiles.bounds(run)
    return {
        "tilejson": "3.0.0",
        "scheme": "xyz",
        "tiles": [address],
        "minzoom": tiles.MIN_ZOOM,
        "maxzoom": tiles.MAX_ZOOM,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, _fitting_zoom(west, east)],
        **tiles.metadata(run, one.level),
    }


def _tileset_head(one: Collection) -> dict[str, Any]:
    return {
        "title": one.title.id,
        "dataType": "vector",
        "crs": _WEB_MERCATOR,
        "tileMatrixSetURI": _MATRIX_SET_URI,
    }


def _scheme(base: str) -> Link:
    return Link(media.TILING_SCHEME, f"{base}/tileMatrixSets/{MATRIX_SET}", media.JSON, MATRIX_SET)


def _matrix(zoom: int) -> dict[str, Any]:
    cell_m = 2 * _HALF_WORLD_M / (_TILE_PIXELS << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell_m / _PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_HALF_WORLD_M, _HALF_WORLD_M],
        "tileWidth": _TILE_PIXELS,
        "tileHeight": _TILE_PIXELS,
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
    }


def _limits(zoom: int, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = bounds
    (first_column, first_row), (last_column, last_row) = (
        tile_at(west, north, zoom),
        tile_at(east, south, zoom),
    )
    return {
        "tileMatrix": str(zoom),
        "minTileRow": first_row,
        "maxTileRow": last_row,
        "minTileCol": first_column,
        "maxTileCol": last_column,
    }


def _layer(stage: tiles.Stage, run: PublishedRun) -> dict[str, Any]:
    columns = columns_of(stage.published, run.summary.specification, run.layers)
    return {
        "id": stage.published.level,
        "dataType": "vector",
        "geometryDimension": 2,
        "minTileMatrix": str(stage.zooms.start),
        "maxTileMatrix": str(stage.zooms.stop - 1),
        "propertiesSchema": {
            "type": "object",
            "properties": {column.id: property_schema(column) for column in columns},
        },
    }


def _fitting_zoom(west: float, east: float) -> int:
    """Return the zoom at which the run is about two tiles wide."""
    wanted = math.log2(720 / max(east - west, 1e-6))
    return round(min(max(wanted, tiles.MIN_ZOOM), tiles.MAX_ZOOM))
