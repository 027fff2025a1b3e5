"""A run made ready for drawing: its levels in metres of one UTM zone, and what a sheet can be about."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.codes import LEVELS
from geo.disclosure import Published, PublishedRun
from geo.errors import ParameterError
from geo.ranking import rank
from maps import figure
from maps.figure import Geometries
from maps.palette import GENERAL_MEASURES, Classes, classify
from maps.priority import list_length, priorities

POCKET, AREA = "pocket", "area"

_HOLE_M2 = 1e4
_AROUND_POCKET_M = 600.0
_ZONES_OF_AREA = 3


@dataclass(frozen=True, slots=True)
class Layer:
    """The zones of one level, projected.

    Attributes
    ----------
    ranks
        Code of a shown zone → its rank by M0.
    classes
        The classes of M0 among its shown zones.
    priorities
        Code → ``certain``, ``possible`` or ``not`` for a list of ``listed`` places; empty where not known.
    """

    zones: Published
    outlines_m: Geometries
    ranks: Mapping[str, int]
    classes: Classes
    priorities: Mapping[str, str]
    listed: int

    @property
    def level(self) -> str:
        """The level of the run."""
        return self.zones.level

    @property
    def is_cells(self) -> bool:
        """Whether the zones are H3 cells."""
        return self.zones.level.startswith("h3-")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a sheet is about.

    Attributes
    ----------
    level
        A level of the run, ``pocket`` or ``area``.
    outline_m
        Its outline in metres of the UTM zone.
    drawn
        The level of the zones that are drawn in it.
    members
        Positions of these zones in their layer.
    """

    level: str
    code: str
    name: str
    outline_m: BaseGeometry
    drawn: str
    members: NDArray[np.int64]


class Ground:
    """A run made ready for drawing, once for all sheets.

    Parameters
    ----------
    run
        What one audience may see of a run.
    listed
        How many places are on the priority list; None: a fifth of those ranked.
    """

    def __init__(self, run: PublishedRun, listed: int | None = None) -> None:
        self.run = run
        self._listed = listed
        self._layers: dict[str, Layer] = {}
        self.epsg = figure.utm_epsg(run.levels[self.main_level].geometry)

    @cached_property
    def main_level(self) -> str:
        """The level that is ranked: the finest at most kelurahan, else the coarsest there is."""
        listed = (level for level in ("kelurahan", "kecamatan", "kota") if level in self.run.levels)
        return next(listed, next(iter(self.run.levels)))

    @property
    def main(self) -> Layer:
        """The level that is ranked."""
        return self.layer(self.main_level)

    def layer(self, level: str) -> Layer:
        """Return a level, projected when it is first asked for."""
        if level not in self._layers:
            zones = self.run.levels[level]
            ranked = rank(zones.table, "m0")
            listed = list_length(ranked.height) if self._listed is None else self._listed
            self._layers[level] = Layer(
                zones,
                shapely.make_valid(figure.project(zones.geometry, self.epsg)),
                dict(zip(ranked["code"], ranked["rank"], strict=True)),
                classify(zones.table["m0"], GENERAL_MEASURES[0]),
                priorities(zones, listed),
                listed,
            )
        return self._layers[level]

    @cached_property
    def districts(self) -> tuple[Subject, ...]:
        """The kecamatan, by code; the whole area where the run has none above its main level."""
        if "kecamatan" not in self.run.levels or self.main_level != "kelurahan":
            return (self.whole,)
        members: dict[str, list[int]] = {}
        for position, code in enumerate(self.main.zones.table["parent"]):
            members.setdefault(code, []).append(position)
        table = self.run.levels["kecamatan"].table
        return tuple(
            self._of_members("kecamatan", code, name, np.array(members[code]))
            for code, name in sorted(zip(table["code"], table["name"], strict=True))
            if code in members
        )

    @cached_property
    def whole(self) -> Subject:
        """The whole area."""
        everything = np.arange(self.main.zones.table.height)
        level = next(iter(self.run.levels))
        table = self.run.levels[level].table
        code = table["code"][0] if table.height == 1 else ""
        return self._of_members(level, code, self.run.summary.boundaries.place, everything)

    @cached_property
    def borders_m(self) -> Geometries:
        """Every piece of border of the main level, once: neighbours share it."""
        lines = shapely.union_all(shapely.boundary(self.main.outlines_m))
        pieces: Geometries = shapely.get_parts(shapely.line_merge(lines))
        return pieces

    @cached_property
    def pockets(self) -> tuple[tuple[str, str, BaseGeometry], ...]:
        """Number, name and outline of each pocket that is shown."""
        pockets = self.run.pockets
        outlines = figure.project(pockets.geometry, self.epsg)
        rows = zip(
            pockets.table["code"], pockets.table["name"], pockets.table["status"], outlines, strict=True
        )
        return tuple((code, name, outline) for code, name, status, outline in rows if status == "shown")

    @cached_property
    def rivers_m(self) -> Geometries:
        """Rivers of the backdrop."""
        return self._backdrop("river")

    @cached_property
    def roads_m(self) -> Geometries:
        """Roads of the backdrop."""
        return self._backdrop("road")

    def _backdrop(self, kind: str) -> Geometries:
        rows = self.run.backdrop
        chosen = np.asarray(rows["kind"], dtype=object) == kind
        return figure.project(np.asarray(rows.geometry, dtype=object)[chosen], self.epsg)

    def subject(self, level: str, code: str) -> Subject:
        """Return a place of the run to make a sheet of.

        Raises
        ------
        ParameterError
            When the run has no such place for its audience.
        """
        if level == POCKET:
            return self._pocket(code)
        if level not in self.run.levels or level not in LEVELS:
            units = [name for name in self.run.levels if name in LEVELS]
            raise ParameterError(f"sheets are made of {', '.join([*units, POCKET])}, not of {level!r}.")
        table = self.run.levels[level].table
        if code not in set(table["code"]):
            raise ParameterError(
                f"the run has no {level} {code!r}. Name one of: {', '.join(table['code'].head(8))}, …"
                if table.height > 8
                else f"the run has no {level} {code!r}. Name one of: {', '.join(table['code'])}."
            )
        return self._unit(level, code)

    def _unit(self, level: str, code: str) -> Subject:
        table = self.run.levels[level].table
        position = table["code"].index_of(code)
        assert position is not None
        name = table["name"][position]
        units = [known for known in LEVELS if known in self.run.levels]
        if units.index(level) >= units.index(self.main_level):
            return self.zone(level, position)
        below = [code]
        for finer in units[units.index(level) + 1 : units.index(self.main_level) + 1]:
            rows = self.run.levels[finer].table
            below = rows.filter(rows["parent"].is_in(below))["code"].to_list()
        members = self.main.zones.table["code"].is_in(below).to_numpy()
        return self._of_members(level, code, name, np.flatnonzero(members))

    def zone(self, level: str, position: int) -> Subject:
        """Return a zone of the main level or finer, with the RW or the cells in it."""
        layer = self.layer(level)
        code, name = layer.zones.table["code"][position], layer.zones.table["name"][position]
        outline = without_specks(layer.outlines_m[position : position + 1])
        return Subject(level, code, name, outline, *self._drawn_in(level, code, outline))

    def _drawn_in(self, level: str, code: str, outline: BaseGeometry) -> tuple[str, NDArray[np.int64]]:
        if "rw" in self.run.levels and level == "kelurahan":
            parents = self.run.levels["rw"].table["parent"]
            return "rw", np.flatnonzero((parents == code).to_numpy())
        return self._cells_in(outline) or (
            level,
            np.array([self.layer(level).zones.table["code"].index_of(code)]),
        )

    def _cells_in(self, outline: BaseGeometry) -> tuple[str, NDArray[np.int64]] | None:
        levels = [level for level in self.run.levels if level.startswith("h3-")]
        if not levels:
            return None
        layer = self.layer(levels[-1])
        return layer.level, np.flatnonzero(shapely.intersects(layer.outlines_m, outline))

    def _pocket(self, code: str) -> Subject:
        for number, name, outline in self.pockets:
            if number == code:
                around = shapely.buffer(outline, _AROUND_POCKET_M)
                drawn = self._cells_in(around)
                assert drawn is not None
                return Subject(POCKET, code, name, outline, *drawn)
        raise ParameterError(
            f"the run has no pocket {code!r}. "
            + (f"Name one of 1 to {len(self.pockets)}." if self.pockets else "It has none at all.")
        )

    def area(self, name: str, polygon: BaseGeometry) -> Subject:
        """Return a drawn area (EPSG:4326): its kelurahan where it holds several, else its cells.

        Raises
        ------
        ParameterError
            When it lies outside the run.
        """
        outline = shapely.make_valid(figure.project(np.array([polygon], dtype=object), self.epsg))[0]
        touched = np.flatnonzero(shapely.intersects(self.main.outlines_m, outline))
        if not touched.size or outline.area == 0:
            raise ParameterError(f"{name}: the drawn area lies outside {self.run.summary.boundaries.place}.")
        cells = self._cells_in(outline)
        drawn = (self.main_level, touched) if touched.size >= _ZONES_OF_AREA or cells is None else cells
        return Subject(AREA, "", name, outline, *drawn)

    def _of_members(self, level: str, code: str, name: str, members: NDArray[np.int64]) -> Subject:
        outline = without_specks(self.main.outlines_m[members])
        return Subject(level, code, name, outline, self.main_level, members)


def without_specks(outlines: Geometries) -> BaseGeometry:
    """Unite outlines, without the holes that unclean borders leave between them."""
    parts = [part for part in shapely.get_parts(shapely.union_all(outlines)) if part.geom_type == "Polygon"]
    kept = [
        shapely.Polygon(
            part.exterior, [ring for ring in part.interiors if shapely.Polygon(ring).area > _HOLE_M2]
        )
        for part in parts
    ]
    return shapely.multipolygons(kept)
