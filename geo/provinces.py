"""Where the provinces are, roughly: enough to tell a layer that lies in the wrong UTM zone, 6° or 670 km away."""

import numpy as np
from numpy.typing import NDArray

#: Province → west, south, east, north, in whole degrees around it with its islands. Both code systems agree on these
#: two digits, but within Papua, which is one box.
BOXES: dict[str, tuple[int, int, int, int]] = {
    "11": (94, 1, 99, 7),
    "12": (97, -1, 101, 5),
    "13": (98, -4, 102, 1),
    "14": (100, -2, 104, 3),
    "15": (101, -3, 105, 0),
    "16": (102, -5, 107, -1),
    "17": (101, -6, 104, -2),
    "18": (103, -7, 107, -3),
    "19": (105, -4, 109, -1),
    "21": (103, -2, 110, 6),
    "31": (106, -7, 107, -5),
    "32": (106, -8, 109, -5),
    "33": (108, -9, 112, -5),
    "34": (110, -9, 111, -7),
    "35": (110, -9, 117, -4),
    "36": (105, -8, 107, -5),
    "51": (114, -9, 116, -8),
    "52": (115, -10, 120, -7),
    "53": (118, -12, 126, -7),
    "61": (108, -4, 115, 3),
    "62": (110, -4, 116, 1),
    "63": (114, -6, 118, -1),
    "64": (113, -3, 120, 3),
    "65": (114, 1, 119, 5),
    "71": (123, 0, 128, 6),
    "72": (119, -4, 125, 2),
    "73": (117, -8, 123, -1),
    "74": (120, -7, 125, -2),
    "75": (121, 0, 124, 2),
    "76": (117, -4, 120, 0),
    "81": (124, -9, 136, -2),
    "82": (124, -3, 130, 3),
    **dict.fromkeys(("91", "92", "93", "94", "95", "96", "97"), (129, -10, 142, 2)),
}

_MARGIN = 1.0


def is_far(province: str, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points lie more than a degree outside a province's box; none of a province that is not known.

    Examples
    --------
    >>> is_far("32", np.array([106.8, 112.8]), np.array([-6.6, -6.6])).tolist()
    [False, True]
    """
    if province not in BOXES:
        return np.zeros(len(lon), dtype=bool)
    west, south, east, north = BOXES[province]
    far: NDArray[np.bool_] = (
        (lon < west - _MARGIN) | (lon > east + _MARGIN) | (lat < south - _MARGIN) | (lat > north + _MARGIN)
    )
    return far
