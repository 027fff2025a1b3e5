"""Repairs, each only when it is asked for, each a row of the report with the area that it moved."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.boundaries.checks import checkable, is_drawn
from geo.boundaries.draft import Draft, Shapes, area_m2, in_degrees, polygonal
from geo.boundaries.findings import Finding
from geo.boundaries.topology import topology
from geo.errors import ParameterError
from geo.specification import Label

#: A repair that moves a larger share of a unit's area is refused for that unit.
MOST_MOVED = 0.01

_LANGUAGE = "empty, valid, dissolve, snap=0.5m, slivers<10m2; several joined by commas"
_SNAP = re.compile(r"snap=(\d+(?:\.\d+)?)m")
_SLIVERS = re.compile(r"slivers<(\d+(?:\.\d+)?)m(?:2|²)")

Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Repairs:
    """What may be repaired, in the order in which it is done.

    Attributes
    ----------
    empty
        Drop rows without geometry or area.
    valid
        Make invalid polygons valid.
    dissolve
        Join the rows of one unit.
    snap_m
        Snap edges that should be the same to each other within a distance; overlaps go to the neighbour with the
        longest common edge, gaps narrower than the distance are closed.
    slivers_m2
        Drop parts, close gaps and settle overlaps smaller than an area.
    most_moved
        The share of a unit's area that a repair may move at most.
    """

    empty: bool = False
    valid: bool = False
    dissolve: bool = False
    snap_m: float | None = None
    slivers_m2: float | None = None
    most_moved: float = MOST_MOVED

    @property
    def text(self) -> str:
        """The repairs as they are asked for."""
        words = [name for name in ("empty", "valid", "dissolve") if getattr(self, name)]
        words += [] if self.snap_m is None else [f"snap={self.snap_m:g}m"]
        words += [] if self.slivers_m2 is None else [f"slivers<{self.slivers_m2:g}m2"]
        return ",".join(words)


def parse(text: str, most_moved: float = MOST_MOVED) -> Repairs:
    """Read the repairs asked for.

    Raises
    ------
    ParameterError
        When a word is no repair, or the share is none.

    Examples
    --------
    >>> parse("valid, dissolve,snap=0.5m").text
    'valid,dissolve,snap=0.5m'
    """
    if not 0 < most_moved <= 1:
        raise ParameterError(f"--most-moved {most_moved}: give a share between 0 and 1, such as 0.01.")
    asked = Repairs(most_moved=most_moved)
    for word in filter(None, (word.strip() for word in text.split(","))):
        if word in ("empty", "valid", "dissolve"):
            asked = replace(asked, **{word: True})
        elif snap := _SNAP.fullmatch(word):
            asked = replace(asked, snap_m=float(snap[1]))
        elif slivers := _SLIVERS.fullmatch(word):
            asked = replace(asked, slivers_m2=float(slivers[1]))
        else:
            raise ParameterError(f"--repair {word!r} is no repair; give {_LANGUAGE}.")
    return asked


def repair(draft: Draft, findings: Findings, asked: Repairs) -> tuple[Draft, Findings]:
    """Return the draft with what was asked for repaired, and one finding for each repair done or refused.

    A repair that would move more of a unit than it may is refused.
    """
    steps: list[Callable[[Draft, Findings, Repairs], tuple[Draft, Findings]]] = []
    if asked.empty:
        steps.append(_drop_empty)
    if asked.valid:
        steps.append(_make_valid)
    if asked.dissolve:
        steps.append(_dissolve)
    if asked.snap_m is not None:
        steps.append(_snap)
    if asked.slivers_m2 is not None:
        steps.append(_remove_slivers)
    for step in steps:
        draft, findings = step(draft, findings, asked)
    return draft, tuple(
        finding for finding in findings if finding.action or finding.defect == "repair-refused"
    )


def _drop_empty(draft: Draft, findings: Findings, _: Repairs) -> tuple[Draft, Findings]:
    gone = {finding.row for finding in findings if finding.defect in ("no-geometry", "no-area")}
    kept = ~draft.table["row"].isin(gone).to_numpy()
    told = [
        finding.mended("baris dibuang", 0.0) if finding.defect in ("no-geometry", "no-area") else finding
        for finding in findings
        if finding.row not in gone or finding.defect in ("no-geometry", "no-area")
    ]
    return draft.only(kept), tuple(told)


def _make_valid(draft: Draft, findings: Findings, asked: Repairs) -> tuple[Draft, Findings]:
    positions = {int(row): position for position, row in enumerate(draft.table["row"])}
    shapes = draft.shapes.copy()
    told: list[Finding] = []
    for finding in findings:
        if finding.defect != "invalid" or finding.row not in positions:
            told.append(finding)
            continue
        position = positions[finding.row]
        before = shapes[[position]]
        after = polygonal(shapely.make_valid(before))
        areas = area_m2(np.concatenate([before, after]))
        moved = float(abs(areas[1] - areas[0]))
        if moved > asked.most_moved * areas[1]:
            told += [finding, _refused(finding, moved, float(areas[1]), asked)]
            continue
        shapes[position] = after[0]
        told.append(finding.mended("dibuat sah", moved))
    return draft.having(shapes), tuple(told)


def _refused(finding: Finding, moved: float, area: float, asked: Repairs) -> Finding:
    share, most = moved / area * 100, asked.most_moved * 100
    detail = Label(
        f"{share:.1f} %, batasnya {most:g} %".replace(".", ","), f"{share:.1f} %, at most {most:g} % may be"
    )
    return replace(finding, defect="repair-refused", size_m2=moved, detail=detail)


def _dissolve(draft: Draft, findings: Findings, asked: Repairs) -> tuple[Draft, Findings]:
    """Join the rows of each unit that is split; rows of one code with other names stay apart."""
    split = {finding.code for finding in findings if finding.defect == "split"}
    split -= {finding.code for finding in findings if finding.defect == "duplicate-code"}
    shapes = draft.shapes.copy()
    drawn = is_drawn(shapes) & shapely.is_valid(shapes)
    codes = draft.table["code"].to_numpy()
    kept = np.ones(len(shapes), dtype=bool)
    moved: dict[str | None, float] = {}
    refused: list[Finding] = []
    for code in sorted(filter(None, split)):
        rows = np.flatnonzero(codes == code)
        if not drawn[rows].all():
            continue
        joined = shapely.union_all(shapes[rows])
        areas = area_m2(np.append(shapes[rows], joined))
        overlap = float(max(areas[:-1].sum() - areas[-1], 0.0))
        if overlap > asked.most_moved * areas[-1]:
            first = next(
                finding for finding in findings if finding.defect == "split" and finding.code == code
            )
            refused.append(_refused(first, overlap, float(areas[-1]), asked))
            continue
        shapes[rows[0]] = joined
        kept[rows[1:]] = False
        moved[code] = overlap
    told = [
        finding.mended("baris digabung", moved[finding.code])
        if finding.defect == "split" and finding.code in moved
        else finding
        for finding in findings
    ]
    return draft.having(shapes).only(kept), (*told, *refused)


def _snap(draft: Draft, findings: Findings, asked: Repairs) -> tuple[Draft, Findings]:
    rows, flat = checkable(draft, is_drawn(draft.shapes) & shapely.is_valid(draft.shapes))
    snapped = shapely.coverage_clean(flat, snapping_distance=asked.snap_m, gap_width=asked.snap_m)
    return _replaced(draft, findings, asked, rows, flat, snapped, f"disesuaikan dalam {asked.snap_m:g} m")


def _remove_slivers(draft: Draft, findings: Findings, asked: Repairs) -> tuple[Draft, Findings]:
    rows, flat = checkable(draft, is_drawn(draft.shapes) & shapely.is_valid(draft.shapes))
    most = asked.slivers_m2 or 0.0
    found = topology(flat)
    cleaned = flat.copy()
    for pair in np.flatnonzero((found.overlap_m2 > 0) & (found.overlap_m2 < most)).tolist():
        second = int(found.second[pair])
        cleaned[second] = shapely.difference(cleaned[second], flat[found.first[pair]])
    for gap in np.flatnonzero(found.gap_m2 < most).tolist():
        if found.beside[gap]:
            unit = max(found.beside[gap], key=lambda unit: _common_edge(flat[unit], found.gaps[gap]))
            cleaned[unit] = shapely.union(cleaned[unit], found.gaps[gap])
    for unit in np.flatnonzero(shapely.get_num_geometries(cleaned) > 1).tolist():
        parts = shapely.get_parts(cleaned[unit])
        large = parts[shapely.area(parts) >= most]
        if len(large):
            cleaned[unit] = shapely.union_all(large)
    return _replaced(
        draft, findings, asked, rows, flat, polygonal(cleaned), f"serpihan di bawah {most:g} m² dihapus"
    )


def _common_edge(unit: shapely.Geometry, gap: shapely.Geometry) -> float:
    return float(shapely.intersection(shapely.boundary(unit), shapely.boundary(gap)).length)


def _replaced(
    draft: Draft,
    findings: Findings,
    asked: Repairs,
    rows: NDArray[np.int64],
    before: Shapes,
    after: Shapes,
    action: str,
) -> tuple[Draft, Findings]:
    """Put cleaned shapes in place of those that changed, unless one would move too far: then none is."""
    changed = np.flatnonzero(~shapely.equals_exact(shapely.normalize(before), shapely.normalize(after), 1e-6))
    moved = np.zeros(len(rows))
    moved[changed] = shapely.area(shapely.symmetric_difference(before[changed], after[changed]))
    areas = shapely.area(before)
    too_far = np.flatnonzero(moved > asked.most_moved * areas)
    told: list[Finding] = list(findings)
    if too_far.size:
        for unit in too_far.tolist():
            row = draft.table.iloc[int(rows[unit])]
            base = Finding(
                "repair-refused", int(row["row"]), row["code"], row["name"], geometry=row["geometry"]
            )
            told.append(_refused(base, float(moved[unit]), float(areas[unit]), asked))
        return draft, tuple(told)
    shapes = draft.shapes.copy()
    # Rounding on the way back to degrees can make thin corners cross.
    shapes[rows[changed]] = polygonal(shapely.make_valid(in_degrees(after[changed])))
    for unit in changed[moved[changed] > 0].tolist():
        row = draft.table.iloc[int(rows[unit])]
        told.append(
            Finding(
                "edges-moved",
                int(row["row"]),
                row["code"],
                row["name"],
                float(moved[unit]),
                action=action,
                moved_m2=float(moved[unit]),
                geometry=row["geometry"],
            )
        )
    return draft.having(shapes), tuple(told)
