"""Poverty pockets: hot spots of M0 among H3 cells, and the contiguous places that they form.

Getis–Ord Gi* (Getis & Ord 1992; Ord & Getis 1995) with binary contiguity including the cell itself, one-sided
p-values, false discovery rate by Benjamini & Hochberg (1995), then connected components. Everything is computed from
published cells, so a pocket tells nothing that its cells did not.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp
import scipy.stats
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from geo import cells
from geo.cells import Cells

FALSE_DISCOVERY_RATE = 0.05
FEWEST_CELLS = 2

#: A smaller relative spread is rounding, and would be blown up into hot spots.
_ALIKE = 1e-9

_SUMS = ("read", "left_out", "households", "persons", "poor_households", "poor_persons", "area_km2")


@dataclass(frozen=True, slots=True)
class Pockets:
    """Pockets found among the cells of one level.

    Attributes
    ----------
    member
        For each cell of the input the number of its pocket from 0, -1 outside all; largest pocket (by poor persons)
        first.
    table
        Figures of each pocket, named as the columns of a published table.
    geometry
        Dissolved outlines, EPSG:4326.
    """

    member: NDArray[np.int64]
    table: pl.DataFrame
    geometry: NDArray[np.object_]


def local_g_star(values: NDArray[np.float64], contiguity: sp.csr_array) -> NDArray[np.float64]:
    """Return the z-score of Gi* of each place.

    z_i = (Σ_j w_ij x_j − W_i x̄) / (s √((n Σ_j w_ij² − W_i²) / (n − 1))), binary w with w_ii = 1, s the population
    standard deviation.

    Parameters
    ----------
    values
        Shape (places,), all finite.
    contiguity
        Binary, symmetric, without the diagonal.

    Returns
    -------
    NDArray
        z-scores; 0 where all values are equal or every place is a neighbour.

    Examples
    --------
    >>> line = sp.csr_array(np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1))
    >>> local_g_star(np.array([9.0, 9.0, 1.0, 1.0, 1.0]), line).round(3).tolist()
    [2.0, 1.333, -0.333, -2.0, -1.333]
    """
    places = len(values)
    if places < 2:
        return np.zeros(places)
    number = np.asarray(contiguity.sum(axis=1)).ravel() + 1.0
    local_sum = contiguity @ values + values
    deviation = values.std()
    if deviation <= _ALIKE * np.abs(values).max():
        return np.zeros(places)
    spread = deviation * np.sqrt(np.maximum(places * number - number**2, 0) / (places - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        z: NDArray[np.float64] = np.where(spread > 0, (local_sum - number * values.mean()) / spread, 0.0)
    return z


def find(table: pl.DataFrame, by: str = "m0") -> Pockets:
    """Find the pockets among the shown cells of a published table.

    Hidden cells and cells without households are no one's neighbours.

    Parameters
    ----------
    table
        Published cells of one resolution.
    by
        The figure whose hot spots are sought.
    """
    shown = np.flatnonzero((table["status"] == "shown").to_numpy() & table[by].is_not_null().to_numpy())
    codes = cells.from_text(table["code"].gather(shown).to_list())
    order = np.argsort(codes)
    shown, codes = shown[order], codes[order]
    values = table[by].gather(shown).to_numpy()
    contiguity = cells.neighbours(codes) if len(codes) else sp.csr_array((0, 0))
    hot = _discoveries(scipy.stats.norm.sf(local_g_star(values, contiguity)))
    label = _components(hot, contiguity, table["poor_persons"].gather(shown).to_numpy())
    member = np.full(table.height, -1)
    member[shown] = label
    return Pockets(member, _figures(table, member), _outlines(codes, label))


def _discoveries(p: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not len(p):
        return np.zeros(0, dtype=bool)
    adjusted: NDArray[np.float64] = scipy.stats.false_discovery_control(p, method="bh")
    return adjusted <= FALSE_DISCOVERY_RATE


def _components(
    hot: NDArray[np.bool_], contiguity: sp.csr_array, poor_persons: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Give numbers to the components of at least `FEWEST_CELLS` hot cells, most poor persons first."""
    chosen = np.flatnonzero(hot)
    label = np.full(len(hot), -1)
    if not len(chosen):
        return label
    number, component = connected_components(contiguity[chosen][:, chosen], directed=False)
    size = np.bincount(component, minlength=number)
    poor = np.bincount(component, weights=poor_persons[chosen], minlength=number)
    kept = [int(c) for c in np.lexsort((np.arange(number), -poor)) if size[c] >= FEWEST_CELLS]
    renumbered = np.full(number, -1)
    renumbered[kept] = np.arange(len(kept))
    label[chosen] = renumbered[component]
    return label


def _figures(table: pl.DataFrame, member: NDArray[np.int64]) -> pl.DataFrame:
    """Sum counts and weight rates over the cells of each pocket."""
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
