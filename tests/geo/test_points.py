"""Points find their polygon: exactly, each at most one, and a few metres outside as well."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import points
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.points import BORDER_TOLERANCE_M, PointIndex, index_of

_EQUATOR_M_PER_DEGREE = 111_195.0


def _lowest(polygons: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Test every point against every polygon."""
    held = shapely.intersects_xy(polygons[:, None], lon[None, :], lat[None, :])
    return np.where(held.any(axis=0), held.argmax(axis=0), -1)


def _set(*polygons: shapely.Geometry, name: str = "batas") -> BoundarySet:
    units = gpd.GeoDataFrame(
        {
            "code": [f"99.01.01.{1001 + row}" for row in range(len(polygons))],
            "name": "A",
            "level": "kelurahan",
            "parent": -1,
            "area_km2": 1.0,
        },
        geometry=list(polygons),
        crs=4326,
    )
    return BoundarySet(name, CodeSystem.KEMENDAGRI, "kelurahan", "", None, units)


@st.composite
def _polygons(draw: st.DrawFn) -> np.ndarray:
    """Draw circles, rings and boxes, apart, nested, side by side and one over another."""
    middles = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=10))
    shapes = []
    for lon, lat in middles:
        kind = draw(st.sampled_from(["circle", "ring", "box"]))
        radius = draw(st.sampled_from([0.002, 0.03, 0.5, 1.5]))
        circle = shapely.Point(lon, lat).buffer(radius)
        ring = circle.difference(shapely.Point(lon, lat).buffer(radius / 3))
        wide, high = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        shapes.append(
            {"circle": circle, "ring": ring, "box": shapely.box(lon, lat, lon + wide, lat + high)}[kind]
        )
    return np.array(shapes)


@settings(max_examples=60, deadline=None)
@given(_polygons(), st.integers(0, 2**32 - 1))
def test_every_point_is_found_as_by_testing_it_against_every_polygon(polygons: np.ndarray, seed: int) -> None:
    random = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(polygons)
    vertices = shapely.get_coordinates(polygons)
    anywhere = random.uniform((west - 0.1, south - 0.1), (east + 0.1, north + 0.1), (400, 2))
    on_lattice = np.round(random.uniform((west, south), (east, north), (100, 2)) * 4) / 4
    beside = vertices + random.normal(0, 1e-3, vertices.shape)
    lon, lat = np.concatenate([anywhere, on_lattice, vertices, beside]).T

    found = PointIndex(polygons).find(lon, lat)

    assert found.tolist() == _lowest(polygons, lon, lat).tolist()


def test_a_point_on_a_shared_edge_or_corner_belongs_to_the_lowest_number_alone() -> None:
    quarters = np.array([shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)])
    lon, lat = np.array([1.0, 1.0, 0.5, 1.0, 2.0]), np.array([0.25, 1.0, 1.0, 1.75, 2.0])

    assert PointIndex(quarters).find(lon, lat).tolist() == [0, 0, 0, 1, 3]
    assert PointIndex(quarters[::-1]).find(lon, lat).tolist() == [1, 0, 2, 0, 0]


def test_a_small_unit_within_a_large_one_does_not_hide_it() -> None:
    large, small = shapely.box(0, 0, 10, 10), shapely.box(5, 5, 5.001, 5.001)
    lon, lat = np.array([5.0005, 5.002]), np.array([5.0005, 5.002])

    assert PointIndex(np.array([large, small])).find(lon, lat).tolist() == [0, 0]
    assert PointIndex(np.array([small, large])).find(lon, lat).tolist() == [0, 1]


def test_points_that_are_no_place_are_outside() -> None:
    lon = np.array([np.nan, np.inf, -np.inf, 1e300, 0.5])
    lat = np.array([0.5, 0.5, 0.5, 0.5, np.nan])

    assert PointIndex(np.array([shapely.box(0, 0, 1, 1)])).find(lon, lat).tolist() == [-1] * 5


def test_more_points_than_are_handled_at_once_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    index = PointIndex(np.array([shapely.box(0, 0, 1, 1), shapely.Point(2, 0.5).buffer(1)]))
    lon, lat = np.random.default_rng(1).uniform(-1, 4, (2, 1000))
    whole = index.find(lon, lat).tolist()

    monkeypatch.setattr(points, "_CHUNK", 7)

    assert index.find(lon, lat).tolist() == whole


@pytest.mark.parametrize("latitude", [-10.0, 0.0, 6.0])
def test_the_tolerance_is_in_metres_in_both_directions(latitude: float) -> None:
    index = PointIndex(np.array([shapely.box(106.0, latitude, 106.01, latitude + 0.01)]))
    inner, outer = (BORDER_TOLERANCE_M + step for step in (-0.1, 0.1))
    degrees = np.array([inner, outer]) / _EQUATOR_M_PER_DEGREE
    middle = latitude + 0.005

    to_the_south = index.near(np.full(2, 106.005), latitude - degrees)
    to_the_east = index.near(106.01 + degrees / np.cos(np.radians(middle)), np.full(2, middle))

    assert to_the_south.tolist() == [0, -1]
    assert to_the_east.tolist() == [0, -1]


def test_of_two_units_within_the_tolerance_the_nearer_one_is_taken() -> None:
    gap = 20 / _EQUATOR_M_PER_DEGREE
    pair = np.array([shapely.box(0, 0, 1, 1), shapely.box(1 + gap, 0, 2, 1)])
    lon = np.array([1 + gap / 4, 1 + gap * 3 / 4])

    assert PointIndex(pair).near(lon, np.full(2, 0.5)).tolist() == [0, 1]


def test_an_index_is_built_once_for_a_version_of_the_boundaries() -> None:
    one, same, other = (_set(shapely.box(0, 0, side, 1)) for side in (1, 1, 2))

    assert index_of(one) is index_of(same)
    assert index_of(other) is not index_of(one)


def test_only_the_indexes_used_last_are_kept() -> None:
    sets = [_set(shapely.box(0, 0, 1, 1), name=f"batas {number}") for number in range(3)]
    first = index_of(sets[0])
    for boundaries in sets[1:]:
        index_of(boundaries)

    assert index_of(sets[0]) is not first
