"""Weights of cells, by which households known only by their unit are carried onto it (dasymetric mapping).

Where people are is taken from a population raster: a household without a point is expected where the raster has people.
"""

import io
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo import cells
from geo.cells import Cells

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CellWeights:
    """How many people each cell has.

    Attributes
    ----------
    cells
        Distinct cells of one resolution, sorted.
    weights
        Above 0, in the order of the cells.
    """

    resolution: int
    cells: Cells
    weights: Floats

    def within(self, polygon: shapely.Geometry, resolution: int) -> tuple[Cells, Floats]:
        """Return the weights of the cells whose middle lies in a polygon, added up at a coarser resolution.

        Returns
        -------
        cells, weights
            Empty where nobody lives in the polygon.
        """
        inside = cells.inside(polygon, self.resolution)
        place = np.minimum(np.searchsorted(self.cells, inside), max(len(self.cells) - 1, 0))
        known = self.cells[place] == inside if len(self.cells) else np.zeros(len(inside), dtype=bool)
        coarse, of = np.unique(cells.parents(inside[known], resolution), return_inverse=True)
        people = np.bincount(of, weights=self.weights[place[known]], minlength=len(coarse))
        return coarse, people.astype(np.float64)

    def over(self, polygons: NDArray[np.object_]) -> Floats:
        """Return how many people each polygon has: of each cell the share of its area that lies in the polygon."""
        outlines = cells.polygons(self.cells)
        polygon, cell = shapely.STRtree(outlines).query(polygons, predicate="intersects")
        common = shapely.area(shapely.intersection(polygons[polygon], outlines[cell]))
        people = self.weights[cell] * common / shapely.area(outlines[cell])
        total: Floats = np.bincount(polygon, weights=people, minlength=len(polygons)).astype(np.float64)
        return total

    def to_bytes(self) -> bytes:
        """Write the weights; equal weights give equal bytes."""
        table = pa.table({"cell": pa.array(self.cells), "weight": pa.array(self.weights)})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes([self.resolution]) + sink.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CellWeights":
        """Read what `to_bytes` wrote."""
        table = pa.ipc.open_stream(data[1:]).read_all()
        return cls(data[0], table["cell"].to_numpy(), table["weight"].to_numpy())
