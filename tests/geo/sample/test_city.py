"""Kota Contoh is a clean, contiguous, invented city."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.codes import CodeSystem, parent, parse
from geo.sample import City, kota_contoh, write_city

LEVELS = ("rw", "kelurahan", "kecamatan")
UTM_48S = "EPSG:32748"


def layer_of(city: City, level: str) -> gpd.GeoDataFrame:
    return getattr(city, level)


@pytest.mark.parametrize(("level", "count"), [("rw", 700), ("kelurahan", 68), ("kecamatan", 6)])
def test_each_level_is_a_clean_coverage_of_contiguous_units(city: City, level: str, count: int) -> None:
    layer = layer_of(city, level)
    shapes = layer.geometry.to_numpy()
    assert len(layer) == count
    assert layer.crs.to_epsg() == 4326
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert set(layer.geom_type) == {"Polygon"}
    whole = shapely.coverage_union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


def test_every_level_covers_the_same_ground(city: City) -> None:
    areas = [layer_of(city, level).to_crs(UTM_48S).area.sum() / 1e6 for level in LEVELS]
    assert areas[0] == pytest.approx(areas[1], rel=1e-9)
    assert areas[0] == pytest.approx(areas[2], rel=1e-9)
    assert 110 < areas[0] < 120


def test_parts_add_up_to_their_kelurahan(city: City) -> None:
    parts = city.rw.to_crs(UTM_48S).area.groupby(city.rw.code.str[:13]).sum()
    wholes = city.kelurahan.to_crs(UTM_48S).area.set_axis(city.kelurahan.code)
    np.testing.assert_allclose(parts[wholes.index], wholes, rtol=1e-9)


def test_codes_are_kemendagri_codes_of_a_province_that_does_not_exist(city: City) -> None:
    for level in LEVELS:
        codes = layer_of(city, level).code
        assert codes.is_unique
        assert {parse(code, CodeSystem.KEMENDAGRI).level for code in codes} == {level}
        assert codes.str.startswith("99.71").all()
    above = {str(parent(parse(code, CodeSystem.KEMENDAGRI))) for code in city.rw.code}
    assert above == set(city.kelurahan.code)


def test_names_are_unique_and_carried_down(city: City) -> None:
    assert city.kelurahan.name.is_unique
    assert city.kecamatan.name.is_unique
    assert set(city.rw.kelurahan) == set(city.kelurahan.name)
    assert set(city.kelurahan.kecamatan) == set(city.kecamatan.name)
    assert set(city.rw.kota) == {"Kota Contoh"}
    assert (city.rw.name == "RW " + city.rw.code.str[-2:]).all()


def test_rw_are_smaller_near_the_centre(city: City) -> None:
    rw = city.rw.to_crs(UTM_48S)
    centroid = rw.centroid
    middle = shapely.Point(centroid.x.median(), centroid.y.median())
    near = centroid.distance(middle) < 2_500
    assert rw.area[near].median() < 0.6 * rw.area[~near].median()


def test_some_kelurahan_borders_follow_the_river(city: City) -> None:
    borders = city.kelurahan.to_crs(UTM_48S).boundary.union_all()
    river = city.rivers.to_crs(UTM_48S).union_all()
    along = shapely.intersection(borders, river.buffer(20)).length
    assert along > 0.25 * river.length


def test_borders_are_not_straight(city: City) -> None:
    vertices = shapely.get_num_coordinates(city.kelurahan.geometry.to_numpy())
    assert vertices.min() > 60


def test_roads_and_rivers_can_stand_in_a_backdrop(city: City) -> None:
    assert set(city.rivers.kind) == {"river"}
    assert set(city.roads.kind) == {"road"}
    for lines in (city.rivers, city.roads):
        assert lines.name.is_unique
        assert shapely.get_dimensions(lines.geometry.to_numpy()).tolist() == [1] * len(lines)


def test_same_seed_same_bytes_other_seed_other_city(city: City, tmp_path: Path) -> None:
    written = {}
    for name, subject in (("first", city), ("again", kota_contoh()), ("other", kota_contoh(2))):
        folder = tmp_path / name
        folder.mkdir()
        written[name] = [path.read_bytes() for path in write_city(subject, folder)]
    assert written["first"] == written["again"]
    assert all(one != two for one, two in zip(written["first"], written["other"], strict=True))


def test_written_layers_read_back_as_they_were(city: City, tmp_path: Path) -> None:
    paths = write_city(city, tmp_path)
    assert [path.name for path in paths] == [
        "kota_contoh_rw.gpkg",
        "kota_contoh_kelurahan.gpkg",
        "kota_contoh_rivers.gpkg",
        "kota_contoh_roads.gpkg",
    ]
    kelurahan = gpd.read_file(paths[1])
    assert kelurahan.code.tolist() == city.kelurahan.code.tolist()
    assert shapely.coverage_is_valid(kelurahan.geometry.to_numpy())
