"""A reader who subtracts: what linear programs say of hidden numbers, given all that may be read.

The attacker knows which parts (finest unit × finest cell) can hold households, and that counts are not negative.
"""

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
    rows: list[sp.csr_array] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def learn(
        self, members: NDArray[np.bool_], low: float, high: float, less: NDArray[np.bool_] | None = None
    ) -> None:
        """Take in that the sum over some parts, less that over others, lies in a range."""
        signs = members.astype(float) - (0.0 if less is None else less.astype(float))
        self.rows.append(sp.csr_array(signs[None, :]))
        self.low.append(low)
        self.high.append(high)

    def range_of(self, members: NDArray[np.bool_]) -> tuple[float, float]:
        """Return the least and the most that the sum over some parts can be."""
        matrix = sp.vstack(self.rows) if self.rows else sp.csr_array((0, self.parts))
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
