"""Two dates side by side: M0 then and now in one scale, and where it changed for certain."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from geo.change import RunChange, between
from geo.disclosure import Published, PublishedRun
from maps.choropleth import Base, base_of, choropleth
from maps.ground import Ground
from maps.league import parent_names
from maps.legend import signs_without_class, too_far
from maps.marginalia import audience_name, edition, level_name
from maps.numbers import ABSENT
from maps.palette import GENERAL_MEASURES, INK, Classes, classify
from maps.typesetting import PLAIN, Page, PrintSettings, typeset
from maps.wording import Wording

_MAP_MM = (128.0, 192.0)
_MEASURES = ("m0", "h", "poor_persons")

#: Fill of a zone by what became of it; up and down also differ in lightness and by an arrow.
CHANGE_COLOURS: Mapping[str, str] = {"up": "#8c510a", "down": "#9ecae1", "same": "#ffffff"}


def print_comparison(
    old: PublishedRun,
    new: PublishedRun,
    settings: PrintSettings = PLAIN,
    crosswalk_at: Callable[[str], pl.DataFrame | None] = lambda _: None,
) -> bytes:
    """Print two runs side by side on A3, and a table of every place on A4.

    Method: differences of M0 with their standard errors, two-sided, at a false discovery rate of 5 % over the places
    (`geo.change`); a place that is hidden in one of the runs is not compared.

    Parameters
    ----------
    old, new
        Two runs as one audience may see them.
    crosswalk_at
        Of a level: how the old units spread over the new ones, where the boundary versions differ.

    Returns
    -------
    bytes
        A PDF.

    Raises
    ------
    ParameterError
        When the runs are not comparable, or for two audiences.
    """
    wording = settings.wording
    ground = Ground(new)
    level = ground.main_level
    compared = between(old, new, level, _MEASURES, crosswalk_at(level))
    title = wording("comparison_title", place=new.summary.boundaries.place)
    running = wording(
        "comparison_running",
        old=edition(old.summary, wording),
        new=edition(new.summary, wording),
        audience=audience_name(new.audience, wording),
    )
    pages = [
        _maps_page(ground, compared, old, new, wording),
        _table_page(ground, compared.table, old, new, wording),
    ]
    return typeset(pages, title, settings, running=running)


def _became(row: Mapping[str, Any]) -> str:
    """Say what became of a place: ``up``, ``down``, ``same``, or why it is not compared."""
    if row["status"] != "compared":
        return str(row["status"])
    if not row["m0_moved"]:
        return "same"
    return "up" if row["m0_difference"] > 0 else "down"


def _maps_page(
    ground: Ground, compared: RunChange, old: PublishedRun, new: PublishedRun, wording: Wording
) -> Page:
    before, after = compared.old, compared.new
    base = base_of(ground, *_MAP_MM)
    scale = classify([*before.table["m0"], *after.table["m0"]], GENERAL_MEASURES[0])
    by_code = {row["code"]: row for row in compared.table.iter_rows(named=True)}
    codes = after.table["code"].to_list()
    became = [_became(by_code[code]) for code in codes]
    labels = {
        at: _arrow(by_code[code]["m0_difference"], wording)
        for at, code in enumerate(codes)
        if became[at] in ("up", "down")
    }
    fills = [CHANGE_COLOURS.get(which, None if which == "hidden" else INK.empty) for which in became]
    level = level_name(ground.main_level, wording)
    return {
        "kind": "comparison",
        "title": wording("comparison_title", place=new.summary.boundaries.place),
        "explanation": wording("comparison_explanation", level=level),
        "maps": [
            _map(base, _fills(before, codes, scale), old.summary.register_name, wording),
            _map(base, _fills(after, codes, scale), new.summary.register_name, wording),
            {
                "svg": choropleth(base, fills, labels),
                "name": wording("comparison_change"),
                "alt": wording("alt_change"),
            },
        ],
        "scale": f"1:{wording.number(base.frame.scale)}",
        "classes": [
            {"colour": item.colour, "range": scale.range_label(item, wording.lang), "share": "", "zones": ""}
            for item in scale.items
        ],
        "changes": [
            {
                "colour": CHANGE_COLOURS[which],
                "name": wording(f"change_{which}"),
                "count": str(became.count(which)),
            }
            for which in CHANGE_COLOURS
        ],
        "signs": signs_without_class(
            {
                which: f"{wording(f'change_{which}')}: {became.count(which)}"
                for which in dict.fromkeys(became)
                if which not in CHANGE_COLOURS
            }
        ),
        "beyond": too_far(ground, base.frame, wording),
        "notes": [
            finding.sentence.id if wording.lang == "id" else finding.sentence.en
            for finding in compared.findings
        ],
    }


def _map(base: Base, fills: list[str | None], name: str, wording: Wording) -> dict[str, str]:
    return {"svg": choropleth(base, fills), "name": name, "alt": wording("alt_indicator", name=name)}


def _fills(published: Published, codes: list[str], scale: Classes) -> list[str | None]:
    """Return the colour of M0 in the order of codes, None where it is hidden."""
    rows = {row["code"]: row for row in published.table.select("code", "status", "m0").iter_rows(named=True)}
    empty = {"status": "empty", "m0": None}
    found = [rows.get(code, empty) for code in codes]
    return [None if row["status"] == "hidden" else scale.colour(row["m0"]) for row in found]


def _arrow(difference: float, wording: Wording) -> str:
    return ("↑" if difference > 0 else "↓") + wording.number(abs(difference), 3)


def _table_page(
    ground: Ground, changed: pl.DataFrame, old: PublishedRun, new: PublishedRun, wording: Wording
) -> Page:
    parents = parent_names(ground)
    above = dict(ground.main.zones.table.select("code", "parent").iter_rows())
    ordered = changed.sort(pl.col("m0_difference").abs(), descending=True, nulls_last=True)
    level = level_name(ground.main_level, wording)
    return {
        "kind": "changes",
        "title": wording("comparison_table"),
        "then": old.summary.register_name,
        "now": new.summary.register_name,
        "level": level.capitalize() if not level.isupper() else level,
        "rows": [
            {
                "name": row["name"] or row["code"],
                "code": row["code"],
                "parent": parents.get(above.get(row["code"], ""), ABSENT),
                "bold": _became(row) in ("up", "down"),
                "became": wording(f"change_{_became(row)}"),
                "figures": [
                    wording.number(row["m0_old"], 3),
                    wording.number(row["m0_new"], 3),
                    _signed(row["m0_difference"], wording),
                    wording.number(row["m0_se"], 4),
                    wording.percent(row["h_old"]),
                    wording.percent(row["h_new"]),
                    wording.number(row["poor_persons_old"]),
                    wording.number(row["poor_persons_new"]),
                ],
            }
            for row in ordered.iter_rows(named=True)
        ],
    }


def _signed(difference: float | None, wording: Wording) -> str:
    written = wording.number(difference, 3)
    return f"+{written}" if difference is not None and difference > 0 else written
