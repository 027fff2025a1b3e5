"""Printed sheets at a true scale, and the atlas that binds them with ranking, profiles and what they rest on."""

from collections.abc import Sequence

from shapely.geometry.base import BaseGeometry

from geo.disclosure import PublishedRun
from geo.errors import ParameterError
from geo.ranking import rank
from maps import chapters, sheet
from maps.ground import Ground, Subject
from maps.layout import lay_out
from maps.league import ranking_page
from maps.locator import small_locator
from maps.marginalia import Numbering, audience_name, edition, sheet_page
from maps.profile import LOCATOR_MM, city_of, profile_page
from maps.thematic import DEFAULT_MEASURE
from maps.typesetting import PLAIN, Page, PrintSettings, Progress, silent, typeset


def print_sheet(
    run: PublishedRun,
    level: str,
    code: str,
    settings: PrintSettings = PLAIN,
    *,
    measure: str = DEFAULT_MEASURE,
    listed: int | None = None,
    progress: Progress = silent,
) -> bytes:
    """Print one place: one sheet, or an index and a grid of sheets where the scale asked for needs several.

    Parameters
    ----------
    run
        What one audience may see of a run; the sheet names that audience.
    level, code
        A level of the run and the code of one of its places, or ``pocket`` and its number.
    measure
        What the map is drawn by: the id of a measure of the run or of a layer beside its register.
    listed
        How many places the priority list holds; None: a fifth of those ranked.
    progress
        Called after each sheet with ``sheets``, their number so far and in all.

    Returns
    -------
    bytes
        A PDF of vector maps, at true scale in the run's UTM zone (WGS 84).

    Raises
    ------
    ParameterError
        When there is no such place or measure, the measure has no values there, the scale cannot be printed, or a text
        holds a character without a glyph.
    """
    ground = Ground(run, listed, measure)
    return _print_subject(ground, ground.subject(level, code), settings, progress)


def print_area(
    run: PublishedRun,
    name: str,
    polygon: BaseGeometry,
    settings: PrintSettings = PLAIN,
    *,
    measure: str = DEFAULT_MEASURE,
    listed: int | None = None,
    progress: Progress = silent,
) -> bytes:
    """Print an area that somebody drew (EPSG:4326), as `print_sheet` prints a place."""
    ground = Ground(run, listed, measure)
    return _print_subject(ground, ground.area(name, polygon), settings, progress)


def _print_subject(ground: Ground, subject: Subject, settings: PrintSettings, progress: Progress) -> bytes:
    pages = sheet_pages(ground, subject, settings, progress=progress)
    title = f"{subject.name}, {ground.run.summary.boundaries.place}"
    if ground.measure.id != DEFAULT_MEASURE:
        title = f"{title}: {settings.wording.of(ground.measure.label)}"
    return typeset(pages, title, settings)


def sheet_pages(
    ground: Ground, subject: Subject, settings: PrintSettings, *, progress: Progress = silent
) -> list[Page]:
    """Return the sheets of one subject, before several of them an index sheet of the whole."""
    layout = lay_out(subject, settings.paper, settings.scale, ground.epsg)
    several = len(layout.frames) > 1
    pages = []
    if several:
        overview = lay_out(subject, settings.paper, None, ground.epsg)
        drawn = sheet.draw(ground, subject, overview, 0, settings.wording, sheets=layout.frames)
        pages.append(sheet_page(ground, subject, overview, drawn, None, settings, layout))
    for number in range(len(layout.frames)):
        drawn = sheet.draw(ground, subject, layout, number, settings.wording)
        numbering = Numbering(number + 1, len(layout.frames)) if several else _numbering(ground, subject)
        pages.append(sheet_page(ground, subject, layout, drawn, numbering, settings))
        progress("sheets", number + 1, len(layout.frames))
    return pages


def _numbering(ground: Ground, subject: Subject) -> Numbering:
    """Tell which sheet of the districts this is; any other subject is a sheet of its own."""
    codes = [district.code for district in ground.districts]
    if subject.level == "kecamatan" and subject.code in codes:
        return Numbering(codes.index(subject.code) + 1, len(codes))
    return Numbering(1, 1)


def print_atlas(
    run: PublishedRun,
    settings: PrintSettings = PLAIN,
    *,
    listed: int | None = None,
    profiles: Sequence[str] | None = None,
    progress: Progress = silent,
) -> bytes:
    """Print the atlas of a run.

    A cover with the city's summary and the method, contents, a map of the whole and one of each kecamatan, the
    ranking, a profile of each priority place, the pockets, the quality of the data, and terms and protection.

    Parameters
    ----------
    run
        What one audience may see of a run; every page names that audience.
    listed
        How many places the priority list holds; None: a fifth of those ranked.
    profiles
        Codes of the places to profile, in order; None: those at the top of the ranking, as many as the list holds.
    progress
        Called after each map with ``sheets`` or ``profiles``, their number so far and in all.

    Returns
    -------
    bytes
        A PDF with bookmarks; the same run gives the same bytes.

    Raises
    ------
    ParameterError
        When a place to profile is not in the run, or a text holds a character without a glyph.
    """
    ground = Ground(run, listed)
    wording, summary = settings.wording, run.summary
    title = wording("atlas_title")
    running = wording(
        "running",
        title=title,
        place=summary.boundaries.place,
        edition=edition(summary, wording),
        audience=audience_name(run.audience, wording),
    )
    pages = [
        chapters.cover_page(ground, title, settings),
        chapters.contents_page(wording),
        *_maps(ground, settings, progress),
        ranking_page(ground, wording),
        *_profiles(ground, settings, _priority_places(ground) if profiles is None else profiles, progress),
        chapters.pockets_page(ground, wording),
        chapters.quality_page(ground, wording),
        chapters.glossary_page(ground, wording),
    ]
    return typeset(pages, f"{title} {summary.boundaries.place}", settings, running=running)


def _maps(ground: Ground, settings: PrintSettings, progress: Progress) -> list[Page]:
    """Return the whole and every kecamatan, one sheet each whatever scale was asked for of single sheets."""
    subjects = [ground.whole, *(district for district in ground.districts if district is not ground.whole)]
    pages = []
    for number, subject in enumerate(subjects, start=1):
        layout = lay_out(subject, settings.paper, None, ground.epsg)
        drawn = sheet.draw(ground, subject, layout, 0, settings.wording)
        page = sheet_page(ground, subject, layout, drawn, _numbering(ground, subject), settings)
        chapter = settings.wording("chapter_maps") if number == 1 else ""
        pages.append({**page, "level": 2, "chapter": chapter})
        progress("sheets", number, len(subjects))
    return pages


def _priority_places(ground: Ground) -> list[str]:
    ranked = rank(ground.main.zones.table, "m0")
    return ranked["code"].head(ground.main.listed).to_list()


def _profiles(
    ground: Ground, settings: PrintSettings, codes: Sequence[str], progress: Progress
) -> list[Page]:
    positions = {code: position for position, code in enumerate(ground.main.zones.table["code"])}
    city, locator = city_of(ground), small_locator(ground, *LOCATOR_MM)
    pages = []
    for number, code in enumerate(codes, start=1):
        if code not in positions:
            raise ParameterError(f"the run has no {ground.main_level} {code!r} to profile.")
        page = profile_page(ground, positions[code], city, locator, settings.wording)
        pages.append({**page, "chapter": settings.wording("chapter_profiles") if number == 1 else ""})
        progress("profiles", number, len(codes))
    return pages
