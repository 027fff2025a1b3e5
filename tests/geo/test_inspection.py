"""What a file is, before it is measured: columns recognised, unknown and missing, and what each indicator loses."""

from pathlib import Path

import polars as pl
import pytest

from geo import inspection, schema, specification
from geo.register import bind


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A DTSEN extract with a renamed, a misspelt and two personal columns, and a value outside its list."""
    households = pl.DataFrame(
        {
            "Nomor Kartu Keluarga": ["A", "B"],
            "KODE_KELURAHAN_DESA": ["9902010001"] * 2,
            "jumlah_anggota_keluarga": [3, 4],
            "nama_kepala_keluarga": ["SESEORANG", "SESEORANG"],
            "jenis_lantai_terluas": [1, 77],
            "jenis_dinding_terluass": [1, 1],
            "jenis_atap_terluas": [None, 2],
            "no_hp": ["x", "y"],
            "catatan": ["", ""],
        }
    )
    members = pl.DataFrame({"nomor_kartu_keluarga": ["A"], "umur": ["tua"], "partisipasi_sekolah": [1]})
    paths = tmp_path / "h.csv", tmp_path / "m.csv"
    households.write_csv(paths[0])
    members.write_csv(paths[1])
    return paths


def test_what_is_recognised_unknown_missing_and_lost(files: tuple[Path, Path]) -> None:
    households, members = files
    held = inspection.fitting_schema(households)
    assert held.name == "dtsen"
    found, of_members = inspection.inspect(households, members, held, specification.load("bogor"))
    assert found.recognised["KODE_KELURAHAN_DESA"] == "unit"
    assert found.recognised["jumlah_anggota_keluarga"] == "persons, jumlah_anggota"
    assert found.unknown == ("nama_kepala_keluarga", "jenis_dinding_terluass", "no_hp", "catatan")
    assert found.personal == ("nama_kepala_keluarga", "no_hp")
    assert found.missing["jenis_dinding_terluas"] == "jenis_dinding_terluass"
    assert found.missing["luas_lantai"] == ""
    assert found.outside == {"lantai": 0.5}
    assert found.lost["rumah_tidak_kokoh"] == ("jenis_dinding_terluas",)
    assert "anak_tidak_sekolah" not in found.lost
    assert of_members.outside == {"umur": 1.0}


def test_the_proposed_schema_reads_the_file(files: tuple[Path, Path], tmp_path: Path) -> None:
    households, members = files
    held = schema.load("dtsen")
    found = inspection.inspect(households, members, held, specification.load("bogor"))
    text = inspection.proposed(held, found)
    assert 'dinding = { column = "jenis_dinding_terluass"' in text
    assert "# is it jenis_dinding_terluas?" in text
    assert "nama_kepala_keluarga" not in text
    assert "no_hp" not in text
    path = tmp_path / "usul.toml"
    path.write_text(text)
    register = bind(households, members, schema.load(path), specification.load("bogor"))
    assert "rumah_tidak_kokoh" in register.specification.weights


@pytest.mark.parametrize("name", ["dtsen", "p3ke", "regsosek"])
def test_a_shipped_schema_comes_back_from_what_is_proposed_for_a_file_with_all_its_columns(
    name: str, tmp_path: Path
) -> None:
    held = schema.load(name)
    path = tmp_path / f"{name}.csv"
    path.write_text(";".join(f'"{column}"' for column in sorted(held.household_columns)) + "\n")
    assert inspection.fitting_schema(path).name == name
    members = tmp_path / "m.csv"
    members.write_text(";".join(f'"{column}"' for column in sorted(held.member_columns)) + "\n")
    found = inspection.inspect(path, members, held, specification.load("default"))
    assert found[0].missing == found[1].missing == {}
    (tmp_path / "again.toml").write_text(inspection.proposed(held, found))
    again = schema.load(tmp_path / "again.toml")
    assert again.household_variables == held.household_variables
    assert again.member_variables == held.member_variables
