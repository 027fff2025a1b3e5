"""The tally is a monoid, and every level of units and cells adds up to it."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import cells
from geo.boundaries import BoundarySet
from geo.measures import measure
from geo.specification import Specification
from geo.tally import SCHEMA, Profiles, Tally, at_cells, at_units

Households = Callable[[int, int], pl.DataFrame]
RESOLUTION = 10

_ROW = st.tuples(
    st.integers(0, 8),  # unit: kota, two kecamatan, six kelurahan
    st.integers(-1, 8),  # point, -1 when there is none
    st.integers(0, 10),
    st.integers(0, 15),
    st.integers(0, 15),
    st.integers(0, 9),
)
_ROWS = st.lists(_ROW, max_size=25)
Rows = list[tuple[int, int, int, int, int, int]]


def tally(rows: Rows, boundaries: BoundarySet) -> Tally:
    """Count rows of (unit, point, desil, deprived, missing, persons); points lie in the row's own kelurahan."""
    first = int(boundaries.rows("kelurahan")[0])
    unit = np.array([row[0] for row in rows], dtype=np.int64)
    middle = boundaries.units.geometry.iloc[unit].representative_point()
    offset = np.array([max(row[1], 0) for row in rows]) * 4e-4
    points = cells.index(middle.x.to_numpy() - offset, middle.y.to_numpy(), RESOLUTION)
    located = np.array([row[1] >= 0 for row in rows], dtype=bool) & (unit >= first)
    return Tally.of(
        pl.DataFrame(
            {
                "unit": unit,
                "cell": np.where(located, points, np.uint64(0)),
                "desil": [row[2] for row in rows],
                "deprived": [row[3] & ~row[4] for row in rows],
                "missing": [row[4] for row in rows],
                "persons": [row[5] for row in rows],
            },
            schema_overrides={
                "desil": pl.Int64,
                "deprived": pl.Int64,
                "missing": pl.Int64,
                "persons": pl.Int64,
            },
        )
    )


@given(a=_ROWS, b=_ROWS, c=_ROWS)
def test_merging_is_associative_commutative_and_has_a_neutral_element(
    boundaries: BoundarySet, a: Rows, b: Rows, c: Rows
) -> None:
    x, y, z = (tally(rows, boundaries) for rows in (a, b, c))
    whole = tally([*a, *b, *c], boundaries)
    assert Tally.merged([Tally.merged([x, y]), z]).counts.equals(whole.counts)
    assert Tally.merged([x, Tally.merged([y, z])]).counts.equals(whole.counts)
    assert Tally.merged([z, y, x]).to_bytes() == whole.to_bytes()
    assert Tally.merged([x, Tally.merged([])]).counts.equals(x.counts)


@given(rows=_ROWS)
def test_bytes_round_trip_and_depend_on_content_only(boundaries: BoundarySet, rows: Rows) -> None:
    one, reversed_ = tally(rows, boundaries), tally(rows[::-1], boundaries)
    assert one.to_bytes() == reversed_.to_bytes()
    again = Tally.from_bytes(one.to_bytes())
    assert again.counts.equals(one.counts)
    assert again.counts.schema == pl.Schema(SCHEMA)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(rows=_ROWS.filter(bool))
def test_every_level_adds_up_to_the_register(
    boundaries: BoundarySet, specify: Callable[..., Specification], rows: Rows
) -> None:
    specification = specify([Fraction(1, 4)] * 4, Fraction(1, 2))
    counts = tally(rows, boundaries)
    profiles = Profiles.of(counts)
    arranged = [at_units(counts, profiles, boundaries, level) for level in boundaries.levels]
    arranged += [at_cells(counts, profiles, boundaries, finer, RESOLUTION) for finer in (8, 9, 10)]
    kept = [row for row in rows if not row[4]]
    poor = [row for row in kept if (row[3] & 15).bit_count() >= 2]
    expected = {
        "read": len(rows),
        "left_out": len(rows) - len(kept),
        "households": len(kept),
        "persons": sum(row[5] for row in kept),
        "poor_households": len(poor),
        "poor_persons": sum(row[5] for row in poor),
    }
    for zones in arranged:
        result = measure(zones, specification)
        sums = {name: getattr(result, name).sum() for name in expected}
        assert sums == pytest.approx(expected), zones.level
        shares = result.modelled_share[result.read > 0]
        assert ((shares >= -1e-12) & (shares <= 1 + 1e-12)).all()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(rows=_ROWS.filter(bool))
def test_measures_of_all_desils_need_no_desil(
    boundaries: BoundarySet, specify: Callable[..., Specification], rows: Rows
) -> None:
    specification = specify([Fraction(1, 4)] * 4, Fraction(1, 2))
    counts = tally(rows, boundaries)
    profiles = Profiles.of(counts)
    for arranged in (
        at_units(counts, profiles, boundaries, "kelurahan"),
        at_cells(counts, profiles, boundaries, 9, RESOLUTION),
    ):
        whole, forgotten = arranged, arranged.regardless_of_desil()
        assert not forgotten.profiles.desil.any()
        for name in ("m0", "h", "a", "read", "poor_persons", "censored", "modelled_share"):
            one, other = (getattr(measure(zones, specification), name) for zones in (whole, forgotten))
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=0)


def test_households_by_code_follow_the_located_ones_of_their_unit(boundaries: BoundarySet) -> None:
    first = int(boundaries.rows("kelurahan")[0])
    rows: Rows = [(first, 0, 0, 0, 0, 1)] * 3 + [(first, 8, 0, 0, 0, 1)] + [(first, -1, 0, 0, 0, 1)] * 4
    counts = tally(rows, boundaries)
    arranged = at_cells(counts, Profiles.of(counts), boundaries, 10, RESOLUTION)
    assert sorted(arranged.shares[:, [first]].toarray().ravel().tolist()) == [0.25, 0.75]


def test_a_unit_without_located_households_is_spread_evenly_over_its_own_cells(
    boundaries: BoundarySet,
) -> None:
    first = int(boundaries.rows("kelurahan")[0])
    counts = tally([(first, -1, 0, 0, 0, 2)], boundaries)
    arranged = at_cells(counts, Profiles.of(counts), boundaries, 10, RESOLUTION)
    inside = cells.inside(boundaries.units.geometry.iloc[first], 10)
    assert set(arranged.zones.tolist()) == set(inside.tolist())
    assert np.allclose(arranged.shares[:, [first]].toarray(), 1 / len(inside))


def test_fewer_indicators_keep_their_order(boundaries: BoundarySet) -> None:
    counts = tally([(3, -1, 0, 0b1010, 0b0100, 2), (3, -1, 0, 0b0010, 0, 1)], boundaries)
    fewer = counts.keeping([3, 1])
    assert fewer.counts.select("deprived", "missing", "persons").rows() == [(2, 0, 1), (3, 0, 2)]


def test_keeping_reaches_the_last_of_thirty_two_bits() -> None:
    row = {"unit": [0], "cell": [0], "desil": [0], "deprived": [1 << 31], "missing": [0], "persons": [1]}
    counts = Tally.of(pl.DataFrame(row))
    assert counts.keeping([31]).counts["deprived"].item() == 1
    assert counts.keeping(range(32)).counts["deprived"].item() == 1 << 31
