"""Hot spots agree with spdep and esda, and pockets are contiguous places among the shown cells."""

import json
from collections.abc import Sequence
from pathlib import Path

import esda
import libpysal
import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
import scipy.stats
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import cells, pockets
from geo.compute import Computed
from geo.disclosure import ZONE_COLUMNS

GI_STAR = json.loads((Path(__file__).parents[1] / "data" / "gi_star.json").read_text())
CENTRE = cells.index(np.array([106.8]), np.array([-6.6]), 9)


def disk(radius: int) -> np.ndarray:
    import h3

    return np.sort(cells.from_text(list(h3.grid_disk(cells.to_text(CENTRE)[0], radius))))


def published(codes: np.ndarray, m0: Sequence[float], hidden: Sequence[int] = ()) -> pl.DataFrame:
    """A published table of cells of 100 persons each, two thirds of the poor's score."""
    rate = np.asarray(m0, dtype=float)
    figures = {
        "area_km2": cells.areas_km2(codes),
        "read": np.full(len(codes), 40.0),
        "left_out": np.zeros(len(codes)),
        "households": np.full(len(codes), 40.0),
        "persons": np.full(len(codes), 100.0),
        "modelled_share": np.full(len(codes), 0.25),
        "poor_households": 40 * rate * 1.5,
        "poor_persons": 100 * rate * 1.5,
        "poor_per_km2": 100 * rate * 1.5 / cells.areas_km2(codes),
        "h": rate * 1.5,
        "a": np.full(len(codes), 2 / 3),
        "m0": rate,
        "vulnerable": np.full(len(codes), 0.1),
        "severe": np.full(len(codes), 0.1),
        "uncensored_x": rate * 2,
        "censored_x": rate,
        "contribution_x": np.full(len(codes), 1.0),
    }
    names = cells.to_text(codes)
    table = pl.DataFrame(
        {"code": names, "name": names, "parent": None, "status": "shown", "reason": None, **figures},
        schema_overrides=dict(ZONE_COLUMNS),
    )
    row = pl.int_range(pl.len()).is_in(list(hidden))
    return table.with_columns(
        pl.when(row).then(pl.lit("hidden")).otherwise("status").alias("status"),
        *(pl.when(~row).then(pl.col(name)).alias(name) for name in figures if name != "area_km2"),
    )


def test_gi_star_equals_spdep() -> None:
    neighbours = GI_STAR["neighbours_1based"]
    rows = np.repeat(np.arange(25), [len(row) for row in neighbours])
    columns = np.concatenate(neighbours) - 1
    contiguity = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(25, 25))
    z = pockets.local_g_star(np.array(GI_STAR["values"], dtype=float), contiguity)
    assert z == pytest.approx(GI_STAR["gi_star_binary"], abs=GI_STAR["abs_tol"])


def test_gi_star_equals_esda_on_hexagons() -> None:
    codes = disk(5)
    values = np.random.default_rng(1).gamma(2, 1, len(codes))
    contiguity = cells.neighbours(codes)
    w = libpysal.weights.WSP(sp.csr_matrix(contiguity + sp.eye_array(len(codes)))).to_W(silence_warnings=True)
    reference = esda.G_Local(values, w, transform="B", permutations=0, star=None)
    assert pockets.local_g_star(values, contiguity) == pytest.approx(reference.Zs, abs=1e-12)


@given(value=st.floats(1e-6, 1.0), noise=st.sampled_from([0.0, 1e-17, 1e-16]))
def test_places_that_are_all_alike_are_no_hot_spots(value: float, noise: float) -> None:
    codes = disk(3)
    values = value * (1 + noise * np.arange(len(codes)))
    assert np.all(pockets.local_g_star(values, cells.neighbours(codes)) == 0)


def test_every_neighbour_shares_an_edge() -> None:
    codes = disk(4)
    contiguity = cells.neighbours(codes)
    assert (contiguity != contiguity.T).nnz == 0
    assert contiguity.diagonal().sum() == 0
    middle = int(np.searchsorted(codes, CENTRE[0]))
    around = contiguity[[middle]].toarray().ravel() > 0
    assert around.sum() == 6
    outlines = cells.polygons(codes)
    length = shapely.length(shapely.intersection(outlines[middle], outlines))
    assert (length[around] > 1e-4).all()


def benjamini_hochberg(p: np.ndarray, q: float) -> np.ndarray:
    order = np.argsort(p)
    passing = np.flatnonzero(p[order] <= q * np.arange(1, len(p) + 1) / len(p))
    found = np.zeros(len(p), dtype=bool)
    found[order[: passing[-1] + 1 if len(passing) else 0]] = True
    return found


def test_a_planted_cluster_is_found_and_nothing_else() -> None:
    codes = disk(8)
    core = np.isin(codes, disk(1))
    m0 = np.where(core, 0.4, 0.05) + np.random.default_rng(2).normal(0, 0.005, len(codes))
    found = pockets.find(published(codes, m0))
    assert found.table.height == 1
    assert (found.member[core] == 0).all()
    ring = np.isin(codes, disk(2))
    assert (found.member[~ring] == -1).all()
    z = pockets.local_g_star(m0, cells.neighbours(codes))
    hot = benjamini_hochberg(scipy.stats.norm.sf(z), pockets.FALSE_DISCOVERY_RATE)
    assert np.array_equal(found.member == 0, hot)
    assert found.table["cells"].item() == hot.sum()
    assert found.table["poor_persons"].item() == pytest.approx((100 * m0 * 1.5)[hot].sum())
    assert found.table["m0"].item() == pytest.approx(m0[hot].mean())
    assert found.table["a"].item() == pytest.approx(2 / 3)
    assert found.table["censored_x"].item() == pytest.approx(m0[hot].mean())
    assert found.table["modelled_share"].item() == pytest.approx(0.25)


def test_the_order_of_the_table_does_not_matter() -> None:
    codes = disk(6)
    m0 = np.where(np.isin(codes, disk(1)), 0.4, 0.05) + np.random.default_rng(2).normal(0, 0.005, len(codes))
    shuffle = np.random.default_rng(3).permutation(len(codes))
    one, other = pockets.find(published(codes, m0)), pockets.find(published(codes[shuffle], m0[shuffle]))
    assert one.member[shuffle].tolist() == other.member.tolist()
    assert one.geometry.tolist() == other.geometry.tolist()


def test_outlines_are_valid_whole_and_without_slivers() -> None:
    codes = disk(8)
    core = np.isin(codes, disk(2))
    found = pockets.find(published(codes, np.where(core, 0.4, 0.05)))
    outline = found.geometry[0]
    assert outline.is_valid
    parts = shapely.get_parts(outline)
    assert len(parts) == 1
    assert len(parts[0].interiors) == 0
    own = cells.polygons(codes[found.member == 0])
    assert outline.area == pytest.approx(shapely.area(own).sum(), rel=1e-9)


def test_a_hidden_cell_is_nobody_s_neighbour_and_in_no_pocket() -> None:
    codes = disk(8)
    core = np.isin(codes, disk(1))
    hidden = [int(np.searchsorted(codes, CENTRE[0]))]
    found = pockets.find(published(codes, np.where(core, 0.4, 0.05), hidden))
    assert found.member[hidden[0]] == -1
    assert found.table["cells"].sum() == (found.member >= 0).sum()
    assert found.geometry[0].geom_type in ("Polygon", "MultiPolygon")
    assert not found.geometry[0].contains(cells.polygons(CENTRE)[0].centroid)


def test_one_hot_cell_alone_is_no_pocket() -> None:
    codes = np.sort(np.concatenate([disk(6)[:60], cells.index(np.array([107.5]), np.array([-6.6]), 9)]))
    m0 = np.full(61, 0.05) + np.random.default_rng(1).normal(0, 1e-3, 61)
    m0[np.searchsorted(codes, cells.index(np.array([107.5]), np.array([-6.6]), 9)[0])] = 0.9
    assert pockets.find(published(codes, m0)).table.height == 0


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_few_or_no_shown_cells_give_no_pockets(shown: int) -> None:
    codes = disk(1)
    found = pockets.find(published(codes, np.linspace(0.1, 0.4, 7), hidden=range(shown, 7)))
    assert found.table.height == 0
    assert (found.member == -1).all()
    assert found.geometry.shape == (0,)
    assert pockets.find(published(codes[:0], [])).table.height == 0


def test_the_pockets_of_a_run_are_named_and_inside_their_cells(computed: Computed) -> None:
    assert computed.published["planner"].pockets.table.height > 0
    for run in computed.published.values():
        table, finest = run.pockets.table, list(run.levels.values())[-1]
        assert (table["cells"] >= 2).all()
        assert table["name"].str.starts_with("Kantong ").all()
        assert table["name"].n_unique() == table.height
        assert table["poor_persons"].is_sorted(descending=True)
        assert shapely.is_valid(run.pockets.geometry).all()
        shown = finest.table.filter(pl.col("status") == "shown")
        assert table["persons"].sum() <= shown["persons"].sum() + 1e-6
        assert (table["h"] > 0).all()
