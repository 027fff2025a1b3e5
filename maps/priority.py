"""Which places are on a priority list for certain, possibly, or not: from the intervals of their ranks."""

import math
from collections.abc import Mapping

from geo.disclosure import Published
from geo.intervals import DEFAULT_CONFIDENCE, RankIntervals
from geo.ranking import PRIORITY_CLASSES

_SHARE = PRIORITY_CLASSES["top_20"]


def list_length(ranked: int) -> int:
    """Return how many places a priority list holds unless somebody says otherwise: a fifth of those ranked.

    Examples
    --------
    >>> list_length(68), list_length(3)
    (14, 1)
    """
    return max(1, math.ceil(_SHARE * ranked))


def priorities(zones: Published, listed: int) -> Mapping[str, str]:
    """Return ``certain``, ``possible`` or ``not`` by code of each place whose rank has an interval.

    Parameters
    ----------
    listed
        How many of the poorest places the list holds.
    """
    if "rank_low" not in zones.table.columns:
        return {}
    low, high = (zones.table[name].fill_null(0).to_numpy() for name in ("rank_low", "rank_high"))
    sure = RankIntervals(low, high, DEFAULT_CONFIDENCE, simultaneous=False).priority(listed)
    return {code: str(which) for code, which in zip(zones.table["code"], sure, strict=True) if which}
