"""Codes are parsed within the system that the user named, never guessed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.codes import BpsCode, CodeSystem, KemendagriCode, mended, parent, parse
from geo.errors import CodeError

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "codes.json").read_text())
BPS, KEMENDAGRI = CodeSystem.BPS, CodeSystem.KEMENDAGRI


@pytest.mark.parametrize("text", REFERENCE["valid"])
def test_official_codes_are_read(text: str) -> None:
    code = parse(text, KEMENDAGRI)
    assert isinstance(code, KemendagriCode)
    assert str(code) == text
    assert parse(text.replace(".", ""), KEMENDAGRI) == code


@pytest.mark.parametrize("text", [text for text in REFERENCE["invalid"] if "." in text])
def test_malformed_codes_are_refused(text: str) -> None:
    with pytest.raises(CodeError, match="is not a kemendagri code"):
        parse(text, KEMENDAGRI)


@pytest.mark.parametrize("row", REFERENCE["jakarta_crosswalk"], ids=lambda row: row["name"])
def test_the_same_kota_has_two_codes_that_never_mix(row: dict[str, str]) -> None:
    bps, kemendagri = parse(row["bps"], BPS), parse(row["kemendagri"], KEMENDAGRI)
    assert (bps.level, kemendagri.level) == ("kota", "kota")
    assert bps != parse(row["bps"], KEMENDAGRI)


@pytest.mark.parametrize("row", REFERENCE["kecamatan_kota_bogor"], ids=lambda row: row["nama"])
def test_kecamatan_stand_under_their_kota(row: dict[str, str]) -> None:
    assert str(parent(parse(row["bps"], BPS))) == "3271"
    assert str(parent(parse(row["kemendagri"], KEMENDAGRI))) == "32.71"


@pytest.mark.parametrize(
    "text", ["", " ", "x", "327", "32710100011", "0271", "32.71", "3271,0", "-3271", "³²⁷¹"]
)
def test_what_is_no_bps_code_is_refused(text: str) -> None:
    with pytest.raises(CodeError, match="is not a bps code"):
        parse(text, BPS)


@given(st.text(max_size=16))
def test_any_text_is_a_code_or_a_clear_error(text: str) -> None:
    for system, kind in ((BPS, BpsCode), (KEMENDAGRI, KemendagriCode)):
        try:
            code = parse(text, system)
        except CodeError:
            continue
        assert isinstance(code, kind)
        assert parse(str(code), system) == code


@given(st.from_regex(r"[1-9][0-9]{12}", fullmatch=True))
def test_parents_lead_up_to_the_province(digits: str) -> None:
    code, levels = parse(digits, BPS), []
    while code is not None:
        levels.append(code.level)
        above = parent(code)
        assert above is None or str(code).startswith(str(above))
        code = above
    assert levels == ["rw", "kelurahan", "kecamatan", "kota", "provinsi"]


VILLAGE, SLS = "3271010001", "0003"


@pytest.mark.parametrize(
    ("part", "text"), [("", VILLAGE + SLS), ("00", VILLAGE + SLS), ("02", f"{VILLAGE}{SLS}.02")]
)
def test_an_sls_and_its_parts_stand_under_their_village(part: str, text: str) -> None:
    """A part of an SLS is written apart, so that no 16 digits stand together as in a number of a person."""
    for written in (VILLAGE + SLS + part, f"id{VILLAGE}{SLS}{part}", f"'{VILLAGE}{SLS}{part}", text):
        code = mended(written, BPS)
        assert code is not None
        assert (str(code), code.level) == (text, "sls")
        assert str(parent(code)) == VILLAGE
    assert parse(text, BPS) == parse(str(parse(text, BPS)), BPS)


@pytest.mark.parametrize(
    ("text", "system", "code"),
    [
        ("32-71-01-1001", KEMENDAGRI, "32.71.01.1001"),
        ("32/71/1/1001", KEMENDAGRI, "32.71.01.1001"),
        ("32 71 040 005", BPS, "3271040005"),
        ("3.271040005e+09", BPS, "3271040005"),
        ("3,271040005E+09", BPS, "3271040005"),
        ("3,27E+09", BPS, None),
        ("3.27104E+09", BPS, None),
        ("12-03-24", BPS, None),
        ("12-03-2024", KEMENDAGRI, None),
        ("2024-01-12", KEMENDAGRI, None),
    ],
)
def test_other_signs_for_dots_are_read_and_lost_digits_and_dates_are_not(
    text: str, system: CodeSystem, code: str | None
) -> None:
    found = mended(text, system)
    assert (None if found is None else str(found)) == code
