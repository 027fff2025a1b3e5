"""Look at a register before it is measured: which schema fits, what is recognised, what each indicator would lose.

No value of the register is told, only the names of columns and shares of values.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from geo import numerals, tables
from geo import schema as schemas
from geo.register import lacking
from geo.schema import RegisterSchema, Variable
from geo.specification import Specification

_ALIKE = 0.84
_PERSONAL = re.compile(
    r"(^|_)(nik|no_?kk|nomor_kk|nama|alamat|kepala_keluarga|tanggal_lahir|tgl_lahir|tempat_lahir|no_telepon|nomor_telepon|telp|no_hp|nomor_hp|hp|email"
    r"|id_pelanggan|nomor_induk|nomor_kartu|padan)(_|$)"
)
_FIELDS = ("key", "unit", "persons", "desil", "latitude", "longitude", "rw", "address")


@dataclass(frozen=True)
class Inspection:
    """What a file of households, or of members, is.

    Attributes
    ----------
    schema
        The name of the schema that it is held against.
    recognised
        Column of the file → what it is, a field of the schema or a canonical variable.
    unknown, personal
        Columns that no schema reads; of these, those that may name a person.
    missing
        Columns that the schema reads and the file lacks → the column of the file that is called most alike, or "".
    outside
        Variable → share of the first rows whose value is in no code list or is no number; blanks are not counted.
    lost
        Indicator → columns that it lacks; such an indicator is not measured.
    """

    file: Path
    rows: int
    schema: str
    recognised: Mapping[str, str]
    unknown: tuple[str, ...]
    personal: tuple[str, ...]
    missing: Mapping[str, str]
    outside: Mapping[str, float]
    lost: Mapping[str, tuple[str, ...]]


def fitting_schema(households: Path) -> RegisterSchema:
    """Return the shipped schema of which a file has most columns."""
    names = tables.header(households)
    loaded = [schemas.load(name) for name in schemas.shipped()]
    return max(
        loaded,
        key=lambda one: len(tables.matching(names, one.household_columns)) / len(one.household_columns),
    )


def inspect(
    households: Path, members: Path | None, schema: RegisterSchema, specification: Specification
) -> tuple[Inspection, ...]:
    """Look at a register: first the households, then the members when there are any.

    Raises
    ------
    FileError, RegisterError
        When a file cannot be read.
    """
    present = tables.present(households, schema.household_columns)
    of_members = tables.present(members, schema.member_columns) if members is not None else frozenset[str]()
    lost = {
        indicator.id: tuple(columns)
        for indicator in specification.indicators
        if (columns := lacking(indicator, schema, present, of_members))
    }
    fields = {getattr(schema, name): name for name in _FIELDS if getattr(schema, name)}
    answer = [_file(households, schema, fields, schema.household_variables, lost)]
    if members is not None:
        answer.append(_file(members, schema, {schema.member_key: "key"}, schema.member_variables, {}))
    return tuple(answer)


def _file(
    path: Path,
    schema: RegisterSchema,
    fields: Mapping[str, str],
    variables: Mapping[str, Variable],
    lost: Mapping[str, tuple[str, ...]],
) -> Inspection:
    names = tables.header(path)
    uses: dict[str, list[str]] = {column: [field] for column, field in fields.items()}
    for variable in variables.values():
        for column in variable.columns:
            uses.setdefault(column, []).append(variable.name)
    places = {column: found[0] for column, found in tables.matching(names, uses).items()}
    known = set(places.values())
    recognised = {names[place]: ", ".join(uses[column]) for column, place in places.items()}
    unknown = tuple(name for place, name in enumerate(names) if place not in known)
    return Inspection(
        file=path,
        rows=tables.rows(path),
        schema=schema.name,
        recognised=recognised,
        unknown=unknown,
        personal=tuple(name for name in unknown if _PERSONAL.search(tables.folded(name))),
        missing={column: _alike(column, unknown) for column in sorted(uses) if column not in places},
        outside=_outside(path, variables, frozenset(places)),
        lost=lost,
    )


def _alike(column: str, names: Iterable[str]) -> str:
    folded = {tables.folded(name): name for name in names}
    found = difflib.get_close_matches(tables.folded(column), folded, n=1, cutoff=_ALIKE)
    return folded[found[0]] if found else ""


def _outside(path: Path, variables: Mapping[str, Variable], present: frozenset[str]) -> dict[str, float]:
    used = [one for one in variables.values() if one.columns and present.issuperset(one.columns)]
    columns = sorted({column for one in used for column in one.columns})
    answer: dict[str, float] = {}
    for batch in islice(tables.batches(path, columns), 1) if columns else ():
        for one in used:
            given = pl.all_horizontal(
                pl.col(name).is_not_null() & (pl.col(name).cast(pl.String).str.strip_chars() != "")
                for name in one.columns
            )
            read = batch.select(given=given, read=one.expression(batch.schema).is_not_null())
            number = int(read["given"].sum())
            odd = int((read["given"] & ~read["read"]).sum())
            if odd:
                answer[one.name] = odd / number
    return answer


def with_thousands(path: Path, variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """Return the columns of numbers whose first rows look as if a sign stood for thousands.

    A register is read with decimal points and commas, row by row, so that 1.234 is a little more than one.
    """
    numbers = {
        column
        for one in variables.values()
        if not one.codes and not one.values and one.yes_no is None
        for column in one.columns
    }
    columns = sorted(tables.present(path, numbers))
    first = next(tables.batches(path, columns), pl.DataFrame()) if columns else pl.DataFrame()
    texts = first.select(pl.col(pl.String))
    return tuple(column.name for column in texts if numerals.thousands(column.drop_nulls()))


def proposed(schema: RegisterSchema, found: Sequence[Inspection]) -> str:
    """Return a schema as TOML, with the columns of the file under their own names.

    Columns that are called alike are proposed with a comment; what the file lacks is marked absent.
    """
    households = found[0]
    own = {tables.folded(name): name for one in found for name in (*one.recognised, *one.unknown)}
    guesses = {column: alike for one in found for column, alike in one.missing.items() if alike}

    def named(column: str) -> str | None:
        return own.get(tables.folded(column)) or guesses.get(column)

    lines = [
        f"# Proposed for {households.file.name} from the schema {schema.name}; check it, above all code lists."
    ]
    lines += [f"name = {_quoted(households.file.stem)}", "", "[households]"]
    for field in _FIELDS:
        column = getattr(schema, field)
        if column and (name := named(column)):
            lines.append(f"{field} = {_quoted(name)}{_comment(column, guesses)}")
        elif field in ("key", "unit"):
            lines.append(f"{field} = {_quoted(column)}  # not found in the file")
    lines += ["", "[households.variables]", *_variables(schema.household_variables, named, guesses)]
    lines += ["", "[members]", f"key = {_quoted(named(schema.member_key) or schema.member_key)}"]
    lines += ["", "[members.variables]", *_variables(schema.member_variables, named, guesses)]
    return "\n".join(lines) + "\n"


def _variables(
    variables: Mapping[str, Variable], named: Callable[[str], str | None], guesses: Mapping[str, str]
) -> list[str]:
    lines = []
    for one in variables.values():
        columns = [named(column) for column in one.columns]
        if not columns or None in columns:
            lines.append(f"{one.name} = {{ absent = true, {_type(one)} }}")
            continue
        texts = [_quoted(str(column)) for column in columns]
        where = f"column = {texts[0]}" if len(texts) == 1 else f"sum = [{', '.join(texts)}]"
        kind = _values(one) if one.values else _type(one)
        lines.append(f"{one.name} = {{ {where}, {kind} }}{_comment(one.columns[0], guesses)}")
    return lines


def _type(one: Variable) -> str:
    if one.yes_no is not None:
        yes, no = (value if isinstance(value, int) else _quoted(value) for value in one.yes_no)
        return f"yes = {yes}, no = {no}"
    if one.codes:
        return f"codes = [{', '.join(str(code) for code in sorted(one.codes))}]"
    return "number = true"


def _values(one: Variable) -> str:
    return f"values = {{ {', '.join(f'{_quoted(text)} = {code}' for text, code in one.values.items())} }}"


def _comment(column: str, guesses: Mapping[str, str]) -> str:
    return f"  # is it {column}?" if column in guesses else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
