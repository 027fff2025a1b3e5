"""What a legend explains besides the classes: only what its map shows, drawn as on the map."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure, symbols
from maps.figure import Frame, Geometries
from maps.ground import Ground, Subject
from maps.islands import islands_of
from maps.palette import INK
from maps.sheet import is_uncertain
from maps.wording import Wording

_BOX = shapely.box(0.2, 0.2, 8.8, 4.8)
_LINE = shapely.linestrings([(0.4, 2.5), (8.6, 2.5)])
_WITHOUT_VALUE = ("empty", "unmeasured", "nobody_poor", "unknown")


def symbol_rows(
    ground: Ground, subject: Subject, frames: Sequence[Frame], level: str, wording: Wording
) -> list[dict[str, str]]:
    """Return the signs of a map with their names, those of areas first.

    Parameters
    ----------
    frames
        Of the map and of its inset.
    level
        The name of the level of the zones, as it stands in a sentence.
    """
    shown_m = shapely.union_all([frame.ground_m for frame in frames])
    signs = (
        *_of_zones(ground, subject, shown_m, wording),
        *_of_islands(ground, subject, frames, wording),
        *_of_borders(ground, subject, shown_m, level, wording),
        *_of_lines(ground, shown_m, wording),
    )
    return [{"svg": figure.document(9, 5, [drawing]), "name": name} for drawing, name in signs]


def _of_zones(
    ground: Ground, subject: Subject, shown_m: BaseGeometry, wording: Wording
) -> Iterator[tuple[str, str]]:
    """Yield hatching and what places without a class look like; those without a value are drawn alike."""
    layer = ground.layer(subject.drawn)
    seen = subject.members[shapely.intersects(layer.outlines_m[subject.members], shown_m)].tolist()
    absent = {layer.absences[at] for at in seen}
    outlined = figure.stroke(_BOX, INK.boundary, 0.2)
    if any(is_uncertain(layer, at) for at in seen):
        yield symbols.hatched(_BOX) + outlined, wording("symbol_uncertain", listed=layer.listed)
    if "hidden" in absent:
        yield figure.dots([_BOX]) + outlined, wording("symbol_hidden")
    without = [wording(f"symbol_{kind}") for kind in _WITHOUT_VALUE if kind in absent]
    if without:
        yield figure.area(_BOX, INK.empty) + outlined, "; ".join(without)


def _of_islands(
    ground: Ground, subject: Subject, frames: Sequence[Frame], wording: Wording
) -> Iterator[tuple[str, str]]:
    if any(len(islands_of(ground.whole.outline_m, subject.outline_m, frame).least) for frame in frames):
        marks = (shapely.Point(x, 2.5).buffer(0.6) for x in (2.5, 4.5, 6.5))
        drawing = "".join(figure.area(mark, INK.empty) + symbols.island_line(mark) for mark in marks)
        yield drawing, wording("symbol_island")


def _of_borders(
    ground: Ground, subject: Subject, shown_m: BaseGeometry, level: str, wording: Wording
) -> Iterator[tuple[str, str]]:
    place = ground.run.summary.boundaries.place
    yield symbols.zone_line(_LINE, subject), wording("symbol_border", level=level)
    others = [other.outline_m for other in ground.districts if other.code != subject.code]
    if subject.level != "kecamatan" and len(ground.districts) > 1 and _cross(others, shown_m):
        yield symbols.kecamatan_line(_LINE, ground, subject), wording("symbol_kecamatan")
    if symbols.shows_cities(ground, subject):
        yield symbols.city_line(_LINE), wording("symbol_kota")
    if symbols.has_own_border(ground, subject):
        yield symbols.district_line(_LINE), wording(f"symbol_own_{subject.level}")
    if _cross([ground.whole.outline_m], shown_m):
        yield symbols.area_line(_LINE), wording("symbol_border", level=place)
    if has_neighbours(ground, subject, shown_m):
        filled = figure.area(_BOX, INK.neighbour)
        if subject.level == "kecamatan":
            yield filled + symbols.kecamatan_line(_BOX, ground, subject), wording("symbol_other_kecamatan")
        else:
            yield filled + figure.stroke(_BOX, symbols.NEIGHBOUR_LINE, 0.2), wording("symbol_neighbour")


def has_neighbours(ground: Ground, subject: Subject, shown_m: BaseGeometry) -> bool:
    """Tell whether a map shows places around its subject."""
    if symbols.is_whole(ground, subject):
        return False
    layer = ground.main
    near = shapely.intersects(layer.outlines_m, shown_m)
    if subject.drawn == layer.level:
        near[subject.members] = False
        return bool(near.any())
    return bool((near & ~shapely.within(layer.outlines_m, shapely.buffer(subject.outline_m, 1.0))).any())


def _of_lines(ground: Ground, shown_m: BaseGeometry, wording: Wording) -> Iterator[tuple[str, str]]:
    if _cross([outline for _, _, outline in ground.pockets], shown_m):
        yield symbols.pocket_line(_LINE), wording("symbol_pocket", tags=_tags(len(ground.pockets)))
    if shapely.intersects(ground.rivers_m, shown_m).any():
        yield symbols.river_line(_LINE), wording("symbol_river")
    if shapely.intersects(ground.roads_m, shown_m).any():
        yield symbols.road_line(_LINE), wording("symbol_road")


def _cross(outlines_m: Sequence[BaseGeometry] | Geometries, shown_m: BaseGeometry) -> bool:
    edges = shapely.boundary(np.array(outlines_m, dtype=object))
    return bool(shapely.intersects(edges, shown_m).any())


def _tags(pockets: int) -> str:
    return "K1" if pockets == 1 else "K1, K2" if pockets == 2 else f"K1–K{pockets}"
