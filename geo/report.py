"""What happened to every household of a register, and what a run is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from geo.specification import Specification


@dataclass(frozen=True, slots=True)
class PlacementReport:
    """Where the households of a register went: ``read = located + by_code + refused``, always.

    Attributes
    ----------
    read
        Households read from the register.
    located
        Households counted where their coordinates lie.
    by_code
        Households counted in the unit of their code, carried onto cells by modelled shares.
    refused
        Households counted nowhere.
    reasons
        Households by reason: why coordinates were not used, why a household was refused.
    """

    read: int = 0
    located: int = 0
    by_code: int = 0
    refused: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.read != self.located + self.by_code + self.refused:
            raise AssertionError(
                f"{self.read} households read, but {self.located} located + {self.by_code} by code "
                f"+ {self.refused} refused"
            )

    def __add__(self, other: "PlacementReport") -> "PlacementReport":
        """Add the counts of two parts of a register."""
        reasons = dict(self.reasons)
        for reason, households in other.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + households
        return PlacementReport(
            self.read + other.read,
            self.located + other.located,
            self.by_code + other.by_code,
            self.refused + other.refused,
            dict(sorted(reasons.items())),
        )


@dataclass(frozen=True, slots=True)
class BoundarySource:
    """Which boundaries a run stands on."""

    id: str
    name: str
    place: str
    code_system: str
    finest_level: str
    source: str
    valid_from: date | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run is: its inputs, its parameters, and what became of the households.

    Attributes
    ----------
    id
        The content-addressed id: the same inputs give the same id.
    specification
        What was measured, after the weights of absent indicators moved.
    notes
        What a reader must know, one sentence each (an absent indicator, a fallback).
    """

    id: str
    register_name: str
    boundaries: BoundarySource
    specification: Specification
    resolution: int
    placement: PlacementReport
    notes: tuple[str, ...] = ()
