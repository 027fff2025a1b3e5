"""Households and members: keys that tell nobody apart merge nobody, and what does not fit is counted."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from geo.boundaries import BoundarySet
from geo.counting import count
from geo.families import is_usable
from geo.locate import Locator
from geo.register import bind
from geo.report import PlacementReport
from geo.schema import RegisterSchema
from geo.specification import Clause, Specification
from geo.tally import Tally

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    "key",
    ["", "0", "000000", "-", " ", "0.0", "NULL", "nan", "Tidak ada", "3.27E+15", "3,2701e+15", "x", None],
)
def test_keys_that_tell_nobody_apart(key: str | None) -> None:
    keys = pl.Series(["K1", key], dtype=pl.String).str.strip_chars()
    assert is_usable(keys).to_list() == [True, False]


Counted = Callable[[list[tuple[str, int]], list[tuple[str, int]] | None], tuple[Tally, PlacementReport]]


@pytest.fixture
def counted(
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> Counted:
    """Count households (key, i0) and their members (key, age); deprived in i1 by a member below 16."""
    from dataclasses import replace

    simple = specify([HALF, HALF])
    asked = replace(simple.indicators[1], rule=(Clause(any_member="age < 16"),))
    specification = replace(simple, indicators=(simple.indicators[0], asked))

    def count_(
        households: list[tuple[str, int]], members: list[tuple[str, int]] | None
    ) -> tuple[Tally, PlacementReport]:
        table = pl.DataFrame(households, schema=["family", "i0"], orient="row")
        table.with_columns(code=pl.lit("9902010001"), persons=4).write_parquet(tmp_path / "h.parquet")
        path = None
        if members is not None:
            path = tmp_path / "m.parquet"
            pl.DataFrame(members, schema=["family", "age"], orient="row").write_parquet(path)
        asked_of = specification if members is not None else simple.without(frozenset({"i1"}))
        return count(bind(tmp_path / "h.parquet", path, small_schema, asked_of), Locator(boundaries, 9))

    return count_


def test_what_does_not_fit_is_counted(counted: Counted) -> None:
    households = [("A", 1), ("A", 1), ("B", 0), ("B", 1), ("C", 0), ("0", 1), ("", 1), ("D", 1)]
    members = [("A", 3), ("A", 40), ("B", 30), ("0", 2), ("0", 3), ("E", 20), ("E", 21), ("D", 50), ("C", 50)]
    _, report = counted(households, members)
    assert report.read == 8
    assert dict(report.reasons) == {
        "no_coordinates": 8,
        "repeated_household": 1,
        "key_of_several_households": 1,
        "household_without_key": 2,
        "members_without_key": 2,
        "members_without_household": 2,
    }


def test_strangers_under_a_blank_key_are_not_one_family(counted: Counted) -> None:
    tally, report = counted([("0", 0), ("0", 1)], [("0", 3)])
    assert tally.counts["missing"].to_list() == [0b10, 0b10]
    assert report.reasons["members_without_key"] == 1


def test_repeated_households_are_found_without_members_too(counted: Counted) -> None:
    _, report = counted([("A", 1), ("A", 1), ("A", 0), ("B", 1), ("-", 1), ("-", 1)], None)
    assert report.reasons["repeated_household"] == 1
    assert report.reasons["key_of_several_households"] == 1
    assert report.reasons["household_without_key"] == 2


def test_a_household_without_members_is_counted_as_such(counted: Counted) -> None:
    _, report = counted([("A", 1), ("B", 1)], [("A", 40)])
    assert report.reasons["without_members"] == 1
