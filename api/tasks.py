"""The work that is done in processes of its own: files of a run."""

import shutil
import tempfile
from pathlib import Path

from api.worker import Progress
from geo.disclosure import AUDIENCES
from geo.store import Store
from maps import atlas, export, planner

#: Media types of the files of a run, by format.
MEDIA_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}


def export_run(progress: Progress, database: str, run: str, audience: str, kind: str, path: Path) -> None:
    """Write a file of a run as one audience may see it; whole, or not at all."""
    store = Store(database)
    published = store.published(run, AUDIENCES[audience])
    store.close()
    progress(0.3)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        if kind == "pdf":
            unfinished.write_bytes(atlas.print_atlas(published))
        elif kind == "html":
            unfinished.write_text(planner.planner_file(published), "utf-8")
        else:
            export.writer(unfinished)(published, export.levels_of(published, None), unfinished)
        progress(0.95)
        shutil.move(unfinished, path)
