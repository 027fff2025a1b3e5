"""A run to draw: a made-up city of squares, with hidden and empty places among them."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import geopandas as gpd
import h3
import numpy as np
import polars as pl
import pytest
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon, box

from geo import disclosure
from geo.disclosure import AUDIENCES, ZONE_COLUMNS, Audience, Published, PublishedRun
from geo.report import BoundarySource, PlacementReport, RunSummary
from geo.specification import Dimension, Indicator, Label, Specification

WEST, SOUTH, STEP = 106.74, -6.66, 0.0125
COLUMNS, ROWS = 8, 9

_DIMENSIONS = {
    "rumah": Label("Rumah layak", "Decent housing"),
    "air": Label("Air dan sanitasi", "Water and sanitation"),
    "sekolah": Label("Pendidikan", "Education"),
    "ekonomi": Label("Ekonomi", "Livelihood"),
}
_INDICATORS = (
    ("rumah_rusak", "rumah", "1/8", "Rumah tidak kokoh", "Dwelling not durable", "Disperumkim"),
    ("rumah_sempit", "rumah", "1/8", "Hunian sempit", "Crowded dwelling", "Disperumkim"),
    ("air_minum", "air", "1/8", "Air minum tidak layak", "Unsafe drinking water", "PDAM"),
    ("sanitasi", "air", "1/8", "Sanitasi tidak layak", "Unimproved sanitation", "Dinas PUPR"),
    ("anak_sekolah", "sekolah", "1/8", "Anak tidak bersekolah", "Child out of school", "Disdik"),
    ("ijazah", "sekolah", "1/8", "Tanpa ijazah SMP", "No lower secondary", "Disdik"),
    ("kerja", "ekonomi", "1/12", "Tanpa penghasil tetap", "No steady earner", "Disnaker"),
    ("aset", "ekonomi", "1/12", "Tanpa aset", "No assets", "Dinsos"),
    ("energi", "ekonomi", "1/12", "Energi tidak layak", "Unclean energy", "Bagian Ekonomi"),
)  # fmt: skip
_SYLLABLES = ("Suka", "Cipa", "Pasir", "Bojong", "Tanah", "Mega", "Kebon", "Ranca", "Lawang")
_ENDINGS = ("jaya", "mulya", "sari", "indah", "luhur", "asri", "baru", "endah")


def specification() -> Specification:
    return Specification(
        name="contoh",
        label=Label("Contoh: empat dimensi", "Example: four dimensions"),
        dimensions=tuple(Dimension(key, label) for key, label in _DIMENSIONS.items()),
        indicators=tuple(
            Indicator(key, dimension, Fraction(weight), Label(id_, en), (), agency=agency)
            for key, dimension, weight, id_, en, agency in _INDICATORS
        ),
        cutoff=Fraction(1, 3),
        vulnerable=Fraction(1, 5),
        severe=Fraction(1, 2),
        sensitivity_cutoffs=tuple(map(Fraction, ("1/5", "1/4", "1/3", "2/5", "1/2"))),
    )


def published_run(audience: Audience, *, city: str = "Kota Contoh") -> PublishedRun:
    """Make a run with made-up figures; the one place to swap for a computed one."""
    random = np.random.default_rng(7)
    villages, districts = _squares()
    cells = _hexagons(box(WEST, SOUTH, WEST + COLUMNS * STEP, SOUTH + ROWS * STEP))
    whole = shapely.union_all(np.asarray([shape for _, _, _, shape in villages]))
    pockets = [(f"K{n}", f"{villages[n * 9][1]} {n}", None, _pocket(villages[n * 9][3])) for n in range(1, 7)]
    levels = {
        "kota": _published(audience, "kota", [("99.99", city, None, whole)], random),
        "kecamatan": _published(audience, "kecamatan", districts, random),
        "kelurahan": _published(audience, "kelurahan", villages, random, hidden=3, empty=1),
        "h3-8": _published(audience, "h3-8", cells, random, hidden=40, empty=25),
    }
    with_units = _published(audience, "pocket", pockets, random)
    table = with_units.table.with_columns(
        cells=pl.Series([4 + n for n in range(len(pockets))]),
        units=pl.Series([f"{name} 100 %" for _, name, _, _ in pockets]),
    )
    drawn = Published(audience, "pocket", with_units.indicators, table, with_units.geometry, disclosure._SEAL)
    return PublishedRun(_summary(city), audience, levels, drawn, _backdrop())


def _summary(city: str) -> RunSummary:
    return RunSummary(
        id="r-contoh-0001",
        register_name="Register buatan",
        boundaries=BoundarySource(
            id="b1",
            name="Batas contoh 2025",
            place=city,
            code_system="kemendagri",
            finest_level="kelurahan",
            source="dibuat untuk uji",
            valid_from=date(2025, 1, 1),
        ),
        specification=specification(),
        resolution=8,
        placement=PlacementReport(60_000, 50_000, 9_500, 500),
        notes=(
            Label("Indikator gizi tidak ada di register.", "The register lacks the indicator nutrition."),
        ),
    )


Row = tuple[str, str, str | None, Polygon]


def _squares() -> tuple[list[Row], list[Row]]:
    villages: list[Row] = []
    for column in range(COLUMNS):
        for row in range(ROWS):
            district = f"99.99.{1 + (column // 3) + 3 * (row // 5):02d}"
            name = _SYLLABLES[row] + _ENDINGS[column]
            west, south = WEST + column * STEP, SOUTH + row * STEP
            code = f"{district}.{1001 + column * ROWS + row}"
            villages.append((code, name, district, box(west, south, west + STEP, south + STEP)))
    districts: list[Row] = []
    for number, name in enumerate(("Barat Daya", "Selatan", "Tenggara", "Utara", "Tengah", "Timur"), start=1):
        code = f"99.99.{number:02d}"
        parts = np.asarray([shape for _, _, parent, shape in villages if parent == code])
        districts.append((code, f"Contoh {name}", "99.99", shapely.union_all(parts)))
    return villages, districts


def _hexagons(area: Polygon) -> list[Row]:
    shape = h3.LatLngPoly([(y, x) for x, y in area.exterior.coords])
    cells = sorted(h3.polygon_to_cells(shape, 8))
    return [(cell, cell, None, Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)])) for cell in cells]


def _pocket(village: Polygon) -> Polygon:
    return village.centroid.buffer(STEP * 0.4)


def _published(
    audience: Audience,
    level: str,
    rows: list[Row],
    random: Generator,
    *,
    hidden: int = 0,
    empty: int = 0,
) -> Published:
    count = len(rows)
    status = np.array(["shown"] * count, dtype=object)
    silent = random.choice(count, hidden + empty, replace=False)
    status[silent[:hidden]], status[silent[hidden:]] = "hidden", "empty"
    drift = np.array([shape.centroid.x - WEST + SOUTH + 0.2 - shape.centroid.y for *_, shape in rows])
    h = np.clip(0.05 + drift + random.normal(0, 0.05, count), 0.01, 0.7)
    a = random.uniform(0.36, 0.52, count)
    households = random.integers(40, 2500, count)
    persons = households * 4
    area = np.array([shape.area * 12_300 for *_, shape in rows])
    table = pl.DataFrame(
        {
            "code": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "parent": [row[2] for row in rows],
            "status": status.tolist(),
            "reason": [{"hidden": "protected"}.get(state) for state in status],
            "area_km2": area,
            "read": households + 7.0,
            "left_out": np.full(count, 7.0),
            "households": households,
            "persons": persons,
            "modelled_share": random.uniform(0, 0.4, count),
            "poor_households": np.round(households * h),
            "poor_persons": np.round(persons * h),
            "poor_per_km2": np.round(persons * h) / area,
            "h": h,
            "a": a,
            "m0": h * a,
            "vulnerable": h * 0.6,
            "severe": h * 0.3,
        },
    ).with_columns(pl.col("reason").cast(pl.String))
    shares = random.uniform(0.2, 1.4, (len(_INDICATORS), count))
    total = sum(shares)
    for share, (key, *_) in zip(shares, _INDICATORS, strict=True):
        table = table.with_columns(
            pl.Series(f"uncensored_{key}", np.clip(h * share * 1.3, 0, 1)),
            pl.Series(f"censored_{key}", np.clip(h * share, 0, 1) * 0.7),
            pl.Series(f"contribution_{key}", share / total),
        )
    if not level.startswith("h3-") and level != "pocket":
        table = table.with_columns(
            pl.Series(name, (0.31 + 0.01 * np.arange(count) % 0.3) / (1 + place))
            for place, name in enumerate(disclosure.DESIL_COLUMNS)
        )
    identity = ("code", "name", "parent", "status", "reason", "area_km2")
    shown = pl.col("status") == "shown"
    table = table.with_columns(
        pl.when(shown).then(pl.col(column).cast(pl.Float64)).alias(column)
        for column in table.columns
        if column not in identity
    )
    assert tuple(table.columns[: len(ZONE_COLUMNS)]) == tuple(ZONE_COLUMNS)
    geometry = np.array([row[3] for row in rows], dtype=object)
    keys = tuple(key for key, *_ in _INDICATORS)
    return Published(audience, level, keys, table, geometry, disclosure._SEAL)


def _backdrop() -> gpd.GeoDataFrame:
    river = LineString([(WEST + 0.02 + 0.006 * np.sin(n), SOUTH + 0.012 * n) for n in range(10)])
    road = LineString([(WEST, SOUTH + 0.05), (WEST + 0.1, SOUTH + 0.058)])
    return gpd.GeoDataFrame(
        {"kind": ["river", "road"], "name": ["Ci Contoh", "Jalan Contoh"]}, geometry=[river, road], crs=4326
    )


@pytest.fixture(scope="session")
def planner_run() -> PublishedRun:
    return published_run(AUDIENCES["planner"])


@pytest.fixture(scope="session")
def public_run() -> PublishedRun:
    return published_run(AUDIENCES["public"])


@pytest.fixture(scope="session")
def make_run() -> Callable[..., PublishedRun]:
    return published_run
