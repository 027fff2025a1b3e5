"""A run made ready for drawing: its levels in metres of one UTM zone, and what a sheet can be about."""

from collections.abc import Mapping, Sequence
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
from maps.palette import Classes, Measure, classify
from maps.priority import list_length, priorities
from maps.thematic import (
    DEFAULT_MEASURE,
    Absence,
    absences,
    measure_of,
    refuse_without_values,
    values_of,
)

POCKET, AREA = "pocket", "area"

_HOLE_M2 = 1e4
_AROUND_POCKET_M = 600.0
_ZONES_OF_AREA = 3

#: Of the extent of the whole: 0.15 mm of 45.
_OF_STAMP = 1 / 300


@dataclass(frozen=True, slots=True)
class Layer:
    """The zones of one level, projected, by the measure that the map is drawn by.

    Attributes
    ----------
    values, absences
        The value of each zone, or why it has none.
    ranks
        Code of a zone → its rank by the measure; empty where the measure is a layer beside the register.
    classes
        The classes of the measure among the zones of the whole run.
    priorities
        Code → ``certain``, ``possible`` or ``not`` for a list of ``listed`` places; empty where not known, and by any
        measure but M0.
    """

    zones: Published
    outlines_m: Geometries
    values: Sequence[float | None]
    absences: Sequence[Absence]
    ranks: Mapping[str, int]
    classes: Classes
    priorities: Mapping[str, str]
    listed: int

    @property
    def level(self) -> str:
        """The level of the run."""
        return self.zones.level

    @property
    def measure(self) -> Measure:
        """The measure that the zones are drawn by."""
        return self.classes.measure

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
    measure
        What the zones are drawn by: the id of a measure or of a layer of the run.

    Raises
    ------
    ParameterError
        When the run has no such measure.
    """

    def __init__(self, run: PublishedRun, listed: int | None = None, measure: str = DEFAULT_MEASURE) -> None:
        self.run = run
        self.measure = measure_of(run, measure)
        self._listed = listed
        self._layers: dict[str, Layer] = {}
        self.epsg = figure.utm_epsg(run.levels[self.main_level].geometry)

    @cached_property
    def main_level(self) -> str:
        """The level that is ranked: the finest at most kelurahan, else the coarsest there is."""
        return _ranked_level(self.run)

    @property
    def main(self) -> Layer:
        """The level that is ranked."""
        return self.layer(self.main_level)

    def layer(self, level: str) -> Layer:
        """Return a level, projected when it is first asked for."""
        if level not in self._layers:
            self._layers[level] = self._projected(self.run.levels[level])
        return self._layers[level]

    def _projected(self, zones: Published) -> Layer:
        measure = self.measure
        values = values_of(zones, measure)
        listed = list_length(zones.table["m0"].count()) if self._listed is None else self._listed
        return Layer(
            zones,
            shapely.make_valid(figure.project(zones.geometry, self.epsg)),
            values.to_list(),
            absences(zones, measure),
            dict(rank(zones.table, measure.id).select("code", "rank").iter_rows()) if measure.ranks else {},
            classify(values, measure),
            priorities(zones, listed) if measure.id == DEFAULT_MEASURE else {},
            listed,
        )

    @cached_property
    def small_districts_m(self) -> Geometries:
        """The outlines of the districts without detail that a map of the whole the size of a stamp would show."""
        outlines = np.array([district.outline_m for district in self.districts], dtype=object)
        west, south, east, north = shapely.total_bounds(outlines)
        small: Geometries = shapely.coverage_simplify(outlines, max(east - west, north - south) * _OF_STAMP)
        return small

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
            When the run has no such place for its audience, or none of the zones in it has a value of the measure.
        """
        found = self._subject(level, code)
        refuse_without_values(self.run, self.measure, found.drawn)
        return found

    def _subject(self, level: str, code: str) -> Subject:
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
        if (level, code) == (self.whole.level, self.whole.code):
            return self.whole
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
        drawn = drawn_level(self.run, level)
        if drawn == "rw":
            parents = self.run.levels["rw"].table["parent"]
            return drawn, np.flatnonzero((parents == code).to_numpy())
        if drawn == level:
            return drawn, np.array([self.layer(level).zones.table["code"].index_of(code)])
        return drawn, self._touching(drawn, outline)

    def _touching(self, level: str, outline: BaseGeometry) -> NDArray[np.int64]:
        return np.flatnonzero(shapely.intersects(self.layer(level).outlines_m, outline))

    def _pocket(self, code: str) -> Subject:
        for number, name, outline in self.pockets:
            if number == code:
                drawn = drawn_level(self.run, POCKET)
                members = self._touching(drawn, shapely.buffer(outline, _AROUND_POCKET_M))
                return Subject(POCKET, code, name, outline, drawn, members)
        raise ParameterError(
            f"the run has no pocket {code!r}. "
            + (f"Name one of 1 to {len(self.pockets)}." if self.pockets else "It has none at all.")
        )

    def area(self, name: str, polygon: BaseGeometry) -> Subject:
        """Return a drawn area (EPSG:4326): its kelurahan where it holds several, else its cells.

        Raises
        ------
        ParameterError
            When it lies outside the run, or none of the zones in it has a value of the measure.
        """
        outline = shapely.make_valid(figure.project(np.array([polygon], dtype=object), self.epsg))[0]
        touched = self._touching(self.main_level, outline)
        if not touched.size or outline.area == 0:
            raise ParameterError(f"{name}: the drawn area lies outside {self.run.summary.boundaries.place}.")
        cells = _finest_cells(self.run)
        drawn = self.main_level if touched.size >= _ZONES_OF_AREA or cells is None else cells
        refuse_without_values(self.run, self.measure, drawn)
        return Subject(AREA, "", name, outline, drawn, self._touching(drawn, outline))

    def _of_members(self, level: str, code: str, name: str, members: NDArray[np.int64]) -> Subject:
        outline = without_specks(self.main.outlines_m[members])
        return Subject(level, code, name, outline, self.main_level, members)


def drawn_level(run: PublishedRun, level: str) -> str:
    """Return the level of the zones that the sheet of a place is drawn in, finer than the place where there is one.

    Parameters
    ----------
    level
        A level of units, or ``pocket``.
    """
    units, ranked = [known for known in LEVELS if known in run.levels], _ranked_level(run)
    if level in units and units.index(level) < units.index(ranked):
        return ranked
    if level == "kelurahan" and "rw" in units:
        return "rw"
    return _finest_cells(run) or level


def _ranked_level(run: PublishedRun) -> str:
    listed = (level for level in ("kelurahan", "kecamatan", "kota") if level in run.levels)
    return next(listed, next(iter(run.levels)))


def _finest_cells(run: PublishedRun) -> str | None:
    return next((level for level in reversed(list(run.levels)) if level.startswith("h3-")), None)


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
