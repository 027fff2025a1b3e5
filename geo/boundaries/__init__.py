"""Boundary files and boundary sets: read, understood, checked, repaired only as asked, stacked into levels."""

from geo.boundaries.columns import find_code_column
from geo.boundaries.findings import KINDS, Finding
from geo.boundaries.intake import Checked, Options, check_file, read
from geo.boundaries.report import Report
from geo.boundaries.sets import BoundarySet, Repair
from geo.boundaries.understanding import Choices

__all__ = [
    "KINDS",
    "BoundarySet",
    "Checked",
    "Choices",
    "Finding",
    "Options",
    "Repair",
    "Report",
    "check_file",
    "find_code_column",
    "read",
]
