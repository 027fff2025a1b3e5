"""Coordinate reference systems in which features can be asked for, in the axis order of their definition."""

from collections.abc import Callable
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from geo.errors import ParameterError
from maps.geojson import DEGREE_DECIMALS, METRE_DECIMALS

_URI = "http://www.opengis.net/def/crs"

#: Longitude and latitude on WGS 84: how everything is stored.
CRS84 = f"{_URI}/OGC/1.3/CRS84"

#: WGS 84 (latitude, longitude), Web Mercator, SRGI2013 and DGN95 (latitude, longitude).
_EVERYWHERE = (4326, 3857, 9470, 4755)
#: UTM on WGS 84, SRGI2013 and DGN95, north and south: what is added to a zone's number, and the zones there are.
_UTM = {
    "north": ((32_600, range(1, 61)), (9_430, range(46, 53)), (23_820, range(46, 53))),
    "south": ((32_700, range(1, 61)), (9_440, range(47, 55)), (23_830, range(47, 55))),
}
_TM3 = 23_830  # Indonesia's TM-3° on DGN95: half a UTM zone each, from 46.2 to 54.1
_TM3_WEST, _TM3_ZONES = 93, 16

#: A projected system tells places so many degrees around the area that it is meant for.
_AROUND = 10.0
#: Where Web Mercator ends, north and south.
_MERCATOR = 85.06

Geometries = NDArray[np.object_]
Bounds = tuple[float, float, float, float]


def offered(bounds: Bounds) -> tuple[str, ...]:
    """List the systems for features within west, south, east and north, in degrees: `CRS84` first.

    Examples
    --------
    >>> [uri.rsplit("/", 1)[1] for uri in offered((106.7, -6.7, 106.9, -6.5))]
    ['CRS84', '4326', '3857', '9470', '4755', '32748', '9488', '23878', '23834']
    """
    west, south, east, north = bounds
    zones = range(_utm_zone(west), _utm_zone(east) + 1)
    hemispheres = [name for name, there in (("north", north > 0), ("south", south < 0)) if there]
    utm = [
        base + zone
        for hemisphere in hemispheres
        for base, known in _UTM[hemisphere]
        for zone in zones
        if zone in known
    ]
    first, last = (int((degrees - _TM3_WEST) // 3) for degrees in (west, east))
    tm3 = [_TM3 + zone for zone in range(max(first, 0), min(last + 1, _TM3_ZONES))]
    return (CRS84, *(f"{_URI}/EPSG/0/{code}" for code in (*_EVERYWHERE, *utm, *tm3)))


def decimals(uri: str) -> int:
    """Return how many decimals a coordinate of a system is worth."""
    return DEGREE_DECIMALS if _crs(uri).is_geographic else METRE_DECIMALS


def projected(geometry: Geometries, uri: str) -> Geometries:
    """Return geometries of longitude and latitude in another system, in its own axis order."""
    if uri == CRS84:
        return geometry
    moved: Geometries = shapely.transform(geometry, _mover(CRS84, uri))
    return moved


def box(corners: tuple[float, ...], uri: str) -> tuple[shapely.Geometry, ...]:
    """Return the area of a bounding box given in a system, in longitude and latitude.

    Parameters
    ----------
    corners
        The two lowest, then the two highest coordinates, in the axis order of the system. In degrees the box may
        cross the antimeridian: then its west is greater than its east.

    Returns
    -------
    tuple of shapely.Geometry
        One area, or two on both sides of the antimeridian; none where the box lies outside of all that the system
        can tell.

    Raises
    ------
    ParameterError
        When the lower corner is not below the upper one.
    """
    crs = _crs(uri)
    first, second, third, fourth = corners
    if crs.is_geographic:
        latitude_first = crs.axis_info[0].direction == "north"
        west, south, east, north = (second, first, fourth, third) if latitude_first else corners
        if south > north:
            raise ParameterError("bbox: its south lies north of its north.")
        if west > east:
            return _area(west, south, 180, north), _area(-180, south, east, north)
        return (_area(west, south, east, north),)
    if first > third or second > fourth:
        raise ParameterError("bbox: its lower corner is not below its upper one.")
    lowest, highest = _reach(uri)
    first, second = max(first, lowest[0]), max(second, lowest[1])
    third, fourth = min(third, highest[0]), min(fourth, highest[1])
    if first > third or second > fourth:
        return ()
    edge = max(third - first, fourth - second) / 32 or 1.0
    dense = shapely.segmentize(_area(first, second, third, fourth), edge)
    return (shapely.transform(dense, _mover(uri, CRS84)),)


def _area(first: float, second: float, third: float, fourth: float) -> shapely.Geometry:
    """Return a box, which may have no width, no height or neither."""
    if (first, second) == (third, fourth):
        return shapely.Point(first, second)
    if first == third or second == fourth:
        return shapely.LineString(((first, second), (third, fourth)))
    return shapely.box(first, second, third, fourth)


@cache
def _reach(uri: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the lowest and highest coordinates of a projected system, some way around the area that it is for."""
    meant = _crs(uri).area_of_use
    assert meant is not None
    west, south = max(meant.west - _AROUND, -180), max(meant.south - _AROUND, -_MERCATOR)
    east, north = min(meant.east + _AROUND, 180), min(meant.north + _AROUND, _MERCATOR)
    edge = shapely.segmentize(shapely.box(west, south, east, north), 1.0)
    first, second, third, fourth = shapely.total_bounds(projected(edge, uri)).tolist()
    return (first, second), (third, fourth)


def _utm_zone(longitude: float) -> int:
    return int((longitude + 180) // 6) + 1


@cache
def _crs(uri: str) -> CRS:
    authority, _, code = uri.removeprefix(f"{_URI}/").split("/")
    return CRS.from_authority(authority, code)


@cache
def _mover(source: str, target: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    transformer = Transformer.from_crs(_crs(source), _crs(target), always_xy=False)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = transformer.transform(points[:, 0], points[:, 1])
        return np.column_stack((x, y))

    return move
