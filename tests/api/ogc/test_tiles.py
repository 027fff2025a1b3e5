"""OGC API – Tiles – Part 1 (20-057), TileJSON and the style."""

from typing import Any

import mapbox_vector_tile
import pytest
import shapely
import shapely.geometry

from maps import palette
from maps.tile_pieces import tile_at
from tests import qgis
from tests.api.ogc.conftest import Service
from tests.api.ogc.serve import PLANNER

URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
M0 = palette.GENERAL_MEASURES[0]


@pytest.fixture
def tileset(service: Service) -> dict[str, Any]:
    return service.json(f"/collections/{service.id('kelurahan')}/tiles/WebMercatorQuad")


def inside(tileset: dict[str, Any], service: Service, zoom: int) -> tuple[int, int]:
    """Return the row and the column of a tile with something in it."""
    outline = shapely.geometry.shape(service.items("kelurahan", limit=1)["features"][0]["geometry"])
    middle = outline.representative_point()
    column, row = tile_at(middle.x, middle.y, zoom)
    limits = next(one for one in tileset["tileMatrixSetLimits"] if one["tileMatrix"] == str(zoom))
    assert limits["minTileRow"] <= row <= limits["maxTileRow"]
    assert limits["minTileCol"] <= column <= limits["maxTileCol"]
    return row, column


def test_req_geodata_tilesets_desc_links(service: Service) -> None:
    for one in service.json("/collections")["collections"]:
        found = [link for link in one["links"] if link["rel"].endswith("/tilesets-vector")]
        if "boundary" in one["id"] or "shortlist" in one["id"]:
            assert found == []
            service.get(f"/collections/{one['id']}/tiles", 404)
        else:
            assert service.client.get(found[0]["href"]).status_code == 200


def test_req_tilesets_list_success(service: Service) -> None:
    document = service.json(f"/collections/{service.id('kelurahan')}/tiles")
    (listed,) = document["tilesets"]
    assert listed["dataType"] == "vector"
    assert listed["crs"].endswith("/EPSG/0/3857")
    assert listed["tileMatrixSetURI"] == URI
    (own,) = [link for link in listed["links"] if link["rel"] == "self"]
    assert service.client.get(own["href"]).json()["tileMatrixSetURI"] == URI


def test_req_tileset_success(service: Service, tileset: dict[str, Any]) -> None:
    (item,) = [link for link in tileset["links"] if link["rel"] == "item"]
    assert item["templated"] is True
    assert item["type"] == MVT
    (scheme,) = [link for link in tileset["links"] if link["rel"].endswith("/tiling-scheme")]
    assert service.client.get(scheme["href"]).json()["uri"] == URI
    assert [layer["id"] for layer in tileset["layers"]][-1] == "kelurahan"
    assert tileset["layers"][-1]["maxTileMatrix"] == "14"
    assert "m0" in tileset["layers"][-1]["propertiesSchema"]["properties"]
    row, column = inside(tileset, service, 14)
    address = item["href"].format(tileMatrix=14, tileRow=row, tileCol=column)
    assert service.client.get(address).status_code == 200


def test_req_core_tc_success_and_mvt(service: Service, tileset: dict[str, Any]) -> None:
    for zoom in range(5, 15):
        row, column = inside(tileset, service, zoom)
        answer = service.get(
            f"/collections/{service.id('kelurahan')}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
        )
        assert answer.headers["content-type"] == MVT
        (layer,) = mapbox_vector_tile.decode(answer.content)
        shown = {
            one["id"]
            for one in tileset["layers"]
            if int(one["minTileMatrix"]) <= zoom <= int(one["maxTileMatrix"])
        }
        assert {layer} == shown


def test_req_core_tc_error(service: Service) -> None:
    path = f"/collections/{service.id('kelurahan')}/tiles"
    for wrong in (
        "WebMercatorQuad/4/0/0",
        "WebMercatorQuad/14/99999/0",
        "WebMercatorQuad/a/0/0",
        "Lain/5/1/1",
        "Lain",
    ):
        service.get(f"{path}/{wrong}", 404)
    service.get(f"{path}/WebMercatorQuad/14/0/0", 204)
    service.get(f"/collections/{service.run[:12]}_desa/tiles/WebMercatorQuad/14/0/0", 404)
    service.get(f"{path}/WebMercatorQuad", 400, params={"f": "xml"})


def test_tile_limits_hold_every_tile(service: Service, tileset: dict[str, Any]) -> None:
    path = f"/collections/{service.id('kelurahan')}/tiles/WebMercatorQuad"
    limits = next(one for one in tileset["tileMatrixSetLimits"] if one["tileMatrix"] == "13")
    row, column = inside(tileset, service, 13)
    service.get(f"{path}/13/{limits['minTileRow'] - 2}/{column}", 204)
    service.get(f"{path}/13/{row}/{limits['maxTileCol'] + 2}", 204)


def test_req_tms_web_mercator_quad(service: Service) -> None:
    listed = service.json("/tileMatrixSets")["tileMatrixSets"]
    assert [one["id"] for one in listed] == ["WebMercatorQuad"]
    document = service.json("/tileMatrixSets/WebMercatorQuad")
    first, last = document["tileMatrices"][0], document["tileMatrices"][14]
    # OGC 17-083r4, table D.1
    assert first["scaleDenominator"] == pytest.approx(559_082_264.028_717_8)
    assert first["cellSize"] == pytest.approx(156_543.033_928_041)
    assert last["scaleDenominator"] == pytest.approx(34_123.673_343_354_6)
    assert (last["matrixWidth"], last["matrixHeight"]) == (16_384, 16_384)
    service.get("/tileMatrixSets/WorldCRS84Quad", 404)


def test_tilejson_leads_a_map_to_the_tiles(service: Service, tileset: dict[str, Any]) -> None:
    path = f"/collections/{service.id('kelurahan')}/tiles/WebMercatorQuad"
    answer = service.get(path, params={"f": "tilejson"})
    assert answer.headers["content-type"] == "application/vnd.mapbox.tile+json"
    document = answer.json()
    assert document["tilejson"] == "3.0.0"
    row, column = inside(tileset, service, 12)
    tile = service.client.get(document["tiles"][0].format(z=12, x=column, y=row))
    assert tile.content == service.get(f"{path}/12/{row}/{column}").content
    assert "/public/" in document["tiles"][0]
    assert "/planner/" in service.json(f"{path}?f=tilejson", headers=PLANNER)["tiles"][0]


def test_a_style_has_the_classes_of_the_page(service: Service) -> None:
    for level in ("kelurahan", "h3-8"):
        address = f"/collections/{service.id(level)}/styles/m0"
        document = service.json(address)
        assert document["version"] == 8
        source = service.client.get(document["sources"]["kantong"]["url"]).json()
        layers = {layer["source-layer"] for layer in document["layers"] if "source-layer" in layer}
        assert layers == {layer["id"] for layer in source["vector_layers"]}
        shown = [one["properties"]["m0"] for one in service.items(level, limit=10_000)["features"]]
        classes = palette.classify(shown, M0).items
        fills = [one for one in document["layers"] if one["type"] == "fill" and one["source-layer"] == level]
        assert [one["paint"]["fill-color"] for one in fills] == [
            *(one.colour for one in classes),
            palette.INK.hidden,
            palette.INK.empty,
        ]
        for value in shown:
            met = [one["paint"]["fill-color"] for one in fills if _meets(one["filter"], value)]
            assert met == ([] if value is None else [palette.classify(shown, M0).colour(value)])
    service.get(f"/collections/{service.id('kelurahan')}/styles/bukan", 404)


def _meets(condition: list[Any], value: float | None) -> bool:
    """Tell whether a shown place with a value of M0, or without one, meets the filter of a layer."""
    operator, *rest = condition
    if operator == "all":
        return all(_meets(one, value) for one in rest)
    if operator == "has":
        return value is not None
    if operator == "==":
        return rest[1] == "shown"
    assert value is not None
    return value >= rest[1] if operator == ">=" else value < rest[1]


def test_qgis_draws_the_tiles_in_the_colours_of_the_classes(service: Service) -> None:
    if reason := qgis.missing():
        pytest.skip(reason)
    address = f"{service.root}/collections/{service.id('kelurahan')}"
    source = service.json(f"/collections/{service.id('kelurahan')}/tiles/WebMercatorQuad?f=tilejson")
    drawn = qgis.call(
        "tiles", template=source["tiles"][0], style=f"{address}/styles/m0", bounds=source["bounds"]
    )
    features = service.items("kelurahan", limit=10_000)["features"]
    values = [one["properties"]["m0"] for one in features]
    assert {one.colour for one in palette.classify(values, M0).items} <= set(drawn)
