"""One sheet's map: the zones of its subject by class, rank and name, at a true scale on a given paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure, graticule, insets, symbols
from maps.figure import Frame, Geometries
from maps.ground import AREA, POCKET, Ground, Layer, Subject
from maps.insets import Inset
from maps.islands import Islands, islands_of
from maps.labels import Line, Occupied, PlacedLabel, place_beside, place_label
from maps.layout import Layout
from maps.lettering import text_width_mm
from maps.numbers import Language
from maps.palette import INK, text_on
from maps.paper import BAND_MM
from maps.wording import Wording

_CLEAR_OF_BORDER_MM = 0.6
_CLEAR_OF_POCKET_MM = 1.1
_CLEAR_OF_AREA_MM = 1.0
_TAG_PLACES = 40
_MOST_LEADERS = 40
_EDGE_OF_TAGS_MM = 4.0
_CAPTION_PT = 6.2
_INDEX_PT = 13.0
_INDEX_HIGH_MM = 4.8


@dataclass(frozen=True, slots=True)
class SheetMap:
    """The drawn map of one sheet."""

    frame: Frame
    landscape: bool
    svg: str
    inset: Inset | None = None


def draw(
    ground: Ground,
    subject: Subject,
    layout: Layout,
    number: int,
    wording: Wording,
    *,
    sheets: Sequence[Frame] = (),
) -> SheetMap:
    """Draw the map of one frame of a layout, with its grid and coordinates.

    Parameters
    ----------
    sheets
        Frames of other sheets, to be drawn over the map as their index.
    """
    frame = layout.frames[number]
    inset = None
    if layout.far_m.size:
        inset = insets.placed(layout.far_m, _clipped(subject.outline_m, frame), frame)
    if sheets:
        parts = overview_parts(ground, subject, frame, clear_of=_marks(sheets, frame))
    else:
        clear_of = [] if inset is None else [inset.box]
        parts = map_parts(ground, subject, frame, clear_of=clear_of, lang=wording.lang)
    if inset is not None:
        parts.append(_inset(ground, _far_part(ground, subject, layout.far_m), inset, wording))
    parts += _index_of(sheets, frame)
    svg = figure.document(
        frame.width_mm + 2 * BAND_MM,
        frame.height_mm + 2 * BAND_MM,
        [figure.group([*parts, graticule.surround(frame, wording)], BAND_MM, BAND_MM)],
    )
    return SheetMap(frame, layout.landscape, svg, inset)


def _index_of(sheets: Sequence[Frame], frame: Frame) -> list[str]:
    """Draw the frames of sheets with their numbers."""
    boxes = frame.clip(frame.on_paper(np.array([sheet.ground_m for sheet in sheets], dtype=object)))
    parts = [figure.cased(shapely.boundary(box), INK.text, 0.35, 0.35) for box in boxes]
    size = figure.Lettering(_INDEX_PT, halo=INK.casing, anchor="start", weight="bold")
    return parts + [
        figure.text(number, box.bounds[0] + 0.6, box.bounds[3] - 0.7, size)
        for number, _, box in _numbers(sheets, frame)
    ]


def _numbers(sheets: Sequence[Frame], frame: Frame) -> list[tuple[str, BaseGeometry, BaseGeometry]]:
    """Return the number of each sheet, its frame and, in its upper left corner, the paper of the number."""
    boxes = frame.clip(frame.on_paper(np.array([sheet.ground_m for sheet in sheets], dtype=object)))
    listed = []
    for number, box in enumerate(boxes, start=1):
        west, north = box.bounds[0] + 0.6, box.bounds[1] + 0.6
        width = text_width_mm(str(number), _INDEX_PT, "bold") + 1.2
        listed.append((str(number), box, shapely.box(west, north, west + width, north + _INDEX_HIGH_MM)))
    return listed


def _marks(sheets: Sequence[Frame], frame: Frame) -> list[BaseGeometry]:
    """Return the paper that the frames of sheets and their numbers take."""
    return [
        part
        for _, box, number in _numbers(sheets, frame)
        for part in (shapely.buffer(shapely.boundary(box), 0.7), number)
    ]


def overview_parts(
    ground: Ground, subject: Subject, frame: Frame, *, clear_of: Sequence[BaseGeometry] = ()
) -> list[str]:
    """Draw a subject by class, with borders and the tags of pockets but no names.

    Parameters
    ----------
    clear_of
        Paper in millimetres that no tag may cover.
    """
    occupied = _occupied(frame, clear_of)
    islands = islands_of(ground.whole.outline_m, subject.outline_m, frame)
    layer, members = ground.layer(subject.drawn), subject.members.tolist()
    polygons = islands.enlarged(_visible(layer, subject, members, frame))
    parts = _zones(layer, members, polygons, (), islands)
    parts += _boundaries(ground, subject, polygons, frame, islands, grid=False)
    return parts + _pockets(ground, frame, occupied)


def _occupied(frame: Frame, clear_of: Sequence[BaseGeometry]) -> Occupied:
    occupied = Occupied(shapely.box(0.5, 0.5, frame.width_mm - 0.5, frame.height_mm - 0.5))
    for kept in clear_of:
        occupied.keep_clear(kept)
    return occupied


def map_parts(
    ground: Ground,
    subject: Subject,
    frame: Frame,
    *,
    clear_of: Sequence[BaseGeometry] = (),
    grid: bool = True,
    lang: Language = "id",
) -> list[str]:
    """Draw what lies in a frame, without coordinates: zones, backdrop, borders, pockets and labels.

    Parameters
    ----------
    clear_of
        Paper in millimetres that no label may cover.
    lang
        How values are written, where zones carry values and not ranks.
    """
    layer = ground.layer(subject.drawn)
    members = [at for at in subject.members.tolist() if _meets(layer.outlines_m[at], frame)]
    islands = islands_of(ground.whole.outline_m, subject.outline_m, frame)
    polygons = islands.enlarged(_visible(layer, subject, members, frame))
    occupied = _occupied(frame, clear_of)
    if subject.level == AREA:
        drawn = _clipped(shapely.boundary(subject.outline_m), frame)
        occupied.keep_clear(shapely.buffer(drawn, _CLEAR_OF_AREA_MM))
    titles = [] if layer.is_cells else [_title(layer, at, lang) for at in members]
    labels = _zone_labels(ground, titles, polygons, frame, occupied, islands) if titles else []
    boxes = [placed.box for _, placed in labels]
    neighbours = _neighbours(ground, subject, frame)
    parts = [figure.area(_clipped(ground.whole.outline_m, frame), INK.neighbour)] if neighbours else []
    parts += _zones(layer, members, polygons, boxes, islands)
    parts += [symbols.road_line(road) for road in _lay(frame, ground.roads_m)]
    parts += [symbols.river_line(river) for river in _lay(frame, ground.rivers_m)]
    parts += _boundaries(ground, subject, polygons, frame, islands, grid=grid)
    parts += _pockets(ground, frame, occupied)
    parts += _names(neighbours, occupied)
    for at, placed in labels:
        fill = _fill(layer, members[at])
        if placed.leader is None:
            parts.append(figure.label(placed, text_on(fill), fill))
        else:
            parts.append(figure.cased(placed.leader, INK.text, 0.18, 0.25))
            parts.append(figure.label(placed, INK.text, INK.casing))
    return parts


def _visible(layer: Layer, subject: Subject, members: Sequence[int], frame: Frame) -> Geometries:
    """Return the visible part of each zone; cells end at the border of a unit, whose households they show."""
    outlines = layer.outlines_m[list(members)]
    if layer.is_cells and subject.level != POCKET:
        outlines = shapely.intersection(outlines, subject.outline_m)
    return frame.clip(frame.on_paper(outlines))


def _meets(outline: BaseGeometry, frame: Frame) -> bool:
    west, south, east, north = outline.bounds
    return bool(
        west < frame.east_m and east > frame.west_m and south < frame.north_m and north > frame.south_m
    )


def _lay(frame: Frame, geometries: Geometries) -> Geometries:
    """Put on paper what lies in the frame, cut off at its edge; the rest is left out."""
    near = shapely.intersects(shapely.envelope(geometries), frame.ground_m)
    return frame.clip(frame.on_paper(geometries[near]))


def is_uncertain(layer: Layer, position: int) -> bool:
    """Tell whether a zone may or may not be on the priority list, and is hatched for it."""
    code = layer.zones.table["code"][position]
    return not layer.is_cells and layer.priorities.get(code) == "possible"


def _fill(layer: Layer, position: int) -> str:
    if layer.absences[position] == "hidden":
        return INK.hidden
    return layer.classes.colour(layer.values[position])


def _zones(
    layer: Layer,
    members: Sequence[int],
    polygons: Geometries,
    boxes: Sequence[BaseGeometry],
    islands: Islands,
) -> list[str]:
    drawn, hidden, dotted = [], [], []
    for position, polygon in zip(members, polygons, strict=True):
        wide, small = islands.parted(polygon)
        if layer.absences[position] == "hidden":
            hidden.append(wide)
            dotted += [symbols.hidden_island(island) for island in small]
            continue
        drawn.append(figure.area(polygon, _fill(layer, position)))
        if is_uncertain(layer, position):
            drawn.append(symbols.hatched(wide, [box for box in boxes if box.intersects(wide)]))
            drawn += [symbols.hatched_island(island) for island in small]
    return [*drawn, figure.dots(hidden, boxes), *dotted]


def _zone_labels(
    ground: Ground,
    titles: Sequence[tuple[str, str]],
    polygons: Geometries,
    frame: Frame,
    occupied: Occupied,
    islands: Islands,
) -> list[tuple[int, PlacedLabel]]:
    """Place name and number of each zone clear of pockets; where there is no room, with a leader line.

    Of many zones, only those with a number and those that a pocket leaves no room get one.
    """
    edges = [shapely.boundary(outline) for _, _, outline in ground.pockets if _meets(outline, frame)]
    pockets = shapely.buffer(
        frame.on_paper(np.array([shapely.union_all(edges)], dtype=object))[0], _CLEAR_OF_POCKET_MM
    )
    few = len(titles) <= _MOST_LEADERS
    inner = shapely.buffer(polygons, -_CLEAR_OF_BORDER_MM)
    placed: list[tuple[int, PlacedLabel]] = []
    waiting = []
    for at, free in enumerate(shapely.difference(inner, pockets)):
        found = place_label(free, *titles[at], occupied, number_alone=not few)
        if found is None:
            waiting.append(at)
        else:
            occupied.take(found)
            placed.append((at, found))
    avoid = np.array([pockets, *islands.fine], dtype=object)
    for at in waiting:
        name, number = titles[at]
        crossing = place_label(inner[at], name, number, occupied, number_alone=not few)
        found = None
        if few or number or crossing:
            afloat = islands.parted(polygons[at])[0].is_empty
            named = name if few or not number else ""
            found = place_beside(polygons[at], named, number, occupied, avoid=avoid, to_edge=afloat)
        found = found or crossing or place_label(polygons[at], "", number, occupied)
        if found is not None:
            occupied.take(found)
            placed.append((at, found))
    return placed


def _title(layer: Layer, position: int, lang: Language) -> tuple[str, str]:
    """Return name and number: the rank, or of a layer beside the register the value; "" where there is none."""
    code, name = (layer.zones.table[column][position] for column in ("code", "name"))
    value = layer.values[position]
    if value is None:
        return name, ""
    return name, str(layer.ranks[code]) if layer.measure.ranks else layer.measure.on_map(value, lang)


def _around(ground: Ground, subject: Subject) -> list[tuple[str, BaseGeometry]]:
    """Return name and outline of the places of the subject's own kind around it."""
    if subject.level == "kecamatan":
        return [
            (other.name.upper(), other.outline_m) for other in ground.districts if other.code != subject.code
        ]
    if subject.level in ground.run.levels and ground.run.levels[subject.level].table.height == 1:
        return []
    layer = ground.main
    rows = zip(layer.zones.table["code"], layer.zones.table["name"], layer.outlines_m, strict=True)
    inside = (
        set(layer.zones.table["code"].gather(subject.members))
        if subject.drawn == layer.level
        else {subject.code}
    )
    return [(name, outline) for code, name, outline in rows if code not in inside]


def _neighbours(ground: Ground, subject: Subject, frame: Frame) -> list[tuple[str, BaseGeometry]]:
    """Return name and visible part of every neighbour in the frame."""
    near = [(name, outline) for name, outline in _around(ground, subject) if _meets(outline, frame)]
    if not near:
        return []
    outlines = frame.clip(frame.on_paper(np.array([outline for _, outline in near], dtype=object)))
    return [(name, part) for (name, _), part in zip(near, outlines, strict=True) if not part.is_empty]


def _names(neighbours: Sequence[tuple[str, BaseGeometry]], occupied: Occupied) -> Iterator[str]:
    for name, outline in neighbours:
        placed = place_label(shapely.buffer(outline, -1.5), name, occupied=occupied)
        if placed is not None:
            occupied.take(placed)
            yield figure.label(placed, symbols.NEIGHBOUR_TEXT, INK.casing, italic=True)


def _boundaries(
    ground: Ground, subject: Subject, polygons: Geometries, frame: Frame, islands: Islands, *, grid: bool
) -> list[str]:
    """Draw borders from faint to bold: zones, the grid, other districts, this subject, the whole area."""
    wide, small = (
        zip(*(islands.parted(polygon) for polygon in polygons), strict=True) if len(polygons) else ((), ())
    )
    parts = [
        figure.stroke(islands.off(_lay(frame, ground.borders_m)), symbols.NEIGHBOUR_LINE, 0.15),
        symbols.zone_line(np.array(wide, dtype=object), subject),
        *(symbols.island_line(island) for island in np.concatenate(small or [polygons[:0]])),
        *([graticule.grid(frame)] if grid else []),
    ]
    others = [islands.ashore(other.outline_m) for other in ground.districts if other.code != subject.code]
    parts.append(
        symbols.kecamatan_line(_lay(frame, shapely.boundary(np.array(others, dtype=object))), ground, subject)
    )
    if symbols.shows_cities(ground, subject):
        cities = [islands.ashore(outline) for outline in ground.layer("kota").outlines_m]
        parts.append(symbols.city_line(_lay(frame, shapely.boundary(np.array(cities, dtype=object)))))
    if symbols.has_own_border(ground, subject):
        parts += _edge(islands.ashore(subject.outline_m), frame, symbols.district_line)
    return [*parts, *_edge(islands.ashore(ground.whole.outline_m), frame, symbols.area_line)]


def _edge(outline: BaseGeometry, frame: Frame, line: symbols.Stroke) -> list[str]:
    return [line(_clipped(shapely.boundary(outline), frame))]


def _clipped(geometry: BaseGeometry, frame: Frame) -> BaseGeometry:
    clipped: BaseGeometry = frame.clip(frame.on_paper(np.array([geometry], dtype=object)))[0]
    return clipped


def _pockets(ground: Ground, frame: Frame, occupied: Occupied) -> list[str]:
    parts: list[str] = []
    tags: list[PlacedLabel] = []
    outlines: list[BaseGeometry] = []
    window = shapely.box(
        *(_EDGE_OF_TAGS_MM, _EDGE_OF_TAGS_MM),
        *(frame.width_mm - _EDGE_OF_TAGS_MM, frame.height_mm - _EDGE_OF_TAGS_MM),
    )
    for number, _, outline_m in ground.pockets:
        edges = _lay(frame, np.array([shapely.boundary(outline_m)], dtype=object))
        if not edges.size or edges[0].is_empty:
            continue
        parts.append(symbols.pocket_line(edges[0]))
        outlines.append(edges[0])
        tag = _tag(f"K{number}", edges[0], occupied, window)
        if tag is not None:
            occupied.take(tag)
            tags.append(tag)
    for outline in outlines:
        occupied.keep_clear(outline)
    for tag in tags:
        parts.append(figure.area(tag.box, INK.casing) + figure.stroke(tag.box, INK.parent_boundary, 0.25))
        parts.append(figure.label(tag, INK.text, ""))
    return parts


def _tag(name: str, edge: BaseGeometry, occupied: Occupied, window: BaseGeometry) -> PlacedLabel | None:
    """Find a place on the outline, the northernmost first, where a name covers nothing else."""
    points = shapely.get_coordinates(edge)
    points = points[np.argsort(points[:, 1], kind="stable")]
    tags = [
        PlacedLabel((Line(name, 6.5, "bold"),), float(x), float(y))
        for x, y in points[:: max(1, len(points) // _TAG_PLACES)]
    ]
    boxes = np.array([tag.box for tag in tags], dtype=object)
    free = np.flatnonzero(occupied.free(boxes) & shapely.contains(window, boxes))
    return tags[free[0]] if free.size else None


def _far_part(ground: Ground, subject: Subject, far_m: Geometries) -> Subject:
    """Return the subject with only those zones that have parts far away."""
    outlines = ground.layer(subject.drawn).outlines_m[subject.members]
    far = shapely.STRtree(outlines).query(far_m, predicate="intersects")[1]
    return replace(subject, members=subject.members[np.unique(far)])


def _inset(ground: Ground, subject: Subject, inset: Inset, wording: Wording) -> str:
    """Draw the small map on white, in a frame of its own, with its scale."""
    frame = inset.frame
    caption = wording("inset", scale=wording.number(frame.scale))
    size = figure.Lettering(_CAPTION_PT, halo=INK.casing, anchor="start", weight="bold")
    below = shapely.box(
        0, frame.height_mm - 5, text_width_mm(caption, _CAPTION_PT, "bold") + 4, frame.height_mm
    )
    plain = shapely.box(0, 0, frame.width_mm, frame.height_mm)
    parts = [
        figure.area(plain, INK.casing),
        *map_parts(ground, subject, frame, clear_of=[below], grid=False, lang=wording.lang),
        figure.stroke(plain, INK.text, 0.5),
        figure.text(caption, 1.6, frame.height_mm - 1.8, size),
    ]
    return figure.group(parts, inset.x, inset.y)
