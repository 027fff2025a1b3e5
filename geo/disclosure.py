"""What each audience may see: the only room that can make a `Published` table.

A place is hidden when its number of poor households, or of households that are not poor, is small, or when it has
few households at all (primary suppression). Hidden places under a published total are none or at least two, and
what they add up to is itself large enough (complementary suppression), so the total minus the shown places gives
none of them away. A hidden place hides all places below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.intervals import marginal_rank_intervals
from geo.measures import Measures
from geo.report import LayerLabel, RunSummary
from geo.zones import Zones

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads, and the rules of what may be shown to them (METHODS §6).

    Attributes
    ----------
    name
        ``public`` or ``planner``.
    hidden_up_to
        A number of poor (or of not poor) households from 1 to this is hidden.
    fewest_households_unit, fewest_households_cell
        A zone with fewer households is hidden.
    finest_resolution
        The finest H3 resolution shown.
    """

    name: str
    hidden_up_to: int
    fewest_households_unit: int
    fewest_households_cell: int
    finest_resolution: int


PUBLIC = Audience("public", 10, 20, 30, 8)
PLANNER = Audience("planner", 4, 10, 20, 9)
AUDIENCES: Mapping[str, Audience] = {audience.name: audience for audience in (PUBLIC, PLANNER)}

#: H3 resolutions that are published at all, where the audience may see them.
PUBLISHED_RESOLUTIONS = (8, 9)


@dataclass(frozen=True, slots=True)
class Published:
    """The zones of one level as one audience may see them.

    Attributes
    ----------
    audience, level, indicators
        For whom, which level (``kota`` … ``rw``, ``h3-8``, ``pocket``), and the ids of the indicators.
    table
        One row a zone, hidden ones included; every figure of a hidden or empty zone is null. Columns: see
        `ZONE_COLUMNS`; then for each indicator ``uncensored_<id>``, ``censored_<id>``, ``contribution_<id>``.
    geometry
        One shapely geometry a row, EPSG:4326.
    """

    audience: Audience
    level: str
    indicators: tuple[str, ...]
    table: pl.DataFrame
    geometry: NDArray[np.object_]
    _seal: Any = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("a Published table is made by geo.disclosure only")

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the table with its geometry, EPSG:4326."""
        return gpd.GeoDataFrame(self.table.to_pandas(), geometry=self.geometry, crs=4326)


#: Columns of every `Published.table`, with what they hold.
ZONE_COLUMNS: Mapping[str, Any] = {
    "code": pl.String,  # wilayah code, H3 cell in hexadecimal, or the pocket's number
    "name": pl.String,  # name of the unit or pocket; the cell's own code for cells
    "parent": pl.String,  # code of the zone one level up, null at the top
    "status": pl.String,  # "shown", "hidden", "empty" (no household)
    "reason": pl.String,  # why hidden: few_households, few_poor, few_not_poor, complementary, parent_hidden
    "area_km2": pl.Float64,
    "read": pl.Float64,  # households counted in the zone
    "left_out": pl.Float64,  # of these, households that miss a retained indicator
    "households": pl.Float64,  # households measured
    "persons": pl.Float64,  # persons in them
    "modelled_share": pl.Float64,  # share of households placed by a modelled share, not by coordinates
    "poor_households": pl.Float64,
    "poor_persons": pl.Float64,
    "poor_per_km2": pl.Float64,  # poor persons per km²
    "h": pl.Float64,  # headcount ratio, 0..1, person-weighted
    "a": pl.Float64,  # intensity among the poor; null where nobody is poor
    "m0": pl.Float64,  # adjusted headcount ratio
    "vulnerable": pl.Float64,  # share of persons in households with vulnerable ≤ score < k
    "severe": pl.Float64,  # share of persons in households with score ≥ severe
}

_FIGURES = tuple(name for name, dtype in ZONE_COLUMNS.items() if dtype == pl.Float64 and name != "area_km2")

#: Columns that say how sure a rank by M0 is, last in the table of a run's levels; a what-if has none.
RANK_COLUMNS: Mapping[str, Any] = {
    "m0_error": pl.Float64,  # standard error of M0; of a register: superpopulation uncertainty
    "rank_low": pl.Int64,  # the rank lies between these with 95 % confidence, rank 1 the poorest
    "rank_high": pl.Int64,
}

#: Columns of the pockets beside those of zones.
POCKET_COLUMNS: Mapping[str, Any] = {"cells": pl.Int64, "units": pl.String}


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """All that one audience may see of one run.

    Attributes
    ----------
    levels
        Level → zones, coarse to fine, units before cells (``kota``, ``kecamatan``, …, ``h3-8``, ``h3-9``).
    pockets
        Level ``pocket``: the zone columns, then ``cells`` (Int64, number of cells) and ``units`` (String: names of the
        units crossed with whole-percent shares, "Mulyaharja 80 %, Genteng 20 %").
    backdrop
        Lines and areas drawn for orientation only: columns ``kind`` (``road``, ``river``), ``name``, geometry
        in EPSG:4326; may have no rows.
    layers
        Layers beside the register; each is a column of the levels that it has values for.
    """

    summary: RunSummary
    audience: Audience
    levels: Mapping[str, Published]
    pockets: Published
    backdrop: gpd.GeoDataFrame
    layers: tuple[LayerLabel, ...] = ()


def resolutions(audience: Audience, finest: int) -> tuple[int, ...]:
    """Return the H3 resolutions that an audience sees of a run indexed at ``finest``."""
    return tuple(r for r in PUBLISHED_RESOLUTIONS if r <= min(finest, audience.finest_resolution))


def publish(hierarchy: Sequence[tuple[Zones, Measures]], audience: Audience) -> dict[str, Published]:
    """Publish the levels of one hierarchy for one audience.

    Parameters
    ----------
    hierarchy
        Zones and their measures, coarse to fine; each level's parents stand in the level before it. The zones of
        each level add up to the same total.

    Returns
    -------
    dict
        Level → published zones.
    """
    published = {}
    hidden_above = np.zeros(0, dtype=bool)
    for zones, measures in hierarchy:
        reason = _reasons(zones, measures, hidden_above, audience)
        hidden_above = reason != ""
        published[zones.level] = Published(
            audience, zones.level, measures.indicators, _table(zones, measures, reason), zones.geometry, _SEAL
        )
    return published


def with_rank_intervals(published: Published, m0_errors: NDArray[np.float64]) -> Published:
    """Return a level with the intervals of its ranks by M0, among the shown zones only.

    Parameters
    ----------
    m0_errors
        Standard errors of M0 of all zones of the level, in the order of its table.
    """
    shown = (published.table["status"] == "shown").to_numpy()
    m0 = np.where(shown, published.table["m0"].fill_null(np.nan).to_numpy(), np.nan)
    known = np.isfinite(m0) & np.isfinite(m0_errors)
    intervals = marginal_rank_intervals(np.where(known, m0, np.nan), np.where(known, m0_errors, 0.0))
    columns = {"m0_error": m0_errors, "rank_low": intervals.low, "rank_high": intervals.high}
    table = published.table.with_columns(
        **{
            name: pl.when(pl.Series(known)).then(pl.Series(values)).cast(RANK_COLUMNS[name])
            for name, values in columns.items()
        }
    )
    return replace(published, table=table)


def publish_pockets(shown_cells: Published, table: pl.DataFrame, geometry: NDArray[np.object_]) -> Published:
    """Publish pockets that were found and summed from cells already published, so they tell nothing more."""
    columns = {**ZONE_COLUMNS, **figure_columns(shown_cells.indicators), **POCKET_COLUMNS}
    ordered = table.select(*columns).cast(pl.Schema(columns))
    return Published(shown_cells.audience, "pocket", shown_cells.indicators, ordered, geometry, _SEAL)


def reopen(
    audience: Audience,
    level: str,
    indicators: tuple[str, ...],
    table: pl.DataFrame,
    geometry: NDArray[np.object_],
) -> Published:
    """Give back a table that was published before and kept in the store; for `geo.store` only."""
    return Published(audience, level, indicators, table, geometry, _SEAL)


def figure_columns(indicators: Sequence[str]) -> dict[str, Any]:
    """Return the columns of the indicators, with their type."""
    kinds = ("uncensored", "censored", "contribution")
    return {f"{kind}_{indicator}": pl.Float64 for kind in kinds for indicator in indicators}


def _reasons(
    zones: Zones, measures: Measures, hidden_above: NDArray[np.bool_], audience: Audience
) -> NDArray[np.str_]:
    """Return why each zone is hidden, "" where it is not."""
    fewest = audience.fewest_households_cell if zones.is_cells else audience.fewest_households_unit
    households, poor = measures.households, measures.poor_households
    not_poor = households - poor
    occupied = measures.read > 0
    reason = np.full(len(poor), "", dtype="U16")
    reason[occupied & _is_small(not_poor, audience)] = "few_not_poor"
    reason[occupied & _is_small(poor, audience)] = "few_poor"
    reason[occupied & (households < fewest)] = "few_households"
    if hidden_above.size:
        below_hidden = (zones.parent >= 0) & hidden_above[zones.parent]
        reason[below_hidden & occupied & (reason == "")] = "parent_hidden"
    for group in _groups(zones.parent):
        if hidden_above.size and zones.parent[group[0]] >= 0 and hidden_above[zones.parent[group[0]]]:
            continue
        _complement(group[occupied[group]], reason, households, poor, audience)
    return reason


def _is_small(count: NDArray[np.float64], audience: Audience) -> NDArray[np.bool_]:
    """Whether a count would show too few; carried shares make counts fractional, so 0 has a tolerance."""
    return (count > 1e-9) & (count < audience.hidden_up_to + 1)


def _groups(parent: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(parent, kind="stable")
    starts = np.flatnonzero(np.diff(parent[order], prepend=-2))
    return np.split(order, starts[1:]) if len(order) else []


def _complement(
    siblings: NDArray[np.int64],
    reason: NDArray[np.str_],
    households: NDArray[np.float64],
    poor: NDArray[np.float64],
    audience: Audience,
) -> None:
    """Hide more siblings, smallest first, until the hidden ones protect each other."""
    hidden = [zone for zone in siblings if reason[zone]]
    if not hidden or len(siblings) == 1:
        return
    open_siblings = sorted((zone for zone in siblings if not reason[zone]), key=lambda zone: households[zone])
    while open_siblings and not _protect_each_other(hidden, reason, households, poor, audience):
        zone = open_siblings.pop(0)
        reason[zone] = "complementary"
        hidden.append(zone)


def _protect_each_other(
    hidden: list[int],
    reason: NDArray[np.str_],
    households: NDArray[np.float64],
    poor: NDArray[np.float64],
    audience: Audience,
) -> bool:
    if len(hidden) < 2:
        return False
    why, of_poor, of_not_poor = reason[hidden], poor[hidden], households[hidden] - poor[hidden]
    return _stays_open(of_poor, why == "few_poor", audience) and _stays_open(
        of_not_poor, why == "few_not_poor", audience
    )


def _stays_open(counts: NDArray[np.float64], few: NDArray[np.bool_], audience: Audience) -> bool:
    """Whether a known sum is large, and does not decide the counts whose reason says that they are few.

    Each of those is known to be from 1 to the threshold; when they add up to the least or to the most that this
    allows, each is known exactly.
    """
    total, number = counts.sum(), few.sum()
    at_the_most = bool(few.all()) and total >= number * audience.hidden_up_to
    return bool(total > audience.hidden_up_to and total > number and not at_the_most)


def _table(zones: Zones, measures: Measures, reason: NDArray[np.str_]) -> pl.DataFrame:
    occupied = measures.read > 0
    shown = occupied & (reason == "")
    figures = {
        "poor_per_km2": measures.poor_persons / zones.area_km2,
        **{name: getattr(measures, name) for name in _FIGURES if name != "poor_per_km2"},
    }
    for kind in ("uncensored", "censored", "contribution"):
        values = getattr(measures, kind)
        figures |= {f"{kind}_{name}": values[:, column] for column, name in enumerate(measures.indicators)}
    columns: dict[str, Any] = {
        "code": list(zones.codes),
        "name": list(zones.names),
        "parent": list(zones.parent_codes),
        "status": np.where(shown, "shown", np.where(occupied, "hidden", "empty")).tolist(),
        "reason": [text or None for text in reason.tolist()],
        "area_km2": zones.area_km2,
    }
    columns |= {name: np.where(shown, figures[name], np.nan) for name in figures}
    types = {**ZONE_COLUMNS, **figure_columns(measures.indicators)}
    table = pl.DataFrame(columns).select(*types).cast(pl.Schema(types))
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))
