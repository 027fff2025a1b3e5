"""Boundary sets: the units of all levels of one place, derived from the finest.

Geometries are kept in EPSG:4326; areas are computed in the equal-area projection EPSG:6933.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import codes
from geo.boundaries.draft import Draft, area_m2
from geo.codes import Code, CodeSystem
from geo.report import BoundarySource

#: Names whose abbreviation the national boundary files write in title case → as they are written.
_ABBREVIATED = {"Dki Jakarta": "DKI Jakarta", "Di Yogyakarta": "DI Yogyakarta"}


@dataclass(frozen=True, slots=True)
class Repair:
    """A change made to a feature while reading, to be shown to the person who loads it."""

    code: str
    name: str
    defect: str
    action: str
    area_moved_m2: float


@dataclass(frozen=True)
class BoundarySet:
    """The units of all levels of one place, in one version.

    Attributes
    ----------
    units
        One row a unit, coarse levels first, by code within a level. Columns: ``code``, ``name``, ``level``,
        ``parent`` (row number of the unit above, -1 at the top), ``area_km2``, geometry in EPSG:4326. The row
        number is the unit number that a tally uses.
    repairs
        What was changed while reading.
    valid_from, valid_to
        The first and the last day on which they hold, where it is known.
    """

    name: str
    code_system: CodeSystem
    finest_level: str
    source: str
    valid_from: date | None
    units: gpd.GeoDataFrame
    repairs: tuple[Repair, ...] = ()
    valid_to: date | None = None

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of the set, coarse to fine."""
        present = set(self.units["level"])
        return tuple(level for level in codes.LEVELS if level in present)

    @property
    def place(self) -> str:
        """The name of the unit that contains all others, or the set's own name where the file does not name it.

        Units keep their names as the file writes them; only here is an abbreviation that it put into title case set
        right.
        """
        top = self.units[self.units["level"] == self.levels[0]]
        named = len(top) == 1 and top["name"].iloc[0] != top["code"].iloc[0]
        name = str(top["name"].iloc[0]) if named else self.name
        return _ABBREVIATED.get(name, name)

    @cached_property
    def id(self) -> str:
        """The content-addressed id: 32 hexadecimal digits over codes, names and coordinates."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(
            f"{self.name}|{self.code_system}|{self.finest_level}|{self.source}|{self.valid_from}".encode()
        )
        if self.valid_to is not None:
            digest.update(f"|{self.valid_to}".encode())
        for code, name, level in zip(
            self.units["code"], self.units["name"], self.units["level"], strict=True
        ):
            digest.update(f"{code}|{name}|{level}\n".encode())
        for wkb in shapely.to_wkb(self.units.geometry.to_numpy()):
            digest.update(wkb)
        return digest.hexdigest()

    @property
    def summary(self) -> BoundarySource:
        """What a run says of the boundaries it stands on."""
        return BoundarySource(
            self.id,
            self.name,
            self.place,
            str(self.code_system),
            self.finest_level,
            self.source,
            self.valid_from,
        )

    def rows(self, level: str) -> NDArray[np.int64]:
        """Return the row numbers of the units of a level."""
        return np.flatnonzero((self.units["level"] == level).to_numpy())

    def with_parent_codes(self) -> gpd.GeoDataFrame:
        """Return the units with the code of the unit above in ``parent``, None at the top."""
        above = self.units["parent"].to_numpy()
        unit_codes = self.units["code"].to_numpy()
        return self.units.assign(
            parent=np.array([unit_codes[row] if row >= 0 else None for row in above], dtype=object)
        )

    def ancestors(self, level: str) -> NDArray[np.int64]:
        """Return, for each unit, the row of the unit of ``level`` that contains it, -1 where it is coarser."""
        parent = self.units["parent"].to_numpy()
        at_level = (self.units["level"] == level).to_numpy()
        answer = np.where(at_level, np.arange(len(parent)), -1)
        for row in range(len(parent)):  # parents come first
            if answer[row] < 0 and parent[row] >= 0:
                answer[row] = answer[parent[row]]
        return answer


def assemble(
    draft: Draft,
    *,
    name: str,
    source: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    repairs: tuple[Repair, ...] = (),
) -> BoundarySet:
    """Stack checked units under the levels that follow from their codes.

    Parameters
    ----------
    draft
        Units with a code each, none twice, and valid polygons.
    name, source, valid_from, valid_to
        What the set is called, where it comes from, from when and until when it holds.
    repairs
        What was changed while reading.
    """
    table = draft.table
    # In the order of codes, so that nothing below hangs on the order of rows in the file.
    ordered = np.argsort(table["code"].to_numpy().astype(str), kind="stable")
    table = table.iloc[ordered]
    parsed = [codes.parse(code, draft.system) for code in table["code"]]
    names = [
        name if isinstance(name, str) else code
        for name, code in zip(table["name"], table["code"], strict=True)
    ]
    above = {column: table[column].tolist() for column in table.columns if str(column).endswith("_name")}
    finest = gpd.GeoDataFrame(
        pd.DataFrame(
            {"code": table["code"].tolist(), "name": names, "level": draft.level, **above}, dtype=object
        ),
        geometry=table.geometry.to_numpy(),
        crs=4326,
    )
    units = _with_parents(finest, parsed)
    return BoundarySet(name, draft.system, draft.level, source, valid_from, units, repairs, valid_to)


def _with_parents(finest: gpd.GeoDataFrame, parsed: Sequence[Code]) -> gpd.GeoDataFrame:
    """Stack the finest units under the levels dissolved from their codes."""
    stack = [finest]
    lowest = list(parsed)
    while len(stack[0]) > 1 and codes.parent(lowest[0]) is not None:
        parents = [codes.parent(code) for code in lowest]
        stack.insert(0, _dissolve(stack[0], [code for code in parents if code is not None]))
        lowest = [codes.parse(text, lowest[0].system) for text in stack[0]["code"]]
    stacked = [layer.sort_values("code", ignore_index=True) for layer in stack]
    row_of: dict[str, int] = {}
    for layer in stacked:
        for code in layer["code"]:
            row_of[code] = len(row_of)
    system = parsed[0].system
    columns: dict[str, list[object]] = {"code": [], "name": [], "level": [], "parent": []}
    for layer in stacked:
        for code, name, level in zip(layer["code"], layer["name"], layer["level"], strict=True):
            above = codes.parent(codes.parse(code, system))
            columns["code"].append(code)
            columns["name"].append(name)
            columns["level"].append(level)
            columns["parent"].append(row_of.get(str(above), -1))
    geometry = np.concatenate([shapely.normalize(layer.geometry.to_numpy()) for layer in stacked])
    return gpd.GeoDataFrame({**columns, "area_km2": area_m2(geometry) / 1e6}, geometry=geometry, crs=4326)


def _dissolve(children: gpd.GeoDataFrame, parents: Sequence[Code]) -> gpd.GeoDataFrame:
    level = parents[0].level
    labelled = children.assign(code=[str(code) for code in parents])
    groups = labelled.groupby("code", sort=True)
    names = groups[f"{level}_name"].first()
    upper = [column for column in children.columns if column.endswith("_name") and column != f"{level}_name"]
    geometry = {code: shapely.disjoint_subset_union_all(group.geometry.to_numpy()) for code, group in groups}
    table = {
        "code": list(geometry),
        "name": [name if isinstance(name, str) else code for code, name in names.items()],
        "level": level,
        **{column: groups[column].first().tolist() for column in upper},
    }
    return gpd.GeoDataFrame(table, geometry=list(geometry.values()), crs=4326)
