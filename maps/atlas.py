"""The printed atlas: one true-scale A3 sheet a kecamatan, then the ranking, as one PDF set by Typst.

Nothing but the vendored fonts is used, the date in the file is fixed, and every text reaches Typst as data,
never as markup: the same run gives the same bytes.
"""

import json
from importlib import resources
from typing import Any

import polars as pl
import typst

from geo.disclosure import PublishedRun
from geo.errors import ParameterError
from geo.ranking import rank
from maps import sheet
from maps.league import ranking_texts
from maps.lettering import FAMILY, FONTS
from maps.marginalia import sheet_texts
from maps.sheet import District, Ground

_ONLY_VENDORED = typst.Fonts(
    include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
)


def print_atlas(run: PublishedRun, *, kecamatan: str | None = None) -> bytes:
    """Print the sheets of a run and its ranking.

    Method: every kecamatan has one A3 sheet at the largest round scale that holds it, with its kelurahan by
    class of M0, rank and name; the ranking of all kelurahan follows on A4. A run without the level kecamatan
    or kelurahan has one sheet of the whole.

    Parameters
    ----------
    run
        What one audience may see of a run; the sheets name that audience.
    kecamatan
        Code of the one kecamatan to print, as the run writes it; all when None.

    Returns
    -------
    bytes
        A PDF of vector maps, at true scale in the run's UTM zone (WGS 84).

    Raises
    ------
    ParameterError
        When the run has no such kecamatan.
    """
    ranked = _in_order(run)
    ground = sheet.survey(run, dict(zip(ranked["code"], ranked["rank"], strict=True)))
    sheets = [
        sheet_texts(ground, district, sheet.draw(ground, district), run.summary, run.audience)
        for district in _chosen(ground, kecamatan)
    ]
    return _typeset(
        {"family": FAMILY, "sheets": sheets, "ranking": ranking_texts(run, ranked, ground.classes)}
    )


def _in_order(run: PublishedRun) -> pl.DataFrame:
    return rank(run.levels[sheet.drawn_level(run)].table, "m0")


def _chosen(ground: Ground, kecamatan: str | None) -> list[District]:
    if kecamatan is None:
        return list(ground.districts)
    chosen = [district for district in ground.districts if district.code == kecamatan]
    if not chosen:
        known = ", ".join(district.code for district in ground.districts if district.code)
        raise ParameterError(
            f"the run has no kecamatan {kecamatan!r}. Name one of: {known or 'none, print the whole'}."
        )
    return chosen


def _typeset(content: dict[str, Any]) -> bytes:
    template = (resources.files("maps") / "templates" / "atlas.typ").read_bytes()
    pdf: bytes = typst.compile(
        template,
        font_paths=_ONLY_VENDORED,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        pdf_standards="a-2b",
        timestamp=0,
    )
    return pdf
