"""The way of a boundary file: read → understand → check → repair what is asked → a boundary set."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from geo import layers, registry
from geo.boundaries import checks, repairs
from geo.boundaries.draft import Draft, area_m2
from geo.boundaries.repairs import Repairs
from geo.boundaries.report import FileFacts, Report
from geo.boundaries.sets import BoundarySet, Repair, assemble
from geo.boundaries.understanding import Choices, understand
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError
from geo.layers import Degrees
from geo.registry import Registry

_MOST_NAMED = 5


@dataclass(frozen=True)
class Options:
    """How to read a boundary file; what is None is proposed from the file.

    Attributes
    ----------
    layer, crs
        As `geo.layers.read`.
    choices
        What its columns and codes mean.
    repairs
        What may be repaired; nothing where it is not said.
    parents
        Units of a coarser level that the file's should lie in.
    """

    layer: str | None = None
    crs: str | None = None
    choices: Choices = field(default_factory=Choices)
    repairs: Repairs = field(default_factory=Repairs)
    parents: BoundarySet | None = None


@dataclass(frozen=True)
class Checked:
    """A file that was read: its report and its units, repaired as asked."""

    path: Path
    report: Report
    draft: Draft

    def boundary_set(
        self, name: str, *, source: str = "", valid_from: date | None = None, valid_to: date | None = None
    ) -> BoundarySet:
        """Return the units as a boundary set with the levels above.

        Raises
        ------
        BoundaryError
            When a defect stops the load, the code system is not sure, or names matched to codes are not confirmed.
        ParameterError
            When the dates contradict each other.
        """
        self._refuse()
        done = tuple(
            Repair(
                finding.code or "",
                finding.name or "",
                finding.defect,
                finding.action,
                finding.moved_m2 or 0.0,
            )
            for finding in self.report.findings
            if finding.action
        )
        if valid_from is not None and valid_to is not None and valid_to < valid_from:
            raise ParameterError(f"--valid-to {valid_to} lies before --valid-from {valid_from}.")
        return assemble(
            self.draft, name=name, source=source, valid_from=valid_from, valid_to=valid_to, repairs=done
        )

    def _refuse(self) -> None:
        report = self.report
        if report.is_matched_by_name:
            raise BoundaryError(
                f"{self.path}: has no codes, and its names were matched to the registry. Confirm the matches first: "
                "kantong boundaries check FILE --matches-out matches.csv, edit it, then --matches matches.csv."
            )
        if not report.is_system_sure:
            raise BoundaryError(
                f"{self.path}: the system of its codes is neither named nor proven. "
                "Say --codes bps or --codes kemendagri."
            )
        stops = report.stops
        if stops:
            shown = " ".join(finding.sentence for finding in stops[:_MOST_NAMED])
            more = (
                f" And {len(stops) - _MOST_NAMED} more; see kantong boundaries check."
                if len(stops) > _MOST_NAMED
                else ""
            )
            raise BoundaryError(f"{self.path}: {shown}{more}")


def check_file(path: Path, options: Options | None = None, names: Registry | None = None) -> Checked:
    """Read a boundary file, say what it means and what is wrong with it, and repair what is asked.

    Nothing is stored and nothing is written. The report's ``as_dict`` is plain values for JSON.

    Parameters
    ----------
    path
        A map file on this machine.
    options
        What the person said.
    names
        The registry to prove codes and match names with; the shipped one by default.

    Raises
    ------
    FileError, BoundaryError, ParameterError
        When the file cannot be read as a layer, or no column of it can be understood as codes or names.
    """
    asked = options or Options()
    known = names or registry.shipped()
    read = layers.read(path, asked.layer, asked.crs)
    meant = understand(read.table, path, asked.choices, known)
    parents = None if asked.parents is None else _as_draft(asked.parents)
    found = (*meant.findings, *checks.check(meant.draft, known, parents))
    draft = meant.draft
    if asked.repairs.text:
        draft, done = repairs.repair(draft, found, asked.repairs)
        found = (*done, *meant.findings, *checks.check(draft, known, parents))
    drawn = checks.is_drawn(draft.shapes)
    report = Report(
        _facts(read),
        draft.level,
        str(draft.system),
        meant.system_evidence,
        meant.is_system_sure,
        meant.roles,
        meant.matches,
        meant.is_matched_by_name,
        found,
        len(draft.table),
        float(np.nansum(area_m2(draft.shapes[drawn])) / 1e6),
    )
    return Checked(path, report, draft)


def read(
    path: Path,
    *,
    name: str,
    level: str,
    code_system: CodeSystem,
    layer: str | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    source: str = "",
    valid_from: date | None = None,
) -> BoundarySet:
    """Read a polygon layer as the finest level of a boundary set; the levels above are dissolved from the codes.

    Nothing is repaired: `check_file` does, as asked.

    Parameters
    ----------
    path
        A map file on this machine, with a CRS.
    name
        What to call the set.
    level
        The level of the features, one of `geo.codes.LEVELS`.
    code_system
        Whose codes they are.
    layer, code_column, name_column
        Where the file has several layers or columns that fit.
    source, valid_from
        Where it comes from and from when it holds.

    Raises
    ------
    FileError
        When the file is missing, empty or not a map file.
    BoundaryError
        When it has no CRS, or a defect that stops a load.
    ParameterError
        When the level or a named layer or column does not exist.
    """
    choices = Choices(level, code_system, code_column, name_column)
    return check_file(path, Options(layer, choices=choices)).boundary_set(
        name, source=source, valid_from=valid_from
    )


def _facts(read: Degrees) -> FileFacts:
    number = read.crs.to_epsg()
    bounds = read.table.total_bounds
    west, south, east, north = (float(value) for value in np.round(bounds, 6))
    return FileFacts(
        read.layer.path.name,
        read.layer.format,
        read.layer.name,
        f"EPSG:{number}" if number else str(read.crs.name),
        len(read.table),
        tuple(read.layer.columns),
        (west, south, east, north),
        read.notes,
    )


def _as_draft(boundaries: BoundarySet) -> Draft:
    rows = boundaries.rows(boundaries.finest_level)
    units = boundaries.units.iloc[rows].reset_index(drop=True)
    return Draft(
        units.assign(row=np.arange(1, len(units) + 1)), boundaries.finest_level, boundaries.code_system
    )
