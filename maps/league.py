"""The ranking table on paper: every zone in order, and the hidden ones with their reason."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from geo.disclosure import Published, PublishedRun
from geo.specification import Specification
from maps.marginalia import audience_name, edition
from maps.numbers import ABSENT, number
from maps.palette import GENERAL_MEASURES, LEVEL_LABELS, REASON_LABELS, STATUS_LABELS, Classes
from maps.sheet import drawn_level

_FORMATS = {measure.id: measure.format for measure in GENERAL_MEASURES}
_MEASURES = ("poor_persons", "poor_households", "h", "a", "m0")


def ranking_texts(run: PublishedRun, ranked: pl.DataFrame, classes: Classes) -> dict[str, Any]:
    """Return all that the template sets on the ranking pages.

    Parameters
    ----------
    ranked
        The shown zones in order, with the column ``rank``.
    classes
        The classes of M0, as on the maps.
    """
    zones = run.levels[drawn_level(run)]
    parents = _parent_names(run, zones)
    level = LEVEL_LABELS[zones.level].id.lower()
    specification = run.summary.specification
    return {
        "title": f"Peringkat {level} menurut M0",
        "place": run.summary.boundaries.place,
        "subtitle": f"{run.summary.register_name} · {run.summary.boundaries.name} · "
        f"{edition(run.summary)} · untuk: {audience_name(run.audience)}",
        "level": level.capitalize(),
        "rows": [_row(row, parents, classes, specification) for row in ranked.iter_rows(named=True)],
        "unranked": _unranked(zones, ranked, parents),
        "notes": list(run.summary.notes),
        "explanation": (
            "H: persentase jiwa dalam keluarga miskin. A: rata-rata skor deprivasi jiwa miskin. "
            "M0 = H × A. Peringkat sama berarti M0 sama. Deprivasi terbesar: indikator dengan sumbangan "
            f"terbesar pada M0. Miskin bila skor deprivasi ≥ {specification.cutoff}."
        ),
    }


def _parent_names(run: PublishedRun, zones: Published) -> Mapping[str, str]:
    kecamatan = run.levels.get("kecamatan")
    if kecamatan is None or kecamatan is zones:
        return {}
    return dict(zip(kecamatan.table["code"], kecamatan.table["name"], strict=True))


def _row(
    row: Mapping[str, Any], parents: Mapping[str, str], classes: Classes, specification: Specification
) -> dict[str, Any]:
    position = classes.position(row["m0"])
    assert position is not None
    deprivation, agency = _largest_deprivation(row, specification)
    return {
        "rank": _rank(row),
        "colour": classes.items[position].colour,
        "share": classes.items[position].share.id,
        "code": row["code"],
        "name": row["name"],
        "parent": parents.get(row["parent"], ABSENT),
        "figures": [
            number(row["households"]),
            *(_FORMATS[name](row[name]) for name in _MEASURES),
        ],
        "deprivation": deprivation,
        "agency": agency,
    }


def _rank(row: Mapping[str, Any]) -> str:
    """Write the rank, and between which ranks it lies where that is known."""
    if row.get("rank_low") is None:
        return str(row["rank"])
    return f"{row['rank']} ({row['rank_low']}–{row['rank_high']})"


def _largest_deprivation(row: Mapping[str, Any], specification: Specification) -> tuple[str, str]:
    known = [
        (row[column], indicator)
        for indicator in specification.indicators
        if row.get(column := f"contribution_{indicator.id}")
    ]
    if not known:
        return ABSENT, ""
    _, largest = max(known, key=lambda pair: pair[0])
    return largest.label.id, largest.agency


def _unranked(zones: Published, ranked: pl.DataFrame, parents: Mapping[str, str]) -> list[dict[str, str]]:
    """List what has no rank: hidden zones with their reason, then zones without families."""
    rest = zones.table.filter(~pl.col("code").is_in(ranked["code"].to_list()))
    rest = rest.sort(pl.col("status") != "hidden", "code")
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "parent": parents.get(row["parent"], ABSENT),
            "status": STATUS_LABELS[row["status"]].id,
            "reason": REASON_LABELS[row["reason"]].id if row["reason"] in REASON_LABELS else ABSENT,
        }
        for row in rest.iter_rows(named=True)
    ]
