"""Read delimited text: which encoding, which delimiter, and batches of the columns asked for."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv

from geo import headers
from geo.errors import FileError, RegisterError
from geo.headers import LOOKED_AT, Header

_DELIMITERS = {",": "koma", ";": "titik koma", "\t": "tab", "|": "garis tegak"}
_MISSING_TEXTS = ["", "NA", "NULL", "null", "nan", "-"]
_BLOCK_BYTES = 16 << 20
_MOST_HEADER_CHARACTERS = 1 << 20
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Bytes to which Windows-1252 gives no character; Latin-1 does.
_NOT_IN_CP1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_ENCODING_NAMES = {"utf-16": "UTF-16", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is written.

    Attributes
    ----------
    encoding
        A Python codec.
    header
        The names of the columns.
    lines_above
        Lines above them: titles, or Excel's ``sep=;``.
    quoted
        Whether quotes occur, so that a value may hold a line break.
    """

    encoding: str
    delimiter: str
    header: Header
    lines_above: int
    quoted: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header.names


def header(path: Path) -> list[str]:
    """Return the names of the columns."""
    return list(_dialect(path).columns)


def reading(path: Path) -> str:
    """Say the encoding and the delimiter when they are not UTF-8 and a comma; "" otherwise."""
    dialect = _dialect(path)
    parts = []
    if dialect.encoding in _ENCODING_NAMES:
        parts.append(f"dibaca sebagai {_ENCODING_NAMES[dialect.encoding]}, bukan UTF-8")
    if dialect.delimiter != ",":
        parts.append(f"pemisah kolom {_DELIMITERS[dialect.delimiter]}")
    if said := headers.said(dialect.header):
        parts.append(said)
    return f"{path.name}: {'; '.join(parts)}" if parts else ""


def batches(path: Path, columns: Mapping[str, int]) -> Iterator[pl.DataFrame]:
    """Yield columns as text, by name and place in the file; missing texts are null.

    Raises
    ------
    RegisterError
        When a line has too few or too many values, naming the line.
    """
    dialect = _dialect(path)
    ragged: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    # Places, not names: a file may give one name to several columns that nobody asks for.
    names = {str(place): column for column, place in columns.items()}
    try:
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(
                block_size=_BLOCK_BYTES,
                column_names=[str(place) for place in range(len(dialect.columns))],
                skip_rows=dialect.lines_above,
                skip_rows_after_names=dialect.header.rows,
                use_threads=False,
                encoding="utf8" if dialect.encoding.startswith("utf-8") else dialect.encoding,
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=dialect.quoted, invalid_row_handler=note
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(names),
                column_types=dict.fromkeys(names, pa.string()),
                null_values=_MISSING_TEXTS,
                strings_can_be_null=True,
            ),
        )
        with reader:
            for batch in reader:
                yield pl.DataFrame(batch).rename(names).with_columns(pl.all().str.strip_chars())
    except (pa.ArrowException, UnicodeError):
        # The reader's own message repeats a row of the register, so neither it nor its cause is passed on.
        raise RegisterError(_not_csv(path, ragged)) from None


def _dialect(path: Path) -> Dialect:
    status = path.stat()
    return _read_dialect(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read_dialect(path: Path, modified: int, size: int) -> Dialect:  # noqa: ARG001
    """Return the dialect of a file as it stood at a time."""
    encoding, quoted = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            start = file.read(_MOST_HEADER_CHARACTERS)
    except UnicodeError as error:
        raise FileError(
            f"{path}: begins as {encoding} text and is not. Export it again as CSV UTF-8."
        ) from error
    first, _, rest = start.partition("\n")
    hint = first.strip().lower().startswith("sep=")
    lines = rest if hint else start
    if "\0" in lines:
        raise FileError(f"{path}: holds bytes that no text has; it is not a CSV file. Export it again.")
    records = {sign: _first_records(lines, sign) for sign in _DELIMITERS}
    found = {sign: headers.find([record for record, _ in of_sign]) for sign, of_sign in records.items()}
    # The header decides: decimal commas may split every other row as often.
    delimiter = max(_DELIMITERS, key=lambda sign: len(found[sign].names))
    above = found[delimiter].above
    lines_above = records[delimiter][above - 1][1] if above else 0
    return Dialect(encoding, delimiter, found[delimiter], lines_above + hint, quoted)


def _first_records(text: str, delimiter: str) -> list[tuple[list[str], int]]:
    """Return the first records, each with the number of lines up to its end."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[tuple[list[str], int]] = []
    with suppress(csv.Error):
        records.extend((record, reader.line_num) for record in islice(reader, LOOKED_AT))
    return records


def _encoding(path: Path) -> tuple[str, bool]:
    """Return the encoding and whether a quote occurs; the whole file decides, as a late letter can."""
    with path.open("rb") as file:
        start = file.read(4)
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            return encoding, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, quoted, odd = True, False, False
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            quoted = quoted or b'"' in block
            if utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    utf8 = False
            odd = odd or any(byte in block for byte in _NOT_IN_CP1252)
    if utf8:
        return "utf-8", quoted
    return ("latin-1" if odd else "cp1252"), quoted


def _not_csv(path: Path, ragged: list[pyarrow.csv.InvalidRow]) -> str:
    if not ragged:
        return f"{path}: cannot be read as CSV. Save it again as CSV UTF-8."
    row = ragged[0]
    where = "a line" if row.number is None else f"line {row.number}"
    return (
        f"{path}: {where} has {row.actual_columns} values where the header has {row.expected_columns}. "
        "Put values that hold the delimiter in quotes."
    )
