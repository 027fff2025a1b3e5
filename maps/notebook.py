"""Maps inside a notebook, without a network: the planner's page, and sheets as they will be printed."""

import html
from dataclasses import dataclass

from geo.disclosure import PublishedRun
from maps.atlas import sheet_pages
from maps.ground import Ground
from maps.planner import planner_file
from maps.thematic import DEFAULT_MEASURE
from maps.typesetting import PLAIN, PrintSettings, typeset_svg


@dataclass(frozen=True, slots=True)
class NotebookMap:
    """A map that a notebook shows as the value of a cell.

    Attributes
    ----------
    run
        What one audience may see.
    height_px
        How tall it is drawn.
    """

    run: PublishedRun
    height_px: int = 640

    def _repr_html_(self) -> str:
        page = html.escape(planner_file(self.run), quote=True)
        style = f"width:100%;height:{self.height_px}px;border:1px solid #ccc"
        return f'<iframe title="Peta kantong kemiskinan" srcdoc="{page}" style="{style}"></iframe>'


@dataclass(frozen=True, slots=True)
class NotebookSheet:
    """A printed sheet that a notebook shows inline, as the paper will look.

    Attributes
    ----------
    run
        What one audience may see.
    level, code
        The place, as `maps.atlas.print_sheet` takes it.
    settings
        Paper, scale, language and office.
    measure
        What the map is drawn by, such as ``m0``, ``h`` or ``layer_banjir``.
    """

    run: PublishedRun
    level: str
    code: str
    settings: PrintSettings = PLAIN
    measure: str = DEFAULT_MEASURE

    def _repr_html_(self) -> str:
        ground = Ground(self.run, measure=self.measure)
        pages = sheet_pages(ground, ground.subject(self.level, self.code), self.settings)
        drawn = typeset_svg(pages, self.code, self.settings)
        return "".join(page.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1) for page in drawn)
