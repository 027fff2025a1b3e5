from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from geo.sample import City, kota_contoh, write_register

HOUSEHOLDS = 60_000
SEED = 1


@dataclass(frozen=True)
class Register:
    """A register over the RW of Kota Contoh, read back."""

    households: pl.DataFrame
    members: pl.DataFrame


@pytest.fixture(scope="session")
def city() -> City:
    return kota_contoh()


@pytest.fixture(scope="session")
def register(city: City, tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder: Path = tmp_path_factory.mktemp("register")
    write_register(city.rw, folder, households=HOUSEHOLDS, seed=SEED)
    return Register(
        pl.read_parquet(folder / "households.parquet"), pl.read_parquet(folder / "members.parquet")
    )
