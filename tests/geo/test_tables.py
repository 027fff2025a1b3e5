"""Table files as people have them: what they hold is read the same from each, and nothing of a row is repeated."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from geo import tables
from geo.errors import FileError, RegisterError

TABLE = pl.DataFrame(
    {
        "kode": ["9902010001", "9902010002", None],
        "kampung": ["Cibodas é", "Baru, Kidul", "a\nb"],
        "luas": ["36", "7", ""],
    }
)
READ = [("9902010001", "36"), ("9902010002", "7"), (None, None)]


def text(delimiter: str, encoding: str, *, start: str = "", end: str = "\r\n") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        body = TABLE.write_csv(separator=delimiter, line_terminator=end)
        path.write_bytes((start + body).encode(encoding))

    return write


WAYS: dict[str, Callable[[Path], None]] = {
    "plain.csv": text(",", "utf-8"),
    "bom.csv": text(",", "utf-8-sig"),
    "semicolon.csv": text(";", "utf-8", end="\n"),
    "tab.tsv": text("\t", "utf-8"),
    "pipe.txt": text("|", "cp1252"),
    "latin.csv": text(";", "latin-1"),
    "utf16.csv": text("\t", "utf-16"),
    "hint.csv": text(";", "cp1252", start="sep=;\r\n"),
    "book.xlsx": lambda path: TABLE.write_excel(path) and None,
    "table.parquet": TABLE.write_parquet,
}


@pytest.mark.parametrize("name", list(WAYS))
def test_the_same_table_is_read_however_it_is_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WAYS[name](path)
    assert tables.header(path) == TABLE.columns
    (batch,) = tables.batches(path, ["kode", "luas"])
    emptied = batch.with_columns(pl.when(pl.all() != "").then(pl.all()))  # Parquet keeps an empty text
    assert emptied.rows() == READ
    assert next(tables.batches(path, ["kampung"]))["kampung"][1] == "Baru, Kidul"


def test_a_letter_late_in_the_file_decides_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(("kode,nama\n" + "1,a\n" * 300_000 + "2,\xe9\n").encode("latin-1"))
    last = list(tables.batches(path, ["nama"]))[-1]["nama"][-1]
    assert last == "é"
    assert tables.reading(path) == "late.csv: dibaca sebagai Windows-1252, bukan UTF-8"


def test_columns_are_found_under_another_case_and_other_signs(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("KODE Kelurahan-Desa,Umur\n1,2\n")
    assert tables.present(path, ["kode_kelurahan_desa", "umur", "desil"]) == {"kode_kelurahan_desa", "umur"}
    assert next(tables.batches(path, ["umur", "kode_kelurahan_desa"])).columns == [
        "umur",
        "kode_kelurahan_desa",
    ]
    path.write_text("kode_kelurahan,Kode Kelurahan\n1,2\n")
    assert next(tables.batches(path, ["kode_kelurahan"])).rows() == [("1",)]
    path.write_text("kode kelurahan,Kode Kelurahan\n1,2\n")
    with pytest.raises(RegisterError, match="stands twice"):
        tables.batches(path, ["kode_kelurahan"])


def book(path: Path, sheets: dict[str, pl.DataFrame]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        for name, sheet in sheets.items():
            if sheet.width:
                sheet.write_excel(workbook, worksheet=name)
            else:
                workbook.add_worksheet(name)
    return path


def test_sheets_with_one_header_are_one_table_and_others_are_refused(tmp_path: Path) -> None:
    halves = {"a": TABLE[:2], "b": TABLE[2:], "kosong": pl.DataFrame()}
    path = book(tmp_path / "h.xlsx", halves)
    assert tables.rows(path) == 3
    assert sum(batch.height for batch in tables.batches(path, ["kode"])) >= 2
    assert tables.reading(path) == "h.xlsx: lembar yang dibaca: a, b"
    with pytest.raises(RegisterError, match=r"the sheets 'a' and 'b' have different columns"):
        tables.header(book(tmp_path / "other.xlsx", {"a": TABLE, "b": TABLE.drop("luas")}))
    with pytest.raises(RegisterError, match="no sheet has a header and rows"):
        tables.header(book(tmp_path / "none.xlsx", {"a": pl.DataFrame()}))


def test_a_workbook_that_would_unpack_to_a_multiple_of_any_register_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "bomb.xlsx", {"a": TABLE})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.xml", b"\0" * (70 << 20))
    with pytest.raises(FileError, match=r"would unpack to 70 MiB"):
        tables.header(path)


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.tables.BATCH_ROWS", 2)
    path = tmp_path / "h.xlsx"
    TABLE.write_excel(path)
    assert [batch.height for batch in tables.batches(path, ["luas"])] == [2, 1]
