"""What each audience may see: the only room that can make a `Published` table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.report import RunSummary

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
    """

    summary: RunSummary
    audience: Audience
    levels: Mapping[str, Published]
    pockets: Published
    backdrop: gpd.GeoDataFrame
