"""The annex of a decree: the picked places, in order, as PDF, DOCX and XLSX."""

import io
from datetime import UTC, date, datetime

import docx
import polars as pl
import pymupdf
import pytest

from geo.errors import ParameterError
from geo.shortlists import Decision, Shortlist, decide, pick
from maps.annex import annex_of, print_annex
from maps.annex_files import write_docx, write_xlsx
from maps.numbers import number
from tests.maps.paper import fonts, overlapping, texts, within

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DECISION = Decision(
    "400/123/2026",
    date(2026, 12, 1),
    "Penetapan Wilayah Prioritas",
    "Pejabat Contoh",
    "Wali Kota Contoh",
    "",
    NOW,
)


@pytest.fixture
def shortlist(published_run):
    """Three places of the made-up city, one of them hidden, against the order of their codes."""
    table = published_run.levels["kelurahan"].table
    codes = [table["code"][7], table.filter(status="hidden")["code"][0], table["code"][2]]
    listed = Shortlist("s", published_run.summary.id, "kelurahan", "Prioritas 2027", "perencana", 1, NOW, NOW)
    for code in codes:
        listed = pick(listed, code, reason=f"alasan {code[-3:]}", by="perencana", at=NOW)
    return listed


def test_the_rows_keep_the_order_and_a_hidden_place_has_no_figure(published_run, shortlist):
    annex = annex_of(published_run, shortlist)
    assert [row.code for row in annex.rows] == list(shortlist.codes)
    first, hidden, third = annex.rows
    assert hidden.counts == (None, None, None)
    assert hidden.rank == "disembunyikan"
    assert annex.totals[2] == first.counts[2] + third.counts[2]


def test_the_decree_stands_at_its_head_and_the_signatory_at_its_foot(published_run, shortlist):
    document = pymupdf.open(stream=print_annex(published_run, decide(shortlist, DECISION)))
    said = " ".join(document[0].get_text().split())
    for expected in (
        "LAMPIRAN KEPUTUSAN WALI KOTA CONTOH",
        "400/123/2026",
        "1 Desember 2026",
        "Penetapan Wilayah Prioritas",
        "DAFTAR WILAYAH PRIORITAS",
        "WALI KOTA CONTOH,",
        "PEJABAT CONTOH",
        "Jumlah keluarga miskin",
        *shortlist.codes,
    ):
        assert expected in said
    listed = texts(document[0])
    assert overlapping(listed) == []
    assert all(within(document[0], 7).contains(text.box) for text in listed)
    assert all(name.startswith("IBMPlexSans") for name in fonts(document))


def test_without_a_decision_the_decree_is_left_open(published_run, shortlist):
    said = pymupdf.open(stream=print_annex(published_run, shortlist))[0].get_text()
    assert "NOMOR" in said
    assert "2026" not in said


def test_a_long_annex_repeats_its_header(published_run):
    listed = Shortlist("s", published_run.summary.id, "kelurahan", "Semua", "perencana", 1, NOW, NOW)
    for code in published_run.levels["kelurahan"].table["code"]:
        listed = pick(listed, code, reason="", by="perencana", at=NOW)
    document = pymupdf.open(stream=print_annex(published_run, listed))
    assert len(document) > 1
    for page in document:
        assert "Kode wilayah" in page.get_text() or page.number == len(document) - 1
        assert f"halaman {page.number + 1} dari {len(document)}" in page.get_text()


def test_the_word_document_holds_the_same_and_can_be_edited(published_run, shortlist):
    written = write_docx(published_run, decide(shortlist, DECISION))
    assert write_docx(published_run, decide(shortlist, DECISION)) == written
    head, table, foot = docx.Document(io.BytesIO(written)).tables
    assert head.rows[2].cells[2].text == "400/123/2026"
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    first = annex_of(published_run, shortlist).rows[0]
    assert rows[2][1:4] == [first.code, first.name, first.parent]
    assert rows[2][4] == number(first.counts[0])
    assert rows[3][4:7] == ["–"] * 3
    assert "PEJABAT CONTOH" in foot.rows[0].cells[1].text


def test_the_workbook_holds_numbers(published_run, shortlist):
    written = write_xlsx(published_run, shortlist)
    assert write_xlsx(published_run, shortlist) == written
    first, hidden, *_ = pl.read_excel(written, read_options={"header_row": 8}).rows()
    row = annex_of(published_run, shortlist).rows[0]
    assert first[1:3] == (row.code, row.name)
    assert float(first[4]) == round(row.counts[0])
    assert hidden[4] == "–"


def test_a_place_that_is_not_in_the_run_is_refused(published_run, shortlist):
    other = pick(shortlist, "9999999999", reason="", by="perencana", at=NOW)
    with pytest.raises(ParameterError, match="'9999999999' is no place"):
        print_annex(published_run, other)
