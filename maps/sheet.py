"""One sheet's map: the zones of its subject by class, rank and name, at a true scale on a given paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure, graticule, insets, symbols
from maps.figure import Frame, Geometries
from maps.ground import POCKET, Ground, Layer, Subject
from maps.insets import Inset
from maps.labels import Line, Occupied, PlacedLabel, place_beside, place_label
from maps.layout import Layout
from maps.lettering import text_width_mm
from maps.numbers import Language
from maps.palette import INK, text_on
from maps.paper import BAND_MM
from maps.wording import Wording

_CLEAR_OF_BORDER_MM = 0.6
_CLEAR_OF_POCKET_MM = 1.1
_TAG_PLACES = 40
_ISLAND_MM2 = 120.0
_MOST_LEADERS = 40
_EDGE_OF_TAGS_MM = 4.0
_CAPTION_PT = 6.2
_INDEX_PT = 13.0


@dataclass(frozen=True, slots=True)
class SheetMap:
    """The drawn map of one sheet.

    Attributes
    ----------
    hatching
        Whether it holds a place whose priority is uncertain.
    """

    frame: Frame
    landscape: bool
    svg: str
    hatching: bool
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
        parts = overview_parts(ground, subject, frame)
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
    return SheetMap(frame, layout.landscape, svg, is_hatched(ground, subject), inset)


def _index_of(sheets: Sequence[Frame], frame: Frame) -> list[str]:
    """Draw the frames of sheets with their numbers."""
    boxes = frame.clip(frame.on_paper(np.array([sheet.ground_m for sheet in sheets], dtype=object)))
    parts = [figure.cased(shapely.boundary(box), INK.text, 0.35, 0.35) for box in boxes]
    size = figure.Lettering(_INDEX_PT, halo=INK.casing, anchor="start", weight="bold")
    return parts + [
        figure.text(str(number), box.bounds[0] + 1.2, box.bounds[1] + 5.2, size)
        for number, box in enumerate(boxes, start=1)
    ]


def overview_parts(ground: Ground, subject: Subject, frame: Frame) -> list[str]:
    """Draw a subject by class, with borders and the tags of pockets but no names."""
    occupied = Occupied(shapely.box(0.5, 0.5, frame.width_mm - 0.5, frame.height_mm - 0.5))
    layer, members = ground.layer(subject.drawn), subject.members.tolist()
    polygons = _visible(layer, subject, members, frame)
    parts = _zones(layer, members, polygons, ())
    parts += _boundaries(ground, subject, polygons, frame, grid=False)
    return parts + _pockets(ground, frame, occupied)


def is_hatched(ground: Ground, subject: Subject) -> bool:
    """Tell whether any zone of a subject is drawn with hatching."""
    layer = ground.layer(subject.drawn)
    return any(_is_uncertain(layer, position) for position in subject.members.tolist())


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
    polygons = _visible(layer, subject, members, frame)
    occupied = Occupied(shapely.box(0.5, 0.5, frame.width_mm - 0.5, frame.height_mm - 0.5))
    for kept in clear_of:
        occupied.keep_clear(kept)
    titles = [] if layer.is_cells else [_title(layer, at, lang) for at in members]
    labels = _zone_labels(ground, titles, polygons, frame, occupied) if titles else []
    boxes = [placed.box for _, placed in labels]
    neighbours = _neighbours(ground, subject, frame)
    parts = [figure.area(_clipped(ground.whole.outline_m, frame), INK.neighbour)] if neighbours else []
    parts += _zones(layer, members, polygons, boxes)
    parts += [symbols.road_line(road) for road in _lay(frame, ground.roads_m)]
    parts += [symbols.river_line(river) for river in _lay(frame, ground.rivers_m)]
    parts += _boundaries(ground, subject, polygons, frame, grid=grid)
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


def _is_uncertain(layer: Layer, position: int) -> bool:
    code = layer.zones.table["code"][position]
    return not layer.is_cells and layer.priorities.get(code) == "possible"


def _fill(layer: Layer, position: int) -> str:
    if layer.absences[position] == "hidden":
        return INK.hidden
    return layer.classes.colour(layer.values[position])


def _zones(
    layer: Layer, members: Sequence[int], polygons: Geometries, boxes: Sequence[BaseGeometry]
) -> list[str]:
    drawn, hidden = [], []
    for position, polygon in zip(members, polygons, strict=True):
        if layer.absences[position] == "hidden":
            hidden.append(polygon)
        else:
            drawn.append(_zone(layer, position, polygon, boxes))
    return [*drawn, figure.dots(hidden, boxes)]


def _zone(layer: Layer, position: int, polygon: BaseGeometry, boxes: Sequence[BaseGeometry]) -> str:
    filled = figure.area(polygon, _fill(layer, position))
    if not _is_uncertain(layer, position):
        return filled
    near = [box for box in boxes if box.intersects(polygon)]
    return filled + symbols.hatched(polygon, near)


def _zone_labels(
    ground: Ground,
    titles: Sequence[tuple[str, str]],
    polygons: Geometries,
    frame: Frame,
    occupied: Occupied,
) -> list[tuple[int, PlacedLabel]]:
    """Place name and number of each zone; those too small for both get a leader line, where there are not too many."""
    edges = [shapely.boundary(outline) for _, _, outline in ground.pockets if _meets(outline, frame)]
    taken = shapely.buffer(
        frame.on_paper(np.array([shapely.union_all(edges)], dtype=object))[0], _CLEAR_OF_POCKET_MM
    )
    few = len(titles) <= _MOST_LEADERS
    placed: list[tuple[int, PlacedLabel]] = []
    waiting = []
    for at, (title, polygon) in enumerate(zip(titles, polygons, strict=True)):
        found = _inside(title, polygon, taken, occupied, number_alone=not few)
        if found is None:
            waiting.append(at)
        else:
            occupied.take(found)
            placed.append((at, found))
    for at in waiting:
        (name, number), polygon = titles[at], polygons[at]
        found = place_beside(polygon, name if few else "", number, occupied) if few or number else None
        found = found or place_label(polygon, "", number, occupied)
        if found is not None:
            occupied.take(found)
            placed.append((at, found))
    return placed


def _title(layer: Layer, position: int, lang: Language) -> tuple[str, str]:
    """Return name and number: the rank, or of a layer beside the register the value; "" where there is none."""
    code, name = (layer.zones.table[column][position] for column in ("code", "name"))
    if layer.absences[position]:
        return name, ""
    if layer.measure.ranks:
        return name, str(layer.ranks[code])
    return name, layer.measure.format(layer.values[position], lang)


def _inside(
    title: tuple[str, str],
    polygon: BaseGeometry,
    taken: BaseGeometry,
    occupied: Occupied,
    *,
    number_alone: bool,
) -> PlacedLabel | None:
    name, number = title
    inner = shapely.buffer(polygon, -_CLEAR_OF_BORDER_MM)
    clear = shapely.difference(inner, taken)
    for free in (clear, inner):
        found = place_label(free, name, number, occupied, number_alone=number_alone)
        if found is not None:
            return found
    return None


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
    ground: Ground, subject: Subject, polygons: Geometries, frame: Frame, *, grid: bool
) -> list[str]:
    """Draw borders from faint to bold: zones, the grid, other districts, this subject, the whole area."""
    elsewhere = _lay(frame, ground.borders_m)
    others = [other.outline_m for other in ground.districts if other.code != subject.code]
    own = None if subject.level == POCKET else _wide_parts(subject.outline_m, frame)
    whole = _wide_parts(ground.whole.outline_m, frame)
    districts = _lay(frame, shapely.boundary(np.array(others, dtype=object)))
    return [
        figure.stroke(elsewhere, symbols.NEIGHBOUR_LINE, 0.15),
        figure.stroke(polygons, INK.boundary, 0.1 if subject.drawn.startswith("h3-") else 0.25),
        *([graticule.grid(frame)] if grid else []),
        figure.stroke(districts, symbols.NEIGHBOUR_TEXT, 0.4),
        *(_edge(own, frame, symbols.district_line) if own is not None else []),
        *_edge(whole, frame, symbols.area_line),
    ]


def _edge(outline: BaseGeometry, frame: Frame, line: symbols.Stroke) -> list[str]:
    return [line(_clipped(shapely.boundary(outline), frame))]


def _clipped(geometry: BaseGeometry, frame: Frame) -> BaseGeometry:
    clipped: BaseGeometry = frame.clip(frame.on_paper(np.array([geometry], dtype=object)))[0]
    return clipped


def _wide_parts(outline: BaseGeometry, frame: Frame) -> BaseGeometry:
    """Leave out islands that a bold border would cover; the fine border of their zone stays."""
    parts = shapely.get_parts(outline)
    return shapely.multipolygons(parts[shapely.area(parts) / frame.metres_per_mm**2 >= _ISLAND_MM2])


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
