"""Layers beside the register: what a place is like by another source, one value a place.

A layer stands on one version of a boundary set and on the cells that it touches. It tells nothing of a household, so
every audience may see it; it is kept with its source and date.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import geopandas as gpd
import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import cells
from geo.boundaries import BoundarySet
from geo.disclosure import PUBLISHED_RESOLUTIONS
from geo.errors import ParameterError
from geo.report import LayerLabel

#: In tables, a layer is the column of this prefix and its name.
PREFIX = "layer_"

#: Units of layers whose values are shares of a place's area, or of its households, 0 to 1.
SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS = "bagian luas", "bagian keluarga"

#: A layer has values for so many cells of a resolution, not more.
MOST_CELLS = 300_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EQUAL_AREA = 6933


@dataclass(frozen=True)
class Places:
    """The places of one level.

    Attributes
    ----------
    codes
        Wilayah codes, or cells in hexadecimal.
    geometry
        Polygons in EPSG:4326.
    """

    level: str
    codes: Sequence[str]
    geometry: gpd.GeoSeries

    @property
    def is_cells(self) -> bool:
        """Whether the places are H3 cells."""
        return self.level.startswith("h3-")

    @cached_property
    def points(self) -> gpd.GeoSeries:
        """A point within each place; of a cell its middle."""
        if not self.is_cells:
            return self.geometry.representative_point()
        middle = self.geometry.to_crs(_EQUAL_AREA).centroid
        return middle.to_crs(4326)


@dataclass(frozen=True)
class ContextLayer:
    """One value for each place of each level.

    Attributes
    ----------
    name
        What its column is called, such as ``banjir``.
    title, unit
        What people read.
    kind
        ``raster``, ``points``, ``table`` or ``polygons``.
    source, date
        Where it comes from, and of when it is.
    values
        Level → code of a place → value, without places of which nothing is known.
    warnings
        What was found while reading, one sentence each.
    """

    name: str
    title: str
    unit: str
    kind: str
    source: str
    date: date
    values: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ParameterError(
                f"--name {self.name!r}: a layer is called by small letters, digits and _, such as banjir_2012."
            )

    @property
    def column(self) -> str:
        """The column of the layer in a table of places."""
        return PREFIX + self.name

    @property
    def label(self) -> LayerLabel:
        """What people read of it."""
        return LayerLabel(self.column, self.title, self.unit, self.source, self.date)


def places(boundaries: BoundarySet) -> list[Places]:
    """Return the places of every level that can be published, units before cells.

    Cells are those that touch a unit. Where there are too many of them, as over a whole country, the finer
    resolution is left out.
    """
    units = boundaries.units
    found = [
        Places(level, units["code"].iloc[rows].tolist(), units.geometry.iloc[rows].reset_index(drop=True))
        for level in boundaries.levels
        if len(rows := boundaries.rows(level))
    ]
    top = units.geometry.iloc[boundaries.rows(boundaries.levels[0])]
    area = float(units["area_km2"].iloc[boundaries.rows(boundaries.levels[0])].sum())
    for resolution in PUBLISHED_RESOLUTIONS:
        if area / cells.AVERAGE_KM2[resolution] > MOST_CELLS:
            break
        touched = np.unique(np.concatenate([cells.touching(polygon, resolution) for polygon in top]))
        outlines = gpd.GeoSeries(cells.polygons(touched), crs=4326)
        found.append(Places(f"h3-{resolution}", cells.to_text(touched), outlines))
    return found


def by_code(of: Places, values: NDArray[np.float64]) -> dict[str, float]:
    """Return values by the code of the place, without those that are not known."""
    return {code: float(value) for code, value in zip(of.codes, values, strict=True) if np.isfinite(value)}


def with_layers(table: pl.DataFrame, layers: Sequence[ContextLayer], level: str) -> pl.DataFrame:
    """Return a table of places with a column for each layer that has values at the level."""
    return table.with_columns(**{layer.column: column for layer, column in _columns(table, layers, level)})


def _columns(
    table: pl.DataFrame, layers: Sequence[ContextLayer], level: str
) -> Iterator[tuple[ContextLayer, pl.Series]]:
    for layer in layers:
        values = layer.values.get(level)
        if values:
            yield layer, pl.Series([values.get(code) for code in table["code"]], dtype=pl.Float64)
