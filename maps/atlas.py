"""Printed sheets at a true scale."""

from geo.disclosure import PublishedRun
from maps import sheet
from maps.ground import Ground, Subject
from maps.marginalia import Numbering, sheet_page
from maps.typesetting import Page, PrintSettings, Progress, silent, typeset


def print_sheets(
    ground: Ground, subject: Subject, settings: PrintSettings = PrintSettings(), *, progress: Progress = silent
) -> bytes:
    """Print one subject: one sheet, or a grid of sheets where the scale asked for needs several.

    Returns
    -------
    bytes
        A PDF of vector maps, at true scale in the run's UTM zone (WGS 84).
    """
    pages = sheet_pages(ground, subject, settings, progress=progress)
    return typeset(pages, f"{subject.name}, {ground.run.summary.boundaries.place}", settings)


def sheet_pages(
    ground: Ground, subject: Subject, settings: PrintSettings, *, progress: Progress = silent
) -> list[Page]:
    """Return the sheets of one subject, and before several of them their index sheet."""
    layout = sheet.lay_out(ground, subject, settings.paper, settings.scale)
    pages = []
    for number in range(len(layout.frames)):
        progress("sheets", number, len(layout.frames))
        drawn = sheet.draw(ground, subject, layout, number, settings.wording)
        numbering = Numbering(number + 1, len(layout.frames))
        pages.append(sheet_page(ground, subject, layout, drawn, numbering, settings))
    progress("sheets", len(layout.frames), len(layout.frames))
    return pages
