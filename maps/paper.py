"""Sizes of paper, and how much of each the map gets."""

from collections.abc import Mapping
from dataclasses import dataclass

from geo.errors import ParameterError

#: Width of the band around a map that holds its coordinates.
BAND_MM = 7.0

_EDGE_MM = 8.0


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper and the layout of a sheet on it.

    Attributes
    ----------
    panel_beside_mm
        Width of the marginal information beside a map on paper turned on its side.
    panel_below_mm
        Its height below a map on upright paper.
    text_pt
        Size of the marginal text; a panel that would overflow is set smaller.
    """

    name: str
    short_mm: float
    long_mm: float
    panel_beside_mm: float
    panel_below_mm: float
    text_pt: float

    def map_mm(self, *, landscape: bool) -> tuple[float, float]:
        """Return width and height of the map proper, inside its band of coordinates."""
        wide = self.long_mm if landscape else self.short_mm
        high = self.short_mm if landscape else self.long_mm
        beside, below = (self.panel_beside_mm, 0.0) if landscape else (0.0, self.panel_below_mm)
        border = 2 * (_EDGE_MM + BAND_MM)
        return wide - border - beside, high - border - below


A4 = Paper("A4", 210, 297, 110, 116, 6.4)
A3 = Paper("A3", 297, 420, 110, 112, 7.8)
A2 = Paper("A2", 420, 594, 128, 128, 9.6)
A1 = Paper("A1", 594, 841, 150, 150, 12.0)
PAPERS: Mapping[str, Paper] = {paper.name: paper for paper in (A4, A3, A2, A1)}


def paper_of(name: str) -> Paper:
    """Return a paper by its name.

    Raises
    ------
    ParameterError
        When sheets are not printed on it.
    """
    if name.upper() in PAPERS:
        return PAPERS[name.upper()]
    raise ParameterError(f"sheets are not printed on {name!r}. Name one of: {', '.join(PAPERS)}.")
