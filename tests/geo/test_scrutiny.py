"""A register unit by unit: every household is in a unit, and what can hardly be true is found."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from geo.boundaries import BoundarySet
from geo.scrutiny import Suspicion, scrutinise
from geo.specification import Specification
from geo.tally import Tally

HALF = Fraction(1, 2)
FIRST, UNITS, EACH = 3, 6, 60


@pytest.fixture
def households() -> pl.DataFrame:
    """Six kelurahan of 60 households that answer at random; every tenth misses the second indicator."""
    random = np.random.default_rng(4)
    number = UNITS * EACH
    missing = np.where(np.arange(number) % 10 == 0, 0b10, 0)
    return pl.DataFrame(
        {
            "unit": np.repeat(np.arange(UNITS), EACH) + FIRST,
            "cell": np.where(np.arange(number) % 2 == 0, 0, 0x898C100E5CFFFFF).astype(np.uint64),
            "desil": random.integers(1, 5, number),
            "deprived": random.integers(0, 4, number) & ~missing,
            "missing": missing,
            "persons": np.full(number, 4),
        }
    )


def test_every_household_is_in_a_unit(
    households: pl.DataFrame, boundaries: BoundarySet, specify: Callable[..., Specification]
) -> None:
    found = scrutinise(Tally.of(households), boundaries, specify([HALF, HALF]), "kelurahan")
    assert found.suspicions == ()
    assert found.units.select("households", "located", "by_code", "persons").rows() == [(60, 30, 30, 240)] * 6
    assert found.missing == pytest.approx({"i0": 0.0, "i1": 0.1})
    whole = scrutinise(Tally.of(households), boundaries, specify([HALF, HALF]), "kota")
    assert whole.units["households"].to_list() == [360]


def test_what_can_hardly_be_true_is_found(
    households: pl.DataFrame, boundaries: BoundarySet, specify: Callable[..., Specification]
) -> None:
    unit = pl.col("unit") - FIRST
    odd = households.with_columns(
        deprived=pl.when(unit == 1)
        .then(1)
        .when(unit == 2)
        .then(pl.col("deprived") & 1)
        .otherwise(pl.col("deprived")),
        missing=pl.when(unit == 1).then(0).otherwise(pl.col("missing")),
        desil=pl.when(unit == 1).then(2).otherwise(pl.col("desil")),
    )
    found = scrutinise(Tally.of(odd), boundaries, specify([HALF, HALF]), "kelurahan")
    assert {(one.code, one.reason, one.detail) for one in found.suspicions} == {
        ("9902010002", "identical", "60"),
        ("9902010002", "constant", "i0"),
        ("9902010002", "constant", "i1"),
        ("9902010003", "constant", "i1"),
    }


def test_a_unit_ten_times_its_expected_size_is_found(
    households: pl.DataFrame, boundaries: BoundarySet, specify: Callable[..., Specification]
) -> None:
    population = dict.fromkeys(range(FIRST, FIRST + UNITS), 1_000.0) | {FIRST + 3: 20.0}
    found = scrutinise(Tally.of(households), boundaries, specify([HALF, HALF]), "kelurahan", population)
    # 1,440 persons of a population of 5,020: 5.7 are expected of the 20, and 240 stand there.
    assert found.suspicions == (Suspicion("9902020001", "Desa 21", "large", "41.8"),)
