"""Count the families of Indonesia part by part: each part is made, counted and deleted, so that the disk stays small.

``python -m tests.benchmarks.national 3`` counts three parts and extrapolates.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyarrow.parquet as pq

from geo import boundaries as boundary_sets
from geo import cells, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.counting import count_part
from geo.jobs import Counted
from geo.locate import Locator
from geo.register import Register
from geo.report import PlacementReport
from geo.tally import Tally

_HOUSEHOLDS, _PARTS, _RESOLUTION = 95_000_000, 48, 10
_UNITS_AT_ONCE = 2_000
_VILLAGES = Path("data/boundaries/indonesia_villages_bps2020_simplified.parquet")


def main(parts: int = _PARTS) -> None:
    """Print what each part took, and the whole."""
    villages = _villages()
    if villages is None:
        print(f"skipped: {_VILLAGES} is not in KANTONG_SHARED or in ../shared beside the checkout")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nation = _nation(villages, folder)
        started = time.perf_counter()
        Locator(nation, _RESOLUTION)
        print(f"{len(nation.units):,} units; index {time.perf_counter() - started:.1f} s", flush=True)
        households = _HOUSEHOLDS // _PARTS
        report, wall, cpu = PlacementReport(), 0.0, 0.0
        for number in range(parts):
            bound = _make(nation, folder, number, households)
            if number == 0:
                _ratio(bound, nation)
            clock, processor = time.perf_counter(), time.process_time()
            counted = count_part(bound, Locator(nation, _RESOLUTION))
            counted.tally.counts.write_parquet(folder / f"{number}.tally")
            wall, cpu = wall + time.perf_counter() - clock, cpu + time.process_time() - processor
            report = report + counted.report
            _say(f"part {number + 1} of {parts}", counted, clock)
        clock = time.perf_counter()
        rows = _merge(folder, len(nation.units))
        merging = time.perf_counter() - clock
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{report.read:,} households with members: {report.read / wall:,.0f} rows/s, {cpu:.0f} s CPU")
        print(f"tally of all parts written: {rows:,} rows in {merging:.1f} s")
        print(f"peak {peak:,.0f} MiB          reach 4,096 MiB")
        if parts < _PARTS:
            whole = (wall + merging) * _HOUSEHOLDS / report.read
            print(f"extrapolated to {_HOUSEHOLDS:,} households: {whole / 60:.0f} min")


def _villages() -> Path | None:
    shared = Path(os.environ.get("KANTONG_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / _VILLAGES
    return path if path.exists() else None


def _nation(path: Path, folder: Path) -> BoundarySet:
    table = gpd.read_parquet(path)
    layer = folder / "villages.gpkg"
    table[~table.geometry.is_empty].to_file(layer)
    return boundary_sets.read(
        layer, name="indonesia", level="kelurahan", code_system=CodeSystem.BPS, code_column="village_code"
    )


def _make(nation: BoundarySet, folder: Path, number: int, households: int) -> Register:
    """Write one part over the part of the files before it."""
    rows = np.array_split(nation.rows("kelurahan"), _PARTS)[number]
    units = nation.units.iloc[rows][["code", "name", "geometry"]].reset_index(drop=True)
    sample.write_sample(folder / "part", units=units, households=households, seed=number)
    return register.bind(
        folder / "part" / "households.parquet",
        folder / "part" / "members.parquet",
        schema.load("dtsen"),
        specification.load("bogor"),
        "Indonesia",
    )


def _ratio(bound: Register, nation: BoundarySet) -> None:
    """Compare counting households alone with reading the same columns and indexing them."""
    alone = register.bind(bound.households, None, bound.schema, specification.load("bogor"))
    clock = time.process_time()
    for batch in alone.household_batches():
        lon, lat = (batch[column].fill_null(np.nan).to_numpy() for column in ("bujur", "lintang"))
        known = np.isfinite(lon) & np.isfinite(lat)
        cells.index(lon[known], lat[known], _RESOLUTION)
    least = time.process_time() - clock
    clock = time.process_time()
    count_part(alone, Locator(nation, _RESOLUTION))
    ratio = (time.process_time() - clock) / least
    print(f"without members, CPU time over reading and indexing alone: {ratio:.2f} x          reach 2.5 x")


def _merge(folder: Path, units: int) -> int:
    """Merge the tallies of the parts, some units at a time, into one file in the order of a tally."""
    scans = [pl.scan_parquet(path) for path in sorted(folder.glob("*.tally"))]
    rows, writer = 0, None
    for tally in _of_units(scans, units):
        table = tally.counts.to_arrow()
        writer = writer or pq.ParquetWriter(folder / "nation.parquet", table.schema, compression="zstd")
        writer.write_table(table)
        rows += table.num_rows
    if writer is not None:
        writer.close()
    return rows


def _of_units(scans: list[pl.LazyFrame], units: int) -> Iterator[Tally]:
    for first in range(0, units, _UNITS_AT_ONCE):
        these = pl.col("unit").is_between(first, first + _UNITS_AT_ONCE, closed="left")
        frames = [scan.filter(these).collect() for scan in scans]
        kept = [frame for frame in frames if frame.height]
        if kept:
            yield Tally.of_counts(kept)


def _say(what: str, counted: Counted, clock: float) -> None:
    seconds = time.perf_counter() - clock
    report, rows = counted.report, counted.tally.counts.height
    print(f"{what}: {report.read:,} households, {rows:,} rows of tally, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PARTS)
