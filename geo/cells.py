"""H3 cells: index, hierarchy, neighbours, polygons. Coordinates are EPSG:4326, cells are uint64."""

import h3
import h3ronpy
import h3ronpy.vector
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
import shapely
import shapely.geometry
from numpy.typing import NDArray

from geo.errors import ParameterError

Cells = NDArray[np.uint64]

COARSEST, FINEST = 8, 12

#: The average area of a cell, to say beforehand about how many there will be.
AVERAGE_KM2 = {resolution: h3.average_hexagon_area(resolution, unit="km^2") for resolution in range(16)}


def check_resolution(resolution: int) -> None:
    """Refuse a resolution coarser than what is published, or finer than a house.

    Raises
    ------
    ParameterError
        When it is not a whole number from 8 to 12.
    """
    if not COARSEST <= resolution <= FINEST:
        raise ParameterError(
            f"the H3 resolution is {resolution}; give {COARSEST} to {FINEST} (10 suits a city)."
        )


def index(lon: NDArray[np.float64], lat: NDArray[np.float64], resolution: int) -> Cells:
    """Return the cell of each point.

    Examples
    --------
    >>> to_text(index(np.array([106.8]), np.array([-6.6]), 9))
    ['898c100e5cfffff']
    """
    return _cells(h3ronpy.vector.coordinates_to_cells(lat, lon, resolution))


def parents(cells: Cells, resolution: int) -> Cells:
    """Return the ancestor of each cell at a coarser resolution.

    Points are always indexed at the finest resolution and rolled up: for 6–7 % of points the parent of the fine
    cell is not the cell that direct indexing gives.
    """
    return _cells(h3ronpy.change_resolution(cells, resolution))


def to_text(cells: Cells) -> list[str]:
    """Return the hexadecimal text of each cell."""
    return [f"{cell:x}" for cell in cells.tolist()]


def from_text(texts: list[str]) -> Cells:
    """Read cells from hexadecimal text."""
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)


def areas_km2(cells: Cells) -> NDArray[np.float64]:
    """Return the area of each cell, its own and not the resolution's average, in km²."""
    return np.asarray(pa.array(h3ronpy.cells_area_km2(cells)), dtype=np.float64)


def polygons(cells: Cells) -> NDArray[np.object_]:
    """Return the outline of each cell as a shapely polygon."""
    wkb = pa.array(h3ronpy.vector.cells_to_wkb_polygons(cells))
    outlines: NDArray[np.object_] = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    return outlines


def outline(cells: Cells) -> shapely.Geometry:
    """Return the dissolved outline of cells of one resolution, without slivers along shared edges."""
    return shapely.normalize(shapely.geometry.shape(h3.cells_to_geo(to_text(cells))))


def inside(polygon: shapely.Geometry, resolution: int) -> Cells:
    """Return the cells whose centre lies in a polygon, or the cell of its middle when it holds no centre."""
    covered = _cells(h3ronpy.vector.geometry_to_cells(polygon, resolution))
    if covered.size:
        return np.sort(covered)
    middle = polygon.representative_point()
    return index(np.array([middle.x]), np.array([middle.y]), resolution)


def touching(polygon: shapely.Geometry, resolution: int) -> Cells:
    """Return the cells that a polygon touches, sorted."""
    touched = h3ronpy.vector.geometry_to_cells(polygon, resolution, h3ronpy.ContainmentMode.Covers)
    return np.sort(_cells(touched))


def neighbours(cells: Cells) -> sp.csr_array:
    """Return the contiguity of cells: 1 for each pair that shares an edge, without the diagonal.

    Parameters
    ----------
    cells
        Distinct cells of one resolution, sorted.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (cells, cells), symmetric.
    """
    disks = pa.array(h3ronpy.grid_disk(cells, 1))
    found = pc.index_in(disks.flatten(), value_set=pa.array(cells))
    columns = found.fill_null(-1).to_numpy()
    rows = np.repeat(np.arange(len(cells)), disks.value_lengths().to_numpy(zero_copy_only=False))
    kept = (columns >= 0) & (columns != rows)
    degree = np.bincount(rows[kept], minlength=len(cells))
    first = np.append(0, np.cumsum(degree)).astype(np.int32)
    entries = (np.ones(first[-1]), columns[kept], first)
    contiguity = sp.csr_array(entries, shape=(len(cells), len(cells)))
    contiguity.sort_indices()
    return contiguity


def _cells(array: object) -> Cells:
    return np.asarray(pa.array(array), dtype=np.uint64)
