"""Read the sheets of an Excel or OpenDocument workbook as one table of text."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import fastexcel
import polars as pl

from geo import headers
from geo.errors import FileError, RegisterError
from geo.headers import LOOKED_AT, Header

_MOST_BYTES = 4 << 30
_MOST_TIMES = 200
_SMALL_BYTES = 64 << 20
_CHUNK = 1 << 20
_LONGEST_CELL = 1 << 16
#: A cell with a formula and no value. A text (t="str") may be empty.
_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")
_MISSING_TEXTS = ["", "NA", "NULL", "null", "nan", "-"]


def header(path: Path) -> list[str]:
    """Return the names of the columns of the sheets that hold rows.

    Raises
    ------
    FileError
        When it is no workbook, is damaged, or unpacks to more than a register can be.
    RegisterError
        When no sheet holds rows, or the sheets differ in their columns.
    """
    _, found = _sheets(path)
    return list(next(iter(found.values())).header.names)


def rows(path: Path) -> int:
    """Return the number of rows under the headers."""
    book, found = _sheets(path)
    return sum(
        _load(path, book, name, sheet, [0] if sheet.header.names else []).height
        for name, sheet in found.items()
    )


def reading(path: Path) -> str:
    """Say which sheets are read when there is more than one, and where the header is not on top; "" otherwise."""
    book, found = _sheets(path)
    parts = [] if len(book.sheet_names) == 1 else [f"lembar yang dibaca: {', '.join(found)}"]
    parts += dict.fromkeys(text for sheet in found.values() if (text := headers.said(sheet.header)))
    return f"{path.name}: {'; '.join(parts)}" if parts else ""


def batches(path: Path, columns: Mapping[str, int], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield columns as text, by name and place in the sheet, sheet after sheet."""
    book, found = _sheets(path)
    for name, sheet in found.items():
        table = _load(path, book, name, sheet, sorted(columns.values()))
        at = dict(zip(sorted(columns.values()), table.columns, strict=True))
        text = table.select(
            pl.col(at[place]).cast(pl.String).str.strip_chars().alias(column)
            for column, place in columns.items()
        )
        cleaned = text.with_columns(pl.when(~pl.all().is_in(_MISSING_TEXTS)).then(pl.all()))
        yield from cleaned.iter_slices(batch_rows)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet that is read: its header, and where each of its columns stands in the workbook."""

    header: Header
    places: tuple[int, ...]


def _sheets(path: Path) -> tuple[fastexcel.ExcelReader, dict[str, _Sheet]]:
    book = _open(path)
    found: dict[str, _Sheet] = {}
    for name in book.sheet_names:
        try:
            sheet = book.load_sheet(
                name, header_row=None, n_rows=LOOKED_AT, schema_sample_rows=1, dtypes="string"
            )
        except fastexcel.FastExcelError:
            continue  # an empty sheet, or one of charts
        header = headers.find(sheet.to_polars().rows())
        below = sheet.total_height - header.above - header.rows
        if sheet.visible == "visible" and header.names and below > 0:
            places = tuple(column.absolute_index for column in sheet.available_columns())
            found[name] = _Sheet(header, places)
    if not found:
        raise RegisterError(f"{path}: no sheet has a header and rows. Ask for the extract again.")
    first, *others = found
    for name in others:
        if found[name].header.names != found[first].header.names:
            raise RegisterError(
                f"{path}: the sheets {first!r} and {name!r} have different columns. Keep the register in the workbook "
                "and remove the other sheets."
            )
    return book, found


def _open(path: Path) -> fastexcel.ExcelReader:
    _check_size(path)
    status = path.stat()
    if unsaved := _unsaved_formulas(path, status.st_mtime_ns, status.st_size):
        raise RegisterError(
            f"{path}: {unsaved} cells hold formulas whose results are not saved, so they would be read as missing. "
            "Open the workbook in Excel or LibreOffice, let it calculate, and save it."
        )
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise FileError(
            f"{path}: cannot be read as an Excel workbook; it is damaged, locked with a password, or of another "
            "kind. Save it again as .xlsx, without a password."
        ) from error


@lru_cache(maxsize=64)
def _unsaved_formulas(path: Path, modified: int, size: int) -> int:  # noqa: ARG001
    """Return how many cells have a formula and no result, as programs leave them that write workbooks."""
    found = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                if entry.startswith("xl/worksheets/") and entry.endswith(".xml"):
                    with archive.open(entry) as sheet:
                        found += _formulas_without_result(sheet)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError):
        return 0  # no workbook of XML, or damaged: told by the reader
    return found


def _formulas_without_result(sheet: IO[bytes]) -> int:
    found, rest = 0, b""
    while chunk := sheet.read(_CHUNK):
        text = rest + chunk
        end = text.rfind(b"</c>") + 4
        found += sum(b't="str"' not in cell[1] for cell in _FORMULA.finditer(text, 0, end))
        rest = text[end:][-_LONGEST_CELL:]
    return found


def _check_size(path: Path) -> None:
    """Refuse an archive that unpacks to far more than a workbook does."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileError(f"{path}: the workbook is damaged. Copy it again.") from error
    if unpacked > _MOST_BYTES or (unpacked > _SMALL_BYTES and unpacked > _MOST_TIMES * path.stat().st_size):
        raise FileError(
            f"{path}: the workbook would unpack to {unpacked / 2**20:,.0f} MiB, more than any register. "
            "Give a CSV or Parquet file."
        )


def _load(
    path: Path, book: fastexcel.ExcelReader, name: str, sheet: _Sheet, places: list[int]
) -> pl.DataFrame:
    try:
        table = book.load_sheet(
            name,
            header_row=None,
            use_columns=[sheet.places[place] for place in places],
            dtypes="string",
            skip_whitespace_tail_rows=True,
        ).to_polars()
    except fastexcel.FastExcelError as error:
        raise FileError(f"{path}: the sheet {name!r} is damaged. Save the workbook again.") from error
    return table.slice(sheet.header.above + sheet.header.rows)
