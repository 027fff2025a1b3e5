"""Lampiran Keputusan: the picked places as the annex of a decree, ready to sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.disclosure import PublishedRun
from geo.ranking import rank
from geo.shortlists import Decision, Shortlist, refuse_unknown
from maps.export import level_of
from maps.league import interval
from maps.marginalia import edition, level_name, office_in_use
from maps.numbers import ABSENT
from maps.typesetting import PLAIN, Page, PrintSettings, typeset
from maps.wording import Wording

_UNBROKEN = "\u00a0"
COUNTS = ("households", "poor_households", "poor_persons")


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """One place of the annex; a figure that is hidden is None.

    Attributes
    ----------
    rank
        With the interval it lies in, as written.
    """

    position: int
    code: str
    name: str
    parent: str
    counts: tuple[float | None, ...]
    rank: str
    reason: str


@dataclass(frozen=True, slots=True)
class Annex:
    """All that stands in the annex, in its order.

    Attributes
    ----------
    head
        The lines at the upper right: what it is an annex of, then number, date and subject.
    totals
        Sums of the figures that are shown.
    note
        Where the figures come from.
    """

    kind: str
    of: str
    head: tuple[tuple[str, str], ...]
    title: str
    columns: tuple[str, ...]
    rows: tuple[AnnexRow, ...]
    total: str
    totals: tuple[float | None, ...]
    note: str
    signatory_title: str
    signatory_name: str


def annex_of(run: PublishedRun, shortlist: Shortlist, settings: PrintSettings = PLAIN) -> Annex:
    """Put a shortlist into the words of an annex.

    Number, date and subject come from the decision; a shortlist without one leaves them open.

    Raises
    ------
    ParameterError
        When a picked place is not in the run.
    """
    wording, place = settings.wording, run.summary.boundaries.place
    published = level_of(run, shortlist.level)
    refuse_unknown(shortlist.codes, published)
    rows = _rows(run, shortlist, wording)
    office, decision = office_in_use(settings, place), shortlist.decision
    level = level_name(shortlist.level, wording)
    position = office.signatory_title if decision is None else decision.signatory_position
    return Annex(
        kind=wording("annex"),
        of=wording("annex_of", signatory=position).upper(),
        head=_head(decision, wording),
        title=wording("annex_title", place=place.replace(" ", _UNBROKEN)).upper(),
        columns=(
            wording("col_number"),
            wording("annex_code"),
            level.capitalize() if not level.isupper() else level,
            wording("col_kecamatan"),
            wording("annex_households"),
            wording("annex_poor_households"),
            wording("annex_poor_persons"),
            wording("annex_rank"),
            wording("annex_reason"),
        ),
        rows=rows,
        total=wording("annex_total"),
        totals=tuple(_total(row.counts[at] for row in rows) for at in range(len(COUNTS))),
        note=wording(
            "annex_note",
            register=run.summary.register_name,
            edition=edition(run.summary, wording),
            boundaries=run.summary.boundaries.name,
        ),
        signatory_title=position.upper(),
        signatory_name=office.signatory_name if decision is None else decision.signatory_name,
    )


def _head(decision: Decision | None, wording: Wording) -> tuple[tuple[str, str], ...]:
    known = (
        ("", "", "") if decision is None else (decision.number, wording.date(decision.date), decision.title)
    )
    return tuple(
        zip((wording(key) for key in ("annex_number", "annex_date", "annex_about")), known, strict=True)
    )


def _rows(run: PublishedRun, shortlist: Shortlist, wording: Wording) -> tuple[AnnexRow, ...]:
    table = level_of(run, shortlist.level).table
    by_code = {row["code"]: row for row in table.iter_rows(named=True)}
    ranks = dict(rank(table, "m0").select("code", "rank").iter_rows())
    kecamatan = run.levels.get("kecamatan")
    parents = {} if kecamatan is None else dict(kecamatan.table.select("code", "name").iter_rows())
    return tuple(
        AnnexRow(
            item.position,
            item.code,
            by_code[item.code]["name"],
            parents.get(by_code[item.code]["parent"], ABSENT),
            tuple(by_code[item.code][name] for name in COUNTS),
            _rank(by_code[item.code], ranks.get(item.code), wording),
            item.reason,
        )
        for item in sorted(shortlist.items, key=lambda item: item.position)
    )


def _rank(row: Mapping[str, Any], place: int | None, wording: Wording) -> str:
    if place is None:
        return wording("symbol_hidden")
    between = interval(row)
    return str(place) if between == ABSENT else f"{place} ({between})"


def _total(counts: Any) -> float | None:
    shown = [count for count in counts if count is not None]
    return sum(shown) if shown else None


def print_annex(run: PublishedRun, shortlist: Shortlist, settings: PrintSettings = PLAIN) -> bytes:
    """Print a shortlist as the annex of a decree.

    Returns
    -------
    bytes
        A PDF on A4.

    Raises
    ------
    ParameterError
        When a picked place is not in the run, or a text holds a character without a glyph.
    """
    content = annex_of(run, shortlist, settings)
    return typeset([_page(content, settings.wording)], f"{content.kind}, {content.title.title()}", settings)


def _page(content: Annex, wording: Wording) -> Page:
    return {
        "kind": "annex",
        "annex": content.kind.upper(),
        "of": content.of,
        "head": [list(line) for line in content.head],
        "title": content.title,
        "columns": list(content.columns),
        "rows": [
            [
                f"{row.position}.",
                row.code,
                row.name,
                row.parent,
                *(wording.number(count) for count in row.counts),
                row.rank,
                row.reason or ABSENT,
            ]
            for row in content.rows
        ],
        "total": content.total,
        "totals": [wording.number(total) for total in content.totals],
        "note": content.note,
        "signatory_title": content.signatory_title,
        "signatory_name": content.signatory_name,
    }
