"""A reader who subtracts: what linear programs say of hidden numbers, given all that may be read.

The attacker knows which parts (finest unit × finest cell) can hold households, and that counts are not negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]


@dataclass
class Attacker:
    """What is known of unknown numbers of the parts: lower ≤ sum over some parts ≤ upper.

    Parameters
    ----------
    parts
        How many unknown numbers there are.
    """

    parts: int
    rows: list[NDArray[np.int64]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def learn(self, members: NDArray[np.bool_], low: float, high: float) -> None:
        """Take in that the sum over some parts lies in a range."""
        self.rows.append(np.flatnonzero(members))
        self.low.append(low)
        self.high.append(high)

    def range_of(self, members: NDArray[np.bool_]) -> tuple[float, float]:
        """Return the least and the most that the sum over some parts can be."""
        matrix = _matrix(self.rows, self.parts)
        bounds = np.concatenate([np.array(self.high), -np.array(self.low)])
        objective = members.astype(float)
        answers = []
        for sign in (1.0, -1.0):
            solved = linprog(sign * objective, A_ub=sp.vstack([matrix, -matrix]), b_ub=bounds, method="highs")
            if solved.status == 3:
                answers.append(-np.inf)
                continue
            assert solved.status == 0, solved.message
            answers.append(solved.fun)
        return answers[0], -answers[1]


def _matrix(rows: Sequence[NDArray[np.int64]], width: int) -> sp.csr_array:
    lengths = [len(row) for row in rows]
    indices = np.concatenate([*rows, np.empty(0, np.int64)])
    return sp.csr_array((np.ones(len(indices)), indices, np.cumsum([0, *lengths])), shape=(len(rows), width))
