"""Layers beside the register: rasters, points, tables and polygons, one value a place."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine

from geo import boundaries as boundary_sets
from geo import context, facilities, figures, overlays, surfaces
from geo.boundaries import BoundarySet
from geo.boundaries.matching import key
from geo.codes import CodeSystem
from geo.context import ContextLayer, Places, places
from geo.errors import FileError, ParameterError, RegisterError
from geo.surfaces import Statistic

SHARED = Path(__file__).parents[3] / "shared" / "data"
WEST, SOUTH, SIDE = 107.0, -6.0, 0.01


@pytest.fixture(scope="module")
def of(boundaries: BoundarySet) -> dict[str, Places]:
    return {one.level: one for one in places(boundaries)}


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    return Affine(width, 0.0, west, 0.0, -height, north)


def raster(path: Path, values: Any, **options: Any) -> Path:
    """Write a grid over the six kelurahan of the small place, 30 × 20 pixels or what the values have."""
    data = np.asarray(values, dtype=options.pop("dtype", "float32"))
    rows, columns = data.shape
    transform = from_origin(WEST, SOUTH + 2 * SIDE, 3 * SIDE / columns, 2 * SIDE / rows)
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": data.dtype.name}
    with rasterio.open(
        path, "w", **{**profile, "crs": "EPSG:4326", "transform": transform, **options}
    ) as file:
        file.write(data, 1)
    return path


def test_places_are_units_and_the_cells_that_touch_them(
    boundaries: BoundarySet, of: dict[str, Places]
) -> None:
    assert list(of) == ["kota", "kecamatan", "kelurahan", "h3-8", "h3-9"]
    together = shapely.union_all(of["h3-9"].geometry.to_numpy()).buffer(1e-9)
    assert together.covers(shapely.union_all(boundaries.units.geometry.to_numpy()))
    assert all(polygon.intersects(boundaries.units.geometry.iloc[0]) for polygon in of["h3-9"].geometry)


def test_a_pixel_counts_by_the_share_that_a_place_covers(of: dict[str, Places], tmp_path: Path) -> None:
    values = np.arange(35, dtype=float).reshape(5, 7)  # pixels that no border follows
    surface = surfaces.read(raster(tmp_path / "r.tif", values), of["kota"].geometry)
    x, y = WEST + np.arange(8) * 3 * SIDE / 7, SOUTH + (5 - np.arange(6)) * 2 * SIDE / 5
    boxes = [shapely.box(x[i], y[j + 1], x[i + 1], y[j]) for j in range(5) for i in range(7)]
    outlines = of["kelurahan"].geometry.to_numpy()
    parts = shapely.area(shapely.intersection(outlines[:, None], np.array(boxes)[None, :]))
    weights = parts / shapely.area(boxes[0])
    expected = {
        Statistic.MEAN: (weights @ values.ravel()) / weights.sum(axis=1),
        Statistic.SUM: weights @ values.ravel(),
        Statistic.MAX: np.where(weights > 1e-9, values.ravel(), 0).max(axis=1),
        Statistic.SHARE: (weights @ (values.ravel() > 0)) / weights.sum(axis=1),
    }
    for statistic, numbers in expected.items():
        assert surfaces.values(surface, of["kelurahan"], statistic) == pytest.approx(numbers, rel=1e-5)


def test_counts_add_up_over_levels(of: dict[str, Places], tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 50, (40, 60))
    surface = surfaces.read(raster(tmp_path / "r.tif", values), of["kota"].geometry)
    sums = [
        surfaces.values(surface, of[level], Statistic.SUM).sum()
        for level in ("kota", "kecamatan", "kelurahan")
    ]
    assert sums == pytest.approx([values.sum()] * 3, rel=1e-6)


def test_no_data_is_no_value_and_never_nought(of: dict[str, Places], tmp_path: Path) -> None:
    values = np.full((20, 30), 5.0)
    values[:, :10] = -1
    surface = surfaces.read(raster(tmp_path / "r.tif", values, nodata=-1), of["kota"].geometry)
    for statistic in (Statistic.MEAN, Statistic.SUM, Statistic.MAX):
        assert (
            np.isnan(surfaces.values(surface, of["kelurahan"], statistic)).tolist()
            == [True, False, False] * 2
        )
    assert surfaces.values(surface, of["kelurahan"], Statistic.SHARE) == pytest.approx([0, 1, 1] * 2)


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        (np.where(np.eye(30) > 0, -9999, 1.0), {}, r"Nilai -9999 ada di 30 piksel dan tidak dinyatakan"),
        (np.where(np.eye(30) > 0, -3.0, 1.0), {}, "30 piksel bernilai negatif, terkecil -3"),
        (np.full((20, 30), 1.0), {}, None),
    ],
)
def test_what_looks_wrong_is_said(
    values: Any, options: dict[str, Any], says: str | None, of: dict[str, Places], tmp_path: Path
) -> None:
    surface = surfaces.read(raster(tmp_path / "r.tif", values, **options), of["kota"].geometry)
    assert len(surface.warnings) == (says is not None)
    if says:
        assert surface.warnings[0].startswith(says)
    assert np.nanmax(surfaces.values(surface, of["kota"], Statistic.MEAN)) <= 1


def test_densities_taken_for_counts_are_warned_about(of: dict[str, Places], tmp_path: Path) -> None:
    for level, warned in ((12_000.0, True), (30.0, False)):
        surface = surfaces.read(raster(tmp_path / "r.tif", np.full((20, 30), level)), of["kota"].geometry)
        assert ("kepadatan" in surfaces.density_warning(surface)) == warned


def test_a_raster_in_metres_gives_what_one_in_degrees_gives(of: dict[str, Places], tmp_path: Path) -> None:
    left, bottom = pyproj.Transformer.from_crs(4326, 32748, always_xy=True).transform(
        WEST - SIDE, SOUTH - SIDE
    )
    columns = np.arange(120, dtype="float32")
    profile = {"driver": "GTiff", "height": 120, "width": 120, "count": 1, "dtype": "float32", "crs": 32748}
    with rasterio.open(
        tmp_path / "m.tif", "w", transform=from_origin(left, bottom + 6000, 50, 50), **profile
    ) as file:
        file.write(np.tile(columns, (120, 1)), 1)
    surface = surfaces.read(tmp_path / "m.tif", of["kota"].geometry)
    found = surfaces.values(surface, of["kelurahan"], Statistic.MEAN)
    middle = of["kelurahan"].points.to_crs(32748).x.to_numpy()
    assert found == pytest.approx((middle - left) / 50 - 0.5, abs=0.2)


def test_rasters_that_cannot_be_used_are_said_so(of: dict[str, Places], tmp_path: Path) -> None:
    around = of["kota"].geometry
    (tmp_path / "no.tif").write_bytes(b"II*\0 nothing")
    with pytest.raises(FileError, match="cannot be read as a raster"):
        surfaces.read(tmp_path / "no.tif", around)
    with pytest.raises(FileError, match="no such file"):
        surfaces.read(tmp_path / "none.tif", around)
    bare = raster(tmp_path / "bare.tif", np.ones((2, 3)), crs=None)
    with pytest.raises(FileError, match=r"names no coordinate reference system .* 107 -6 to 107.03 -5.98"):
        surfaces.read(bare, around)
    assert surfaces.read(bare, around, crs="EPSG:4326").values.shape == (2, 3)
    with pytest.raises(ParameterError, match="is no CRS"):
        surfaces.read(bare, around, crs="WGS huh")
    away = raster(tmp_path / "away.tif", np.ones((2, 3)), transform=from_origin(10, 10, 1, 1))
    with pytest.raises(FileError, match="does not overlap"):
        surfaces.read(away, around)
    (tmp_path / "link.vrt").write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    with pytest.raises(FileError):
        surfaces.read(tmp_path / "link.vrt", around)


def test_the_nearest_facility_is_as_far_as_the_ellipsoid_says(of: dict[str, Places], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "nama;lintang;bujur\na;-5,99;107,0\nb;-5.98;107.03\nb;-5.98;107.03\nc;0;0\n"
    )
    found = facilities.read(tmp_path / "p.csv")
    assert found.warnings == (
        "1 titik tanpa koordinat di Indonesia tidak dipakai (baris 4).",
        "1 titik ditulis dengan koma desimal atau derajat-menit.",
        "1 titik berada di koordinat titik lain; tetap dihitung sendiri-sendiri.",
    )
    here = of["h3-9"].points
    geod = pyproj.Geod(ellps="WGS84")
    each = [
        geod.inv(here.x, here.y, np.full(len(here), point.x), np.full(len(here), point.y))[2]
        for point in found.points
    ]
    assert facilities.nearest_m(found, of["h3-9"]) == pytest.approx(np.min(each, axis=0), rel=2e-3)
    near = (np.array(each) < 1_000).sum(axis=0)
    assert (facilities.within(found, of["h3-9"], 1_000) == near).mean() > 0.95


def test_points_without_columns_of_coordinates_are_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("nama,kota\na,b\n")
    with pytest.raises(RegisterError, match="Call them lintang and bujur"):
        facilities.read(tmp_path / "p.csv")
    (tmp_path / "p.csv").write_text("lat,lon,rumah_lat,rumah_lon\n1,2,3,4\n")
    with pytest.raises(RegisterError, match="Keep one pair"):
        facilities.read(tmp_path / "p.csv")


def test_polygons_cover_a_share_of_a_place_once(of: dict[str, Places]) -> None:
    half = shapely.box(WEST, SOUTH, WEST + SIDE / 2, SOUTH + 2 * SIDE)
    twice = gpd.GeoSeries([half, half, shapely.box(WEST, SOUTH, WEST + SIDE / 4, SOUTH + SIDE)], crs=4326)
    assert overlays.covered_share(twice, of["kelurahan"]) == pytest.approx([0.5, 0, 0, 0.5, 0, 0], abs=1e-6)
    assert overlays.covered_share(twice, of["kota"]) == pytest.approx([1 / 6], rel=1e-3)


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: tuple[str, str]) -> Path:
        path = tmp_path / "t.csv"
        pl.DataFrame(list(rows), schema=["kode", "nilai"], orient="row").write_csv(path, separator=";")
        return path

    return write


def test_counts_add_up_and_rates_are_handed_down(
    table: Callable[..., Path], boundaries: BoundarySet, of: dict[str, Places]
) -> None:
    path = table(
        *((f"990201000{number}.0", f"{number},5") for number in (1, 2, 3)), ("9902020001", "x"), ("31", "4")
    )
    read = figures.read(path, boundaries, code_column="kode", value_column="nilai")
    assert read.warnings == (
        "3 dari 6 kelurahan cocok.",
        "3 kelurahan tanpa nilai: 9902020001, 9902020002, 9902020003.",
        "1 baris di luar set batas ini: '31'.",
        "1 baris dengan nilai kosong atau bukan angka.",
    )
    sums = figures.on_places(read, boundaries, list(of.values()), adds_up=True)
    assert sums == {
        "kecamatan": {"9902010": 7.5},
        "kelurahan": {"9902010001": 1.5, "9902010002": 2.5, "9902010003": 3.5},
    }
    rates = figures.on_places(read, boundaries, list(of.values()), adds_up=False)
    assert list(rates) == ["kelurahan", "h3-8", "h3-9"]
    assert set(rates["h3-9"].values()) == {1.5, 2.5, 3.5}


def test_tables_that_do_not_join_are_refused(table: Callable[..., Path], boundaries: BoundarySet) -> None:
    for rows, says in (
        ([("9902010001", "1"), ("9902010001", "2")], "1 units stand twice"),
        ([("3171010001", "1")], "no unit of the column 'kode'"),
        ([("9902010001", "1"), ("9902010", "2")], "several levels"),
    ):
        with pytest.raises(RegisterError, match=says):
            figures.read(table(*rows), boundaries, code_column="kode", value_column="nilai")


def named(path: Path, *rows: tuple[str, str, str]) -> Path:
    pl.DataFrame(list(rows), schema=["kec", "desa", "jiwa"], orient="row").write_csv(path, separator=";")
    return path


def test_figures_join_by_names_that_are_the_same(boundaries: BoundarySet, tmp_path: Path) -> None:
    path = named(tmp_path / "t.csv", ("SELATAN", "desa 11", "1.200"), ("Kec. Utara", "Ds. Desa 2 1", "900"))
    read, matches = figures.read_by_name(path, boundaries, name_columns=["kec", "desa"], value_column="jiwa")
    assert {one.how for one in matches} == {"sama", "tidak ada"}
    assert read is None
    path = named(tmp_path / "t.csv", ("SELATAN", "desa 11", "1.200"), ("Kec. Utara", "DESA-21", "900"))
    read, _ = figures.read_by_name(path, boundaries, name_columns=["kec", "desa"], value_column="jiwa")
    assert read is not None
    codes = boundaries.units["code"]
    assert {codes.iloc[row]: value for row, value in read.values.items()} == {
        "9902010001": 1200.0,
        "9902020001": 900.0,
    }
    assert read.warnings[-1].startswith("Titik dibaca sebagai pemisah ribuan")


def test_names_that_differ_are_confirmed_by_a_person(boundaries: BoundarySet, tmp_path: Path) -> None:
    path = named(tmp_path / "t.csv", ("Selatan", "Desa 11", "5"), ("Utara", "Kampung Baru", "7"))
    asked = {"name_columns": ["kec", "desa"], "value_column": "jiwa"}
    first, second = key(("", "Selatan", "Desa 11")), key(("", "Utara", "Kampung Baru"))
    confirmed = {first: "9902010001", second: "9902020003"}
    read, _ = figures.read_by_name(path, boundaries, **asked, confirmed=confirmed)
    assert read is not None
    assert sorted(read.values.values()) == [5.0, 7.0]
    read, _ = figures.read_by_name(path, boundaries, **asked, confirmed={first: "9902010001"})
    assert read is not None
    assert "1 baris di luar set batas ini: 'Utara / Kampung Baru'." in read.warnings


def test_a_layer_is_called_by_what_a_column_may_be_called() -> None:
    with pytest.raises(ParameterError, match="small letters"):
        ContextLayer("Banjir 2012", "Banjir", "", "raster", "x", date(2012, 2, 1), {})


# Real files


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the project's shared data ({path.name}) is not beside this checkout")
    return path


@pytest.mark.shared
def test_podes_joins_1562_of_the_1565_villages_of_jambi() -> None:
    villages = boundary_sets.read(
        shared("boundaries", "jambi_villages_bps2020.gpkg"),
        name="jambi",
        level="kelurahan",
        code_system=CodeSystem.BPS,
    )
    podes = shared("tables", "podes2019_jambi_core.csv")
    read = figures.read(podes, villages, code_column="kode_bps", value_column="R401A1")
    assert read.warnings[0] == "1562 dari 1565 kelurahan cocok."
    assert len(read.values) == 1562


@pytest.mark.shared
def test_the_population_of_jakarta_joins_by_the_names_of_all_267_kelurahan() -> None:
    city = boundary_sets.read(
        shared("boundaries", "dki_kelurahan_bps2020.gpkg"),
        name="dki",
        level="kelurahan",
        code_system=CodeSystem.BPS,
    )
    read, matches = figures.read_by_name(
        shared("tables", "jakarta_population_2024.csv"),
        city,
        name_columns=["city", "district", "subdistrict"],
        value_column="population",
    )
    assert read is not None
    assert len(read.values) == len(matches) == 267
    assert read.warnings[0] == "267 dari 270 kelurahan cocok."


@pytest.mark.shared
def test_the_flood_raster_becomes_a_layer_on_the_cells_of_jakarta() -> None:
    city = boundary_sets.read(
        shared("boundaries", "dki_kelurahan_bps2020.gpkg"),
        name="dki",
        level="kelurahan",
        code_system=CodeSystem.BPS,
    )
    of = {one.level: one for one in places(city)}
    flood = surfaces.read(shared("rasters", "jakarta_flood_category_123.asc"), of["provinsi"].geometry)
    assert flood.warnings == ()
    share = surfaces.values(flood, of["h3-8"], Statistic.SHARE)
    known = context.by_code(of["h3-8"], share)
    assert len(known) > 900
    assert max(known.values()) == 1.0
    # The whole of the raster's flooded area lies in the cells: the same area by pixels and by cells.
    flooded_pixels = float((flood.values > 0).mean())
    assert 0.15 < np.nanmean(share) < 0.35
    assert flooded_pixels == pytest.approx(0.184, abs=0.01)
