"""Overlaps and gaps of a layer in one pass: neighbours from a tree, gaps from the union's rings."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.draft import Shapes

#: What is smaller is rounding, not a defect: 1 m².
DUST_M2 = 1.0


@dataclass(frozen=True)
class Topology:
    """How the units of a layer lie to each other; shapes in the equal-area projection.

    Attributes
    ----------
    first, second
        Positions of the pairs of units that meet, each pair once.
    overlap_m2, overlaps
        Their common area and its shape.
    gaps, gap_m2
        The rings inside the union of all units, as polygons, and their areas.
    beside
        For each gap the positions of the units around it.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    overlaps: Shapes
    overlap_m2: NDArray[np.float64]
    gaps: Shapes
    gap_m2: NDArray[np.float64]
    beside: list[list[int]]


def topology(flat: Shapes) -> Topology:
    """Find where valid polygons overlap and what they leave open between them.

    Every pair of neighbours is intersected once; gaps are the interior rings of the union. Both are given whatever
    their size; `DUST_M2` says what is rounding.

    Parameters
    ----------
    flat
        Valid, not empty polygons in an equal-area projection.

    Examples
    --------
    >>> found = topology(np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)]))
    >>> found.overlap_m2.tolist(), len(found.gaps)
    ([2.0], 0)
    """
    tree = shapely.STRtree(flat)
    one, other = tree.query(flat, predicate="intersects")
    pairs = one < other
    first, second = one[pairs], other[pairs]
    overlaps = shapely.intersection(flat[first], flat[second])
    whole = shapely.disjoint_subset_union_all(flat)
    parts = shapely.get_parts(whole)
    gaps = _without_islands(shapely.polygons(shapely.get_rings(parts)[_is_inner(parts)]), flat, tree)
    gap, unit = tree.query(gaps, predicate="intersects")
    beside: list[list[int]] = [[] for _ in gaps]
    for position, neighbour in zip(gap.tolist(), unit.tolist(), strict=True):
        beside[position].append(neighbour)
    return Topology(first, second, overlaps, shapely.area(overlaps), gaps, shapely.area(gaps), beside)


def _without_islands(gaps: Shapes, flat: Shapes, tree: shapely.STRtree) -> Shapes:
    answer = gaps.copy()
    gap, unit = tree.query(gaps, predicate="contains_properly")
    for position in np.unique(gap):
        answer[position] = shapely.difference(gaps[position], shapely.union_all(flat[unit[gap == position]]))
    return answer


def _is_inner(parts: Shapes) -> NDArray[np.bool_]:
    """Tell the inner rings among all rings of polygons: every ring but the first of each."""
    rings = 1 + shapely.get_num_interior_rings(parts)
    inner = np.ones(int(rings.sum()), dtype=bool)
    inner[(np.cumsum(rings) - rings).astype(int)] = False
    return inner
