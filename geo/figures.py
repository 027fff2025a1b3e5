"""Figures of areas by their wilayah code or name, such as PODES or a table of population, carried onto places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import codes, numerals, registry, tables
from geo.boundaries import BoundarySet, matching
from geo.boundaries.matching import Match, Names
from geo.codes import CodeSystem
from geo.context import Places, by_code
from geo.errors import RegisterError
from geo.points import PointIndex
from geo.registry import Entry, Registry

_NAMED = 5


@dataclass(frozen=True)
class Figures:
    """One figure for each unit of one level.

    Attributes
    ----------
    level
        The level of the codes.
    values
        By row of the unit in the boundary set.
    warnings
        What was found while joining, one sentence each.
    """

    level: str
    values: Mapping[int, float]
    warnings: tuple[str, ...]


def read(path: Path, boundaries: BoundarySet, *, code_column: str, value_column: str) -> Figures:
    """Read one figure a unit, joined by code in the system of the boundary set.

    Raises
    ------
    RegisterError
        When a column is missing, no code is of the set, codes are of several levels, or one is given twice.
    """
    frame = pl.concat(tables.batches(path, [code_column, value_column]))
    row_of_code = {code: row for row, code in enumerate(boundaries.units["code"])}
    texts = _texts(frame[code_column])
    rows = [_row(text, boundaries, row_of_code) for text in texts]
    return _joined(path, boundaries, f"column {code_column!r}", texts, rows, frame[value_column])


def read_by_name(
    path: Path,
    boundaries: BoundarySet,
    *,
    name_columns: Sequence[str],
    value_column: str,
    confirmed: Mapping[Names, str] | None = None,
) -> tuple[Figures | None, tuple[Match, ...]]:
    """Read one figure a kelurahan, joined by the names of the boundary set and the registry.

    Parameters
    ----------
    name_columns
        The columns of the kelurahan, before it of its kecamatan, before that of its kota; the latter may be left out.
    confirmed
        Codes by names, as a person confirmed them (`geo.boundaries.matching.confirmed`); others are left out.

    Returns
    -------
    Figures
        None where not every name is the same as one of the set, so that a person has to confirm.
    matches
        What each name was matched with.

    Raises
    ------
    RegisterError
        As `read`.
    """
    frame = pl.concat(tables.batches(path, [*name_columns, value_column]))
    columns = [frame[name].cast(pl.String).fill_null("").to_list() for name in name_columns]
    padded = [[""] * frame.height] * (3 - len(columns)) + columns
    names: list[Names] = [(kota, kecamatan, name) for kota, kecamatan, name in zip(*padded, strict=True)]
    system = boundaries.code_system
    matches = matching.match([one for one in names if one[2].strip()], _names_of(boundaries), system)
    if confirmed is None and any(one.code is None or one.how != matching.EXACT for one in matches):
        return None, matches
    code_of = confirmed if confirmed is not None else {matching.key(one.names): one.code for one in matches}
    row_of_code = {code: row for row, code in enumerate(boundaries.units["code"])}
    rows = [row_of_code.get(code_of.get(matching.key(one)) or "") for one in names]
    texts = [" / ".join(part for part in one if part) for one in names]
    where = f"columns {', '.join(name_columns)}"
    return _joined(path, boundaries, where, texts, rows, frame[value_column]), matches


def _names_of(boundaries: BoundarySet) -> Registry:
    """Return the units of a boundary set as a registry, with the names that the shipped one has for them besides."""
    system, known = boundaries.code_system, registry.shipped()
    entries = []
    for level, code, name in boundaries.units[["level", "code", "name"]].itertuples(index=False):
        other = known.entry(system, code)
        also = other.name if other is not None else None
        of_bps = system is CodeSystem.BPS
        entries.append(
            Entry(level, None, code, also, name) if of_bps else Entry(level, code, None, name, also)
        )
    return Registry(tuple(entries))


def _joined(
    path: Path,
    boundaries: BoundarySet,
    where: str,
    texts: Sequence[str],
    rows: Sequence[int | None],
    column: pl.Series,
) -> Figures:
    numbers, said = numerals.read(column)
    values: dict[int, float] = {}
    unknown, repeated, unread = [], [], 0
    for text, row, number in zip(texts, rows, numbers.to_list(), strict=True):
        if row is None:
            unknown.append(text)
        elif row in values:
            repeated.append(text)
        elif number is None:
            unread += 1
        else:
            values[row] = number
    if repeated:
        raise RegisterError(
            f"{path}: {len(repeated)} units stand twice, the first {repeated[0]!r}. Keep one row of each."
        )
    if not values:
        raise RegisterError(
            f"{path}: no unit of the {where} with a figure is of the boundary set {boundaries.name!r} "
            f"(codes of {boundaries.code_system}). Check which codes or names they are."
        )
    levels = {str(boundaries.units["level"].iloc[row]) for row in values}
    if len(levels) > 1:
        raise RegisterError(
            f"{path}: the codes are of several levels ({', '.join(sorted(levels))}). Give one level."
        )
    (level,) = levels
    found = _warnings(boundaries, level, values, unknown, unread)
    return Figures(level, values, (*found, said) if said else found)


def on_places(
    figures: Figures, boundaries: BoundarySet, places: list[Places], *, adds_up: bool
) -> dict[str, dict[str, float]]:
    """Carry figures from their own level onto the others.

    Parameters
    ----------
    adds_up
        Whether they are counts, whose sum is the figure of the unit above, and which say nothing of a part. Otherwise
        they are rates, which hold for the parts of a unit too, and of which no figure above follows.
    """
    answer: dict[str, dict[str, float]] = {}
    own = boundaries.ancestors(figures.level)
    of_unit = np.full(len(boundaries.units) + 1, np.nan)
    of_unit[list(figures.values)] = list(figures.values.values())
    depth = {level: place for place, level in enumerate(boundaries.levels)}
    for of in places:
        if of.level == figures.level:
            answer[of.level] = by_code(of, of_unit[boundaries.rows(of.level)])
        elif of.is_cells:
            if not adds_up:
                answer[of.level] = by_code(of, of_unit[_unit_of_cells(boundaries, figures.level, of)])
        elif depth[of.level] > depth[figures.level]:
            if not adds_up:
                answer[of.level] = by_code(of, of_unit[own[boundaries.rows(of.level)]])
        elif adds_up:
            answer[of.level] = by_code(of, _sums(boundaries, of.level, figures))
    return {level: values for level, values in answer.items() if values}


def _unit_of_cells(boundaries: BoundarySet, level: str, of: Places) -> NDArray[np.int64]:
    rows = boundaries.rows(level)
    index = PointIndex(boundaries.units.geometry.to_numpy()[rows])
    found = index.find(of.points.x.to_numpy(), of.points.y.to_numpy())
    return np.where(found >= 0, rows[found], len(boundaries.units))


def _sums(boundaries: BoundarySet, level: str, figures: Figures) -> NDArray[np.float64]:
    """Return the sums of units above; one whose parts are not all known has none."""
    rows, above = boundaries.rows(figures.level), boundaries.ancestors(level)
    known = np.array([figures.values.get(int(row), np.nan) for row in rows])
    totals = np.zeros(len(boundaries.units))
    np.add.at(totals, above[rows], known)
    parts = np.bincount(above[rows][above[rows] >= 0], minlength=len(totals))
    return np.where(parts > 0, totals, np.nan)[boundaries.rows(level)]


def _texts(column: pl.Series) -> list[str]:
    if column.dtype.is_float():
        column = column.cast(pl.Int64, strict=False)
    return column.cast(pl.String).fill_null("").to_list()


def _row(text: str, boundaries: BoundarySet, row_of_code: Mapping[str, int]) -> int | None:
    code = codes.mended(text, boundaries.code_system)
    return None if code is None else row_of_code.get(str(code))


def _warnings(
    boundaries: BoundarySet, level: str, values: Mapping[int, float], unknown: list[str], unread: int
) -> tuple[str, ...]:
    rows = boundaries.rows(level)
    lost = [str(boundaries.units["code"].iloc[row]) for row in rows if int(row) not in values]
    sentences = [f"{len(values)} dari {len(rows)} {level} cocok."]
    if lost:
        sentences.append(
            f"{len(lost)} {level} tanpa nilai: {', '.join(lost[:_NAMED])}{'…' if len(lost) > _NAMED else ''}."
        )
    if unknown:
        named = ", ".join(repr(text) for text in unknown[:_NAMED])
        sentences.append(f"{len(unknown)} baris di luar set batas ini: {named}.")
    if unread:
        sentences.append(f"{unread} baris dengan nilai kosong atau bukan angka.")
    return tuple(sentences)
