"""The command that prints: sheets, the atlas, the annex of a decree, maps side by side."""

from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Annotated

import shapely
import typer

from api.commands.terminal import (
    AUDIENCE_LABELS,
    DATABASE,
    AudienceName,
    Database,
    Run,
    audience,
    bars,
    choice,
    note,
    say,
    written_whole,
)
from geo import layers
from geo.disclosure import PublishedRun
from geo.errors import ParameterError
from geo.shortlists import Shortlist, pick
from geo.store import Store, bridging
from maps import atlas, comparison, multiples, prints
from maps.office import read_office
from maps.paper import PAPERS
from maps.prints import AnnexOrder, AtlasOrder, SheetOrder
from maps.thematic import DEFAULT_MEASURE
from maps.typesetting import PrintSettings, Progress

_PLANNER = "planner"

Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        metavar="LEVEL:CODE",
        help="One place, such as kecamatan:32.71.01, kelurahan:32.71.01.1001, pocket:3.",
    ),
]
Area = Annotated[
    Path | None,
    typer.Option("--area", help="An area that was drawn: a file with a polygon, such as GeoJSON."),
]
MeasureId = Annotated[
    str,
    typer.Option(
        "--measure",
        help="What --sheet and --area are drawn by: m0, h, a, poor_households, poor_persons, poor_per_km2, vulnerable, "
        "severe, censored_… or uncensored_… of an indicator, layer_….",
    ),
]
PaperName = Annotated[str, typer.Option("--paper", help=f"Paper of map sheets: {', '.join(PAPERS)}.")]
Scale = Annotated[
    int | None,
    typer.Option(
        "--scale",
        help="Denominator, such as 25000; several sheets where one does not hold the place. Without it, the largest "
        "round scale that fits one sheet.",
    ),
]
Listed = Annotated[
    int | None,
    typer.Option(
        "--top", help="How many places the priority list holds; a fifth of those ranked without it."
    ),
]
ShortlistId = Annotated[
    str | None,
    typer.Option(
        "--shortlist", help="Id of a shortlist: its places as the annex of a decree; .pdf, .docx or .xlsx."
    ),
]
Picked = Annotated[
    list[str] | None,
    typer.Option("--pick", help="Code of a place of --level for the annex of a decree; repeat it, in order."),
]
Compared = Annotated[
    str | None,
    typer.Option("--compare", help="Id of an older run: both side by side, and what changed for certain."),
]
Language = Annotated[str, typer.Option("--lang", help="id or en.")]
OfficeFile = Annotated[
    Path | None,
    typer.Option(
        "--office",
        envvar="KANTONG_OFFICE",
        help="TOML file of the office: government, agency, address, logo, signed_at, signatory_title, signatory_name.",
    ),
]


def print_(
    run: Run,
    out: Annotated[
        Path, typer.Option("--out", help="The file to write: .pdf; an annex also .docx or .xlsx.")
    ],
    whole_atlas: Annotated[
        bool, typer.Option("--atlas", help="The whole atlas; so without --sheet.")
    ] = False,
    sheet: Sheet = None,
    area: Area = None,
    measure: MeasureId = DEFAULT_MEASURE,
    shortlist: ShortlistId = None,
    picks: Picked = None,
    compare: Compared = None,
    indicators: Annotated[
        bool, typer.Option("--indicators", help="All indicators as small maps on one page.")
    ] = False,
    level: Annotated[
        str, typer.Option("--level", help="Level of the places picked with --pick.")
    ] = "kelurahan",
    paper: PaperName = "A3",
    scale: Scale = None,
    listed: Listed = None,
    lang: Language = "id",
    office: OfficeFile = None,
    audience_name: AudienceName = _PLANNER,
    database: Database = DATABASE,
) -> None:
    """Print the atlas of a run, sheets of one place, the annex of a decree, or maps side by side."""
    asked = (whole_atlas, sheet, area, shortlist, picks, compare, indicators)
    if sum(bool(each) for each in asked) > 1:
        raise ParameterError(
            "give one of --atlas, --sheet, --area, --shortlist, --pick, --compare and --indicators."
        )
    if measure != DEFAULT_MEASURE and sheet is None and area is None:
        raise ParameterError(
            f"--measure {measure}: give --sheet or --area; all else is by {DEFAULT_MEASURE}."
        )
    if listed is not None and listed < 1:
        raise ParameterError(f"--top {listed}: give at least 1.")
    settings = prints.settings_of(
        "en" if choice(lang, ("id", "en"), "--lang") == "en" else "id",
        paper,
        scale,
        None if office is None else read_office(office),
    )
    store = Store(database)
    published = store.published(run, audience(audience_name))
    kind = out.suffix.lower().removeprefix(".")
    if shortlist is not None or picks:
        picked = (
            store.shortlists.get(shortlist)
            if shortlist is not None
            else _picked(published, level, picks or [])
        )
        printed = prints.printed(published, AnnexOrder(picked), settings, kind=kind)
    elif kind != "pdf":
        raise ParameterError(f"{out}: what is not an annex is written as .pdf.")
    elif compare is not None:
        old = store.published(compare, audience(audience_name))
        if old.summary.id == published.summary.id:
            raise ParameterError(f"--compare {compare}: is the run that is printed. Name an older one.")
        printed = comparison.print_comparison(
            old, published, settings, lambda at: bridging.crosswalk(store, old, published, at)
        )
    elif indicators:
        printed = multiples.print_indicators(published, settings)
    else:
        with bars() as progress:
            printed = _printed(published, sheet, area, measure, settings, listed, progress)
    with written_whole(out) as draft:
        draft.write_bytes(printed)
    say(str(out))
    note(f"Untuk {AUDIENCE_LABELS[audience_name]}.")


def _picked(run: PublishedRun, level: str, codes: list[str]) -> Shortlist:
    """Return codes as a shortlist that nobody keeps."""
    epoch = datetime.fromtimestamp(0, UTC)
    empty = Shortlist("", run.summary.id, level, "", "", 0, epoch, epoch)
    return reduce(lambda kept, code: pick(kept, code, reason="", by="", at=epoch), codes, empty)


def _printed(
    run: PublishedRun,
    sheet: str | None,
    area: Path | None,
    measure: str,
    settings: PrintSettings,
    listed: int | None,
    progress: Progress,
) -> bytes:
    if area is not None:
        drawn = shapely.union_all(layers.read_polygons(area).geometry.to_numpy())
        return atlas.print_area(
            run, area.stem, drawn, settings, measure=measure, listed=listed, progress=progress
        )
    order = AtlasOrder() if sheet is None else _sheet(sheet, measure)
    return prints.printed(run, order, settings, listed=listed, progress=progress)


def _sheet(named: str, measure: str) -> SheetOrder:
    level, colon, code = named.partition(":")
    if not colon:
        raise ParameterError(f"--sheet {named!r}: write the level and the code, such as kecamatan:32.71.01.")
    return SheetOrder(level, code, measure)
