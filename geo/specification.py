"""What is measured: dimensions, indicators, rules, exact weights, poverty cutoff."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

from geo.errors import FileError, SpecificationError
from geo.exact import check_cutoff, check_weights, fraction
from geo.rules import compile_rule, variables

#: A deprivation pattern is a 32-bit mask.
MOST_INDICATORS = 32


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

    @property
    def member(self) -> tuple[str, ...]:
        """The expressions that are asked of members."""
        return tuple(rule for rule in (self.any_member, self.no_member) if rule is not None)


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

    @property
    def household_variables(self) -> frozenset[str]:
        """Canonical variables of the household that the rule reads."""
        return variables(clause.household for clause in self.rule)

    @property
    def member_variables(self) -> frozenset[str]:
        """Canonical variables of members that the rule reads."""
        return variables(rule for clause in self.rule for rule in clause.member)


@dataclass(frozen=True, slots=True)
class Specification:
    """What is measured and where the lines are drawn.

    Attributes
    ----------
    cutoff
        The poverty cutoff k: a household is poor when its score is at least k, ties included.
    vulnerable, severe
        Vulnerable is vulnerable ≤ score < cutoff; severe is score ≥ severe.
    """

    name: str
    label: Label
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    cutoff: Fraction
    vulnerable: Fraction
    severe: Fraction
    sensitivity_cutoffs: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        _check_indicators(self)
        check_weights(self.weights)
        for name, value in (
            ("cutoff", self.cutoff),
            ("severe", self.severe),
            ("vulnerable", self.vulnerable),
            *(("sensitivity_cutoffs", value) for value in self.sensitivity_cutoffs),
        ):
            check_cutoff(value, name)

    @property
    def weights(self) -> Mapping[str, Fraction]:
        """Weights by indicator id."""
        return {indicator.id: indicator.weight for indicator in self.indicators}

    def with_weights(self, weights: Mapping[str, Fraction]) -> "Specification":
        """Return the same specification under other weights.

        Raises
        ------
        SpecificationError
            When a weight is negative, an indicator unknown, or the sum is not 1.
        """
        unknown = sorted(set(weights) - set(self.weights))
        if unknown:
            raise SpecificationError(
                f"{self.name}: no indicator is called {unknown[0]!r}. Indicators: {', '.join(self.weights)}."
            )
        changed = tuple(replace(item, weight=weights.get(item.id, Fraction(0))) for item in self.indicators)
        return replace(self, indicators=changed)

    def without(self, absent: frozenset[str]) -> "Specification":
        """Return the specification for a source that does not carry some indicators.

        An absent indicator is dropped, and its weight moves to the others of its dimension, in proportion to
        theirs (METHODS §1). The weight of a dimension that loses all of them moves to the other dimensions, in
        proportion to theirs: the result then measures less than the specification says.

        Raises
        ------
        SpecificationError
            When no weighted indicator is left.

        Examples
        --------
        >>> bogor = load("bogor")
        >>> bogor.weights["tanpa_aset"], bogor.without(frozenset({"tanpa_jkn"})).weights["tanpa_aset"]
        (Fraction(1, 24), Fraction(1, 20))
        """
        kept = [item for item in self.indicators if item.id not in absent]
        left = {name: _weight_of(kept, name) for name in self.dimension_ids}
        full = {name: _weight_of(self.indicators, name) for name in self.dimension_ids}
        measured = sum((full[name] for name, weight in left.items() if weight > 0), Fraction(0))
        if measured == 0:
            raise SpecificationError(
                f"{self.name}: the register carries none of the weighted indicators "
                f"({', '.join(sorted(absent))}). Give the missing columns or the members, or use another specification."
            )
        moved = (
            replace(item, weight=item.weight * full[item.dimension] / left[item.dimension] / measured)
            if item.weight > 0
            else item
            for item in kept
        )
        return replace(self, indicators=tuple(moved))

    @property
    def dimension_ids(self) -> tuple[str, ...]:
        """The ids of the dimensions."""
        return tuple(dimension.id for dimension in self.dimensions)

    def lost_dimensions(self, absent: frozenset[str]) -> tuple[Dimension, ...]:
        """Return the weighted dimensions of which a source without some indicators carries nothing."""
        kept = [item for item in self.indicators if item.id not in absent]
        return tuple(
            dimension
            for dimension in self.dimensions
            if _weight_of(self.indicators, dimension.id) > 0 and _weight_of(kept, dimension.id) == 0
        )


def _weight_of(indicators: Iterable[Indicator], dimension: str) -> Fraction:
    return sum((item.weight for item in indicators if item.dimension == dimension), Fraction(0))


def shipped() -> tuple[str, ...]:
    """Return the names of the specifications that come with Kantong."""
    folder = resources.files("data") / "specifications"
    return tuple(sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load(name_or_path: str | Path) -> Specification:
    """Read a specification: one that is shipped, by name, or a TOML file, by path.

    Raises
    ------
    FileError
        When there is no such specification.
    SpecificationError
        When it is wrong, naming the indicator.

    Examples
    --------
    >>> load("bogor").cutoff
    Fraction(1, 3)
    """
    name = str(name_or_path)
    if name in shipped():
        text = (resources.files("data") / "specifications" / f"{name}.toml").read_text("utf-8")
        return parse(text, name)
    path = Path(name_or_path)
    if path.is_dir() or not path.exists():
        raise FileError(
            f"{name}: no specification of that name or path. Shipped: {', '.join(shipped())}; or give a .toml file."
        )
    try:
        return parse(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise FileError(f"{name}: not a text file in UTF-8; save the specification as UTF-8.") from error


def parse(text: str, source: str) -> Specification:
    """Read a specification from TOML text.

    Parameters
    ----------
    text
        The TOML.
    source
        What to call it in messages.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"{source}: not valid TOML ({error}).") from error
    try:
        return _specification(table, source)
    except SpecificationError as error:
        raise SpecificationError(f"{source}: {error}") from error


def _specification(table: Mapping[str, Any], source: str) -> Specification:
    _only_known(
        table,
        {"name", "label", "cutoff", "vulnerable", "severe", "sensitivity_cutoffs", "dimension", "indicator"},
        "the top level",
    )
    sensitivity = table.get("sensitivity_cutoffs", [])
    return Specification(
        name=str(table.get("name", Path(source).stem)),
        label=_label(table, "the specification"),
        dimensions=tuple(
            Dimension(_text(item, "id", "a dimension"), _label(item, f"dimension {item.get('id')!r}"))
            for item in _tables(table, "dimension")
        ),
        indicators=tuple(_indicator(item) for item in _tables(table, "indicator")),
        cutoff=fraction(_required(table, "cutoff", "the specification"), "cutoff"),
        vulnerable=fraction(table.get("vulnerable", "1/5"), "vulnerable"),
        severe=fraction(table.get("severe", "1/2"), "severe"),
        sensitivity_cutoffs=tuple(fraction(value, "sensitivity_cutoffs") for value in sensitivity),
    )


def from_table(table: Mapping[str, Any]) -> Specification:
    """Read a specification from what `to_table` gives."""
    return _specification(table, str(table.get("name", "")))


def to_table(specification: Specification) -> dict[str, Any]:
    """Return the specification as plain values, fractions as text, in the shape of its TOML file."""
    return {
        "name": specification.name,
        "label": asdict(specification.label),
        "cutoff": str(specification.cutoff),
        "vulnerable": str(specification.vulnerable),
        "severe": str(specification.severe),
        "sensitivity_cutoffs": [str(value) for value in specification.sensitivity_cutoffs],
        "dimension": [asdict(dimension) for dimension in specification.dimensions],
        "indicator": [_indicator_table(indicator) for indicator in specification.indicators],
    }


def _indicator_table(indicator: Indicator) -> dict[str, Any]:
    rule = [
        {kind: text for kind, text in asdict(clause).items() if text is not None} for clause in indicator.rule
    ]
    return {
        **asdict(indicator),
        "weight": str(indicator.weight),
        "rule": rule,
        "optional": list(indicator.optional),
    }


def _indicator(table: Mapping[str, Any]) -> Indicator:
    identifier = _text(table, "id", "an indicator")
    where = f"indicator {identifier!r}"
    _only_known(table, {field.name for field in fields(Indicator)}, where)
    rules = _required(table, "rule", where)
    clauses = rules if isinstance(rules, list) else [rules]
    if not clauses:
        raise SpecificationError(f"{where}: the rule is empty; give at least one clause.")
    notes = {name: table.get(name, "") for name in ("norm", "agency", "programme", "caveat")}
    for name, text in notes.items():
        if not isinstance(text, str):
            raise SpecificationError(f"{where}: {name!r} must be text.")
    return Indicator(
        id=identifier,
        dimension=_text(table, "dimension", where),
        weight=fraction(_required(table, "weight", where), f"{where}: weight"),
        label=_label(table, where),
        rule=tuple(_clause(clause, where) for clause in clauses),
        optional=_optional(table, clauses, where),
        **notes,
    )


def _optional(table: Mapping[str, Any], clauses: Sequence[Any], where: str) -> tuple[str, ...]:
    names = table.get("optional", [])
    if not isinstance(names, list):
        raise SpecificationError(f"{where}: 'optional' must be a list of variables.")
    read = variables(rule for clause in clauses for rule in clause.values())
    for name in names:
        if name not in read:
            raise SpecificationError(f"{where}: the optional variable {name!r} is not in the rule.")
    return tuple(names)


def _clause(table: object, where: str) -> Clause:
    kinds = [field.name for field in fields(Clause)]
    if not isinstance(table, dict) or not table or not set(table) <= set(kinds):
        raise SpecificationError(
            f"{where}: a rule is a table with one or more of {', '.join(kinds)}, each a SQL expression; got {table!r}."
        )
    for rule in table.values():
        compile_rule(rule, where)
    return Clause(**table)


def _check_indicators(specification: Specification) -> None:
    names = [item.id for item in specification.indicators]
    dimensions = [item.id for item in specification.dimensions]
    if not names:
        raise SpecificationError("there is no [[indicator]]; give at least one.")
    if len(names) > MOST_INDICATORS:
        raise SpecificationError(
            f"{len(names)} indicators; at most {MOST_INDICATORS} fit a deprivation pattern."
        )
    for kind, ids in (("indicator", names), ("dimension", dimensions)):
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice is not None:
            raise SpecificationError(f"{kind} {twice!r} stands twice; ids must be unique.")
    for item in specification.indicators:
        if not item.id.isidentifier():
            raise SpecificationError(
                f"indicator {item.id!r}: an id has letters, digits and underscores only."
            )
        if item.dimension not in dimensions:
            raise SpecificationError(
                f"indicator {item.id!r}: there is no dimension {item.dimension!r}. Dimensions: {', '.join(dimensions)}."
            )


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SpecificationError(f"{key!r} must be written as [[{key}]] tables.")
    return value


def _label(table: Mapping[str, Any], where: str) -> Label:
    value = _required(table, "label", where)
    texts = value if isinstance(value, dict) else {}
    if set(texts) != {"id", "en"} or not all(isinstance(text, str) for text in texts.values()):
        raise SpecificationError(f'{where}: the label must be {{ id = "…", en = "…" }}.')
    return Label(**texts)


def _required(table: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in table:
        raise SpecificationError(f"{where}: {key!r} is missing.")
    return table[key]


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = _required(table, key, where)
    if not isinstance(value, str) or not value:
        raise SpecificationError(f"{where}: {key!r} must be text.")
    return value


def _only_known(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise SpecificationError(
            f"{where}: {unknown[0]!r} is not known here. Known: {', '.join(sorted(known))}."
        )
