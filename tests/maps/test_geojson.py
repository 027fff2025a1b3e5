"""GeoJSON features, as any reader takes them."""

import json
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import shapely
import shapely.geometry

from maps import geojson


def test_features_come_back_as_they_were() -> None:
    names = ['Kampung "Baru"', "dua\nbaris", "Ciék\\é", None]
    table = pl.DataFrame({"name": names, "h": [0.1, None, 2.0, 1e-9], "n": [1, None, 3, 4]})
    areas = shapely.box([0, 1, 2, 3], 0, [1, 2, 3, 4], 1)
    found = read(geojson.features(pl.Series(list("abcd")), table, outlines(areas), kind="Polygon"))
    assert [one["id"] for one in found] == list("abcd")
    assert [one["properties"] for one in found] == table.to_dicts()
    for one, area in zip(found, areas, strict=True):
        assert shapely.geometry.shape(one["geometry"]).equals(area)


def test_all_features_have_one_type_and_outer_rings_run_against_the_clock() -> None:
    hole = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior])
    two = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(22, 0, 23, 1)])
    areas = np.array([shapely.reverse(hole), two], dtype=object)
    assert geojson.geometry_type(areas[:1]) == "Polygon"
    assert geojson.geometry_type(areas) == "MultiPolygon"
    multiple = geojson.coordinates(areas, kind="MultiPolygon")
    written = geojson.features(
        pl.Series(["1", "2"]), pl.DataFrame({"n": [1, 2]}), multiple, kind="MultiPolygon"
    )
    found = [shapely.geometry.shape(one["geometry"]) for one in read(written)]
    for one, area in zip(found, areas, strict=True):
        assert one.geom_type == "MultiPolygon"
        assert one.equals(area)
        assert all(part.exterior.is_ccw for part in one.geoms)
        assert not any(ring.is_ccw for part in one.geoms for ring in part.interiors)


def test_coordinates_are_rounded() -> None:
    area = np.array([shapely.box(106.123456789, -6.987654321, 107, -6)], dtype=object)
    written = geojson.features(pl.Series(["1"]), pl.DataFrame({"n": [1]}), outlines(area, 2), kind="Polygon")
    assert shapely.geometry.shape(read(written)[0]["geometry"]).bounds == (106.12, -6.99, 107.0, -6.0)


def test_no_features_are_no_text() -> None:
    nothing = geojson.features(
        pl.Series([], dtype=pl.String),
        pl.DataFrame({"n": []}),
        outlines(np.empty(0, dtype=object)),
        kind="Polygon",
    )
    assert nothing == []


def test_many_features_are_the_same_as_geopandas_writes() -> None:
    number = 2_500  # more than are written at once
    corners = np.random.default_rng(1).uniform([106, -7], [107, -6], (number, 2))
    areas = shapely.box(*corners.T, *(corners + 0.01).T)
    table = pl.DataFrame({"code": [str(n) for n in range(number)], "h": corners[:, 0], "n": range(number)})
    frame = gpd.GeoDataFrame(table.to_pandas(), geometry=areas, crs=4326)
    ours, theirs = (
        read(geojson.features(table["code"], table, outlines(areas), kind="Polygon")),
        frame.to_geo_dict(),
    )
    assert [one["properties"] for one in ours] == [one["properties"] for one in theirs["features"]]
    for one, other in zip(ours, theirs["features"], strict=True):
        mine, its = (shapely.geometry.shape(each["geometry"]) for each in (one, other))
        assert mine.normalize().equals_exact(its.normalize(), 1e-6)


def test_collections_join_what_there_is() -> None:
    one = geojson.features(
        pl.Series(["1"]),
        pl.DataFrame({"n": [1]}),
        outlines(np.array([shapely.box(0, 0, 1, 1)])),
        kind="Polygon",
    )
    found = json.loads(geojson.collection({"run": "7f"}, [[], one, [], one]))
    assert (found["type"], found["run"], len(found["features"])) == ("FeatureCollection", "7f", 2)


def outlines(areas: Any, decimals: int = geojson.DEGREE_DECIMALS) -> pl.Series:
    return geojson.coordinates(areas, kind="Polygon", decimals=decimals)


def read(pieces: geojson.Pieces) -> list[dict[str, Any]]:
    """Read features as a client would."""
    found: list[dict[str, Any]] = json.loads(geojson.collection({}, [pieces]))["features"]
    return found
