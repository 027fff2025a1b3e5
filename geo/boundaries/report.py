"""The report on a boundary file: what it is, what it means, what is wrong, what was done."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.boundaries.columns import Role
from geo.boundaries.findings import KINDS, Finding
from geo.boundaries.matching import EXACT, Match


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is: its format, layer, CRS, size and extent (west, south, east, north in degrees)."""

    file: str
    format: str
    layer: str
    crs: str
    rows: int
    columns: tuple[str, ...]
    extent: tuple[float, float, float, float]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What came of reading a boundary file.

    Attributes
    ----------
    file
        What it is.
    level, code_system
        What each feature is, and whose codes it has.
    system_evidence, is_system_sure
        Why that system, and whether it is named or proven.
    roles
        Which column is what.
    matches
        Names matched to codes, where the file has names only.
    is_matched_by_name
        Whether codes come from names that nobody has confirmed.
    findings
        Every defect, with what was done.
    units
        Features left after repairs.
    area_km2
        Their area together.
    """

    file: FileFacts
    level: str
    code_system: str
    system_evidence: str
    is_system_sure: bool
    roles: tuple[Role, ...]
    matches: tuple[Match, ...]
    is_matched_by_name: bool
    findings: tuple[Finding, ...]
    units: int
    area_km2: float

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that keep the file from being loaded."""
        return tuple(finding for finding in self.findings if finding.stops)

    @property
    def is_loadable(self) -> bool:
        """Whether the file can be loaded as it was read."""
        return not self.stops and self.is_system_sure and not self.is_matched_by_name

    @property
    def counts(self) -> Mapping[str, tuple[int, float]]:
        """How many findings of each defect there are, and their area together in m², in the order of `KINDS`."""
        numbers = Counter(finding.defect for finding in self.findings)
        areas: Counter[str] = Counter()
        for finding in self.findings:
            areas[finding.defect] += _rounded(finding.size_m2) or 0.0  # type: ignore[assignment]
        return {defect: (numbers[defect], float(areas[defect])) for defect in KINDS if numbers[defect]}

    @property
    def matched(self) -> tuple[int, int, int]:
        """How many rows got a code by an equal name, by a similar one, and how many rows there are."""
        taken = [one for one in self.matches if one.code]
        exact = sum(one.features for one in taken if one.how == EXACT)
        return exact, sum(one.features for one in taken) - exact, sum(one.features for one in self.matches)

    def as_dict(self, most_findings: int | None = None) -> dict[str, Any]:
        """Return the report as plain values for JSON; at most so many findings, those that stop a load first."""
        shown = sorted(self.findings, key=lambda finding: not finding.stops)[:most_findings]
        exact, alike, rows = self.matched
        return {
            "file": self.file.file,
            "format": self.file.format,
            "layer": self.file.layer,
            "crs": self.file.crs,
            "rows": self.file.rows,
            "columns": list(self.file.columns),
            "extent": list(self.file.extent),
            "notes": list(self.file.notes),
            "level": self.level,
            "code_system": self.code_system,
            "code_system_evidence": self.system_evidence,
            "code_system_sure": self.is_system_sure,
            "roles": [
                {"role": role.role, "column": role.column, "evidence": role.evidence} for role in self.roles
            ],
            "matching": {
                "rows": rows,
                "equal": exact,
                "similar": alike,
                "confirmed": not self.is_matched_by_name,
            }
            if self.matches
            else None,
            "units": self.units,
            "area_km2": round(self.area_km2, 6),
            "loadable": self.is_loadable,
            "counts": {
                defect: {"number": number, "area_m2": round(area, 1), "stops": KINDS[defect].stops}
                for defect, (number, area) in self.counts.items()
            },
            "findings": [_finding(finding) for finding in shown],
            "findings_left_off": len(self.findings) - len(shown),
        }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "defect": finding.defect,
        "stops": finding.stops,
        "row": finding.row,
        "code": finding.code,
        "name": finding.name,
        "longitude": None if place is None else round(place[0], 7),
        "latitude": None if place is None else round(place[1], 7),
        "size_m2": _rounded(finding.size_m2),
        "detail": finding.detail.id,
        "advice": finding.kind.advice.id,
        "action": finding.action,
        "moved_m2": _rounded(finding.moved_m2),
    }


def _rounded(area_m2: float | None) -> float | None:
    return None if area_m2 is None or math.isnan(area_m2) else round(area_m2, 2)
