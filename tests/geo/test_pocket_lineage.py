"""Pockets of two runs are kin by the poor people they share; pockets of units and by scan, too."""

import h3
import numpy as np
import polars as pl
import pytest
import shapely

from geo import cells, contiguity, hotspots, pockets
from geo.disclosure import ZONE_COLUMNS
from geo.errors import ParameterError
from geo.pocket_lineage import lineage

CENTRE = cells.to_text(cells.index(np.array([106.8]), np.array([-6.6]), 9))[0]


def run(**pocket_of: tuple[int, float]) -> tuple[pl.DataFrame, np.ndarray]:
    """The cells of a run: code → (pocket, poor persons)."""
    table = pl.DataFrame(
        {"code": list(pocket_of), "poor_persons": [float(poor) for _, poor in pocket_of.values()]},
        schema={"code": pl.String, "poor_persons": pl.Float64},
    )
    return table, np.array([pocket for pocket, _ in pocket_of.values()], dtype=np.int64)


def fates(old: tuple[pl.DataFrame, np.ndarray], new: tuple[pl.DataFrame, np.ndarray]) -> list[tuple]:
    return lineage(*old, *new).select("old", "new", "fate").rows()


def test_one_pocket_grows_shrinks_or_stays() -> None:
    old = run(a=(0, 10), b=(0, 10))
    assert fates(old, run(a=(0, 10), b=(0, 10), c=(0, 5))) == [("1", "1", "grown")]
    assert fates(old, run(a=(0, 10), b=(-1, 10))) == [("1", "1", "shrunk")]
    assert fates(old, run(b=(0, 10), a=(0, 10))) == [("1", "1", "unchanged")]


def test_pockets_are_born_and_go() -> None:
    assert fates(run(a=(0, 10)), run(b=(0, 10))) == [("1", None, "gone"), (None, "1", "born")]
    assert fates(run(), run(b=(0, 10))) == [(None, "1", "born")]
    assert fates(run(), run()) == []


def test_pockets_merge_and_split() -> None:
    two, one = run(a=(0, 10), b=(1, 8)), run(a=(0, 10), b=(0, 8), c=(0, 2))
    assert fates(two, one) == [("1", "1", "merged"), ("2", "1", "merged")]
    assert fates(one, two) == [("1", "1", "split"), ("1", "2", "split")]


def test_pockets_that_merge_and_split_at_once_are_rearranged() -> None:
    old, new = run(a=(0, 10), b=(0, 10), c=(1, 10)), run(a=(0, 10), b=(1, 10), c=(1, 10))
    assert set(fates(old, new)) == {("1", "1", "split"), ("1", "2", "rearranged"), ("2", "2", "merged")}


def test_shares_are_of_poor_people_and_not_of_cells() -> None:
    old, new = run(a=(0, 90), b=(0, 10)), run(a=(0, 60), c=(0, 20))
    row = lineage(*old, *new).row(0, named=True)
    assert (row["share_of_old"], row["share_of_new"], row["shared_share"]) == (0.9, 0.75, 0.9)
    assert (row["cells"], row["old_poor_persons"], row["new_poor_persons"]) == (1, 100, 80)


def test_a_sliver_of_shared_people_makes_no_kin() -> None:
    old, new = run(a=(0, 95), b=(0, 5)), run(b=(0, 5), c=(0, 95))
    assert fates(old, new) == [("1", None, "gone"), (None, "1", "born")]
    assert lineage(*old, *new, least_shared=0.05)["fate"].to_list() == ["unchanged"]


def test_every_pocket_stands_in_the_lineage() -> None:
    rng = np.random.default_rng(1)
    codes = [f"c{number}" for number in range(60)]
    sides = [
        (pl.DataFrame({"code": codes, "poor_persons": rng.uniform(1, 9, 60)}), rng.integers(-1, 9, 60))
        for _ in range(2)
    ]
    table = lineage(*sides[0], *sides[1])
    assert set(table["old"].drop_nulls()) == {str(n + 1) for n in range(9)}
    assert set(table["new"].drop_nulls()) == {str(n + 1) for n in range(9)}


def test_what_does_not_fit_is_refused() -> None:
    table, member = run(a=(0, 1))
    with pytest.raises(ParameterError, match="the old run has 1 cells but pockets of 0"):
        lineage(table, member[:0], table, member)
    with pytest.raises(ParameterError, match="more than 0"):
        lineage(table, member, table, member, least_shared=0)


# Pockets of units, and the scan as second opinion


def units(columns: int, rows: int, m0: np.ndarray, poor: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """A published table of square units, each of 400 persons."""
    x, y = (
        axis.ravel() for axis in np.meshgrid(106.8 + 0.01 * np.arange(columns), -6.6 + 0.01 * np.arange(rows))
    )
    x = np.where(np.arange(len(x)) == len(x) - 1, x + 1.0, x)  # the last one is an island
    return published(m0, poor), shapely.box(x, y, x + 0.01, y + 0.01)


def published(m0: np.ndarray, poor: np.ndarray) -> pl.DataFrame:
    number = len(m0)
    figures = dict.fromkeys(
        (name for name, kind in ZONE_COLUMNS.items() if kind == pl.Float64), np.ones(number)
    )
    figures |= {"m0": m0, "persons": np.full(number, 400.0), "poor_persons": poor, "h": poor / 400}
    figures |= {"households": np.full(number, 100.0), "poor_households": poor / 4}
    codes = [f"unit {place:03}" for place in range(number)]
    return pl.DataFrame(
        {"code": codes, "name": codes, "parent": None, "status": "shown", "reason": None, **figures},
        schema_overrides=dict(ZONE_COLUMNS),
    )


@pytest.fixture(scope="module")
def town() -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    core = np.zeros((12, 12), dtype=bool)
    core[3:6, 3:6] = True
    core = core.ravel()
    m0 = np.where(core, 0.3, 0.1) + rng.normal(0, 0.01, 144)
    m0[-1] = 0.4  # the island
    return (*units(12, 12, m0, np.rint(m0 * 400)), core)


def test_pockets_of_units_are_contiguous_and_an_island_makes_none(
    town: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    table, geometry, core = town
    found = pockets.find_units(table, geometry)
    assert found.table.height == 1
    assert (found.member[core] == 0).all()
    assert found.member[-1] == -1
    assert found.geometry[0].geom_type == "Polygon"
    hot = hotspots.discoveries(hotspots.hot_by_g_star(table["m0"].to_numpy(), contiguity.queen(geometry)))
    assert hot[-1]  # hot by itself alone, and yet no pocket


def test_an_island_is_a_pocket_from_the_stated_number_of_poor_on(
    town: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    table, geometry, _ = town
    poor = table["poor_persons"][-1]
    members = [
        pockets.find_units(table, geometry, size=pockets.Size(poor_persons=least)).member[-1]
        for least in (poor, poor + 1)
    ]
    assert members == [1, -1]


def test_a_hidden_or_empty_unit_is_nobody_s_neighbour(
    town: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    table, geometry, core = town
    wall = pl.int_range(pl.len()).is_in(range(12 * 4, 12 * 5))
    hidden = table.with_columns(
        pl.when(wall).then(pl.lit("hidden")).otherwise("status").alias("status"),
        pl.when(~wall).then("m0").alias("m0"),
    )
    found = pockets.find_units(hidden, geometry)
    assert (found.member[12 * 4 : 12 * 5] == -1).all()
    assert found.table.height == 2
    assert set(found.member[core].tolist()) == {-1, 0, 1}


def test_local_moran_finds_the_core_as_well(town: tuple[pl.DataFrame, np.ndarray, np.ndarray]) -> None:
    table, geometry, core = town
    calm = table.with_columns(pl.Series("m0", np.where(np.arange(144) == 143, 0.1, table["m0"].to_numpy())))
    found = pockets.find_units(calm, geometry, hot_spots=hotspots.hot_by_local_moran)
    assert found.table.height == 1
    assert (found.member[core] == 0).all()
    assert (found.member[~core] == 0).sum() <= 1


@pytest.mark.parametrize("counted", ["persons", "households"])
def test_the_scan_confirms_the_core_and_not_a_made_up_pocket(
    town: tuple[pl.DataFrame, np.ndarray, np.ndarray], counted: str
) -> None:
    table, geometry, core = (part[:-1] for part in town)  # without the island, which is one as well
    member = np.where(core, 0, -1)
    member[[130, 131]] = 1
    p = pockets.second_opinion(table, geometry, member, counted=counted, draws=99, seed=1)
    assert p[0] == 0.01
    assert p[1] > 0.5


def test_households_are_weaker_evidence_than_the_persons_in_them() -> None:
    rng = np.random.default_rng(5)
    poor = 4.0 * rng.binomial(100, 0.2, 144)
    poor[65:68] += 40
    table, geometry = units(12, 12, poor / 800, poor)
    member = np.full(144, -1)
    member[65:68] = 0
    by_persons, by_households = (
        pockets.second_opinion(table, geometry, member, counted=counted, draws=199, seed=1)[0]
        for counted in ("persons", "households")
    )
    assert by_persons < by_households


def test_what_cannot_be_counted_or_is_no_size_is_refused(
    town: tuple[pl.DataFrame, np.ndarray, np.ndarray],
) -> None:
    table, geometry, core = town
    with pytest.raises(ParameterError, match="persons or households"):
        pockets.second_opinion(table, geometry, np.where(core, 0, -1), counted="cells", seed=1)
    for wrong in ({"places": 0}, {"poor_persons": 0.0}):
        with pytest.raises(ParameterError, match="at least 1 place"):
            pockets.Size(**wrong)


def test_a_lone_hot_cell_is_a_pocket_by_its_poor_and_not_without() -> None:
    codes = sorted(h3.grid_disk(CENTRE, 6))
    lone = codes.index(h3.grid_ring(CENTRE, 6)[0])
    m0 = np.full(len(codes), 0.05) + np.random.default_rng(1).normal(0, 1e-3, len(codes))
    m0[lone] = 0.9
    table = published(m0, np.rint(m0 * 400)).with_columns(pl.Series("code", codes))
    hidden = set(h3.grid_disk(codes[lone], 1)) - {codes[lone]}
    around = pl.col("code").is_in(list(hidden))
    table = table.with_columns(pl.when(around).then(pl.lit("hidden")).otherwise("status").alias("status"))
    assert pockets.find(table).member[lone] == -1
    assert pockets.find(table, size=pockets.Size(poor_persons=300)).member[lone] == 0
