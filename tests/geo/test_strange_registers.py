"""Tables as offices write them: titles above the header, two rows of it, formulas, signs of thousands."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from geo import inspection, tables
from geo.errors import FileError, RegisterError
from geo.schema import Variable

NAMES = ["kode", "nama", "jiwa", "luas"]
ROWS = [["9902010001", "Satu", 4, 36.5], ["9902010002", "Dua", 3, 21.0], ["9902010003", "Tiga", 5, 50.0]]

Write = Callable[..., Path]


@pytest.fixture
def workbook(tmp_path: Path) -> Write:
    def written(rows: Sequence[Sequence[object]], row: int = 0, column: int = 0) -> Path:
        book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
        sheet = book.add_worksheet("Data")
        for number, values in enumerate(rows, start=row):
            sheet.write_row(number, column, list(values))
        book.close()
        return tmp_path / "b.xlsx"

    return written


@pytest.fixture
def text(tmp_path: Path) -> Write:
    def written(rows: Sequence[Sequence[object]]) -> Path:
        lines = [";".join("" if value is None else str(value) for value in values) for values in rows]
        (tmp_path / "b.csv").write_text("\n".join(lines) + "\n", "utf-8")
        return tmp_path / "b.csv"

    return written


TITLES: list[list[object]] = [
    ["DATA TERPADU KOTA UJI"],
    ["Sumber: Dinas Sosial, diunduh 12 Januari 2024"],
    [],
]
GROUPS: list[list[object]] = [["IDENTITAS", None, "RUMAH", None]]


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ([], ""),
        (TITLES, "judul kolom di baris 4"),
        (GROUPS, "judul kolom di baris 2"),
        ([[], []], "judul kolom di baris 3"),
    ],
)
def test_titles_above_the_header_are_passed_over(
    above: list[list[object]], said: str, workbook: Write, text: Write
) -> None:
    for write in (workbook, text):
        file = write([*above, NAMES, *ROWS])
        assert tables.header(file) == NAMES
        read = pl.concat(tables.batches(file, ["kode", "jiwa"]))
        assert read["kode"].to_list() == [row[0] for row in ROWS]
        assert read["jiwa"].cast(pl.Int64).to_list() == [4, 3, 5]
        if above and above[0]:  # a workbook forgets empty rows on top
            assert said in tables.reading(file)


def test_the_header_tells_the_delimiter_where_every_row_has_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lintang;bujur;luas\n" + "-6,5;106,8;12,5\n" * 30)
    assert tables.header(tmp_path / "p.csv") == ["lintang", "bujur", "luas"]
    assert pl.concat(tables.batches(tmp_path / "p.csv", ["luas"]))["luas"].to_list() == ["12,5"] * 30


def test_names_of_groups_and_of_columns_are_one_header(workbook: Write, text: Write) -> None:
    for write in (workbook, text):
        file = write([["kode", "nama", "rumah", None], [None, None, "jiwa", "luas"], *ROWS])
        assert tables.header(file) == NAMES
        assert pl.concat(tables.batches(file, ["luas"])).height == len(ROWS)
        assert "baris 1–2" in tables.reading(file)


def test_a_table_that_begins_in_another_column_is_read(workbook: Write) -> None:
    file = workbook([NAMES, *ROWS], row=2, column=1)
    assert tables.header(file) == NAMES
    assert pl.concat(tables.batches(file, ["luas", "kode"]))["kode"].to_list() == [row[0] for row in ROWS]


def test_a_row_of_data_is_never_taken_for_a_header(workbook: Write, text: Write) -> None:
    for write in (workbook, text):
        file = write([["DATA"], *ROWS])
        assert not set(tables.header(file)) & {"9902010001", "Satu", "Dua", "Tiga"}


def test_formulas_without_results_are_refused(tmp_path: Path) -> None:
    for result, refused in (("", True), (7, False)):
        book = xlsxwriter.Workbook(tmp_path / "f.xlsx")
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, NAMES)
        sheet.write_row(1, 0, ROWS[0])
        sheet.write_formula(1, 2, "=1+1", None, result)
        book.close()
        _without_type(tmp_path / "f.xlsx")
        if refused:
            with pytest.raises(RegisterError, match="1 cells hold formulas whose results are not saved"):
                tables.header(tmp_path / "f.xlsx")
        else:
            assert pl.concat(tables.batches(tmp_path / "f.xlsx", ["jiwa"]))["jiwa"].to_list() == ["7"]


def _without_type(path: Path) -> None:
    """Leave formulas without a result as programs do that do not calculate."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content.replace(b' t="str"><f>1+1</f><v></v>', b"><f>1+1</f><v></v>"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.zip", b"PK\x03\x04", "Unpack it"),
        ("x.xls", b"<html><table>", "web page under the name of a table"),
        ("x.sav", b"$FL2", "Export it as one of these"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "locked with a password"),
    ],
)
def test_tables_that_are_not_read_are_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=says):
        tables.header(tmp_path / name)


def test_signs_of_thousands_in_a_register_are_warned_about(text: Write) -> None:
    variables = {"luas": Variable("luas", ("luas",)), "kode": Variable("kode", ("kode",), frozenset({1, 2}))}
    assert inspection.with_thousands(text([NAMES, *ROWS]), variables) == ()
    spoilt = [[*row[:3], "1.036"] for row in ROWS]
    assert inspection.with_thousands(text([NAMES, *spoilt]), variables) == ("luas",)
