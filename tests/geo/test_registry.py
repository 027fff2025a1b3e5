"""Names and codes: what proves a system, and which spellings are one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import codes, registry
from geo.codes import CodeSystem


def test_the_shipped_registry_holds_all_of_dki_and_bogor_in_both_systems() -> None:
    known = registry.shipped()
    for system, kelurahan in ((CodeSystem.KEMENDAGRI, 335), (CodeSystem.BPS, 338)):
        entries = [entry for level in codes.LEVELS for entry in known.within(level, system)]
        parsed = [codes.parse(str(entry.code(system)), system) for entry in entries]
        assert [code.level for code in parsed] == [entry.level for entry in entries]
        assert len({code.text for code in parsed}) == len(entries)
        assert len(known.within("kelurahan", system)) == kelurahan
        assert len(known.within("kecamatan", system)) == 50
        for code in parsed:
            above = codes.parent(code)
            is_placeholder = code.text[4:7] in ("555", "888")
            assert above is None or is_placeholder or known.entry(system, above.text) is not None


def test_a_code_of_both_systems_stands_for_two_places() -> None:
    known = registry.shipped()
    bps, kemendagri = known.entry(CodeSystem.BPS, "3171"), known.entry(CodeSystem.KEMENDAGRI, "31.71")
    assert bps is not None
    assert kemendagri is not None
    assert not bps.names & kemendagri.names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PULO GADUNG", "Pulogadung"),
        ("Kel. Tanah Sareal", "tanah sareal"),
        ("Kota Adm. Jakarta Timur", "JAKARTA TIMUR"),
        ("Kec. Bogor Tengah", "BOGOR-TENGAH"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert registry.normalised(one) == registry.normalised(other)


@given(st.text(max_size=30))
def test_normalising_again_or_shouting_changes_nothing(name: str) -> None:
    once = registry.normalised(name)
    assert once == "" or once.isalnum()
    assert once.isascii()
    assert registry.normalised(f"  {name} ") == once
    if name.isascii():
        assert registry.normalised(name.upper()) == once


@given(st.integers(11, 97), st.integers(1, 99), st.integers(1, 99), st.integers(1, 9), st.booleans())
def test_spoilt_codes_are_read_as_what_they_were(
    province: int, kota: int, kecamatan: int, kelurahan: int, lost: bool
) -> None:
    bps = f"{province}{kota:02d}{kecamatan:03d}{kelurahan:03d}"
    for text in (bps, f"{bps}.0", f"{bps},0", f"id{bps}", f" {bps} ", f"'{bps}"):
        assert str(codes.mended(text, CodeSystem.BPS)) == bps
    dotted = f"{province}.{kota:02d}.{kecamatan:02d}.100{kelurahan}"
    spoilt = f"{province}.{kota}.{kecamatan}.100{kelurahan}" if lost else dotted.replace(".", "")
    assert str(codes.mended(spoilt, CodeSystem.KEMENDAGRI)) == dotted


@given(st.text(max_size=20))
def test_what_is_no_code_is_none(text: str) -> None:
    for system in CodeSystem:
        code = codes.mended(text, system)
        assert code is None or code.system is system
