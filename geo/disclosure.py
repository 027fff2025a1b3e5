"""What each audience may see: the only room that can make a `Published` table.

A place is hidden when its number of poor households, or of households that are not poor, is small, or when it has
few households at all. More are hidden until none of these can be had from the shown ones, over units and cells
together (`geo.suppression`). A hidden place hides all places below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.coarsening import (
    DESIL_GROUPS,
    coarse_desils,
    coarse_figures,
    figures_by_indicator,
    without_lowest_classes,
)
from geo.intervals import marginal_rank_intervals
from geo.measures import Measures
from geo.report import LayerLabel, RunSummary
from geo.robustness import Robustness
from geo.suppression import PartCounts, hide
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
    class_households
        Smaller figures are told by classes of so many households: more than are hidden, and a multiple of what they are
        for those who see more, so that who reads as both knows no count more closely.
    fewest_households_unit, fewest_households_cell
        A zone with fewer households is hidden.
    finest_resolution
        The finest H3 resolution shown.
    """

    name: str
    hidden_up_to: int
    class_households: int
    fewest_households_unit: int
    fewest_households_cell: int
    finest_resolution: int


PUBLIC = Audience("public", 10, 12, 20, 30, 8)
PLANNER = Audience("planner", 4, 6, 10, 20, 9)
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


#: The reason that a hidden zone gives.
PROTECTED = "protected"

#: Columns of every `Published.table`, with what they hold.
ZONE_COLUMNS: Mapping[str, Any] = {
    "code": pl.String,  # wilayah code, H3 cell in hexadecimal, or the pocket's number
    "name": pl.String,  # name of the unit or pocket; the cell's own code for cells
    "parent": pl.String,  # code of the zone one level up, null at the top
    "status": pl.String,  # "shown", "hidden", "empty" (no household)
    "reason": pl.String,  # of every hidden zone the same: the true one would tell that a count is few
    "area_km2": pl.Float64,
    "read": pl.Float64,  # households counted in the zone: measured + left_out, null where that is
    "left_out": pl.Float64,  # households that miss a retained indicator; by class, as all shares of persons below
    "households": pl.Float64,  # households measured
    "persons": pl.Float64,  # persons in them
    "modelled_share": pl.Float64,  # share of households placed by a modelled share, in whole percents
    "poor_households": pl.Float64,
    "poor_persons": pl.Float64,
    "poor_per_km2": pl.Float64,  # poor persons per km²
    "h": pl.Float64,  # headcount ratio, 0..1, person-weighted
    "a": pl.Float64,  # intensity among the poor; null where nobody is poor
    "m0": pl.Float64,  # adjusted headcount ratio
    "vulnerable": pl.Float64,  # share of persons in households with vulnerable ≤ score < k
    "severe": pl.Float64,  # share of persons in households with score ≥ severe
}

#: The figures that decide whether a zone is shown; where it is, they are told as they are.
_SMALLER = ("read", "left_out", "vulnerable", "severe")
_EXACT = ("households", "persons", "poor_households", "poor_persons", "h", "a", "m0")

#: Columns of units, where the register tells desils: shares of the poor persons, by class.
DESIL_COLUMNS: Mapping[str, Any] = dict.fromkeys(DESIL_GROUPS, pl.Float64)

#: Columns that say how sure a rank by M0 is, last in the table of a run's levels; a what-if has none.
RANK_COLUMNS: Mapping[str, Any] = {
    "m0_error": pl.Float64,  # standard error of M0; of a register: superpopulation uncertainty; to 4 decimals
    "rank_low": pl.Int64,  # the rank lies between these with 95 % confidence, rank 1 the poorest
    "rank_high": pl.Int64,
}

#: Columns that say how a rank holds under other weights and cutoffs; see `geo.robustness.Robustness`.
ROBUSTNESS_COLUMNS: Mapping[str, Any] = {
    "share_in_top": pl.Float64,
    "rank_best": pl.Int64,
    "rank_median": pl.Float64,
    "rank_worst": pl.Int64,
}

#: More would be one more exact sum over the households of a zone.
_ERROR_DECIMALS = 4

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


Hierarchy = Sequence[tuple[Zones, Measures]]


def publish(
    hierarchies: Sequence[Hierarchy],
    audience: Audience,
    parts: PartCounts | None = None,
    earlier: Sequence[Mapping[str, Published]] = (),
    other_registers: Sequence[Mapping[str, Published]] = (),
) -> dict[str, Published]:
    """Publish the levels of one hierarchy, or of units and cells together, for one audience.

    Parameters
    ----------
    hierarchies
        Zones and their measures, coarse to fine; each level's parents stand in the level before it. The zones of
        each level add up to the same total.
    parts
        The households where the finest zones of all hierarchies cross; None for one hierarchy.
    earlier
        What can be read besides of the same register, by this audience or by one that sees more: under other
        specifications, to other levels, or of the same run. A zone hidden there is hidden here; one whose number of
        poor differs by few from there is hidden.
    other_registers
        What could be read before of other registers on the same boundaries. A zone hidden there is hidden here, also
        when nobody is left in it.

    Returns
    -------
    dict
        Level → published zones.
    """
    if parts is None:
        parts = PartCounts.of(hierarchies[0][-1][1])
    hidden = hide(
        [[zones.parent for zones, _ in hierarchy] for hierarchy in hierarchies],
        [
            [
                _must_hide(zones, measures, audience, earlier) | _hidden_in(zones, other_registers)
                for zones, measures in hierarchy
            ]
            for hierarchy in hierarchies
        ],
        parts,
        audience.hidden_up_to,
    )
    published = {}
    for hierarchy, of_levels in zip(hierarchies, hidden, strict=True):
        for (zones, measures), of_level in zip(hierarchy, of_levels, strict=True):
            occupied = (measures.read > 0) | _hidden_in(zones, other_registers)
            table = _table(zones, measures, occupied, of_level, audience.class_households)
            published[zones.level] = Published(
                audience, zones.level, measures.indicators, table, zones.geometry, _SEAL
            )
    return published


def with_desils(published: Published, poor_persons: NDArray[np.float64]) -> Published:
    """Return a level with the share of the poor persons of each shown zone that each group of desil makes up, by class.

    Parameters
    ----------
    poor_persons
        From `geo.measures.poor_by_desil`, of all zones of the level in the order of its table.
    """
    shown = (published.table["status"] == "shown").to_numpy()
    told = coarse_desils(poor_persons, published.audience.class_households)
    table = published.table.with_columns(
        pl.Series(name, np.where(shown, share, np.nan)).fill_nan(None).cast(DESIL_COLUMNS[name])
        for name, share in told.items()
    )
    return replace(published, table=table)


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
    columns = {
        "m0_error": m0_errors.round(_ERROR_DECIMALS),
        "rank_low": intervals.low,
        "rank_high": intervals.high,
    }
    table = published.table.with_columns(
        **{
            name: pl.when(pl.Series(known)).then(pl.Series(values)).cast(RANK_COLUMNS[name])
            for name, values in columns.items()
        }
    )
    return replace(published, table=table)


def publish_answer(run_level: Published, measures: Measures) -> Published:
    """Publish the answer to a question, measured from profiles that have none or more households than the threshold.

    A zone that is hidden in the run is hidden in the answer; the figures of the others are told as they are, as every
    sum of such profiles is none or large enough.

    Parameters
    ----------
    run_level
        The level as the run published it.
    measures
        From `geo.protected_profiles`, in the order of the level.
    """
    run = run_level.table
    hidden = run["status"] == "hidden"
    shown = (measures.read > 0) & ~hidden.to_numpy()
    table = run.select("code", "name", "parent", "status", "reason", "area_km2").with_columns(
        status=pl.when(pl.Series(shown))
        .then(pl.lit("shown"))
        .when(hidden)
        .then(pl.lit("hidden"))
        .otherwise(pl.lit("empty"))
    )
    figures = {
        "poor_per_km2": measures.poor_persons / run["area_km2"].to_numpy(),
        **{name: getattr(measures, name) for name in (*_EXACT, *_SMALLER, "modelled_share")},
        **figures_by_indicator(measures),
    }
    return replace(run_level, table=_with_figures(table, figures, shown, measures.indicators))


def publish_robustness(run_level: Published, found: Robustness) -> Published:
    """Publish how often the shown zones of a level are in the top, counted over the same merged profiles as answers.

    Parameters
    ----------
    run_level
        The level as the run published it; what it hides has no share and no rank.
    found
        From the counts of `geo.protected_profiles`, in which hidden zones have no households and so no rank among
        the others.
    """
    shown = (run_level.table["status"] == "shown").to_numpy()
    values = (found.share_in_top, found.best, found.median, found.worst)
    table = run_level.table.select("code", "name", "parent", "status", "reason").with_columns(
        pl.Series(name, np.where(shown, value, np.nan)).fill_nan(None).cast(kind)
        for (name, kind), value in zip(ROBUSTNESS_COLUMNS.items(), values, strict=True)
    )
    return replace(run_level, table=table)


def publish_bridged(old: Published, new: Published, table: pl.DataFrame) -> Published:
    """Publish the figures of an old run on the zones of a newer version: they follow from what is published.

    Parameters
    ----------
    table
        From `geo.change.bridge`, of the old level and a crosswalk that may be published.
    """
    places = new.table.select("code", "name", "parent", "area_km2")
    figures = table.select(name for name in table.columns if name not in ("name", "parent", "area_km2"))
    joined = places.join(figures, on="code", how="left", maintain_order="left")
    told = joined.with_columns(status=pl.col("status").fill_null("empty"))
    return replace(new, audience=old.audience, indicators=old.indicators, table=told)


def publish_pockets(shown_cells: Published, table: pl.DataFrame, geometry: NDArray[np.object_]) -> Published:
    """Publish pockets that were found and summed from cells already published, so they tell nothing more."""
    columns = {**ZONE_COLUMNS, **figure_columns(shown_cells.indicators), **POCKET_COLUMNS}
    told = without_lowest_classes(table, shown_cells.indicators, shown_cells.audience.class_households)
    ordered = told.select(*columns).cast(pl.Schema(columns))
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


def _must_hide(
    zones: Zones, measures: Measures, audience: Audience, earlier: Sequence[Mapping[str, Published]]
) -> NDArray[np.bool_]:
    """Return which zones are hidden for their own figures, now or beside those of before."""
    fewest = audience.fewest_households_cell if zones.is_cells else audience.fewest_households_unit
    households, poor = measures.households, measures.poor_households
    few = (households < fewest) | _is_small(poor, audience) | _is_small(households - poor, audience)
    for levels in earlier:
        if zones.level in levels:
            before = pl.DataFrame({"code": zones.codes}).join(
                levels[zones.level].table, on="code", how="left"
            )
            few |= (before["status"] == "hidden").fill_null(False).to_numpy()
            few |= _is_small(np.abs(poor - before["poor_households"].fill_null(np.nan).to_numpy()), audience)
    answer: NDArray[np.bool_] = few & (measures.read > 0)
    return answer


def _hidden_in(zones: Zones, tables: Sequence[Mapping[str, Published]]) -> NDArray[np.bool_]:
    """Return which zones are hidden in one of the tables."""
    found = np.zeros(len(zones.codes), bool)
    for levels in tables:
        if zones.level in levels:
            hidden = levels[zones.level].table.filter(pl.col("status") == "hidden")["code"]
            found |= pl.Series(zones.codes).is_in(hidden.implode()).to_numpy()
    return found


def _is_small(count: NDArray[np.float64], audience: Audience) -> NDArray[np.bool_]:
    """Whether a count would show too few; carried shares make counts fractional, so 0 has a tolerance."""
    return (count > 1e-9) & (count < audience.hidden_up_to + 1)


def _table(
    zones: Zones,
    measures: Measures,
    occupied: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    class_households: int,
) -> pl.DataFrame:
    shown = occupied & ~hidden
    figures = {
        "poor_per_km2": measures.poor_persons / zones.area_km2,
        "modelled_share": measures.modelled_share.round(2),
        **{name: getattr(measures, name) for name in _EXACT},
        **coarse_figures(measures, class_households),
    }
    table = pl.DataFrame(
        {
            "code": list(zones.codes),
            "name": list(zones.names),
            "parent": pl.Series(list(zones.parent_codes), dtype=pl.String),
            "status": np.where(shown, "shown", np.where(occupied, "hidden", "empty")).tolist(),
            "reason": pl.Series(
                [PROTECTED if flag else None for flag in (occupied & hidden).tolist()], dtype=pl.String
            ),
            "area_km2": zones.area_km2,
        }
    )
    return _with_figures(table, figures, shown, measures.indicators)


def _with_figures(
    places: pl.DataFrame,
    figures: Mapping[str, NDArray[np.float64]],
    shown: NDArray[np.bool_],
    indicators: Sequence[str],
) -> pl.DataFrame:
    """Give the shown places their figures, the others none."""
    types = {**ZONE_COLUMNS, **figure_columns(indicators)}
    table = places.with_columns(**{name: np.where(shown, values, np.nan) for name, values in figures.items()})
    return table.select(*types).cast(pl.Schema(types)).with_columns(pl.col(pl.Float64).fill_nan(None))
