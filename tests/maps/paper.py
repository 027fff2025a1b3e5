"""Reading a printed PDF as a person with a ruler would: texts with their boxes, grid lines, frames."""

from dataclasses import dataclass

import pymupdf

MM = 25.4 / 72


@dataclass(frozen=True)
class Text:
    """A run of letters of one size: what it says, and the box of its ink in points."""

    words: str
    size: float
    box: pymupdf.Rect
    upright: bool


def texts(page: pymupdf.Page) -> list[Text]:
    """Return every text once; a halo lies under its letters with the same words at the same place."""
    found = {}
    for block in page.get_text("dict")["blocks"]:
        for line in block.get("lines", []):
            for span in line["spans"]:
                if not span["text"].strip():
                    continue
                level = abs(line["dir"][1]) < 0.01
                box = pymupdf.Rect(span["bbox"])
                if level:
                    baseline, size = span["origin"][1], span["size"]
                    box = pymupdf.Rect(box.x0, baseline - 0.70 * size, box.x1, baseline + 0.02 * size)
                key = (span["text"], round(box.x0), round(box.y0))
                found[key] = Text(span["text"].strip(), span["size"], box, level)
    return list(found.values())


def overlapping(listed: list[Text]) -> list[tuple[str, str]]:
    """Return pairs of texts whose ink meets."""
    pairs = []
    for at, one in enumerate(listed):
        for other in listed[at + 1 :]:
            common = pymupdf.Rect(one.box)
            common.intersect(other.box)
            if not common.is_empty and min(common.width, common.height) > 0.3:
                pairs.append((one.words, other.words))
    return pairs


def within(page: pymupdf.Page, margin_mm: float) -> pymupdf.Rect:
    """Return a page without its margin."""
    paper, margin = page.rect, margin_mm / MM
    return pymupdf.Rect(paper.x0 + margin, paper.y0 + margin, paper.x1 - margin, paper.y1 - margin)


@dataclass(frozen=True)
class Lines:
    """The frame of a map, and where the lines of its UTM grid stand: points from the left, and from the top."""

    frame: pymupdf.Rect
    upright: list[float]
    level: list[float]


def lines_of(page: pymupdf.Page) -> Lines:
    """Find the neat line, the largest rectangle drawn 0.35 mm wide, and the thin lines across it."""
    drawings = [each for each in page.get_drawings() if each["width"]]
    frames = [each["rect"] for each in drawings if abs(each["width"] * MM - 0.35) < 0.005]
    frame = max(frames, key=lambda rect: rect.get_area())
    thin = [item for each in drawings if each["width"] * MM < 0.1 for item in each["items"] if item[0] == "l"]
    upright = {a.x for _, a, b in thin if abs(a.x - b.x) < 0.01 and abs(a.y - b.y) > 0.99 * frame.height}
    level = {a.y for _, a, b in thin if abs(a.y - b.y) < 0.01 and abs(a.x - b.x) > 0.99 * frame.width}
    return Lines(frame, sorted(upright), sorted(level))


def fonts(document: pymupdf.Document) -> set[str]:
    """Return the names of all fonts used, without the marks of their subsets."""
    return {font[3].partition("+")[2] for page in document for font in page.get_fonts(full=True)}
