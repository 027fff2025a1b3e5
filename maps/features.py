"""Features that can be asked for by place and by property: the rows of a table with their outlines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo.boundaries import BoundarySet
from geo.disclosure import Published
from geo.errors import ParameterError
from geo.report import LayerLabel
from geo.specification import Specification
from maps import geojson, reference_systems
from maps.columns import Column, columns_of, described

_TOO_LARGE = 2**63
_UNIT_COLUMNS = {
    "code": pl.String,
    "name": pl.String,
    "parent": pl.String,
    "level": pl.String,
    "area_km2": pl.Float64,
}


@dataclass(frozen=True)
class Features:
    """A table whose column ``code`` tells its rows apart, with one area a row in longitude and latitude."""

    table: pl.DataFrame
    geometry: NDArray[np.object_]
    columns: tuple[Column, ...]
    _places: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {code: place for place, code in enumerate(self.table["code"])}
        object.__setattr__(self, "_places", places)

    @cached_property
    def kind(self) -> str:
        """Return ``Polygon`` or ``MultiPolygon``."""
        return geojson.geometry_type(self.geometry)

    @cached_property
    def bounds(self) -> reference_systems.Bounds | None:
        """Return west, south, east and north, None for no features."""
        if not len(self.geometry):
            return None
        west, south, east, north = shapely.total_bounds(self.geometry).tolist()
        return west, south, east, north

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.geometry)

    @cached_property
    def _outlines(self) -> pl.Series:
        return geojson.coordinates(self.geometry, kind=self.kind)

    def place(self, code: str) -> int | None:
        """Return the row of a feature."""
        return self._places.get(code)

    def matching(self, areas: Sequence[shapely.Geometry] | None, values: Mapping[str, str]) -> list[int]:
        """Return the rows that touch one of the areas and have all the values, in the order of the table.

        Raises
        ------
        ParameterError
            When a value is not of the kind of its column.
        """
        rows: Sequence[int] = range(self.table.height)
        if areas is not None:
            touched = [self._tree.query(area, predicate="intersects").tolist() for area in areas]
            rows = sorted({row for of_area in touched for row in of_area})
        if not values:
            return list(rows)
        kinds = {column.id: column.kind for column in self.columns}
        wanted = [pl.col(name) == _value(name, text, kinds[name]) for name, text in values.items()]
        found = self.table.with_row_index("row").filter(*wanted)["row"]
        return sorted(set(rows).intersection(found.to_list()))

    def geojson(self, rows: Sequence[int], crs: str = reference_systems.CRS84) -> geojson.Pieces:
        """Write the features of some rows, with commas between them, in a reference system, in pieces to be joined."""
        table = self.table[list(rows)]
        outlines = (
            self._outlines[list(rows)]
            if crs == reference_systems.CRS84
            else geojson.coordinates(
                reference_systems.projected(self.geometry[list(rows)], crs),
                kind=self.kind,
                decimals=reference_systems.decimals(crs),
            )
        )
        return geojson.features(table["code"], table, outlines, kind=self.kind)


def of_published(
    published: Published, specification: Specification, layers: Sequence[LayerLabel] = ()
) -> Features:
    """Return the zones of a level, or the pockets: those with figures first.

    QGIS takes the type of a column from the first ten features, and a column without a value there is text to it.
    """
    order = np.argsort((published.table["status"] != "shown").to_numpy(), kind="stable")
    return Features(
        published.table[order], published.geometry[order], columns_of(published, specification, layers)
    )


def of_shortlist(
    published: Published,
    codes: Sequence[str],
    specification: Specification,
    layers: Sequence[LayerLabel] = (),
) -> Features:
    """Return the picked zones of a level in their order, with their ``position`` from 1."""
    places = {code: place for place, code in enumerate(published.table["code"])}
    rows = [places[code] for code in codes if code in places]
    position = pl.Series("position", range(1, len(rows) + 1), dtype=pl.Int64)
    table = published.table[rows].select("code", position, pl.exclude("code"))
    return Features(table, published.geometry[rows], described(table, specification, layers))


def of_boundaries(boundaries: BoundarySet, level: str) -> Features:
    """Return the units of a level of a boundary set."""
    units = boundaries.units.iloc[boundaries.rows(level)]
    codes = boundaries.units["code"].to_numpy()
    table = pl.DataFrame(
        {
            "code": units["code"].tolist(),
            "name": units["name"].tolist(),
            "parent": [codes[row] if row >= 0 else None for row in units["parent"]],
            "level": units["level"].tolist(),
            "area_km2": units["area_km2"].to_numpy(),
        },
        schema=_UNIT_COLUMNS,
    )
    return Features(table, units.geometry.to_numpy(), described(table))


def _value(name: str, text: str, kind: str) -> str | float | int:
    if kind == "string":
        return text
    try:
        number = int(text) if kind == "integer" else float(text)
    except ValueError as error:
        raise ParameterError(f"{name}: {text!r} is not a number.") from error
    if not abs(number) < _TOO_LARGE:  # nor NaN
        raise ParameterError(f"{name}: {text!r} is not a number that there can be.")
    return number
