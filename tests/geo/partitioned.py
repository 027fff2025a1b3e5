"""A synthetic register in one pair of files, and the same rows split over parts."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import polars as pl

from geo import partitions
from geo.partitions import PartitionedRegister
from geo.sample import write_register
from geo.schema import load as load_schema
from geo.specification import load as load_specification

HOUSEHOLDS, PARTS = 6_000, 6
NAME = "Kota Contoh"
_KEY = "nomor_kartu_keluarga"


@dataclass(frozen=True)
class Files:
    """``households.parquet`` and ``members.parquet`` in ``whole``; folders of parts under ``split``."""

    whole: Path
    split: Path

    def one(self) -> PartitionedRegister:
        return bind(self.whole / "households.parquet", self.whole / "members.parquet")

    def many(self) -> PartitionedRegister:
        return bind(self.split / "households", self.split / "members")


def bind(households: Path, members: Path | None) -> PartitionedRegister:
    return partitions.bind(households, members, load_schema("dtsen"), load_specification("bogor"), NAME)


def write(units: gpd.GeoDataFrame, folder: Path) -> Files:
    """Write the register, and split it so that households of a unit stand in many parts, members with theirs."""
    files = Files(folder / "whole", folder / "split")
    files.whole.mkdir()
    write_register(units, files.whole, households=HOUSEHOLDS, seed=11)
    for side in ("households", "members"):
        rows = pl.read_parquet(files.whole / f"{side}.parquet").with_columns(
            part=pl.col(_KEY).hash(7) % PARTS
        )
        (files.split / side).mkdir(parents=True)
        for number in range(PARTS):
            part = (
                rows.filter(pl.col("part") == number)
                .drop("part")
                .sample(fraction=1, shuffle=True, seed=number)
            )
            part.write_parquet(files.split / side / f"{3271 + number}.parquet")
    return files
