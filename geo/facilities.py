"""Points such as puskesmas, schools or stops: how far the nearest is, and how many are within reach."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo import coordinates, layers, tables
from geo.context import Places
from geo.errors import RegisterError
from geo.locations import point_columns, points_of

Floats = NDArray[np.float64]

_POINT = 0


@dataclass(frozen=True)
class Facilities:
    """Points in EPSG:4326, and what was found while reading them, one sentence each."""

    points: gpd.GeoSeries
    warnings: tuple[str, ...]


def read(path: Path, *, layer: str | None = None, crs: str | None = None) -> Facilities:
    """Read points from a map file, or from a table with columns of latitude and longitude.

    Raises
    ------
    FileError, RegisterError, BoundaryError
        When the file cannot be read or holds no point.
    """
    if path.suffix.lower() in tables.SUFFIXES and not path.suffix.lower().endswith("parquet"):
        return _from_table(path)
    degrees = layers.read(path, layer, crs)
    geometry = degrees.table.geometry
    single = geometry[shapely.get_type_id(geometry.to_numpy()) == _POINT]
    if single.empty:
        raise RegisterError(
            f"{path}: the layer holds no points. Name a layer that does with --layer, or load it with --kind polygons."
        )
    lost = len(geometry) - len(single)
    notes = [*degrees.notes, *([f"{lost} baris tanpa titik tidak dipakai."] if lost else [])]
    return _distinct(single.reset_index(drop=True), notes)


def _from_table(path: Path) -> Facilities:
    columns = point_columns(tables.header(path), path)
    wanted = list(dict.fromkeys((columns.latitude, columns.longitude)))
    frame = points_of(pl.concat(tables.batches(path, wanted)), columns)
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    usable = coordinates.is_near(lon, lat)
    notes = []
    if not usable.all():
        rows = np.flatnonzero(~usable) + 1
        named = ", ".join(str(row) for row in rows[:5])
        notes.append(f"{len(rows)} titik tanpa koordinat di Indonesia tidak dipakai (baris {named}).")
    if (odd := int((frame["form"].to_numpy() > 0)[usable].sum())) > 0:
        notes.append(f"{odd} titik ditulis dengan koma desimal atau derajat-menit.")
    if not usable.any():
        raise RegisterError(f"{path}: no row has coordinates within Indonesia. Check the columns.")
    return _distinct(gpd.GeoSeries(shapely.points(lon[usable], lat[usable]), crs=4326), notes)


def _distinct(points: gpd.GeoSeries, notes: list[str]) -> Facilities:
    repeated = int(points.duplicated().sum())
    if repeated:
        notes = [*notes, f"{repeated} titik berada di koordinat titik lain; tetap dihitung sendiri-sendiri."]
    return Facilities(points, tuple(notes))


def nearest_m(facilities: Facilities, places: Places) -> Floats:
    """Return the distance from a point within each place to the nearest facility, in metres, as the crow flies.

    Measured in the UTM zone of the places, on the ground to about 1 in 1,000.
    """
    here, there = _flat(facilities, places)
    tree = shapely.STRtree(there)
    nearest = there[tree.nearest(here)]
    answer: Floats = shapely.distance(here, nearest)
    return answer


def within(facilities: Facilities, places: Places, reach_m: float) -> Floats:
    """Return how many facilities lie within a distance, in metres, of a point within each place."""
    here, there = _flat(facilities, places)
    place, _ = shapely.STRtree(there).query(here, predicate="dwithin", distance=reach_m)
    return np.bincount(place, minlength=len(here)).astype(np.float64)


def _flat(facilities: Facilities, places: Places) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    crs = places.points.estimate_utm_crs()
    return places.points.to_crs(crs).to_numpy(), facilities.points.to_crs(crs).to_numpy()
