"""The annex of a decree: the picked places, in order, as PDF, DOCX and XLSX."""

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

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


@pytest.fixture
def long_names(published_run):
    """The made-up city with a name that leaves no room beside it in its column."""
    kelurahan = published_run.levels["kelurahan"]
    named = replace(kelurahan, table=kelurahan.table.with_columns(name=pl.lit("Kedungwaringin")))
    return replace(published_run, levels=MappingProxyType({**published_run.levels, "kelurahan": named}))


def everything(run):
    listed = Shortlist("s", run.summary.id, "kelurahan", "Semua", "perencana", 1, NOW, NOW)
    for code in run.levels["kelurahan"].table["code"]:
        listed = pick(listed, code, reason="usul musrenbang, sanitasi buruk", by="perencana", at=NOW)
    return listed


def crossing_a_rule(page):
    """Return the words that a line of a table runs through."""
    drawn = [path["rect"] for path in page.get_drawings()]
    rules = [rect for rect in drawn if rect.width < 1.5 < rect.height]
    return [
        word[4]
        for word in page.get_text("words")
        for rule in rules
        if word[0] + 0.1 < rule.x0 < word[2] - 0.1 and rule.y0 < (word[1] + word[3]) / 2 < rule.y1
    ]


def test_no_word_runs_into_the_next_column(long_names):
    for page in pymupdf.open(stream=print_annex(long_names, everything(long_names))):
        assert crossing_a_rule(page) == []


@pytest.mark.parametrize(("kind", "write"), [("docx", write_docx), ("xlsx", write_xlsx)])
def test_libreoffice_sets_the_same_pages(long_names, tmp_path, kind, write):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip(
            "LibreOffice is not installed: apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"
        )
    file = tmp_path / f"lampiran.{kind}"
    file.write_bytes(write(long_names, decide(everything(long_names), DECISION)))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, file]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    document = pymupdf.open(tmp_path / "lampiran.pdf")
    codes = {word[4] for page in document for word in page.get_text("words") if word[4].startswith("3299")}
    assert codes == set(everything(long_names).codes)
    assert document[0].search_for("disembunyikan")
    assert len(document) > 1
    for page in document:
        words = {word[4] for word in page.get_text("words")}
        assert {"Kode", "Kecamatan", "keluarga", "Keterangan"} <= words or "CONTOH," in words
        assert f"halaman {page.number + 1} dari {len(document)}" in page.get_text()
    assert {"WALI KOTA CONTOH,", "PEJABAT CONTOH"} <= set(document[-1].get_text().split("\n"))


def test_the_workbook_holds_numbers(published_run, shortlist):
    written = write_xlsx(published_run, shortlist)
    assert write_xlsx(published_run, shortlist) == written
    _, first, hidden, *_ = pl.read_excel(written, read_options={"header_row": 8}).rows()
    row = annex_of(published_run, shortlist).rows[0]
    assert first[1:3] == (row.code, row.name)
    assert float(first[4]) == round(row.counts[0])
    assert hidden[4] == "–"


def test_a_place_that_is_not_in_the_run_is_refused(published_run, shortlist):
    other = pick(shortlist, "9999999999", reason="", by="perencana", at=NOW)
    with pytest.raises(ParameterError, match="'9999999999' is no place"):
        print_annex(published_run, other)
