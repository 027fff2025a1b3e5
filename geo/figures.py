"""Figures of areas by their wilayah code, such as PODES or a table of population, carried onto places."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo import codes, tables
from geo.boundaries import BoundarySet
from geo.context import Places, by_code
from geo.errors import CodeError, RegisterError
from geo.points import PointIndex

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
    numbers = _numbers(frame[value_column])
    values: dict[int, float] = {}
    unknown, repeated, unread = [], [], 0
    for text, number in zip(_texts(frame[code_column]), numbers.to_list(), strict=True):
        row = _row(text, boundaries, row_of_code)
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
            f"{path}: {len(repeated)} codes stand twice, the first {repeated[0]!r}. Keep one row of each."
        )
    if not values:
        raise RegisterError(
            f"{path}: no code of the column {code_column!r} with a figure is of the boundary set {boundaries.name!r} "
            f"(codes of {boundaries.code_system}). Check which codes they are."
        )
    levels = {str(boundaries.units["level"].iloc[row]) for row in values}
    if len(levels) > 1:
        raise RegisterError(
            f"{path}: the codes are of several levels ({', '.join(sorted(levels))}). Give one level."
        )
    (level,) = levels
    return Figures(level, values, _warnings(boundaries, level, values, unknown, unread))


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


def _numbers(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_nan(None)
    plain = column.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return plain.fill_nan(None)


def _texts(column: pl.Series) -> list[str]:
    if column.dtype.is_float():
        column = column.cast(pl.Int64, strict=False)
    return column.cast(pl.String).fill_null("").to_list()


def _row(text: str, boundaries: BoundarySet, row_of_code: Mapping[str, int]) -> int | None:
    try:
        return row_of_code.get(str(codes.parse(text, boundaries.code_system)))
    except CodeError:
        return None


def _warnings(
    boundaries: BoundarySet, level: str, values: Mapping[int, float], unknown: list[str], unread: int
) -> tuple[str, ...]:
    rows = boundaries.rows(level)
    lost = [str(boundaries.units["code"].iloc[row]) for row in rows if int(row) not in values]
    sentences = [f"{len(values)} dari {len(rows)} {level} cocok menurut kode."]
    if lost:
        sentences.append(
            f"{len(lost)} {level} tanpa nilai: {', '.join(lost[:_NAMED])}{'…' if len(lost) > _NAMED else ''}."
        )
    if unknown:
        named = ", ".join(repr(text) for text in unknown[:_NAMED])
        sentences.append(f"{len(unknown)} baris dengan kode di luar set batas ini: {named}.")
    if unread:
        sentences.append(f"{unread} baris dengan nilai kosong atau bukan angka.")
    return tuple(sentences)
