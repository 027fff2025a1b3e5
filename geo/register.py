"""Read a household register and its members in batches, down to deprivation patterns.

Only the columns that the schema and the specification ask for are read. The family key joins members to households
and is replaced by a keyed hash within the batch; names, NIK, KK and addresses are never read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from geo import addresses, coordinates, notes, tables
from geo.errors import RegisterError, SpecificationError
from geo.rules import check_rule, variables
from geo.schema import RegisterSchema, Variable, probe
from geo.specification import MOST_INDICATORS, Clause, Indicator, Label, Specification


@dataclass(frozen=True)
class Register:
    """A register bound to what is to be measured.

    Attributes
    ----------
    specification
        What can be measured: the weights of absent indicators have moved to the others of their dimension.
    notes
        What the reader must know, one sentence each.
    reads_rw
        Whether RW are read, from their column or the address; households can be placed by them.
    locations
        A table of coordinates by family key, for households that have none in the register.
    """

    name: str
    households: Path
    members: Path | None
    schema: RegisterSchema
    specification: Specification
    notes: tuple[Label, ...]
    household_rules: tuple[str, ...]
    member_rules: tuple[str, ...]
    household_columns: frozenset[str]
    member_columns: frozenset[str]
    reads_rw: bool = False
    locations: Path | None = None

    @property
    def parts(self) -> "tuple[Register, ...]":
        """The register itself: it has one part."""
        return (self,)

    @property
    def household_rows(self) -> int:
        """The number of households, of a text file an estimate from its size."""
        return tables.rows(self.households)

    @property
    def member_rows(self) -> int:
        """The number of members, as `household_rows`; 0 without a members file."""
        return tables.rows(self.members) if self.members is not None else 0

    def household_batches(self) -> Iterator[pl.DataFrame]:
        """Yield source columns of households, a bounded number of rows at a time."""
        return tables.batches(self.households, list(self.household_sources))

    def member_batches(self) -> Iterator[pl.DataFrame]:
        """Yield source columns of members, a bounded number of rows at a time."""
        if self.members is None:
            return iter(())
        return tables.batches(self.members, list(self.member_sources))

    def reduce_households(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Reduce source rows to what placing and counting need.

        Returns
        -------
        pl.DataFrame
            ``code`` (String, as it is written), ``lon``, ``lat`` (Float64, infinite when unreadable), ``form``
            (UInt8, how they are written), ``rw`` (UInt8, 0 unknown), ``desil`` (UInt8, 0 unknown), ``persons``
            (Int64, null unknown), ``yes`` and ``unknown`` (UInt32: one bit a household rule), and the source key.
        """
        schema = self.schema
        used = _used(schema.household_variables, self.household_rules)
        table = batch.with_columns(*_expressions(used, batch.schema))
        lon, lon_form = _coordinate(batch, schema.longitude)
        lat, lat_form = _coordinate(batch, schema.latitude)
        return table.select(
            (as_written(schema.key, batch.schema) if schema.key in batch else pl.lit(None, pl.String)).alias(
                "key"
            ),
            as_written(schema.unit, batch.schema).alias("code"),
            pl.lit(lon).alias("lon"),
            pl.lit(lat).alias("lat"),
            pl.lit(pl.select(pl.max_horizontal(lon_form, lat_form)).to_series()).alias("form"),
            pl.lit(self._rw(batch, lon, lat)).alias("rw"),
            _desil(schema.desil, batch.schema),
            self._persons().alias("persons"),
            *_masks(table, map(pl.sql_expr, self.household_rules)),
        )

    @property
    def counts_members(self) -> bool:
        """Whether the size of a household is the number of its members in the file."""
        return self.schema.persons not in self.household_columns and self.members is not None

    def _persons(self) -> pl.Expr:
        if self.schema.persons in self.household_columns:
            return _whole(self.schema.persons).cast(pl.Int64, strict=False)
        return pl.lit(None if self.members is not None else 1, pl.Int64)

    def _rw(self, batch: pl.DataFrame, lon: pl.Series, lat: pl.Series) -> pl.Series:
        """Return the RW: of its own column, else of the address, which goes no further.

        Only households without usable coordinates are placed by it, so only theirs are read.
        """
        number = pl.zeros(batch.height, dtype=pl.UInt8, eager=True)
        if not self.reads_rw:
            return number
        lost = np.flatnonzero(~coordinates.is_near(lon.to_numpy(), lat.to_numpy()))
        for column in (self.schema.address, self.schema.rw):
            if column in batch.columns:
                found = addresses.rw_numbers(batch[column].gather(lost))
                stated = np.flatnonzero((found > 0).to_numpy())
                number = number.scatter(lost[stated], found.gather(stated))
        return number

    def reduce_members(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Reduce source rows of members to ``key``, ``yes`` and ``unknown`` masks of the member rules."""
        used = _used(self.schema.member_variables, self.member_rules)
        table = batch.with_columns(*_expressions(used, batch.schema))
        key = as_written(self.schema.member_key, batch.schema).alias("key")
        return table.select(key, *_masks(table, map(pl.sql_expr, self.member_rules)))

    def patterns(self, households: pl.DataFrame) -> pl.DataFrame:
        """Evaluate the rules of every indicator from the masks, in three-valued logic.

        Parameters
        ----------
        households
            Columns ``yes``, ``unknown`` of household rules and ``member_yes``, ``member_unknown`` of member rules
            (null where a household has no member).

        Returns
        -------
        pl.DataFrame
            The input with ``deprived`` and ``missing`` masks in place of the four.
        """
        indicators = self.specification.indicators
        deprived, missing = _masks(
            households, (pl.any_horizontal(*map(self._clause, indicator.rule)) for indicator in indicators)
        )
        return households.drop("yes", "unknown", "member_yes", "member_unknown").with_columns(
            deprived=deprived, missing=missing
        )

    def _clause(self, clause: Clause) -> pl.Expr:
        parts = []
        if clause.household is not None:
            parts.append(_answer("yes", "unknown", self.household_rules.index(clause.household)))
        if clause.any_member is not None:
            parts.append(_answer("member_yes", "member_unknown", self.member_rules.index(clause.any_member)))
        if clause.no_member is not None:
            parts.append(~_answer("member_yes", "member_unknown", self.member_rules.index(clause.no_member)))
        return pl.all_horizontal(*parts)

    @property
    def household_sources(self) -> tuple[str, ...]:
        """The source columns of households that are read."""
        schema = self.schema
        wanted = {schema.key, schema.unit, schema.persons, schema.desil, schema.latitude, schema.longitude}
        wanted |= {schema.rw, schema.address} if self.reads_rw else set()
        for variable in _used(schema.household_variables, self.household_rules):
            wanted.update(variable.columns)
        return tuple(sorted(wanted & self.household_columns))

    @property
    def member_sources(self) -> tuple[str, ...]:
        """The source columns of members that are read."""
        wanted = {self.schema.member_key}
        for variable in _used(self.schema.member_variables, self.member_rules):
            wanted.update(variable.columns)
        return tuple(sorted(wanted & self.member_columns))


def bind(
    households: Path,
    members: Path | None,
    schema: RegisterSchema,
    specification: Specification,
    name: str = "",
    locations: Path | None = None,
) -> Register:
    """Open a register for a specification, and check that it can be measured.

    Parameters
    ----------
    households, members
        Parquet, CSV or Excel files.
    locations
        A table of coordinates by family key.

    Raises
    ------
    FileError
        When a file is missing, empty or unreadable.
    RegisterError
        When a column is missing that no household can do without.
    SpecificationError
        When a rule does not fit the schema, or a whole dimension is absent.
    """
    _check_rules(schema, specification)
    household_columns = tables.present(households, schema.household_columns)
    member_columns = tables.present(members, schema.member_columns) if members is not None else frozenset()
    _need(households, household_columns, [schema.unit])
    if schema.persons and members is None:
        _need(households, household_columns, [schema.persons])
    if members is not None or locations is not None:
        _need(households, household_columns, [schema.key])
    if members is not None:
        _need(members, member_columns, [schema.member_key])
    absent = {
        indicator.id: columns
        for indicator in specification.indicators
        if (columns := lacking(indicator, schema, household_columns, member_columns))
    }
    measured = specification.without(frozenset(absent))
    clauses = [clause for indicator in measured.indicators for clause in indicator.rule]
    household_rules = tuple(dict.fromkeys(c.household for c in clauses if c.household is not None))
    member_rules = tuple(dict.fromkeys(rule for c in clauses for rule in c.member))
    _check_number(specification, household_rules, "households")
    _check_number(specification, member_rules, "members")
    return Register(
        name=name or households.stem,
        households=households,
        members=members,
        schema=schema,
        specification=measured,
        notes=(
            *schema.notes,
            *_size_notes(schema, household_columns, members),
            *notes.absent_indicators(
                specification, {name: notes.lacking_columns(columns) for name, columns in absent.items()}
            ),
        ),
        household_rules=household_rules,
        member_rules=member_rules,
        household_columns=household_columns,
        member_columns=member_columns,
        locations=locations,
    )


def _size_notes(schema: RegisterSchema, present: frozenset[str], members: Path | None) -> tuple[Label, ...]:
    """Say so where the size of a household is not the one that the register states."""
    if schema.persons in present:
        return ()
    return (notes.PERSONS_UNKNOWN if members is None else notes.PERSONS_FROM_MEMBERS,)


def _check_rules(schema: RegisterSchema, specification: Specification) -> None:
    household_probe, member_probe = probe(schema.household_variables), probe(schema.member_variables)
    for indicator in specification.indicators:
        where = f"{specification.name}: indicator {indicator.id!r}"
        for clause in indicator.rule:
            if clause.household is not None:
                check_rule(clause.household, where, household_probe)
            for rule in clause.member:
                check_rule(rule, where, member_probe)


def _check_number(specification: Specification, rules: tuple[str, ...], of: str) -> None:
    if len(rules) > MOST_INDICATORS:
        raise SpecificationError(
            f"{specification.name}: there are {len(rules)} different rules about {of}; at most {MOST_INDICATORS} "
            "fit a mask. Join the conditions of an indicator with OR in one rule."
        )


def lacking(
    indicator: Indicator,
    schema: RegisterSchema,
    household_columns: frozenset[str],
    member_columns: frozenset[str],
) -> list[str]:
    """Return the source columns that the rule needs and the files do not have."""
    asked = [(schema.household_variables, indicator.household_variables, household_columns)]
    asked.append((schema.member_variables, indicator.member_variables, member_columns))
    return sorted(
        column
        for known, names, present in asked
        for name in names
        if name not in indicator.optional
        for column in known[name].columns or (name,)
        if column not in present
    )


def _need(path: Path, present: frozenset[str], needed: list[str]) -> None:
    for column in needed:
        if column not in present:
            raise RegisterError(
                f"{path}: the column {column!r} is missing, and no household can be counted without it. "
                "Name another schema with --schema, or ask for an extract that has it."
            )


def _used(known: Mapping[str, Variable], rules: tuple[str, ...]) -> list[Variable]:
    read = variables(rules)
    return [variable for name, variable in known.items() if name in read]


def _expressions(used: list[Variable], source: pl.Schema) -> list[pl.Expr]:
    return [
        variable.expression(source)
        if variable.columns and all(column in source for column in variable.columns)
        else pl.lit(None, variable.dtype).alias(variable.name)
        for variable in used
    ]


def _masks(table: pl.DataFrame, answers: Iterable[pl.Expr]) -> tuple[pl.Series, pl.Series]:
    """Return masks of the answers that are yes, and of those that are unknown, one bit an answer."""
    # Worked out first: an expression that stands in two others is worked out twice.
    known = table.select(answer.alias(str(bit)) for bit, answer in enumerate(answers))
    none = pl.repeat(0, table.height, dtype=pl.UInt32)
    yes, unknown = none, none
    for bit, name in enumerate(known.columns):
        yes = yes | (pl.col(name).fill_null(False).cast(pl.UInt32) * (1 << bit))
        unknown = unknown | (pl.col(name).is_null().cast(pl.UInt32) * (1 << bit))
    masks = known.select(yes=yes.cast(pl.UInt32), unknown=unknown.cast(pl.UInt32))
    return masks["yes"], masks["unknown"]


def _answer(yes: str, unknown: str, bit: int) -> pl.Expr:
    mask = 1 << bit
    is_yes, is_unknown = (pl.col(yes) & mask) != 0, (pl.col(unknown) & mask) != 0
    return pl.when(is_yes).then(True).when(is_unknown | pl.col(yes).is_null()).then(None).otherwise(False)


def _text(column: str, schema: pl.Schema) -> pl.Expr:
    """Read a code or key as text, also where a spreadsheet has made a number of it."""
    source = pl.col(column)
    if schema[column].is_float():
        source = source.cast(pl.Int64, strict=False)
    text = source.cast(pl.String).str.strip_chars().str.strip_suffix(".0")
    return pl.when(text != "").then(text)


def as_written(column: str, source: pl.Schema) -> pl.Expr:
    """Leave a code or key that is text as it is written: `geo.locate` and `geo.families` read it once for all."""
    return pl.col(column) if source[column] == pl.String else _text(column, source)


def _whole(column: str) -> pl.Expr:
    value = pl.col(column).cast(pl.Float64, strict=False)
    return pl.when(value == value.floor()).then(value)


def _coordinate(batch: pl.DataFrame, column: str) -> tuple[pl.Series, pl.Series]:
    """Read degrees and how they are written; missing where there is no such column."""
    if column not in batch.columns:
        missing = pl.Series([None], dtype=pl.Float64).new_from_index(0, batch.height)
        return missing, pl.zeros(batch.height, dtype=pl.UInt8, eager=True)
    values, form = coordinates.read(batch[column])
    return pl.Series(values, nan_to_null=True), pl.Series(form)


def _desil(column: str, source: pl.Schema) -> pl.Expr:
    if column not in source:
        return pl.lit(0, pl.UInt8).alias("desil")
    value = _whole(column)
    return pl.when(value.is_between(1, 10)).then(value).otherwise(0).cast(pl.UInt8).alias("desil")
