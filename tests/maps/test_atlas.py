"""The printed atlas, read back from the PDF as a reader with a ruler would."""

import re
from dataclasses import replace

import geopandas as gpd
import polars as pl
import pymupdf
import pytest
import shapely

from geo.disclosure import _SEAL, Published, PublishedRun
from geo.errors import ParameterError
from maps.atlas import print_atlas
from maps.numbers import number, percent

MM = 25.4 / 72


@pytest.fixture(scope="module")
def printed(published_run):
    return print_atlas(published_run)


@pytest.fixture(scope="module")
def document(printed):
    return pymupdf.open(stream=printed)


def with_kelurahan(run, table, geometry=None):
    """Return the run with other kelurahan."""
    old = run.levels["kelurahan"]
    kelurahan = Published(
        old.audience, old.level, old.indicators, table, old.geometry if geometry is None else geometry, _SEAL
    )
    return replace(run, levels={**run.levels, "kelurahan": kelurahan})


def sheets_of(document):
    return [page for page in document if "Skala 1:" in page.get_text()]


def scale_of(page):
    return int(re.search(r"Skala 1:([\d.]+)", page.get_text())[1].replace(".", ""))


def grid_mm(page):
    """Return where the upright lines of the UTM grid stand, from left to right."""
    lines = [
        (a, b)
        for drawing in page.get_drawings()
        if drawing["width"] and drawing["width"] * MM < 0.1
        for kind, a, b in (item for item in drawing["items"] if item[0] == "l")
    ]
    return sorted(a.x * MM for a, b in lines if abs(a.x - b.x) < 0.01 and abs(a.y - b.y) * MM > 200)


def test_every_kecamatan_has_one_a3_sheet_and_the_ranking_follows(document, published_run):
    sheets = sheets_of(document)
    assert len(sheets) == published_run.levels["kecamatan"].table.height == 6
    for number_of, page in enumerate(sheets, start=1):
        assert sorted(round(side * MM) for side in (page.rect.width, page.rect.height)) == [297, 420]
        assert f"{number_of} dari 6" in page.get_text()
    rest = list(document)[6:]
    assert rest
    for page in rest:
        assert f"halaman {page.number + 1} dari {len(document)}" in page.get_text()


def test_the_scale_on_paper_is_the_scale_that_is_written(document):
    for page in sheets_of(document):
        interval = int(re.search(r"selang ([\d.]+) meter", page.get_text())[1].replace(".", ""))
        places = grid_mm(page)
        assert len(places) >= 3
        measured = (places[-1] - places[0]) / (len(places) - 1)
        assert measured == pytest.approx(interval / scale_of(page) * 1000, rel=0.001)


def test_the_check_bar_is_100_millimetres(document):
    for page in sheets_of(document):
        lengths = [
            abs(a.x - b.x) * MM
            for drawing in page.get_drawings()
            for kind, a, b in (item for item in drawing["items"] if item[0] == "l")
            if abs(a.y - b.y) < 0.01
        ]
        assert any(length == pytest.approx(100, abs=0.02) for length in lengths)


def test_the_same_run_prints_the_same_bytes(printed, published_run):
    assert print_atlas(published_run) == printed


def test_one_family_of_fonts_and_all_of_it_embedded(document):
    fonts = {(font[3], font[1]) for page in document for font in page.get_fonts(full=True)}
    assert fonts
    assert all("IBMPlexSans" in name for name, _ in fonts)
    assert all(extension == "ttf" for _, extension in fonts)


def test_the_maps_are_vectors(document):
    assert not any(page.get_images() for page in document)


def ranking_lines(document):
    """Return the rows of the ranking pages as lists of words, by the code in them."""
    rows = {}
    for page in list(document)[6:]:
        words = page.get_text("words")
        for word in words:
            if re.fullmatch(r"3299\d{6}", word[4]):
                middle = (word[1] + word[3]) / 2
                rows[word[4]] = [w[4] for w in sorted(words) if w[1] < middle < w[3]]
    return rows


def test_the_ranking_is_complete_and_in_order(document, published_run):
    shown = published_run.levels["kelurahan"].table.filter(status="shown").sort("m0", descending=True)
    rows = ranking_lines(document)
    for rank, row in enumerate(shown.iter_rows(named=True), start=1):
        line = " ".join(rows[row["code"]])
        assert line.startswith(f"{rank} ")
        assert row["name"] in line
        for expected in (
            number(row["households"]),
            number(row["poor_persons"]),
            percent(row["h"]),
            percent(row["a"]),
            number(row["m0"], 3),
        ):
            assert expected in line.replace(" %", "\u00a0%")
    assert len(rows) == published_run.levels["kelurahan"].table.height


def test_the_largest_deprivation_names_its_agency(document, published_run):
    worst = (
        published_run.levels["kelurahan"]
        .table.filter(status="shown")
        .sort("m0", descending=True)
        .row(0, named=True)
    )
    largest = max(
        published_run.summary.specification.indicators,
        key=lambda indicator: worst[f"contribution_{indicator.id}"],
    )
    line = " ".join(ranking_lines(document)[worst["code"]])
    assert f"{largest.label.id} ({largest.agency})" in line


def test_hidden_places_carry_their_reason_and_no_figure(document, published_run):
    rows = ranking_lines(document)
    hidden = published_run.levels["kelurahan"].table.filter(pl.col("status") != "shown")
    assert hidden.height == 3
    for row in hidden.iter_rows(named=True):
        line = " ".join(rows[row["code"]]).replace(row["code"], "").replace(row["name"], "")
        assert not re.search(r"\d", line)
        assert ("disembunyikan" if row["status"] == "hidden" else "tidak ada keluarga") in line
    text = " ".join(" ".join(line) for line in rows.values())
    assert "jumlah keluarga miskin terlalu sedikit" in text


def test_a_hidden_place_has_its_name_and_no_rank_on_the_map(document, published_run):
    table = published_run.levels["kelurahan"].table
    hidden = table.filter(status="hidden").row(0, named=True)
    kecamatan = published_run.levels["kecamatan"].table.filter(code=hidden["parent"])["name"][0]
    title = f"KECAMATAN {kecamatan.upper()}"
    page = next(page for page in sheets_of(document) if title in " ".join(page.get_text().split()))
    name = page.search_for(hidden["name"])
    assert name
    above = pymupdf.Rect(name[0].x0 - 5, name[0].y0 - 14, name[0].x1 + 5, name[0].y0)
    assert not re.search(r"\d", page.get_text(clip=above))


def test_equal_places_share_a_rank(published_run):
    table = published_run.levels["kelurahan"].table
    shown = table.filter(status="shown").sort("m0", descending=True)
    tied = table.with_columns(
        m0=pl.when(pl.col("code").is_in(shown["code"][:2].to_list())).then(shown["m0"][0]).otherwise("m0")
    )
    rows = ranking_lines(pymupdf.open(stream=print_atlas(with_kelurahan(published_run, tied))))
    assert [rows[code][0] for code in shown["code"][:3]] == ["1", "1", "3"]


def test_one_kecamatan_can_be_printed_with_the_ranking_of_all(published_run):
    row = published_run.levels["kecamatan"].table.row(2, named=True)
    document = pymupdf.open(stream=print_atlas(published_run, kecamatan=row["code"]))
    sheets = sheets_of(document)
    assert len(sheets) == 1
    assert f"KECAMATAN {row['name'].upper()}" in " ".join(sheets[0].get_text().split())
    assert "3 dari 6" in sheets[0].get_text()


def test_an_unknown_kecamatan_is_refused_with_the_known_ones(published_run):
    with pytest.raises(ParameterError, match=r"'9999999'.*3299010"):
        print_atlas(published_run, kecamatan="9999999")


def test_a_run_without_kecamatan_is_one_sheet_of_the_whole(run_without_districts):
    document = pymupdf.open(stream=print_atlas(run_without_districts))
    sheets = sheets_of(document)
    assert len(sheets) == 1
    assert "KOTA CONTOH" in sheets[0].get_text()


def test_a_tall_kecamatan_is_printed_upright(published_run):
    old = published_run.levels["kelurahan"]
    tall = shapely.transform(old.geometry, lambda xy: xy * [1, 1.08] + [0, 0.5])
    narrow = shapely.transform(tall, lambda xy: (xy - [106.8, 0]) * [0.35, 1] + [106.8, 0])
    document = pymupdf.open(stream=print_atlas(with_kelurahan(published_run, old.table, narrow)))
    assert any(page.rect.height > page.rect.width for page in sheets_of(document))


def test_all_words_stay_inside_the_margins(document, published_run):
    for page in document:
        margin = 7 / MM
        inside = pymupdf.Rect(margin, margin, page.rect.width - margin, page.rect.height - margin)
        outside = [word[4] for word in page.get_text("words") if not inside.contains(pymupdf.Rect(word[:4]))]
        assert outside == []


def test_the_sheet_says_where_its_figures_come_from(document):
    text = " ".join(sheets_of(document)[0].get_text().split())
    for expected in (
        "Perencana (internal)",
        "154.218 keluarga dibaca = 120.400 menurut koordinat + 33.018 menurut kode wilayah + 800 ditolak",
        "berlaku sejak 1 Januari 2025",
        "WGS 84 (EPSG:32748)",
        "3f9c1a7e52d04b68",
        "Pengesahan".upper(),
        "Wali Kota Contoh",
        "Register Contoh 2025",
    ):
        assert expected in text


def test_names_are_printed_and_never_obeyed(published_run):
    table = published_run.levels["kelurahan"].table
    largest = table.filter(status="shown").sort("area_km2")["code"][-1]
    name = '#panic("x") *A* <b>&'
    odd = table.with_columns(name=pl.when(pl.col("code") == largest).then(pl.lit(name)).otherwise("name"))
    document = pymupdf.open(stream=print_atlas(with_kelurahan(published_run, odd)))
    for pages in (sheets_of(document), list(document)[6:]):
        assert name in " ".join(" ".join(page.get_text().split()) for page in pages)


def test_a_run_without_pockets_or_backdrop_prints(published_run):
    bare = replace(
        published_run,
        pockets=replace(
            published_run.pockets,
            table=published_run.pockets.table.clear(),
            geometry=published_run.pockets.geometry[:0],
        ),
        backdrop=gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=4326),
    )
    text = pymupdf.open(stream=print_atlas(bare))[0].get_text()
    assert isinstance(bare, PublishedRun)
    assert "kantong kemiskinan" not in text
    assert "sungai" not in text
