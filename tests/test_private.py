"""No number of a person and no column that names one stands in anything that is shipped or tracked."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = {
    ".py",
    ".toml",
    ".json",
    ".csv",
    ".md",
    ".js",
    ".css",
    ".html",
    ".txt",
    ".ipynb",
    ".yaml",
    ".yml",
    ".svg",
    "",
}
#: Sixteen digits in a row, as a NIK or a KK number has; a longer number or a decimal fraction is something else.
SIXTEEN = re.compile(r"(?<![\d.])(?!0{16})\d{16}(?![\d.])")
PERSONAL = re.compile(
    r"^(nik|no_?kk|nama(_lengkap|_kepala_keluarga|_anggota.*)?|nama_ibu.*|tanggal_lahir|tgl_lahir|tempat_lahir|alamat|"
    r"no_?(hp|telepon)|nomor_(hp|telepon|induk.*)|id_pelanggan.*|email)$",
    re.IGNORECASE,
)


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so what is tracked is not known")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_tracked_file_holds_a_sixteen_digit_number() -> None:
    found = {
        f"{path.relative_to(ROOT)}: line {number}"
        for path in tracked()
        if path.suffix in TEXT and "vendor" not in path.parts
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
        if SIXTEEN.search(line)
    }
    assert found == set()


def test_the_search_finds_one() -> None:
    assert SIXTEEN.search("kk = " + "3" * 16)
    assert not SIXTEEN.search("0." + "3" * 16)
    assert not SIXTEEN.search("3" * 17)


def test_no_schema_reads_a_column_of_a_person() -> None:
    for path in (ROOT / "data" / "registers").glob("*.toml"):
        schema = tomllib.loads(path.read_text("utf-8"))
        for side in ("households", "members"):
            # An address is read for the RW that it names, in the batch (tests/geo/test_private_columns.py).
            read = {
                value for key, value in schema[side].items() if isinstance(value, str) and key != "address"
            }
            for variable in schema[side]["variables"].values():
                read |= {variable.get("column", ""), *variable.get("sum", [])}
            assert not [column for column in read if PERSONAL.match(column)]


def test_no_specification_asks_about_a_name_or_a_number() -> None:
    from geo import specification

    for name in specification.shipped():
        for indicator in specification.load(name).indicators:
            asked = indicator.household_variables | indicator.member_variables
            assert not [variable for variable in asked if PERSONAL.match(variable)]


def test_no_fixture_has_a_column_of_a_person() -> None:
    tables = [path for path in tracked() if path.suffix == ".csv"]
    for path in tables:
        header = path.read_text("utf-8-sig").partition("\n")[0]
        assert not [name for name in re.split(r"[,;\t|]", header) if PERSONAL.match(name.strip(' "\r'))], path
