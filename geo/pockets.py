"""Poverty pockets: hot spots among H3 cells or units, and the contiguous places that they form.

Hot spots by Gi* (or local Moran) at a false discovery rate, then connected components of at least two places or of a
stated number of poor persons; Kulldorff's scan as second opinion. Everything is computed from published places, so a
pocket tells nothing that its places did not.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from geo import cells, contiguity, scan
from geo.cells import Cells
from geo.errors import ParameterError
from geo.hotspots import FALSE_DISCOVERY_RATE, HotSpotTest, discoveries, hot_by_g_star, local_g_star

__all__ = [
    "FALSE_DISCOVERY_RATE",
    "FEWEST_PLACES",
    "Pockets",
    "Size",
    "find",
    "find_units",
    "local_g_star",
    "second_opinion",
]

FEWEST_PLACES = 2

#: About a millimetre: vertices of neighbours this close are one, or the dissolved outline has slivers.
_SNAP_DEGREES = 1e-8

_SUMS = ("read", "left_out", "households", "persons", "poor_households", "poor_persons", "area_km2")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a pocket is at least: either so many places, or so many poor persons.

    Attributes
    ----------
    places
        Contiguous hot places.
    poor_persons
        A smaller group of hot places, even one alone, is a pocket from this number of poor persons on; None: never.
    """

    places: int = FEWEST_PLACES
    poor_persons: float | None = None

    def __post_init__(self) -> None:
        if self.places < 1 or (self.poor_persons is not None and self.poor_persons <= 0):
            raise ParameterError(
                f"a pocket of at least {self.places} places or {self.poor_persons} poor persons; "
                "give at least 1 place, and more than 0 poor persons."
            )


@dataclass(frozen=True, slots=True)
class Pockets:
    """Pockets found among the places of one level.

    Attributes
    ----------
    member
        For each place of the input the number of its pocket from 0, -1 outside all; largest pocket (by poor persons)
        first.
    table
        Figures of each pocket, named as the columns of a published table; ``cells`` is its number of places.
    geometry
        Dissolved outlines, EPSG:4326.
    """

    member: NDArray[np.int64]
    table: pl.DataFrame
    geometry: NDArray[np.object_]


def find(
    table: pl.DataFrame,
    by: str = "m0",
    *,
    hot_spots: HotSpotTest = hot_by_g_star,
    size: Size = Size(),
) -> Pockets:
    """Find the pockets among the shown cells of a published table.

    Hidden cells and cells without households are no one's neighbours.

    Parameters
    ----------
    table
        Published cells of one resolution.
    by
        The figure whose hot spots are sought.
    hot_spots
        How hot spots are told: `geo.hotspots.hot_by_g_star` or `geo.hotspots.hot_by_local_moran`.
    size
        The smallest pocket.
    """
    shown = _shown(table, by)
    codes = cells.from_text(table["code"].gather(shown).to_list())
    order = np.argsort(codes)
    shown, codes = shown[order], codes[order]
    near = cells.neighbours(codes) if len(codes) else sp.csr_array((0, 0))
    label = _labels(table, shown, by, near, hot_spots, size)
    return Pockets(*_table(table, shown, label), _outlines(codes, label))


def find_units(
    table: pl.DataFrame,
    geometry: NDArray[np.object_],
    by: str = "m0",
    *,
    hot_spots: HotSpotTest = hot_by_g_star,
    size: Size = Size(),
) -> Pockets:
    """Find the pockets among the shown units of a published table, such as RW, by queen contiguity.

    Hidden units and units without households are no one's neighbours. A unit that touches no other shown one, as an
    island, is compared by itself alone and is a pocket only by the number of its poor persons.

    Parameters
    ----------
    table, geometry
        Published units of one level and their outlines, EPSG:4326.
    by, hot_spots, size
        As in `find`.
    """
    shown = _shown(table, by)
    outlines = geometry[shown]
    label = _labels(table, shown, by, contiguity.queen(outlines), hot_spots, size)
    dissolved = np.empty(label.max(initial=-1) + 1, dtype=object)
    for pocket in range(len(dissolved)):
        dissolved[pocket] = shapely.normalize(
            shapely.union_all(outlines[label == pocket], grid_size=_SNAP_DEGREES)
        )
    return Pockets(*_table(table, shown, label), dissolved)


def second_opinion(
    table: pl.DataFrame,
    geometry: NDArray[np.object_],
    member: NDArray[np.int64],
    *,
    counted: str = "persons",
    draws: int = 999,
    seed: int,
) -> NDArray[np.float64]:
    """Return for each pocket the p-value of the best circle of Kulldorff's scan that overlaps it.

    The scan takes each poor one as a case of its own. Members of a family are poor together, so counting ``persons``
    makes p smaller than it is; counting ``households`` does not.

    Parameters
    ----------
    table, geometry
        Published places of one level and their outlines, EPSG:4326; circles are around their centroids.
    member
        From `find` or `find_units` on the same table.
    counted
        ``persons`` or ``households``: poor ones are counted among all, rounded to whole numbers.
    draws, seed
        As in `geo.scan.scan`.

    Raises
    ------
    ParameterError
        For anything else than persons or households.
    """
    if counted not in ("persons", "households"):
        raise ParameterError(f"the scan cannot count {counted!r}; give persons or households.")
    shown = _shown(table, f"poor_{counted}")
    everyone = np.rint(table[counted].gather(shown).to_numpy()).astype(np.int64)
    poor = np.rint(table[f"poor_{counted}"].gather(shown).to_numpy()).astype(np.int64)
    centre = shapely.centroid(geometry[shown])
    circles = scan.circles(shapely.get_x(centre), shapely.get_y(centre), everyone.astype(np.float64))
    scanned = scan.scan(np.minimum(poor, everyone), everyone, circles, draws=draws, seed=seed)
    return scanned.p_of_groups(member[shown])


def _shown(table: pl.DataFrame, by: str) -> NDArray[np.int64]:
    return np.flatnonzero((table["status"] == "shown").to_numpy() & table[by].is_not_null().to_numpy())


def _labels(
    table: pl.DataFrame,
    shown: NDArray[np.int64],
    by: str,
    near: sp.csr_array,
    hot_spots: HotSpotTest,
    size: Size,
) -> NDArray[np.int64]:
    values = table[by].gather(shown).to_numpy()
    hot = discoveries(hot_spots(values, near))
    return _components(hot, near, table["poor_persons"].gather(shown).to_numpy(), size)


def _components(
    hot: NDArray[np.bool_], near: sp.csr_array, poor_persons: NDArray[np.float64], size: Size
) -> NDArray[np.int64]:
    """Give numbers to the components of hot places that are large enough, most poor persons first."""
    chosen = np.flatnonzero(hot)
    label = np.full(len(hot), -1)
    if not len(chosen):
        return label
    number, component = connected_components(near[chosen][:, chosen], directed=False)
    poor = np.bincount(component, weights=poor_persons[chosen], minlength=number)
    enough = np.bincount(component, minlength=number) >= size.places
    if size.poor_persons is not None:
        enough |= poor >= size.poor_persons
    kept = [int(c) for c in np.lexsort((np.arange(number), -poor)) if enough[c]]
    renumbered = np.full(number, -1)
    renumbered[kept] = np.arange(len(kept))
    label[chosen] = renumbered[component]
    return label


def _table(
    table: pl.DataFrame, shown: NDArray[np.int64], label: NDArray[np.int64]
) -> tuple[NDArray[np.int64], pl.DataFrame]:
    member = np.full(table.height, -1)
    member[shown] = label
    return member, _figures(table, member)


def _figures(table: pl.DataFrame, member: NDArray[np.int64]) -> pl.DataFrame:
    """Sum counts and weight rates over the places of each pocket."""
    weighted = [
        name for name in table.columns if name in ("h", "m0", "vulnerable", "severe") or "censored_" in name
    ]
    contribution = [name for name in table.columns if name.startswith("contribution_")]

    def mean(name: str, weight: str) -> pl.Expr:
        return ((pl.col(name) * pl.col(weight)).sum() / pl.col(weight).sum()).alias(name)

    grouped = (
        table.with_columns(pocket=pl.Series(member), mass=pl.col("m0") * pl.col("persons"))
        .filter(pl.col("pocket") >= 0)
        .group_by("pocket")
        .agg(
            pl.col(_SUMS).sum(),
            mean("modelled_share", "read"),
            *(mean(name, "persons") for name in weighted),
            *(mean(name, "mass") for name in contribution),
            cells=pl.len().cast(pl.Int64),
        )
        .sort("pocket")
    )
    return grouped.with_columns(
        code=(pl.col("pocket") + 1).cast(pl.String),
        parent=pl.lit(None, pl.String),
        status=pl.lit("shown"),
        reason=pl.lit(None, pl.String),
        a=pl.col("m0") / pl.col("h"),
        poor_per_km2=pl.col("poor_persons") / pl.col("area_km2"),
    ).drop("pocket")


def _outlines(codes: Cells, label: NDArray[np.int64]) -> NDArray[np.object_]:
    outlines = np.empty(label.max(initial=-1) + 1, dtype=object)
    for pocket in range(len(outlines)):
        outlines[pocket] = cells.outline(codes[label == pocket])
    return outlines
