"""Register schemas: which source column holds which canonical variable, and what its values mean."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from geo import notes
from geo.errors import FileError, RegisterError
from geo.specification import Label


@dataclass(frozen=True, slots=True)
class Variable:
    """A canonical variable and the source columns it is read from.

    Attributes
    ----------
    columns
        One source column, or several numbers that are added up; none where the register does not ask.
    codes
        The values of a coded variable; any other value is missing. Empty when it is not coded.
    values
        Source values, texts or numbers, by the code that each stands for; empty when the source holds the codes.
    yes_no
        The source values for yes and for no; any other value is missing. None when it is not a yes/no.
    """

    name: str
    columns: tuple[str, ...]
    codes: frozenset[int] = frozenset()
    values: Mapping[str, int] = field(default_factory=dict)
    yes_no: tuple[int | str, int | str] | None = None

    @property
    def dtype(self) -> pl.DataType:
        """The type in which rules see the variable."""
        if self.yes_no is not None:
            return pl.Boolean()
        return pl.Int16() if self.codes else pl.Float64()

    def expression(self, source: pl.Schema) -> pl.Expr:
        """Return the variable as an expression over its source columns; unreadable values are null.

        Parameters
        ----------
        source
            The types of the source columns.
        """
        if self.values:
            chosen = _label(self.columns[0], source).replace_strict(
                {spelled(text): code for text, code in self.values.items()},
                default=None,
                return_dtype=pl.Int16,
            )
            return chosen.alias(self.name)
        if self.yes_no is not None and any(isinstance(value, str) for value in self.yes_no):
            answer = _label(self.columns[0], source)
            yes_text, no_text = (spelled(str(value)) for value in self.yes_no)
            return pl.when(answer == yes_text).then(True).when(answer == no_text).then(False).alias(self.name)
        columns = [_number(column, source) for column in self.columns]
        if self.yes_no is not None:
            yes, no = self.yes_no
            return pl.when(columns[0] == yes).then(True).when(columns[0] == no).then(False).alias(self.name)
        if self.codes:
            known = _is_one_of(columns[0], self.codes, source[self.columns[0]])
            return pl.when(known).then(columns[0]).cast(pl.Int16).alias(self.name)
        total = columns[0].cast(pl.Float64)
        for column in columns[1:]:
            total = total + column
        return total.alias(self.name)


@dataclass(frozen=True, slots=True)
class RegisterSchema:
    """How to read the households and members of one kind of register.

    Attributes
    ----------
    key, unit
        Source columns of the family key and of the code of the unit.
    persons
        Source column of the household size; "" where the register has none, so that members are counted.
    desil, latitude, longitude
        Source columns that a register may lack.
    rw, address
        Source columns that name the RW; an address is read for that in the batch and dropped.
    notes
        What whoever reads a result must know of the register, one sentence each.
    """

    name: str
    key: str
    unit: str
    persons: str
    desil: str
    latitude: str
    longitude: str
    household_variables: Mapping[str, Variable]
    member_key: str
    member_variables: Mapping[str, Variable]
    rw: str = ""
    address: str = ""
    notes: tuple[Label, ...] = ()

    @property
    def household_columns(self) -> frozenset[str]:
        """Every source column of households that may be read."""
        placing = (
            self.key,
            self.unit,
            self.persons,
            self.desil,
            self.latitude,
            self.longitude,
            self.rw,
            self.address,
        )
        return (frozenset(placing) - {""}) | _columns(self.household_variables)

    @property
    def member_columns(self) -> frozenset[str]:
        """Every source column of members that may be read."""
        return frozenset({self.member_key}) | _columns(self.member_variables)


_MAY_LACK = ("persons", "desil", "latitude", "longitude", "rw", "address")


def _columns(variables: Mapping[str, Variable]) -> frozenset[str]:
    return frozenset(column for variable in variables.values() for column in variable.columns)


def probe(variables: Mapping[str, Variable]) -> pl.DataFrame:
    """Return a few rows of made-up values of every variable, to try rules on."""
    rows = 24
    columns = {}
    for position, variable in enumerate(variables.values()):
        if variable.yes_no is not None:
            values: list[Any] = [bool((row + position) % 2) for row in range(rows)]
        elif variable.codes:
            codes = sorted(variable.codes)
            values = [codes[(row * 5 + position) % len(codes)] for row in range(rows)]
        else:
            values = [float((row * 7 + position) % 90 + 1) for row in range(rows)]
        values[position % rows] = None
        columns[variable.name] = pl.Series(values, dtype=variable.dtype)
    return pl.DataFrame(columns)


def shipped() -> tuple[str, ...]:
    """Return the names of the register schemas that come with Kantong."""
    folder = resources.files("data") / "registers"
    return tuple(sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load(name_or_path: str | Path) -> RegisterSchema:
    """Read a register schema: one that is shipped, by name, or a TOML file, by path.

    Raises
    ------
    FileError
        When there is no such schema.
    RegisterError
        When the file is not a schema, naming the place.

    Examples
    --------
    >>> load("dtsen").household_variables["lantai"].columns
    ('jenis_lantai_terluas',)
    """
    name = str(name_or_path)
    path = Path(name_or_path)
    if name in shipped():
        text = (resources.files("data") / "registers" / f"{name}.toml").read_text("utf-8")
    elif path.is_file():
        text = _text(path)
    else:
        raise FileError(
            f"{name}: no register schema of that name or path. Shipped: {', '.join(shipped())}; or give a .toml file."
        )
    try:
        return _schema(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RegisterError(f"{name}: not valid TOML ({error}).") from error
    except KeyError as error:
        raise RegisterError(
            f"{name}: the register schema lacks {error}; compare with the shipped dtsen.toml."
        ) from error
    except (AttributeError, TypeError) as error:
        raise RegisterError(
            f"{name}: the register schema is not built as it should be ({error}); compare with the shipped "
            "dtsen.toml."
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not a text file in UTF-8; save the schema as UTF-8.") from error


def _schema(table: Mapping[str, Any]) -> RegisterSchema:
    households, members = table["households"], table["members"]
    return RegisterSchema(
        name=table["name"],
        key=households["key"],
        unit=households["unit"],
        **{name: str(households.get(name, "")) for name in _MAY_LACK},
        household_variables=_variables(households["variables"]),
        member_key=members["key"],
        member_variables=_variables(members["variables"]),
        notes=notes.from_table(table.get("notes", ())),
    )


def _variables(table: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Variable]:
    return {name: _variable(name, entry) for name, entry in table.items()}


def _variable(name: str, entry: Mapping[str, Any]) -> Variable:
    if "absent" in entry:
        columns: tuple[str, ...] = ()
    else:
        columns = tuple(entry["sum"]) if "sum" in entry else (entry["column"],)
    yes_no = (entry["yes"], entry["no"]) if "yes" in entry else None
    values: dict[str, int] = entry.get("values", {})
    codes = frozenset(entry.get("codes", values.values()))
    if not all(isinstance(column, str) for column in columns):
        raise TypeError(f"{name}: a column is named in quotes")
    if not all(isinstance(value, int) for value in (*codes, *values.values())):
        raise TypeError(f"{name}: codes are whole numbers")
    if not all(isinstance(value, int | str) for value in yes_no or ()):
        raise TypeError(f"{name}: yes and no are whole numbers or texts")
    return Variable(name, columns, codes, values, yes_no)


def spelled(text: str) -> str:
    """Return a label as it is compared: without case, number in front, doubled blanks and zeros in front.

    Examples
    --------
    >>> spelled("5.  Kayu/Sirap "), spelled("05"), spelled("2.0")
    ('kayu/sirap', '5', '2')
    """
    return str(pl.select(_spelled(pl.lit(text))).item())


def _spelled(text: pl.Expr) -> pl.Expr:
    plain = text.str.strip_chars().str.to_lowercase().str.replace_all(r"\s+", " ")
    numbered = plain.str.replace(r"^\d+\s*[.)-]\s*([^\d\s].*)$", "$1")
    return numbered.str.replace(r"^0*(\d+)(?:\.0)?$", "$1")


def _label(column: str, source: pl.Schema) -> pl.Expr:
    value = pl.col(column)
    if source[column].is_float():
        value = value.cast(pl.Int64, strict=False)
    return _spelled(value.cast(pl.String))


def _number(column: str, source: pl.Schema) -> pl.Expr:
    if source[column].is_integer():
        return pl.col(column)
    value = pl.col(column)
    if source[column] == pl.String:
        value = value.str.replace(",", ".", literal=True)  # a decimal comma
    value = value.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _is_one_of(column: pl.Expr, codes: frozenset[int], dtype: pl.DataType) -> pl.Expr:
    lowest, highest = min(codes), max(codes)
    if dtype.is_integer() and len(codes) == highest - lowest + 1:
        return column.is_between(lowest, highest)
    return column.cast(pl.Float64).is_in(pl.lit(pl.Series(sorted(codes), dtype=pl.Float64)).implode())
