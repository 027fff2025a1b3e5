"""A tally arranged by the zones of every level, ready to be measured and published as often as one asks."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import cells, pockets, tally, zones
from geo.boundaries import BoundarySet
from geo.coarsening import with_lowest_classes
from geo.disclosure import (
    PUBLISHED_RESOLUTIONS,
    Audience,
    Published,
    publish,
    publish_pockets,
    resolutions,
    with_desils,
    with_rank_intervals,
)
from geo.errors import NotFoundError
from geo.measures import is_measured, is_poor, measure, poor_by_desil
from geo.parts import intersect
from geo.specification import Specification
from geo.suppression import PartCounts
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
    def restricted(self) -> tuple[Tally, BoundarySet]:
        """The tally and its boundary set, for the engine; close to microdata."""
        return self._tally, self._boundaries

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
        hierarchy = [
            (
                self.zones(level),
                measure(counts(level), specification, weights=weights, cutoff=cutoff, desils=desils),
            )
            for level in levels
        ]
        return publish([hierarchy], audience)

    def publish_all(
        self,
        specification: Specification,
        audience: Audience,
        earlier: Sequence[Mapping[str, Published]] = (),
        other_registers: Sequence[Mapping[str, Published]] = (),
    ) -> dict[str, Published]:
        """Publish every level that an audience may see, units before cells.

        Parameters
        ----------
        earlier, other_registers
            As in `geo.disclosure.publish`.
        """
        seen = [f"h3-{r}" for r in resolutions(audience, self._resolution)]
        hierarchies = [
            [(self.zones(level), measure(self.counts(level), specification)) for level in levels]
            for levels in (self.unit_levels, seen)
        ]
        levels = publish(
            hierarchies, audience, self._parts(specification, seen[-1]), earlier, other_registers
        )
        if self._profiles.desil.any():
            for level in self.unit_levels:
                persons = poor_by_desil(self.counts(level), specification)
                levels[level] = with_desils(levels[level], persons)
        return {
            level: with_rank_intervals(published, self._m0_errors(specification, level))
            for level, published in levels.items()
        }

    def _parts(self, specification: Specification, finest_cells: str) -> PartCounts:
        """Count the households where the finest units and cells cross."""
        parts = intersect(self._tally, self._boundaries, _resolution(finest_cells), self._resolution)
        counts = self._tally.counts
        patterns = counts["deprived"].to_numpy(), counts["missing"].to_numpy()
        households = counts["households"].to_numpy()
        poor = is_poor(*patterns, specification)
        not_poor = is_measured(patterns[1], specification) & ~poor
        cell = np.searchsorted(self.counts(finest_cells).zones, parts.cell)
        return PartCounts(
            finest=(parts.unit, cell),
            read=parts.sums(households),
            poor=parts.sums(households * poor),
            not_poor=parts.sums(households * not_poor),
        )

    def _m0_errors(self, specification: Specification, level: str) -> NDArray[np.float64]:
        if level not in self._errors:
            self._errors[level] = standard_errors(self.counts(level), specification).m0_stable
        return self._errors[level]

    def publish_pockets(self, specification: Specification, levels: Mapping[str, Published]) -> Published:
        """Find the pockets among the finest published cells, and name them by the shown units that they cross."""
        shown_cells = levels[list(levels)[-1]]
        weights = np.array([float(weight) for weight in specification.weights.values()])
        found = pockets.find(
            with_lowest_classes(
                shown_cells.table, shown_cells.indicators, weights, shown_cells.audience.class_households
            )
        )
        names, crossed = self._crossed(specification, levels, found.member)
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
        self, specification: Specification, levels: Mapping[str, Published], member: NDArray[np.int64]
    ) -> tuple[list[str], list[str]]:
        """Name each pocket by the unit with most of its poor; list the units with their share of its households.

        A hidden unit is not named: its share would tell how many of its households are where.
        """
        rows = self._rows_in_pockets(specification, levels[list(levels)[-1]], member)
        tables = [levels[level].table for level in self.unit_levels]
        shown = [code for table in tables for code in table.filter(pl.col("status") == "shown")["code"]]
        rows = rows.filter(pl.col("code").is_in(shown))
        names, crossed = [], []
        for pocket in range(member.max(initial=-1) + 1):
            units = rows.filter(pl.col("pocket") == pocket)
            poorest = units.sort("poor", "unit", descending=[True, False])["name"].to_list()
            names.append(f"Kantong {[*poorest, self._boundaries.place][0]}")
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
            {
                "unit": np.arange(len(self._boundaries.units)),
                **{column: self._boundaries.units[column].tolist() for column in ("code", "name")},
            }
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
