"""What a legend explains besides the classes: only what its map shows, drawn as on the map."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps import figure, symbols
from maps.figure import Frame, Geometries
from maps.ground import POCKET, Ground, Subject
from maps.islands import islands_of
from maps.palette import INK
from maps.sheet import is_uncertain
from maps.wording import Wording

_BOX = shapely.box(0.2, 0.2, 8.8, 4.8)
_LINE = shapely.linestrings([(0.4, 2.5), (8.6, 2.5)])
_OUTLINED = figure.stroke(_BOX, INK.boundary, 0.2)
_EMPTY = figure.area(_BOX, INK.empty)
_SEEN_SHARE = 1e-3
_MOST_TAGS = 2
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
        *_of_borders(ground, subject, frames, level, wording),
        *_of_pockets(ground, shown_m, wording),
        *_of_backdrop(ground, shown_m, wording),
    )
    return [{"svg": figure.document(9, 5, [drawing]), "name": name} for drawing, name in signs]


def signs_of_zones(ground: Ground, subject: Subject, frame: Frame, wording: Wording) -> list[dict[str, str]]:
    """Return of the signs of a map those of its zones and of pockets, for a legend with little room."""
    signs = (
        *_of_zones(ground, subject, frame.ground_m, wording, "symbol_uncertain_short"),
        *_of_islands(ground, subject, [frame], wording),
        *_of_pockets(ground, frame.ground_m, wording),
    )
    return [{"svg": figure.document(9, 5, [drawing]), "name": name} for drawing, name in signs]


def signs_without_class(kinds: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the signs of places that have no class.

    Parameters
    ----------
    kinds
        ``hidden``, or any other kind, which are drawn alike → what it is called.
    """
    return [
        {
            "svg": figure.document(9, 5, [(figure.dots([_BOX]) if kind == "hidden" else _EMPTY) + _OUTLINED]),
            "name": name,
        }
        for kind, name in kinds.items()
    ]


def too_far(ground: Ground, frame: Frame, wording: Wording) -> str:
    """Say which places are too far away for a map without an inset; nothing where all are on it."""
    layer = ground.main
    names = layer.zones.table["name"].filter(~shapely.intersects(layer.outlines_m, frame.ground_m))
    return wording("beyond", places=", ".join(names)) if len(names) else ""


def _of_zones(
    ground: Ground,
    subject: Subject,
    shown_m: BaseGeometry,
    wording: Wording,
    uncertain: str = "symbol_uncertain",
) -> Iterator[tuple[str, str]]:
    """Yield hatching and what places without a class look like; those without a value are drawn alike."""
    layer = ground.layer(subject.drawn)
    seen = subject.members[shapely.intersects(layer.outlines_m[subject.members], shown_m)].tolist()
    absent = {layer.absences[at] for at in seen}
    if any(is_uncertain(layer, at) for at in seen):
        yield symbols.hatched(_BOX) + _OUTLINED, wording(uncertain, listed=layer.listed)
    if "hidden" in absent:
        yield figure.dots([_BOX]) + _OUTLINED, wording("symbol_hidden")
    without = [wording(f"symbol_{kind}") for kind in _WITHOUT_VALUE if kind in absent]
    if without:
        yield _EMPTY + _OUTLINED, "; ".join(without)


def _of_islands(
    ground: Ground, subject: Subject, frames: Sequence[Frame], wording: Wording
) -> Iterator[tuple[str, str]]:
    if any(len(islands_of(ground.whole.outline_m, subject.outline_m, frame).least) for frame in frames):
        marks = (shapely.Point(x, 2.5).buffer(0.6) for x in (2.5, 4.5, 6.5))
        drawing = "".join(figure.area(mark, INK.empty) + symbols.island_line(mark) for mark in marks)
        yield drawing, wording("symbol_island")


def _of_borders(
    ground: Ground, subject: Subject, frames: Sequence[Frame], level: str, wording: Wording
) -> Iterator[tuple[str, str]]:
    place = ground.run.summary.boundaries.place
    shown_m = shapely.union_all([frame.ground_m for frame in frames])
    yield symbols.zone_line(_LINE, subject), wording("symbol_border", level=level)
    others = [other.outline_m for other in ground.districts if other.code != subject.code]
    if subject.level != "kecamatan" and len(ground.districts) > 1 and _cross(others, shown_m):
        yield symbols.kecamatan_line(_LINE, ground, subject), wording("symbol_kecamatan")
    if symbols.shows_cities(ground, subject):
        yield symbols.city_line(_LINE), wording("symbol_kota")
    if symbols.has_own_border(ground, subject) and _is_bold(subject.outline_m, ground, subject, frames):
        yield symbols.district_line(_LINE), wording(f"symbol_own_{subject.level}")
    if _is_bold(ground.whole.outline_m, ground, subject, frames):
        yield symbols.area_line(_LINE), wording("symbol_border", level=place)
    if has_neighbours(ground, subject, shown_m):
        filled = figure.area(_BOX, INK.neighbour)
        if subject.level == "kecamatan":
            yield filled + symbols.kecamatan_line(_BOX, ground, subject), wording("symbol_other_kecamatan")
        else:
            yield filled + figure.stroke(_BOX, symbols.NEIGHBOUR_LINE, 0.2), wording("symbol_neighbour")


def _is_bold(outline_m: BaseGeometry, ground: Ground, subject: Subject, frames: Sequence[Frame]) -> bool:
    """Tell whether a bold border is drawn anywhere: small islands have none."""
    return any(
        _cross(
            [islands_of(ground.whole.outline_m, subject.outline_m, frame).ashore(outline_m)], frame.ground_m
        )
        for frame in frames
    )


def has_neighbours(ground: Ground, subject: Subject, shown_m: BaseGeometry) -> bool:
    """Tell whether a map shows places around its subject."""
    if symbols.is_whole(ground, subject):
        return False
    layer = ground.main
    near = shapely.intersects(layer.outlines_m, shown_m)
    if subject.drawn == layer.level:
        near[subject.members] = False
        return bool(near.any())
    covered = shapely.union_all(ground.layer(subject.drawn).outlines_m[subject.members])
    if subject.level != POCKET:
        covered = shapely.intersection(covered, subject.outline_m)
    around = shapely.difference(shapely.intersection(ground.whole.outline_m, shown_m), covered)
    return bool(around.area > _SEEN_SHARE * shown_m.area)


def _of_pockets(ground: Ground, shown_m: BaseGeometry, wording: Wording) -> Iterator[tuple[str, str]]:
    tags = [f"K{number}" for number, _, outline in ground.pockets if _cross([outline], shown_m)]
    if len(tags) > _MOST_TAGS:
        tags = [f"{tags[0]}–{tags[-1]}" if len(tags) == len(ground.pockets) else f"{tags[0]}, …, {tags[-1]}"]
    if tags:
        yield symbols.pocket_line(_LINE), wording("symbol_pocket", tags=", ".join(tags))


def _of_backdrop(ground: Ground, shown_m: BaseGeometry, wording: Wording) -> Iterator[tuple[str, str]]:
    if shapely.intersects(ground.rivers_m, shown_m).any():
        yield symbols.river_line(_LINE), wording("symbol_river")
    if shapely.intersects(ground.roads_m, shown_m).any():
        yield symbols.road_line(_LINE), wording("symbol_road")


def _cross(outlines_m: Sequence[BaseGeometry] | Geometries, shown_m: BaseGeometry) -> bool:
    edges = shapely.boundary(np.array(outlines_m, dtype=object))
    return bool(shapely.intersects(edges, shown_m).any())
