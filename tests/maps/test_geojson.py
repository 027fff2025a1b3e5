"""GeoJSON features, as any reader takes them."""

import json

import numpy as np
import polars as pl
import shapely
import shapely.geometry

from maps import geojson


def test_features_come_back_as_they_were() -> None:
    names = ['Kampung "Baru"', "dua\nbaris", "Ciék\\é", None]
    table = pl.DataFrame({"name": names, "h": [0.1, None, 2.0, 1e-9], "n": [1, None, 3, 4]})
    areas = shapely.box([0, 1, 2, 3], 0, [1, 2, 3, 4], 1)
    found = json.loads(b"[" + geojson.features(pl.Series(list("abcd")), table, areas, kind="Polygon") + b"]")
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
    written = geojson.features(pl.Series(["1", "2"]), pl.DataFrame({"n": [1, 2]}), areas, kind="MultiPolygon")
    found = [shapely.geometry.shape(one["geometry"]) for one in json.loads(b"[" + written + b"]")]
    for one, area in zip(found, areas, strict=True):
        assert one.geom_type == "MultiPolygon"
        assert one.equals(area)
        assert all(part.exterior.is_ccw for part in one.geoms)
        assert not any(ring.is_ccw for part in one.geoms for ring in part.interiors)


def test_coordinates_are_rounded() -> None:
    area = np.array([shapely.box(106.123456789, -6.987654321, 107, -6)], dtype=object)
    written = geojson.features(pl.Series(["1"]), pl.DataFrame({"n": [1]}), area, kind="Polygon", decimals=2)
    assert shapely.geometry.shape(json.loads(written)["geometry"]).bounds == (106.12, -6.99, 107.0, -6.0)


def test_no_features_are_no_text() -> None:
    nothing = geojson.features(
        pl.Series([], dtype=pl.String), pl.DataFrame({"n": []}), np.empty(0, dtype=object), kind="Polygon"
    )
    assert nothing == b""
