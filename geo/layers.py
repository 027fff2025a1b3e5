"""Read one layer of a vector file, in EPSG:4326 and two-dimensional."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from geo.errors import BoundaryError, FileError, ParameterError

#: GEOS numbers of the geometry types.
_LINES, _POLYGONS = (1, 5), (3, 6)


def read_polygons(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a polygon layer and bring it to EPSG:4326, two-dimensional.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        As `geo.boundaries.read`.
    """
    return _in_degrees(_read_layer(path, layer), path, _POLYGONS, "boundaries must be polygons")


def read_lines(path: Path) -> gpd.GeoDataFrame:
    """Read a layer of rivers or roads in EPSG:4326, two-dimensional; only its ``name`` column is kept.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        As `geo.boundaries.read`.
    """
    table = _in_degrees(_read_layer(path, None), path, _LINES, "rivers and roads must be lines")
    return table[[column for column in ("name",) if column in table.columns] + [table.geometry.name]]


def _read_layer(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise FileError(f"{path}: there is no such file. Check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise FileError(f"{path}: the file is empty (0 bytes). Ask for it again.")
    try:
        available = [str(row[0]) for row in pyogrio.list_layers(path)]
        if layer is not None and layer not in available:
            raise ParameterError(f"{path}: there is no layer {layer!r}. Layers: {', '.join(available)}.")
        if layer is None and len(available) > 1:
            raise ParameterError(
                f"{path}: has several layers; name one with --layer: {', '.join(available)}."
            )
        table = pyogrio.read_dataframe(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FileError(
            f"{path}: cannot be read as a map layer. Give a GeoPackage, Shapefile or GeoJSON file."
        ) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise BoundaryError(f"{path}: the layer holds no geometry. Name the layer that holds the polygons.")
    if table.empty:
        raise BoundaryError(f"{path}: the layer has no features. Check the export.")
    if table.crs is None:
        west, south, east, north = table.total_bounds
        raise BoundaryError(
            f"{path}: the layer names no coordinate reference system (CRS), and none is assumed. Its extent is "
            f"{west:.6g} {south:.6g} to {east:.6g} {north:.6g}. Set the CRS in the file (for a Shapefile: its .prj)."
        )
    return table


def _in_degrees(table: gpd.GeoDataFrame, path: Path, kinds: tuple[int, ...], rule: str) -> gpd.GeoDataFrame:
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
    flat = table.set_geometry(gpd.GeoSeries(shapely.force_2d(geometry), crs=table.crs, index=table.index))
    degrees = flat.to_crs(4326)
    bounds = degrees.bounds.to_numpy()
    outside = np.flatnonzero(~(np.abs(bounds) <= (180, 90, 180, 90)).all(axis=1))
    if outside.size:
        raise BoundaryError(
            f"{path}: row {outside[0] + 1} lies outside the degrees of the earth, so the CRS that the layer names "
            f"({table.crs.name}) cannot be its own. Set the right one in the file."
        )
    return degrees
