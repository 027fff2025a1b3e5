"""The annex of a decree as files to edit: DOCX in the form of a legal draft, XLSX; the same annex, the same bytes."""

import io
import re
import textwrap
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import docx
import xlsxwriter
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row

from geo.disclosure import PublishedRun
from geo.shortlists import Shortlist
from maps.annex import Annex, annex_of
from maps.numbers import ABSENT
from maps.typesetting import PLAIN, PrintSettings
from maps.wording import Wording

_FIXED_DATE = datetime(2000, 1, 1)
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)
_LEGAL_FONT = "Bookman Old Style"  # Lampiran II of UU 12/2011, as is the paper F4
_F4_MM = (215, 330)
_WIDTHS_MM = (9, 24, 28, 24, 17, 17, 17, 25, 24)
_BEFORE_FIGURES = 4
_TABLE_PT = 8
_SIGN_LINES = 4
_FIELDS = ("PAGE", "NUMPAGES")
_HEAD_ROWS, _COLUMNS_ROW = 7, 8
_WIDTHS_CHARACTERS = (6, 14, 18, 16, 10, 10, 10, 15, 20)
_LINE_PT = 12.5
_FINER = 1.05  # more characters fit a column than its width says, which counts those of the size 11


def write_docx(run: PublishedRun, shortlist: Shortlist, settings: PrintSettings = PLAIN) -> bytes:
    """Write the annex of a shortlist as a Word document on F4, to be edited before it is signed."""
    annex, wording = annex_of(run, shortlist, settings), settings.wording
    document = docx.Document()
    _paper(document)
    _head(document, annex)
    _paragraph(document, annex.title, WD_ALIGN_PARAGRAPH.CENTER, bold=True, after=10)
    _table(document, annex, wording)
    _paragraph(document, annex.note, WD_ALIGN_PARAGRAPH.LEFT, size=8, before=6, after=18, keep=True)
    _signature(document, annex)
    _page_numbers(document, wording)
    for name in ("created", "modified", "last_printed"):
        setattr(document.core_properties, name, _FIXED_DATE)
    document.core_properties.author = "Kantong"
    document.core_properties.title = annex.title
    document.core_properties.language = wording.lang
    written = io.BytesIO()
    document.save(written)
    return _with_fixed_dates(written.getvalue())


def _paper(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in _F4_MM)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _LEGAL_FONT, Pt(10)
    style.paragraph_format.space_after, style.paragraph_format.line_spacing = Pt(0), 1
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _LEGAL_FONT)


def _paragraph(
    place: Document | _Cell,
    text: str,
    align: WD_ALIGN_PARAGRAPH,
    *,
    bold: bool = False,
    size: float | None = None,
    before: float = 0,
    after: float = 0,
    keep: bool = False,
) -> None:
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    paragraph.paragraph_format.keep_with_next = keep
    run = paragraph.add_run(text)
    run.bold = bold
    if size is not None:
        run.font.size = Pt(size)


def _head(document: Document, annex: Annex) -> None:
    """Set the lines at the upper right: LAMPIRAN, of which decree, number, date, subject."""
    table = document.add_table(rows=0, cols=3)
    table.alignment = WD_TABLE_ALIGNMENT.RIGHT
    for line in (annex.kind.upper(), annex.of):
        cells = table.add_row().cells
        cells[0].merge(cells[2]).text = line
    for name, value in annex.head:
        cells = table.add_row().cells
        cells[0].text, cells[1].text, cells[2].text = name.upper(), ":", value or "…"
    _widths(table, (24, 5, 66))
    document.add_paragraph()


def _table(document: Document, annex: Annex, wording: Wording) -> None:
    table = document.add_table(rows=0, cols=len(annex.columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _row(table, annex.columns, bold=True, heading=True)
    _row(table, [str(number) for number in range(1, len(annex.columns) + 1)], heading=True)
    for row in annex.rows:
        counts = [wording.number(count) for count in row.counts]
        _row(
            table,
            [f"{row.position}.", row.code, row.name, row.parent, *counts, row.rank, row.reason or ABSENT],
        )
    totals = [wording.number(total) for total in annex.totals]
    _row(table, [annex.total, "", "", "", *totals, "", ""], bold=True)
    _widths(table, _WIDTHS_MM)
    _margins(table)
    last = table.rows[-1].cells
    last[0].merge(last[_BEFORE_FIGURES - 1])
    last[0].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    for spare in last[0].paragraphs[1:]:
        spare._p.getparent().remove(spare._p)


def _row(table: Table, texts: Sequence[str], *, bold: bool = False, heading: bool = False) -> None:
    row = table.add_row()
    for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        paragraph = cell.paragraphs[0]
        figures = 4 <= column <= 6 and not heading
        paragraph.alignment = (
            WD_ALIGN_PARAGRAPH.RIGHT
            if figures
            else WD_ALIGN_PARAGRAPH.CENTER
            if heading
            else WD_ALIGN_PARAGRAPH.LEFT
        )
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold, Pt(_TABLE_PT)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _mark(row, "w:cantSplit")
    if heading:
        _mark(row, "w:tblHeader")


def _mark(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _widths(table: Table, widths_mm: Sequence[float]) -> None:
    table.autofit = False
    # Word reads the widths of the cells, LibreOffice those of the grid.
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)


def _margins(table: Table) -> None:
    margins = OxmlElement("w:tblCellMar")
    # In the order in which the schema of Word has them.
    for side, width_mm in (("top", 0.5), ("left", 1.2), ("bottom", 0.5), ("right", 1.2)):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(Mm(width_mm).pt * 20)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)


def _page_numbers(document: Document, wording: Wording) -> None:
    """Write "halaman 1 dari 2" at the foot of every page, counted by the program that opens the file."""
    foot = document.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in re.split("(PAGE|NUMPAGES)", wording("page_of", page="PAGE", pages="NUMPAGES")):
        run = foot.add_run("" if part in _FIELDS else part)
        run.font.size = Pt(_TABLE_PT)
        if part in _FIELDS:
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), part)
            foot._p.append(field)
            field.append(run._r)


def _signature(document: Document, annex: Annex) -> None:
    table = document.add_table(rows=1, cols=2)
    cell = table.rows[0].cells[1]
    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    cell.paragraphs[0].add_run(f"{annex.signatory_title},")
    for _ in range(_SIGN_LINES):
        cell.add_paragraph()
    _paragraph(cell, annex.signatory_name.upper() or "…", WD_ALIGN_PARAGRAPH.CENTER)
    _widths(table, (95, 90))


def _with_fixed_dates(archive: bytes) -> bytes:
    """Write an archive again with one date on all its files."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return written.getvalue()


def write_xlsx(run: PublishedRun, shortlist: Shortlist, settings: PrintSettings = PLAIN) -> bytes:
    """Write the annex of a shortlist as a workbook, its figures as numbers."""
    annex, wording = annex_of(run, shortlist, settings), settings.wording
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": _FIXED_DATE, "title": annex.title, "author": "Kantong"})
        sheet = book.add_worksheet(annex.kind)
        sheet.set_paper(9)
        sheet.set_margins(0.6, 0.6, 0.7, 0.7)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_footer(f"&C&8{wording('page_of', page='&P', pages='&N')}")
        for column, width in enumerate(_WIDTHS_CHARACTERS):
            sheet.set_column(column, column, width)
        forms = _forms(book)
        _sheet_head(sheet, annex, forms)
        last = _sheet_rows(sheet, annex, forms)
        sheet.write_string(last + 2, 0, annex.note, forms["plain"])
        sheet.merge_range(last + 4, 5, last + 4, 8, f"{annex.signatory_title},", forms["signed"])
        sheet.merge_range(last + 9, 5, last + 9, 8, annex.signatory_name.upper() or "…", forms["signed"])
    return written.getvalue()


def _forms(book: Any) -> dict[str, Any]:
    """Return how cells are set, by what they hold."""
    ruled = {"font_size": 9, "border": 1, "text_wrap": True, "valign": "vcenter"}
    figure = {"num_format": "#,##0", "align": "right", "indent": 1}
    return {
        "plain": book.add_format({"font_size": 9}),
        "title": book.add_format({"font_size": 11, "bold": True, "align": "center"}),
        "signed": book.add_format({"font_size": 10, "align": "center"}),
        "heading": book.add_format({**ruled, "bold": True, "align": "center"}),
        "small": book.add_format({**ruled, "font_size": 8, "align": "center"}),
        "text": book.add_format({**ruled, "align": "left", "indent": 1}),
        "count": book.add_format({**ruled, **figure}),
        "total": book.add_format({**ruled, **figure, "bold": True}),
    }


def _sheet_head(sheet: Any, annex: Annex, forms: dict[str, Any]) -> None:
    lines = (annex.kind.upper(), annex.of, *(f"{name.upper()}: {value}" for name, value in annex.head))
    for at, line in enumerate(lines):
        sheet.write_string(at, _BEFORE_FIGURES, line, forms["plain"])
    sheet.merge_range(_HEAD_ROWS - 1, 0, _HEAD_ROWS - 1, 8, annex.title, forms["title"])
    sheet.write_row(_COLUMNS_ROW, 0, annex.columns, forms["heading"])
    sheet.set_row(_COLUMNS_ROW, _height_pt(annex.columns))
    sheet.write_row(_COLUMNS_ROW + 1, 0, range(1, len(annex.columns) + 1), forms["small"])
    sheet.repeat_rows(_COLUMNS_ROW, _COLUMNS_ROW + 1)


def _sheet_rows(sheet: Any, annex: Annex, forms: dict[str, Any]) -> int:
    """Write the places and their totals; return the row of the totals."""
    first = _COLUMNS_ROW + 2
    for at, row in enumerate(annex.rows, start=first):
        sheet.write_number(at, 0, row.position, forms["count"])
        texts = {1: row.code, 2: row.name, 3: row.parent, 7: row.rank, 8: row.reason or ABSENT}
        for column, value in texts.items():
            sheet.write_string(at, column, value, forms["text"])
        for column, figure in enumerate(row.counts, start=_BEFORE_FIGURES):
            _figure(sheet, at, column, figure, forms["count"])
        sheet.set_row(at, _height_pt([texts.get(column, "") for column in range(len(annex.columns))]))
    last = first + len(annex.rows)
    sheet.merge_range(last, 0, last, _BEFORE_FIGURES - 1, annex.total, forms["heading"])
    for column, figure in enumerate(annex.totals, start=_BEFORE_FIGURES):
        _figure(sheet, last, column, figure, forms["total"])
    sheet.write_row(last, 7, ["", ""], forms["total"])
    return last


def _height_pt(texts: Sequence[str]) -> float:
    """Return a height that shows every line of a row: not every program finds it by itself."""
    lines = [
        len(textwrap.wrap(text, round(width * _FINER)))
        for text, width in zip(texts, _WIDTHS_CHARACTERS, strict=True)
        if text
    ]
    return _LINE_PT * max(lines, default=1) + 2


def _figure(sheet: Any, row: int, column: int, figure: float | None, form: Any) -> None:
    if figure is None:
        sheet.write_string(row, column, ABSENT, form)
    else:
        sheet.write_number(row, column, round(figure), form)
