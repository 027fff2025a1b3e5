"""Write Kota Contoh and its synthetic register to files."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio

from geo.sample.city import City, kota_contoh
from geo.sample.register import write_register

_REGISTER_FILES = ("households.parquet", "members.parquet")
_WRITTEN_ON = "2025-01-01T00:00:00Z"


def write_city(city: City, destination: Path) -> tuple[Path, ...]:
    """Write the layers of a city as GeoPackages, the same city as the same bytes.

    Parameters
    ----------
    city
        The city.
    destination
        Existing directory.

    Returns
    -------
    tuple of Path
        ``kota_contoh_rw.gpkg``, ``kota_contoh_kelurahan.gpkg``, ``kota_contoh_rivers.gpkg``,
        ``kota_contoh_roads.gpkg``.
    """
    layers = {"rw": city.rw, "kelurahan": city.kelurahan, "rivers": city.rivers, "roads": city.roads}
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN_ON})
    try:
        return tuple(_write_layer(layer, destination, name) for name, layer in layers.items())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_layer(layer: gpd.GeoDataFrame, destination: Path, name: str) -> Path:
    path = destination / f"kota_contoh_{name}.gpkg"
    path.unlink(missing_ok=True)
    layer.to_file(path, driver="GPKG", layer=name, engine="pyogrio")
    return path


def write_sample(
    destination: Path,
    *,
    units: gpd.GeoDataFrame | None = None,
    households: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write a synthetic register, and the synthetic city it stands on when no boundaries are given.

    Parameters
    ----------
    destination
        Directory, made when it is not there.
    units
        Boundaries as `write_register` takes them; None makes Kota Contoh and its RW carry the register.
    households, seed, progress
        As `write_register` takes them.

    Returns
    -------
    tuple of Path
        The files written.
    """
    destination.mkdir(parents=True, exist_ok=True)
    register = tuple(destination / name for name in _REGISTER_FILES)
    if units is not None:
        write_register(units, destination, households=households, seed=seed, progress=progress)
        return register
    city = kota_contoh(seed)
    files = write_city(city, destination)
    write_register(
        city.rw, destination, households=households, seed=seed, progress=progress, rivers=city.rivers
    )
    return files + register
