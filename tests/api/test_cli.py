"""The command line: what each command prints, and that a mistake is one sentence and status 2."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import polars as pl
import pyogrio
import pytest

from tests.api.conftest import HOUSEHOLDS, City, Command


def test_every_command_explains_itself(kantong: Command) -> None:
    for command in ("sample", "compute", "report", "rank", "print", "export", "serve", "demo", "boundaries"):
        answer = kantong(command, "--help")
        assert answer.status == 0
        assert "Usage" in answer.out


def test_report_accounts_for_every_household(kantong: Command, city: City) -> None:
    report = json.loads(kantong("report", "latest", "--format", "json", "--database", city.database).out)
    assert report["run"] == city.run
    assert report["read"] == HOUSEHOLDS
    assert report["read"] == report["located"] + report["by_code"] + report["refused"]
    assert report["by_code"] / HOUSEHOLDS == pytest.approx(0.21, abs=0.02)
    text = kantong("report", city.run[:8], "--database", city.database).out
    assert "20.000 keluarga" in text


def test_report_says_which_indicator_the_extract_lacks(kantong: Command, city: City) -> None:
    report = json.loads(kantong("report", "latest", "--format", "json", "--database", city.database).out)
    assert "tanpa_jkn" not in report["weights"]
    assert any(
        "“Ada anggota tanpa jaminan kesehatan” tidak diukur" in sentence for sentence in report["notes"]
    )
    assert any("is not measured: the register lacks" in sentence for sentence in report["notes_en"])


def test_without_members_the_lost_dimension_is_named(kantong: Command, city: City, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'lain.gpkg'}"
    load = (
        "boundaries",
        "load",
        city.folder / "kota_contoh_kelurahan.gpkg",
        "--set",
        "kel",
        "--codes",
        "kemendagri",
    )
    kantong(*load, "--database", database)
    arguments = ("compute", "--households", city.folder / "households.parquet", "--specification", "bogor")
    answer = kantong(*arguments, "--boundaries", "kel", "--database", database)
    assert answer.status == 0
    assert "Dimensi Pendidikan tidak diukur sama sekali" in answer.out
    report = json.loads(kantong("report", "latest", "--format", "json", "--database", database).out)
    assert sum(Fraction(weight) for weight in report["weights"].values()) == 1


def test_rank_orders_by_what_is_asked(kantong: Command, city: City) -> None:
    arguments = (
        "rank",
        "latest",
        "--level",
        "kelurahan",
        "--by",
        "poor_persons",
        "--top",
        5,
        "--format",
        "json",
    )
    answer = json.loads(kantong(*arguments, "--database", city.database).out)
    poor = [place["poor_persons"] for place in answer["places"]]
    assert len(poor) == 5
    assert poor == sorted(poor, reverse=True)
    assert answer["audience"] == "planner"


def test_rank_as_csv_and_table_hold_the_same_places(kantong: Command, city: City) -> None:
    table = kantong("rank", "latest", "--top", 3, "--database", city.database)
    rows = list(
        csv.DictReader(
            io.StringIO(
                kantong("rank", "latest", "--top", 3, "--format", "csv", "--database", city.database).out
            )
        )
    )
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert all(row["code"] in table.out for row in rows)
    assert "perencana" in table.out


def test_the_public_sees_fewer_places(kantong: Command, city: City) -> None:
    hidden = {}
    for audience in ("public", "planner"):
        arguments = ("rank", "latest", "--level", "rw", "--format", "json", "--audience", audience)
        hidden[audience] = json.loads(kantong(*arguments, "--database", city.database).out)["hidden"]
    assert hidden["public"] > hidden["planner"] > 0


def test_cells_rank_at_the_finest_resolution_of_the_audience(kantong: Command, city: City) -> None:
    for audience, level in (("public", "h3-8"), ("planner", "h3-9")):
        arguments = ("rank", "latest", "--level", "cell", "--format", "json", "--audience", audience)
        assert json.loads(kantong(*arguments, "--database", city.database).out)["level"] == level


def test_export_opens_in_a_gis(kantong: Command, city: City, tmp_path: Path) -> None:
    file = tmp_path / "hasil.gpkg"
    assert kantong("export", "latest", "--out", file, "--database", city.database).status == 0
    layers = {str(row[0]) for row in pyogrio.list_layers(file)}
    assert {"kota", "kecamatan", "kelurahan", "rw", "h3-8", "h3-9", "about"} <= layers
    kelurahan = gpd.read_file(file, layer="kelurahan")
    assert len(kelurahan) == 68
    assert kelurahan.crs.to_epsg() == 4326
    assert kelurahan.query("status == 'shown'")["m0"].between(0, 1).all()
    hidden = gpd.read_file(file, layer="rw").query("status == 'hidden'")
    assert hidden[["m0", "poor_households", "households"]].isna().all(axis=None)


@pytest.mark.parametrize("kind", ["gpkg", "xlsx", "csv", "geojson", "pdf"])
def test_the_same_run_gives_the_same_bytes(kantong: Command, city: City, tmp_path: Path, kind: str) -> None:
    command = "print" if kind == "pdf" else "export"
    files = [tmp_path / f"{name}.{kind}" for name in ("satu", "dua")]
    for file in files:
        answer = kantong(
            command, "latest", "--out", file, "--audience", "public", "--database", city.database
        )
        assert answer.status == 0
        assert "publik" in answer.err
    assert files[0].read_bytes() == files[1].read_bytes()


def test_exports_hold_the_same_figures(kantong: Command, city: City, tmp_path: Path) -> None:
    for kind in ("csv", "geojson", "xlsx"):
        kantong(
            "export",
            "latest",
            "--out",
            tmp_path / f"a.{kind}",
            "--level",
            "kelurahan",
            "--database",
            city.database,
        )
    from_csv = pl.read_csv(tmp_path / "a.csv", schema_overrides={"code": pl.String}).sort("code")
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    from_geojson = {feature["properties"]["code"]: feature["properties"]["m0"] for feature in features}
    assert dict(from_csv.select("code", "m0").iter_rows()) == from_geojson
    with zipped(tmp_path / "a.xlsx") as names:
        assert "xl/worksheets/sheet2.xml" in names


def test_a_run_computed_again_is_the_same_run(kantong: Command, city: City) -> None:
    arguments = (
        "compute", "--households", city.folder / "households.parquet", "--members", city.folder / "members.parquet",
        "--specification", "default", "--boundaries", "contoh", "--database", city.database,
    )  # fmt: skip
    for threads in (1, 2):
        answer = kantong(*arguments, "--threads", threads)
        assert city.run in answer.out
        assert "tidak ada yang berubah" in answer.err


def test_boundaries_are_listed_and_not_loaded_twice(kantong: Command, city: City) -> None:
    listing = kantong("boundaries", "list", "--database", city.database).out
    assert "contoh" in listing
    assert "775 unit" in listing
    again = kantong(
        "boundaries", "load", city.folder / "kota_contoh_rw.gpkg", "--set", "contoh", "--level", "rw",
        "--codes", "kemendagri", "--source", "Kota Contoh, sintetis", "--database", city.database,
    )  # fmt: skip
    assert "sudah ada" in again.err
    assert kantong("boundaries", "list", "--database", city.database).out == listing


# Mistakes


def test_mistakes_are_one_sentence_and_status_two(kantong: Command, city: City, tmp_path: Path) -> None:
    empty = tmp_path / "kosong.parquet"
    empty.touch()
    no_crs = tmp_path / "tanpa_crs.shp"
    rw = gpd.read_file(city.folder / "kota_contoh_rw.gpkg")
    pyogrio.write_dataframe(rw, no_crs)
    no_crs.with_suffix(".prj").unlink()
    twice = tmp_path / "ganda.gpkg"
    rw.iloc[[0, 0, 1]].to_file(twice)
    uncoded = tmp_path / "tanpa_kode.gpkg"
    rw.drop(columns="code").to_file(uncoded)
    narrow = tmp_path / "sempit.parquet"
    households = city.folder / "households.parquet"
    pl.read_parquet(households).drop("kode_kelurahan_desa").write_parquet(narrow)
    toml = (Path("data/specifications/default.toml")).read_text()
    (tmp_path / "dua.toml").write_text(toml.replace('cutoff = "1/3"', 'cutoff = "2"', 1))
    (tmp_path / "minus.toml").write_text(toml.replace('weight = "1/10"', 'weight = "-1/10"', 1))
    (tmp_path / "kolom.toml").write_text(toml.replace("atap NOT IN", "atapp NOT IN", 1))
    (tmp_path / "rusak.toml").write_text(toml.replace("atap NOT IN", "atap NOT NOT", 1))
    load = ("boundaries", "load", "--codes", "kemendagri", "--level", "rw", "--database", city.database)
    compute = ("compute", "--boundaries", "contoh", "--database", city.database, "--households")
    mistakes = {
        "there is no such file": (*load, tmp_path / "tidak_ada.gpkg"),
        "the file is empty": (*compute, empty),
        "names no coordinate reference system": (*load, no_crs),
        "split over several rows": (*load, twice),
        "the registry knows none of its names": (*load, uncoded),
        "'kode_kelurahan_desa' is missing": (*compute, narrow),
        "cutoff is 2": (*compute, households, "--specification", tmp_path / "dua.toml"),
        "is negative": (*compute, households, "--specification", tmp_path / "minus.toml"),
        "'rumah_tidak_kokoh': the rule": (*compute, households, "--specification", tmp_path / "kolom.toml"),
        "is not a SQL expression": (*compute, households, "--specification", tmp_path / "rusak.toml"),
        "no specification of that name": (*compute, households, "--specification", "tidakada"),
        "the H3 resolution is 3": (*compute, households, "--resolution", 3),
        "there is no boundary set 'lain'": (
            "compute",
            "--boundaries",
            "lain",
            "--households",
            households,
            "--database",
            city.database,
        ),
        "no run has an id that begins so": ("rank", "zzz", "--database", city.database),
        "cannot be ranked by 'nama'": ("rank", "latest", "--by", "nama", "--database", city.database),
        "sees no level 'desa'": ("rank", "latest", "--level", "desa", "--database", city.database),
        "there is no such audience": ("rank", "latest", "--audience", "semua", "--database", city.database),
        "cannot be written": ("export", "latest", "--out", tmp_path / "a.docx", "--database", city.database),
        "does not exist": (
            "export",
            "latest",
            "--out",
            tmp_path / "x" / "a.csv",
            "--database",
            city.database,
        ),
        "is the run that is printed": (
            "print",
            "latest",
            "--compare",
            city.run[:8],
            "--out",
            tmp_path / "a.pdf",
            "--database",
            city.database,
        ),
        "give at least 1": ("sample", "--out", tmp_path / "s", "--households", 0),
    }
    before = listing(city.folder), listing(tmp_path)
    for sentence, arguments in mistakes.items():
        answer = kantong(*arguments)
        assert answer.status == 2, arguments
        assert sentence in answer.err
        assert answer.out == ""
        assert "Traceback" not in answer.err
    assert (listing(city.folder), listing(tmp_path)) == before


def test_a_database_that_is_not_ours_is_left_alone(kantong: Command, city: City, tmp_path: Path) -> None:
    foreign = tmp_path / "lain.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE penduduk (nama TEXT)")
    connection.close()
    text = tmp_path / "catatan.gpkg"
    text.write_text("bukan basis data")
    for file in (foreign, text, city.folder / "kota_contoh_rw.gpkg"):
        before = file.read_bytes()
        for arguments in (
            ("rank", "latest"),
            (
                "boundaries",
                "load",
                city.folder / "kota_contoh_rw.gpkg",
                "--codes",
                "kemendagri",
                "--level",
                "rw",
            ),
        ):
            answer = kantong(*arguments, "--database", f"sqlite:///{file}")
            assert answer.status == 2
            assert str(file) in answer.err
        assert file.read_bytes() == before


def test_reading_makes_no_database(kantong: Command, tmp_path: Path) -> None:
    answer = kantong("rank", "latest", "--database", f"sqlite:///{tmp_path / 'baru.gpkg'}")
    assert answer.status == 2
    assert "Load boundaries first" in answer.err
    assert not list(tmp_path.iterdir())


def test_the_installed_command_runs() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "kantong", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0.1.0"


def listing(folder: Path) -> list[tuple[str, int]]:
    """Return the files of a folder with their sizes."""
    return sorted((str(path), path.stat().st_size) for path in folder.rglob("*") if path.is_file())


class zipped:  # noqa: N801
    """The names inside a zip file."""

    def __init__(self, path: Path) -> None:
        import zipfile

        self._zip = zipfile.ZipFile(path)

    def __enter__(self) -> list[str]:
        return self._zip.namelist()

    def __exit__(self, *_: object) -> None:
        self._zip.close()
