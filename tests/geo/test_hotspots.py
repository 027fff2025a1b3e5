"""Gi*, local Moran and discoveries agree with spdep, esda and their definitions."""

import json
from pathlib import Path

import esda
import libpysal
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells, hotspots

DATA = Path(__file__).parents[1] / "data"
GRID = json.loads((DATA / "gi_star.json").read_text())
SPDEP = json.loads((DATA / "local_moran.json").read_text())


def disk(radius: int) -> np.ndarray:
    import h3

    centre = cells.to_text(cells.index(np.array([106.8]), np.array([-6.6]), 9))[0]
    return np.sort(cells.from_text(list(h3.grid_disk(centre, radius))))


def spdep_grid() -> tuple[np.ndarray, sp.csr_array]:
    neighbours = GRID["neighbours_1based"]
    rows = np.repeat(np.arange(25), [len(row) for row in neighbours])
    columns = np.concatenate(neighbours) - 1
    return np.array(GRID["values"], float), sp.csr_array(
        (np.ones(len(rows)), (rows, columns)), shape=(25, 25)
    )


def hexagons_with_an_island(seed: int = 1) -> tuple[np.ndarray, sp.csr_array]:
    codes = np.sort(np.append(disk(5), cells.index(np.array([108.0]), np.array([-6.6]), 9)))
    return np.random.default_rng(seed).gamma(2, 1, len(codes)), cells.neighbours(codes)


def weights(contiguity: sp.csr_array) -> libpysal.weights.W:
    return libpysal.weights.WSP(sp.csr_matrix(contiguity)).to_W(silence_warnings=True)


def test_local_moran_equals_spdep() -> None:
    statistic = hotspots.local_moran(*spdep_grid()).statistic
    assert statistic == pytest.approx(SPDEP["local_moran_Ii_W"], abs=SPDEP["abs_tol"])


def test_gi_star_equals_esda_also_for_an_island() -> None:
    values, contiguity = hexagons_with_an_island()
    with_itself = weights(contiguity + sp.eye_array(len(values)))
    reference = esda.G_Local(values, with_itself, transform="B", permutations=0, star=None)
    assert hotspots.local_g_star(values, contiguity) == pytest.approx(reference.Zs, abs=1e-9)


def test_local_moran_equals_esda_up_to_the_divisor_of_its_variance() -> None:
    values, contiguity = spdep_grid()
    ratio = SPDEP["ratio_esda_over_spdep"]
    reference = esda.Moran_Local(values, weights(contiguity), permutations=0)
    assert hotspots.local_moran(values, contiguity).statistic * ratio == pytest.approx(reference.Is, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_local_moran_and_its_conditional_moments_equal_esda(seed: int) -> None:
    codes = disk(5)
    values, contiguity = np.random.default_rng(seed).gamma(2, 1, len(codes)), cells.neighbours(codes)
    reference = esda.Moran_Local(values, weights(contiguity), permutations=0)
    ours, places = hotspots.local_moran(values, contiguity), len(values)
    assert ours.statistic * (places - 1) / places == pytest.approx(reference.Is, abs=1e-9)
    assert ours.expected == pytest.approx(reference.EIc, abs=1e-9)
    assert ours.variance == pytest.approx(reference.VIc, abs=1e-9)
    assert np.array_equal(ours.is_high_high, reference.q == 1)


def test_an_island_says_nothing_by_local_moran() -> None:
    values, contiguity = hexagons_with_an_island()
    island = np.flatnonzero(np.diff(contiguity.indptr) == 0)
    moran = hotspots.local_moran(values, contiguity)
    assert len(island) == 1
    assert moran.statistic[island] == moran.variance[island] == moran.z[island] == 0
    assert hotspots.hot_by_local_moran(values, contiguity)[island] == 1
    assert hotspots.permuted_moran_p(values, contiguity, draws=19, seed=1)[island] == 1


def test_permutation_agrees_with_the_closed_moments_within_monte_carlo_error() -> None:
    values, contiguity = hexagons_with_an_island()
    moran = hotspots.local_moran(values, contiguity)
    degree = np.diff(contiguity.indptr)
    taken = hotspots._draws_without_replacement(len(values) - 1, 6, 20_000, np.random.default_rng(5))
    drawn = moran.value * hotspots._drawn_sums(moran.value, degree, taken) / np.maximum(degree, 1)
    error = np.sqrt(moran.variance / 20_000)
    assert (np.abs(drawn.mean(axis=0) - moran.expected) <= 4.5 * error + 1e-12).all()
    joined = degree > 0
    assert drawn.var(axis=0)[joined] == pytest.approx(moran.variance[joined], rel=0.12)


@pytest.mark.filterwarnings("ignore:The alternative hypothesis for conditional:DeprecationWarning")
def test_permutation_p_agrees_with_esda_within_monte_carlo_error() -> None:
    codes = disk(5)
    values, contiguity = np.random.default_rng(3).gamma(2, 1, len(codes)), cells.neighbours(codes)
    ours = hotspots.permuted_moran_p(values, contiguity, draws=1999, seed=7)
    reference = esda.Moran_Local(values, weights(contiguity), permutations=1999, seed=11)
    error = np.sqrt(2 * ours * (1 - ours) / 1999)
    assert (np.abs(ours - reference.p_sim) <= 4.5 * error + 2 / 2000).all()


def test_the_same_seed_gives_the_same_p() -> None:
    values, contiguity = hexagons_with_an_island()
    one, same, other = (
        hotspots.permuted_moran_p(values, contiguity, draws=99, seed=s).tolist() for s in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_blocks_of_permutations_do_not_change_what_a_p_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    values, contiguity = hexagons_with_an_island()
    monkeypatch.setattr(hotspots, "_BLOCK", 10 * len(values))
    p = hotspots.permuted_moran_p(values, contiguity, draws=99, seed=1)
    assert np.allclose(p * 100, np.round(p * 100))
    assert ((p >= 0.01) & (p <= 1)).all()


@settings(deadline=None)
@given(population=st.integers(6, 60), number=st.integers(1, 6), seed=st.integers(0, 99))
def test_no_draw_takes_a_place_twice(population: int, number: int, seed: int) -> None:
    taken = hotspots._draws_without_replacement(population, number, 50, np.random.default_rng(seed))
    assert taken.min() >= 0
    assert taken.max() < population
    assert all(len(set(row)) == number for row in taken.tolist())


@settings(deadline=None)
@given(value=st.floats(1e-6, 1.0), noise=st.sampled_from([0.0, 1e-17, 1e-16]))
def test_places_that_are_all_alike_are_no_hot_spots(value: float, noise: float) -> None:
    codes = disk(3)
    values, contiguity = value * (1 + noise * np.arange(len(codes))), cells.neighbours(codes)
    assert np.all(hotspots.local_g_star(values, contiguity) == 0)
    assert np.all(hotspots.local_moran(values, contiguity).statistic == 0)
    assert np.all(hotspots.permuted_moran_p(values, contiguity, draws=9, seed=1) == 1)


@pytest.mark.parametrize("places", [0, 1, 2])
def test_one_place_or_none_is_no_hot_spot(places: int) -> None:
    values, contiguity = np.arange(places, dtype=float), sp.csr_array((places, places))
    assert hotspots.local_moran(values, contiguity).statistic.tolist() == [0.0] * places
    assert len(hotspots.local_g_star(values, contiguity)) == places
    assert not hotspots.discoveries(hotspots.hot_by_g_star(values, contiguity)).any()


@settings(deadline=None)
@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=40), st.sampled_from([0.01, 0.05, 0.2]))
def test_discoveries_are_those_of_benjamini_and_hochberg(p: list[float], rate: float) -> None:
    ordered = sorted(p)
    passing = [value for rank, value in enumerate(ordered, start=1) if value * len(p) / rank <= rate]
    line = max(passing, default=-1.0)
    assert hotspots.discoveries(np.array(p), rate).tolist() == [value <= line for value in p]
