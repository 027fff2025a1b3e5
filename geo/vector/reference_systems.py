"""Coordinate reference systems: named, never assumed; contradicted by the coordinates, refused with the evidence."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo.errors import BoundaryError, ParameterError

#: Indonesia with its seas: west, south, east, north in degrees.
INDONESIA = (94.0, -12.0, 142.0, 7.0)

_NAME = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://(?:www\.)?opengis\.net/def/crs/)?(EPSG|OGC|ESRI)[:/]+(?:[\d.]*[:/])?(\w+)",
    re.IGNORECASE,
)

#: What to try where a layer does not say: geographic, DGN95 and WGS84 in UTM, TM-3° of Java.
_USUAL = (4326, 32748, 23878, 32749, 23834, 3857)


def from_name(name: str, what: str) -> CRS:
    """Return the CRS of a name such as ``EPSG:23878`` or its OGC URN.

    Only names of authorities are taken; a text that would be looked up elsewhere is not.

    Raises
    ------
    ParameterError
        When it is no such name.

    Examples
    --------
    >>> from_name("urn:ogc:def:crs:EPSG::32748", "--crs").to_epsg()
    32748
    """
    found = _NAME.fullmatch(name.strip())
    try:
        if found:
            return CRS.from_authority(found[1].upper(), found[2].upper())
    except CRSError:
        pass
    raise ParameterError(
        f"{what} {name[:80]!r} is no known CRS; give a number such as EPSG:23878 or EPSG:4326."
    )


def is_named(crs: CRS | None) -> bool:
    """Whether a CRS says where on the earth coordinates lie."""
    return crs is not None and (crs.is_geographic or crs.is_projected)


def refuse_unnamed(path: Path, crs: CRS | None, bounds: NDArray[np.float64]) -> None:
    """Refuse a layer without a CRS, with its extent and what to say.

    Raises
    ------
    BoundaryError
    """
    if not is_named(crs):
        raise BoundaryError(
            f"{path}: the layer names no coordinate reference system (CRS), and none is assumed. Its extent is "
            f"{_shown(bounds)}. {_advice(bounds)}"
        )


def refuse_contradicted(path: Path, crs: CRS, bounds: NDArray[np.float64]) -> None:
    """Refuse a layer whose coordinates cannot be in the CRS that it names.

    Raises
    ------
    BoundaryError
        For metres called degrees, degrees called metres, or an extent wholly outside Indonesia.
    """
    # Up to 180 in both: latitude and longitude may be swapped, a defect that the check names feature by feature.
    in_degrees = bool((np.abs(bounds) <= 180).all())
    if crs.is_geographic and not in_degrees:
        _contradicted(path, crs, bounds, "lies outside the degrees of the earth")
    if crs.is_projected and in_degrees:
        _contradicted(path, crs, bounds, "looks like degrees, not metres")
    if not _meets_indonesia(_extent(crs, bounds)):
        mirrored = bounds[[0, 3, 2, 1]] * (1, -1, 1, -1)
        if crs.is_geographic and (_meets_indonesia(mirrored) or _meets_indonesia(bounds[[1, 0, 3, 2]])):
            return  # a defect of features, which the check names one by one
        _contradicted(path, crs, bounds, "lies outside Indonesia")


def _contradicted(path: Path, crs: CRS, bounds: NDArray[np.float64], why: str) -> None:
    raise BoundaryError(
        f"{path}: the layer {why}, so the CRS that it names ({crs.name}) cannot be its own. Its extent is "
        f"{_shown(bounds)}. {_advice(bounds)}"
    )


def _advice(bounds: NDArray[np.float64]) -> str:
    fitting = []
    for number in _USUAL:
        extent = _extent(CRS.from_epsg(number), bounds)
        if _meets_indonesia(extent):
            fitting.append(f"--crs EPSG:{number} would place it at {_shown(extent)}")
    if not fitting:
        return "Ask who made it for its CRS and name it, such as --crs EPSG:23878."
    return f"Name it if you know it, such as: {'; '.join(fitting)}."


def _extent(crs: CRS, bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    west, south, east, north = bounds
    try:
        transformer = Transformer.from_crs(crs, 4326, always_xy=True)
        x, y = transformer.transform([west, west, east, east], [south, north, south, north])
    except ProjError:
        return np.full(4, np.inf)
    return np.array([min(x), min(y), max(x), max(y)])


def _meets_indonesia(bounds: NDArray[np.float64]) -> bool:
    west, south, east, north = INDONESIA
    return bool(
        np.isfinite(bounds).all()
        and bounds[0] <= east
        and bounds[2] >= west
        and bounds[1] <= north
        and bounds[3] >= south
    )


def _shown(bounds: NDArray[np.float64]) -> str:
    west, south, east, north = bounds
    return f"{west:.6g} {south:.6g} to {east:.6g} {north:.6g}"
