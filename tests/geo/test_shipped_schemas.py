"""The shipped register schemas against the code lists, traps included."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from geo import schema
from geo.schema import RegisterSchema

LISTS = Path(__file__).parents[3] / "shared" / "reference" / "codelists.json"
SCHEMAS = ("dtsen", "p3ke", "regsosek")


@pytest.fixture(scope="module")
def lists() -> dict[str, Any]:
    if not LISTS.exists():
        pytest.skip("the project's shared code lists are not beside this checkout")
    answer: dict[str, Any] = json.loads(LISTS.read_text())
    return answer


def value(loaded: RegisterSchema, name: str, source: object, side: str = "household") -> object:
    variable = getattr(loaded, f"{side}_variables")[name]
    table = pl.DataFrame({variable.columns[0]: [source]})
    return table.select(variable.expression(table.schema)).item()


def test_every_schema_knows_every_variable_in_the_same_type() -> None:
    first, *others = (schema.load(name) for name in SCHEMAS)
    for other in others:
        for side in ("household_variables", "member_variables"):
            types = [
                {name: item.dtype for name, item in getattr(one, side).items()} for one in (first, other)
            ]
            assert types[0] == types[1], (other.name, side)


@pytest.mark.parametrize(
    ("variable", "listed"),
    [
        ("lantai", "jenis_lantai_terluas"),
        ("dinding", "jenis_dinding_terluas"),
        ("atap", "jenis_atap_terluas"),
        ("air_minum", "sumber_air_minum_utama"),
        ("jarak_limbah", "jarak_limbah"),
        ("penerangan", "sumber_penerangan_utama"),
        ("bahan_bakar", "bahan_bakar_utama_memasak"),
        ("fasilitas_bab", "fasilitas_bab"),
        ("kloset", "jenis_kloset"),
        ("pembuangan_tinja", "pembuangan_akhir_tinja"),
    ],
)
@pytest.mark.parametrize("name", ["dtsen", "regsosek"])
def test_codes_are_those_of_the_list(name: str, variable: str, listed: str, lists: dict[str, Any]) -> None:
    loaded = schema.load(name)
    for code in lists[listed]:
        assert value(loaded, variable, code) == int(code)
    assert value(loaded, variable, "77") is None


@pytest.mark.parametrize(
    ("variable", "listed"),
    [
        ("penerangan", "penerangan"),
        ("bahan_bakar", "bahan_bakar"),
        ("fasilitas_bab", "bab"),
        ("dinding", "dinding"),
        ("air_minum", "air"),
        ("lantai", "lantai"),
    ],
)
def test_every_text_of_p3ke_is_known(variable: str, listed: str, lists: dict[str, Any]) -> None:
    loaded = schema.load("p3ke")
    for text in lists["p3ke"][listed]:
        assert value(loaded, variable, text) is not None, text
        assert value(loaded, variable, f"  {text.upper()} ") == value(loaded, variable, text)
    assert value(loaded, variable, "entah") is None


def test_texts_of_p3ke_mean_what_the_code_lists_say(lists: dict[str, Any]) -> None:
    loaded = schema.load("p3ke")
    for variable, listed, text, meaning in (
        ("lantai", "jenis_lantai_terluas", "Tanah", "tanah"),
        ("lantai", "jenis_lantai_terluas", "Semen", "semen/bata merah"),
        ("dinding", "jenis_dinding_terluas", "Tembok", "tembok"),
        ("air_minum", "sumber_air_minum_utama", "Sumur Tidak Terlindung", "sumur tak terlindung"),
        ("bahan_bakar", "bahan_bakar_utama_memasak", "Minyak Tanah", "minyak tanah"),
        ("penerangan", "sumber_penerangan_utama", "Non-Listrik", "bukan listrik"),
    ):
        assert lists[listed][str(value(loaded, variable, text))] == meaning


def test_the_label_decides_where_opensid_swaps_two_roofs() -> None:
    loaded = schema.load("regsosek")
    assert [value(loaded, "atap", text) for text in ("5", "6", "5. Kayu/sirap", "6. Bambu")] == [5, 6, 6, 5]
    assert [value(loaded, "bahan_bakar", text) for text in ("00", "12. Tidak memasak di rumah", 10.0)] == [
        0,
        0,
        10,
    ]


def test_yes_and_no_are_one_and_two_and_five_is_neither() -> None:
    loaded = schema.load("regsosek")
    assert [value(loaded, "mobil", code) for code in (1, 2, 5)] == [True, False, None]


def test_difficulties_count_down(lists: dict[str, Any]) -> None:
    assert lists["wg_difficulty"]["1"] == "sama sekali tidak bisa"
    for name in ("dtsen", "regsosek"):
        assert value(schema.load(name), "penglihatan", 1, "member") == 1


def test_a_reversed_list_is_one_line_of_a_schema(tmp_path: Path) -> None:
    text = """
name = "susenas"
[households]
key = "urut"
unit = "kode"
[households.variables]
mobil = { column = "mobil", yes = 1, no = 5 }
listrik = { column = "listrik", yes = "Ya", no = "Tidak" }
[members]
key = "urut"
[members.variables]
penglihatan = { column = "lihat", values = { "1" = 4, "2" = 3, "3" = 2, "4" = 1 } }
"""
    path = tmp_path / "susenas.toml"
    path.write_text(text)
    loaded = schema.load(path)
    assert [value(loaded, "mobil", code) for code in (1, 5, 2)] == [True, False, None]
    assert [value(loaded, "listrik", text) for text in ("YA", "1. Ya", "tidak", "x")] == [
        True,
        True,
        False,
        None,
    ]
    assert [value(loaded, "penglihatan", code, "member") for code in (1, 4, 8)] == [4, 1, None]
