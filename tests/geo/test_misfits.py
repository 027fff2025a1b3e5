"""Rows that do not fit each other, told by file and row and never by key."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.misfits import Misfit, misfits
from geo.register import bind
from geo.schema import RegisterSchema
from geo.specification import Specification


@pytest.fixture
def spoilt(random_households: Callable[[int, int], pl.DataFrame], tmp_path: Path) -> tuple[Path, Path]:
    """Twelve households: the third again in row 6, a blank key in 8; members of all but 2 and 8, and of a stranger."""
    households = random_households(12, 3)
    keys = households["family"].to_list()
    keys[5], keys[7] = keys[2], " 0 "
    households.with_columns(family=pl.Series(keys)).write_csv(tmp_path / "h.csv")
    members = [key for row, key in enumerate(keys) for _ in range(2) if row not in (1, 7)]
    members += ["stranger", ""]
    pl.DataFrame({"family": members, "age": 30, "school": 1}).write_csv(tmp_path / "m.csv")
    return tmp_path / "h.csv", tmp_path / "m.csv"


def test_rows_that_do_not_fit_are_told_by_file_and_row(
    spoilt: tuple[Path, Path],
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
) -> None:
    register = bind(*spoilt, small_schema, specify([Fraction(1)]))
    report = compute(register, boundaries, resolution=9).summary.placement
    found = misfits(register, report)
    assert found == (
        Misfit("h.csv", 8, "household_without_key"),
        Misfit("h.csv", 6, "same_key", 3),
        Misfit("h.csv", 2, "without_members"),
        Misfit("m.csv", 22, "members_without_key"),
        Misfit("m.csv", 21, "members_without_household"),
    )
    for reason in {one.reason for one in found} - {"same_key"}:
        assert report.reasons[reason] == sum(one.reason == reason for one in found)
    again = report.reasons.get("repeated_household", 0) + report.reasons.get("key_of_several_households", 0)
    assert again == 1
    assert misfits(register, report, most=2) == found[:2]
