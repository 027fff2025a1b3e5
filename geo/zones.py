"""The places of a level: their codes, names, outlines and the place above each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import cells
from geo.boundaries import BoundarySet
from geo.cells import Cells


@dataclass(frozen=True, slots=True)
class Zones:
    """The places of one level, in the order of their measures.

    Attributes
    ----------
    codes, names
        Wilayah codes and names; for cells both are the cell in hexadecimal.
    parent
        Position of the place above in the level above, -1 where there is none.
    parent_codes
        Its code, or None.
    area_km2
        The own area of each place.
    geometry
        Shapely polygons in EPSG:4326.
    """

    level: str
    codes: Sequence[str]
    names: Sequence[str]
    parent: NDArray[np.int64]
    parent_codes: Sequence[str | None]
    area_km2: NDArray[np.float64]
    geometry: NDArray[np.object_]

    @property
    def is_cells(self) -> bool:
        """Whether the places are H3 cells."""
        return self.level.startswith("h3-")


def of_units(boundaries: BoundarySet, level: str) -> Zones:
    """Return the units of a level of a boundary set."""
    rows = boundaries.rows(level)
    units = boundaries.units.iloc[rows]
    above = units["parent"].to_numpy()
    all_codes = boundaries.units["code"].to_numpy()
    position = np.full(len(boundaries.units) + 1, -1)
    if above.max(initial=-1) >= 0:
        siblings = boundaries.rows(str(boundaries.units["level"].iloc[above.max()]))
        position[siblings] = np.arange(len(siblings))
    return Zones(
        level=level,
        codes=units["code"].tolist(),
        names=units["name"].tolist(),
        parent=position[above],
        parent_codes=[str(all_codes[row]) if row >= 0 else None for row in above],
        area_km2=units["area_km2"].to_numpy(),
        geometry=units.geometry.to_numpy(),
    )


def of_cells(zones: Cells, resolution: int, coarser: Cells | None) -> Zones:
    """Return cells as zones.

    Parameters
    ----------
    coarser
        The sorted cells of the level above, None for the coarsest level.
    """
    names = cells.to_text(zones)
    parent = np.full(len(zones), -1)
    parent_codes: list[str | None] = [None] * len(zones)
    if coarser is not None and len(zones):
        above = cells.parents(zones, int(_resolution(coarser)))
        parent = np.searchsorted(coarser, above)
        parent_codes = list(cells.to_text(above))
    return Zones(
        level=f"h3-{resolution}",
        codes=names,
        names=names,
        parent=parent,
        parent_codes=parent_codes,
        area_km2=cells.areas_km2(zones),
        geometry=cells.polygons(zones),
    )


def _resolution(zones: Cells) -> int:
    return int(zones[0] >> np.uint64(52)) & 0xF
