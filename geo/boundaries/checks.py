"""Find every defect of a layer; nothing is changed here."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import codes, provinces
from geo.boundaries.draft import Draft, Shapes, area_m2, in_degrees, polygonal
from geo.boundaries.findings import NOTHING, Finding
from geo.boundaries.topology import DUST_M2, Topology, topology
from geo.codes import CodeSystem
from geo.registry import ALIKE, Entry, Registry, alike, normalised
from geo.specification import Label
from geo.vector.reference_systems import INDONESIA

#: A part of a unit smaller than this is a sliver.
SLIVER_M2 = 100.0

_OUTSIDE_SHARE = 0.01
_MAJORITY = 0.8
_FEW = 0.05
_NEIGHBOURS_ENOUGH = 3
#: Most units of one place lie within so many degrees of latitude.
_ONE_PLACE = 2.0

_PLACEHOLDER_NAME = re.compile(
    r"^(danau|waduk|hutan( lindung| negara)?|kawasan hutan|taman nasional|badan air|perairan)\b",
    re.IGNORECASE,
)
_PLACEHOLDER_CODE = re.compile(r"(555|777|888|999)$|^\d{4}(555|777|888|999)")

_REASONS = {
    "Self-intersection": "garis batas memotong dirinya sendiri",
    "Ring Self-intersection": "cincin menyentuh dirinya sendiri",
    "Too few points in geometry component": "titiknya terlalu sedikit",
    "Hole lies outside shell": "lubang di luar poligon",
    "Holes are nested": "lubang di dalam lubang",
    "Nested shells": "poligon di dalam poligon",
    "Interior is disconnected": "bagian dalamnya terputus",
    "Duplicate Rings": "cincin ganda",
    "Invalid Coordinate": "koordinat bukan bilangan",
}


def check(draft: Draft, registry: Registry, parents: Draft | None = None) -> tuple[Finding, ...]:
    """Return all defects of a draft: of features first, then of how they lie to each other.

    Parameters
    ----------
    draft
        The units.
    registry
        To tell names and parents that are not known.
    parents
        Units of a coarser level that the units should lie in.
    """
    usable = is_drawn(draft.shapes)
    return (
        *_of_geometry(draft, usable),
        *_of_codes(draft),
        *_of_names(draft, registry),
        *_of_position(draft, usable),
        *_of_topology(draft, usable),
        *([] if parents is None else _of_parents(draft, usable, parents)),
    )


def is_drawn(shapes: Shapes) -> NDArray[np.bool_]:
    """Tell which geometries are polygons with coordinates, valid or not."""
    answer: NDArray[np.bool_] = (
        ~shapely.is_missing(shapes)
        & ~shapely.is_empty(shapes)
        & np.isin(shapely.get_type_id(shapes), (3, 6))
        & np.isfinite(shapely.bounds(shapes)).all(axis=1)
    )
    return answer


def _found(defect: str, draft: Draft, position: int, **more: object) -> Finding:
    more.setdefault("geometry", draft.shapes[position])
    return Finding(
        defect,
        draft.rows[position],
        draft.code_texts[position],
        draft.names[position],
        **more,  # type: ignore[arg-type]
    )


# Features


def _of_geometry(draft: Draft, usable: NDArray[np.bool_]) -> Iterator[Finding]:
    shapes = draft.shapes
    for position in np.flatnonzero(~usable).tolist():
        shape = shapes[position]
        if shape is None or shape.is_empty:
            yield _found(
                "no-geometry",
                draft,
                position,
                detail=NOTHING if shape is None else Label("kosong", "empty"),
            )
        else:
            yield _found("not-polygon", draft, position, detail=Label(shape.geom_type, shape.geom_type))
    valid = shapely.is_valid(shapes)
    for position in np.flatnonzero(usable & ~valid).tolist():
        made = polygonal(np.array([shapely.make_valid(shapes[position])], dtype=object))
        if not shapely.area(made)[0]:
            yield _found("no-area", draft, position)
            continue
        reason, place = _reason(shapes[position])
        yield _found(
            "invalid", draft, position, detail=reason, geometry=place, size_m2=float(area_m2(made)[0])
        )
    for position in np.flatnonzero(usable & valid & (shapely.area(shapes) == 0)).tolist():
        yield _found("no-area", draft, position)
    yield from _same_shapes(draft, usable)


def _reason(shape: shapely.Geometry) -> tuple[Label, shapely.Geometry]:
    said = shapely.is_valid_reason(shape)
    reason, _, place = said.partition("[")
    numbers = re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", place)
    english = reason.strip()
    words = Label(_REASONS.get(english, english), english)
    if len(numbers) < 2:
        return words, shapely.centroid(shape)
    x, y = map(float, numbers[:2])
    return Label(f"{words.id} di {x:.6f} {y:.6f}", f"{words.en} at {x:.6f} {y:.6f}"), shapely.Point(x, y)


def _same_shapes(draft: Draft, usable: NDArray[np.bool_]) -> Iterator[Finding]:
    seen: dict[bytes, int] = {}
    rows = np.flatnonzero(usable)
    for position, wkb in zip(
        rows.tolist(), shapely.to_wkb(shapely.normalize(draft.shapes[rows])), strict=True
    ):
        first = seen.setdefault(wkb, position)
        if first != position:
            size = float(area_m2(draft.shapes[[position]])[0])
            yield _found(
                "duplicate-geometry",
                draft,
                position,
                detail=Label(f"sama dengan baris {draft.rows[first]}", f"as row {draft.rows[first]}"),
                size_m2=size,
            )


# Codes and names


def _of_codes(draft: Draft) -> Iterator[Finding]:
    table = draft.table
    first: dict[str, int] = {}
    for position, (code, text) in enumerate(zip(table["code"], table["text"], strict=True)):
        if code is None:
            if text:
                yield _bad_code(draft, position, str(text))
            else:
                yield _found("no-code", draft, position)
            continue
        earlier = first.setdefault(code, position)
        if earlier != position:
            yield _repeated(draft, earlier, position)


def _bad_code(draft: Draft, position: int, text: str) -> Finding:
    parsed = codes.mended(text, draft.system)
    if parsed is not None:
        levels = Label(
            f"{text!r} kode {parsed.level}, bukan {draft.level}",
            f"{text!r} is the code of a {parsed.level}, not of a {draft.level}",
        )
        return _found("other-level", draft, position, detail=levels)
    unreadable = Label(f"{text!r} bukan kode {draft.system}", f"{text!r} is not a {draft.system} code")
    return _found("bad-code", draft, position, detail=unreadable)


def _repeated(draft: Draft, earlier: int, position: int) -> Finding:
    names = [draft.table["name"].iloc[row] for row in (earlier, position)]
    one, other = (draft.table["row"].iloc[row] for row in (earlier, position))
    if all(isinstance(name, str) for name in names) and normalised(names[0]) != normalised(names[1]):
        both = Label(
            f"baris {one} {names[0]!r} dan baris {other} {names[1]!r}",
            f"rows {one} {names[0]!r} and {other} {names[1]!r}",
        )
        return _found("duplicate-code", draft, position, detail=both)
    return _found(
        "split", draft, position, detail=Label(f"baris {one} dan {other}", f"rows {one} and {other}")
    )


def _of_names(draft: Draft, registry: Registry) -> Iterator[Finding]:
    placeholders = []
    for position, (code, name) in enumerate(zip(draft.code_texts, draft.table["name"].tolist(), strict=True)):
        if code is None:
            continue
        if not isinstance(name, str):
            yield _found("no-name", draft, position)
        elif (entry := registry.entry(draft.system, code)) is not None and not _is_named(name, entry):
            detail = Label(f"di daftar acuan: {entry.name!r}", f"in the registry: {entry.name!r}")
            yield _found("name-differs", draft, position, detail=detail)
        if _is_placeholder(code, name, draft):
            placeholders.append(position)
    for position, size in zip(placeholders, area_m2(draft.shapes[placeholders]).tolist(), strict=True):
        yield _found("placeholder", draft, position, size_m2=size)
    if draft.level in ("kelurahan", "kecamatan"):
        yield from _against_the_list(draft, registry)


def _is_named(name: str, entry: Entry) -> bool:
    return max(alike(normalised(name), other) for other in entry.names) >= ALIKE


def _is_placeholder(code: str, name: object, draft: Draft) -> bool:
    if isinstance(name, str) and _PLACEHOLDER_NAME.match(name):
        return True
    return (
        draft.system is CodeSystem.BPS and draft.level == "kelurahan" and bool(_PLACEHOLDER_CODE.search(code))
    )


def _against_the_list(draft: Draft, registry: Registry) -> Iterator[Finding]:
    """Compare the units of every kota that the registry lists with the list."""
    kota = draft.above("kota")
    present = set(draft.table["code"])
    for code in sorted({text for text in kota if text is not None}):
        listed = registry.within(draft.level, draft.system, code)
        known = {entry.code(draft.system) for entry in listed}
        if len(known & present) <= len(known) / 2:
            continue
        for entry in listed:
            if entry.code(draft.system) not in present and not _is_placeholder(
                str(entry.code(draft.system)), entry.name, draft
            ):
                yield Finding("unit-missing", None, entry.code(draft.system), entry.name)
    if draft.level != "kelurahan":
        return
    listed_kota = {entry.code(draft.system) for entry in registry.within("kota", draft.system)}
    for position, (above, within) in enumerate(zip(draft.above("kecamatan"), kota, strict=True)):
        if above is not None and within in listed_kota and registry.entry(draft.system, above) is None:
            yield _found(
                "parent-missing", draft, position, detail=Label(f"kecamatan {above}", f"kecamatan {above}")
            )


# Position


def _of_position(draft: Draft, usable: NDArray[np.bool_]) -> Iterator[Finding]:
    west, south, east, north = INDONESIA
    bounds = shapely.bounds(draft.shapes)
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2

    def inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (x >= west) & (x <= east) & (y >= south) & (y <= north)

    astray = usable & ~inside(x, y)
    # North of the equator Indonesia reaches 7°; a mirrored unit of 0–7° south is told from its siblings.
    middle = float(np.median(y[usable])) if usable.any() else 0.0
    spread = float(np.median(np.abs(y[usable] - middle))) if usable.any() else 0.0
    mirrored = usable & (spread < _ONE_PLACE) & (np.abs(y + middle) < np.abs(y - middle) / 4)
    mirrored &= np.abs(y - middle) > _ONE_PLACE
    for position in np.flatnonzero(astray | mirrored).tolist():
        if inside(y[position], x[position]):
            yield _found("swapped", draft, position)
        elif inside(x[position], -y[position]):
            yield _found("wrong-hemisphere", draft, position)
        else:
            yield _found("outside-country", draft, position)
    for province, rows in _by_province(draft, usable & ~astray & ~mirrored).items():
        for position in rows[provinces.is_far(province, x[rows], y[rows])].tolist():
            yield _found("outside-province", draft, position, detail=Label(province, province))
    yield from _of_other_regencies(draft)


def _by_province(draft: Draft, rows: NDArray[np.bool_]) -> dict[str, NDArray[np.int64]]:
    of = np.array([code or "" for code in draft.above("provinsi")], dtype=object)
    return {code: np.flatnonzero(rows & (of == code)) for code in sorted(set(of)) if code}


def _of_other_regencies(draft: Draft) -> Iterator[Finding]:
    if draft.level == "provinsi":
        return
    kota = draft.above("kota")
    counted = Counter(code for code in kota if code is not None)
    if len(counted) < 2:
        return
    most, number = counted.most_common(1)[0]
    if number < _MAJORITY * counted.total():
        return
    for position, code in enumerate(kota):
        if code is not None and counted[code] <= max(1, _FEW * counted.total()):
            yield _found(
                "other-regency",
                draft,
                position,
                detail=Label(f"kode {code}, lainnya {most}", f"code {code}, the others {most}"),
            )


# How units lie to each other


def _of_topology(draft: Draft, usable: NDArray[np.bool_]) -> Iterator[Finding]:
    rows, flat = checkable(draft, usable)
    yield from _slivers(draft, rows, flat)
    found = topology(flat)
    yield from _overlaps(draft, rows, found)
    yield from _gaps(draft, rows, found)
    yield from _enclaves(draft, rows, found)


def checkable(draft: Draft, usable: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Shapes]:
    """Return the positions of the units that can be laid beside each other, and their shapes in metres.

    Invalid polygons take part as they would be made valid.
    """
    # What lies beyond the earth has no place in the projection.
    rows = np.flatnonzero(usable & np.isfinite(shapely.bounds(draft.flat)).all(axis=1))
    flat = draft.flat[rows]
    invalid = ~shapely.is_valid(flat)
    flat[invalid] = polygonal(shapely.make_valid(flat[invalid]))
    kept = shapely.area(flat) > 0
    return rows[kept], flat[kept]


def _slivers(draft: Draft, rows: NDArray[np.int64], flat: Shapes) -> Iterator[Finding]:
    several = np.flatnonzero(shapely.get_num_geometries(flat) > 1)
    parts, owner = shapely.get_parts(flat[several], return_index=True)
    areas = shapely.area(parts)
    small = np.flatnonzero(areas < SLIVER_M2)
    for place, part in zip(in_degrees(parts[small]), small.tolist(), strict=True):
        position = int(rows[several[owner[part]]])
        yield _found("sliver", draft, position, size_m2=float(areas[part]), geometry=place)


def _overlaps(draft: Draft, rows: NDArray[np.int64], found: Topology) -> Iterator[Finding]:
    real = np.flatnonzero(found.overlap_m2 > DUST_M2)
    places = in_degrees(polygonal(found.overlaps[real]))
    labels = draft.labels
    for pair, place in zip(real.tolist(), places, strict=True):
        one, other = int(rows[found.first[pair]]), int(rows[found.second[pair]])
        yield _found(
            "overlap",
            draft,
            one,
            detail=Label(f"dengan {labels[other]}", f"with {labels[other]}"),
            size_m2=float(found.overlap_m2[pair]),
            geometry=place,
        )


def _gaps(draft: Draft, rows: NDArray[np.int64], found: Topology) -> Iterator[Finding]:
    real = np.flatnonzero(found.gap_m2 > DUST_M2)
    places = in_degrees(found.gaps[real])
    labels = draft.labels
    for gap, place in zip(real.tolist(), places, strict=True):
        around = [int(rows[unit]) for unit in found.beside[gap]]
        size = float(found.gap_m2[gap])
        if len(around) == 1:
            yield _found("hole", draft, around[0], size_m2=size, geometry=place)
            continue
        beside = ", ".join(labels[unit] for unit in around[:4])
        yield Finding(
            "gap", size_m2=size, detail=Label(f"di antara {beside}", f"between {beside}"), geometry=place
        )


def _enclaves(draft: Draft, rows: NDArray[np.int64], found: Topology) -> Iterator[Finding]:
    """Find units that have neighbours, but none of their own parent though it has other units."""
    upper = codes.above(draft.level)
    if not upper:
        return
    above = draft.above(upper[-1])
    siblings = Counter(code for code in above if code is not None)
    numbers = {code: number for number, code in enumerate(siblings)}
    of = np.array([numbers.get(str(above[row]), -1) for row in rows])
    neighbours = np.bincount(found.first, minlength=len(rows)) + np.bincount(
        found.second, minlength=len(rows)
    )
    same = of[found.first] == of[found.second]
    own = np.bincount(found.first[same], minlength=len(rows)) + np.bincount(
        found.second[same], minlength=len(rows)
    )
    for unit in np.flatnonzero((neighbours >= _NEIGHBOURS_ENOUGH) & (own == 0) & (of >= 0)).tolist():
        code = above[int(rows[unit])]
        if code is not None and siblings[code] > 1:
            yield _found("enclave", draft, int(rows[unit]), detail=Label(f"induk {code}", f"parent {code}"))


def _of_parents(draft: Draft, usable: NDArray[np.bool_], parents: Draft) -> Iterator[Finding]:
    """Find what of each unit lies outside the outline of its own parent."""
    rows, flat = checkable(draft, usable)
    outlines = dict(zip(parents.table["code"], parents.flat, strict=True))
    above = draft.above(parents.level)
    for row, shape in zip(rows.tolist(), flat, strict=True):
        if above[row] is None:
            continue
        outline = outlines.get(above[row])
        if outline is None:
            yield _found(
                "parent-missing",
                draft,
                row,
                detail=Label(f"{parents.level} {above[row]}", f"{parents.level} {above[row]}"),
            )
            continue
        outside = shapely.difference(shape, outline)
        if outside.area > _OUTSIDE_SHARE * shape.area:
            (place,) = in_degrees(np.array([outside], dtype=object))
            share, whole = outside.area / shape.area * 100, f"{parents.level} {above[row]}"
            detail = Label(
                f"{share:.1f} % di luar {whole}".replace(".", ",", 1), f"{share:.1f} % outside {whole}"
            )
            yield _found("outside-parent", draft, row, detail=detail, size_m2=outside.area, geometry=place)
