"""Register schemas: unknown values are missing, and a wrong schema is a clear error."""

from pathlib import Path

import polars as pl
import pytest

from geo import schema
from geo.errors import FileError, RegisterError
from geo.schema import Variable

GOOD = """
name = "uji"
[households]
key = "kk"
unit = "kode"
persons = "jiwa"
desil = "desil"
latitude = "lintang"
longitude = "bujur"
[households.variables]
lantai = { column = "lantai", codes = [1, 2] }
[members]
key = "kk"
[members.variables]
umur = { column = "umur", number = true }
"""


def read(variable: Variable, **columns: list[object]) -> list[object]:
    table = pl.DataFrame(columns, strict=False)
    return table.select(variable.expression(table.schema)).to_series().to_list()


def test_a_code_outside_the_list_is_missing() -> None:
    coded = Variable("x", ("x",), codes=frozenset({1, 2}))
    assert read(coded, x=[1, 2, 3, None]) == [1, 2, None, None]
    assert read(coded, x=["1", "2.0", "", "satu"]) == [1, 2, None, None]
    assert read(coded, x=[1.0, 1.5, float("nan"), None]) == [1, None, None, None]


def test_yes_and_no_are_named_and_anything_else_is_missing() -> None:
    yes_no = Variable("x", ("x",), yes_no=(1, 2))
    assert read(yes_no, x=[1, 2, 0, None]) == [True, False, None, None]
    assert read(yes_no, x=["1", "2", "ya", "NaN"]) == [True, False, None, None]


def test_a_number_that_is_none_is_missing() -> None:
    number = Variable("x", ("x",))
    assert read(number, x=["7.2", "x", "NaN", "inf", "-inf"]) == [7.2, None, None, None, None]
    assert read(number, x=[7.2, float("nan"), float("inf"), None, 0.0]) == [7.2, None, None, None, 0.0]


def test_a_sum_with_a_missing_part_is_missing() -> None:
    total = Variable("x", ("a", "b"))
    assert read(total, a=[1, None, 0], b=[2, 2, 0]) == [3, None, 0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('key = "kk"\nunit', "unit"),
        ('unit = "kode"', ""),
        ("[members]\n", "[anggota]\n"),
        ('{ column = "lantai", codes = [1, 2] }', '"lantai"'),
        ('{ column = "lantai", codes = [1, 2] }', "{ codes = [1, 2] }"),
        ('{ column = "lantai", codes = [1, 2] }', '{ column = "lantai", codes = 5 }'),
        ('{ column = "lantai", codes = [1, 2] }', '{ column = "lantai", codes = ["a"] }'),
        ('{ column = "lantai", codes = [1, 2] }', '{ column = "lantai", yes = 1 }'),
        ('{ column = "lantai", codes = [1, 2] }', "{ column = 5 }"),
        ("[households.variables]\nlantai = ", "[households]\nvariables = "),
        ('[households.variables]\nlantai = { column = "lantai", codes = [1, 2] }', 'variables = "x"'),
        ('name = "uji"', 'name = "uji'),
    ],
)
def test_a_wrong_schema_is_named(tmp_path: Path, before: str, after: str) -> None:
    assert before in GOOD
    path = tmp_path / "uji.toml"
    path.write_text(GOOD.replace(before, after, 1))
    with pytest.raises(RegisterError, match=r"uji\.toml: "):
        schema.load(path)


def test_a_schema_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no register schema.*dtsen"):
        schema.load("regsosek2020")
    with pytest.raises(FileError, match="no register schema"):
        schema.load(tmp_path)
    (tmp_path / "latin.toml").write_bytes('name = "\xe9"'.encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        schema.load(tmp_path / "latin.toml")


def test_probes_have_every_type_and_a_gap() -> None:
    dtsen = schema.load("dtsen")
    for known in (dtsen.household_variables, dtsen.member_variables):
        made = schema.probe(known)
        assert made.columns == list(known)
        assert all(made[name].null_count() == 1 for name in made.columns)
        assert all(made.schema[name] == variable.dtype for name, variable in known.items())
