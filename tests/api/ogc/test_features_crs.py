"""OGC API – Features – Part 2: Coordinate Reference Systems by Reference (18-058r1), and queryables of Part 3."""

import geopandas as gpd
import pyproj
import pytest
import shapely
import shapely.geometry

from tests.api.ogc.conftest import Service

URI = "http://www.opengis.net/def/crs"
CRS84 = f"{URI}/OGC/1.3/CRS84"
CODES = (4326, 3857, 9470, 4755, 32748, 9488, 23878, 23834)


def test_req_crs_fc_md_crs_list_and_storage(service: Service) -> None:
    for one in service.json("/collections")["collections"]:
        assert one["crs"] == [CRS84, *(f"{URI}/EPSG/0/{code}" for code in CODES)]
        assert one["storageCrs"] == CRS84


def test_req_crs_default_is_crs84_and_is_named(service: Service) -> None:
    path = f"/collections/{service.id('kecamatan')}/items"
    for address in (path, f"{path}/{service.items('kecamatan')['features'][0]['id']}"):
        answer = service.get(address)
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        assert service.get(address, params={"crs": CRS84}).json().get("features") == answer.json().get(
            "features"
        )


@pytest.mark.parametrize("code", CODES)
def test_req_crs_crs_action_in_the_axis_order_of_the_definition(service: Service, code: int) -> None:
    path = f"/collections/{service.id('kelurahan')}/items"
    answer = service.get(path, params={"crs": f"{URI}/EPSG/0/{code}"})
    assert answer.headers["content-crs"] == f"<{URI}/EPSG/0/{code}>"
    found = [shapely.geometry.shape(one["geometry"]) for one in answer.json()["features"]]
    plain = gpd.GeoSeries(
        [shapely.geometry.shape(one["geometry"]) for one in service.items("kelurahan")["features"]], crs=4326
    )
    expected = plain.to_crs(code)
    if pyproj.CRS.from_epsg(code).axis_info[0].direction == "north":
        expected = shapely.transform(expected, lambda points: points[:, ::-1])
    tolerance = 1e-5 if pyproj.CRS.from_epsg(code).is_geographic else 0.5
    for one, other in zip(found, expected, strict=True):
        assert shapely.hausdorff_distance(one, other) < tolerance


@pytest.mark.parametrize("code", CODES)
def test_req_crs_bbox_crs_action(service: Service, code: int) -> None:
    whole = service.items("kelurahan")["features"]
    middle = shapely.geometry.shape(whole[3]["geometry"]).centroid
    box = gpd.GeoSeries([middle.buffer(0.003)], crs=4326).to_crs(code)
    west, south, east, north = box.total_bounds
    if pyproj.CRS.from_epsg(code).axis_info[0].direction == "north":
        west, south, east, north = south, west, north, east
    found = service.items(
        "kelurahan", bbox=f"{west},{south},{east},{north}", **{"bbox-crs": f"{URI}/EPSG/0/{code}"}
    )
    near = [
        one["id"] for one in whole if shapely.geometry.shape(one["geometry"]).intersects(middle.buffer(0.003))
    ]
    ids = [one["id"] for one in found["features"]]
    assert whole[3]["id"] in ids
    assert set(near) <= set(ids)
    assert len(ids) < len(whole)


@pytest.mark.parametrize("code", CODES)
def test_req_crs_bbox_crs_of_any_size(service: Service, code: int) -> None:
    asked = {"bbox-crs": f"{URI}/EPSG/0/{code}", "limit": 1}
    whole = service.items("kelurahan", limit=1)["numberMatched"]
    matched = [
        service.items("kelurahan", bbox=f"-{size},-{size},{size},{size}", **asked)["numberMatched"]
        for size in ("1e300", "1e9", "0")
    ]
    assert matched == [whole, whole, 0]


@pytest.mark.parametrize("name", ["crs", "bbox-crs"])
@pytest.mark.parametrize("bad", ["", "4326", "EPSG:4326", f"{URI}/EPSG/0/99999", f"{URI}/EPSG/0/27700"])
def test_req_crs_unknown_is_400(service: Service, name: str, bad: str) -> None:
    parameters = {name: bad, "bbox": "106,-8,108,-6"}
    service.get(f"/collections/{service.id('kelurahan')}/items", 400, params=parameters)


def test_req_queryables_response(service: Service) -> None:
    for one in service.json("/collections")["collections"]:
        link = next(link for link in one["links"] if link["rel"].endswith("/queryables"))
        answer = service.client.get(link["href"])
        assert answer.headers["content-type"] == "application/schema+json"
        document = answer.json()
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["$id"] == link["href"]
        assert document["type"] == "object"
        assert document["additionalProperties"] is False
        assert document["properties"]["code"]["type"] == "string"


def test_req_queryables_query_parameters(service: Service) -> None:
    api = service.json("/api")
    for level in ("kelurahan", "h3-8"):
        path = f"/collections/{service.id(level)}"
        names = set(service.json(f"{path}/queryables")["properties"]) - {"geometry"}
        operation = api["paths"][f"{path}/items"]["get"]
        described = {
            api["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]]["name"]: one
            for one in operation["parameters"]
        }
        assert names <= set(described)


def test_the_schema_of_a_collection_says_labels_and_units(service: Service) -> None:
    document = service.json(f"/collections/{service.id('kelurahan')}/schema")
    properties = document["properties"]
    features = service.items("kelurahan")["features"]
    assert set(properties) - {"geometry"} == set(features[0]["properties"])
    assert properties["geometry"] == {
        "title": "Batas", "format": properties["geometry"]["format"], "x-ogc-role": "primary-geometry"
    }  # fmt: skip
    assert properties["geometry"]["format"] in ("geometry-polygon", "geometry-multipolygon")
    assert properties["area_km2"]["x-ogc-unit"] == "km2"
    assert properties["poor_per_km2"]["x-ogc-unit"] == "{person}/km2"
    assert properties["m0"]["title"] == "Indeks kemiskinan multidimensi (M0)"
    assert all(one["title"] for one in properties.values())
    kinds = {"string": str, "number": (int, float), "integer": int}
    for feature in features:
        for name, value in feature["properties"].items():
            assert value is None or isinstance(value, kinds[properties[name]["type"]])
