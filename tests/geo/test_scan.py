"""The scan finds the circle that is least likely by chance, and its p-values are uniform when nothing is there."""

import itertools

import h3
import numpy as np
import pytest
import scipy.special

from geo import cells, scan
from geo.errors import ParameterError

CENTRE = cells.to_text(cells.index(np.array([106.8]), np.array([-6.6]), 9))[0]


def disk(radius: int) -> list[str]:
    return sorted(h3.grid_disk(CENTRE, radius))


def centres(codes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = np.array([h3.cell_to_latlng(code) for code in codes]).T
    return lon, lat


def ratio_of(inside: np.ndarray, poor: np.ndarray, persons: np.ndarray) -> float:
    """The log likelihood ratio of one set of places, written as the difference of binomial likelihoods."""
    rate_in = poor[inside].sum() / persons[inside].sum()
    rate_out = poor[~inside].sum() / persons[~inside].sum()
    if rate_in <= rate_out:
        return 0.0
    p = np.where(inside, rate_in, rate_out)
    whole = poor.sum() / persons.sum()

    def likelihood(rate: np.ndarray | float) -> float:
        return float(
            (
                scipy.special.xlogy(poor, rate) + scipy.special.xlogy(persons - poor, 1 - np.asarray(rate))
            ).sum()
        )

    return likelihood(p) - likelihood(whole)


@pytest.fixture(scope="module")
def planted() -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    codes = disk(7)
    rng = np.random.default_rng(4)
    core = np.isin(codes, disk(1))
    persons = rng.integers(50, 400, len(codes))
    return codes, rng.binomial(persons, np.where(core, 0.35, 0.15)), persons, core


def test_every_ratio_is_that_of_its_circle(
    planted: tuple[list[str], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    codes, poor, persons, _ = planted
    windows = scan.circles(*centres(codes), persons.astype(float))
    ratio = scan.scan(poor, persons, windows, draws=0, seed=1).ratio
    for centre in (0, 40, 100):
        inside = np.zeros(len(codes), dtype=bool)
        for step, added in enumerate(windows.added):
            inside[added[[centre]].indices] = True
            expected = ratio_of(inside, poor, persons) if inside.any() else 0.0
            assert ratio[step, centre] == pytest.approx(expected, abs=1e-9)


def test_circles_hold_the_nearest_places_up_to_a_tenth_of_the_people() -> None:
    codes = disk(7)
    lon, lat = centres(codes)
    persons = np.random.default_rng(1).integers(50, 400, len(codes)).astype(float)
    inside = sum(step.toarray() for step in scan.circles(lon, lat, persons).added)
    for centre in range(0, len(codes), 25):
        held = inside[centre] > 0
        away = np.array(
            [
                h3.great_circle_distance((lat[centre], lon[centre]), point, "m")
                for point in zip(lat, lon, strict=True)
            ]
        )
        assert away[held].max() <= away[~held].min() + 1
        assert persons[held].sum() <= 0.1 * persons.sum() + 1e-9
        nearest = persons[held].sum() + persons[~held][np.argsort(away[~held])[0]]
        assert nearest > 0.1 * persons.sum() or np.isclose(
            np.sort(away[~held])[0], np.sort(away[~held])[1], rtol=1e-3
        )


def test_a_planted_cluster_has_the_smallest_p_and_what_is_far_has_none(
    planted: tuple[list[str], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    codes, poor, persons, core = planted
    answer = scan.scan(poor, persons, scan.circles(*centres(codes), persons.astype(float)), draws=199, seed=1)
    far = np.isin(codes, [code for code in codes if h3.grid_distance(CENTRE, code) == 7][:3])
    p = answer.p_of_groups(np.where(core, 0, np.where(far, 1, -1)))
    assert p[0] == 1 / 200
    assert p[1] > 0.1


def test_the_best_circle_overlapping_a_group_is_that_of_all_circles_counted_one_by_one(
    planted: tuple[list[str], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    codes, poor, persons, _ = planted
    windows = scan.circles(*centres(codes), persons.astype(float))
    answer = scan.scan(poor, persons, windows, draws=99, seed=1)
    member = np.full(len(codes), -1)
    member[[3, 4]], member[[90, 120]] = 0, 1
    reached = np.zeros(windows.added[0].shape, dtype=bool)
    best = [0.0, 0.0]
    for ratio, added in zip(answer.ratio, windows.added, strict=True):
        reached |= added.toarray() > 0
        for group, centre in itertools.product((0, 1), range(len(codes))):
            if reached[centre][member == group].any():
                best[group] = max(best[group], ratio[centre])
    assert answer.p_of_groups(member).tolist() == answer.p_of(np.array(best)).tolist()


def test_p_is_uniform_when_nothing_is_planted() -> None:
    codes = disk(4)
    rng = np.random.default_rng(6)
    persons = rng.integers(50, 400, len(codes))
    windows = scan.circles(*centres(codes), persons.astype(float))
    p = []
    for world in range(100):
        answer = scan.scan(rng.binomial(persons, 0.2), persons, windows, draws=39, seed=world)
        p.append(answer.p_of(answer.ratio.max())[()])
    assert np.mean(np.array(p) <= 0.2) == pytest.approx(0.2, abs=0.12)  # three standard errors
    assert np.mean(p) == pytest.approx(0.5, abs=0.09)


def test_the_same_seed_gives_the_same_answer(
    planted: tuple[list[str], np.ndarray, np.ndarray, np.ndarray],
) -> None:
    codes, poor, persons, _ = planted
    windows = scan.circles(*centres(codes), persons.astype(float))
    one, same, other = (scan.scan(poor, persons, windows, draws=150, seed=s) for s in (1, 1, 2))
    assert one.largest_by_chance.tolist() == same.largest_by_chance.tolist()
    assert one.largest_by_chance.tolist() != other.largest_by_chance.tolist()
    assert len(one.largest_by_chance) == 150


@pytest.mark.parametrize("places", [0, 1, 5])
def test_places_without_persons_or_poor_have_no_clusters(places: int) -> None:
    lon, nobody = np.arange(places) / 100, np.zeros(places, dtype=np.int64)
    answer = scan.scan(nobody, nobody, scan.circles(lon, lon * 0, nobody.astype(float)), draws=9, seed=1)
    assert (answer.p_of_groups(np.zeros(places, dtype=np.int64)) == 1).all()


def test_more_poor_than_persons_is_refused() -> None:
    windows = scan.circles(np.zeros(2), np.zeros(2), np.ones(2))
    with pytest.raises(ParameterError, match="place 1 has 3 poor of 2 persons"):
        scan.scan(np.array([0, 3]), np.array([1, 2]), windows, seed=1)
