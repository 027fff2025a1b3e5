"""Fast random draws of coded values: one byte of chance looked up in a table."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.int8]
Floats = NDArray[np.float32]
Booleans = NDArray[np.bool_]

_LEVELS = 1024


class CodeTable:
    """Draw codes whose shares depend on a class (row) of each household or person.

    Parameters
    ----------
    rows
        One mapping from code to relative frequency per class.

    Examples
    --------
    >>> roofs = CodeTable([{2: 9, 4: 1}, {4: 1}])
    >>> roofs.draw(np.array([1, 1]), np.random.default_rng(1)).tolist()
    [4, 4]
    """

    def __init__(self, rows: Sequence[Mapping[int, float]]) -> None:
        self._table: Bytes = np.stack([_expand(row) for row in rows])

    def draw(self, row: NDArray[np.integer] | Booleans, rng: np.random.Generator) -> Bytes:
        """Draw one code for each class number."""
        chance = rng.integers(0, _LEVELS, len(row), dtype=np.int16)
        return np.asarray(self._table[row.astype(np.int8), chance], dtype=np.int8)


def _expand(frequencies: Mapping[int, float]) -> Bytes:
    codes = np.fromiter(frequencies.keys(), dtype=np.int8)
    shares = np.cumsum(np.fromiter(frequencies.values(), dtype=np.float64))
    position = (np.arange(_LEVELS) + 0.5) / _LEVELS * shares[-1]
    return np.asarray(codes[np.searchsorted(shares, position)], dtype=np.int8)


def happens(log_odds: Floats, rng: np.random.Generator) -> Booleans:
    """Draw an event from its log odds."""
    chance = rng.random(len(log_odds), dtype=np.float32)
    return np.asarray(chance * (1 + np.exp(-log_odds)) < 1)


def share(probability: float | Floats, size: int, rng: np.random.Generator) -> Booleans:
    """Draw an event from its probability."""
    return np.asarray(rng.random(size, dtype=np.float32) < probability)


def normal(size: int, rng: np.random.Generator) -> Floats:
    """Draw standard normal deviates."""
    return rng.standard_normal(size, dtype=np.float32)
