"""Reports and rankings as text, CSV and plain values."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from api.commands.terminal import AUDIENCE_LABELS
from geo import inspection, ranking
from geo.disclosure import Published, PublishedRun
from geo.misfits import Misfit
from geo.report import PlacementReport, RunSummary
from geo.schema import Variable
from geo.specification import Label, Specification
from maps import palette
from maps.numbers import number, percent
from maps.placement import PLACEMENT_LABELS

_WIDTH = 160
_RANKS_IN_WORDS = 5


def report_values(summary: RunSummary) -> dict[str, Any]:
    """Return the report of a run as plain values."""
    placement, boundaries = summary.placement, summary.boundaries
    return {
        "run": summary.id,
        "read": placement.read,
        "located": placement.located,
        "by_code": placement.by_code,
        "refused": placement.refused,
        "reasons": dict(placement.reasons),
        "register": summary.register_name,
        "boundaries": {
            "name": boundaries.name,
            "id": boundaries.id,
            "place": boundaries.place,
            "codes": boundaries.code_system,
            "source": boundaries.source,
            "valid_from": boundaries.valid_from.isoformat() if boundaries.valid_from else None,
        },
        "specification": summary.specification.name,
        "cutoff": str(summary.specification.cutoff),
        "weights": {name: str(weight) for name, weight in summary.specification.weights.items()},
        "resolution": summary.resolution,
        "notes": [note.id for note in summary.notes],
        "notes_en": [note.en for note in summary.notes],
    }


def report_text(summary: RunSummary) -> str:
    """Return the report of a run for a person."""
    placement = summary.placement
    lines = [
        f"Run           {summary.id}",
        f"Tempat        {summary.boundaries.place}",
        f"Register      {summary.register_name}",
        f"Batas         {summary.boundaries.name} ({summary.boundaries.code_system})",
        f"Spesifikasi   {summary.specification.label.id}, k = {summary.specification.cutoff}",
        "",
        f"Dibaca        {number(placement.read)} keluarga",
        f"  dengan titik  {number(placement.located)}",
        f"  dengan kode   {number(placement.by_code)}"
        + (f", di antaranya {number(placement.by_rw)} menurut RW" if placement.by_rw else ""),
        f"  ditolak       {number(placement.refused)}",
    ]
    if placement.reasons:
        lines += ["", "Rincian"]
        lines += [
            f"  {number(count):>12}  {PLACEMENT_LABELS[reason].id}"
            for reason, count in placement.reasons.items()
        ]
    if summary.notes:
        lines += ["", "Catatan", *(f"  {note.id}" for note in summary.notes)]
    return "\n".join(lines)


def refusals_csv(placement: PlacementReport, misfits: Sequence[Misfit] = ()) -> str:
    """Return by file and row, as CSV, the refused households and what does not fit; no more than where it stands."""
    labels = {f"refused_{one.reason}": Label(one.reason, one.reason) for one in placement.refusals}
    labels |= PLACEMENT_LABELS
    rows = [(one.file, one.row, labels[f"refused_{one.reason}"].id) for one in placement.refusals]
    rows += [(one.file, one.row, _misfit_text(one)) for one in misfits]
    return pl.DataFrame(rows, schema=["berkas", "baris", "alasan"], orient="row").write_csv()


def thousands_text(path: Path, variables: Mapping[str, Variable]) -> str:
    """Warn of numbers that look as if a sign stood for thousands; "" where none does."""
    columns = inspection.with_thousands(path, variables)
    if not columns:
        return ""
    return (
        f"{path.name}: {', '.join(columns)}: angka tampaknya memakai pemisah ribuan (1.234), tetapi dibaca sebagai "
        "pecahan desimal. Bila itu ribuan, ekspor ulang tanpa pemisah ribuan."
    )


def _misfit_text(one: Misfit) -> str:
    if one.beside is not None:
        return f"nomor keluarga sama dengan baris {one.beside}"
    return PLACEMENT_LABELS[one.reason].id


def uncertainty_text(run: PublishedRun) -> str:
    """Say in words how sure the first ranks are."""
    published = run.levels["kelurahan"] if "kelurahan" in run.levels else next(iter(run.levels.values()))
    ranked = ranking.rank(published.table).head(_RANKS_IN_WORDS)
    reader = AUDIENCE_LABELS[run.audience.name]
    heading = f"Peringkat M0 {published.level} untuk {reader} (ketidakpastian superpopulasi, 95 %)"
    sentences = [
        f"  {row['name']}: peringkat {row['rank']}, antara {row['rank_low']} dan {row['rank_high']}"
        for row in ranked.to_dicts()
    ]
    return "\n".join(["", heading, *sentences])


def rank_values(
    run: PublishedRun, published: Published, ranked: pl.DataFrame, by: str, hidden: int
) -> dict[str, Any]:
    """Return a ranking as plain values."""
    return {
        "run": run.summary.id,
        "audience": published.audience.name,
        "level": published.level,
        "by": by,
        "hidden": hidden,
        "places": ranked.drop("status", "reason").to_dicts(),
    }


def rank_csv(run: PublishedRun, published: Published, ranked: pl.DataFrame) -> str:
    """Return a ranking as CSV; every row says which run it is of and for whom."""
    labelled = ranked.drop("status", "reason").select(
        "rank",
        "priority_class",
        pl.lit(published.level).alias("level"),
        pl.all().exclude("rank", "priority_class"),
        pl.lit(published.audience.name).alias("audience"),
        pl.lit(run.summary.id).alias("run"),
    )
    return labelled.write_csv().rstrip("\n")


def rank_text(run: PublishedRun, published: Published, ranked: pl.DataFrame, by: str) -> str:
    """Return a ranking as a table for a person."""
    specification = run.summary.specification
    table = Table(
        box=SIMPLE_HEAD,
        title=f"{run.summary.boundaries.place}, {published.level}, urut {by}",
        title_justify="left",
    )
    table.add_column("Peringkat", justify="right")
    sure = by == "m0" and "rank_low" in ranked.columns
    if sure:
        table.add_column("Antara", justify="right")
    table.add_column("Kelas")
    table.add_column("Kode", no_wrap=True)
    table.add_column("Nama")
    for heading in ("Keluarga", "Keluarga miskin", "Jiwa miskin", "H", "A", "M0"):
        table.add_column(heading, justify="right")
    shown_beside = {"households", "poor_households", "poor_persons", "h", "a", "m0"}
    if by not in shown_beside:
        table.add_column(by, justify="right")
    table.add_column("Deprivasi terbesar")
    for row in ranked.to_dicts():
        cells = _row(row, specification)
        between = [f"{row['rank_low']}–{row['rank_high']}"] if sure else []
        table.add_row(
            cells[0],
            *between,
            *cells[1:-1],
            *([number(row[by], 3)] if by not in shown_beside else []),
            cells[-1],
        )
    sink = io.StringIO()
    console = Console(file=sink, width=_WIDTH)
    console.print(f"Untuk {AUDIENCE_LABELS[published.audience.name]} · run {run.summary.id[:12]}")
    console.print(table)
    return sink.getvalue().rstrip()


def _row(row: dict[str, Any], specification: Specification) -> list[str]:
    return [
        str(row["rank"]),
        palette.PRIORITY_CLASS_LABELS[row["priority_class"]].id,
        row["code"],
        row["name"],
        number(row["households"]),
        number(row["poor_households"]),
        number(row["poor_persons"]),
        percent(row["h"]),
        percent(row["a"]),
        number(row["m0"], 3),
        _largest(row, specification),
    ]


def _largest(row: dict[str, Any], specification: Specification) -> str:
    """Return the label of the indicator that contributes most."""
    contributions = [
        (row[f"contribution_{item.id}"], item.label.id)
        for item in specification.indicators
        if row[f"contribution_{item.id}"] is not None
    ]
    return max(contributions)[1] if contributions else ""
