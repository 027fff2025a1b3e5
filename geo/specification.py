"""What is measured: dimensions, indicators, rules, exact weights, poverty cutoff."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Label:
    """A name in Indonesian and English."""

    id: str
    en: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of poverty; its indicators share its weight."""

    id: str
    label: Label


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that hold together; each is a SQL expression over canonical variables.

    Attributes
    ----------
    household, any_member, no_member
        True of the household itself; of at least one member; of not one member. None when not asked.
    """

    household: str | None = None
    any_member: str | None = None
    no_member: str | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One deprivation: a household is deprived when any of the clauses holds.

    Attributes
    ----------
    weight
        Exact share of the score; the weights of a specification add up to 1.
    optional
        Variables that the rule can do without: absent from a register they are null.
    agency
        The office that answers for this deprivation.
    """

    id: str
    dimension: str
    weight: Fraction
    label: Label
    rule: tuple[Clause, ...]
    optional: tuple[str, ...] = ()
    norm: str = ""
    agency: str = ""
    programme: str = ""
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Specification:
    """What is measured and where the lines are drawn."""

    name: str
    label: Label
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    cutoff: Fraction
    vulnerable: Fraction
    severe: Fraction
    sensitivity_cutoffs: tuple[Fraction, ...] = ()

    @property
    def weights(self) -> Mapping[str, Fraction]:
        """Weights by indicator id."""
        return {indicator.id: indicator.weight for indicator in self.indicators}
