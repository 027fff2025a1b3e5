"""The diagram lokasi: where a sheet lies in the whole area, and which sheet is which."""

from dataclasses import dataclass

import numpy as np
import shapely

from maps import figure
from maps.figure import Frame
from maps.ground import Ground, Subject
from maps.labels import place_label
from maps.layout import Layout
from maps.palette import INK
from maps.symbols import is_whole

#: Size of the diagram.
LOCATOR_MM = (46.0, 42.0)

_DETAIL_MM = 0.15
_OWN = "#33414e"
_NEXT_TO_M = 50.0
_DOT_MM = 0.9


def locator(ground: Ground, subject: Subject, layout: Layout, number: int | None) -> str:
    """Draw all districts with their sheet numbers, the subject dark, and the frame of this sheet.

    Where a subject has several sheets, their frames carry their numbers and the districts carry none.

    Parameters
    ----------
    number
        Which frame of the layout is that of this sheet; None: none of them, on an index.
    """
    width, height = LOCATOR_MM
    frames = np.array([frame.ground_m for frame in layout.frames], dtype=object)
    several = len(frames) > 1
    outside = frames[:0] if is_whole(ground, subject) else frames
    shown = frames if several else np.array([ground.whole.outline_m, *outside], dtype=object)
    needed = figure.needed_scale(shown, width - 1, height - 1)
    small = figure.centre(shown, width - 1, height - 1, ground.epsg, needed)
    parts = _districts(ground, subject, small, numbered=not several)
    if several:
        parts += _frames(small.on_paper(frames), number)
    else:
        edge = small.clip(small.on_paper(shapely.boundary(frames)))
        parts += [figure.stroke(line, INK.pocket, 0.45) for line in edge]
    return _framed(small, parts)


@dataclass(frozen=True, slots=True)
class SmallLocator:
    """The districts as profiles show them, drawn once: each profile only lays the mark of its place over them."""

    frame: Frame
    districts: str

    def mark(self, subject: Subject) -> str:
        """Draw where a place lies, to be laid over the districts."""
        place = self.frame.on_paper(np.array([subject.outline_m], dtype=object))[0]
        parts = [figure.area(shapely.simplify(place, _DETAIL_MM), INK.pocket)]
        if place.area < 4 * _DOT_MM**2:
            ring = shapely.boundary(shapely.buffer(shapely.centroid(place), 3 * _DOT_MM))
            parts.append(figure.cased(ring, INK.pocket, 0.5, 0.3))
        return _framed(self.frame, parts)


def small_locator(ground: Ground, width: float, height: float) -> SmallLocator:
    """Draw the districts for the profiles of an atlas."""
    whole = np.array([ground.whole.outline_m], dtype=object)
    needed = figure.needed_scale(whole, width - 1, height - 1)
    small = figure.centre(whole, width - 1, height - 1, ground.epsg, needed)
    return SmallLocator(small, _framed(small, _districts(ground, None, small, numbered=False)))


def _framed(frame: Frame, parts: list[str]) -> str:
    edge = figure.stroke(shapely.box(0, 0, frame.width_mm, frame.height_mm), INK.text, 0.18)
    return figure.document(frame.width_mm + 1, frame.height_mm + 1, [figure.group([*parts, edge], 0.5, 0.5)])


def _districts(ground: Ground, subject: Subject | None, small: Frame, *, numbered: bool) -> list[str]:
    outlines = small.clip(small.on_paper(ground.small_districts_m))
    parts, numbers = [], []
    for number, (other, outline) in enumerate(zip(ground.districts, outlines, strict=True), start=1):
        own = subject is not None and other.code == subject.code and other.level == subject.level
        parts.append(figure.outlined(outline, _OWN if own else INK.neighbour, INK.boundary, 0.2))
        placed = place_label(outline, "", str(number)) if numbered and len(outlines) > 1 else None
        if placed is not None:
            numbers.append(figure.label(placed, INK.casing if own else INK.text, ""))
    if subject is not None and subject.level != "kecamatan" and subject.code != ground.whole.code:
        own_place = small.on_paper(np.array([subject.outline_m], dtype=object))
        parts += [figure.area(shapely.simplify(place, _DETAIL_MM), _OWN) for place in small.clip(own_place)]
    return parts + numbers


def _frames(frames: np.ndarray[tuple[int], np.dtype[np.object_]], number: int | None) -> list[str]:
    parts = []
    for at, frame in enumerate(frames):
        own = at == number
        if own:
            parts.append(figure.area(frame, INK.picked))
        parts.append(figure.stroke(frame, INK.text, 0.45 if own else 0.2))
        placed = place_label(shapely.buffer(frame, 0.1), "", str(at + 1))
        if placed is not None:
            parts.append(figure.label(placed, INK.text, INK.casing if not own else ""))
    return parts


def around(ground: Ground, subject: Subject) -> list[Subject]:
    """Return a district and those that lie next to it, itself first."""
    outlines = np.array([other.outline_m for other in ground.districts], dtype=object)
    near = shapely.dwithin(outlines, subject.outline_m, _NEXT_TO_M)
    neighbours = [other for other, close in zip(ground.districts, near, strict=True) if close]
    return sorted(neighbours, key=lambda other: other.code != subject.code)
