"""The report on a boundary file as text, as a GeoPackage of its defects, and as one page with a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from folium.elements import JSCSSMixin
from folium.map import FitBounds
from folium.template import Template

from geo.boundaries import KINDS, BoundarySet, Checked, Finding, Report
from geo.boundaries.columns import Role
from geo.errors import ParameterError
from geo.lineage import Change, changes, counted
from maps.numbers import number, percent
from maps.offline import STATIC_URL, OfflineFigure, OfflineMap, ScaleBar, rendered, self_contained

#: A page draws and lists at most so many defects, those that stop a load and the largest first.
MOST_DRAWN = 1_500
_MOST_UNITS = 6_000
_MOST_LISTED = 5
_DETAIL_DEGREES = 1e-5

_CHANGES = {
    "added": "ditambahkan",
    "gone": "hilang",
    "split": "dipecah",
    "merged": "digabung",
    "recoded": "berganti kode",
    "renamed": "berganti nama",
    "moved": "batas bergeser lebih dari 1 %",
}


# Text


def as_text(report: Report) -> str:
    """Write the report for a terminal."""
    parts = [
        _file_text(report),
        _meaning_text(report),
        _defects_text(report),
        _done_text(report),
        verdict(report),
    ]
    return "\n\n".join(part for part in parts if part)


def verdict(report: Report) -> str:
    """Say in a sentence whether the file can be loaded, and what to do if not."""
    stops = len(report.stops)
    if stops:
        return f"TIDAK DAPAT DIMUAT: {number(stops)} cacat harus diperbaiki dulu (bertanda ×)."
    if report.is_matched_by_name:
        return "BELUM DAPAT DIMUAT: kode dari nama perlu dikonfirmasi (--matches-out, lalu --matches)."
    if not report.is_system_sure:
        return "BELUM DAPAT DIMUAT: sebutkan sistem kodenya dengan --codes bps atau --codes kemendagri."
    minded = len(report.findings)
    return (
        f"DAPAT DIMUAT, dengan {number(minded)} hal untuk diperiksa."
        if minded
        else "DAPAT DIMUAT, tanpa cacat."
    )


def _file_text(report: Report) -> str:
    file = report.file
    lines = [
        f"Berkas    {file.file}: {file.format}, lapisan {file.layer!r}, {file.crs}",
        f"Isi       {number(file.rows)} baris; {number(report.units)} wilayah, {number(report.area_km2, 2)} km²",
        f"Letak     {_extent(file.extent)}",
        f"Kolom     {', '.join(file.columns) or 'tidak ada'}",
    ]
    return "\n".join([*lines, *(f"Catatan   {note}" for note in file.notes)])


def _extent(extent: tuple[float, float, float, float]) -> str:
    west, south, east, north = extent
    return f"{number(west, 4)}° sampai {number(east, 4)}° BT, {_latitude(south)} sampai {_latitude(north)}"


def _latitude(degrees: float) -> str:
    return f"{number(abs(degrees), 4)}° {'LS' if degrees < 0 else 'LU'}"


def _role(role: Role) -> str:
    words = {"code": "kode", "name": "nama"}
    return words.get(role.role) or f"nama {role.role.removesuffix('_name')}"


def _meaning_text(report: Report) -> str:
    lines = [f"Tingkat   {report.level}", f"Kode      {report.system_evidence}"]
    lines += [f"          {_role(role):<16} ← {role.column}  ({role.evidence})" for role in report.roles]
    if report.matches:
        exact, alike, rows = report.matched
        share = percent((exact + alike) / rows)
        lines.append(
            f"Nama      {number(exact)} sama, {number(alike)} mirip, {number(rows - exact - alike)} tanpa padanan dari "
            f"{number(rows)} baris ({share} terpadankan)"
        )
    return "\n".join(lines)


def _defects_text(report: Report) -> str:
    lines = []
    for defect, (times, area) in report.counts.items():
        kind = KINDS[defect]
        found = sorted(
            (finding for finding in report.findings if finding.defect == defect),
            key=lambda finding: -(finding.size_m2 or 0.0),
        )
        mark = "×" if any(finding.stops for finding in found) else "·"
        size = f", {number(area, 1)} m²" if area else ""
        lines.append(f"{mark} {kind.title.id}: {number(times)}{size}. {kind.advice.id}")
        lines += [f"    {_row_text(finding)}" for finding in found[:_MOST_LISTED]]
        if times > _MOST_LISTED:
            lines.append(f"    … dan {number(times - _MOST_LISTED)} lagi; semuanya dalam --report")
    return "\n".join(lines)


def _row_text(finding: Finding) -> str:
    row = f"baris {finding.row}" if finding.row else ""
    size = "" if finding.size_m2 is None else f"{number(finding.size_m2, 1)} m²"
    place = "" if finding.place is None else f"di {finding.place[0]:.6f} {finding.place[1]:.6f}"
    done = f"→ {finding.action}, {number(finding.moved_m2, 1)} m² berpindah" if finding.action else ""
    parts = (row, finding.code, finding.name, size, finding.detail.id, place, done)
    return "  ".join(part for part in parts if part)


def _done_text(report: Report) -> str:
    done = [finding for finding in report.findings if finding.action]
    if not done:
        return ""
    actions: dict[str, list[Finding]] = {}
    for finding in done:
        actions.setdefault(finding.action, []).append(finding)
    lines = ["Yang diperbaiki:"]
    for action, rows in actions.items():
        moved = sum(finding.moved_m2 or 0.0 for finding in rows)
        lines.append(f"  {action}: {number(len(rows))}, {number(moved, 1)} m² berpindah")
    return "\n".join(lines)


def changes_text(found: Sequence[Change], most: int = _MOST_LISTED) -> str:
    """Write what changed between two versions."""
    if not found:
        return "Tidak ada yang berubah."
    lines = []
    for kind, times in counted(found).items():
        lines.append(f"{_CHANGES[kind]}: {number(times)}")
        alike = [change for change in found if change.kind == kind]
        lines += [f"    {_change_text(change)}" for change in alike[:most]]
        if times > most:
            lines.append(f"    … dan {number(times - most)} lagi")
    return "\n".join(lines)


def _change_text(change: Change) -> str:
    old, new = (
        " + ".join(" ".join(dict.fromkeys(unit)) for unit in units) for units in (change.old, change.new)
    )
    share = "" if change.share is None else f" ({percent(change.share)})"
    arrow = f"{old} → {new}" if old and new and old != new else old or new
    return f"{arrow}  {number(change.area_m2, 1)} m²{share}"


# GeoPackage


def write_defects(checked: Checked, path: Path) -> None:
    """Write every defect with its place to a GeoPackage, one layer for areas and one for points."""
    rows = checked.report.as_dict()["findings"]
    by_stop = sorted(checked.report.findings, key=lambda finding: not finding.stops)
    table = pd.DataFrame(rows)
    shapes = np.array([finding.geometry for finding in by_stop] or [None], dtype=object)[: len(by_stop)]
    areas = shapely.get_dimensions(shapes) == 2
    titles = {defect: kind.title.id for defect, kind in KINDS.items()}
    if table.empty:
        table = pd.DataFrame({"defect": pd.Series(dtype=str)})
    table.insert(1, "cacat", [titles[defect] for defect in table["defect"]])
    for layer, kept in (("cacat_luas", areas), ("cacat_titik", ~areas)):
        frame = gpd.GeoDataFrame(table[kept], geometry=shapes[kept], crs=4326)
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")


# Page


@dataclass(frozen=True)
class _Drawn:
    """What a page shows: its units and defects as GeoJSON, and how many of each were left off."""

    units: dict[str, Any]
    defects: list[dict[str, Any]]
    defects_left_off: int
    units_left_off: int


class _DefectMap(JSCSSMixin):
    """The units and defects on the map, and the list beside it."""

    default_js = [("report", f"{STATIC_URL}/boundaries/report.js")]  # noqa: RUF012  (Folium's own shape)
    default_css = [  # noqa: RUF012
        (f"{name}_css", f"{STATIC_URL}/boundaries/{name}.css") for name in ("report_page", "report")
    ]
    _template = Template(
        "{% macro script(this, kwargs) %}KantongReport.start({{ this._parent.get_name() }});{% endmacro %}"
    )


def as_page(checked: Checked) -> str:
    """Return the report as one self-contained page with a map; nothing in it asks for a network."""
    report = checked.report
    drawn = _drawn(checked)
    page = OfflineFigure("boundaries.html", _context(report, drawn))
    west, south, east, north = _bounds(checked)
    chart = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2], prefer_canvas=True, attribution_control=False
    )
    chart.add_child(FitBounds([[south, west], [north, east]], padding=(16, 16)))
    chart.add_child(ScaleBar())  # type: ignore[no-untyped-call]
    chart.add_child(_DefectMap())  # type: ignore[no-untyped-call]
    for order, child in enumerate(chart._children.values()):
        child._id = str(order)
    page.add_child(chart)
    return self_contained(page)


def as_part(checked: Checked) -> str:
    """Return the report as a part of a page of the server, whose script ``boundaries/upload.js`` draws the map."""
    context = _context(checked.report, _drawn(checked), bounds=_bounds(checked))
    return rendered("boundaries_part.html", context)


def since(before: BoundarySet, after: BoundarySet) -> str:
    """Say in words what changed since the version before."""
    held = f" (berlaku {before.valid_from})" if before.valid_from else ""
    head = f"Sejak versi sebelumnya, {before.id[:12]}{held}:"
    try:
        return f"{head}\n{changes_text(changes(before, after))}"
    except ParameterError as error:
        return f"{head} tidak dapat dibandingkan ({error})"


def _bounds(checked: Checked) -> tuple[float, float, float, float]:
    """Return what the map shows first, in degrees: west, south, east, north."""
    bounds = shapely.total_bounds(checked.draft.shapes)
    if not np.isfinite(bounds).all():
        return checked.report.file.extent
    west, south, east, north = map(float, bounds)
    return west, south, east, north


def _drawn(checked: Checked) -> _Drawn:
    report, table = checked.report, checked.draft.table
    ordered = sorted(report.findings, key=lambda finding: (not finding.stops, -(finding.size_m2 or 0.0)))
    shown = ordered[:MOST_DRAWN]
    shapes = shapely.simplify(checked.draft.shapes, _DETAIL_DEGREES)
    units = shapes if len(shapes) <= _MOST_UNITS else shapes[:0]
    features = [
        {
            "type": "Feature",
            "properties": {"label": " ".join(text for text in (code, name) if isinstance(text, str))},
            "geometry": _geojson(shape),
        }
        for shape, code, name in zip(units, table["code"], table["name"], strict=False)
        if shape is not None
    ]
    return _Drawn(
        {"type": "FeatureCollection", "features": features},
        [_defect(finding) for finding in shown],
        len(ordered) - len(shown),
        len(shapes) - len(units),
    )


def _defect(finding: Finding) -> dict[str, Any]:
    return {
        "defect": finding.defect,
        "title": finding.kind.title.id,
        "stops": finding.stops,
        "text": _row_text(finding),
        "advice": finding.kind.advice.id,
        "size": number(finding.size_m2, 1),
        "geometry": None if finding.geometry is None else _geojson(finding.geometry),
    }


def _geojson(shape: shapely.Geometry) -> Any:
    return orjson.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7, mode="pointwise")))


def _context(report: Report, drawn: _Drawn, **more: Any) -> dict[str, Any]:
    data = {"units": drawn.units, "defects": drawn.defects, **more}
    return {
        "report": report,
        "roles": [(_role(role), role.column, role.evidence) for role in report.roles],
        "verdict": verdict(report),
        "facts": (
            ("Berkas", f"{report.file.file} ({report.file.format}, lapisan {report.file.layer})"),
            ("CRS", report.file.crs),
            ("Letak", _extent(report.file.extent)),
            ("Baris", number(report.file.rows)),
            ("Wilayah", f"{number(report.units)} {report.level}, {number(report.area_km2, 2)} km²"),
            ("Kode", report.system_evidence),
        ),
        "counts": [
            (
                KINDS[defect].title.id,
                number(times),
                number(area, 1) if area else "–",
                KINDS[defect].advice.id,
                defect,
            )
            for defect, (times, area) in report.counts.items()
        ],
        "left_off": number(drawn.defects_left_off) if drawn.defects_left_off else "",
        "units_left_off": number(drawn.units_left_off) if drawn.units_left_off else "",
        "data": orjson.dumps(data).decode().replace("<", "\\u003c"),
    }
