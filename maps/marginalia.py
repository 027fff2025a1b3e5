"""What stands beside a printed map: title, scale, legend, sources, agency and signature.

The order follows the layout of Perka BIG 3/2016 and SNI 6502: title, north and scale, projection, diagram lokasi,
keterangan, sumber data dan riwayat, agency, pengesahan.
"""

from dataclasses import dataclass
from typing import Any

from geo.codes import CodeSystem
from geo.disclosure import Audience
from geo.report import RunSummary
from geo.specification import Label
from maps import graticule, locator
from maps.figure import Frame
from maps.ground import AREA, Ground, Layer, Subject
from maps.layout import Layout
from maps.legend import symbol_rows
from maps.office import Office, office_of
from maps.palette import LEVEL_LABELS, Measure
from maps.paper import BAND_MM
from maps.sheet import SheetMap
from maps.thematic import DEFAULT_MEASURE, is_told_by_class
from maps.typesetting import Page, PrintSettings
from maps.wording import Wording

_INDEX_LENGTH = 12
_NOTES = 2
_CODE_SYSTEMS = {CodeSystem.BPS: "BPS", CodeSystem.KEMENDAGRI: "Kemendagri"}


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which sheet of how many this is."""

    number: int
    of: int


def audience_name(audience: Audience, wording: Wording) -> str:
    """Return for whom a print is made."""
    return wording(f"audience_{audience.name}")


def edition(summary: RunSummary, wording: Wording) -> str:
    """Return the edition: the start of the run's id, which changes with anything that was counted."""
    return wording("edition", run=summary.id[:8])


def level_name(level: str, wording: Wording) -> str:
    """Return the name of a level inside a sentence."""
    if level.startswith("h3-"):
        return wording("cell_level", resolution=level.removeprefix("h3-"))
    name = wording.of(LEVEL_LABELS[level])
    return name if name.isupper() else name.lower()


def office_in_use(settings: PrintSettings, place: str) -> Office:
    """Return the office that was configured, else the one that the name of the place says."""
    return settings.office or office_of(place)


def office_texts(office: Office) -> dict[str, Any]:
    """Return an office as the templates take it."""
    return {
        "government": office.government,
        "agency": office.agency,
        "address": list(office.address),
        "logo": office.logo,
        "signed_at": office.signed_at,
        "signatory_title": office.signatory_title,
        "signatory_name": office.signatory_name,
    }


def sheet_page(
    ground: Ground,
    subject: Subject,
    layout: Layout,
    drawn: SheetMap,
    numbering: Numbering | None,
    settings: PrintSettings,
    sheets: Layout | None = None,
) -> Page:
    """Return all that the template sets on one sheet: texts, and drawings as SVG.

    Parameters
    ----------
    numbering
        None: the index of ``sheets``.
    sheets
        The sheets that follow an index.
    """
    run, wording = ground.run, settings.wording
    place = run.summary.boundaries.place
    layer = ground.layer(subject.drawn)
    title = _title(subject, place, wording)
    at = layout.frames.index(drawn.frame) if sheets is None else None
    return {
        "kind": "sheet",
        "paper": settings.paper.name.lower(),
        "landscape": drawn.landscape,
        "panel": settings.paper.panel_beside_mm if drawn.landscape else settings.paper.panel_below_mm,
        "text_pt": settings.paper.text_pt,
        "map": drawn.svg,
        "map_width": drawn.frame.width_mm + 2 * BAND_MM,
        "map_height": drawn.frame.height_mm + 2 * BAND_MM,
        "alt": wording(
            "alt_sheet",
            title=title,
            scale=wording.number(drawn.frame.scale),
            level=level_name(layer.level, wording),
            measure=wording.of(ground.measure.label),
        ),
        "subject": _theme(ground.measure, wording),
        "title": title,
        "place": "" if title == place else place,
        "facts": [
            [wording("sheet"), _sheet_number(numbering, wording)],
            [wording("edition_name"), edition(run.summary, wording)],
            [wording("made_for"), audience_name(run.audience, wording)],
        ],
        "scale": f"1:{wording.number(drawn.frame.scale)}",
        "scale_bar": graticule.scale_bar(drawn.frame.scale, wording),
        "north": graticule.north_arrow(wording),
        "projection": _projection(drawn.frame, wording),
        "locator": locator.locator(ground, subject, sheets or layout, at),
        "locator_title": _locator_title(ground, subject, sheets or layout, wording),
        "index": _index(ground, subject, sheets or layout, wording),
        "legend_title": legend_title(layer, place, wording),
        "classes": class_rows(layer, wording),
        "number_note": _number_note(layer, place, wording)
        if sheets is None
        else wording("number_note_sheets"),
        "symbols": symbol_rows(ground, subject, _frames(drawn), level_name(layer.level, wording), wording),
        "sources": _sheet_sources(ground, wording),
        "notes": _notes(run.summary.notes, wording) if ground.measure.of_families else [],
        "office": office_texts(office_in_use(settings, place)),
    }


def _frames(drawn: SheetMap) -> list[Frame]:
    return [drawn.frame] if drawn.inset is None else [drawn.frame, drawn.inset.frame]


def _sheet_number(numbering: Numbering | None, wording: Wording) -> str:
    if numbering is None:
        return wording("index_sheet")
    return wording("sheet_of", number=numbering.number, of=numbering.of)


def _title(subject: Subject, place: str, wording: Wording) -> str:
    if subject.name == place or subject.level in ("provinsi", "kota"):
        return subject.name
    if subject.level == AREA:
        return wording("drawn_area", name=subject.name)
    if subject.level in ("kecamatan", "kelurahan"):
        return wording(f"title_{subject.level}", name=subject.name)
    return subject.name


def _projection(frame: Frame, wording: Wording) -> list[list[str]]:
    half = "U" if frame.epsg < 32700 else "S"
    interval = wording.number(graticule.grid_interval(frame))
    return [
        [wording("projection"), "Transverse Mercator (UTM)"],
        [wording("zone_datum"), f"{frame.epsg % 100}{half}, WGS 84 (EPSG:{frame.epsg})"],
        [wording("grid_system"), wording("grid_interval", metres=interval)],
    ]


def _locator_title(ground: Ground, subject: Subject, layout: Layout, wording: Wording) -> str:
    if len(layout.frames) > 1 or subject.level == "kecamatan":
        return wording("locator_and_index")
    return wording("locator_numbered" if _index(ground, subject, layout, wording) else "locator")


def _index(ground: Ground, subject: Subject, layout: Layout, wording: Wording) -> list[dict[str, Any]]:
    """List the sheets: all districts, or where they are many this one and those around it.

    A sheet of more districts than the list has room for stands among none of them, and has no list.
    """
    districts = ground.districts
    if len(layout.frames) > 1:
        said = wording(
            "grid_of_sheets", sheets=len(layout.frames), scale=wording.number(layout.frames[0].scale)
        )
        return [{"number": "", "name": said, "own": True}]
    if len(districts) == 1:
        return []
    whole = len(districts) <= _INDEX_LENGTH
    listed = districts if whole else locator.around(ground, subject)
    if len(listed) > _INDEX_LENGTH and all(other.code != subject.code for other in districts):
        return []
    listed = listed[:_INDEX_LENGTH]
    codes = {other.code for other in listed}
    return [
        {"number": str(at), "name": other.name, "own": other.code == subject.code}
        for at, other in enumerate(districts, start=1)
        if other.code in codes
    ]


def _notes(notes: tuple[Label, ...], wording: Wording) -> list[str]:
    """Keep what a sheet has room for; the pages on data quality hold all."""
    kept = [wording.of(note) for note in notes[:_NOTES]]
    return kept if len(notes) <= _NOTES else [*kept, wording("more_notes", notes=len(notes) - _NOTES)]


def _theme(measure: Measure, wording: Wording) -> str:
    """Say what a sheet is a map of."""
    if measure.id == DEFAULT_MEASURE:
        return wording("sheet_subject")
    return wording("sheet_of_measure", measure=wording.of(measure.label))


def legend_title(layer: Layer, place: str, wording: Wording) -> str:
    """Say what the classes of a layer are of, in which unit, and how they were made."""
    measure = layer.measure
    unit = wording.of(measure.unit)
    return wording(
        "legend_title" if measure.ranks else "legend_title_layer",
        measure=wording.of(measure.label),
        unit=wording("in_unit", unit=unit) if unit else "",
        level=level_name(layer.level, wording),
        place=place,
    )


def _number_note(layer: Layer, place: str, wording: Wording) -> str:
    measure = layer.measure
    if layer.is_cells:
        return ""
    if measure.ranks:
        has_intervals = measure.id == DEFAULT_MEASURE
        return wording("number_note" if has_intervals else "number_note_measure", place=place)
    unit = wording.of(measure.unit)
    return wording("number_note_layer", unit=f" ({unit})" if unit else "")


def class_rows(layer: Layer, wording: Wording) -> list[dict[str, str]]:
    """Return the classes of a layer as a legend writes them."""
    classes = layer.classes
    return [
        {
            "colour": item.colour,
            "range": classes.range_label(item, wording.lang),
            "share": wording.of(item.share),
            "zones": wording.number(item.zones),
        }
        for item in classes.items
    ]


def _sheet_sources(ground: Ground, wording: Wording) -> list[list[str]]:
    """Return the sources of a run, before them that of the layer which the sheet is drawn by."""
    run, measure = ground.run, ground.measure
    *listed, (protection_name, protected) = sources(run.summary, run.audience, wording)
    if not measure.of_families:
        protected = wording("protection_none")
    elif is_told_by_class(measure):
        protected += wording("protection_by_class")
    listed.append([protection_name, protected])
    layer = next((one for one in run.layers if one.column == measure.id), None)
    if layer is None:
        return listed
    drawn = wording("mapped_text", title=layer.title, source=layer.source, day=wording.date(layer.date))
    return [[wording("mapped"), drawn], *listed]


def sources(summary: RunSummary, audience: Audience, wording: Wording) -> list[list[str]]:
    """Return where boundaries and figures come from, and what became of them."""
    boundaries, placement = summary.boundaries, summary.placement
    since = (
        ""
        if boundaries.valid_from is None
        else wording("valid_since", day=wording.date(boundaries.valid_from))
    )
    system = _CODE_SYSTEMS.get(CodeSystem(boundaries.code_system), boundaries.code_system)
    specification = summary.specification
    counts = wording(
        "counts",
        read=wording.number(placement.read),
        located=wording.number(placement.located),
        by_code=wording.number(placement.by_code),
        refused=wording.number(placement.refused),
    )
    measured = wording(
        "measured",
        name=wording.of(specification.label),
        indicators=len(specification.indicators),
        cutoff=specification.cutoff,
    )
    named = ", ".join(part for part in (boundaries.name, boundaries.source) if part)
    return [
        [wording("boundaries"), wording("boundaries_text", named=named, since=since, system=system)],
        [wording("household_data"), summary.register_name],
        [wording("history"), counts],
        [wording("measure"), measured],
        [wording("run_number"), summary.id],
        [wording("protection"), protection(audience, wording)],
    ]


def protection(audience: Audience, wording: Wording) -> str:
    """Say what is hidden from an audience."""
    return wording("protection_text", few=audience.hidden_up_to, households=audience.fewest_households_unit)
