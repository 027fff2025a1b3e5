"""Two dates side by side, and all indicators on one page."""

import re
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pymupdf
import pytest

from geo.disclosure import PUBLIC
from geo.errors import ParameterError
from maps.comparison import print_comparison
from maps.multiples import print_indicators
from maps.numbers import percent
from tests.maps.paper import fonts, overlapping, texts, within


def later(run, shift):
    """Return a run whose places have another M0, with the errors that both then have."""
    old = run.levels["kelurahan"]
    table = old.table.with_columns(m0=pl.col("m0") + pl.Series(shift), m0_error=pl.lit(0.004))
    return replace(run, levels={**run.levels, "kelurahan": replace(old, table=table)})


@pytest.fixture(scope="module")
def compared(published_run):
    """A date at which one place is far worse, one far better, and all others alike."""
    height = published_run.levels["kelurahan"].table.height
    before = later(published_run, [0.0] * height)
    after = later(published_run, [0.1 if at == 10 else -0.1 if at == 11 else 0.001 for at in range(height)])
    document = pymupdf.open(stream=print_comparison(before, after))
    return document, published_run.levels["kelurahan"].table


def test_what_changed_for_certain_is_told_from_what_did_not(compared):
    document, table = compared
    maps = " ".join(document[0].get_text().split())
    assert "naik nyata: 1" in maps
    assert "turun nyata: 1" in maps
    assert f"tidak berubah nyata: {table.filter(status='shown').height - 2}" in maps
    assert f"disembunyikan: {table.filter(status='hidden').height}" in maps
    assert f"tanpa keluarga terdata: {table.filter(status='empty').height}" in maps
    listed = " ".join(" ".join(page.get_text() for page in list(document)[1:]).split())
    assert listed.index(table["name"][10]) < listed.index(table["name"][15])
    assert "+0,100" in listed
    assert "−0,100" in listed


def test_hidden_places_are_not_compared(compared):
    document, table = compared
    hidden = table.filter(status="hidden")
    listed = "".join(page.get_text() for page in list(document)[1:])
    for code in hidden["code"]:
        row = re.split(r"3299\d{6}", listed[listed.index(code) + len(code) :])[0]
        assert "disembunyikan" in row
        assert row.count("–") >= 6


def test_no_text_lies_over_another(compared, published_run):
    document, _ = compared
    small = pymupdf.open(stream=print_indicators(published_run))
    for page in (*document, *small):
        listed = texts(page)
        assert overlapping(listed) == []
        assert all(within(page, 7).contains(text.box) for text in listed)
        assert not page.get_images()
    assert all(name.startswith("IBMPlexSans") for name in fonts(document) | fonts(small))


def test_runs_for_two_audiences_are_refused(published_run):
    with pytest.raises(ParameterError, match="different audiences"):
        print_comparison(replace(published_run, audience=PUBLIC), published_run)


def test_runs_that_measure_otherwise_are_refused(published_run):
    summary = published_run.summary
    stricter = replace(summary.specification, cutoff=Fraction(1, 2))
    other = replace(published_run, summary=replace(summary, specification=stricter))
    with pytest.raises(ParameterError, match="cannot be compared"):
        print_comparison(other, published_run)


def test_all_indicators_stand_on_one_page_with_their_means(published_run):
    document = pymupdf.open(stream=print_indicators(published_run))
    assert len(document) == 1
    said = " ".join(document[0].get_text().split()).replace("\u00a0", " ")
    city = published_run.levels["kota"].table.row(0, named=True)
    for indicator in published_run.summary.specification.indicators:
        assert indicator.label.id in said
        assert percent(city[f"uncensored_{indicator.id}"]).replace("\u00a0", " ") in said
