"""The units of a file as understood: what checks read and repairs return anew."""

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import codes
from geo.codes import Code, CodeSystem

EQUAL_AREA = 6933

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Draft:
    """Units on their way from a file to a boundary set.

    Attributes
    ----------
    table
        One row a feature: ``row`` (in the file, from 1), ``code`` (canonical text or None), ``text`` (as the file holds
        it), ``name`` (or None), ``provinsi_name`` … ``kelurahan_name`` for the levels above (or None), geometry in
        EPSG:4326.
    level
        What each row is.
    system
        Of its codes.
    """

    table: gpd.GeoDataFrame
    level: str
    system: CodeSystem

    @property
    def shapes(self) -> Shapes:
        """The geometries in EPSG:4326."""
        answer: Shapes = self.table.geometry.to_numpy()
        return answer

    @cached_property
    def flat(self) -> Shapes:
        """The geometries in the equal-area projection, metres."""
        answer: Shapes = self.table.geometry.to_crs(EQUAL_AREA).to_numpy()
        return answer

    @cached_property
    def codes(self) -> list[Code | None]:
        """The codes, parsed."""
        return [None if text is None else codes.parse(text, self.system) for text in self.table["code"]]

    @cached_property
    def code_texts(self) -> list[str | None]:
        """The codes as text, None where there is none."""
        return [code if isinstance(code, str) else None for code in self.table["code"].tolist()]

    @cached_property
    def rows(self) -> list[int]:
        """The rows in the file."""
        answer: list[int] = self.table["row"].tolist()
        return answer

    @cached_property
    def names(self) -> list[str | None]:
        """The names, an RW's with its kelurahan; None where there is none."""
        own = self.table["name"].tolist()
        above = self.table["kelurahan_name"].tolist() if "kelurahan_name" in self.table else [None] * len(own)
        texts = (
            " ".join(name for name in pair if isinstance(name, str)) for pair in zip(own, above, strict=True)
        )
        return [text or None for text in texts]

    @cached_property
    def labels(self) -> list[str]:
        """What to call each unit: code and name, or its row."""
        units = zip(self.code_texts, self.names, self.rows, strict=True)
        return [" ".join(filter(None, (code, name))) or f"baris {row}" for code, name, row in units]

    def above(self, level: str) -> list[str | None]:
        """Return for each row the code of the unit of a coarser level that contains it."""
        answer: list[str | None] = []
        for code in self.codes:
            upper = code
            while upper is not None and upper.level != level:
                upper = codes.parent(upper)
            answer.append(None if upper is None else str(upper))
        return answer

    def having(self, shapes: Shapes) -> "Draft":
        """Return the draft with other geometries."""
        return replace(
            self, table=self.table.set_geometry(gpd.GeoSeries(shapes, crs=4326, index=self.table.index))
        )

    def only(self, rows: NDArray[np.bool_]) -> "Draft":
        """Return the draft of some of its rows."""
        return replace(self, table=self.table[rows].reset_index(drop=True))


def area_m2(shapes: Shapes) -> NDArray[np.float64]:
    """Return areas of geometries in EPSG:4326, in m²; NaN for what lies beyond the earth."""
    with np.errstate(invalid="ignore"):
        areas: NDArray[np.float64] = gpd.GeoSeries(shapes, crs=4326).to_crs(EQUAL_AREA).area.to_numpy()
    return areas


def in_degrees(flat: Shapes) -> Shapes:
    """Bring geometries from the equal-area projection to EPSG:4326."""
    answer: Shapes = gpd.GeoSeries(flat, crs=EQUAL_AREA).to_crs(4326).to_numpy()
    return answer


def polygonal(shapes: Shapes) -> Shapes:
    """Return geometries with nothing but their polygons."""
    answer = shapes.copy()
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6))):
        parts = shapely.get_parts(shapes[row])
        answer[row] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), (3, 6))])
    return answer
