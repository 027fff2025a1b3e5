"""Which places touch: queen contiguity of polygons, edge contiguity of H3 cells.

On hexagons an edge and a queen neighbour are the same. A place that touches no other is an island: its row is empty.
"""

import geopandas as gpd
import numpy as np
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray

from geo import cells
from geo.errors import ParameterError

#: Boundaries drawn apart by up to this many metres still touch: files rarely share every vertex.
GAP_M = 1.0


def queen(geometry: NDArray[np.object_], gap_m: float = GAP_M) -> sp.csr_array:
    """Return the queen contiguity of polygons: 1 for each pair that shares an edge or a corner.

    Parameters
    ----------
    geometry
        Polygons in EPSG:4326. Distances are taken in the UTM zone of their middle.
    gap_m
        Polygons at most this many metres apart count as touching; overlapping ones always do.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (polygons, polygons), symmetric, without the diagonal.

    Raises
    ------
    ParameterError
        When the gap is negative.

    Examples
    --------
    >>> squares = shapely.box([106.0, 106.1, 106.3], [-6.1, -6.2, -6.1], [106.1, 106.2, 106.4], [-6.0, -6.1, -6.0])
    >>> queen(squares).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    if gap_m < 0:
        raise ParameterError(f"the gap between touching places is {gap_m} m; give 0 or more.")
    if len(geometry) < 2:
        return sp.csr_array((len(geometry), len(geometry)))
    flat = gpd.GeoSeries(geometry, crs=4326)
    metres = flat.to_crs(flat.estimate_utm_crs()).to_numpy()
    one, other = shapely.STRtree(metres).query(metres, predicate="dwithin", distance=gap_m)
    apart = one != other
    return _symmetric(one[apart], other[apart], len(geometry))


def of_places(codes: list[str], geometry: NDArray[np.object_], level: str) -> sp.csr_array:
    """Return the contiguity of the places of one published level, cells or units, in their order.

    Parameters
    ----------
    codes, geometry
        Of the same places; cells need no geometry.
    level
        ``kelurahan``, ``rw``, …, or ``h3-9`` and so on for cells.
    """
    if not level.startswith("h3-"):
        return queen(geometry)
    indexed = cells.from_text(codes)
    if not len(indexed):
        return sp.csr_array((0, 0))
    order = np.argsort(indexed)
    pairs = cells.neighbours(indexed[order]).tocoo()
    return _symmetric(order[pairs.row], order[pairs.col], len(codes))


def _symmetric(rows: NDArray[np.int64], columns: NDArray[np.int64], places: int) -> sp.csr_array:
    """Return 1 at each pair, whichever way round it was found."""
    found = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(places, places))
    both = (found + found.T).tocsr()
    both.sort_indices()
    both.data[:] = 1.0
    return both
