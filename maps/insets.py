"""Parts of a place that lie far from the rest, such as the islands of a city: they get a map of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from maps import figure
from maps.figure import Frame, Geometries

_APART_M = 1_500.0
_GAIN = 1.4
_MAIN_SHARE = 0.5
_WIDTHS = (0.34, 0.28, 0.22)
_GAP_MM = 3.0
_INSET_SCALES = tuple(scale for scale in figure.SCALES if scale >= 10_000)


@dataclass(frozen=True, slots=True)
class Inset:
    """A small map in a corner of the large one: its upper left corner there, and its own frame."""

    x: float
    y: float
    frame: Frame

    @property
    def box(self) -> BaseGeometry:
        """The paper that it covers."""
        return shapely.box(self.x, self.y, self.x + self.frame.width_mm, self.y + self.frame.height_mm)


def mainland(outline: BaseGeometry, width_mm: float, height_mm: float) -> tuple[Geometries, Geometries]:
    """Part the polygons of an outline into those of the large map and those far away.

    Nothing is parted where the main group holds less than half of the area or the large map would gain little.

    Returns
    -------
    tuple
        Polygons near the largest, and the others (none where nothing is parted).
    """
    parts = shapely.get_parts(outline)
    group = _groups(parts)
    area = np.bincount(group, weights=shapely.area(parts))
    near = group == area.argmax()
    together, alone = (figure.needed_scale(shown, width_mm, height_mm) for shown in (parts, parts[near]))
    if near.all() or area.max() < _MAIN_SHARE * area.sum() or together < _GAIN * alone:
        return parts, parts[:0]
    return parts[near], parts[~near]


def _groups(parts: Geometries) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    one, other = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=_APART_M)
    linked = csr_array((np.ones(len(one)), (one, other)), shape=(len(parts), len(parts)))
    return np.asarray(connected_components(linked, directed=False)[1])


def placed(
    far_m: Geometries, main_mm: BaseGeometry, frame: Frame, avoid: Sequence[BaseGeometry] = ()
) -> Inset:
    """Put a map of far parts into the corner of a frame where it covers least of what is drawn.

    Parameters
    ----------
    main_mm
        What is drawn, in millimetres on paper.
    avoid
        Paper to leave alone.
    """
    west, south, east, north = shapely.total_bounds(far_m)
    shape = np.clip((north - south) / max(east - west, 1.0), 0.5, 2.0)
    best: tuple[float, Inset] | None = None
    for share in _WIDTHS:
        width = share * min(frame.width_mm, frame.height_mm * 1.6)
        height = min(width * shape, 0.6 * frame.height_mm)
        needed = figure.needed_scale(far_m, width, height)
        scale = next(s for s in (*_INSET_SCALES, needed) if s >= needed)
        small = figure.centre(far_m, width, height, frame.epsg, scale)
        for x in (_GAP_MM, frame.width_mm - width - _GAP_MM):
            for y in (_GAP_MM, frame.height_mm - height - _GAP_MM):
                inset = Inset(x, y, small)
                covered = shapely.area(shapely.intersection(inset.box, main_mm))
                covered += sum(shapely.area(shapely.intersection(inset.box, other)) for other in avoid)
                if best is None or covered < best[0]:
                    best = covered, inset
        assert best is not None
        if best[0] == 0:
            break
    assert best is not None
    return best[1]
