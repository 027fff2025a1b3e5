"""Maps as SVG in millimetres, at a true scale: 1 mm of paper is exactly scale / 1,000 m of the UTM grid."""

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.errors import ParameterError
from maps.labels import PlacedLabel
from maps.lettering import FAMILY
from maps.palette import INK

Geometries = NDArray[np.object_]

#: The round scales that a map may have, from large to small: 1 : 5,000 to 1 : 3,000,000.
SCALES = (
    *(5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 75_000),
    *(100_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000, 750_000, 1_000_000),
    *(1_500_000, 2_000_000, 3_000_000),
)

_MM_PER_POINT = 25.4 / 72
_FINEST_MM = 0.05
_MARGIN = 0.04
_DOT_SPACING_MM = 1.9
_DOT_MM = 0.5
_SMALL_DOT_MM = 0.36
_DASH_MM = 0.01


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of paper that shows a piece of a UTM zone.

    Attributes
    ----------
    width_mm, height_mm
        Size on paper.
    scale
        The denominator: 25,000 for 1 : 25,000.
    epsg
        The projected CRS (WGS 84 / UTM).
    west_m, north_m
        Easting and northing of the upper left corner.
    """

    width_mm: float
    height_mm: float
    scale: int
    epsg: int
    west_m: float
    north_m: float

    @property
    def metres_per_mm(self) -> float:
        """Ground distance of one millimetre."""
        return self.scale / 1000

    @property
    def east_m(self) -> float:
        """Easting of the right edge."""
        return self.west_m + self.width_mm * self.metres_per_mm

    @property
    def south_m(self) -> float:
        """Northing of the lower edge."""
        return self.north_m - self.height_mm * self.metres_per_mm

    @property
    def ground_m(self) -> BaseGeometry:
        """The piece of ground that it shows."""
        return shapely.box(self.west_m, self.south_m, self.east_m, self.north_m)

    def on_paper(self, geometries: Geometries) -> Geometries:
        """Turn metres of the UTM zone into millimetres from the upper left corner, y downwards."""
        origin = np.array([self.west_m, self.north_m])
        flip = np.array([1.0, -1.0]) / self.metres_per_mm
        placed: Geometries = shapely.transform(geometries, lambda xy: (xy - origin) * flip)
        return placed

    def clip(self, geometries: Geometries) -> Geometries:
        """Cut geometries in millimetres off at the frame, without detail that no printer shows."""
        clipped = shapely.clip_by_rect(geometries, 0, 0, self.width_mm, self.height_mm)
        simple: Geometries = shapely.simplify(clipped, _FINEST_MM)
        return simple


def utm_epsg(geometries: Geometries) -> int:
    """Return the EPSG code of the WGS 84 / UTM zone of the middle of geometries in EPSG:4326.

    Examples
    --------
    >>> utm_epsg(shapely.points([[106.8, -6.6]]))
    32748
    """
    west, south, east, north = shapely.total_bounds(geometries)
    zone = int(((west + east) / 2 + 180) // 6) + 1
    return (32600 if (south + north) / 2 >= 0 else 32700) + zone


@cache
def _to_utm(epsg: int) -> Transformer:
    return Transformer.from_crs(4326, epsg, always_xy=True)


def project(geometries: Geometries, epsg: int) -> Geometries:
    """Project geometries from EPSG:4326 to a UTM zone, in metres."""
    forward = _to_utm(epsg)
    projected: Geometries = shapely.transform(
        geometries, lambda xy: np.column_stack(forward.transform(xy[:, 0], xy[:, 1]))
    )
    return projected


def to_degrees(points_m: NDArray[np.float64], epsg: int) -> NDArray[np.float64]:
    """Return longitude and latitude of points in metres of a UTM zone, one row each."""
    backward = _to_utm(epsg).transform(points_m[:, 0], points_m[:, 1], direction="INVERSE")
    return np.column_stack(backward)


def fit(geometries_m: Geometries, width_mm: float, height_mm: float, epsg: int) -> Frame:
    """Centre geometries (metres of the UTM zone) in a frame at the largest round scale that holds them.

    Raises
    ------
    ParameterError
        When the geometries are too large for the smallest scale.
    """
    needed = needed_scale(geometries_m, width_mm, height_mm)
    scale = next((scale for scale in SCALES if scale >= needed), None)
    if scale is None:
        raise ParameterError(
            f"the area needs a scale of 1 : {needed:,}, smaller than any a sheet may have "
            f"(1 : {SCALES[-1]:,}). Print it in parts."
        )
    return centre(geometries_m, width_mm, height_mm, epsg, scale)


def needed_scale(geometries_m: Geometries, width_mm: float, height_mm: float) -> int:
    """Return the largest scale, round or not, at which geometries fit a frame with a margin on all sides."""
    west, south, east, north = shapely.total_bounds(geometries_m)
    free = 1 - 2 * _MARGIN
    needed: float = 1000 * max((east - west) / (width_mm * free), (north - south) / (height_mm * free))
    return math.ceil(needed)


def centre(geometries_m: Geometries, width_mm: float, height_mm: float, epsg: int, scale: int) -> Frame:
    """Put the middle of geometries in the middle of a frame of a given scale."""
    west, south, east, north = shapely.total_bounds(geometries_m)
    metres_per_mm = scale / 1000
    return Frame(
        width_mm,
        height_mm,
        scale,
        epsg,
        (west + east - width_mm * metres_per_mm) / 2,
        (south + north + height_mm * metres_per_mm) / 2,
    )


def document(width_mm: float, height_mm: float, parts: Iterable[str]) -> str:
    """Return a whole SVG document with millimetres as its units."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:g}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {width_mm:g} {height_mm:g}">{"".join(parts)}</svg>'
    )


def group(parts: Iterable[str], x: float = 0, y: float = 0) -> str:
    """Return parts moved together."""
    return f'<g transform="translate({x:g} {y:g})">{"".join(parts)}</g>'


def area(geometry: BaseGeometry, fill: str) -> str:
    """Return filled polygons without an outline."""
    path = _path(geometry)
    return f'<path d="{path}" fill="{fill}" fill-rule="evenodd"/>' if path else ""


def outlined(geometry: BaseGeometry, fill: str, colour: str, width_mm: float) -> str:
    """Return filled polygons with an outline, as one path."""
    path = _path(geometry)
    if not path:
        return ""
    return (
        f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{colour}" stroke-width="{width_mm:g}" '
        'stroke-linejoin="round"/>'
    )


def stroke(geometry: BaseGeometry | Geometries, colour: str, width_mm: float, dashes: str = "") -> str:
    """Return lines, or the outlines of polygons, as one path."""
    path = _path(geometry)
    if not path:
        return ""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width_mm:g}" '
        f'stroke-linejoin="round" stroke-linecap="{"butt" if dashes else "round"}"{dashed}/>'
    )


def cased(
    geometry: BaseGeometry | Geometries,
    colour: str,
    width_mm: float,
    casing_mm: float = 0.5,
    dashes: str = "",
) -> str:
    """Return lines on a white casing, which keeps them apart from any fill, in greyscale too."""
    casing = stroke(geometry, INK.casing, width_mm + 2 * casing_mm)
    return casing + stroke(geometry, colour, width_mm, dashes)


def dots(hidden: Sequence[BaseGeometry], without: Sequence[BaseGeometry] = ()) -> str:
    """Return the mark of hidden zones: staggered dots on grey, clear of the given boxes.

    The dots stand on one lattice of the whole paper, so that they run on across neighbouring hidden zones. Those
    beside each other are the dashes of one line: a hundred of them take no more than one.
    """
    fill = "".join(area(zone, INK.hidden) for zone in hidden)
    found = [_dots_in(zone, without) for zone in hidden if not zone.is_empty]
    places = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), int)
    if not len(places):
        return fill
    begins = np.flatnonzero(np.any(np.diff(places, axis=0, prepend=places[:1] - 2) != [0, 1], axis=1))
    ends = np.append(begins[1:], len(places)) - 1
    x, y = _on_lattice(places).T
    path = "".join(
        f"M{x[begin]:.2f} {y[begin]:.2f}H{x[end] + _DASH_MM:.2f}"
        for begin, end in zip(begins, ends, strict=True)
    )
    return (
        f'{fill}<path d="{path}" fill="none" stroke="{INK.hidden_dot}" stroke-width="{_DOT_MM}" '
        f'stroke-linecap="round" stroke-dasharray="{_DASH_MM:g} {_DOT_SPACING_MM - _DASH_MM:g}"/>'
    )


def dot(x: float, y: float) -> str:
    """Return one small dot, where the pattern of `dots` has no room."""
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{_SMALL_DOT_MM / 2:g}" fill="{INK.hidden_dot}"/>'


def _dots_in(zone: BaseGeometry, without: Sequence[BaseGeometry]) -> NDArray[np.int64]:
    """Return row and column on the lattice of the dots of a zone, wholly inside it."""
    bounds = np.array(zone.bounds) / _DOT_SPACING_MM
    first, last = np.floor(bounds[:2]).astype(int), np.ceil(bounds[2:]).astype(int)
    columns, rows = np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
    places = np.column_stack([rows.ravel(), columns.ravel()])
    x, y = _on_lattice(places).T
    kept = shapely.contains_xy(shapely.buffer(zone, -_DOT_MM), x, y)
    for box in without:
        kept &= ~shapely.contains_xy(shapely.buffer(box, _DOT_MM), x, y)
    inside: NDArray[np.int64] = places[kept]
    return inside


def _on_lattice(places: NDArray[np.int64]) -> NDArray[np.float64]:
    rows, columns = places.T
    return np.column_stack([columns + rows % 2 / 2, rows]) * _DOT_SPACING_MM


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a text is set: size in points, colours, weight and slant."""

    size_pt: float
    colour: str = INK.text
    halo: str = ""
    weight: str = "regular"
    anchor: str = "middle"
    italic: bool = False
    spacing_mm: float = 0


def text(content: str, x: float, y: float, lettering: Lettering, turned: float = 0) -> str:
    """Return a text on the baseline at a point, turned clockwise by degrees, with a halo if named."""
    size = lettering.size_pt * _MM_PER_POINT
    attributes: dict[str, Any] = {
        "x": f"{x:.2f}",
        "y": f"{y:.2f}",
        "font-family": f"{FAMILY}, sans-serif",  # a browser may lack the first
        "font-size": f"{size:.3f}",
        "font-weight": 700 if lettering.weight == "bold" else 400,
        "text-anchor": lettering.anchor,
    }
    if lettering.italic:
        attributes["font-style"] = "italic"
    if lettering.spacing_mm:
        attributes["letter-spacing"] = f"{lettering.spacing_mm:g}"
    if turned:
        attributes["transform"] = f"rotate({turned:g} {x:.2f} {y:.2f})"
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    body = html.escape(content)
    ink = f'<text {written} fill="{lettering.colour}">{body}</text>'
    if not lettering.halo:
        return ink
    halo = (
        f'<text {written} fill="none" stroke="{lettering.halo}" stroke-width="{0.4 * size:.3f}" '
        f'stroke-linejoin="round">{body}</text>'
    )
    return halo + ink


def label(placed: PlacedLabel, colour: str, halo: str, italic: bool = False) -> str:
    """Return the lines of a placed label, centred on its point."""
    height = sum(line.height_mm for line in placed.lines)
    top = placed.y - height / 2
    parts = []
    for line in placed.lines:
        baseline = top + 0.80 * line.height_mm
        lettering = Lettering(line.size_pt, colour, halo, line.weight, italic=italic)
        parts.append(text(line.text, placed.x, baseline, lettering))
        top += line.height_mm
    return "".join(parts)


def _path(geometry: BaseGeometry | Geometries) -> str:
    return "".join(_strand(coordinates, closed) for coordinates, closed in _strands(geometry))


def _strands(geometry: BaseGeometry | Geometries) -> Iterator[tuple[NDArray[np.float64], bool]]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            for ring in shapely.get_rings(part):
                yield shapely.get_coordinates(ring)[:-1], True
        elif part.geom_type in ("LineString", "LinearRing"):
            yield shapely.get_coordinates(part), False
        elif part.geom_type.startswith(("Multi", "Geometry")):
            yield from _strands(part)


def _strand(coordinates: NDArray[np.float64], closed: bool) -> str:
    hundredths = np.round(coordinates * 100)
    moved = np.ones(len(hundredths), dtype=bool)
    moved[1:] = (hundredths[1:] != hundredths[:-1]).any(axis=1)
    points = hundredths[moved] / 100
    if len(points) < 2:
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points.tolist()) + ("Z" if closed else "")
