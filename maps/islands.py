"""Islands that are small on paper: fine outlines, and never smaller than a mark whose class can be seen."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from maps.figure import Frame, Geometries

#: On an island smaller than this the bold border of a district or of the whole would cover what it surrounds.
_BOLD_MM2 = 120.0
#: Smaller than this, the border of its zone would.
_FINE_MM2 = 20.0
#: Smaller than this, its class could not be seen: it is drawn larger by `_GROWN_MM` on every side.
_LEAST_MM2 = 1.0
_GROWN_MM = 0.4


@dataclass(frozen=True, slots=True)
class Islands:
    """The small islands of an area on the frame of a map.

    Attributes
    ----------
    apart_m
        Islands that carry no bold border, in metres.
    fine, least
        Of the subject of the map, in millimetres: those with a fine outline, and among them those drawn larger.
    """

    apart_m: Geometries
    fine: Geometries
    least: Geometries

    def ashore(self, outline_m: BaseGeometry) -> BaseGeometry:
        """Leave out the parts of an outline that are islands, for a bold border."""
        parts = shapely.get_parts(outline_m)
        return shapely.multipolygons(parts[~_meeting(parts, self.apart_m)])

    def enlarged(self, polygons: Geometries) -> Geometries:
        """Draw the least of the islands in zones larger than they are."""
        larger = polygons.copy()
        for at, island in shapely.STRtree(self.least).query(polygons, predicate="intersects").T:
            piece = shapely.intersection(polygons[at], self.least[island])
            larger[at] = shapely.union(larger[at], shapely.buffer(piece, _GROWN_MM))
        return larger

    def parted(self, polygon: BaseGeometry) -> tuple[BaseGeometry, Geometries]:
        """Return what of a zone is drawn as usual, and its small islands."""
        parts = shapely.get_parts(polygon)
        small = _meeting(parts, self.fine)
        return shapely.multipolygons(parts[~small]), parts[small]

    def off(self, lines: Geometries) -> Geometries:
        """Leave out lines, in millimetres, along the small islands of the subject."""
        return lines[~_meeting(lines, self.fine)]


def islands_of(whole_m: BaseGeometry, subject_m: BaseGeometry, frame: Frame) -> Islands:
    """Find the parts of the whole area that are small on a map, and those of them that its subject holds."""
    parts = shapely.get_parts(whole_m)
    size = shapely.area(parts) / frame.metres_per_mm**2
    fine = (size < _FINE_MM2) & shapely.intersects(parts, subject_m) & shapely.within(parts, frame.ground_m)
    return Islands(
        parts[size < _BOLD_MM2],
        frame.on_paper(parts[fine]),
        frame.on_paper(parts[fine & (size < _LEAST_MM2)]),
    )


def _meeting(geometries: Geometries, islands: Geometries) -> NDArray[np.bool_]:
    meeting = np.zeros(len(geometries), dtype=bool)
    if len(islands):
        meeting[shapely.STRtree(islands).query(geometries, predicate="intersects")[0]] = True
    return meeting
