"""The annex of a decree as files to edit: DOCX in the form of a legal draft, XLSX; the same annex, the same bytes."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import docx
import xlsxwriter
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell

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
_WIDTHS_MM = (10, 24, 30, 26, 19, 19, 19, 18, 20)
_SIGN_LINES = 4


def write_docx(run: PublishedRun, shortlist: Shortlist, settings: PrintSettings = PLAIN) -> bytes:
    """Write the annex of a shortlist as a Word document on F4, to be edited before it is signed."""
    annex, wording = annex_of(run, shortlist, settings), settings.wording
    document = docx.Document()
    _paper(document)
    _head(document, annex)
    _paragraph(document, annex.title, WD_ALIGN_PARAGRAPH.CENTER, bold=True, after=10)
    _table(document, annex, wording)
    _paragraph(document, annex.note, WD_ALIGN_PARAGRAPH.LEFT, size=8, before=6, after=18)
    _signature(document, annex)
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
) -> None:
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
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
    _row(table, ["", "", annex.total, "", *totals, "", ""], bold=True)
    _widths(table, _WIDTHS_MM)


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
        run.bold, run.font.size = bold, Pt(8.5)
    if heading:
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _widths(table: Table, widths_mm: Sequence[float]) -> None:
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)


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
    annex = annex_of(run, shortlist, settings)
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": _FIXED_DATE, "title": annex.title, "author": "Kantong"})
        bold = book.add_format(
            {"bold": True, "text_wrap": True, "border": 1, "align": "center", "valign": "vcenter"}
        )
        text = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        count = book.add_format({"border": 1, "num_format": "#,##0", "valign": "top"})
        sheet = book.add_worksheet("Lampiran")
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for at, line in enumerate(
            (annex.kind.upper(), annex.of, *(f"{name.upper()}: {value}" for name, value in annex.head))
        ):
            sheet.write_string(at, 5, line)
        sheet.merge_range(6, 0, 6, 8, annex.title, bold)
        sheet.write_row(8, 0, annex.columns, bold)
        sheet.repeat_rows(8)
        for at, row in enumerate(annex.rows, start=9):
            sheet.write_number(at, 0, row.position, count)
            for column, value in (
                (1, row.code),
                (2, row.name),
                (3, row.parent),
                (7, row.rank),
                (8, row.reason),
            ):
                sheet.write_string(at, column, value, text)
            for column, figure in enumerate(row.counts, start=4):
                _figure(sheet, at, column, figure, count)
        last = 9 + len(annex.rows)
        sheet.write_row(last, 0, ["", "", annex.total, ""], bold)
        for column, figure in enumerate(annex.totals, start=4):
            _figure(sheet, last, column, figure, count)
        sheet.write_string(last + 2, 0, annex.note)
        sheet.write_string(last + 4, 6, f"{annex.signatory_title},")
        sheet.write_string(last + 9, 6, annex.signatory_name.upper())
        for column, width in enumerate((6, 16, 24, 20, 12, 12, 12, 12, 30)):
            sheet.set_column(column, column, width)
    return written.getvalue()


def _figure(sheet: Any, row: int, column: int, figure: float | None, form: Any) -> None:
    if figure is None:
        sheet.write_string(row, column, ABSENT, form)
    else:
        sheet.write_number(row, column, round(figure), form)
