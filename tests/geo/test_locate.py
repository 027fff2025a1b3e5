"""Every household is located, counted by code, or refused; every point belongs to at most one unit."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import cells
from geo.boundaries import BoundarySet
from geo.errors import ParameterError
from geo.locate import Conflict, Locator, Placed
from geo.points import PointIndex
from geo.sample import City

FIRST = 3  # row of the first kelurahan, after one kota and two kecamatan


def lowest_that_touches(polygons: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> list[int]:
    points = shapely.points(lon, lat)
    touching = shapely.intersects(polygons[:, None], points[None, :])
    return np.where(touching.any(axis=0), touching.argmax(axis=0), -1).tolist()


def test_the_point_index_equals_testing_every_polygon(city: City) -> None:
    polygons = city.kelurahan.to_crs(4326).geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(polygons)
    random = np.random.default_rng(0)
    margin = 0.05 * (east - west)
    lon = random.uniform(west - margin, east + margin, 4_000)
    lat = random.uniform(south - margin, north + margin, 4_000)
    vertices = shapely.get_coordinates(polygons)
    vertices = vertices[random.choice(len(vertices), 1_000, replace=False)]
    lon, lat = np.concatenate([lon, vertices[:, 0]]), np.concatenate([lat, vertices[:, 1]])
    found = PointIndex(polygons).find(lon, lat)
    assert found.tolist() == lowest_that_touches(polygons, lon, lat)
    assert (found[-1_000:] >= 0).all()


def test_a_point_on_a_shared_border_belongs_to_exactly_one_unit(boundaries: BoundarySet) -> None:
    polygons = boundaries.units.geometry.to_numpy()[FIRST:]
    border = [(107.01, -5.995), (107.005, -5.99), (107.01, -5.99), (107.02, -5.99), (107.0, -6.0)]
    lon, lat = np.array(border).T
    found = PointIndex(polygons).find(lon, lat)
    assert found.tolist() == [0, 0, 0, 1, 0]
    assert found.tolist() == lowest_that_touches(polygons, lon, lat)


def test_nowhere_is_no_unit(boundaries: BoundarySet) -> None:
    points = PointIndex(boundaries.units.geometry.to_numpy()[FIRST:])
    odd = np.array([np.nan, np.inf, -np.inf, 106.9, 0.0, 1e300])
    assert points.find(odd, np.full(6, -5.995)).tolist() == [-1] * 6
    assert points.find(np.full(6, 107.005), odd).tolist() == [-1] * 6
    assert points.find(np.empty(0), np.empty(0)).tolist() == []


def test_a_hole_and_an_exclave_are_respected() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    polygons = np.array(
        [shapely.MultiPolygon([ring, shapely.box(20, 0, 21, 1)]), shapely.box(4.5, 4.5, 5.5, 5.5)]
    )
    lon, lat = np.array([1.0, 4.2, 5.0, 20.5, 15.0]), np.array([1.0, 4.2, 5.0, 0.5, 0.5])
    assert PointIndex(polygons).find(lon, lat).tolist() == [0, -1, 1, 0, -1]


def place(
    boundaries: BoundarySet,
    rows: Sequence[tuple[str | None, float, float]],
    conflict: Conflict = Conflict.CODE,
) -> Placed:
    stated = pl.Series([row[0] for row in rows], dtype=pl.String)
    lon, lat = (np.array([row[axis] for row in rows], dtype=float) for axis in (1, 2))
    return Locator(boundaries, 9, conflict).place(stated, lon, lat)


INSIDE = (107.005, -5.995)  # in the first kelurahan
NONE = (np.nan, np.nan)


@pytest.mark.parametrize(
    ("code", "point", "unit", "has_cell", "reasons"),
    [
        ("9902010001", INSIDE, FIRST, True, {}),
        ("9902010", INSIDE, FIRST, True, {}),
        ("9902010001", NONE, FIRST, False, {"no_coordinates": 1}),
        ("9902010001", (107.0, np.nan), FIRST, False, {"no_coordinates": 1}),
        ("9902010001", (np.inf, -5.995), FIRST, False, {"coordinates_unreadable": 1}),
        ("9902010001", (0.0, 0.0), FIRST, False, {"coordinates_zero": 1}),
        ("9902010001", INSIDE[::-1], FIRST, False, {"coordinates_swapped": 1}),
        ("9902010001", (110.0, -7.0), FIRST, False, {"coordinates_outside": 1}),
        ("9902010001", (721_939.0, 9_336_942.0), FIRST, False, {"coordinates_metres": 1}),
        ("9902010001", (300_000.0, 9_337_000.0), FIRST, False, {"coordinates_outside": 1}),
        ("9902010001", (2.35, 48.85), FIRST, False, {"coordinates_abroad": 1}),
        ("9902010001", (107.005, 5.995), FIRST, False, {"coordinates_hemisphere": 1}),
        (None, INSIDE, FIRST, True, {"unknown_code_but_located": 1}),
        ("3271010001", INSIDE, FIRST, True, {"unknown_code_but_located": 1}),
        (None, NONE, -1, False, {"refused_no_code": 1}),
        ("3271010001", NONE, -1, False, {"refused_unknown_code": 1}),
        ("desa", (0.0, 0.0), -1, False, {"coordinates_zero": 1, "refused_unknown_code": 1}),
        ("9902", NONE, 0, False, {"no_coordinates": 1}),
    ],
)
def test_where_a_household_goes_and_why(
    boundaries: BoundarySet,
    code: str | None,
    point: tuple[float, float],
    unit: int,
    has_cell: bool,
    reasons: dict[str, int],
) -> None:
    placed = place(boundaries, [(code, *point)])
    assert placed.unit.tolist() == [unit]
    assert (placed.cell[0] > 0) == has_cell
    assert dict(placed.report.reasons) == reasons


def test_the_run_says_whether_code_or_point_governs(boundaries: BoundarySet) -> None:
    rows = [("9902020003", *INSIDE)]
    by_code, by_point = place(boundaries, rows, Conflict.CODE), place(boundaries, rows, Conflict.POINT)
    assert (by_code.unit[0], by_code.cell[0], by_code.report.by_code) == (FIRST + 5, 0, 1)
    assert (by_point.unit[0], by_point.report.located) == (FIRST, 1)
    assert by_point.cell.tolist() == cells.index(np.array([INSIDE[0]]), np.array([INSIDE[1]]), 9).tolist()
    assert dict(by_code.report.reasons) == dict(by_point.report.reasons) == {"point_in_other_unit": 1}


_CODES = st.sampled_from([None, "9902010001", "9902020003", "9902010", "9902", "3271010001", "", "x"])
_LON = st.one_of(st.floats(106.99, 107.04), st.sampled_from([np.nan, np.inf, 0.0, -5.99, 1e9]))
_LAT = st.one_of(st.floats(-6.01, -5.97), st.sampled_from([np.nan, -np.inf, 0.0, 107.01]))


@given(rows=st.lists(st.tuples(_CODES, _LON, _LAT), max_size=20), conflict=st.sampled_from(list(Conflict)))
def test_read_is_located_plus_by_code_plus_refused(
    locators: dict[Conflict, Locator], rows: list[tuple[str | None, float, float]], conflict: Conflict
) -> None:
    stated = pl.Series([row[0] for row in rows], dtype=pl.String)
    lon, lat = (np.array([row[axis] for row in rows], dtype=float) for axis in (1, 2))
    placed = locators[conflict].place(stated, lon, lat)
    report = placed.report
    assert report.read == len(rows) == report.located + report.by_code + report.refused
    assert report.located == (placed.cell > 0).sum()
    assert report.refused == (placed.unit < 0).sum()
    refused = [name for name in report.reasons if name.startswith("refused")]
    assert sum(report.reasons[name] for name in refused) == report.refused
    apart = [
        locators[conflict].place(stated[i : i + 1], lon[i : i + 1], lat[i : i + 1]) for i in range(len(rows))
    ]
    assert [int(one.unit[0]) for one in apart] == placed.unit.tolist()


@pytest.fixture(scope="module")
def locators(boundaries: BoundarySet) -> dict[Conflict, Locator]:
    return {conflict: Locator(boundaries, 9, conflict) for conflict in Conflict}


@pytest.mark.parametrize("resolution", [7, 13])
def test_a_resolution_outside_what_suits_a_city_is_refused(boundaries: BoundarySet, resolution: int) -> None:
    with pytest.raises(ParameterError, match=f"resolution is {resolution}; give 8 to 12"):
        Locator(boundaries, resolution)


def test_a_code_finer_than_the_boundaries_counts_in_the_unit_above(boundaries: BoundarySet) -> None:
    of_kelurahan = boundaries.units["code"].iloc[FIRST]
    finer = [of_kelurahan + "004", of_kelurahan + "0003", of_kelurahan + "0003" + "02", "'" + of_kelurahan]
    placed = place(boundaries, [(code, *NONE) for code in finer])
    assert placed.unit.tolist() == [FIRST] * 4
    assert placed.report.by_code == 4
