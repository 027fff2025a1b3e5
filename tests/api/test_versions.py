"""Two runs on two versions of the boundaries: the older one is carried onto the newer units, and compared there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import httpx
import numpy as np
import pandas as pd
import polars as pl
import pymupdf
import pytest
import shapely

from api.settings import embedded
from geo.disclosure import PLANNER
from geo.store import Store
from tests.api.conftest import Command, in_process, publish, served


@dataclass(frozen=True)
class Versions:
    """A store with a run on each of two versions; in the second a kelurahan was split."""

    database: str
    runs: tuple[str, str]
    split: tuple[str, str]


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    folder = tmp_path_factory.mktemp("versions")
    database = embedded(folder / "kantong.gpkg")
    in_process("sample", "--out", folder, "--households", 8_000)
    units = gpd.read_file(folder / "kota_contoh_kelurahan.gpkg")
    largest = int(shapely.area(units.geometry.to_numpy()).argmax())
    west, south, east, north = units.geometry.iloc[largest].bounds
    middle, whole = (west + east) / 2, units.geometry.iloc[largest]
    code = str(units["code"].iloc[largest])
    other = code[:-2] + "99"
    second = units.iloc[[largest]].assign(code=other, name="Pemekaran")
    second = second.set_geometry([shapely.intersection(whole, shapely.box(middle, south, east, north))])
    units.loc[largest, "geometry"] = shapely.intersection(whole, shapely.box(west, south, middle, north))
    newer = folder / "kota_contoh_2026.gpkg"
    gpd.GeoDataFrame(pd.concat([units, second]), crs=units.crs).to_file(newer)
    runs = []
    for file in (folder / "kota_contoh_kelurahan.gpkg", newer):
        in_process("boundaries", "load", file, "--set", "contoh", "--level", "kelurahan", "--codes", "kemendagri",
                   "--database", database)  # fmt: skip
        in_process("compute", "--households", folder / "households.parquet", "--boundaries", "contoh", "--conflict",
                   "point", "--database", database)  # fmt: skip
        runs.append(publish(database))
    return Versions(database, (runs[0], runs[1]), (code, other))


@pytest.fixture(scope="module")
def client(versions: Versions) -> Iterator[httpx.Client]:
    with served(versions.database) as client:
        yield client


def test_runs_on_two_versions_are_compared_on_the_newer_units(
    client: httpx.Client, versions: Versions
) -> None:
    old, new = versions.runs
    answer = client.get(f"/api/v1/runs/{new}/compare/kelurahan", params={"old": old})
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert any("tabel peralihan" in one["id"] for one in content["findings"])
    table = pl.DataFrame(content["columns"], infer_schema_length=None)
    halves = table.filter(pl.col("code").is_in(versions.split))
    assert halves.height == 2
    unchanged = table.filter(~pl.col("code").is_in(versions.split), pl.col("status") == "compared")
    assert unchanged.height > 30
    assert unchanged["m0_difference"].abs().max() < 1e-9
    if set(halves["status"]) == {"compared"}:
        assert halves["m0_old"][0] == pytest.approx(halves["m0_old"][1])


def test_a_crosswalk_by_households_is_told_by_class(
    kantong: Command, versions: Versions, tmp_path: Path
) -> None:
    store = Store(versions.database)
    old = store.published(versions.runs[0], PLANNER)
    ids = [row.id for row in store.boundary_listing()]
    store.close()
    diff = (
        "boundaries",
        "diff",
        ids[0],
        ids[1],
        "--crosswalk",
        tmp_path / "w.csv",
        "--database",
        versions.database,
    )
    assert kantong(*diff).status == 0
    by_area = pl.read_csv(tmp_path / "w.csv", schema_overrides={"old": pl.String, "new": pl.String})
    answer = kantong(*diff, "--households", versions.runs[0])
    assert answer.status == 0, answer.err
    assert "menurut keluarga" in answer.err
    weights = pl.read_csv(tmp_path / "w.csv", schema_overrides={"old": pl.String, "new": pl.String})
    assert weights.select("old", "new").equals(by_area.select("old", "new"))
    assert np.allclose(weights.group_by("old").agg(pl.col("weight").sum())["weight"], 1)
    halves = weights.filter(pl.col("old") == versions.split[0])
    assert set(halves["new"]) == set(versions.split)
    households = old.levels["kelurahan"].table.filter(code=versions.split[0])["households"].item()
    step = PLANNER.class_households / households
    assert halves["weight"].min() >= step / 3
    wrong = kantong(*diff, "--households", versions.runs[1])
    assert wrong.status == 2
    assert "Name one that does" in wrong.err


def test_the_print_carries_the_older_run_too(kantong: Command, versions: Versions, tmp_path: Path) -> None:
    old, new = versions.runs
    out = tmp_path / "p.pdf"
    answer = kantong("print", new, "--compare", old, "--out", out, "--database", versions.database)
    assert answer.status == 0, answer.err
    with pymupdf.open(out) as document:
        text = " ".join(document[0].get_text().split())
    assert "tabel peralihan" in text
    assert "naik nyata: 0" in text
