"""The printed typeface, and how wide a text runs in it: a label is placed only where it truly fits."""

import struct
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

#: The one family of every printed page; its files and licence stand in ``maps/static/fonts``.
FAMILY = "IBM Plex Sans"
FONTS = Path(str(resources.files("maps") / "static" / "fonts"))

_FILES = {"regular": "IBMPlexSans-Regular.ttf", "bold": "IBMPlexSans-Bold.ttf"}
_MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True, slots=True)
class Typeface:
    """Advance widths of one font file, in units of its em square."""

    units_per_em: int
    advances: tuple[int, ...]
    glyphs: dict[int, int]

    def width(self, text: str) -> float:
        """Return the width of a text in ems, without kerning."""
        glyphs = (self.glyphs.get(ord(character), 0) for character in text)
        return sum(self.advances[min(glyph, len(self.advances) - 1)] for glyph in glyphs) / self.units_per_em


def text_width_mm(text: str, size_pt: float, weight: str = "regular") -> float:
    """Return the printed width of a text in millimetres.

    Examples
    --------
    >>> round(text_width_mm("1234567890", 10), 2)
    21.17
    """
    return typeface(weight).width(text) * size_pt * _MM_PER_POINT


def missing_characters(text: str) -> list[str]:
    """Return the characters of a text that the typeface has no glyph for.

    Examples
    --------
    >>> missing_characters("Bogor ≥ 7,2 m² 安")
    ['安']
    """
    known = typeface("regular").glyphs
    return sorted({character for character in text if character not in "\n" and ord(character) not in known})


@cache
def typeface(weight: str) -> Typeface:
    """Read the widths of a vendored font from its OpenType tables."""
    content = (FONTS / _FILES[weight]).read_bytes()
    tables = {}
    for index in range(struct.unpack_from(">H", content, 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sIII", content, 12 + 16 * index)
        tables[tag.decode()] = content[offset : offset + length]
    metrics = struct.unpack_from(">H", tables["hhea"], 34)[0]
    advances = struct.unpack(f">{2 * metrics}H", tables["hmtx"][: 4 * metrics])[::2]
    units_per_em = struct.unpack_from(">H", tables["head"], 18)[0]
    return Typeface(units_per_em, advances, _characters(tables["cmap"]))


def _characters(cmap: bytes) -> dict[int, int]:
    for index in range(struct.unpack_from(">H", cmap, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * index)
        if (platform, encoding) == (3, 1):
            return _segments(cmap[offset:])
    raise ValueError("the font has no table of Unicode characters")


def _segments(table: bytes) -> dict[int, int]:
    """Decode a character map of format 4: segments of code points, each with a delta or a list of glyphs."""
    count = struct.unpack_from(">H", table, 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts = struct.unpack_from(f">{count}H", table, 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", table, 16 + 4 * count)
    ranges_at = 16 + 6 * count
    ranges = struct.unpack_from(f">{count}H", table, ranges_at)
    glyphs: dict[int, int] = {}
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for character in range(start, min(end, 0xFFFE) + 1):
            glyph = character
            if ranges[index]:
                place = ranges_at + 2 * index + ranges[index] + 2 * (character - start)
                glyph = struct.unpack_from(">H", table, place)[0]
                if glyph == 0:
                    continue
            glyphs[character] = (glyph + deltas[index]) % 0x10000
    return glyphs
