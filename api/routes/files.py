"""A run as files: GeoPackage, workbook, CSV, GeoJSON, PDF, one self-contained page."""

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Response

from api.auth import Asker, Permission, allow
from api.problems import documented
from api.routes.runs import PrintedBy, Reference, Runs
from api.tasks import MEDIA_TYPES
from geo.audit import Action
from geo.disclosure import Audience, PublishedRun
from maps import atlas, export, planner
from maps.office import Office
from maps.typesetting import PrintSettings

router = APIRouter(prefix="/api/v1/runs/{run}", tags=["files"], dependencies=[allow(Permission.EXPORT)])


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    **documented(404, 422),
}


@router.get("/export.{kind}", response_class=Response, responses=_FILE)
def export_file(
    run: Reference, kind: Literal["gpkg", "xlsx", "csv", "geojson"], runs: Runs, asker: Asker
) -> Response:
    """Return all levels and pockets in one file."""
    published = runs.run(run, asker.audience)
    runs.note(Action.EXPORTED, asker, published.summary.id, format=kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"kantong.{kind}"
        export.writer(path)(published, export.levels_of(published, None), path)
        content = path.read_bytes()
    return _attachment(content, MEDIA_TYPES[kind], published, kind)


@router.get("/atlas.pdf", response_class=Response, responses=_FILE)
def atlas_file(run: Reference, runs: Runs, asker: Asker, office: PrintedBy) -> Response:
    """Return the printed sheets as a PDF."""
    identifier = runs.resolve(run, asker.audience)
    published = runs.run(identifier, asker.audience)
    runs.note(Action.EXPORTED, asker, identifier, format="pdf")
    return _attachment(
        _printed(identifier, runs, asker.audience, office), "application/pdf", published, "pdf"
    )


@router.get("/page.html", response_class=Response, responses=_FILE)
def page_file(run: Reference, runs: Runs, asker: Asker) -> Response:
    """Return the page as one file that opens without a server."""
    published = runs.run(run, asker.audience)
    runs.note(Action.EXPORTED, asker, published.summary.id, format="html")
    return _attachment(
        planner.planner_file(published).encode(), "text/html; charset=utf-8", published, "html"
    )


@lru_cache(4)
def _printed(identifier: str, runs: Runs, audience: Audience, office: Office | None) -> bytes:
    return atlas.print_atlas(runs.run(identifier, audience), PrintSettings(office=office))


def _attachment(content: bytes, media_type: str, run: PublishedRun, kind: str) -> Response:
    name = f"kantong-{run.summary.id[:12]}-{run.audience.name}.{kind}"
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
