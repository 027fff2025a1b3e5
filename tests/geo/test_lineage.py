"""Versions: what a diff says of every way in which units change, and weights that carry figures over."""

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import cells, lineage
from geo.boundaries import BoundarySet
from geo.boundaries.draft import Draft
from geo.boundaries.sets import assemble
from geo.change import bridge
from geo.codes import CodeSystem
from geo.errors import ParameterError
from geo.tally import Tally

Units = dict[str, tuple[str, shapely.Geometry]]


def version(units: Units, name: str = "uji") -> BoundarySet:
    codes = list(units)
    table = gpd.GeoDataFrame(
        {"row": range(1, len(codes) + 1), "code": codes, "name": [units[code][0] for code in codes]},
        geometry=[units[code][1] for code in codes],
        crs=4326,
    )
    table[["provinsi_name", "kota_name", "kecamatan_name"]] = None
    return assemble(Draft(table, "kelurahan", CodeSystem.BPS), name=name)


def square(x: float, y: float = 0.0, width: float = 1.0, height: float = 1.0) -> shapely.Geometry:
    side = 0.01
    west, south = 107 + x * side, -6 + y * side
    return shapely.box(west, south, west + width * side, south + height * side)


A, B, C, D = (f"990201000{number}" for number in (1, 2, 3, 4))
BEFORE: Units = {A: ("Satu", square(0)), B: ("Dua", square(1)), C: ("Tiga", square(2))}


def told(old: Units, new: Units) -> list[tuple[str, str, str]]:
    return [
        (
            change.kind,
            "+".join(code[-1] for code, _ in change.old),
            "+".join(code[-1] for code, _ in change.new),
        )
        for change in lineage.changes(version(old), version(new))
    ]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE, []),
        ({**BEFORE, D: ("Empat", square(3))}, [("added", "", "4")]),
        ({A: BEFORE[A], B: BEFORE[B]}, [("gone", "3", "")]),
        ({**BEFORE, B: ("Dua Baru", square(1))}, [("renamed", "2", "2")]),
        ({**BEFORE, B: ("DUA", square(1))}, []),
        ({A: BEFORE[A], B: BEFORE[B], D: ("Tiga", square(2))}, [("recoded", "3", "4")]),
        (
            {**BEFORE, A: ("Satu", square(0, height=0.5)), D: ("Empat", square(0, 0.5, height=0.5))},
            [("split", "1", "1+4"), ("moved", "1", "1")],
        ),
        ({A: BEFORE[A], B: ("Dua", square(1, width=2.0))}, [("merged", "2+3", "2"), ("moved", "2", "2")]),
        (
            {**BEFORE, A: ("Satu", square(0, width=1.05)), B: ("Dua", square(1.05, width=0.95))},
            [("moved", "1", "1"), ("moved", "2", "2")],
        ),
        ({**BEFORE, A: ("Satu", square(0, width=1.005))}, []),
    ],
)
def test_every_kind_of_change_is_told_apart(after: Units, expected: list[tuple[str, str, str]]) -> None:
    assert told(BEFORE, after) == expected


def test_moved_says_how_much() -> None:
    after = {**BEFORE, A: ("Satu", square(0, width=1.05))}
    (moved,) = lineage.changes(version(BEFORE), version(after))
    assert moved.share == pytest.approx(0.05, rel=1e-3)
    assert moved.area_m2 == pytest.approx(0.05 * version(BEFORE).units["area_km2"].iloc[-3] * 1e6, rel=1e-3)


@given(st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3), st.booleans())
def test_a_diff_backwards_is_the_diff_mirrored(cuts: list[float], drop: bool) -> None:
    edges = [0.0, *(number + cut for number, cut in enumerate(cuts)), 3.0]
    after = {
        code: (f"Baru {number}", square(edges[number], width=edges[number + 1] - edges[number]))
        for number, code in enumerate((A, B, C, D)[: 3 if drop else 4])
    }
    old, new = version(BEFORE), version(after)
    forwards, backwards = lineage.changes(old, new), lineage.changes(new, old)
    mirror = {"added": "gone", "gone": "added", "split": "merged", "merged": "split"}
    assert sorted(
        (mirror.get(change.kind, change.kind), change.new, change.old) for change in backwards
    ) == sorted((change.kind, change.old, change.new) for change in forwards)
    weights = lineage.crosswalk(old, new)
    assert weights.group_by("old").agg(pl.col("weight").sum())["weight"].to_list() == pytest.approx(
        [1.0] * weights["old"].n_unique()
    )


def test_a_crosswalk_carries_a_run_to_the_new_version() -> None:
    after = {**BEFORE, A: ("Satu", square(0, height=0.25)), D: ("Empat", square(0, 0.25, height=0.75))}
    weights = lineage.crosswalk(version(BEFORE), version(after))
    assert weights.filter(pl.col("old") == A)["weight"].to_list() == pytest.approx([0.25, 0.75], rel=1e-4)
    counts = {
        name: [100.0] * 3
        for name in ("read", "left_out", "households", "persons", "poor_households", "poor_persons")
    }
    table = pl.DataFrame({"code": [A, B, C], "status": ["shown"] * 3, **counts, "h": [0.5, 0.2, 0.1]})
    carried = bridge(table, weights).table
    assert carried.filter(pl.col("code") == D)["households"].item() == pytest.approx(75, rel=1e-4)


def test_households_weigh_more_than_area() -> None:
    after = {**BEFORE, A: ("Satu", square(0, height=0.5)), D: ("Empat", square(0, 0.5, height=0.5))}
    old, new = version(BEFORE), version(after)
    unit = int(old.rows("kelurahan")[0])
    where = cells.index(np.array([107.005, 107.005, 107.005]), np.array([-5.998, -5.992, -5.992]), 11)
    zeros = {name: [0] * 3 for name in ("desil", "deprived", "missing")}
    rows = pl.DataFrame({"unit": [unit] * 3, "cell": where, "persons": [1] * 3, **zeros})
    weights = lineage.crosswalk(old, new, tally=Tally.of(rows))
    assert weights.filter(pl.col("old") == A)["weight"].to_list() == pytest.approx([1 / 3, 2 / 3])
    assert weights.filter(pl.col("old") == B)["weight"].to_list() == [1.0]


def test_only_versions_of_one_system_and_level_compare() -> None:
    other = version(BEFORE)
    kemendagri = BoundarySet("lain", CodeSystem.KEMENDAGRI, "kelurahan", "", None, other.units)
    with pytest.raises(ParameterError, match="within one code system"):
        lineage.changes(other, kemendagri)
    with pytest.raises(ParameterError, match="both versions have kecamatan, kelurahan"):
        lineage.changes(other, other, "rw")
