"""Every kind of print is PDF/A-2b and PDF/UA-1, says veraPDF."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from geo.shortlists import Shortlist, pick
from maps.annex import print_annex
from maps.atlas import print_atlas, print_sheet
from maps.comparison import print_comparison
from maps.multiples import print_indicators
from tests.maps import verapdf

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def installed():
    if reason := verapdf.missing():
        pytest.skip(reason)


def two_dates(run):
    """Return a run whose figures have errors, and one in which all places are worse off."""
    kelurahan = run.levels["kelurahan"]
    for shift in (0.0, 0.02):
        table = kelurahan.table.with_columns(pl.col("m0") + shift, m0_error=pl.lit(0.004))
        yield replace(run, levels={**run.levels, "kelurahan": replace(kelurahan, table=table)})


def test_every_kind_of_print_conforms(published_run, tmp_path):
    code = published_run.levels["kelurahan"].table["code"][7]
    listed = Shortlist("s", published_run.summary.id, "kelurahan", "Prioritas", "perencana", 1, NOW, NOW)
    prints = {
        "atlas": print_atlas(published_run, profiles=[code]),
        "sheet": print_sheet(published_run, "kecamatan", code[:7]),
        "annex": print_annex(published_run, pick(listed, code, reason="sanitasi", by="perencana", at=NOW)),
        "indicators": print_indicators(published_run),
        "comparison": print_comparison(*two_dates(published_run)),
    }
    for name, pdf in prints.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
    found = verapdf.failures(*(tmp_path / f"{name}.pdf" for name in prints))
    assert len(found) == len(prints) * len(verapdf.PROFILES)
    assert {where: failed for where, failed in found.items() if failed} == {}


def test_what_does_not_conform_is_told(published_run, tmp_path):
    file = tmp_path / "untagged.pdf"
    code = published_run.levels["kecamatan"].table["code"][0]
    file.write_bytes(
        re.sub(
            rb"/Metadata \d+ 0 R",
            lambda found: b" " * len(found[0]),
            print_sheet(published_run, "kecamatan", code),
        )
    )
    assert all(verapdf.failures(file).values())
