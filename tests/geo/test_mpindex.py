"""A published register from raw categories and a roster, measured by our engine, against its published figures.

Data and figures: yng-me/mpindex, MIT, synthetic. Its article prints H 0,379, A 0,472 and M0 0,179 of 198 households.
"""

import csv
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from geo import specification
from geo.boundaries import BoundarySet
from geo.counting import count
from geo.locate import Locator
from geo.measures import measure
from geo.register import bind
from geo.schema import load
from geo.tally import Profiles, at_units

DATA = Path(__file__).parents[3] / "shared" / "data" / "registers"

SCHEMA = """
name = "mpindex"
[households]
key = "uuid"
unit = "kode"
[households.variables]
drinking_water = { column = "drinking_water", codes = [1, 2] }
toilet = { column = "toilet", codes = [1, 2, 3, 4] }
died = { column = "with_child_died", yes = 1, no = 2 }
roof = { column = "roof", number = true }
floor = { column = "floor", number = true }
electricity = { column = "electricity", yes = 1, no = 2 }
fuel = { column = "cooking_fuel", number = true }
small = { sum = [
  "asset_tv", "asset_telephone", "asset_mobile_phone", "asset_computer",
  "asset_animal_cart", "asset_bicycle", "asset_motorcycle", "asset_refrigerator",
] }
large = { sum = ["asset_car", "asset_truck"] }
[members]
key = "uuid"
[members.variables]
age = { column = "age", number = true }
school = { column = "attending_school", yes = 1, no = 2 }
thin = { column = "undernourished", yes = 1, no = 2 }
six_years = { column = "completed_6yrs_schooling", yes = 1, no = 2 }
"""

#: As the article has them; its rule on walls compares a truth with 2 and never holds.
RULES = {
    "nutrition": ("health", "1/6", '{ any_member = "COALESCE(thin, FALSE) AND age < 70" }'),
    "child_mortality": ("health", "1/6", '{ household = "died" }'),
    "year_schooling": ("education", "1/6", '{ any_member = "NOT COALESCE(six_years, TRUE)" }'),
    "school_attendance": (
        "education",
        "1/6",
        '{ any_member = "NOT COALESCE(school, TRUE) AND age BETWEEN 5 AND 24" }',
    ),
    "cooking_fuel": ("living", "1/18", '{ household = "fuel IN (4, 5, 6, 9)" }'),
    "sanitation": ("living", "1/18", '{ household = "toilet > 1" }'),
    "drinking_water": ("living", "1/18", '{ household = "drinking_water = 2" }'),
    "electricity": ("living", "1/18", '{ household = "NOT electricity" }'),
    "housing": ("living", "1/18", '{ household = "roof IN (5, 7, 9) OR floor IN (5, 6, 9)" }'),
    "assets": ("living", "1/18", '{ household = "NOT (small > 1 AND large > 0)" }'),
}


def specification_text() -> str:
    label = 'label = { id = "x", en = "x" }'
    parts = ['name = "mpindex"', label, 'cutoff = "1/3"']
    parts += [f'[[dimension]]\nid = "{name}"\n{label}' for name in ("health", "education", "living")]
    parts += [
        f'[[indicator]]\nid = "{name}"\ndimension = "{dimension}"\nweight = "{weight}"\n{label}\nrule = {rule}'
        for name, (dimension, weight, rule) in RULES.items()
    ]
    return "\n".join(parts)


def by_hand() -> dict[str, list[bool]]:
    """Return which of the 198 households are deprived, from the same rules in plain Python."""
    with (DATA / "mpindex_household.csv").open() as file:
        households = list(csv.DictReader(file))
    people = defaultdict(list)
    with (DATA / "mpindex_household_roster.csv").open() as file:
        for row in csv.DictReader(file):
            people[row["uuid"]].append(row)

    def small(row: dict[str, str]) -> int:
        names = (
            "tv",
            "telephone",
            "mobile_phone",
            "computer",
            "animal_cart",
            "bicycle",
            "motorcycle",
            "refrigerator",
        )
        return sum(int(row[f"asset_{name}"]) for name in names)

    answer: dict[str, list[bool]] = defaultdict(list)
    for row in households:
        roster = people[row["uuid"]]
        found = {
            "nutrition": any(one["undernourished"] == "1" and int(one["age"]) < 70 for one in roster),
            "child_mortality": row["with_child_died"] == "1",
            "year_schooling": any(one["completed_6yrs_schooling"] == "2" for one in roster),
            "school_attendance": any(
                one["attending_school"] == "2" and 5 <= int(one["age"]) <= 24 for one in roster
            ),
            "cooking_fuel": row["cooking_fuel"] in ("4", "5", "6", "9"),
            "sanitation": int(row["toilet"]) > 1,
            "drinking_water": row["drinking_water"] == "2",
            "electricity": row["electricity"] == "2",
            "housing": row["roof"] in ("5", "7", "9") or row["floor"] in ("5", "6", "9"),
            "assets": not (small(row) > 1 and int(row["asset_car"]) + int(row["asset_truck"]) > 0),
        }
        for name, deprived in found.items():
            answer[name].append(deprived)
    return answer


@pytest.mark.shared
@pytest.mark.skipif(not DATA.exists(), reason="the project's shared data is not beside this checkout")
def test_the_published_measures_come_out_of_raw_categories_and_a_roster(
    boundaries: BoundarySet, tmp_path: Path
) -> None:
    households = pl.read_csv(DATA / "mpindex_household.csv").with_columns(kode=pl.lit("9902010001"))
    households.write_csv(tmp_path / "h.csv", separator=";")
    (tmp_path / "schema.toml").write_text(SCHEMA)
    register = bind(
        tmp_path / "h.csv",
        DATA / "mpindex_household_roster.csv",
        load(tmp_path / "schema.toml"),
        specification.parse(specification_text(), "mpindex"),
    )
    assert tuple(note.id for note in register.notes) == (
        "Jumlah jiwa keluarga dihitung dari berkas anggota, karena register tidak memuatnya.",
    )
    tally, report = count(register, Locator(boundaries, 9))
    assert (report.read, report.by_code, tally.counts["households"].sum(), tally.counts["persons"].sum()) == (
        198,
        198,
        198,
        905,
    )
    counts = at_units(tally, Profiles.of(tally), boundaries, "kota")
    measured = measure(counts.by_household(), register.specification)
    assert measured.left_out.tolist() == [0]
    assert [round(float(value[0]), 3) for value in (measured.h, measured.a, measured.m0)] == [
        0.379,
        0.472,
        0.179,
    ]
    expected = by_hand()
    for column, name in enumerate(measured.indicators):
        assert measured.uncensored[0, column] == pytest.approx(sum(expected[name]) / 198, abs=1e-12)
