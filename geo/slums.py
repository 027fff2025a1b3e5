"""Slum severity of a settlement after Permen PUPR 14/2018, a standard used beside the measures of poverty.

Sixteen criteria of seven aspects (buildings, roads, water, drainage, waste water, solid waste, fire safety) each say
which share of the settlement falls short, in percent. A share is scored 0, 1, 3 or 5 and the scores are added.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError

CRITERIA = 16


class Severity(StrEnum):
    """The class of a settlement by its total score."""

    NONE = "bukan kumuh"
    LIGHT = "ringan"
    MODERATE = "sedang"
    SEVERE = "berat"


@dataclass(frozen=True, slots=True)
class Bands:
    """Where the bands of the regulation begin.

    The regulation prints 25–50, 51–75 and 76–100 percent and leaves what lies between 50 and 51, and between 75 and
    76, open. Here a share is cut to whole percents first, so 50.9 still scores 1, as on published assessment sheets.

    Attributes
    ----------
    percent
        The lowest whole percent that scores 1, 3 and 5.
    total
        The lowest total that is light, moderate and severe.
    """

    percent: tuple[int, int, int] = (25, 51, 76)
    total: tuple[int, int, int] = (16, 38, 60)


def scores(percent: NDArray[np.float64], bands: Bands = Bands()) -> NDArray[np.int64]:
    """Score shares that fall short.

    Parameters
    ----------
    percent
        0 to 100, any shape.

    Raises
    ------
    ParameterError
        For a share that is missing or not from 0 to 100.

    Examples
    --------
    >>> scores(np.array([24.99, 25, 50.0, 51.11, 75.38, 76.56, 100])).tolist()
    [0, 1, 1, 3, 3, 5, 5]
    """
    if not ((percent >= 0) & (percent <= 100)).all():
        raise ParameterError("a share of a slum criterion is missing or not from 0 to 100 percent.")
    whole = np.floor(percent)
    points = np.array([0, 1, 3, 5])
    answer: NDArray[np.int64] = points[np.searchsorted(bands.percent, whole, side="right")]
    return answer


def severity(total: int, bands: Bands = Bands()) -> Severity:
    """Classify a settlement by the sum of the scores of its sixteen criteria.

    Examples
    --------
    >>> [str(severity(total)) for total in (15, 16, 38, 60)]
    ['bukan kumuh', 'ringan', 'sedang', 'berat']
    """
    classes = (Severity.NONE, Severity.LIGHT, Severity.MODERATE, Severity.SEVERE)
    return classes[int(np.searchsorted(bands.total, total, side="right"))]
