"""A tally arranged by the zones of every level, ready to be measured and published as often as one asks."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import cells, pockets, tally, zones
from geo.boundaries import BoundarySet
from geo.disclosure import (
    PUBLISHED_RESOLUTIONS,
    Audience,
    Published,
    publish,
    publish_pockets,
    resolutions,
    with_rank_intervals,
)
from geo.errors import NotFoundError
from geo.measures import Measures, is_poor, measure
from geo.specification import Specification
from geo.tally import Profiles, Tally, ZoneCounts
from geo.uncertainty import standard_errors
from geo.zones import Zones

_LEAST_SHARE_NAMED = 0.05


class Tabulation:
    """The zones of one run and their counts, level by level, each arranged when it is first needed.

    Parameters
    ----------
    counts
        The tally.
    boundaries
        The boundary set whose rows the tally's units are.
    resolution
        The H3 resolution of the tally's cells.
    """

    def __init__(self, counts: Tally, boundaries: BoundarySet, resolution: int) -> None:
        self._tally = counts
        self._boundaries = boundaries
        self._resolution = resolution
        self._counts: dict[str, ZoneCounts] = {}
        self._patterns: dict[str, ZoneCounts] = {}
        self._zones: dict[str, Zones] = {}
        self._errors: dict[str, NDArray[np.float64]] = {}

    @property
    def unit_levels(self) -> tuple[str, ...]:
        """Administrative levels, coarse to fine."""
        return self._boundaries.levels

    @cached_property
    def cell_levels(self) -> tuple[str, ...]:
        """Cell levels that can be published, coarse to fine."""
        return tuple(f"h3-{r}" for r in PUBLISHED_RESOLUTIONS if r <= self._resolution)

    @cached_property
    def _profiles(self) -> Profiles:
        return Profiles.of(self._tally)

    def counts(self, level: str) -> ZoneCounts:
        """Return the counts of a level.

        Raises
        ------
        NotFoundError
            When the run has no such level.
        """
        if level not in self._counts:
            self._counts[level] = self._arranged(level)
        return self._counts[level]

    def zones(self, level: str) -> Zones:
        """Return the places of a level, in the order of its counts."""
        if level not in self._zones:
            self._zones[level] = self._placed(level)
        return self._zones[level]

    def publish(
        self,
        specification: Specification,
        audience: Audience,
        levels: tuple[str, ...],
        *,
        weights: Mapping[str, Fraction] | None = None,
        cutoff: Fraction | None = None,
        desils: Collection[int] | None = None,
    ) -> dict[str, Published]:
        """Measure the levels of one hierarchy, coarse to fine, and publish them for an audience.

        Parameters
        ----------
        weights, cutoff, desils
            As in `geo.measures.measure`.
        """
        counts = self._regardless_of_desil if desils is None else self.counts
        hierarchy: list[tuple[Zones, Measures]] = [
            (
                self.zones(level),
                measure(counts(level), specification, weights=weights, cutoff=cutoff, desils=desils),
            )
            for level in levels
        ]
        return publish(hierarchy, audience)

    def publish_all(self, specification: Specification, audience: Audience) -> dict[str, Published]:
        """Publish every level that an audience may see, units before cells."""
        seen = {f"h3-{r}" for r in resolutions(audience, self._resolution)}
        shown_cells = tuple(level for level in self.cell_levels if level in seen)
        levels = {
            **self.publish(specification, audience, self.unit_levels),
            **self.publish(specification, audience, shown_cells),
        }
        return {
            level: with_rank_intervals(published, self._m0_errors(specification, level))
            for level, published in levels.items()
        }

    def _m0_errors(self, specification: Specification, level: str) -> NDArray[np.float64]:
        if level not in self._errors:
            self._errors[level] = standard_errors(self.counts(level), specification).m0_stable
        return self._errors[level]

    def publish_pockets(self, specification: Specification, shown_cells: Published) -> Published:
        """Find the pockets among published cells, and name them by the units that they cross."""
        found = pockets.find(shown_cells.table)
        names, crossed = self._crossed(specification, shown_cells, found.member)
        table = found.table.with_columns(
            name=pl.Series(names, dtype=pl.String), units=pl.Series(crossed, dtype=pl.String)
        )
        return publish_pockets(shown_cells, table, found.geometry)

    def _regardless_of_desil(self, level: str) -> ZoneCounts:
        if level not in self._patterns:
            self._patterns[level] = self.counts(level).regardless_of_desil()
        return self._patterns[level]

    def _arranged(self, level: str) -> ZoneCounts:
        if level in self.unit_levels:
            return tally.at_units(self._tally, self._profiles, self._boundaries, level)
        if level in self.cell_levels:
            return tally.at_cells(
                self._tally, self._profiles, self._boundaries, _resolution(level), self._resolution
            )
        raise NotFoundError(
            f"the run has no level {level!r}. Levels: {', '.join((*self.unit_levels, *self.cell_levels))}."
        )

    def _placed(self, level: str) -> Zones:
        if level in self.unit_levels:
            return zones.of_units(self._boundaries, level)
        position = self.cell_levels.index(level)
        coarser = self.counts(self.cell_levels[position - 1]).zones if position else None
        return zones.of_cells(self.counts(level).zones, _resolution(level), coarser)

    def _crossed(
        self, specification: Specification, shown_cells: Published, member: NDArray[np.int64]
    ) -> tuple[list[str], list[str]]:
        """Name each pocket by the unit with most of its poor; list the units with their share of its households."""
        rows = self._rows_in_pockets(specification, shown_cells, member)
        names, crossed = [], []
        for pocket in range(member.max(initial=-1) + 1):
            units = rows.filter(pl.col("pocket") == pocket)
            poorest = units.sort("poor", "unit", descending=[True, False])["name"].to_list()
            names.append(f"Kantong {poorest[0]}")
            largest = units.sort("share", "unit", descending=[True, False]).select("name", "share").rows()
            named = [
                f"{name} {share:.0%}".replace("%", " %")
                for name, share in largest
                if share >= _LEAST_SHARE_NAMED
            ]
            crossed.append(", ".join(named))
        return _numbered(names), crossed

    def _rows_in_pockets(
        self, specification: Specification, shown_cells: Published, member: NDArray[np.int64]
    ) -> pl.DataFrame:
        """Return the households of each unit in each pocket: located ones, and shares of those carried."""
        level = "kelurahan" if "kelurahan" in self.unit_levels else self.unit_levels[-1]
        ancestors = self._boundaries.ancestors(level)
        named = np.where(ancestors >= 0, ancestors, np.arange(len(ancestors)))
        arranged = self.counts(shown_cells.level)
        located = self._tally.counts.filter(pl.col("cell") > 0)
        own = cells.parents(located["cell"].to_numpy(), _resolution(shown_cells.level))
        poor = is_poor(located["deprived"].to_numpy(), located["missing"].to_numpy(), specification)
        exact = pl.DataFrame(
            {
                "pocket": member[np.searchsorted(arranged.zones, own)],
                "unit": named[located["unit"].to_numpy()],
                "households": located["households"].cast(pl.Float64),
                "poor": (located["households"] * poor).cast(pl.Float64),
            }
        )
        shares, carried = arranged.shares.tocoo(), arranged.carried_households
        poor_profile = is_poor(self._profiles.deprived, self._profiles.missing, specification)
        modelled = pl.DataFrame(
            {
                "pocket": member[shares.row],
                "unit": named[shares.col],
                "households": shares.data * (carried @ np.ones(len(poor_profile)))[shares.col],
                "poor": shares.data * (carried @ poor_profile.astype(float))[shares.col],
            }
        )
        rows = pl.concat([exact, modelled]).filter(pl.col("pocket") >= 0)
        sums = rows.group_by("pocket", "unit").agg(pl.col("households", "poor").sum())
        names = pl.DataFrame(
            {"unit": np.arange(len(self._boundaries.units)), "name": self._boundaries.units["name"].tolist()}
        )
        share = pl.col("households") / pl.col("households").sum().over("pocket")
        return sums.with_columns(share=share).join(names, on="unit", how="left")


def _resolution(level: str) -> int:
    return int(level.removeprefix("h3-"))


def _numbered(names: list[str]) -> list[str]:
    """Tell pockets of one name apart by a number."""
    counts = {name: names.count(name) for name in names}
    seen: dict[str, int] = {}
    answer = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        answer.append(f"{name} {seen[name]}" if counts[name] > 1 else name)
    return answer
