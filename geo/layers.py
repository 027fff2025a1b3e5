"""One layer of a vector file, in EPSG:4326 and two-dimensional."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.errors import BoundaryError
from geo.vector import Layer, read_layer
from geo.vector.reference_systems import from_name, is_named, refuse_contradicted, refuse_unnamed

#: GEOS numbers of the geometry types.
_LINES, POLYGONS = (1, 5), (3, 6)


@dataclass(frozen=True)
class Degrees:
    """A layer brought to EPSG:4326.

    Attributes
    ----------
    layer
        As the file holds it.
    table
        The same rows in EPSG:4326; rows without geometry stay.
    crs
        The CRS that its coordinates were taken to be in.
    notes
        What was noticed, in Indonesian.
    """

    layer: Layer
    table: gpd.GeoDataFrame
    crs: CRS
    notes: tuple[str, ...]


def read(path: Path, layer: str | None = None, crs: str | None = None) -> Degrees:
    """Read a layer and bring it to EPSG:4326, whatever its geometry is.

    Parameters
    ----------
    path, layer
        As `geo.vector.read_layer`.
    crs
        The CRS to take its coordinates in, such as ``EPSG:23878``, where the file names none or a wrong one.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        As `geo.vector.read_layer`, and when the CRS is missing or contradicted by the coordinates.
    """
    named = None if crs is None else from_name(crs, "--crs")
    found = read_layer(path, layer)
    geometry = found.table.geometry.to_numpy()
    bounds = shapely.total_bounds(geometry)
    if not np.isfinite(bounds).all():
        if shapely.is_empty(geometry[~shapely.is_missing(geometry)]).all():
            raise BoundaryError(f"{path}: no feature of the layer has a geometry. Check the export.")
        raise BoundaryError(f"{path}: coordinates are not numbers. Check the export.")
    if named is None:
        refuse_unnamed(path, found.crs, bounds)
    taken = named or found.crs
    assert taken is not None
    refuse_contradicted(path, taken, bounds)
    table = found.table.set_crs(taken.to_2d()).to_crs(4326)
    notes = list(found.notes)
    if named is not None and is_named(found.crs) and named != found.crs:
        notes.append(f"Berkas menyebut {_label(found.crs)}; dipakai {_label(named)} sesuai --crs.")
    return Degrees(found, table, taken, tuple(notes))


def read_polygons(path: Path, layer: str | None = None, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read a layer that is polygons all over, in EPSG:4326.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        As `read`, and when a row is no polygon.
    """
    return _of_kinds(read(path, layer, crs).table, path, POLYGONS, "boundaries must be polygons")


def read_lines(path: Path) -> gpd.GeoDataFrame:
    """Read a layer of rivers or roads in EPSG:4326, two-dimensional; only its ``name`` column is kept.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        As `read`, and when a row is no line.
    """
    table = _of_kinds(read(path).table, path, _LINES, "rivers and roads must be lines")
    return table[[column for column in ("name",) if column in table.columns] + [table.geometry.name]]


def _of_kinds(table: gpd.GeoDataFrame, path: Path, kinds: tuple[int, ...], rule: str) -> gpd.GeoDataFrame:
    geometry = table.geometry.to_numpy()
    missing = np.flatnonzero(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if missing.size:
        raise BoundaryError(
            f"{path}: {missing.size} feature(s) have no geometry, the first in row {missing[0] + 1}. "
            "Remove them or draw them."
        )
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(geometry), kinds))
    if wrong.size:
        raise BoundaryError(f"{path}: row {wrong[0] + 1} is a {geometry[wrong[0]].geom_type}; {rule}.")
    return table


def _label(crs: CRS | None) -> str:
    number = None if crs is None else crs.to_epsg()
    return f"EPSG:{number}" if number else str(crs and crs.name)
