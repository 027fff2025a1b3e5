"""Specifications: what ships is what was agreed, and each mistake is named with its indicator."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from geo import specification as specifications
from geo.errors import FileError, SpecificationError
from geo.exact import fraction
from geo.specification import load, parse

AGREED = json.loads((Path(__file__).parents[1] / "data" / "specification_weights.json").read_text())

GOOD = """
name = "uji"
label = { id = "Uji", en = "Test" }
cutoff = "1/3"
sensitivity_cutoffs = ["1/4"]

[[dimension]]
id = "rumah"
label = { id = "Rumah", en = "Home" }

[[dimension]]
id = "sekolah"
label = { id = "Sekolah", en = "School" }

[[indicator]]
id = "lantai_tanah"
dimension = "rumah"
weight = "1/4"
label = { id = "Lantai tanah", en = "Earth floor" }
rule = { household = "lantai = 8" }

[[indicator]]
id = "atap_buruk"
dimension = "rumah"
weight = "1/4"
label = { id = "Atap buruk", en = "Bad roof" }
rule = { household = "atap > 3" }

[[indicator]]
id = "putus_sekolah"
dimension = "sekolah"
weight = "1/2"
label = { id = "Putus sekolah", en = "Out of school" }
rule = [{ any_member = "umur < 16 AND partisipasi_sekolah <> 2" }, { household = "lantai = 9" }]
"""


@pytest.mark.parametrize("name", ["default", "bogor", "jakarta"])
def test_shipped_specifications_carry_the_agreed_weights(name: str) -> None:
    shipped = load(name)
    agreed = AGREED[name]
    assert {key: str(value) for key, value in shipped.weights.items()} == agreed["weights"]
    assert [str(shipped.cutoff), str(shipped.vulnerable), str(shipped.severe)] == [
        agreed["k"],
        agreed["vulnerable"],
        agreed["severe"],
    ]
    assert all(item.agency and item.norm and item.label.en for item in shipped.indicators)


@pytest.mark.parametrize("name", ["default", "bogor", "jakarta"])
def test_a_specification_survives_being_stored(name: str) -> None:
    shipped = load(name)
    assert specifications.from_table(json.loads(json.dumps(specifications.to_table(shipped)))) == shipped


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('cutoff = "1/3"', 'cutoff = "2"', r"cutoff is 2; it must be above 0 and at most 1"),
        ('cutoff = "1/3"', 'cutoff = "0"', r"cutoff is 0"),
        ('cutoff = "1/3"', "cutoff = 0.33", r"cutoff: 0.33 is not exact"),
        ('cutoff = "1/3"', "", r"'cutoff' is missing"),
        ('["1/4"]', '["1/4", "2"]', r"sensitivity_cutoffs is 2"),
        ('weight = "1/2"', 'weight = "-1/2"', r"'putus_sekolah': the weight -1/2 is negative"),
        ('weight = "1/2"', "weight = 0.5", r"indicator 'putus_sekolah': weight: 0.5 is not exact"),
        ('weight = "1/2"', 'weight = "1/3"', r"add up to 5/6 \(about 0.8333\)"),
        ('weight = "1/2"', 'weight = "half"', r"'putus_sekolah': weight: 'half' is not a number"),
        ('weight = "1/2"', 'weight = "1e999999999"', r"'1e999999999' is not a number"),
        ('weight = "1/2"', 'weight = "1/0"', r"'putus_sekolah': weight: '1/0' is not a number"),
        ('weight = "1/2"\n', "", r"indicator 'putus_sekolah': 'weight' is missing"),
        ('"lantai = 8"', '"lantai = = 8"', r"indicator 'lantai_tanah': the rule 'lantai = = 8' is not a SQL"),
        ('"lantai = 8"', "8", r"indicator 'lantai_tanah': the rule 8 is not text"),
        ('"lantai = 8"', '"TRUE"', r"indicator 'lantai_tanah'.*must compare columns"),
        ('"lantai = 8"', '"lantai IN (SELECT 1)"', r"indicator 'lantai_tanah'.*without subqueries"),
        ('{ household = "lantai = 8" }', "[]", r"indicator 'lantai_tanah': the rule is empty"),
        (
            '{ household = "lantai = 8" }',
            '{ every = "lantai = 8" }',
            r"indicator 'lantai_tanah': a rule is a",
        ),
        ('id = "atap_buruk"', 'id = "lantai_tanah"', r"indicator 'lantai_tanah' stands twice"),
        ('id = "atap_buruk"', 'id = "atap buruk"', r"indicator 'atap buruk': an id has letters"),
        ('id = "atap_buruk"', "", r"an indicator: 'id' is missing"),
        ('dimension = "sekolah"', 'dimension = "kerja"', r"'putus_sekolah': there is no dimension 'kerja'"),
        ('label = { id = "Atap buruk", en = "Bad roof" }', "", r"indicator 'atap_buruk': 'label' is missing"),
        ('en = "Bad roof"', "en = 7", r"indicator 'atap_buruk': the label must be"),
        ('rule = { household = "atap > 3" }', "", r"indicator 'atap_buruk': 'rule' is missing"),
        ('name = "uji"', 'name = "uji"\nbobot = 1', r"'bobot' is not known here"),
        ('name = "uji"', "name = uji", r"not valid TOML"),
        (
            'rule = { household = "atap > 3" }',
            'rule = { household = "atap > 3" }\noptional = "atap"',
            r"indicator 'atap_buruk': 'optional' must be a list of variables",
        ),
        (
            'rule = { household = "atap > 3" }',
            'rule = { household = "atap > 3" }\noptional = ["dinding"]',
            r"indicator 'atap_buruk': the optional variable 'dinding' is not in the rule",
        ),
        (
            'rule = { household = "atap > 3" }',
            'rule = { household = "atap > 3" }\nnorm = 3',
            r"indicator 'atap_buruk': 'norm' must be text",
        ),
    ],
)
def test_a_mistake_is_named(before: str, after: str, named: str) -> None:
    assert before in GOOD
    with pytest.raises(SpecificationError, match=named) as raised:
        parse(GOOD.replace(before, after, 1), "uji.toml")
    assert str(raised.value).startswith("uji.toml: ")


def test_no_more_indicators_than_bits() -> None:
    more = "".join(
        f"""
[[indicator]]
id = "i{number}"
dimension = "rumah"
weight = "0"
label = {{ id = "x", en = "x" }}
rule = {{ household = "lantai = 1" }}
"""
        for number in range(30)
    )
    with pytest.raises(SpecificationError, match="33 indicators; at most 32"):
        parse(GOOD + more, "uji.toml")


def test_a_file_that_is_not_there_is_not_a_specification(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere: no specification.*bogor, default, jakarta"):
        load("nowhere")
    with pytest.raises(FileError, match="no specification"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes('name = "Jawa B\xe9rat"'.encode("latin-1"))
    with pytest.raises(FileError, match="UTF-8"):
        load(tmp_path / "latin.toml")


def test_an_absent_indicator_moves_its_weight_within_its_dimension_exactly() -> None:
    bogor = load("bogor")
    moved = bogor.without(frozenset({"tanpa_jkn", "gizi_anak"}))
    assert "tanpa_jkn" not in moved.weights
    assert moved.weights["tanpa_aset"] == Fraction(1, 16)
    assert moved.weights["rumah_tidak_kokoh"] == Fraction(1, 8)
    assert sum(moved.weights.values()) == 1
    assert moved.without(frozenset()) == moved


def test_weight_moves_in_proportion() -> None:
    uneven = parse(GOOD, "uji").with_weights(
        {"lantai_tanah": Fraction(1, 6), "atap_buruk": Fraction(1, 3), "putus_sekolah": Fraction(1, 2)}
    )
    assert uneven.without(frozenset({"lantai_tanah"})).weights["atap_buruk"] == Fraction(1, 2)


def test_a_dimension_that_loses_all_gives_its_weight_to_the_others() -> None:
    whole = parse(GOOD, "uji")
    absent = frozenset({"putus_sekolah"})
    assert [dimension.id for dimension in whole.lost_dimensions(absent)] == ["sekolah"]
    assert set(whole.without(absent).weights.values()) == {Fraction(1, 2)}
    with pytest.raises(SpecificationError, match="none of the weighted indicators"):
        whole.without(frozenset(whole.weights))


def test_a_dimension_without_weight_may_go() -> None:
    half = Fraction(1, 2)
    housing = parse(GOOD, "uji").with_weights({"lantai_tanah": half, "atap_buruk": half})
    assert housing.without(frozenset({"putus_sekolah"})).weights == {"lantai_tanah": half, "atap_buruk": half}


@pytest.mark.parametrize("value", [0.5, True, None, "nan", "inf", "", [1]])
def test_only_exact_numbers_are_read(value: object) -> None:
    with pytest.raises(SpecificationError, match="here: "):
        fraction(value, "here")
