"""Measure counting a large register, and placing points, as ratios to the least and to the usual way."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import shapely

from geo import boundaries, cells, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.counting import count
from geo.locate import Locator
from geo.points import PointIndex
from geo.register import Register

_MILLION, _RESOLUTION = 1_000_000, 10
_KEY, _CODE, _LON, _LAT = "nomor_kartu_keluarga", "kode_kelurahan_desa", "bujur", "lintang"
_ANSWERS = {
    "jenis_atap_terluas": (1, 2, 3, 6),
    "jenis_dinding_terluas": (1, 2, 3, 5),
    "jenis_lantai_terluas": (1, 2, 3, 4, 5, 6),
    "sumber_air_minum_utama": (1, 2, 3, 4, 5, 7, 10),
    "fasilitas_bab": (1, 2, 3),
    "bahan_bakar_utama_memasak": (1, 2, 3, 4, 5, 6),
}


def main() -> None:
    """Print one line a piece of work."""
    with tempfile.TemporaryDirectory() as folder:
        _register(Path(folder), millions=10)
    for millions in (5, 10):
        _points(millions)


def _register(folder: Path, millions: int) -> None:
    sample.write_sample(folder, households=_MILLION, seed=1)
    large = folder / "large.parquet"
    _repeat(folder / "households.parquet", large, millions)
    city = boundaries.read(
        folder / "kota_contoh_kelurahan.gpkg",
        name="kota_contoh",
        level="kelurahan",
        code_system=CodeSystem.KEMENDAGRI,
    )
    bound = register.bind(large, None, schema.load("dtsen"), specification.load("bogor"))
    least = _cpu(lambda: _read_and_index(bound))
    ours = _cpu(lambda: count(bound, Locator(city, _RESOLUTION)))
    loop = millions * _cpu(lambda: _loop(folder / "households.parquet", city))
    rows = f"{millions} M households, Parquet to tally"
    _line(f"{rows}: CPU over reading and H3 alone", ours / least, "reach 2.5 x at most")
    _line(f"{rows}: CPU of a pandas + h3 loop (1 M, times {millions}) over ours", loop / ours, "reach 5 x")


def _repeat(path: Path, large: Path, times: int) -> None:
    """Write a register many times over, each time with its answers dealt anew to the places."""
    households = pl.read_parquet(path)
    random = np.random.default_rng(1)
    places = households.select(_CODE, _LON, _LAT)
    with pq.ParquetWriter(large, households.to_arrow().schema, compression="zstd") as writer:
        for time_ in range(times):
            renamed = households.with_columns(pl.col(_KEY) + f"-{time_}")
            dealt = renamed.with_columns(places[random.permutation(places.height)])
            moved = dealt.with_columns(
                pl.col(name) + pl.Series(random.normal(0, 2e-4, places.height)) for name in (_LON, _LAT)
            )
            writer.write_table(moved.to_arrow().cast(writer.schema), row_group_size=131_072)


def _read_and_index(bound: Register) -> None:
    for batch in bound.household_batches():
        lon, lat = (batch[column].fill_null(np.nan).to_numpy() for column in (_LON, _LAT))
        known = np.isfinite(lon) & np.isfinite(lat)
        cells.index(lon[known], lat[known], _RESOLUTION)


def _loop(path: Path, city: BoundarySet) -> pd.Series:
    """Count as one would with pandas, geopandas and a loop over h3."""
    columns = [_CODE, _LON, _LAT, "desil_nasional", "jumlah_anggota_keluarga", *_ANSWERS]
    households = pd.read_parquet(path, columns=columns)
    points = gpd.GeoDataFrame(
        households[[_CODE]], geometry=gpd.points_from_xy(households[_LON], households[_LAT]), crs=4326
    )
    units = city.units.iloc[city.rows("kelurahan")][["code", "geometry"]]
    found = gpd.sjoin(points, units, how="left", predicate="intersects")
    unit = found[~found.index.duplicated()]["code"].str.replace(".", "")
    located = unit == households[_CODE]
    households["cell"] = [
        h3.latlng_to_cell(lat, lon, _RESOLUTION) if inside else ""
        for lat, lon, inside in zip(households[_LAT], households[_LON], located, strict=True)
    ]
    households["pattern"] = sum(
        (~households[name].isin(answers)).astype("int64") * (1 << bit)
        for bit, (name, answers) in enumerate(_ANSWERS.items())
    )
    keys = [_CODE, "cell", "desil_nasional", "pattern"]
    return households.groupby(keys)["jumlah_anggota_keluarga"].agg(["size", "sum"])


def _points(millions: int) -> None:
    polygons = tessellation()
    random = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(polygons)
    number = millions * _MILLION
    lon, lat = random.uniform(west, east, number), random.uniform(south, north, number)
    found: dict[str, np.ndarray] = {}

    def ours() -> None:
        found["ours"] = PointIndex(polygons).find(lon, lat)

    def theirs() -> None:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
        units = gpd.GeoDataFrame({"number": np.arange(len(polygons))}, geometry=polygons, crs=4326)
        joined = gpd.sjoin(points, units, how="left", predicate="intersects")
        found["theirs"] = joined["number"].fillna(-1).to_numpy().astype(np.int32)

    mine, other = _cpu(ours), _cpu(theirs)
    if not np.array_equal(found["ours"], found["theirs"]):
        raise SystemExit("the two ways do not give the same polygons: then their times say nothing")
    vertices = shapely.get_num_coordinates(polygons).mean()
    what = f"{millions} M points x {len(polygons):,} polygons of {vertices:.0f} vertices, build included"
    _line(f"{what}: CPU of sjoin over ours", other / mine, "reach 8 x, same answers")


def tessellation(columns: int = 60, rows: int = 45, points: int = 47) -> np.ndarray:
    """Return polygons that cover a rectangle, with crooked edges that neighbours share."""
    random = np.random.default_rng(1)
    size = 0.006
    lattice = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=-1)
    nodes = (lattice + random.uniform(-0.2, 0.2, lattice.shape)) * size + (106.7, -6.4)
    share = np.linspace(0, 1, points + 1)[:, None]

    def edge(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        # Crooked only along its middle, where it cannot cross the edges it meets.
        crooked = (
            random.uniform(-0.02, 0.02, (points + 1, 2)) * size * np.clip(2 * share * (1 - share) - 0.1, 0, 1)
        )
        return start + (end - start) * share + crooked

    across = [[edge(nodes[i, j], nodes[i + 1, j]) for j in range(rows + 1)] for i in range(columns)]
    up = [[edge(nodes[i, j], nodes[i, j + 1]) for j in range(rows)] for i in range(columns + 1)]
    return np.array(
        [
            shapely.Polygon(
                np.concatenate(
                    [across[i][j][:-1], up[i + 1][j][:-1], across[i][j + 1][:0:-1], up[i][j][:0:-1]]
                )
            )
            for i in range(columns)
            for j in range(rows)
        ]
    )


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _line(what: str, ratio: float, reach: str) -> None:
    print(f"{what}: {ratio:.2f} x          {reach}", flush=True)


if __name__ == "__main__":
    main()
