"""The commands on registers and layers, as a person gives them."""

import json
from pathlib import Path

import geopandas as gpd
import polars as pl
import pymupdf
import pyogrio
import pytest

from tests.api.conftest import City, Command, embedded


@pytest.fixture
def copied(city: City, tmp_path: Path) -> str:
    """A copy of the store of the city, to load layers into."""
    for name in city.folder.glob("kantong*"):
        (tmp_path / name.name).write_bytes(name.read_bytes())
    return embedded(tmp_path / "kantong.gpkg")


def test_inspect_tells_columns_and_losses_and_no_value(kantong: Command, city: City, tmp_path: Path) -> None:
    table = pl.read_parquet(city.folder / "households.parquet").head(50).drop("luas_lantai")
    table = table.with_columns(nama_kepala_keluarga=pl.lit("KANARINAMA"))
    table.write_csv(tmp_path / "h.csv", separator=";")
    answer = kantong(
        "register", "inspect", tmp_path / "h.csv", "--specification", "bogor", "--out", tmp_path / "s.toml"
    )
    assert answer.status == 0
    assert "dibandingkan dengan skema dtsen" in answer.out
    assert "data pribadi, tidak dibaca: nama_kepala_keluarga" in answer.out
    assert "hunian_sempit" in answer.out
    assert "KANARINAMA" not in answer.out
    assert (tmp_path / "s.toml").read_text().startswith("# Proposed for h.csv")


def test_the_keeper_sees_a_register_unit_by_unit(kantong: Command, city: City) -> None:
    answer = kantong("register", "report", "latest", "--format", "csv", "--database", city.database)
    units = pl.read_csv(answer.out.encode())
    assert units.height == 68
    assert (units["households"] == units["located"] + units["by_code"]).all()
    text = kantong("register", "report", "latest", "--database", city.database).out
    assert "Tanpa jawaban, menurut indikator" in text


def test_a_layer_is_listed_ranked_composed_and_exported(
    kantong: Command, copied: str, city: City, tmp_path: Path
) -> None:
    units = gpd.read_file(city.folder / "kota_contoh_kelurahan.gpkg").to_crs(4326)
    middle = units.representative_point()
    pl.DataFrame({"lintang": middle.y.head(5), "bujur": middle.x.head(5)}).write_csv(tmp_path / "p.csv")
    load = ("layers", "load", tmp_path / "p.csv", "--set", "contoh", "--kind", "points", "--name", "pasar")
    answer = kantong(*load, "--source", "Disperindag", "--date", "2024-01-01", "--database", copied)
    assert answer.status == 0
    assert "layer_pasar_jarak_m" in answer.out
    assert "Disperindag" in kantong("layers", "list", "contoh", "--database", copied).out
    ranked = kantong("rank", "latest", "--by", "layer_pasar_jarak_m", "--top", 3, "--database", copied)
    assert "urut layer_pasar_jarak_m" in ranked.out
    weights = "m0=1/2,layer_pasar_jarak_m=1/2"
    assert "urut composite" in kantong("rank", "latest", "--composite", weights, "--database", copied).out
    wrong = kantong("rank", "latest", "--composite", "m0=1/2", "--database", copied)
    assert wrong.status == 2
    out = tmp_path / "out.gpkg"
    assert kantong("export", "latest", "--out", out, "--database", copied).status == 0
    exported = pyogrio.read_dataframe(out, layer="kelurahan")
    assert exported["layer_pasar_jarak_m"].notna().all()
    assert_printed_by("layer_pasar_jarak_m", "PASAR: JARAK TERDEKAT", kantong, copied, tmp_path)


def assert_printed_by(measure: str, said: str, kantong: Command, database: str, folder: Path) -> None:
    level = json.loads(
        kantong("rank", "latest", "--level", "kecamatan", "--format", "json", "--database", database).out
    )
    sheet = ("--sheet", f"kecamatan:{level['places'][0]['code']}")
    command = ("print", "latest", "--measure", measure, "--out", folder / "sheet.pdf", "--database", database)
    assert kantong(*command, *sheet).status == 0
    assert said in " ".join(pymupdf.open(folder / "sheet.pdf")[0].get_text().split())
    atlas = kantong(*command)
    assert atlas.status == 2
    assert f"--measure {measure}: give --sheet or --area" in atlas.err


def test_a_table_without_codes_joins_by_names_that_a_person_confirms(
    kantong: Command, copied: str, city: City, tmp_path: Path
) -> None:
    units = gpd.read_file(city.folder / "kota_contoh_kelurahan.gpkg")
    table = pl.DataFrame(
        {"desa": units["name"].to_list(), "jiwa": [f"{5 + row}.250" for row in range(len(units))]}
    )
    table = table.with_columns(desa=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("Qq")).otherwise("desa"))
    table.write_csv(tmp_path / "p.csv")
    load = ("layers", "load", tmp_path / "p.csv", "--set", "contoh", "--kind", "table", "--name", "jiwa",
            "--statistic", "sum", "--source", "Disdukcapil", "--date", "2024-01-01", "--value-column", "jiwa",
            "--name-columns", "desa", "--database", copied)  # fmt: skip
    answer = kantong(*load)
    assert answer.status == 2
    assert "67 of 68 names are the same" in answer.err
    matches = tmp_path / "m.csv"
    assert kantong(*load, "--matches-out", matches).status == 0
    assert "layer_jiwa" not in kantong("layers", "list", "contoh", "--database", copied).out
    answer = kantong(*load, "--matches", matches)
    assert answer.status == 0
    assert "1 baris di luar set batas ini: 'Qq'" in answer.err
    assert "Titik dibaca sebagai pemisah ribuan" in answer.err
    report = ("register", "report", "latest", "--population", tmp_path / "p.csv", "--name-columns", "desa",
              "--value-column", "jiwa", "--matches", matches, "--database", copied)  # fmt: skip
    assert "67 dari 68 kelurahan cocok" in kantong(*report).err
