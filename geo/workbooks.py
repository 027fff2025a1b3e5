"""Read the sheets of an Excel or OpenDocument workbook as one table of text."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import fastexcel
import polars as pl

from geo.errors import FileError, RegisterError

_MOST_BYTES = 4 << 30
_MOST_TIMES = 200
_SMALL_BYTES = 64 << 20
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
    return _sheets(path)[2]


def rows(path: Path) -> int:
    """Return the number of rows under the headers."""
    book, names, columns = _sheets(path)
    return sum(_load(path, book, name, [0] if columns else []).height for name in names)


def reading(path: Path) -> str:
    """Say which sheets are read when there is more than one; "" otherwise."""
    book, names, _ = _sheets(path)
    if len(names) == 1 and len(book.sheet_names) == 1:
        return ""
    return f"{path.name}: lembar yang dibaca: {', '.join(names)}"


def batches(path: Path, columns: Mapping[str, int], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield columns as text, by name and place in the sheet, sheet after sheet."""
    book, names, _ = _sheets(path)
    for name in names:
        table = _load(path, book, name, sorted(columns.values()))
        at = dict(zip(sorted(columns.values()), table.columns, strict=True))
        text = table.select(
            pl.col(at[place]).cast(pl.String).str.strip_chars().alias(column)
            for column, place in columns.items()
        )
        cleaned = text.with_columns(pl.when(~pl.all().is_in(_MISSING_TEXTS)).then(pl.all()))
        yield from cleaned.iter_slices(batch_rows)


def _sheets(path: Path) -> tuple[fastexcel.ExcelReader, list[str], list[str]]:
    book = _open(path)
    found: dict[str, list[str]] = {}
    for name in book.sheet_names:
        try:
            sheet = book.load_sheet(name, n_rows=1, schema_sample_rows=1, dtypes="string")
            columns = [str(column.name).strip() for column in sheet.available_columns()]
            filled = sheet.visible == "visible" and sheet.total_height > 0
        except fastexcel.FastExcelError:
            continue  # an empty sheet, or one of charts
        if filled and columns:
            found[name] = columns
    if not found:
        raise RegisterError(f"{path}: no sheet has a header and rows. Ask for the extract again.")
    first, *others = found
    for name in others:
        if found[name] != found[first]:
            raise RegisterError(
                f"{path}: the sheets {first!r} and {name!r} have different columns. Keep the register in the workbook "
                "and remove the other sheets."
            )
    return book, list(found), found[first]


def _open(path: Path) -> fastexcel.ExcelReader:
    _check_size(path)
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        raise FileError(
            f"{path}: cannot be read as an Excel workbook; it is damaged or of another kind. Save it again as .xlsx."
        ) from error


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


def _load(path: Path, book: fastexcel.ExcelReader, name: str, places: list[int]) -> pl.DataFrame:
    try:
        sheet = book.load_sheet(name, use_columns=places, dtypes="string", skip_whitespace_tail_rows=True)
        return sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise FileError(f"{path}: the sheet {name!r} is damaged. Save the workbook again.") from error
