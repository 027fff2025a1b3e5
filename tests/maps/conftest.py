"""Runs to print: of Kota Contoh by the engine, and made-up figures over a made-up city for what is rare."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from geo import boundaries, compute, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.disclosure import _SEAL, PLANNER, PUBLIC, ZONE_COLUMNS, Published, PublishedRun
from geo.report import BoundarySource, PlacementReport, RunSummary
from geo.specification import Clause, Dimension, Indicator, Label, Specification

_CORNER = (106.74, -6.66)
_SIDE_DEGREES = 0.11
_ZONES = 68
_DISTRICTS = 6

SPECIFICATION = Specification(
    "contoh",
    Label("Kemiskinan multidimensi Kota Contoh", "Multidimensional poverty of Kota Contoh"),
    (Dimension("hunian", Label("Hunian", "Housing")), Dimension("hidup", Label("Taraf hidup", "Living"))),
    tuple(
        Indicator(id_, dimension, Fraction(1, 4), Label(*label), (Clause("TRUE"),), agency=agency)
        for id_, dimension, label, agency in (
            ("atap", "hunian", ("Atap, dinding, atau lantai tidak layak", "Unfit dwelling"), "Disperumkim"),
            ("sanitasi", "hunian", ("Sanitasi tidak layak", "No improved sanitation"), "Dinas PUPR"),
            ("sekolah", "hidup", ("Anak tidak bersekolah", "Child out of school"), "Dinas Pendidikan"),
            ("kerja", "hidup", ("Tidak ada anggota bekerja", "Nobody works"), "Disnaker"),
        )
    ),
    Fraction(1, 3),
    Fraction(1, 5),
    Fraction(1, 2),
)


def figures(households: np.ndarray, level: np.ndarray, area_km2: np.ndarray) -> dict[str, np.ndarray]:
    """Make up figures that agree with each other for zones of a given poverty level (0..1)."""
    persons = households * 4
    h, a = level, 0.36 + 0.3 * level
    poor = np.round(households * h)
    made = {
        "read": households + 3,
        "left_out": np.full(len(households), 3.0),
        "households": households,
        "persons": persons,
        "modelled_share": np.full(len(households), 0.1),
        "poor_households": poor,
        "poor_persons": poor * 4,
        "poor_per_km2": poor * 4 / area_km2,
        "h": h,
        "a": a,
        "m0": h * a,
        "vulnerable": level / 2,
        "severe": level / 3,
    }
    for index, indicator in enumerate(SPECIFICATION.indicators):
        shares = 1 + (np.arange(len(level)) + index) % 4
        made[f"uncensored_{indicator.id}"] = np.minimum(1, level * shares / 2)
        made[f"censored_{indicator.id}"] = level * shares / 4
        made[f"contribution_{indicator.id}"] = shares / 10
    return made


def published(
    level: str,
    units: gpd.GeoDataFrame,
    poverty: np.ndarray,
    hidden: dict[int, str],
    *,
    audience: str = "planner",
) -> Published:
    """Publish made-up figures for ``units`` (code, name, parent, geometry); hide some by position."""
    area_km2 = np.asarray(units.to_crs(32748).area) / 1e6
    households = np.round(400 + 2600 * np.random.default_rng(7).random(len(units)))
    made = figures(households, poverty, area_km2)
    visible = np.array([position not in hidden for position in range(len(units))])
    columns = {
        "code": list(units["code"]),
        "name": list(units["name"]),
        "parent": list(units["parent"]),
        "status": [
            "empty" if hidden.get(i) == "" else "hidden" if i in hidden else "shown"
            for i in range(len(units))
        ],
        "reason": [hidden.get(i) or None for i in range(len(units))],
        "area_km2": area_km2,
    }
    for name, values in made.items():
        columns[name] = [float(v) if seen else None for v, seen in zip(values, visible, strict=True)]
    table = pl.DataFrame(columns, schema_overrides=dict(ZONE_COLUMNS))
    return Published(
        PLANNER if audience == "planner" else PUBLIC,
        level,
        tuple(indicator.id for indicator in SPECIFICATION.indicators),
        table,
        np.asarray(units.geometry, dtype=object),
        _SEAL,
    )


def summary(place: str, source: str) -> RunSummary:
    return RunSummary(
        "3f9c1a7e52d04b68",
        "Register Contoh 2025",
        BoundarySource("contoh-2025", "Batas Kelurahan", place, "bps", "kelurahan", source, date(2025, 1, 1)),
        SPECIFICATION,
        9,
        PlacementReport(154_218, 120_400, 33_018, 800, MappingProxyType({"no_code": 800})),
        (Label("Indikator tanpa data tidak dipakai.", "Indicators without data are not used."),),
    )


def run_of(
    kelurahan: gpd.GeoDataFrame, place: str, source: str, hidden: dict[int, str], audience: str = "planner"
) -> PublishedRun:
    """Publish kelurahan (code, name, parent, district, geometry) and all that is coarser."""
    poverty = np.clip(np.random.default_rng(11).beta(2, 9, len(kelurahan)), 0.01, 0.9)
    districts = kelurahan.dissolve("parent", as_index=False)
    kecamatan = gpd.GeoDataFrame(
        {"code": districts["parent"], "name": districts["district"], "parent": "3299"},
        geometry=districts.geometry,
        crs=4326,
    )
    kota = gpd.GeoDataFrame(
        {"code": ["3299"], "name": [place], "parent": [None]},
        geometry=[shapely.union_all(kecamatan.geometry)],
        crs=4326,
    )
    middle = kelurahan.geometry.iloc[0].representative_point().buffer(0.006)
    pocket = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["Kantong 1"], "parent": [None]}, geometry=[middle], crs=4326
    )
    pockets = published("pocket", pocket, np.array([0.4]), {}, audience=audience)
    spread = np.linspace(0.1, 0.3, len(kecamatan))
    levels = {
        "kota": published("kota", kota, np.array([0.2]), {}, audience=audience),
        "kecamatan": published("kecamatan", kecamatan, spread, {}, audience=audience),
        "kelurahan": published("kelurahan", kelurahan, poverty, hidden, audience=audience),
    }
    west, south, east, north = kota.total_bounds
    river = shapely.linestrings(
        [
            ((west + east) / 2 + 0.006 * np.sin(turn * 5), south + turn * (north - south))
            for turn in np.linspace(0, 1, 80)
        ]
    )
    road = shapely.linestrings([(west, (south + north) / 2), (east, (south + north) / 2 + 0.01)])
    backdrop = gpd.GeoDataFrame(
        {"kind": ["river", "road"], "name": ["Ci Contoh", "Jalan Raya"]}, geometry=[river, road], crs=4326
    )
    return PublishedRun(
        summary(place, source),
        levels["kota"].audience,
        MappingProxyType(levels),
        replace(
            pockets, table=pockets.table.with_columns(cells=pl.lit(3), units=pl.lit("Mekarsari 1 100 %"))
        ),
        backdrop,
    )


def made_up_city() -> gpd.GeoDataFrame:
    """Lay out a clean coverage: 68 Voronoi kelurahan in a square, in six kecamatan by position."""
    source = np.random.default_rng(5)
    points = source.random((_ZONES, 2)) * _SIDE_DEGREES + _CORNER
    square = shapely.box(*_CORNER, _CORNER[0] + _SIDE_DEGREES, _CORNER[1] + _SIDE_DEGREES)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square))
    cells = shapely.intersection(cells, square)
    middle = shapely.get_coordinates(shapely.centroid(cells))
    place = (middle - _CORNER) / _SIDE_DEGREES
    district = np.minimum(place[:, 0] * 3, 2).astype(int) + 3 * (place[:, 1] > 0.5)
    order = np.lexsort((middle[:, 0], district))
    number = np.arange(_ZONES)
    return gpd.GeoDataFrame(
        {
            "code": [f"3299{d + 1:02d}0{n + 1:03d}" for d, n in zip(district[order], number, strict=True)],
            "name": [f"{_NAMES[n % len(_NAMES)]} {n // len(_NAMES) + 1}" for n in number],
            "parent": [f"3299{d + 1:02d}0" for d in district[order]],
            "district": [f"Contoh {_SIDES[d]}" for d in district[order]],
        },
        geometry=cells[order],
        crs=4326,
    )


_SIDES = ("Barat Daya", "Selatan", "Tenggara", "Barat Laut", "Utara", "Timur Laut")
_NAMES = ("Mekarsari", "Sukamaju", "Cibadak", "Tanah Baru", "Kebon Jeruk", "Pasirangin", "Bojong", "Gudang")


@pytest.fixture(scope="session")
def published_run() -> PublishedRun:
    """A run of a made-up city with two hidden zones and one without households."""
    return run_of(made_up_city(), "Kota Contoh", "data contoh", {3: "protected", 4: "protected", 20: ""})


@pytest.fixture(scope="session")
def run_without_districts(published_run: PublishedRun) -> PublishedRun:
    """The same run with its kelurahan level only."""
    return PublishedRun(
        published_run.summary,
        published_run.audience,
        MappingProxyType({"kelurahan": published_run.levels["kelurahan"]}),
        published_run.pockets,
        published_run.backdrop,
    )


SHARED = Path(__file__).parents[3] / "shared" / "data" / "boundaries"


def computed(folder: Path, units: BoundarySet) -> PublishedRun:
    """Publish the register of a folder on boundaries, as a planner sees it."""
    bound = register.bind(
        folder / "households.parquet",
        folder / "members.parquet",
        schema.load("dtsen"),
        specification.load("default"),
        "Register contoh (sintetis)",
    )
    return compute.compute(bound, units).published[PLANNER.name]


@pytest.fixture(scope="session")
def contoh(tmp_path_factory) -> PublishedRun:
    """Kota Contoh, measured down to its RW."""
    folder = tmp_path_factory.mktemp("contoh")
    sample.write_sample(folder, households=30_000, seed=1)
    units = boundaries.read(
        folder / "kota_contoh_rw.gpkg",
        name="kota_contoh",
        level="rw",
        code_system=CodeSystem.KEMENDAGRI,
        source="Kota Contoh, data sintetis",
    )
    return computed(folder, units)


@pytest.fixture(scope="session")
def of_real_place(tmp_path_factory) -> Callable[[str, int], PublishedRun]:
    """Measure a synthetic register on the real boundaries of a place."""

    def measure(name: str, households: int) -> PublishedRun:
        path = SHARED / f"{name}_kelurahan_bps2020.gpkg"
        if not path.exists():
            pytest.skip(f"{path.name} is not beside the checkout")
        folder = tmp_path_factory.mktemp(name)
        units = boundaries.read(
            path, name=name, level="kelurahan", code_system=CodeSystem.BPS, source="BPS 2020"
        )
        kelurahan = units.units[units.units["level"] == "kelurahan"][["code", "name", "geometry"]]
        outlines = gpd.GeoDataFrame(kelurahan, crs=4326)
        sample.write_sample(folder, units=outlines, households=households, seed=1)
        return computed(folder, units)

    return measure


@pytest.fixture(scope="session")
def bogor(of_real_place) -> PublishedRun:
    """Kota Bogor."""
    return of_real_place("bogor", 40_000)


@pytest.fixture(scope="session")
def dki(of_real_place) -> PublishedRun:
    """DKI Jakarta with Kepulauan Seribu."""
    return of_real_place("dki", 80_000)
