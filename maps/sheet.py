"""One sheet's map and its locator: the zones of a kecamatan by class, rank and name at a true scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.disclosure import Published, PublishedRun
from maps import figure, graticule
from maps.figure import Frame, Geometries
from maps.labels import Line, PlacedLabel, place_label
from maps.palette import GENERAL_MEASURES, INK, Classes, classify, text_on

_EDGE_MM = 8.0
_PANEL_MM = 110.0
_PANEL_LOW_MM = 112.0
_PAPER_MM = (420.0, 297.0)
_CLEAR_OF_BORDER_MM = 0.6
_CLEAR_OF_POCKET_MM = 1.1
_TAG_PLACES = 40
_NEXT_TO_M = 50.0
_ISLAND_MM2 = 120.0
_NEIGHBOUR_LINE = "#b9b6ae"
_NEIGHBOUR_TEXT = "#6a6a66"
_LOCATOR_DETAIL_MM = 0.05
_LOCATOR_OWN = "#33414e"

#: Size of the diagram lokasi.
LOCATOR_MM = (46.0, 42.0)


@dataclass(frozen=True, slots=True)
class District:
    """What one sheet is about: a kecamatan, or the whole area of a run that has none.

    Attributes
    ----------
    members
        Positions of its zones in the table of zones.
    outline_m
        Its outline in metres of the UTM zone.
    """

    code: str
    name: str
    members: tuple[int, ...]
    outline_m: BaseGeometry


@dataclass(frozen=True, slots=True)
class Ground:
    """A run made ready for drawing, once for all sheets; geometries in metres of one UTM zone."""

    epsg: int
    zones: Published
    zones_m: Geometries
    ranks: Mapping[str, int]
    classes: Classes
    districts: tuple[District, ...]
    outline_m: BaseGeometry
    pockets: tuple[tuple[str, BaseGeometry], ...]
    rivers_m: Geometries
    roads_m: Geometries


@dataclass(frozen=True, slots=True)
class SheetMap:
    """The drawn map of one district."""

    frame: Frame
    landscape: bool
    svg: str


def drawn_level(run: PublishedRun) -> str:
    """Return the level whose zones are printed: the finest at most kelurahan, else the coarsest there is."""
    listed = (level for level in ("kelurahan", "kecamatan", "kota") if level in run.levels)
    return next(listed, next(iter(run.levels)))


def survey(run: PublishedRun, ranks: Mapping[str, int]) -> Ground:
    """Project a run once and group its zones into the districts that make a sheet each."""
    zones = run.levels[drawn_level(run)]
    epsg = figure.utm_epsg(zones.geometry)
    zones_m = shapely.make_valid(figure.project(zones.geometry, epsg))
    outline = _without_specks(shapely.union_all(zones_m))
    shown = run.pockets.table["status"] == "shown"
    pockets_m = figure.project(run.pockets.geometry, epsg)
    backdrop_m = figure.project(np.asarray(run.backdrop.geometry, dtype=object), epsg)
    kinds = np.asarray(run.backdrop["kind"], dtype=object)
    return Ground(
        epsg,
        zones,
        zones_m,
        ranks,
        classify(zones.table["m0"], GENERAL_MEASURES[0]),
        _districts(run, zones, zones_m, outline),
        outline,
        tuple(
            (code, outline_m)
            for code, outline_m, drawn in zip(run.pockets.table["code"], pockets_m, shown, strict=True)
            if drawn
        ),
        backdrop_m[kinds == "river"],
        backdrop_m[kinds == "road"],
    )


def _districts(
    run: PublishedRun, zones: Published, zones_m: Geometries, outline: BaseGeometry
) -> tuple[District, ...]:
    kecamatan = run.levels.get("kecamatan")
    if kecamatan is None or zones.level != "kelurahan":
        place = run.summary.boundaries.place
        return (District("", place, tuple(range(len(zones_m))), outline),)
    members: dict[str, list[int]] = {}
    for position, code in enumerate(zones.table["parent"]):
        members.setdefault(code, []).append(position)
    names = sorted(zip(kecamatan.table["code"], kecamatan.table["name"], strict=True))
    return tuple(
        District(code, name, tuple(members[code]), _without_specks(shapely.union_all(zones_m[members[code]])))
        for code, name in names
        if code in members
    )


def _without_specks(outline: BaseGeometry) -> BaseGeometry:
    """Drop the holes that unclean borders leave between zones: they are no boundary of a district."""
    parts = [part for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]
    kept = [
        shapely.Polygon(part.exterior, [ring for ring in part.interiors if shapely.Polygon(ring).area > 1e4])
        for part in parts
    ]
    return shapely.multipolygons(kept)


def draw(ground: Ground, district: District) -> SheetMap:
    """Draw the map of one district on A3, turned to whichever side gives the larger scale."""
    width, height = _PAPER_MM
    border = 2 * (_EDGE_MM + graticule.BAND_MM)
    wide = (width - border - _PANEL_MM, height - border)
    tall = (height - border, width - border - _PANEL_LOW_MM)
    members_m = ground.zones_m[list(district.members)]
    landscape, portrait = (figure.fit(members_m, *size, ground.epsg) for size in (wide, tall))
    frame = portrait if portrait.scale < landscape.scale else landscape
    band = graticule.BAND_MM
    svg = figure.document(
        frame.width_mm + 2 * band,
        frame.height_mm + 2 * band,
        [figure.group([*_map(ground, district, frame), graticule.surround(frame)], band, band)],
    )
    return SheetMap(frame, frame is landscape, svg)


def _map(ground: Ground, district: District, frame: Frame) -> list[str]:
    members = list(district.members)
    polygons = frame.on_paper(ground.zones_m[members])
    neighbours = _neighbours(ground, district, frame)
    pocket_edges = shapely.union_all([shapely.boundary(outline) for _, outline in ground.pockets])
    taken = shapely.buffer(frame.on_paper(pocket_edges), _CLEAR_OF_POCKET_MM)
    labels = [
        _zone_label(ground, position, polygon, taken)
        for position, polygon in zip(members, polygons, strict=True)
    ]
    boxes = [placed.box for placed in labels if placed is not None]
    parts = [figure.area(outline, INK.neighbour) for _, outline in neighbours]
    parts += [_zone(ground, *zone, boxes) for zone in zip(members, polygons, strict=True)]
    parts += _backdrop(ground, frame)
    parts += _boundaries(ground, district, frame)
    parts += _pockets(ground, frame, boxes)
    parts += [
        figure.label(placed, _NEIGHBOUR_TEXT, INK.casing, italic=True)
        for name, outline in neighbours
        if (placed := place_label(shapely.buffer(outline, -1.5), name)) is not None
    ]
    for position, placed in zip(members, labels, strict=True):
        if placed is not None:
            fill = _fill(ground, position)
            parts.append(figure.label(placed, text_on(fill), fill))
    return parts


def _neighbours(ground: Ground, district: District, frame: Frame) -> list[tuple[str, BaseGeometry]]:
    """Return name and visible part of every other district in the frame."""
    drawn = []
    for other in ground.districts:
        outlines = _lay(frame, np.array([other.outline_m], dtype=object))
        if other is not district and outlines.size:
            drawn.append((other.name.upper(), outlines[0]))
    return drawn


def _lay(frame: Frame, geometries: Geometries) -> Geometries:
    """Put on paper what lies in the frame, cut off at its edge; the rest is left out."""
    window = shapely.box(frame.west_m, frame.south_m, frame.east_m, frame.north_m)
    return frame.clip(frame.on_paper(geometries[shapely.intersects(shapely.envelope(geometries), window)]))


def _status(ground: Ground, position: int) -> str:
    status: str = ground.zones.table["status"][position]
    return status


def _fill(ground: Ground, position: int) -> str:
    status = _status(ground, position)
    if status == "shown":
        return ground.classes.colour(ground.zones.table["m0"][position])
    return INK.hidden if status == "hidden" else INK.empty


def _zone(ground: Ground, position: int, polygon: BaseGeometry, boxes: Sequence[BaseGeometry]) -> str:
    if _status(ground, position) == "hidden":
        return figure.dots(polygon, boxes)
    return figure.area(polygon, _fill(ground, position))


def _zone_label(
    ground: Ground, position: int, polygon: BaseGeometry, taken: BaseGeometry
) -> PlacedLabel | None:
    """Place rank and name, clear of what is taken where that is possible; only a shown zone has a rank."""
    row = ground.zones.table.row(position, named=True)
    rank = str(ground.ranks[row["code"]]) if row["status"] == "shown" else ""
    inner = shapely.buffer(polygon, -_CLEAR_OF_BORDER_MM)
    clear = place_label(shapely.difference(inner, taken), row["name"], rank)
    return clear or place_label(inner, row["name"], rank)


def _backdrop(ground: Ground, frame: Frame) -> list[str]:
    roads = [figure.cased(road, INK.road, 0.3, 0.15) for road in _lay(frame, ground.roads_m)]
    return roads + [figure.cased(river, INK.river, 0.45, 0.2) for river in _lay(frame, ground.rivers_m)]


def _boundaries(ground: Ground, district: District, frame: Frame) -> list[str]:
    """Draw borders from faint to bold: zones, the grid, other districts, this district, the whole area."""
    members = list(district.members)
    elsewhere = _lay(frame, shapely.boundary(np.delete(ground.zones_m, members)))
    others = [shapely.boundary(other.outline_m) for other in ground.districts if other is not district]
    wide = [_wide_parts(outline, frame) for outline in (ground.outline_m, district.outline_m)]
    area_edge, own_edge = frame.clip(frame.on_paper(shapely.boundary(np.array(wide, dtype=object))))
    return [
        *(figure.stroke(line, _NEIGHBOUR_LINE, 0.15) for line in elsewhere),
        *(figure.stroke(line, INK.boundary, 0.25) for line in frame.on_paper(ground.zones_m[members])),
        graticule.grid(frame),
        *(figure.stroke(line, _NEIGHBOUR_TEXT, 0.4) for line in _lay(frame, np.array(others, dtype=object))),
        district_line(own_edge),
        area_line(area_edge),
    ]


def _wide_parts(outline: BaseGeometry, frame: Frame) -> BaseGeometry:
    """Leave out islands that a bold border would cover; the fine border of their zone stays."""
    parts = shapely.get_parts(outline)
    return shapely.multipolygons(parts[shapely.area(parts) / frame.metres_per_mm**2 >= _ISLAND_MM2])


def district_line(line: BaseGeometry) -> str:
    """Draw the border of a kecamatan as the map and its legend show it."""
    return figure.cased(line, INK.parent_boundary, 0.7, 0.6)


def area_line(line: BaseGeometry) -> str:
    """Draw the border of the whole area as the map and its legend show it: bold, dash and dot."""
    return figure.cased(line, INK.parent_boundary, 0.9, 0.6, "5 1.2 1 1.2")


def pocket_line(line: BaseGeometry) -> str:
    """Draw the outline of a pocket: a dark line beside a bright one, on white, readable without colour."""
    dark = figure.cased(line, INK.parent_boundary, 1.1, 0.5)
    return dark + figure.stroke(line, INK.pocket, 0.7)


def _pockets(ground: Ground, frame: Frame, boxes: Sequence[BaseGeometry]) -> list[str]:
    parts: list[str] = []
    tags: list[PlacedLabel] = []
    window = shapely.box(4, 4, frame.width_mm - 4, frame.height_mm - 4)
    for name, outline_m in ground.pockets:
        edges = _lay(frame, np.array([shapely.boundary(outline_m)], dtype=object))
        if not edges.size or edges[0].is_empty:
            continue
        edge = edges[0]
        parts.append(pocket_line(edge))
        tag = _tag(f"K{name}", edge, [*boxes, *(tag.box for tag in tags)], window)
        if tag is not None:
            tags.append(tag)
    for tag in tags:
        parts.append(figure.area(tag.box, INK.casing) + figure.stroke(tag.box, INK.parent_boundary, 0.25))
        parts.append(figure.label(tag, INK.text, ""))
    return parts


def _tag(
    name: str, edge: BaseGeometry, taken: Sequence[BaseGeometry], window: BaseGeometry
) -> PlacedLabel | None:
    """Find a place on the outline, the northernmost first, where a name covers nothing else."""
    points = shapely.get_coordinates(edge)
    points = points[np.argsort(points[:, 1], kind="stable")]
    for x, y in points[:: max(1, len(points) // _TAG_PLACES)]:
        tag = PlacedLabel((Line(name, 6.5, "bold"),), float(x), float(y))
        if window.contains(tag.box) and not any(tag.box.intersects(box) for box in taken):
            return tag
    return None


def around(ground: Ground, district: District) -> list[District]:
    """Return a district and those that lie next to it, itself first."""
    outlines = np.array([other.outline_m for other in ground.districts], dtype=object)
    near = shapely.dwithin(outlines, district.outline_m, _NEXT_TO_M)
    neighbours = [other for other, close in zip(ground.districts, near, strict=True) if close]
    return sorted(neighbours, key=lambda other: other is not district)


def locator(ground: Ground, district: District, frame: Frame) -> str:
    """Draw the diagram lokasi: all districts with their sheet numbers, this one dark, the sheet's frame."""
    width, height = LOCATOR_MM
    sheet_m = shapely.box(frame.west_m, frame.south_m, frame.east_m, frame.north_m)
    whole = np.array([ground.outline_m, sheet_m], dtype=object)
    scale = figure.needed_scale(whole[:1], width - 1, height - 1)
    small = figure.centre(whole[:1], width - 1, height - 1, ground.epsg, scale)
    outlines_m = np.array([other.outline_m for other in ground.districts], dtype=object)
    outlines = shapely.simplify(small.on_paper(outlines_m), _LOCATOR_DETAIL_MM)
    parts, numbers = [], []
    for number, (other, outline) in enumerate(zip(ground.districts, outlines, strict=True), start=1):
        own = other is district
        parts.append(figure.area(outline, _LOCATOR_OWN if own else INK.neighbour))
        parts.append(figure.stroke(outline, INK.boundary, 0.2))
        placed = place_label(outline, "", str(number))
        if placed is not None and len(outlines) > 1:
            numbers.append(figure.label(placed, INK.casing if own else INK.text, ""))
    parts += numbers
    parts += [figure.stroke(edge, INK.pocket, 0.45) for edge in _lay(small, shapely.boundary(whole[1:]))]
    parts.append(figure.stroke(shapely.box(0, 0, width - 1, height - 1), INK.text, 0.18))
    return figure.document(width, height, [figure.group(parts, 0.5, 0.5)])


def swatches(ground: Ground) -> list[tuple[str, str]]:
    """Return what the legend explains besides the classes: a small drawing and the key of its name."""
    box = shapely.box(0.2, 0.2, 8.8, 4.8)
    line = shapely.linestrings([(0.4, 2.5), (8.6, 2.5)])
    outlined = figure.stroke(box, INK.boundary, 0.2)
    drawn = [
        ("hidden", figure.dots(box) + outlined),
        ("empty", figure.area(box, INK.empty) + outlined),
        ("zone", figure.stroke(line, INK.boundary, 0.25)),
        ("area", area_line(line)),
    ]
    if len(ground.districts) > 1:
        drawn.append(("kecamatan", district_line(line)))
        drawn.append(
            ("neighbour", figure.area(box, INK.neighbour) + figure.stroke(box, _NEIGHBOUR_LINE, 0.2))
        )
    if ground.pockets:
        drawn.append(("pocket", pocket_line(line)))
    if len(ground.rivers_m):
        drawn.append(("river", figure.cased(line, INK.river, 0.45, 0.2)))
    if len(ground.roads_m):
        drawn.append(("road", figure.cased(line, INK.road, 0.3, 0.15)))
    return [(key, figure.document(9, 5, [part])) for key, part in drawn]
