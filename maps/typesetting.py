"""From pages as data to a PDF: Typst sets them with the vendored fonts only, tagged, in PDF/A-2b and PDF/UA-1.

Every text reaches Typst as data, never as markup. The date in the file is fixed: the same pages give the same bytes.
"""

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import typst

from geo.errors import ParameterError
from maps.lettering import FAMILY, FONTS, missing_characters
from maps.office import Office
from maps.paper import A3, Paper
from maps.wording import INDONESIAN, Wording

#: One printed page or run of pages: its ``kind`` says which template sets it.
Page = dict[str, Any]

#: Called with a stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]

_TEMPLATES = ("document", "style", "plate", "book", "decree", "comparison")
_SMALLER, _TRIES = 0.94, 9
_CLOSEST_MM = 1.4
_STANDARDS = ["a-2b", "ua-1"]
_ONLY_VENDORED = typst.Fonts(
    include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
)
_BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="1mm" height="1mm" viewBox="0 0 1 1"></svg>'
_SVG_TEXT = re.compile(r"<text\b[^>]*>([^<]*)</text>")


def silent(stage: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class PrintSettings:
    """How something is printed.

    Attributes
    ----------
    paper
        Of the map sheets; pages of text and tables are A4.
    scale
        The denominator of the maps; None: the largest round one at which the subject fits one sheet.
    office
        Who makes the print; None: named after the place.
    """

    wording: Wording = INDONESIAN
    paper: Paper = A3
    scale: int | None = None
    office: Office | None = None


#: In Indonesian, on A3, in the name of the place.
PLAIN = PrintSettings()


def typeset(pages: Sequence[Page], title: str, settings: PrintSettings, *, running: str = "") -> bytes:
    """Set pages as one PDF, to be printed at its true size.

    Parameters
    ----------
    running
        What stands at the foot of pages of text.

    Raises
    ------
    ParameterError
        When a text holds a character that the typeface lacks.
    """
    pdf = _set(pages, title, settings, running, format="pdf", pdf_standards=_STANDARDS)
    assert isinstance(pdf, bytes)
    return _at_true_size(pdf)


def typeset_svg(pages: Sequence[Page], title: str, settings: PrintSettings) -> list[str]:
    """Set pages as one SVG each, their letters as outlines, for a screen."""
    drawn = _set(pages, title, settings, "", format="svg")
    listed = drawn if isinstance(drawn, list) else [drawn]
    return [page.decode() for page in listed]


def _set(
    pages: Sequence[Page], title: str, settings: PrintSettings, running: str, **output: Any
) -> bytes | list[bytes]:
    """Set pages; sheets whose panel reaches beyond the paper are set again with smaller text.

    How much smaller is sought on those sheets alone, without their maps: all that is laid out stays in memory.
    """
    sources = _sources(pages, title, settings, running)
    compiled: bytes | list[bytes] = typst.compile(sources, font_paths=_ONLY_VENDORED, timestamp=0, **output)
    if over := _overfull(sources):
        fitted = _with_smaller_text(pages, over, title, settings)
        sources = _sources(fitted, title, settings, running)
        compiled = typst.compile(sources, font_paths=_ONLY_VENDORED, timestamp=0, **output)
    return compiled


def _with_smaller_text(
    pages: Sequence[Page], over: Sequence[int], title: str, settings: PrintSettings
) -> list[Page]:
    fitted = list(pages)
    waiting = list(over)
    for _ in range(_TRIES):
        for at in waiting:
            fitted[at] = {**fitted[at], "text_pt": fitted[at]["text_pt"] * _SMALLER}
        bare = [{**fitted[at], "map": _BLANK} for at in waiting]
        waiting = [waiting[place] for place in _overfull(_sources(bare, title, settings, ""))]
        if not waiting:
            break
    return fitted


def _overfull(sources: Any) -> list[int]:
    """Return the pages with a panel whose blocks had to move as close together as they may, each once.

    Marks come in pairs, before and after the first gap of each panel: the page and millimetres from its top.
    """
    marks = json.loads(typst.query(sources, "<gap>", field="value", font_paths=_ONLY_VENDORED))
    pairs = zip(marks[::2], marks[1::2], strict=True)
    return sorted({page for (page, above), (_, below) in pairs if below - above < _CLOSEST_MM + 0.01})


def _sources(pages: Sequence[Page], title: str, settings: PrintSettings, running: str) -> Any:
    files: dict[str, str] = {}
    content = {
        "family": FAMILY,
        "lang": settings.wording.lang,
        "title": title,
        "running": running,
        "words": settings.wording.all(),
        "pages": _filed(list(pages), files),
    }
    _refuse_missing_glyphs([title, running, *_texts(list(pages))])
    files["content.json"] = json.dumps(content, ensure_ascii=False)
    return {**_templates(), **{name: text.encode() for name, text in files.items()}}


@cache
def _templates() -> dict[str, bytes]:
    folder = resources.files("maps") / "templates"
    read = {name: (folder / f"{name}.typ").read_bytes() for name in _TEMPLATES}
    return {"main": read.pop("document"), **{f"{name}.typ": source for name, source in read.items()}}


def _filed(value: object, files: dict[str, str]) -> object:
    """Put each drawing into a file, equal ones into one, and its name in its place."""
    if isinstance(value, str) and value.startswith("<svg"):
        name = f"{hashlib.blake2b(value.encode(), digest_size=16).hexdigest()}.svg"
        files[name] = value
        return name
    if isinstance(value, dict):
        return {key: _filed(item, files) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filed(item, files) for item in value]
    return value


def _texts(value: object) -> Iterator[str]:
    """Yield every text that will be set, those inside drawings too."""
    if isinstance(value, str):
        yield from (
            (html.unescape(text) for text in _SVG_TEXT.findall(value))
            if value.startswith("<svg")
            else [value]
        )
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _refuse_missing_glyphs(texts: Sequence[str]) -> None:
    for text in texts:
        missing = missing_characters(text)
        if missing:
            named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in missing)
            raise ParameterError(
                f"{text[:60]!r} holds {named}, which {FAMILY} has no sign for. Write it in another way."
            )


def _at_true_size(pdf: bytes) -> bytes:
    """Ask the viewer not to scale the page: add /PrintScaling /None to the catalogue.

    The catalogue is the last object before the cross-reference table, so nothing but that table moves.
    """
    written_at = pdf.rindex(b"startxref\n") + len(b"startxref\n")
    table = int(pdf[written_at : pdf.index(b"\n", written_at)])
    opening = b"/ViewerPreferences<<"
    at = pdf.rindex(opening, 0, table) + len(opening)
    if pdf[table : table + 5] != b"xref\n" or pdf.count(b"endobj", at, table) != 1:
        raise AssertionError("Typst lays out its PDF in another way than this version did")
    added = b"/PrintScaling/None"
    tail = pdf[at:written_at] + str(table + len(added)).encode() + pdf[pdf.index(b"\n", written_at) :]
    return pdf[:at] + added + tail
