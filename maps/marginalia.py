"""What stands beside a printed map: title, scale, legend, sources, agency and signature, in Indonesian.

The order follows Perka BIG 3/2016 and SNI 6502.
"""

from collections.abc import Mapping
from typing import Any

from geo.codes import CodeSystem
from geo.disclosure import Audience
from geo.report import RunSummary
from maps import graticule, sheet
from maps.figure import Frame
from maps.numbers import day, number
from maps.palette import LEVEL_LABELS
from maps.sheet import District, Ground, SheetMap

_INDEX_LENGTH = 12
_NOTES = 2
_AUDIENCES = {"public": "Publik", "planner": "Perencana (internal)"}
_CODE_SYSTEMS = {CodeSystem.BPS: "BPS", CodeSystem.KEMENDAGRI: "Kemendagri"}


def audience_name(audience: Audience) -> str:
    """Return for whom a sheet is made."""
    return _AUDIENCES.get(audience.name, audience.name)


def edition(summary: RunSummary) -> str:
    """Return the edition: the start of the run's id, which changes with anything that was counted."""
    return f"hitungan {summary.id[:8]}"


def sheet_texts(
    ground: Ground, district: District, drawn: SheetMap, summary: RunSummary, audience: Audience
) -> dict[str, Any]:
    """Return all that the template sets on one sheet: texts, and drawings as SVG."""
    place = summary.boundaries.place
    number_of = ground.districts.index(district) + 1
    whole = len(ground.districts) == 1
    return {
        "landscape": drawn.landscape,
        "map": drawn.svg,
        "map_width": drawn.frame.width_mm + 2 * graticule.BAND_MM,
        "map_height": drawn.frame.height_mm + 2 * graticule.BAND_MM,
        "subject": "Peta kemiskinan multidimensi",
        "title": place if whole else f"Kecamatan {district.name}",
        "place": "" if whole else place,
        "facts": [
            ["Lembar", f"{number_of} dari {len(ground.districts)}"],
            ["Edisi", edition(summary)],
            ["Untuk", audience_name(audience)],
        ],
        "scale": f"1:{number(drawn.frame.scale)}",
        "scale_bar": graticule.scale_bar(drawn.frame.scale),
        "north": graticule.north_arrow(),
        "projection": _projection(drawn.frame),
        "locator": sheet.locator(ground, district, drawn.frame),
        "index": _index(ground, district),
        "legend_title": _legend_title(ground, place),
        "classes": _classes(ground),
        "number_note": f"Angka tebal pada peta: peringkat se-{place}",
        "symbols": _symbols(ground, place),
        "sources": _sources(summary, audience),
        "notes": _notes(summary.notes),
        **_office(place),
    }


def _projection(frame: Frame) -> list[list[str]]:
    half = "U" if frame.epsg < 32700 else "S"
    return [
        ["Proyeksi", "Transverse Mercator (UTM)"],
        ["Zona, datum", f"{frame.epsg % 100}{half}, WGS 84 (EPSG:{frame.epsg})"],
        ["Sistem grid", f"UTM, selang {number(graticule.grid_interval(frame))} meter; tepi luar: geografis"],
    ]


def _index(ground: Ground, district: District) -> list[dict[str, Any]]:
    """List the sheets: all of them, or where they are many this one and those around it."""
    districts = ground.districts
    if len(districts) == 1:
        return []
    listed = districts if len(districts) <= _INDEX_LENGTH else sheet.around(ground, district)[:_INDEX_LENGTH]
    return [
        {"number": str(at), "name": other.name, "own": other is district}
        for at, other in enumerate(districts, start=1)
        if other in listed
    ]


def _notes(notes: tuple[str, ...]) -> list[str]:
    """Keep what a sheet has room for; the ranking pages hold all."""
    if len(notes) <= _NOTES:
        return list(notes)
    return [*notes[:_NOTES], f"{len(notes) - _NOTES} catatan lain pada halaman peringkat."]


def _legend_title(ground: Ground, place: str) -> str:
    level = LEVEL_LABELS[ground.zones.level].id.lower()
    return f"Indeks kemiskinan multidimensi (M0) per {level}; kelas menurut peringkat se-{place}"


def _classes(ground: Ground) -> list[dict[str, str]]:
    classes = ground.classes
    return [
        {
            "colour": item.colour,
            "range": classes.range_label(item),
            "share": item.share.id,
            "zones": number(item.zones),
        }
        for item in classes.items
    ]


def _symbols(ground: Ground, place: str) -> list[dict[str, str]]:
    level = LEVEL_LABELS[ground.zones.level].id.lower()
    names: Mapping[str, str] = {
        "hidden": "disembunyikan",
        "empty": "tanpa keluarga terdata",
        "zone": f"batas {level}",
        "area": f"batas {place}",
        "kecamatan": "batas kecamatan ini",
        "neighbour": "kecamatan lain",
        "pocket": "kantong kemiskinan",
        "river": "sungai",
        "road": "jalan",
    }
    return [{"svg": svg, "name": names[key]} for key, svg in sheet.swatches(ground)]


def _sources(summary: RunSummary, audience: Audience) -> list[list[str]]:
    boundaries, placement = summary.boundaries, summary.placement
    valid = boundaries.valid_from
    since = "" if valid is None else f", berlaku sejak {day(valid)}"
    system = _CODE_SYSTEMS.get(CodeSystem(boundaries.code_system), boundaries.code_system)
    counts = (
        f"{number(placement.read)} keluarga dibaca = {number(placement.located)} menurut koordinat + "
        f"{number(placement.by_code)} menurut kode wilayah + {number(placement.refused)} ditolak"
    )
    specification = summary.specification
    measured = (
        f"{specification.label.id}: {len(specification.indicators)} indikator, metode Alkire–Foster; "
        f"miskin bila skor deprivasi ≥ {specification.cutoff}"
    )
    return [
        ["Batas wilayah", f"{boundaries.name}, {boundaries.source}{since}; kode {system}"],
        ["Data keluarga", summary.register_name],
        ["Riwayat", counts],
        ["Ukuran", measured],
        ["Nomor hitungan", summary.id],
        ["Perlindungan", _protection(audience)],
    ]


def _protection(audience: Audience) -> str:
    return (
        f"disembunyikan bila keluarga miskin atau tidak miskin 1–{audience.hidden_up_to}, "
        f"atau keluarga kurang dari {audience.fewest_households_unit}"
    )


def _office(place: str) -> dict[str, str]:
    """Return the government and the office that signs, as the kind of the place says."""
    kind, _, name = place.partition(" ")
    offices = {
        "Kota": (place, f"Wali Kota {name}"),
        "Kabupaten": (place, f"Bupati {name}"),
        "Provinsi": (place, f"Gubernur {name}"),
        "DKI": (f"Provinsi {place}", f"Gubernur {place}"),
    }
    government, signatory = offices.get(kind, (f"Daerah {place}", "Kepala Daerah"))
    return {"government": f"Pemerintah {government}", "signatory": signatory}
