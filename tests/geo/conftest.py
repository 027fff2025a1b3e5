"""A small invented place and register, and ways to make variants of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import settings

from geo import boundaries as boundary_sets
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.compute import Computed, compute
from geo.register import bind
from geo.sample import City, kota_contoh, write_register
from geo.schema import RegisterSchema, Variable
from geo.schema import load as load_schema
from geo.specification import Clause, Dimension, Indicator, Label, Specification
from geo.specification import load as load_specification
from geo.tally import Profiles, Tally, ZoneCounts, at_units

settings.register_profile("kantong", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("kantong")

DATA = Path(__file__).parents[1] / "data"
WEST, SOUTH, SIDE = 107.0, -6.0, 0.01

CodesAndNames = Sequence[tuple[str, str]]
KELURAHAN: CodesAndNames = tuple(
    (f"99020{kecamatan}0{number:03d}", f"Desa {kecamatan}{number}")
    for kecamatan in (1, 2)
    for number in (1, 2, 3)
)


def grid() -> gpd.GeoDataFrame:
    """Two kecamatan of three square kelurahan each, one kota; rows from south to north."""
    squares = [
        shapely.box(WEST + x * SIDE, SOUTH + y * SIDE, WEST + (x + 1) * SIDE, SOUTH + (y + 1) * SIDE)
        for y in range(2)
        for x in range(3)
    ]
    return gpd.GeoDataFrame(
        {
            "code": [code for code, _ in KELURAHAN],
            "name": [name for _, name in KELURAHAN],
            "kecamatan": ["Selatan"] * 3 + ["Utara"] * 3,
            "kota": ["Kota Uji"] * 6,
        },
        geometry=squares,
        crs=4326,
    )


@pytest.fixture
def layer() -> gpd.GeoDataFrame:
    """The clean boundary layer, to be spoilt by a test."""
    return grid()


@pytest.fixture(scope="session")
def boundaries(tmp_path_factory: pytest.TempPathFactory) -> BoundarySet:
    path = tmp_path_factory.mktemp("boundaries") / "kelurahan.gpkg"
    grid().to_file(path)
    return boundary_sets.read(path, name="uji", level="kelurahan", code_system=CodeSystem.BPS)


Oracle = Mapping[str, Any]


@pytest.fixture(scope="session")
def oracles() -> Mapping[str, Oracle]:
    """Published Alkire-Foster examples by id."""
    return {case["id"]: case for case in json.loads((DATA / "alkire_foster.json").read_text())}


def simple_specification(
    weights: Sequence[Fraction], cutoff: Fraction = Fraction(1, 3), **lines: Fraction
) -> Specification:
    names = [f"i{number}" for number in range(len(weights))]
    label = Label("Uji", "Test")
    return Specification(
        name="uji",
        label=label,
        dimensions=(Dimension("d", label),),
        indicators=tuple(
            Indicator(name, "d", weight, label, (Clause(household=f"{name} = 1"),))
            for name, weight in zip(names, weights, strict=True)
        ),
        cutoff=cutoff,
        vulnerable=lines.get("vulnerable", Fraction(1, 5)),
        severe=lines.get("severe", Fraction(1, 2)),
    )


@pytest.fixture(scope="session")
def specify() -> Callable[..., Specification]:
    """Make a specification of one dimension from weights and a cutoff."""
    return simple_specification


def mask(bits: Sequence[float]) -> int:
    return sum(1 << place for place, bit in enumerate(bits) if bit)


@pytest.fixture(scope="session")
def counted(boundaries: BoundarySet) -> Callable[..., ZoneCounts]:
    """Count rows of a deprivation matrix into the units of a level, through the public functions."""

    def count(
        matrix: Sequence[Sequence[float]],
        *,
        missing: Sequence[Sequence[float]] | None = None,
        persons: Sequence[int] | None = None,
        unit: Sequence[int] | None = None,
        desil: Sequence[int] | None = None,
        level: str = "kelurahan",
    ) -> ZoneCounts:
        """``unit`` gives the position of each row's kelurahan, all in the first by default."""
        rows = len(matrix)
        first = boundaries.rows("kelurahan")[0]
        frame = pl.DataFrame(
            {
                "unit": np.asarray(unit or [0] * rows) + first,
                "cell": np.zeros(rows, np.uint64),
                "desil": desil or [0] * rows,
                "deprived": [mask(row) for row in matrix],
                "missing": [mask(row) for row in missing] if missing else [0] * rows,
                "persons": persons or [1] * rows,
            }
        )
        tally = Tally.of(frame)
        return at_units(tally, Profiles.of(tally), boundaries, level)

    return count


@pytest.fixture(scope="session")
def small_schema() -> RegisterSchema:
    """A register of a few columns: three coded household variables, two of members."""
    coded = {name: Variable(name, (name,), frozenset({0, 1})) for name in ("i0", "i1", "i2", "i3")}
    return RegisterSchema(
        name="small",
        key="family",
        unit="code",
        persons="persons",
        desil="desil",
        latitude="lat",
        longitude="lon",
        household_variables={**coded, "rooms": Variable("rooms", ("rooms",))},
        member_key="family",
        member_variables={
            "age": Variable("age", ("age",)),
            "school": Variable("school", ("school",), yes_no=(1, 2)),
        },
    )


@pytest.fixture(scope="session")
def random_households(boundaries: BoundarySet) -> Callable[[int, int], pl.DataFrame]:
    """Draw households of the small schema: located, by code only, and with codes of upper levels."""

    def draw(number: int, seed: int) -> pl.DataFrame:
        random = np.random.default_rng(seed)
        unit = random.integers(0, 6, number)
        lon = WEST + SIDE * (unit % 3 + random.random(number))
        lat = SOUTH + SIDE * (unit // 3 + random.random(number))
        absent = random.random(number) < 0.3
        codes = np.array([code for code, _ in KELURAHAN])[unit]
        codes = np.where(random.random(number) < 0.05, np.array([code[:7] for code in codes]), codes)
        columns: dict[str, Any] = {
            "family": [f"K{row:06d}" for row in range(number)],
            "code": codes,
            "persons": random.integers(1, 9, number),
            "desil": random.integers(0, 11, number),
            "lon": np.where(absent, np.nan, lon),
            "lat": np.where(absent, np.nan, lat),
            "rooms": random.integers(1, 6, number).astype(float),
        }
        for position in range(4):
            columns[f"i{position}"] = (random.random(number) < 0.2 + 0.1 * unit).astype(int)
        table = pl.DataFrame(columns).with_columns(pl.col("lon", "lat").fill_nan(None))
        lacks = pl.Series(random.random(number) < 0.05)
        return table.with_columns(i3=pl.when(lacks).then(None).otherwise(pl.col("i3")))

    return draw


@pytest.fixture(scope="session")
def city() -> City:
    return kota_contoh()


@pytest.fixture(scope="session")
def city_boundaries(city: City, tmp_path_factory: pytest.TempPathFactory) -> BoundarySet:
    path = tmp_path_factory.mktemp("city") / "kelurahan.gpkg"
    city.kelurahan.to_file(path)
    return boundary_sets.read(
        path,
        name="contoh",
        level="kelurahan",
        code_system=CodeSystem.KEMENDAGRI,
        code_column="code",
        source="Kota Contoh",
    )


@pytest.fixture(scope="session")
def computed(city: City, city_boundaries: BoundarySet, tmp_path_factory: pytest.TempPathFactory) -> Computed:
    """A whole run over Kota Contoh, with members."""
    folder = tmp_path_factory.mktemp("register")
    write_register(city.kelurahan, folder, households=20_000, seed=3)
    register = bind(
        folder / "households.parquet",
        folder / "members.parquet",
        load_schema("dtsen"),
        load_specification("bogor"),
        "Kota Contoh",
    )
    return compute(register, city_boundaries, resolution=9)
