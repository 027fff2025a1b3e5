"""Real clients: GDAL's OAPIF driver through pyogrio, and OWSLib."""

import re

import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features

from tests import qgis
from tests.api.ogc.conftest import Service
from tests.api.ogc.serve import USER_AND_PASSWORD


@pytest.fixture
def source(service: Service) -> str:
    return f"OAPIF:{service.root}"


def test_gdal_lists_the_collections(service: Service, source: str) -> None:
    layers = pyogrio.list_layers(source)[:, 0].tolist()
    assert layers == [one["id"] for one in service.json("/collections")["collections"]]


def test_gdal_reads_features_with_types_and_system(service: Service, source: str) -> None:
    frame = pyogrio.read_dataframe(source, layer=service.id("kelurahan"))
    features = service.items("kelurahan")["features"]
    assert frame["code"].tolist() == [one["id"] for one in features]
    assert frame.crs.equals("OGC:CRS84")
    assert frame["m0"].dtype == float
    assert frame["m0"].isna().tolist() == [one["properties"]["m0"] is None for one in features]
    info = pyogrio.read_info(source, layer=service.id("kelurahan"))
    assert info["features"] == len(features)
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}


def test_gdal_turns_pages(service: Service, source: str) -> None:
    frame = pyogrio.read_dataframe(f"{source}/collections/{service.id('rw')}", PAGE_SIZE="50")
    assert frame["code"].tolist() == [one["id"] for one in service.items("rw", limit=10_000)["features"]]


def test_gdal_asks_the_server_for_a_box(service: Service, source: str) -> None:
    whole = pyogrio.read_dataframe(source, layer=service.id("kelurahan"))
    box = whole.geometry.iloc[0].centroid.buffer(0.004).bounds
    found = pyogrio.read_dataframe(source, layer=service.id("kelurahan"), bbox=box)
    assert set(found["code"]) == set(whole[whole.intersects(shapely.box(*box))]["code"])
    asked = service.items("kelurahan", bbox=",".join(map(str, box)))
    assert len(found) == asked["numberMatched"] < len(whole)


def test_gdal_reads_another_reference_system(service: Service, source: str) -> None:
    plain = pyogrio.read_dataframe(source, layer=service.id("kecamatan"))
    for code in (32748, 9488, 23834):
        frame = pyogrio.read_dataframe(source, layer=service.id("kecamatan"), CRS=f"EPSG:{code}")
        assert frame.crs.to_epsg() == code
        assert (
            shapely.hausdorff_distance(frame.to_crs(32748).union_all(), plain.to_crs(32748).union_all()) < 1.0
        )


def test_gdal_filters_by_a_property(service: Service, source: str) -> None:
    found = pyogrio.read_dataframe(source, layer=service.id("rw"), where="status = 'hidden'")
    assert len(found) == service.items("rw", status="hidden")["numberMatched"]


def test_gdal_signs_in_over_basic(service: Service, source: str) -> None:
    frame = pyogrio.read_dataframe(source, layer=service.id("h3-9"), USERPWD=USER_AND_PASSWORD)
    assert len(frame) > 100


def test_owslib_reads_collections_and_items(service: Service) -> None:
    api = Features(f"{service.root}/")
    assert api.conformance()["conformsTo"] == service.json("/conformance")["conformsTo"]
    assert api.api()["openapi"] == "3.0.3"
    assert service.id("kelurahan") in api.feature_collections()
    assert api.collection(service.id("kelurahan"))["storageCrs"].endswith("CRS84")
    assert "m0" in api.collection_queryables(service.id("kelurahan"))["properties"]
    found = api.collection_items(service.id("rw"), limit=5, status="shown")
    assert found["numberReturned"] == 5
    first = found["features"][0]["id"]
    assert api.collection_item(service.id("rw"), first)["id"] == first
    assert re.fullmatch(r"[0-9.]+", first)


def test_qgis_takes_figures_for_numbers(service: Service) -> None:
    if reason := qgis.missing():
        pytest.skip(reason)
    user, _, password = USER_AND_PASSWORD.partition(":")
    opened = qgis.call("collection", root=service.root, name=service.id("h3-9"), user=user, password=password)
    assert opened["valid"]
    assert opened["types"]["m0"] == opened["types"]["poor_persons"] == "Real"
    hidden = qgis.call("collection", root=service.root, name=service.id("h3-9"))
    assert hidden["features"] == 0


def test_the_first_features_hold_figures(service: Service) -> None:
    for level in ("kelurahan", "h3-8"):
        features = service.items(level, limit=10_000)["features"]
        statuses = [one["properties"]["status"] for one in features]
        assert statuses == sorted(statuses, key=lambda status: status != "shown")
        assert {"shown", "hidden"} <= set(statuses)
