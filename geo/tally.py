"""The tally: households and persons by unit, cell, desil and deprivation pattern.

Counts are whole numbers, an empty tally is neutral, and merging is addition: so the tally of a register does not
depend on how the work was split. Every measure, for any weights and any cutoff, is a function of it.

The tally is close to microdata. It never leaves the server.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp
from numpy.typing import NDArray

from geo import cells
from geo.boundaries import BoundarySet
from geo.cells import Cells
from geo.dasymetry import CellWeights

_KEYS = ("unit", "cell", "desil", "deprived", "missing")

#: Unit → the cells of a resolution that have people in it, and how many.
Peopled = dict[int, tuple[Cells, NDArray[np.float64]]]

#: Columns of `Tally.counts`.
SCHEMA = {
    "unit": pl.Int32,  # row of the unit in the boundary set
    "cell": pl.UInt64,  # H3 cell, 0 for a household without coordinates
    "desil": pl.UInt8,  # 0 when unknown
    "deprived": pl.UInt32,  # one bit an indicator: deprived
    "missing": pl.UInt32,  # one bit an indicator: not observed
    "households": pl.Int64,
    "persons": pl.Int64,
    "persons_squared": pl.Int64,  # sum over households of persons², for standard errors
}
_COUNTS = ("households", "persons", "persons_squared")
_WEIGHTS = b"kantong:weights"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by unit, cell, desil and pattern, in one canonical order.

    Attributes
    ----------
    counts
        Columns of `SCHEMA`, one row per distinct key, sorted by the keys.
    weights
        How many people each cell has, by which households without a cell are carried; None when it is by the located
        households of their unit. It stays with one tally: sums of tallies have none.
    """

    counts: pl.DataFrame
    weights: CellWeights | None = None

    @classmethod
    def of(cls, households: pl.DataFrame) -> "Tally":
        """Count households: one row each, with the key columns and ``persons``."""
        return cls(_canonical(counted(households)))

    @classmethod
    def merged(cls, parts: Iterable["Tally"]) -> "Tally":
        """Add tallies.

        Examples
        --------
        >>> Tally.merged([]).counts.height
        0
        """
        frames = [part.counts for part in parts]
        if len(frames) == 1:
            return cls(frames[0])
        return cls.of_counts(frames)

    @classmethod
    def of_counts(cls, frames: Sequence[pl.DataFrame]) -> "Tally":
        """Add counts whose rows may stand in any order, with keys more than once."""
        if not frames:
            return cls(pl.DataFrame(schema=SCHEMA))
        return cls(_canonical(added(frames)))

    def keeping(self, bits: Sequence[int]) -> "Tally":
        """Return the tally of fewer indicators: bit ``bits[i]`` of the masks becomes bit i."""

        def moved(mask: str) -> pl.Expr:
            parts = [((pl.col(mask) // (1 << bit)) % 2) * (1 << place) for place, bit in enumerate(bits)]
            return pl.sum_horizontal(parts).cast(pl.UInt32).alias(mask)

        fewer = self.counts.with_columns(moved("deprived"), moved("missing"))
        return Tally(_canonical(fewer.group_by(_KEYS).agg(pl.col(_COUNTS).sum())))

    def to_bytes(self) -> bytes:
        """Write the tally; equal tallies give equal bytes."""
        sink = io.BytesIO()
        table = self.counts.to_arrow().replace_schema_metadata(None)
        with pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False) as writer:
            writer.write_table(table)
            if self.weights is not None:
                writer.add_key_value_metadata({_WEIGHTS: base64.b64encode(self.weights.to_bytes())})
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Tally":
        """Read what `to_bytes` wrote."""
        file = pq.ParquetFile(pa.BufferReader(data))
        weights = (file.metadata.metadata or {}).get(_WEIGHTS)
        frame = pl.DataFrame(file.read())
        return cls(
            frame.cast(pl.Schema(SCHEMA)),
            CellWeights.from_bytes(base64.b64decode(weights)) if weights else None,
        )


def counted(households: pl.DataFrame) -> pl.DataFrame:
    """Count households by the keys of a tally, in no order."""
    persons = pl.col("persons").cast(pl.Int64)
    counts = {
        "households": pl.len().cast(pl.Int64),
        "persons": persons.sum(),
        "persons_squared": (persons * persons).sum(),
    }
    # The streaming engine groups keys as many as these in half the processor time of the other.
    return households.lazy().group_by(_KEYS).agg(**counts).collect(engine="streaming")


def added(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Add counts by the keys of a tally, in no order."""
    sums = pl.concat(frames).lazy().group_by(_KEYS).agg(pl.col(_COUNTS).sum())
    return sums.collect(engine="streaming")


def _canonical(counts: pl.DataFrame) -> pl.DataFrame:
    rows = counts.cast(pl.Schema(SCHEMA)).select(*SCHEMA)
    return rows[np.lexsort(_words([rows[key].to_numpy() for key in _KEYS])[::-1])]


def _words(keys: Sequence[NDArray[np.unsignedinteger | np.signedinteger]]) -> list[NDArray[np.uint64]]:
    """Pack whole numbers into as few words as their ranges allow, in the same order; sorting by fewer is quicker."""
    words = [np.zeros(len(keys[0]), dtype=np.uint64)]
    free = 64
    for key in keys if words[0].size else ():
        least, most = int(key.min()), int(key.max())
        bits = (most - least).bit_length()
        above = key.astype(np.uint64) - np.uint64(least % (1 << 64))
        if bits > free:
            words.append(above)
            free = 64 - bits
        else:
            words[-1] = (words[-1] << np.uint64(bits)) | above
            free -= bits
    return words


@dataclass(frozen=True, slots=True)
class Profiles:
    """The distinct (desil, deprived, missing) of a tally, and which of them each row has.

    Attributes
    ----------
    desil, deprived, missing
        Shape (profiles,).
    of_row
        The profile of each row of the tally, shape (rows,).
    """

    desil: NDArray[np.uint8]
    deprived: NDArray[np.uint32]
    missing: NDArray[np.uint32]
    of_row: NDArray[np.uint32]

    @classmethod
    def of(cls, tally: Tally) -> "Profiles":
        """Find the profiles of a tally."""
        keys = ["desil", "deprived", "missing"]
        distinct = tally.counts.select(keys).unique().sort(keys)
        numbered = tally.counts.select(keys).join(
            distinct.with_row_index("profile"), on=keys, how="left", maintain_order="left"
        )
        return cls(
            distinct["desil"].to_numpy(),
            distinct["deprived"].to_numpy(),
            distinct["missing"].to_numpy(),
            numbered["profile"].to_numpy(),
        )


@dataclass(frozen=True, slots=True)
class ZoneCounts:
    """A tally arranged for measuring the zones of one level.

    Households whose unit or cell is known at the level are
    counted exactly; the others stay with their unit and are carried onto zones by shares.

    Attributes
    ----------
    level
        ``kota`` … ``rw``, or ``h3-9``.
    zones
        Rows of units in the boundary set, or cells.
    profiles
        The columns of the counts.
    households, persons, persons_squared
        Exact counts, and the sum of the squared sizes of the households, shape (zones, P).
    carried_households, carried_persons, carried_persons_squared
        Counts that stay with units, shape (units, P).
    shares
        Which share of a unit's carried households falls to each zone, shape (zones, units).
    """

    level: str
    zones: NDArray[np.uint64]
    profiles: Profiles
    households: sp.csr_array
    persons: sp.csr_array
    persons_squared: sp.csr_array
    carried_households: sp.csr_array
    carried_persons: sp.csr_array
    carried_persons_squared: sp.csr_array
    shares: sp.csr_array

    def regardless_of_desil(self) -> "ZoneCounts":
        """Return the counts with every desil forgotten: fewer profiles, measured in less than half the time."""
        patterns = self.profiles.deprived.astype(np.uint64) << np.uint64(32) | self.profiles.missing
        _, first, merged = np.unique(patterns, return_index=True, return_inverse=True)
        together = sp.csr_array(
            (np.ones(len(merged), np.int64), (np.arange(len(merged)), merged)),
            shape=(len(merged), len(first)),
        )
        profiles = Profiles(
            np.zeros(len(first), np.uint8),
            self.profiles.deprived[first],
            self.profiles.missing[first],
            merged[self.profiles.of_row].astype(np.uint32),
        )
        return replace(
            self,
            profiles=profiles,
            households=self.households @ together,
            persons=self.persons @ together,
            persons_squared=self.persons_squared @ together,
            carried_households=self.carried_households @ together,
            carried_persons=self.carried_persons @ together,
            carried_persons_squared=self.carried_persons_squared @ together,
        )

    def by_household(self) -> "ZoneCounts":
        """Return the counts with each household weighing 1, whatever its size."""
        return replace(
            self,
            persons=self.households,
            persons_squared=self.households,
            carried_persons=self.carried_households,
            carried_persons_squared=self.carried_households,
        )


def at_units(tally: Tally, profiles: Profiles, boundaries: BoundarySet, level: str) -> ZoneCounts:
    """Arrange a tally by the units of a level.

    A household whose unit is coarser than the level is carried by the weights of the tally where it has some in the
    unit, else by the located households of that unit, or in equal parts where none is located.
    """
    zones = boundaries.rows(level)
    zone_of_unit = np.full(len(boundaries.units), -1)
    zone_of_unit[zones] = np.arange(len(zones))
    ancestors = boundaries.ancestors(level)
    zone_of_unit = np.where(ancestors >= 0, zone_of_unit[ancestors], -1)
    zone = zone_of_unit[tally.counts["unit"].to_numpy()]
    peopled = _peopled_units(tally, boundaries, zones, zone)
    return _arrange(level, zones.astype(np.uint64), zone, tally, profiles, boundaries, peopled=peopled)


def at_cells(
    tally: Tally, profiles: Profiles, boundaries: BoundarySet, resolution: int, finest: int
) -> ZoneCounts:
    """Arrange a tally by the cells of a resolution.

    A household without a cell is carried by the weights of the tally where it has some in the unit, else by the
    located households of its unit, else in equal parts over the cells of the unit's polygon.

    Parameters
    ----------
    finest
        The resolution of the tally's cells.
    """
    cell = tally.counts["cell"].to_numpy()
    here = np.zeros_like(cell)
    here[cell > 0] = cells.parents(cell[cell > 0], resolution)
    peopled = _peopled(tally, boundaries, resolution)
    carriers = [unit for unit in _units_without_located(tally, boundaries) if unit not in peopled]
    fallback = {unit: _cells_of_unit(boundaries, unit, resolution, finest) for unit in carriers}
    modelled = [*fallback.values(), *(there for there, _ in peopled.values())]
    zones = np.unique(np.concatenate([here[cell > 0], *modelled])) if len(here) else here
    zone = np.where(cell > 0, np.searchsorted(zones, here), -1)
    return _arrange(f"h3-{resolution}", zones, zone, tally, profiles, boundaries, fallback, peopled)


def _peopled_units(
    tally: Tally, boundaries: BoundarySet, zones: NDArray[np.int64], zone: NDArray[np.int64]
) -> Peopled:
    """Return the units of a level and their people, for each coarser unit that carries households and has people."""
    carriers = np.unique(tally.counts["unit"].to_numpy()[zone < 0])
    if tally.weights is None or not len(carriers):
        return {}
    people = tally.weights.over(boundaries.units.geometry.to_numpy()[zones])
    found = {}
    for carrier in carriers.tolist():
        above = boundaries.ancestors(str(boundaries.units["level"].iloc[carrier]))
        below = (above[zones] == carrier) & (people > 0)
        if below.any():
            found[carrier] = zones[below].astype(np.uint64), people[below]
    return found


def _peopled(tally: Tally, boundaries: BoundarySet, resolution: int) -> Peopled:
    """Return the cells and weights of each unit that carries households and has people by the weights."""
    if tally.weights is None:
        return {}
    carriers = tally.counts.filter(pl.col("cell") == 0)["unit"].unique().sort().to_list()
    outlines = boundaries.units.geometry
    found = {unit: tally.weights.within(outlines.iloc[unit], resolution) for unit in carriers}
    return {unit: weighted for unit, weighted in found.items() if len(weighted[0])}


def _arrange(
    level: str,
    zones: NDArray[np.uint64],
    zone: NDArray[np.int64],
    tally: Tally,
    profiles: Profiles,
    boundaries: BoundarySet,
    fallback: dict[int, Cells] | None = None,
    peopled: Peopled | None = None,
) -> ZoneCounts:
    counts = tally.counts
    unit = counts["unit"].to_numpy()
    households, persons, squared = (counts[name].to_numpy() for name in _COUNTS)
    known = zone >= 0
    located = known & (counts["cell"].to_numpy() > 0)
    shape = (len(zones), len(profiles.desil))
    carried_shape = (len(boundaries.units), len(profiles.desil))
    return ZoneCounts(
        level=level,
        zones=zones,
        profiles=profiles,
        households=_matrix(households, zone, profiles.of_row, known, shape),
        persons=_matrix(persons, zone, profiles.of_row, known, shape),
        persons_squared=_matrix(squared, zone, profiles.of_row, known, shape),
        carried_households=_matrix(households, unit, profiles.of_row, ~known, carried_shape),
        carried_persons=_matrix(persons, unit, profiles.of_row, ~known, carried_shape),
        carried_persons_squared=_matrix(squared, unit, profiles.of_row, ~known, carried_shape),
        shares=_shares(
            unit, zone, households, located, ~known, zones, boundaries, fallback or {}, peopled or {}
        ),
    )


def _matrix(
    values: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.uint32],
    kept: NDArray[np.bool_],
    shape: tuple[int, int],
) -> sp.csr_array:
    matrix = sp.coo_array((values[kept], (rows[kept], columns[kept])), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix


def _shares(
    unit: NDArray[np.int32],
    zone: NDArray[np.int64],
    households: NDArray[np.int64],
    located: NDArray[np.bool_],
    carried: NDArray[np.bool_],
    zones: NDArray[np.uint64],
    boundaries: BoundarySet,
    fallback: dict[int, Cells],
    peopled: Peopled,
) -> sp.csr_array:
    """Spread each carrying unit over the zones, by its people or the households located in it, at whatever level."""
    shape = (len(zones), len(boundaries.units))
    rows, columns, weights = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for carrier, (there, people) in peopled.items():
        rows.append(np.searchsorted(zones, there))
        columns.append(np.full(len(there), carrier))
        weights.append(people)
    carriers = np.setdiff1d(np.unique(unit[carried]), list(peopled))
    for level in boundaries.levels:
        above = boundaries.ancestors(level)[unit]
        kept = located & np.isin(above, carriers)
        if kept.any():
            counted = sp.coo_array(
                (households[kept].astype(np.float64), (zone[kept], above[kept])), shape=shape
            ).tocsc()
            counted.sum_duplicates()
            counted = counted.tocoo()
            rows.append(counted.row)
            columns.append(counted.col)
            weights.append(counted.data)
    filled = np.unique(np.concatenate(columns))
    for carrier in np.setdiff1d(carriers, filled):
        within = _even(int(carrier), zones, boundaries, fallback)
        rows.append(within)
        columns.append(np.full(len(within), carrier))
        weights.append(np.ones(len(within)))
    matrix = sp.coo_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape
    ).tocsc()
    totals = np.asarray(matrix.sum(axis=0)).ravel()
    totals[totals == 0] = 1.0
    return (matrix @ sp.diags_array(1.0 / totals)).tocsr()


def _even(
    carrier: int, zones: NDArray[np.uint64], boundaries: BoundarySet, fallback: dict[int, Cells]
) -> NDArray[np.int64]:
    if carrier in fallback:
        return np.searchsorted(zones, np.unique(fallback[carrier]))
    below = boundaries.ancestors(str(boundaries.units["level"].iloc[carrier]))
    return np.flatnonzero(below[zones.astype(np.int64)] == carrier)


def _units_without_located(tally: Tally, boundaries: BoundarySet) -> list[int]:
    counts = tally.counts
    unit = counts["unit"].to_numpy()
    has_cell = counts["cell"].to_numpy() > 0
    with_cells = {
        int(row)
        for level in boundaries.levels
        for row in np.unique(boundaries.ancestors(level)[unit[has_cell]])
    }
    return [int(row) for row in np.unique(unit[~has_cell]) if int(row) not in with_cells]


def _cells_of_unit(boundaries: BoundarySet, unit: int, resolution: int, finest: int) -> Cells:
    return np.unique(cells.parents(cells.inside(boundaries.units.geometry.iloc[unit], finest), resolution))
