"""Carry a raster onto places, each pixel by the exact share of it that a place covers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.errors
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.windows import Window

from geo import cells
from geo.boundaries import BoundarySet
from geo.context import Places
from geo.dasymetry import CellWeights
from geo.errors import FileError, ParameterError

Floats = NDArray[np.float64]

#: Values that stand for "no data" where a raster does not say so.
_UNDECLARED = (-9999.0, -99999.0, -32768.0, -3.4028234663852886e38)
_HUGE = -1e30
_FEWEST = 20
_MOST_PIXELS = 200_000_000
#: More people on a square kilometre than anywhere on earth: such "counts" are densities.
_MOST_PER_KM2 = 150_000.0
_EQUAL_AREA = 6933
#: What GDAL may open here: plain files, nothing that leads elsewhere.
_DRIVERS = ("GTiff", "COG", "AAIGrid", "PNG", "HFA", "netCDF", "ERS", "EHdr")


class Statistic(StrEnum):
    """What is said of the pixels of a place."""

    MEAN = "mean"
    SUM = "sum"
    MAX = "max"
    SHARE = "share"


@dataclass(frozen=True)
class Surface:
    """One band of a raster in memory, NaN where it has no data.

    Attributes
    ----------
    bounds
        West, south, east, north in the CRS.
    warnings
        What was found while reading, one sentence each.
    """

    values: Floats
    bounds: tuple[float, float, float, float]
    crs: CRS
    warnings: tuple[str, ...]


def read(
    path: Path, around: gpd.GeoSeries, *, nodata: float | None = None, crs: str | None = None
) -> Surface:
    """Read the part of a raster that lies around places.

    Parameters
    ----------
    around
        Geometries in EPSG:4326.
    nodata
        The value that stands for no data, where the file does not say so.
    crs
        The CRS, where the file names none, such as ``EPSG:4326``.

    Raises
    ------
    FileError
        When the file is missing or no raster, names no CRS, or does not overlap the places.
    """
    with _opened(path) as source:
        system = _system(path, source.crs, crs, _extent(source.transform, _whole(source)))
        west, south, east, north = around.to_crs(system).total_bounds
        window = _window(source, (west, south, east, north), path)
        data = source.read(1, window=window).astype(np.float64)
        declared = source.nodata
        bounds = _extent(source.transform, window)
    empty = np.isnan(data)
    for value in (declared, nodata):
        if value is not None:
            empty |= data == value
    warnings = []
    if declared is None and nodata is None:
        undeclared = np.isin(data, _UNDECLARED) | (data < _HUGE)
        if undeclared.sum() >= _FEWEST:
            value = data[undeclared].min()
            warnings.append(
                f"Nilai {value:g} ada di {undeclared.sum()} piksel dan tidak dinyatakan sebagai nodata; dibaca sebagai "
                "kosong. Nyatakan dengan --nodata."
            )
            empty |= undeclared
    data[empty] = np.nan
    if (data < 0).any():
        warnings.append(f"{int((data < 0).sum())} piksel bernilai negatif, terkecil {np.nanmin(data):g}.")
    return Surface(data, bounds, system, tuple(warnings))


def values(surface: Surface, places: Places, statistic: Statistic) -> Floats:
    """Return one value a place: mean, sum or largest of its pixels, or the share of its area that has data above 0.

    Pixels on an edge count by the share of them that the place covers. A place with no data has no value, and the
    share 0.
    """
    data = surface.values
    operation = str(statistic)
    if statistic is Statistic.SHARE:
        data, operation = np.where(np.nan_to_num(data) > 0, 1.0, 0.0), "mean"
    raster = NumPyRasterSource(data, *surface.bounds, nodata=np.nan, srs_wkt=surface.crs.to_wkt())
    outlines = gpd.GeoDataFrame(
        # An id of 64 bits is refused.
        {"id": np.arange(len(places.codes), dtype=np.int32)},
        geometry=places.geometry.to_crs(surface.crs).to_numpy(),
        crs=surface.crs,
    )
    found = exact_extract(
        raster,
        outlines,
        [f"value={operation}"],
        include_cols=["id"],
        strategy="raster-sequential",
        output="pandas",
    )
    answer = np.full(len(places.codes), np.nan)
    answer[found["id"].to_numpy().astype(np.int64)] = found["value"].to_numpy(dtype=np.float64)
    if statistic is Statistic.SUM:
        # Nothing added up is no data, not none.
        counted = values(surface, places, Statistic.MEAN)
        answer[np.isnan(counted)] = np.nan
    return answer


def cell_weights(surface: Surface, boundaries: BoundarySet, resolution: int) -> CellWeights:
    """Add a population raster up by the cells that touch a boundary set.

    Parameters
    ----------
    resolution
        Of the cells; those of a coarser one follow.
    """
    top = boundaries.units.geometry.iloc[boundaries.rows(boundaries.levels[0])]
    touched = np.unique(np.concatenate([cells.touching(polygon, resolution) for polygon in top]))
    outlines = gpd.GeoSeries(cells.polygons(touched), crs=4326)
    people = values(surface, Places(f"h3-{resolution}", cells.to_text(touched), outlines), Statistic.SUM)
    peopled = np.nan_to_num(people) > 0
    return CellWeights(resolution, touched[peopled], people[peopled])


def density_warning(surface: Surface) -> str:
    """Say so when values to be added up must be densities; "" otherwise."""
    rows, columns = surface.values.shape
    corners = gpd.GeoSeries.from_xy(
        [surface.bounds[0], surface.bounds[2]], [surface.bounds[1], surface.bounds[3]], crs=surface.crs
    ).to_crs(_EQUAL_AREA)
    width, height = abs(corners.x.iloc[1] - corners.x.iloc[0]), abs(corners.y.iloc[1] - corners.y.iloc[0])
    pixel_km2 = width * height / (rows * columns) / 1e6
    positive = surface.values[surface.values > 0]
    if not positive.size or float(np.median(positive)) / pixel_km2 <= _MOST_PER_KM2:
        return ""
    return (
        f"Nilai tengah {np.median(positive):g} per piksel {pixel_km2:.4f} km² berarti "
        f"{np.median(positive) / pixel_km2:,.0f} per km²: tampaknya kepadatan, bukan jumlah. Gunakan --statistic mean."
    )


@contextmanager
def _opened(path: Path) -> Iterator[rasterio.DatasetReader]:
    if not path.is_file():
        raise FileError(f"{path}: there is no such file. Check the path.")
    try:
        with rasterio.open(path, driver=None, sharing=False) as source:
            if source.driver not in _DRIVERS:
                raise FileError(
                    f"{path}: rasters of the kind {source.driver} are not opened; give a GeoTIFF."
                )
            yield source
    except rasterio.errors.RasterioIOError as error:
        raise FileError(f"{path}: cannot be read as a raster. Give a GeoTIFF or an ASCII grid.") from error


def _system(path: Path, found: object, named: str | None, bounds: tuple[float, float, float, float]) -> CRS:
    if named is not None:
        try:
            return CRS.from_user_input(named)
        except Exception as error:  # pyproj has no common class for what is no CRS
            raise ParameterError(f"--crs {named!r}: is no CRS; give one such as EPSG:4326.") from error
    if not found:
        west, south, east, north = bounds
        raise FileError(
            f"{path}: the raster names no coordinate reference system (CRS), and none is assumed. Its extent is "
            f"{west:.6g} {south:.6g} to {east:.6g} {north:.6g}. Say it with --crs, such as --crs EPSG:4326."
        )
    return CRS.from_wkt(found.to_wkt())  # type: ignore[attr-defined]


def _window(source: rasterio.DatasetReader, around: tuple[float, float, float, float], path: Path) -> Window:
    west, south, east, north = around
    turned = source.transform
    if turned.b or turned.d or turned.e > 0:
        raise FileError(f"{path}: the raster is rotated or stands upside down. Warp it first (gdalwarp).")
    columns = ((west - turned.c) / turned.a, (east - turned.c) / turned.a)
    rows = ((north - turned.f) / turned.e, (south - turned.f) / turned.e)
    first, last = max(int(min(columns)) - 1, 0), min(int(max(columns)) + 2, source.width)
    top, bottom = max(int(min(rows)) - 1, 0), min(int(max(rows)) + 2, source.height)
    if first >= last or top >= bottom:
        extent = " ".join(f"{value:.6g}" for value in _extent(turned, _whole(source)))
        raise FileError(
            f"{path}: the raster ({extent}) does not overlap the boundary set. Check its CRS and place."
        )
    if (last - first) * (bottom - top) > _MOST_PIXELS:
        raise FileError(
            f"{path}: more than {_MOST_PIXELS} pixels lie over the places; give a coarser raster."
        )
    return Window(first, top, last - first, bottom - top)


def _whole(source: rasterio.DatasetReader) -> Window:
    return Window(0, 0, source.width, source.height)


def _extent(transform: rasterio.Affine, window: Window) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a window of a raster that is not rotated."""
    west, north = transform.c + window.col_off * transform.a, transform.f + window.row_off * transform.e
    return west, north + window.height * transform.e, west + window.width * transform.a, north
