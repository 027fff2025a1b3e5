"""What happened to every household of a register, and what a run is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from geo.specification import Label, Specification

#: So many refused households are named by their row; all are counted.
MOST_REFUSALS = 10_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A household that is counted nowhere: the file and the row it stands in, from 1 below the header, and why."""

    file: str
    row: int
    reason: str


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
        Households by reason: why coordinates were not used, how one without them was placed, why one was refused, and
        what does not fit between households and members (there, of ``members_…`` reasons, members).
    refusals
        The first refused households by file and row, for whoever holds the files; not kept with a run.
    """

    read: int = 0
    located: int = 0
    by_code: int = 0
    refused: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.read != self.located + self.by_code + self.refused:
            raise AssertionError(
                f"{self.read} households read, but {self.located} located + {self.by_code} by code "
                f"+ {self.refused} refused"
            )

    @property
    def by_rw(self) -> int:
        """Of the households by code, those placed in the RW that their address names."""
        return self.reasons.get("by_rw", 0)

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
            (*self.refusals, *other.refusals)[:MOST_REFUSALS],
        )

    def counts(self) -> dict[str, object]:
        """Return the counts as plain values, without the refused rows."""
        names = ("read", "located", "by_code", "refused")
        return {**{name: getattr(self, name) for name in names}, "reasons": dict(self.reasons)}


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
class LayerLabel:
    """What people read of a layer beside the register.

    Attributes
    ----------
    column
        Its column in tables of places.
    """

    column: str
    title: str
    unit: str
    source: str
    date: date


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
        What a reader must know, one sentence each (an absent indicator, a fallback), in Indonesian and English.
    """

    id: str
    register_name: str
    boundaries: BoundarySource
    specification: Specification
    resolution: int
    placement: PlacementReport
    notes: tuple[Label, ...] = ()
