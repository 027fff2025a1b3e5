"""Read named columns of a table file in batches: Parquet, delimited text or a workbook.

Text may come with any common delimiter, in UTF-8 (with or without a BOM), UTF-16, Windows-1252 or Latin-1, and with
line breaks inside quotes. Only the columns asked for are read, a bounded number of rows at a time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from geo import delimited, workbooks
from geo.errors import FileError, RegisterError

BATCH_ROWS = 262_144

#: Endings of the files that a folder is searched for.
SUFFIXES = (".parquet", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

_LONG_NUMBER = re.compile(r"\d{10}")
_DELIMITED = (".csv", ".tsv", ".txt")
_BYTES_A_ROW = 100
_PARQUET, _TEXT, _WORKBOOK = "parquet", "text", "workbook"
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def header(path: Path) -> list[str]:
    """Return the names of the columns, in the order of the file.

    Raises
    ------
    FileError, RegisterError
        When the file is missing, empty or unreadable, or begins without the names of its columns.
    """
    kind = _kind(path)
    if kind == _PARQUET:
        return list(pq.ParquetFile(path).schema_arrow.names)
    names = delimited.header(path) if kind == _TEXT else workbooks.header(path)
    # Names of columns are told in messages; the first family of a file without a header must not be.
    if any(_LONG_NUMBER.search(name) for name in names):
        raise RegisterError(
            f"{path}: the first row holds long numbers where the names of the columns belong. Put a header row on top."
        )
    return names


def present(path: Path, wanted: Iterable[str]) -> frozenset[str]:
    """Return which of the wanted columns a file has, under their name or one that differs in case and signs only.

    Raises
    ------
    FileError
        As `header`.
    """
    return frozenset(matching(header(path), wanted))


def matching(names: Sequence[str], wanted: Iterable[str]) -> dict[str, list[int]]:
    """Return where each wanted column stands; one that stands nowhere is left out.

    Examples
    --------
    >>> matching(["Kode Kelurahan", "umur"], ["kode_kelurahan", "desil"])
    {'kode_kelurahan': [0]}
    """
    exact: dict[str, list[int]] = {}
    alike: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        exact.setdefault(name, []).append(place)
        alike.setdefault(folded(name), []).append(place)
    places = {name: exact.get(name) or alike.get(folded(name), []) for name in wanted}
    return {name: found for name, found in places.items() if found}


def folded(name: str) -> str:
    """Return a column's name without case, blanks and signs.

    Examples
    --------
    >>> folded(" Kode Kelurahan/Desa ")
    'kode_kelurahan_desa'
    """
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def rows(path: Path) -> int:
    """Return the number of rows, for delimited text an estimate from the size of the file."""
    kind = _kind(path)
    if kind == _PARQUET:
        return int(pq.ParquetFile(path).metadata.num_rows)
    return path.stat().st_size // _BYTES_A_ROW if kind == _TEXT else workbooks.rows(path)


def reading(path: Path) -> str:
    """Say how a file is read when that is not plain: its encoding and delimiter, its sheets; "" when it is."""
    kind = _kind(path)
    if kind == _PARQUET:
        return ""
    return delimited.reading(path) if kind == _TEXT else workbooks.reading(path)


def batches(path: Path, wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the wanted columns, a bounded number of rows at a time, in the order of the file.

    Columns of text files and workbooks are text.

    Raises
    ------
    FileError, RegisterError
        When the file cannot be read, naming the place and never a value.
    """
    names, kind = header(path), _kind(path)
    places = matching(names, wanted)
    for column in wanted:
        if column not in places:
            raise RegisterError(f"{path}: the column {column!r} is missing.")
        if len(places[column]) > 1:
            raise RegisterError(f"{path}: the column {column!r} stands twice. Rename or remove one of them.")
    at = {column: place for column, (place,) in places.items()}
    twice = [place for place, number in Counter(at.values()).items() if number > 1]
    if twice:
        raise RegisterError(f"{path}: the column {names[twice[0]]!r} is asked for under two names.")
    if kind == _PARQUET:
        return _parquet(path, {column: names[place] for column, place in at.items()})
    return delimited.batches(path, at) if kind == _TEXT else workbooks.batches(path, at, BATCH_ROWS)


def _refuse_no_file(path: Path) -> None:
    if not path.exists():
        raise FileError(f"{path}: there is no such file. Check the path.")
    if path.is_dir():
        raise FileError(f"{path}: is a directory; give one Parquet, CSV or Excel file.")
    if not path.is_file():
        raise FileError(f"{path}: is not a file.")
    if path.stat().st_size == 0:
        raise FileError(f"{path}: the file is empty (0 bytes). Ask for the extract again.")


def _kind(path: Path) -> str:
    _refuse_no_file(path)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise FileError(f"{path}: cannot be opened ({error.strerror}). Check its permissions.") from error
    if magic == b"PAR1":
        try:
            pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path) from error
        return _PARQUET
    if magic in _WORKBOOK_STARTS and path.suffix.lower() != ".zip":
        return _WORKBOOK
    if path.suffix.lower() in _DELIMITED:
        return _TEXT
    raise FileError(f"{path}: {_not_a_table(magic)}")


def _not_a_table(magic: bytes) -> str:
    if magic in _WORKBOOK_STARTS:
        return "is an archive. Unpack it and give the file in it."
    if magic.lstrip().startswith(b"<"):
        return (
            "is a web page under the name of a table. Open it in Excel or LibreOffice and save it as .xlsx."
        )
    return (
        "is neither a Parquet, CSV nor Excel file. Export it as one of these from the program that made it."
    )


def _damaged(path: Path) -> FileError:
    return FileError(f"{path}: the Parquet file is cut off or damaged. Copy it again.")


def _parquet(path: Path, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    kinds = pq.ParquetFile(path).schema_arrow
    for name in columns.values():
        kind = kinds.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_temporal(kind) or pa.types.is_binary(kind):
            raise RegisterError(f"{path}: the column {name!r} holds {kind} values; give numbers or text.")
    chosen = [pl.col(name).alias(column) for column, name in columns.items()]
    try:
        for batch in pl.scan_parquet(path).select(chosen).collect_batches(chunk_size=BATCH_ROWS):
            # Categories would be read as their position in a list.
            yield batch.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path) from error
