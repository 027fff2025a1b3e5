"""The planner's map inside a notebook, without a network."""

import html
from dataclasses import dataclass

from geo.disclosure import PublishedRun
from maps.planner import planner_file


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
