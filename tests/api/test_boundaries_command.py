"""``kantong boundaries``: from a broken file to a version in the store, and from one version to the next."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from api.commands.boundaries import LOADABLE, NOT_LOADABLE
from tests.geo.vector.mutations import mutated

Command = Callable[..., object]

#: Three kelurahan of Bogor Selatan as the registry has them.
NAMES = {"3271010001": "Mulyaharja", "3271010002": "Pamoyanan", "3271010003": "Ranggamekar"}


def bogor() -> gpd.GeoDataFrame:
    boxes = [shapely.box(106.8 + x * 0.01, -6.65, 106.81 + x * 0.01, -6.64) for x in range(3)]
    table = {
        "iddesa": list(NAMES),
        "nmdesa": list(NAMES.values()),
        "nmkec": "Bogor Selatan",
        "nmkab": "Kota Bogor",
    }
    return gpd.GeoDataFrame(table, geometry=boxes, crs=4326)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kantong.gpkg'}"


def test_from_a_check_to_a_load_to_the_next_version(kantong: Command, tmp_path: Path, database: str) -> None:
    file = tmp_path / "desa.gpkg"
    bogor().to_file(file)
    checked = kantong("boundaries", "check", file)
    assert (checked.status, "DAPAT DIMUAT, tanpa cacat" in checked.out) == (LOADABLE, True)
    assert "nama cocok pada 3 dari 3 kode" in checked.out
    load = ("boundaries", "load", file, "--set", "bogor", "--codes", "bps", "--database", database)
    first = kantong(*load, "--valid-from", "2020-01-01")
    assert (first.status, first.out.split()[0]) == (0, "bogor")
    assert "Dimuat sebagai versi baru." in first.err
    after = bogor()
    after.loc[1, "nmdesa"] = "Pamoyanan Baru"
    after.loc[2, "geometry"] = shapely.box(106.82, -6.65, 106.831, -6.64)
    after.to_file(file)
    second = kantong(*load, "--valid-from", "2025-01-01")
    assert "berganti nama: 1" in second.err
    assert "3271010002 Pamoyanan → 3271010002 Pamoyanan Baru" in second.err
    assert "batas bergeser lebih dari 1 %: 1" in second.err
    assert "(10,0" in second.err
    ids = [line.split()[1] for line in kantong("boundaries", "list", "--database", database).out.splitlines()]
    kept = json.loads(kantong("boundaries", "report", ids[1], "--database", database).out)
    assert (kept["file"], kept["counts"]["name-differs"]["number"]) == ("desa.gpkg", 1)
    crosswalk = tmp_path / "peralihan.csv"
    diff = kantong("boundaries", "diff", *ids, "--crosswalk", crosswalk, "--database", database)
    assert (diff.status, "berganti nama: 1" in diff.out) == (0, True)
    assert crosswalk.read_text().splitlines()[:2] == ["old,new,weight", "3271010001,3271010001,1.0"]
    out = tmp_path / "keluar.gpkg"
    kantong("boundaries", "export", ids[0], "--out", out, "--level", "kelurahan", "--database", database)
    back = pyogrio.read_dataframe(out)
    assert back["code"].tolist() == list(NAMES)
    assert back["parent"].tolist() == ["3271010"] * 3


def test_reports_are_written_in_every_form_with_defects_first(kantong: Command, tmp_path: Path) -> None:
    file = tmp_path / "desa.gpkg"
    broken = bogor()
    broken.loc[1, "geometry"] = shapely.box(106.809, -6.65, 106.82, -6.64)
    broken.loc[2, "iddesa"] = "3271010001"
    broken.to_file(file)
    reports = [tmp_path / f"laporan.{end}" for end in ("json", "gpkg", "txt", "html")]
    answer = kantong("boundaries", "check", file, *(part for path in reports for part in ("--report", path)))
    assert answer.status == NOT_LOADABLE
    assert "× kode yang sama dengan nama lain: 1" in answer.out
    report = json.loads(reports[0].read_text("utf-8"))
    assert report["findings"][0]["defect"] == "duplicate-code"
    (overlap,) = [finding for finding in report["findings"] if finding["defect"] == "overlap"]
    assert overlap["size_m2"] == pytest.approx(122_500, rel=0.01)
    assert (overlap["longitude"], overlap["latitude"]) == pytest.approx((106.8095, -6.645), abs=1e-4)
    areas = pyogrio.read_dataframe(reports[1], layer="cacat_luas")
    assert "tumpang tindih" in areas["cacat"].tolist()
    assert reports[2].read_text("utf-8") == answer.out
    load = kantong(
        "boundaries", "load", file, "--codes", "bps", "--database", f"sqlite:///{tmp_path / 'x.gpkg'}"
    )
    assert load.status == 2
    assert "row 3 (3271010001 Ranggamekar) has the code of another unit" in load.err
    assert not (tmp_path / "x.gpkg").exists()


def test_names_are_matched_confirmed_and_loaded(kantong: Command, tmp_path: Path, database: str) -> None:
    file, matches = tmp_path / "rw.gpkg", tmp_path / "padanan.csv"
    rw = bogor().rename(columns={"nmdesa": "KEL_NAME", "nmkec": "KEC_NAME", "nmkab": "KAB_NAME"})
    rw = rw.drop(columns="iddesa").assign(RW=["RW 01", "RW 02", "RW 03"])
    rw.loc[1, "KEL_NAME"] = "PAMOYANNAN"
    rw.loc[2, "KEL_NAME"] = "Kampung Lain"
    rw.to_file(file)
    checked = kantong("boundaries", "check", file, "--matches-out", matches)
    assert checked.status == NOT_LOADABLE
    assert "1 sama, 1 mirip, 1 tanpa padanan dari 3 baris" in checked.out
    load = ("boundaries", "load", file, "--codes", "kemendagri", "--database", database)
    assert "Confirm the matches first" in kantong(*load).err
    rows = matches.read_text("utf-8-sig").splitlines()
    (unknown,) = [row for row in rows if "Kampung Lain" in row]
    edited = unknown.replace("Kampung Lain,", "Kampung Lain,32.71.01.1006")
    matches.write_text("\n".join(rows).replace(unknown, edited), "utf-8")
    loaded = kantong(*load, "--matches", matches)
    assert (loaded.status, "3 rw" in loaded.err) == (0, True)


def test_spoilt_files_are_loaded_or_leave_the_store_as_it_was(
    kantong: Command, tmp_path: Path, database: str
) -> None:
    bogor().to_file(tmp_path / "desa.gpkg")
    load = ("--level", "kelurahan", "--codes", "bps", "--set", "bogor", "--database", database)
    assert kantong("boundaries", "load", tmp_path / "desa.gpkg", *load).status == 0
    store = tmp_path / "kantong.gpkg"
    (tmp_path / "spoilt").mkdir()
    statuses = set()
    for file in mutated(tmp_path / "spoilt", 24, seed=5):
        before = store.read_bytes()
        answer = kantong("boundaries", "load", file, *load)
        statuses.add(answer.status)
        assert "Traceback" not in answer.err
        assert answer.status == 0 or (answer.status == 2 and answer.err.startswith("kantong: "))
        assert answer.status == 0 or store.read_bytes() == before
    assert statuses == {0, 2}
    assert kantong("boundaries", "list", "--database", database).out.startswith("bogor")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--repair", "semua"), "'semua' is no repair; give empty, valid"),
        (("--report", "a.docx"), "give a file that ends in .html, .json"),
        (("--crs", "WGS84"), "'WGS84' is no known CRS"),
        (("--most-moved", "2"), "give a share between 0 and 1"),
        (("--codes", "dukcapil"), "give one of bps, kemendagri"),
        (("--codes", "kemendagri"), "no column holds kemendagri codes"),
        (("--matches-out", "m.csv"), "the file has codes"),
    ],
)
def test_mistakes_are_sentences(
    arguments: tuple[str, str], says: str, kantong: Command, tmp_path: Path
) -> None:
    bogor().to_file(tmp_path / "desa.gpkg")
    answer = kantong("boundaries", "check", tmp_path / "desa.gpkg", *arguments)
    assert (answer.status, says in answer.err) == (2, True), answer.err


def test_codes_said_to_be_of_the_system_that_names_disprove_are_refused(
    kantong: Command, tmp_path: Path
) -> None:
    table = bogor().assign(iddesa=["3271011007", "3271011005", "3271011006"])  # Kemendagri without dots
    table.to_file(tmp_path / "desa.gpkg")
    answer = kantong("boundaries", "check", tmp_path / "desa.gpkg", "--codes", "bps")
    assert answer.status == 2
    assert "the names beside them are those of kemendagri (3 of 3 agree" in answer.err
    assert (
        "kemendagri: nama cocok pada 3 dari 3" in kantong("boundaries", "check", tmp_path / "desa.gpkg").out
    )
