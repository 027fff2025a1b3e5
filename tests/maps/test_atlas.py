"""The printed atlas, read back from the PDF as a reader would."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import geopandas as gpd
import polars as pl
import pymupdf
import pypdf
import pytest

from geo.context import SHARE_OF_AREA
from geo.disclosure import _SEAL, DESIL_COLUMNS, Published
from geo.errors import ParameterError
from geo.ranking import rank
from geo.report import LayerLabel
from maps.atlas import print_atlas, print_sheet
from maps.numbers import number, percent
from maps.office import Office
from maps.priority import list_length
from maps.typesetting import PrintSettings
from maps.wording import Wording
from tests.maps.paper import fonts, overlapping, texts, within


@pytest.fixture(scope="module")
def printed(published_run):
    """The atlas of the made-up city, whose hidden places are known."""
    return print_atlas(published_run, listed=3)


@pytest.fixture(scope="module")
def document(printed):
    return pymupdf.open(stream=printed)


@pytest.fixture(scope="module")
def atlas(contoh):
    """The atlas of Kota Contoh as the engine measured it."""
    return pymupdf.open(stream=print_atlas(contoh))


def with_kelurahan(run, table):
    """Return the run with another table of kelurahan."""
    old = run.levels["kelurahan"]
    kelurahan = Published(old.audience, old.level, old.indicators, table, old.geometry, _SEAL)
    return replace(run, levels={**run.levels, "kelurahan": kelurahan})


def without_pockets(run):
    none = replace(run.pockets, table=run.pockets.table.clear(), geometry=run.pockets.geometry[:0])
    return replace(run, pockets=none)


def chapter(document, title):
    """Return the pages from a bookmark of the first level to the next."""
    starts = [(name, page - 1) for depth, name, page in document.get_toc() if depth == 1]
    at = next(index for index, (name, _) in enumerate(starts) if name.startswith(title))
    end = starts[at + 1][1] if at + 1 < len(starts) else len(document)
    return [document[page] for page in range(starts[at][1], end)]


def words_of(*pages):
    return " ".join(" ".join(page.get_text().split()) for page in pages)


def rows_of(pages, pattern):
    """Return the rows of tables as text, by the code in them: what stands between two rules."""
    rows = {}
    for page in pages:
        rules = sorted({round(d["rect"].y0, 1) for d in page.get_drawings() if d["rect"].height < 0.5})
        words = page.get_text("words")
        for word in words:
            if not re.fullmatch(pattern, word[4]):
                continue
            middle = (word[1] + word[3]) / 2
            above, below = next((a, b) for a, b in pairwise(rules) if a < middle < b)
            inside = [w for w in words if above < (w[1] + w[3]) / 2 < below]
            rows[word[4]] = " ".join(w[4] for w in inside).replace("\u00a0", " ")
    return rows


@pytest.fixture(scope="module")
def ranking(document):
    return rows_of(chapter(document, "Peringkat"), r"3299\d{6}")


def test_an_atlas_has_its_chapters_in_order_and_bookmarks_for_every_map_and_profile(atlas, contoh):
    toc = atlas.get_toc()
    assert [name for depth, name, _ in toc if depth == 1] == [
        "Peta kemiskinan multidimensi",
        "Peringkat kelurahan/desa, Kota Contoh",
        "Profil wilayah prioritas",
        "Kantong kemiskinan",
        "Mutu data dan batas wilayah",
        "Istilah, indikator, dan perlindungan",
    ]
    below = [name for depth, name, _ in toc if depth == 2]
    assert below[:2] == ["Kota Contoh", f"Kecamatan {sorted(contoh.levels['kecamatan'].table.rows())[0][1]}"]
    ranked = rank(contoh.levels["kelurahan"].table)
    assert below[7:-1] == ranked["name"].head(list_length(ranked.height)).to_list()


def test_every_page_says_which_of_how_many_it_is(atlas):
    for page in atlas:
        said = words_of(page)
        expected = (f"halaman {page.number + 1} dari {len(atlas)}", f"{page.number + 1} dari {len(atlas)}")
        assert any(text in said for text in expected)


def test_the_cover_holds_the_city_its_worst_places_and_the_method(atlas, contoh):
    cover = words_of(atlas[0])
    city = contoh.levels["kota"].table.row(0, named=True)
    worst = rank(contoh.levels["kelurahan"].table).row(0, named=True)
    for expected in (number(city["poor_persons"]), percent(city["h"]), number(city["m0"], 3), worst["name"]):
        assert expected.replace("\u00a0", " ") in cover.replace("\u00a0", " ")
    assert "Alkire–Foster" in cover
    assert "bukan keluarga" in cover


def test_the_cover_names_the_signs_of_its_map_and_no_others(document, published_run):
    cover = words_of(document[0])
    for sign in ("K1: kantong kemiskinan", "disembunyikan", "tanpa keluarga terdata", "batas kecamatan"):
        assert sign in cover
    bare = pymupdf.open(stream=print_atlas(without_pockets(published_run), profiles=[]))
    cover = words_of(bare[0])
    assert "K1" not in cover
    assert "kantong kemiskinan" not in cover
    assert "Tidak ada kantong yang dapat ditampilkan" in cover


def test_the_cover_claims_no_rank_intervals_that_a_run_does_not_tell(document, atlas):
    assert "keyakinan 95 %" in words_of(atlas[0])
    assert "keyakinan 95 %" not in words_of(document[0])


def test_the_contents_lead_to_their_pages(atlas):
    links = [link for link in atlas[1].get_links() if link["kind"] == pymupdf.LINK_GOTO]
    assert len(links) >= len(atlas.get_toc())


def test_a_profile_says_how_sure_its_rank_is_and_shows_every_deprivation(atlas, contoh):
    page = chapter(atlas, "Profil")[0]
    row = rank(contoh.levels["kelurahan"].table).row(0, named=True)
    said = words_of(page).replace("\u00a0", " ")
    assert row["name"] in said
    assert f"Peringkat 1 dari {len(rank(contoh.levels['kelurahan'].table))}" in said
    assert f"antara {row['rank_low']} dan {row['rank_high']}" in said
    assert "prioritas untuk daftar" in said
    for indicator in contoh.summary.specification.indicators:
        assert percent(row[f"uncensored_{indicator.id}"]).replace("\u00a0", " ") in said
        assert indicator.agency.split()[0] in said


def test_a_profile_tells_the_poor_by_desil_beside_the_city(atlas, contoh):
    said = words_of(chapter(atlas, "Profil")[0]).replace("\u00a0", " ")
    here = rank(contoh.levels["kelurahan"].table).row(0, named=True)
    city = contoh.levels["kota"].table.row(0, named=True)
    assert "Jiwa miskin menurut desil" in said
    for name in DESIL_COLUMNS:
        assert f"{percent(here[name])} rata-rata: {percent(city[name])}".replace("\u00a0", " ") in said


def test_a_register_without_desil_has_profiles_without_it(published_run):
    code = published_run.levels["kelurahan"].table.filter(status="shown")["code"][0]
    document = pymupdf.open(stream=print_atlas(published_run, profiles=[code]))
    assert "desil" not in words_of(*chapter(document, "Profil"))


@pytest.mark.parametrize("many", [1, 3, 8, 20])
def test_a_profile_with_many_layers_is_set_closer_and_stays_on_its_page(contoh, many):
    table = contoh.levels["kelurahan"].table
    source = "Badan Penanggulangan Bencana Daerah Kota Contoh dan Dinas Sumber Daya Air"
    layers = tuple(
        LayerLabel(f"layer_{at}", f"Lapisan {at}", SHARE_OF_AREA, source, date(2024, 3, 1))
        for at in range(many)
    )
    values = {layer.column: pl.lit(0.25) for layer in layers}
    layered = replace(with_kelurahan(contoh, table.with_columns(**values)), layers=layers)
    code = rank(table)["code"][0]
    (page,) = chapter(pymupdf.open(stream=print_atlas(layered, profiles=[code])), "Profil")
    listed = texts(page)
    assert "Lapisan 0" in words_of(page)
    assert f"Lapisan {many - 1} " in words_of(page) or "lapisan lain" in words_of(page)
    assert [text.words for text in listed if not within(page, 7).contains(text.box)] == []
    assert overlapping([text for text in listed if text.upright]) == []


def test_no_text_of_the_book_lies_over_another_or_beyond_the_margin(atlas):
    for page in atlas:
        listed = texts(page)
        inside = within(page, 7)
        assert [text.words for text in listed if not inside.contains(text.box)] == []
        assert overlapping([text for text in listed if text.upright]) == []


def test_the_ranking_is_complete_and_in_order(ranking, published_run):
    shown = published_run.levels["kelurahan"].table.filter(status="shown").sort("m0", descending=True)
    for place, row in enumerate(shown.iter_rows(named=True), start=1):
        line = ranking[row["code"]]
        assert re.search(rf"(^| ){place}( |$)", line)
        assert row["name"] in line
        for expected in (
            number(row["households"]),
            number(row["poor_persons"]),
            percent(row["h"]),
            percent(row["a"]),
            number(row["m0"], 3),
        ):
            assert expected.replace("\u00a0", " ") in line
    assert len(ranking) == published_run.levels["kelurahan"].table.height


def test_the_ranking_says_between_which_ranks_a_place_lies(atlas, contoh):
    rows = rows_of(chapter(atlas, "Peringkat"), r"99\.\d\d\.\d\d\.\d{4}")
    for row in rank(contoh.levels["kelurahan"].table).iter_rows(named=True):
        assert f"{row['rank_low']}–{row['rank_high']}" in rows[row["code"]]
        assert "prioritas" in rows[row["code"]]


def test_the_largest_deprivations_name_their_agencies(ranking, published_run):
    worst = rank(published_run.levels["kelurahan"].table).row(0, named=True)
    indicators = published_run.summary.specification.indicators
    largest = sorted(indicators, key=lambda each: -worst[f"contribution_{each.id}"])[:2]
    for indicator in largest:
        assert indicator.label.id in ranking[worst["code"]]
        assert indicator.agency in ranking[worst["code"]]


def test_hidden_places_carry_their_reason_and_no_figure(ranking, published_run):
    hidden = published_run.levels["kelurahan"].table.filter(pl.col("status") != "shown")
    assert hidden.height == 3
    for row in hidden.iter_rows(named=True):
        line = ranking[row["code"]].replace(row["code"], "").replace(row["name"], "")
        assert not re.search(r"\d", line)
        assert ("disembunyikan" if row["status"] == "hidden" else "tidak ada keluarga") in line
    assert "angkanya kecil, atau melindungi" in " ".join(ranking.values())


def test_a_hidden_place_has_its_name_and_no_rank_on_the_map(document, published_run):
    hidden = published_run.levels["kelurahan"].table.filter(status="hidden").row(0, named=True)
    codes = sorted(published_run.levels["kecamatan"].table["code"])
    page = chapter(document, "Peta")[1 + codes.index(hidden["parent"])]
    name = page.search_for(hidden["name"])
    assert name
    above = pymupdf.Rect(name[0].x0 - 5, name[0].y0 - 14, name[0].x1 + 5, name[0].y0)
    assert not re.search(r"\d", page.get_text(clip=above))


def test_a_hidden_place_has_a_profile_without_figures(published_run):
    hidden = published_run.levels["kelurahan"].table.filter(status="hidden").row(0, named=True)
    document = pymupdf.open(stream=print_atlas(published_run, profiles=[hidden["code"]]))
    said = words_of(chapter(document, "Profil")[0])
    assert "Disembunyikan: angkanya kecil, atau melindungi wilayah lain yang angkanya kecil." in said
    assert "Peringkat" not in said


def test_a_profile_tells_what_layers_beside_the_register_say_with_source_and_date(published_run):
    table = published_run.levels["kelurahan"].table
    code = table.filter(status="shown")["code"][0]
    layered = with_kelurahan(
        published_run,
        table.with_columns(layer_banjir=pl.when(pl.col("code") == code).then(0.342)),
    )
    layer = LayerLabel("layer_banjir", "Rawan banjir", SHARE_OF_AREA, "BPBD Kota Contoh", date(2024, 3, 1))
    pages = print_atlas(replace(layered, layers=(layer,)), profiles=[code])
    said = words_of(*chapter(pymupdf.open(stream=pages), "Profil")).replace("\u00a0", " ")
    assert "Rawan banjir (% luas): 34,2 %. Sumber: BPBD Kota Contoh, 1 Maret 2024." in said


def test_a_profile_names_the_signs_of_its_map(atlas, contoh):
    hidden = set(contoh.levels["rw"].table.filter(status="hidden")["parent"])
    ranked = rank(contoh.levels["kelurahan"].table)["code"]
    for code, page in zip(ranked, chapter(atlas, "Profil"), strict=False):
        assert ("disembunyikan" in words_of(page)) is (code in hidden)


def test_a_place_to_profile_that_is_not_there_is_refused(published_run):
    with pytest.raises(ParameterError, match="'9999999999' to profile"):
        print_atlas(published_run, profiles=["9999999999"])


def test_equal_places_share_a_rank(published_run):
    table = published_run.levels["kelurahan"].table
    shown = table.filter(status="shown").sort("m0", descending=True)
    tied = table.with_columns(
        m0=pl.when(pl.col("code").is_in(shown["code"][:2].to_list())).then(shown["m0"][0]).otherwise("m0")
    )
    document = pymupdf.open(stream=print_atlas(with_kelurahan(published_run, tied), profiles=[]))
    rows = rows_of(chapter(document, "Peringkat"), r"3299\d{6}")
    assert [re.search(r"(?:^| )(\d{1,2}) ", rows[code])[1] for code in shown["code"][:3]] == ["1", "1", "3"]


def test_names_are_printed_and_never_obeyed(published_run):
    table = published_run.levels["kelurahan"].table
    largest = table.filter(status="shown").sort("area_km2")["code"][-1]
    name = '#panic("x") *A* <b>&'
    odd = table.with_columns(name=pl.when(pl.col("code") == largest).then(pl.lit(name)).otherwise("name"))
    document = pymupdf.open(stream=print_atlas(with_kelurahan(published_run, odd), profiles=[largest]))
    for title in ("Peta", "Peringkat", "Profil"):
        assert name in words_of(*chapter(document, title))


def test_a_character_without_a_glyph_is_named_and_refused(published_run):
    table = published_run.levels["kelurahan"].table
    odd = table.with_columns(name=pl.concat_str("name", pl.lit(" 安")))
    with pytest.raises(ParameterError, match=r"安.*U\+5B89.*IBM Plex Sans"):
        print_atlas(with_kelurahan(published_run, odd))


def test_a_run_without_kecamatan_is_one_sheet_of_the_whole(run_without_districts):
    document = pymupdf.open(stream=print_atlas(run_without_districts, profiles=[]))
    sheets = chapter(document, "Peta")
    assert len(sheets) == 1
    assert "KOTA CONTOH" in words_of(*sheets)


def test_a_run_without_pockets_or_backdrop_prints(published_run):
    nothing = gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=4326)
    bare = replace(without_pockets(published_run), backdrop=nothing)
    document = pymupdf.open(stream=print_atlas(bare, profiles=[]))
    assert "Tidak ada kantong" in words_of(*chapter(document, "Kantong"))
    assert "sungai" not in words_of(*chapter(document, "Peta"))


def test_the_sheet_says_where_its_figures_come_from(document):
    said = words_of(chapter(document, "Peta")[1])
    for expected in (
        "Perencana (internal)",
        "154.218 keluarga dibaca = 120.400 menurut koordinat + 33.018 menurut kode wilayah + 800 ditolak",
        "berlaku sejak 1 Januari 2025",
        "WGS 84 (EPSG:32748)",
        "3f9c1a7e52d04b68",
        "PENGESAHAN",
        "Wali Kota Contoh",
        "Register Contoh 2025",
    ):
        assert expected in said


def test_an_atlas_speaks_english_when_asked(published_run):
    document = pymupdf.open(stream=print_atlas(published_run, PrintSettings(Wording("en")), profiles=[]))
    said = words_of(*document)
    assert "Atlas of Poverty Pockets" in said
    assert "How it was measured" in said
    assert "Indicators without data are not used." in words_of(*chapter(document, "Maps"))
    assert "Indicators without data are not used." in words_of(*chapter(document, "Data quality"))
    assert "Mekarsari 1 100%" in words_of(*chapter(document, "Poverty pockets"))
    for indonesian in ("Keterangan", "halaman", "Peringkat", "perlindungan", "Indikator tanpa data"):
        assert indonesian not in said


def test_the_office_stands_on_cover_and_sheet(published_run):
    office = Office(
        "Pemerintah Kota Contoh",
        "Badan Perencanaan Pembangunan Daerah",
        ("Jalan Contoh Nomor 1",),
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 12"><path d="M0 0h10v8L5 12 0 8Z"/></svg>',
        "Contoh",
        "Kepala Bappeda",
        "Pejabat Contoh",
    )
    document = pymupdf.open(stream=print_atlas(published_run, PrintSettings(office=office), profiles=[]))
    for page in (document[0], document[2]):
        assert "Badan Perencanaan Pembangunan Daerah" in words_of(page)
        assert "Lambang" not in words_of(page)
    assert "Kepala Bappeda, Pejabat Contoh" in words_of(document[2])


def test_the_same_run_prints_the_same_bytes(printed, published_run):
    assert print_atlas(published_run, listed=3) == printed


def test_one_family_of_fonts_and_all_of_it_embedded(document):
    assert fonts(document) == {"IBMPlexSans", "IBMPlexSans-Bold", "IBMPlexSans-Italic"} & fonts(document)
    assert fonts(document)
    kinds = {font[1] for page in document for font in page.get_fonts(full=True)}
    assert kinds == {"ttf"}


def test_the_maps_are_vectors(document):
    assert not any(page.get_images() for page in document)


def test_the_file_is_archival_accessible_and_prints_at_its_true_size(printed, tmp_path):
    path = tmp_path / "atlas.pdf"
    path.write_bytes(printed)
    read = pypdf.PdfReader(path, strict=True)
    catalogue = read.trailer["/Root"]
    metadata = catalogue["/Metadata"].get_data().decode()
    for expected in ("<pdfaid:part>2<", "<pdfaid:conformance>B<", "<pdfuaid:part>1<"):
        assert expected in metadata
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/Lang"] == "id"
    assert catalogue["/ViewerPreferences"]["/PrintScaling"] == "/None"
    assert read.metadata.title == "Atlas Kantong Kemiskinan Kota Contoh"


def test_progress_is_told(published_run):
    told = []
    kecamatan = published_run.levels["kecamatan"].table["code"][0]
    print_sheet(published_run, "kecamatan", kecamatan, progress=lambda *step: told.append(step))
    assert told == [("sheets", 1, 1)]
