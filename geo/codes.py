"""Wilayah codes: Kemendagri and BPS as two distinct types.

Undotted Kemendagri codes and BPS codes of a kelurahan are both ten digits and collide: 3171 is Jakarta
Selatan for BPS, 31.71 is Jakarta Pusat for Kemendagri. The system is therefore never read off the length of
a code: the user names it, and a code is always parsed within a named system.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import CodeError

#: Administrative levels from coarse to fine. ``kota`` stands for kota and kabupaten, ``kelurahan`` for
#: kelurahan and desa, ``sls`` for the local units of BPS (mostly RT) and their parts. RW and SLS both stand under
#: kelurahan.
LEVELS = ("provinsi", "kota", "kecamatan", "kelurahan", "rw", "sls")

#: Levels of units within a kelurahan.
WITHIN_KELURAHAN = ("rw", "sls")


def above(level: str) -> tuple[str, ...]:
    """Return the levels above one, coarse to fine.

    Examples
    --------
    >>> above("sls")
    ('provinsi', 'kota', 'kecamatan', 'kelurahan')
    """
    return LEVELS[: LEVELS.index("rw" if level in WITHIN_KELURAHAN else level)]


class CodeSystem(StrEnum):
    """The issuer of a code."""

    BPS = "bps"
    KEMENDAGRI = "kemendagri"


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code of one administrative unit within a named system.

    Attributes
    ----------
    text
        The canonical spelling: dotted for Kemendagri, digits only for BPS.
    level
        The administrative level that the code stands for.
    """

    text: str
    level: str

    system = CodeSystem.BPS

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class BpsCode(Code):
    """A BPS code: digits only, 2, 4, 7 or 10 of them, 13 for an RW and 14 for an SLS within a village.

    Of a part of an SLS the last two of its 16 digits stand behind a dot: no number of 16 digits, which may be that of a
    person, is kept anywhere.
    """

    system = CodeSystem.BPS


@dataclass(frozen=True, slots=True, order=True)
class KemendagriCode(Code):
    """A Kemendagri code: dotted groups of 2, 2, 2 and 4 digits, and 3 more for an RW."""

    system = CodeSystem.KEMENDAGRI


_BPS_LENGTHS = {"provinsi": 2, "kota": 4, "kecamatan": 7, "kelurahan": 10, "rw": 13}
_SLS = re.compile(r"([1-9]\d{13})(?:\.?(\d{2}))?")
_KEMENDAGRI_LENGTHS = {"provinsi": 2, "kota": 4, "kecamatan": 6, "kelurahan": 10, "rw": 13}
_KEMENDAGRI_GROUPS = (2, 2, 2, 4, 3)
_KEMENDAGRI_PATTERN = re.compile(r"[1-9]\d(\.\d{2}(\.\d{2}(\.[123]\d{3}(\.\d{3})?)?)?)?")
#: A code of a kelurahan in groups that are not divided by dots; fewer groups may be a date.
_SEPARATED = re.compile(r"\d{1,2}([ /-])\d{1,2}\1\d{1,3}\1\d{1,4}(\1\d{1,3})?")
_SCIENTIFIC = re.compile(r"(\d)[.,](\d+)[eE]\+?(\d{1,2})")
_SHAPES = {
    CodeSystem.BPS: "2, 4, 7, 10, 13, 14 or 16 digits such as 3271010001",
    CodeSystem.KEMENDAGRI: "dotted groups such as 32.71.01.1001, or the same digits without dots",
}


def parse(text: str, system: CodeSystem) -> Code:
    """Read one code within a named system.

    Parameters
    ----------
    text
        The code as a file holds it: with or without dots (Kemendagri), with or without the prefix ``id``
        (BPS), with or without the ``.0`` that a spreadsheet adds.
    system
        The system that the user named.

    Returns
    -------
    Code
        A `BpsCode` or a `KemendagriCode`.

    Raises
    ------
    CodeError
        When the text is not a code of that system.

    Examples
    --------
    >>> parse("32.71.01.1001", CodeSystem.KEMENDAGRI).level
    'kelurahan'
    >>> str(parse("3271011001", CodeSystem.KEMENDAGRI))
    '32.71.01.1001'
    >>> str(parent(parse("id3271010001", CodeSystem.BPS)))
    '3271010'
    """
    stripped = text.strip().removesuffix(".0")
    if system is CodeSystem.BPS:
        return _parse_bps(stripped, text)
    return _parse_kemendagri(stripped, text)


def _parse_bps(stripped: str, original: str) -> BpsCode:
    digits = stripped.lower().removeprefix("id")
    if digits.isascii() and (sls := _SLS.fullmatch(digits)):
        return BpsCode(f"{sls[1]}.{sls[2]}" if int(sls[2] or 0) else sls[1], "sls")
    level = next((level for level, length in _BPS_LENGTHS.items() if length == len(digits)), None)
    if level is None or not digits.isascii() or not digits.isdigit() or digits[0] == "0":
        raise _not_a_code(original, CodeSystem.BPS)
    return BpsCode(digits, level)


def _parse_kemendagri(stripped: str, original: str) -> KemendagriCode:
    dotted = stripped
    if "." not in stripped:
        groups, start = [], 0
        for width in _KEMENDAGRI_GROUPS:
            groups.append(stripped[start : start + width])
            start += width
        dotted = ".".join(group for group in groups if group) + stripped[start:]
    if not dotted.isascii() or not _KEMENDAGRI_PATTERN.fullmatch(dotted):
        raise _not_a_code(original, CodeSystem.KEMENDAGRI)
    return KemendagriCode(dotted, LEVELS[dotted.count(".")])


def _not_a_code(text: str, system: CodeSystem) -> CodeError:
    return CodeError(
        f"{text!r} is not a {system} code: expected {_SHAPES[system]}. "
        "Check the column, or name the other code system."
    )


def mended(text: str, system: CodeSystem) -> Code | None:
    """Read one code as files spoil it, or return None where it is none.

    Besides what `parse` takes: decimal ``,0``, quotes, dots in BPS codes, blanks, dashes or slashes for dots, numbers
    with an exponent that kept all digits, and groups of a dotted code that lost their leading zeros. Undotted codes
    that lost digits are not guessed.

    Examples
    --------
    >>> str(mended("3171010002,0", CodeSystem.BPS)), str(mended("31.71.1.1001", CodeSystem.KEMENDAGRI))
    ('3171010002', '31.71.01.1001')
    >>> str(mended("32-71-01-1001", CodeSystem.KEMENDAGRI)), mended("3,27E+09", CodeSystem.BPS)
    ('32.71.01.1001', None)
    """
    bare = re.sub(r"^id", "", text.strip().strip("'\"`").rstrip("."), flags=re.IGNORECASE)
    bare = re.sub(r"^(\d+)[.,]0+$", r"\1", bare)
    if _SEPARATED.fullmatch(bare):
        bare = re.sub(r"[ /-]", ".", bare)
    if scientific := _SCIENTIFIC.fullmatch(bare):
        bare = _whole(scientific) or bare
    if "." in bare and not (system is CodeSystem.BPS and _SLS.fullmatch(bare)):
        bare = _padded(bare, system)
    try:
        return parse(bare, system)
    except CodeError:
        return None


def _whole(scientific: re.Match[str]) -> str | None:
    """Return 3.271040005E+09 as a number; None where digits were lost, as in 3.27E+09."""
    digits, decimals, exponent = scientific[1], scientific[2], int(scientific[3])
    return digits + decimals if exponent == len(decimals) else None


def _padded(dotted: str, system: CodeSystem) -> str:
    """Give each group of a dotted code the digits of its level."""
    lengths = _KEMENDAGRI_LENGTHS if system is CodeSystem.KEMENDAGRI else _BPS_LENGTHS
    ends = list(lengths.values())
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    groups = dotted.split(".")
    if len(groups) > len(widths):
        return dotted
    padded = [group.zfill(width) for group, width in zip(groups, widths, strict=False)]
    return ".".join(padded) if system is CodeSystem.KEMENDAGRI else "".join(padded)


def parent(code: Code) -> Code | None:
    """Return the code of the unit one level up, or None above a province.

    Examples
    --------
    >>> str(parent(parse("31.74.01.1001", CodeSystem.KEMENDAGRI)))
    '31.74.01'
    """
    upper = above(code.level)
    if not upper:
        return None
    level = upper[-1]
    if isinstance(code, KemendagriCode):
        return KemendagriCode(code.text.rpartition(".")[0], level)
    return BpsCode(code.text[: _BPS_LENGTHS[level]], level)
