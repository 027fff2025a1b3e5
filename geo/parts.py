"""The parts of a place: what lies both in one finest unit and in one finest cell.

Units and cells are two ways to divide the same households. A part is the smallest piece that both can tell apart, so
every zone of either is a sum of parts, and what may be shown of both together is decided on them.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo import cells
from geo.boundaries import BoundarySet
from geo.cells import Cells
from geo.tally import Tally


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a tally, and how its households fall to them.

    Attributes
    ----------
    unit
        Position of the unit of each part among the units of the finest level.
    cell
        The cell of each part.
    of_row
        The part of each row of the tally, -1 where its unit or its cell is not known that finely.
    units
        The unit of each row of the tally.
    shares
        Which share of a unit's other households falls to each part, shape (parts, units); as the shares onto units
        and onto cells are (`geo.tally.ZoneCounts`), so that parts add up to both.
    """

    unit: NDArray[np.int64]
    cell: Cells
    of_row: NDArray[np.int64]
    units: NDArray[np.int32]
    shares: sp.csr_array

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up a value of each row of the tally by part."""
        known = self.of_row >= 0
        exact = np.bincount(self.of_row[known], weights=values[known], minlength=len(self.unit))
        carried = np.bincount(self.units[~known], weights=values[~known], minlength=self.shares.shape[1])
        answer: NDArray[np.float64] = exact + self.shares @ carried
        return answer


def intersect(tally: Tally, boundaries: BoundarySet, resolution: int, finest: int) -> Parts:
    """Find the parts in which the households of a tally are, or to which shares carry them.

    Parameters
    ----------
    resolution, finest
        The resolution of the parts, and that of the tally's cells.
    """
    level = boundaries.levels[-1]
    rows = boundaries.rows(level)
    position = np.full(len(boundaries.units), -1)
    position[rows] = np.arange(len(rows))
    unit = tally.counts["unit"].to_numpy()
    cell = tally.counts["cell"].to_numpy()
    known = (cell > 0) & (position[unit] >= 0)
    here = cells.parents(cell[known], resolution)
    carriers = np.unique(unit[~known])
    located = {
        int(carrier): above == carrier
        for level in boundaries.levels
        for above in [boundaries.ancestors(level)[unit[known]]]
        for carrier in np.intersect1d(carriers, above)
    }
    even = {
        int(carrier): _even(int(carrier), boundaries, position, resolution, finest)
        for carrier in carriers
        if int(carrier) not in located
    }
    all_units = np.concatenate([position[unit[known]], *(pair[0] for pair in even.values())])
    all_cells = np.concatenate([here, *(pair[1] for pair in even.values())])
    distinct_cells, number = np.unique(all_cells, return_inverse=True)
    keys, part = np.unique(number * len(rows) + all_units, return_inverse=True)
    of_row = np.full(len(unit), -1)
    of_row[known] = part[: len(here)]
    return Parts(
        unit=keys % len(rows),
        cell=distinct_cells[keys // len(rows)],
        of_row=of_row,
        units=unit,
        shares=_shares(
            tally.counts["households"].to_numpy()[known],
            part,
            located,
            {carrier: len(pair[0]) for carrier, pair in even.items()},
            (len(keys), len(boundaries.units)),
        ),
    )


def _even(
    carrier: int, boundaries: BoundarySet, position: NDArray[np.int64], resolution: int, finest: int
) -> tuple[NDArray[np.int64], Cells]:
    """Return every pair of a unit and a cell inside a unit where nobody is located."""
    level = str(boundaries.units["level"].iloc[carrier])
    within = position[(boundaries.ancestors(level) == carrier) & (position >= 0)]
    inside = np.unique(
        cells.parents(cells.inside(boundaries.units.geometry.iloc[carrier], finest), resolution)
    )
    return np.repeat(within, len(inside)), np.tile(inside, len(within))


def _shares(
    households: NDArray[np.int64],
    part: NDArray[np.int64],
    located: dict[int, NDArray[np.bool_]],
    even: dict[int, int],
    shape: tuple[int, int],
) -> sp.csr_array:
    rows, columns, shares = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for carrier, inside in located.items():
        weight = np.bincount(part[: len(households)][inside], weights=households[inside])
        found = np.flatnonzero(weight)
        rows.append(found)
        shares.append(weight[found] / weight.sum())
        columns.append(np.full(len(found), carrier))
    start = len(households)
    for carrier, number in even.items():
        rows.append(part[start : start + number])
        shares.append(np.full(number, 1 / number))
        columns.append(np.full(number, carrier))
        start += number
    data = np.concatenate(shares), (np.concatenate(rows), np.concatenate(columns))
    return sp.coo_array(data, shape=shape).tocsr()
