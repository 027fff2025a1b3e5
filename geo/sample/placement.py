"""Coordinates of the synthetic households: most right, a fifth missing, one in a hundred wrong."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.sample.settlement import Doubles, Integers, Settlement

WITHOUT_COORDINATES = 0.2
WRONG_COORDINATES = 0.01

_SCATTER_M = 45.0
_HALVINGS = 5
_DECIMALS = 6
_OPEN_SEA = (107.0, -9.6)
_WRONG_KINDS = (0.4, 0.6, 0.85)


def choose_spots(settlement: Settlement, unit: Integers, rng: np.random.Generator) -> Integers:
    """Draw the spot of each household among those of its unit, by attraction."""
    low = settlement.mass[settlement.first[unit]]
    high = settlement.mass[settlement.first[unit + 1]]
    chance = low + rng.random(len(unit)) * (high - low)
    spot = np.searchsorted(settlement.mass, chance, side="right") - 1
    return np.clip(spot, settlement.first[unit], settlement.first[unit + 1] - 1)


def scatter(settlement: Settlement, spot: Integers, rng: np.random.Generator) -> Doubles:
    """Put each household near its spot and strictly inside its unit.

    A point that falls outside moves halfway back to its spot, up to five times, then onto it.

    Returns
    -------
    numpy.ndarray
        Longitude and latitude, rounded to 6 decimals, shape (households, 2).
    """
    home = settlement.spots[spot]
    offset = rng.standard_normal((len(spot), 2)) * _SCATTER_M / settlement.plane.scale
    unit = settlement.unit[spot]
    points = np.round(home + offset, _DECIMALS)
    outside = np.flatnonzero(~_inside(settlement.shapes, unit, points))
    for halving in range(1, _HALVINGS + 1):
        points[outside] = np.round(home[outside] + offset[outside] / 2**halving, _DECIMALS)
        outside = outside[~_inside(settlement.shapes, unit[outside], points[outside])]
    points[outside] = home[outside]
    return points


def _inside(shapes: NDArray[np.object_], unit: Integers, points: Doubles) -> NDArray[np.bool_]:
    """Test each point against its own unit; units ascend, so each is tested once."""
    inside = np.zeros(len(points), dtype=bool)
    present, start = np.unique(unit, return_index=True)
    for number, begin, end in zip(present, start, np.append(start, len(unit))[1:], strict=True):
        inside[begin:end] = shapely.contains_xy(shapes[number], *points[begin:end].T)
    return inside


def spoil(
    settlement: Settlement, unit: Integers, points: Doubles, rng: np.random.Generator
) -> tuple[Doubles, NDArray[np.bool_]]:
    """Lose a fifth of the coordinates and spoil one in a hundred.

    Wrong ones are swapped, 0,0, in another unit, or in the open sea.

    Returns
    -------
    points, missing
        Longitude and latitude as the register holds them, and which are missing.
    """
    chance = rng.random(len(points))
    missing = chance < WITHOUT_COORDINATES
    wrong = np.flatnonzero(chance > 1 - WRONG_COORDINATES)
    kind = np.searchsorted(_WRONG_KINDS, rng.random(len(wrong)))
    elsewhere = rng.integers(0, len(settlement.spots), len(wrong))
    kind[(kind == 2) & (settlement.unit[elsewhere] == unit[wrong])] = 1
    sea = np.round(np.array(_OPEN_SEA) + rng.uniform(-0.3, 0.3, (len(wrong), 2)), _DECIMALS)
    spoiled = points.copy()
    candidates = (points[wrong][:, ::-1], np.zeros((len(wrong), 2)), settlement.spots[elsewhere], sea)
    spoiled[wrong] = np.select([(kind == number)[:, None] for number in range(4)], candidates)
    return spoiled, missing


def ring_number(spot: Integers) -> Integers:
    """Return the RT of each spot within its RW."""
    return spot * 7919 % 8 + 1
