"""Published tables as rows of the store, and back; a digest tells whether rows are as they were written."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import shapely

from geo import cells, disclosure
from geo.boundaries import BoundarySet
from geo.disclosure import POCKET_COLUMNS, ZONE_COLUMNS, Published

#: Pockets have none of these, nor has a table without rows; cells have no desils, nor have the runs of before.
_OF_SOME_LEVELS: Mapping[str, Any] = {**disclosure.DESIL_COLUMNS, **disclosure.RANK_COLUMNS}

Rows = list[dict[str, Any]]
Outlines = np.ndarray[Any, np.dtype[np.object_]]


def zone_rows(run_id: str, published: Published) -> Rows:
    """Return the rows of a level."""
    fixed = published.table.select(*ZONE_COLUMNS).to_dicts()
    some = [name for name in _OF_SOME_LEVELS if name in published.table.columns]
    figures = published.table.select(*disclosure.figure_columns(published.indicators), *some).to_dicts()
    common = {"run_id": run_id, "audience": published.audience.name, "level": published.level}
    return [
        {**common, **row, "position": position, "indicators": json.dumps(of_indicators)}
        for position, (row, of_indicators) in enumerate(zip(fixed, figures, strict=True))
    ]


def pocket_rows(run_id: str, published: Published) -> Rows:
    """Return the rows of the pockets."""
    extra = published.table.select(*POCKET_COLUMNS).to_dicts()
    rows = zone_rows(run_id, published)
    return [
        {**{key: value for key, value in row.items() if key != "level"}, **more, "geometry": geometry}
        for row, more, geometry in zip(rows, extra, published.geometry, strict=True)
    ]


def digest(zones: Iterable[Mapping[str, Any]], pockets: Iterable[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of all published rows of a run, in whatever order the levels come.

    A column that is null counts as one that is not there, so a column added later changes no digest.
    """
    parts: dict[tuple[str, str], Any] = {}
    for row in chain(zones, pockets):
        part = parts.setdefault((row["audience"], row.get("level") or "pocket"), hashlib.sha256())
        said = {
            name: shapely.to_wkb(value, hex=True, byte_order=1) if name == "geometry" else value
            for name, value in row.items()
            if value is not None and name != "fid"
        }
        part.update(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    whole = hashlib.sha256()
    for key in sorted(parts):
        whole.update(f"{key} {parts[key].hexdigest()}\n".encode())
    return whole.hexdigest()


def table_of(rows: Sequence[Any], indicators: tuple[str, ...]) -> pl.DataFrame:
    """Return the table that rows of a level were made of."""
    fixed = {
        name: pl.Series(name, [row[name] for row in rows], dtype=dtype)
        for name, dtype in ZONE_COLUMNS.items()
    }
    parsed = [json.loads(row["indicators"]) for row in rows]
    some = {name: dtype for name, dtype in _OF_SOME_LEVELS.items() if parsed and name in parsed[0]}
    figures = {
        name: pl.Series(name, [of_row[name] for of_row in parsed], dtype=dtype)
        for name, dtype in {**disclosure.figure_columns(indicators), **some}.items()
    }
    return pl.DataFrame({**fixed, **figures})


def outlines_of(level: str, rows: Sequence[Any], boundaries: BoundarySet) -> Outlines:
    """Return the outlines of the zones of a level: cells are drawn, units looked up."""
    if level.startswith("h3-"):
        return cells.polygons(cells.from_text([row["code"] for row in rows]))
    outlines = dict(zip(boundaries.units["code"], boundaries.units.geometry, strict=True))
    return objects([outlines[row["code"]] for row in rows])


def objects(values: Sequence[Any]) -> Outlines:
    """Return an array of objects, also of geometries that NumPy would take apart."""
    answer = np.empty(len(values), dtype=object)
    answer[:] = values
    return answer
