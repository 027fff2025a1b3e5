"""Polygons laid over places, such as slum areas: which share of each place's area and households they cover."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells
from geo.boundaries import BoundarySet
from geo.context import MOST_CELLS, SHARE_OF_HOUSEHOLDS, ContextLayer, Places
from geo.disclosure import PublishedRun
from geo.measures import is_measured
from geo.shares import publish_share
from geo.tabulation import Tabulation

Floats = NDArray[np.float64]
Cover = Mapping[str, Mapping[str, float]]

#: What follows the name of a layer of polygons, and its title.
AREA = ("_bagian_luas", ": bagian luas")
HOUSEHOLDS = ("_bagian_keluarga", ": bagian keluarga")

#: Where households stand within polygons is told by cells of this resolution, or of the run's if that is coarser.
FINEST = 10

_EQUAL_AREA = 6933


def covered_share(polygons: gpd.GeoSeries, places: Places) -> Floats:
    """Return the share of each place's area that polygons cover, 0 to 1; where they overlap it counts once.

    Parameters
    ----------
    polygons
        Valid polygons in any CRS.
    """
    over = shapely.union_all(polygons.to_crs(_EQUAL_AREA).to_numpy())
    pieces = shapely.get_parts(over)
    outlines = places.geometry.to_crs(_EQUAL_AREA).to_numpy()
    place, piece = shapely.STRtree(pieces).query(outlines, predicate="intersects")
    areas = shapely.area(shapely.intersection(outlines[place], pieces[piece]))
    covered = np.bincount(place, weights=areas, minlength=len(outlines))
    share: Floats = np.clip(covered / shapely.area(outlines), 0.0, 1.0)
    return share


def covered_cells(polygons: gpd.GeoSeries, boundaries: BoundarySet) -> Places | None:
    """Return the finest cells that polygons touch within a boundary set; None where there are too many to keep."""
    west, south, east, north = boundaries.units.total_bounds
    near = polygons.to_crs(4326).clip_by_rect(west, south, east, north)
    parts = [part for part in shapely.get_parts(near.to_numpy()) if shapely.area(part) > 0]
    if gpd.GeoSeries(parts, crs=4326).to_crs(_EQUAL_AREA).area.sum() / 1e6 > (
        MOST_CELLS * cells.AVERAGE_KM2[FINEST]
    ):
        return None
    touched = [cells.touching(part, FINEST) for part in parts]
    found = np.unique(np.concatenate([np.empty(0, np.uint64), *touched]))
    return Places(f"h3-{FINEST}", cells.to_text(found), gpd.GeoSeries(list(cells.polygons(found)), crs=4326))


def of_households(layer: ContextLayer, values: Cover) -> ContextLayer:
    """Return the layer of the shares of households that belongs to a layer of the shares of area."""
    return replace(
        layer,
        name=layer.name.removesuffix(AREA[0]) + HOUSEHOLDS[0],
        title=layer.title.removesuffix(AREA[1]) + HOUSEHOLDS[1],
        unit=SHARE_OF_HOUSEHOLDS,
        values=values,
    )


def shares_of_households(
    tabulation: Tabulation, resolution: int, runs: Sequence[PublishedRun], cover: Cover
) -> dict[str, Cover]:
    """Return the share of the measured households of each shown place that live within polygons, by audience.

    The households of a finest cell are taken to be spread evenly over it. Told by class
    (`geo.shares.publish_share`).

    Parameters
    ----------
    resolution
        Of the cells of the tally.
    runs
        The run as each audience may read it.
    cover
        Level → code → share of the area, of all levels and of the finest cells.
    """
    answer: dict[str, Cover] = {}
    for run in runs:
        answer[run.audience.name] = {
            level: publish_share(
                published,
                _households_inside(tabulation, run, level, min(resolution, FINEST), cover),
                np.array([cover[level].get(code, 0.0) for code in published.table["code"]]),
            )
            for level, published in run.levels.items()
            if level in cover
        }
    return answer


def _households_inside(
    tabulation: Tabulation, run: PublishedRun, level: str, finest: int, cover: Cover
) -> Floats:
    counts, boundaries = tabulation.restricted
    rows = counts.counts
    measured = is_measured(rows["missing"].to_numpy(), run.summary.specification)
    households = rows["households"].to_numpy() * measured
    unit, cell = rows["unit"].to_numpy(), rows["cell"].to_numpy()
    located = cell > 0
    inside = households * _of_units(tabulation, cover)[unit]
    inside[located] = households[located] * _covered(cells.parents(cell[located], finest), finest, cover)
    arranged = tabulation.counts(level)
    if level in tabulation.unit_levels:
        above = boundaries.ancestors(level)[unit].astype(np.int64)
        known = above >= 0
        zone = np.searchsorted(arranged.zones, above[known].astype(np.uint64))
        carried = arranged.shares @ np.bincount(unit[~known], inside[~known], len(boundaries.units))
    else:
        coarse = int(level.removeprefix("h3-"))
        known = located
        zone = np.searchsorted(arranged.zones, cells.parents(cell[known], coarse))
        unplaced = arranged.shares @ np.bincount(unit[~known], households[~known], len(boundaries.units))
        carried = unplaced * _covered(arranged.zones, coarse, cover)
    answer: Floats = np.bincount(zone, inside[known], len(arranged.zones)) + carried
    return answer


def _of_units(tabulation: Tabulation, cover: Cover) -> Floats:
    """Return the share within polygons of the households that have no point, by the unit that they are carried from."""
    level = tabulation.cell_levels[-1]
    arranged = tabulation.counts(level)
    share: Floats = _covered(arranged.zones, int(level.removeprefix("h3-")), cover) @ arranged.shares
    return share


def _covered(of: NDArray[np.uint64], resolution: int, cover: Cover) -> Floats:
    known = cover.get(f"h3-{resolution}", {})
    distinct, place = np.unique(of, return_inverse=True)
    shares = np.array([known.get(code, 0.0) for code in cells.to_text(distinct)])
    return shares[place] if len(shares) else np.zeros(len(of))
