"""Small maps side by side: the same zones in the same frame, coloured by one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from maps import figure, insets
from maps.figure import Frame, Geometries
from maps.ground import Ground
from maps.islands import islands_of
from maps.labels import Occupied, place_label
from maps.palette import INK, text_on

_DETAIL_MM = 0.12
_BORDER_MM = 0.6


@dataclass(frozen=True, slots=True)
class Base:
    """The zones of the main level on a small frame, drawn coarsely enough for it; all share their borders."""

    frame: Frame
    polygons: Geometries
    districts: str


def base_of(ground: Ground, width_mm: float, height_mm: float) -> Base:
    """Lay the whole area on a frame, without what lies too far away for it."""
    near, _ = insets.mainland(ground.whole.outline_m, width_mm, height_mm)
    frame = figure.fit(near, width_mm, height_mm, ground.epsg)
    islands = islands_of(ground.whole.outline_m, ground.whole.outline_m, frame)
    polygons = islands.enlarged(shapely.coverage_simplify(frame.on_paper(ground.main.outlines_m), _DETAIL_MM))
    ashore = [islands.ashore(each.outline_m) for each in ground.districts]
    outlines = frame.on_paper(np.array(ashore, dtype=object))
    edges = shapely.simplify(shapely.boundary(frame.clip(outlines)), _DETAIL_MM)
    return Base(
        frame, frame.clip(polygons), "".join(figure.stroke(edge, INK.parent_boundary, 0.3) for edge in edges)
    )


def choropleth(base: Base, fills: Sequence[str | None], labels: Mapping[int, str] | None = None) -> str:
    """Draw one map.

    Parameters
    ----------
    fills
        Colour of each zone; None: hidden, drawn as dots.
    labels
        Position of a zone → what to write in it, in full, else its first sign, where it fits.
    """
    frame = base.frame
    occupied = Occupied(shapely.box(0.5, 0.5, frame.width_mm - 0.5, frame.height_mm - 0.5))
    written = []
    for position, words in (labels or {}).items():
        inner = shapely.buffer(base.polygons[position], -_BORDER_MM)
        placed = place_label(inner, "", words, occupied) or place_label(inner, "", words[0], occupied)
        if placed is not None:
            occupied.take(placed)
            fill = fills[position] or INK.hidden
            written.append(figure.label(placed, text_on(fill), fill))
    parts = [
        figure.dots([polygon]) + figure.stroke(polygon, INK.boundary, 0.1)
        if fill is None
        else figure.outlined(polygon, fill, INK.boundary, 0.1)
        for polygon, fill in zip(base.polygons, fills, strict=True)
    ]
    return figure.document(frame.width_mm, frame.height_mm, [*parts, base.districts, *written])
