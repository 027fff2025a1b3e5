"""The work that is done in processes of its own: files of a run, boundary files that somebody sent."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from api import versions
from api.worker import Progress
from geo import boundaries
from geo.boundaries import Checked, Choices, Options, matching, repairs
from geo.codes import CodeSystem
from geo.disclosure import AUDIENCES
from geo.errors import KantongError
from geo.store import Store
from maps import boundary_report, export, planner, prints, tiles
from maps.prints import Order
from maps.typesetting import PrintSettings

#: Media types of the files of a run, boundary files that somebody sent, by format.
MEDIA_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
}

_MOST_FINDINGS = 500

#: From where to where each stage of a print takes the progress of its job.
_STAGES = {"sheets": (0.1, 0.5), "profiles": (0.5, 0.9)}


@dataclass(frozen=True, slots=True)
class Printing:
    """What to print, how, in which format, and how many places the priority list holds."""

    order: Order
    settings: PrintSettings
    kind: str
    listed: int | None


@dataclass(frozen=True, slots=True)
class BoundaryQuestion:
    """What somebody says of a boundary file that they send; None is proposed from the file."""

    name: str
    level: str | None
    code_system: CodeSystem | None
    layer: str | None
    crs: str | None
    code_column: str | None
    name_column: str | None
    source: str
    valid_from: date | None
    repair: str


def export_run(progress: Progress, database: str, run: str, audience: str, kind: str, path: Path) -> None:
    """Write a file of a run as one audience may see it; whole, or not at all."""
    store = Store(database)
    published = store.published(run, AUDIENCES[audience])
    store.close()
    progress(0.3)
    with _whole(path) as unfinished:
        if kind == "html":
            unfinished.write_text(planner.planner_file(published), "utf-8")
        else:
            export.writer(unfinished)(published, export.levels_of(published, None), unfinished)
        progress(0.95)


def print_run(
    progress: Progress, database: str, run: str, audience: str, printing: Printing, path: Path
) -> None:
    """Print what was ordered of a run as one audience may see it; whole, or not at all."""
    store = Store(database)
    published = store.published(run, AUDIENCES[audience])
    store.close()

    progress(_STAGES["sheets"][0])

    def tell(stage: str, done: int, total: int) -> None:
        start, end = _STAGES[stage]
        progress(start + (end - start) * done / total)

    with _whole(path) as unfinished:
        unfinished.write_bytes(
            prints.printed(
                published,
                printing.order,
                printing.settings,
                kind=printing.kind,
                listed=printing.listed,
                progress=tell,
            )
        )


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file to write; it gets its name once it is whole."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        yield unfinished
        shutil.move(unfinished, path)


def build_tiles(progress: Progress, database: str, run: str, folder: Path) -> None:
    """Build the tiles of a run for every audience and level, those that are not there yet."""
    store = Store(database)
    published = [store.published(run, audience) for audience in AUDIENCES.values()]
    store.close()
    wanted = [
        (one, shown.level)
        for one in published
        for shown in (*one.levels.values(), one.pockets)
        if shown.table.height  # there may be no pocket
    ]
    for number, (one, level) in enumerate(wanted):
        progress(number / len(wanted))
        path = tiles.archive_in(folder, one, level)
        if not path.exists():
            tiles.write_archive(one, level, path)


def check_boundaries(progress: Progress, path: Path, asked: BoundaryQuestion) -> dict[str, Any]:
    """Return the report on a boundary file: what it is, what it means, and every defect."""
    return {"report": _checked(progress, path, asked).report.as_dict(_MOST_FINDINGS)}


def load_boundaries(progress: Progress, path: Path, asked: BoundaryQuestion, database: str) -> dict[str, Any]:
    """Keep a boundary file as a new version of a set; return its report, its id and what changed."""
    checked = _checked(progress, path, asked)
    return {"report": checked.report.as_dict(_MOST_FINDINGS), **_loaded(checked, asked, database)}


def report_boundaries(
    progress: Progress,
    path: Path,
    asked: BoundaryQuestion,
    database: str | None,
    confirmed: bytes | None,
) -> dict[str, Any]:
    """Return the report on a boundary file as a part of a page; with a database, load it where nothing stops it.

    ``confirmed`` is a table of names and codes that a person has confirmed; ``matches`` is the one to be confirmed.
    """
    table = path.with_name(f"{path.name}.padanan.csv")
    if confirmed is not None:
        table.write_bytes(confirmed)
    checked = _checked(progress, path, asked, None if confirmed is None else table)
    part: dict[str, Any] = {"report": boundary_report.as_part(checked)}
    if checked.report.is_matched_by_name:
        matching.write(checked.report.matches, table)
        part["matches"] = table.read_bytes()
    if database is None:
        return part
    try:
        return {**part, **_loaded(checked, asked, database)}
    except KantongError as error:
        return {**part, "problem": str(_without_folder(error, path))}


def _checked(progress: Progress, path: Path, asked: BoundaryQuestion, matches: Path | None = None) -> Checked:
    progress(0.1)
    try:
        return boundaries.check_file(path, _options(asked, matches))
    except KantongError as error:
        raise _without_folder(error, path) from None


def _loaded(checked: Checked, asked: BoundaryQuestion, database: str) -> dict[str, Any]:
    try:
        units = checked.boundary_set(asked.name, source=asked.source, valid_from=asked.valid_from)
    except KantongError as error:
        raise _without_folder(error, checked.path) from None
    store = Store(database)
    try:
        loaded = versions.load(store, checked, units)
    finally:
        store.close()
    return {"set": units.id, "is_new": loaded.is_new, "since": loaded.since}


def _options(asked: BoundaryQuestion, matches: Path | None) -> Options:
    choices = Choices(asked.level, asked.code_system, asked.code_column, asked.name_column, matches)
    return Options(asked.layer, asked.crs, choices, repairs.parse(asked.repair))


def _without_folder(error: KantongError, path: Path) -> KantongError:
    """Return the same error without where the server put the file."""
    return type(error)(str(error).replace(f"{path.parent}/", ""))
