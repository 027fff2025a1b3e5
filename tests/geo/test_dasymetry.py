"""Households known by code only go where a population raster has people, and nobody is lost or counted twice."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import rasterio
from affine import Affine

from geo import cells, surfaces
from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.dasymetry import CellWeights
from geo.register import bind
from geo.schema import RegisterSchema
from geo.specification import Specification
from geo.store import Store
from geo.tally import Profiles, Tally, at_cells, at_units

WEST, SOUTH, SIDE = 107.0, -6.0, 0.01
FIRST = 3


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People on the eastern half of every kelurahan only, three times as many in the north-east quarter."""
    side = np.zeros((10, 10), "float32")
    side[:, 5:] = 10
    side[:5, 5:] = 30
    path = tmp_path_factory.mktemp("population") / "p.tif"
    transform = Affine(SIDE / 10, 0, WEST, 0, -SIDE / 10, SOUTH + 2 * SIDE)
    profile = {
        "driver": "GTiff",
        "height": 20,
        "width": 30,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
    }
    with rasterio.open(path, "w", transform=transform, **profile) as file:
        file.write(np.tile(side, (2, 3)), 1)
    return path


@pytest.fixture(scope="module")
def weights(population: Path, boundaries: BoundarySet) -> CellWeights:
    return surfaces.cell_weights(surfaces.read(population, boundaries.units.geometry), boundaries, 10)


def counted(units: list[int], located: list[int], weights: CellWeights | None) -> Tally:
    frame = pl.DataFrame(
        {
            "unit": np.array(units) + FIRST,
            "cell": np.array(located, np.uint64),
            "desil": 0,
            "deprived": 0,
            "missing": 0,
            "persons": 4,
        }
    )
    return replace(Tally.of(frame), weights=weights)


def test_the_raster_is_all_in_its_cells(weights: CellWeights) -> None:
    assert weights.weights.sum() == pytest.approx(6 * (25 * 10 + 25 * 30), rel=1e-3)
    assert (weights.weights > 0).all()
    assert CellWeights.from_bytes(weights.to_bytes()).to_bytes() == weights.to_bytes()


def test_households_by_code_go_where_people_are(weights: CellWeights, boundaries: BoundarySet) -> None:
    tally = counted([0] * 90, [0] * 90, weights)
    counts = at_cells(tally, Profiles.of(tally), boundaries, 9, 10)
    spread = counts.shares @ counts.carried_households.toarray()
    middle = cells.polygons(counts.zones)
    east = np.array([polygon.centroid.x - WEST for polygon in middle]) / SIDE
    assert spread.sum() == pytest.approx(90)
    assert (spread[east < 0.3] == 0).all()
    assert spread[east > 0.5].sum() > 60


def test_people_of_the_raster_go_before_located_households(
    weights: CellWeights, boundaries: BoundarySet
) -> None:
    west = int(cells.index(np.array([WEST + 0.001]), np.array([SOUTH + 0.005]), 10)[0])
    shares = {}
    for name, given in (("raster", weights), ("located", None)):
        tally = counted([0] * 20, [0] * 10 + [west] * 10, given)
        counts = at_cells(tally, Profiles.of(tally), boundaries, 9, 10)
        here = np.searchsorted(counts.zones, cells.parents(np.array([west], np.uint64), 9)[0])
        shares[name] = float(counts.shares[[here], FIRST][0])
        assert float(counts.shares.sum(axis=0)[FIRST]) == pytest.approx(1)
    assert shares["located"] == 1.0
    assert shares["raster"] < 0.2


def test_a_unit_without_people_in_the_raster_is_spread_as_without_one(boundaries: BoundarySet) -> None:
    nobody = CellWeights(10, np.zeros(0, np.uint64), np.zeros(0))
    plain = counted([2] * 5, [0] * 5, None)
    empty = counted([2] * 5, [0] * 5, nobody)
    one, other = (at_cells(tally, Profiles.of(tally), boundaries, 9, 10) for tally in (plain, empty))
    assert one.zones.tolist() == other.zones.tolist()
    assert (one.shares != other.shares).nnz == 0


def test_a_run_keeps_its_weights_and_says_so(
    population: Path,
    weights: CellWeights,
    boundaries: BoundarySet,
    random_households: Callable[[int, int], pl.DataFrame],
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    random_households(3_000, 1).filter(pl.col("code").str.len_chars() == 10).write_parquet(
        tmp_path / "h.parquet"
    )
    register = bind(tmp_path / "h.parquet", None, small_schema, specify([Fraction(1, 4)] * 4), "x")
    plain = compute(register, boundaries, resolution=10)
    spread = compute(register, boundaries, resolution=10, weights=weights)
    assert spread.summary.id != plain.summary.id
    assert "raster penduduk" in spread.summary.notes[-1].id
    kelurahan = [run.published["planner"].levels["kelurahan"].table for run in (plain, spread)]
    assert kelurahan[0].equals(kelurahan[1])
    store = Store(f"sqlite:///{tmp_path / 'k.gpkg'}", create=True)
    store.save_boundaries(boundaries)
    store.save_run(spread)
    again, _ = store.tabulation("latest").restricted
    store.close()
    assert again.weights is not None
    assert again.to_bytes() == spread.tally.to_bytes()


def test_households_of_a_coarser_unit_go_to_its_units_by_their_people(
    weights: CellWeights, boundaries: BoundarySet
) -> None:
    """Of a kecamatan whose three kelurahan have 3 : 2 : 1 parts of the people."""
    parts = boundaries.rows("kelurahan")[:3]
    people = weights.over(boundaries.units.geometry.to_numpy()[parts])
    assert people == pytest.approx([1000] * 3, rel=0.1)
    uneven = CellWeights(weights.resolution, weights.cells, weights.weights.copy())
    middle = np.array([polygon.centroid.x - WEST for polygon in cells.polygons(weights.cells)])
    uneven.weights[:] *= 3 - np.floor(np.clip(middle / SIDE, 0, 2.99))
    kecamatan = int(boundaries.units["parent"].iloc[parts[0]])
    tally = replace(counted([kecamatan - FIRST] * 60, [0] * 60, None), weights=uneven)
    counts = at_units(tally, Profiles.of(tally), boundaries, "kelurahan")
    spread = (counts.shares @ counts.carried_households.toarray()).sum(axis=1)
    assert spread == pytest.approx([30, 20, 10, 0, 0, 0], abs=1.5)
    without = replace(tally, weights=None)
    even = at_units(without, Profiles.of(without), boundaries, "kelurahan")
    assert (even.shares @ even.carried_households.toarray()).sum(axis=1)[:3] == pytest.approx([20] * 3)
