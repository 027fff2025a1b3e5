"""Which row of a table names its columns: people put titles above it, and spread it over two rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: So many rows from the top are looked at.
LOOKED_AT = 25

_MOST_OF_THE_WIDEST = 0.6

#: Letters, of which there is one at least, digits and the signs of titles; no more than a title has.
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 _./()\[\]%²³#:&,'\"?+\-\n]{1,80}")

Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns of a table, and where they stand.

    Attributes
    ----------
    above
        Rows above the header.
    rows
        Rows that it takes: 2 where names of groups have names of columns below them.
    """

    names: tuple[str, ...]
    above: int
    rows: int


def find(rows: Sequence[Row]) -> Header:
    """Find the header: the first row, or below titles the first that is nearly as wide as the widest, and of words.

    Examples
    --------
    >>> find([["Data 2024", None, None], ["kode", "nama", "jiwa"], ["3271", "Bogor", "12"]])
    Header(names=('kode', 'nama', 'jiwa'), above=1, rows=1)
    >>> find([["kode", "titik", None], [None, "lintang", "bujur"], ["3271", "-6,6", "106,8"]])
    Header(names=('kode', 'lintang', 'bujur'), above=0, rows=2)
    """
    cleaned = [[(cell or "").strip() for cell in row] for row in rows[:LOOKED_AT]]
    widths = [len({cell for cell in row if cell}) for row in cleaned]
    least = max(widths, default=0) * _MOST_OF_THE_WIDEST
    below_titles = (at for at, row in enumerate(cleaned) if widths[at] >= least and _is_plain(row))
    place = 0 if not cleaned or widths[0] >= least else next(below_titles, 0)
    if not cleaned:
        return Header((), 0, 1)
    names, below = cleaned[place], cleaned[place + 1] if place + 1 < len(cleaned) else []
    if not _goes_on(names, below):
        return Header(tuple(names), place, 1)
    return Header(tuple(lower or upper for upper, lower in zip(names, below, strict=False)), place, 2)


def said(header: Header) -> str:
    """Say where the header stands when that is not the first row; "" otherwise."""
    if not header.above and header.rows == 1:
        return ""
    first = header.above + 1
    return f"judul kolom di baris {first}" + (f"–{first + 1}" if header.rows == 2 else "")


def _is_plain(row: Sequence[str]) -> bool:
    """Whether every cell is such as columns are named: rows of data have numbers, damaged ones odd letters."""
    return all(_NAME.fullmatch(cell) for cell in row if cell)


def _goes_on(names: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row only names columns that the row above leaves open, or divides a group of it."""
    filled = [at for at, cell in enumerate(below) if cell]
    opened = [at for at in filled if at < len(names) and not names[at]]
    return bool(opened) and len(filled) < len(names) == len(below) and _is_plain(below)
