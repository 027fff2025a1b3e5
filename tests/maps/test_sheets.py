"""Map sheets, read back from the PDF: the scale is true on every paper, and no text lies over another."""

import re
from dataclasses import replace

import numpy as np
import pymupdf
import pytest
import shapely

from geo.errors import ParameterError
from maps import sheet, typesetting
from maps.atlas import print_area, print_sheet
from maps.ground import Ground
from maps.layout import lay_out
from maps.palette import CLASS_COLOURS, INK
from maps.paper import A1, A2, A3, A4, PAPERS
from maps.typesetting import PrintSettings
from maps.wording import Wording
from tests.maps.paper import MM, Lines, fonts, lines_of, overlapping, texts, within

SIDES = {"A4": (210, 297), "A3": (297, 420), "A2": (420, 594), "A1": (594, 841)}


CITY = shapely.box(90, -12, 142, 8)


def lettered(svg):
    """Return the texts of a map that lie within its band of coordinates, with their middle."""
    found = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]*)</text>', svg)
    return [
        (words, shapely.Point(float(x), float(y)))
        for x, y, words in found
        if not re.search(r"\d{3}|°", words)
    ]


def opened(pdf):
    return pymupdf.open(stream=pdf)


def written_scale(page):
    return int(re.search(r"Skala 1:([\d.]+)", page.get_text())[1].replace(".", ""))


def assert_true_scale(page, lines: Lines):
    interval = int(re.search(r"selang ([\d.]+) meter", page.get_text())[1].replace(".", ""))
    expected = interval / written_scale(page) * 1000
    measured = 0
    for places in (lines.upright, lines.level):
        if len(places) > 1:
            assert (places[-1] - places[0]) / (len(places) - 1) * MM == pytest.approx(expected, rel=0.001)
            measured += 1
    assert measured


def assert_sound(page):
    """The scale is true, and no text lies over another or outside its frame."""
    lines = lines_of(page)
    assert_true_scale(page, lines)
    listed = texts(page)
    frame, band = lines.frame, 7.1 / MM
    surround = pymupdf.Rect(frame.x0 - band, frame.y0 - band, frame.x1 + band, frame.y1 + band)
    on_map = [text for text in listed if text.box.intersects(frame) and text.upright]
    assert overlapping([text for text in on_map if frame.contains(text.box)]) == []
    assert [text.words for text in on_map if not frame.contains(text.box)] == []
    coordinates = [t for t in listed if surround.contains(t.box) and not t.box.intersects(frame)]
    assert coordinates
    assert overlapping(coordinates) == []
    beside = [text for text in listed if not surround.intersects(text.box)]
    margin = within(page, 7.5)
    assert [text.words for text in beside if not margin.contains(text.box)] == []
    assert overlapping(beside) == []
    assert min(text.size for text in listed) > 4.8


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("scale", [None, 8_000, 25_000])
def test_the_scale_is_true_on_every_paper(contoh, paper, scale):
    code = contoh.levels["kelurahan"].table["code"][10]
    page = opened(print_sheet(contoh, "kelurahan", code, PrintSettings(paper=paper, scale=scale)))[-1]
    sides = sorted(round(side * MM) for side in (page.rect.width, page.rect.height))
    assert tuple(sides) == SIDES[paper.name]
    assert scale in (None, written_scale(page))
    assert_true_scale(page, lines_of(page))


@pytest.mark.parametrize("paper", [A4, A3], ids=["A4", "A3"])
def test_a_sheet_of_each_kind_is_tidy(contoh, paper):
    kelurahan = contoh.levels["kelurahan"].table["code"][10]
    kecamatan = contoh.levels["kecamatan"].table["code"][1]
    kota = contoh.levels["kota"].table["code"][0]
    for level, code in (("kota", kota), ("kecamatan", kecamatan), ("kelurahan", kelurahan), ("pocket", "1")):
        assert_sound(opened(print_sheet(contoh, level, code, PrintSettings(paper=paper)))[0])


@pytest.mark.parametrize("paper", [A2, A1], ids=["A2", "A1"])
def test_a_large_sheet_of_the_city_is_tidy(contoh, paper):
    kota = contoh.levels["kota"].table["code"][0]
    assert_sound(opened(print_sheet(contoh, "kota", kota, PrintSettings(paper=paper)))[0])


def test_a_place_too_large_for_its_scale_comes_on_a_grid_of_sheets_with_an_index(contoh):
    kota = contoh.levels["kota"].table["code"][0]
    document = opened(print_sheet(contoh, "kota", kota, PrintSettings(scale=20_000)))
    index, *sheets = document
    assert "indeks" in index.get_text()
    for number, page in enumerate(sheets, start=1):
        assert f"{number} dari {len(sheets)}" in page.get_text()
        assert written_scale(page) == 20_000
        assert_true_scale(page, lines_of(page))
    assert len(sheets) > 3
    on_index = {text.words for text in texts(index) if text.size == pytest.approx(13, abs=0.1)}
    assert on_index >= {str(number) for number in range(1, len(sheets) + 1)}


def test_a_drawn_area_is_a_sheet(contoh):
    drawn = shapely.buffer(shapely.centroid(contoh.levels["kota"].geometry[0]), 0.015)
    page = opened(print_area(contoh, "sekitar pusat", drawn))[0]
    assert "WILAYAH TERGAMBAR: SEKITAR PUSAT" in " ".join(page.get_text().split())
    assert_sound(page)


def test_labels_keep_clear_of_the_outline_of_a_drawn_area(contoh):
    for metres in range(1_000, 3_000, 250):
        ground = Ground(contoh)
        middle = shapely.centroid(ground.whole.outline_m)
        area = replace(ground.area("sekitar", CITY), outline_m=shapely.buffer(middle, metres))
        layout = lay_out(area, A3, None, ground.epsg)
        edge = layout.frames[0].on_paper(np.array([shapely.boundary(area.outline_m)], dtype=object))[0]
        labels = lettered(sheet.draw(ground, area, layout, 0, Wording("id")).svg)
        assert labels
        assert [words for words, place in labels if place.distance(edge) < 1] == []


def test_the_number_of_a_sheet_keeps_clear_of_the_tags_of_pockets(contoh):
    ground = Ground(contoh)
    overview = lay_out(ground.whole, A3, None, ground.epsg)
    west, _, _, north = ground.pockets[0][2].bounds
    frame = replace(overview.frames[0], width_mm=80, height_mm=80, west_m=west - 300, north_m=north + 100)
    drawn = sheet.draw(ground, ground.whole, overview, 0, Wording("id"), sheets=[frame])
    places = dict(lettered(drawn.svg))
    assert places["K1"].distance(places["1"]) > 3


def test_a_legend_names_only_what_its_map_shows(contoh):
    ground = Ground(contoh)
    edges = shapely.union_all([shapely.boundary(outline) for _, _, outline in ground.pockets])
    found = set()
    for district in ground.districts:
        frame = lay_out(district, A4, None, ground.epsg).frames[0]
        page = opened(print_sheet(contoh, "kecamatan", district.code, PrintSettings(paper=A4)))[0]
        named = "kantong kemiskinan" in " ".join(page.get_text().split())
        assert named is edges.intersects(frame.ground_m)
        found.add(named)
    assert found == {True, False}
    kota = opened(print_sheet(contoh, "kota", ground.whole.code))[0].get_text()
    assert "batas kecamatan" in kota
    assert "wilayah lain" not in kota


def test_an_index_names_its_sheets_and_not_the_kecamatan(contoh):
    code = contoh.levels["kota"].table["code"][0]
    index = opened(print_sheet(contoh, "kota", code, PrintSettings(scale=20_000)))[0].get_text()
    assert "lembar bersambung pada skala 1:20.000" in index
    assert "nomor lembar" in index
    assert contoh.levels["kecamatan"].table["name"][0] not in index


def test_an_area_elsewhere_is_refused(contoh):
    with pytest.raises(ParameterError, match="outside Kota Contoh"):
        print_area(contoh, "laut", shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("level", "code", "said"),
    [
        ("kecamatan", "1", "no kecamatan '1'"),
        ("h3-9", "x", "sheets are made of"),
        ("pocket", "99", "no pocket '99'"),
    ],
)
def test_an_unknown_place_is_refused_with_the_known_ones(contoh, level, code, said):
    with pytest.raises(ParameterError, match=said):
        print_sheet(contoh, level, code)


def test_a_scale_that_needs_a_wall_of_sheets_is_refused(contoh):
    kota = contoh.levels["kota"].table["code"][0]
    with pytest.raises(ParameterError, match="smaller scale or larger paper"):
        print_sheet(contoh, "kota", kota, PrintSettings(paper=A4, scale=600))


def test_a_sheet_speaks_english_when_asked(contoh):
    code = contoh.levels["kecamatan"].table["code"][0]
    text = opened(print_sheet(contoh, "kecamatan", code, PrintSettings(Wording("en"))))[0].get_text()
    assert "Scale 1:" in text
    assert "mE" in text
    assert "Keterangan" not in text


def test_every_kecamatan_of_kota_bogor_is_tidy(bogor):
    for number, code in enumerate(bogor.levels["kecamatan"].table["code"]):
        paper = (A3, A4)[number % 2]
        assert_sound(opened(print_sheet(bogor, "kecamatan", code, PrintSettings(paper=paper)))[0])


def test_all_of_dki_is_tidy_and_its_islands_come_in_an_inset(dki):
    document = opened(print_sheet(dki, "provinsi", "31", PrintSettings(paper=A2)))
    page = document[0]
    assert_sound(page)
    words = {text.words for text in texts(page)}
    assert any(word.startswith("Inset, skala 1:") for word in words)
    assert any("Pulau Harapan" in word for word in words)
    assert "DIAGRAM LOKASI" in words, "more kecamatan than a list has room for are not listed in part"
    assert written_scale(page) < 150_000
    assert all(name.startswith("IBMPlexSans") for name in fonts(document))


def test_the_class_of_an_island_can_be_seen_at_any_scale(dki):
    """Within a millimetre at the middle of each island, a good part is the colour of its class, or that of hidden."""
    fills = [
        np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
        for colour in (*CLASS_COLOURS, INK.hidden)
    ]
    for level, code in (("kota", "3101"), ("provinsi", "31")):
        ground = Ground(dki)
        subject = ground.subject(level, code)
        layout = lay_out(subject, A3, None, ground.epsg)
        drawn = sheet.draw(ground, subject, layout, 0, Wording("id"))
        frame = drawn.frame if drawn.inset is None else drawn.inset.frame
        page = opened(print_sheet(dki, level, code))[0]
        corner = lines_of(page).frame.tl
        x, y = (0, 0) if drawn.inset is None else (drawn.inset.x, drawn.inset.y)
        islands = [
            part
            for part in shapely.get_parts(ground.subject("kota", "3101").outline_m)
            if part.area < 5e5 and part.within(frame.ground_m)
        ]
        assert len(islands) > 50
        for island in islands:
            point = shapely.get_coordinates(frame.on_paper(np.array([island.representative_point()])))[0]
            middle = pymupdf.Point(corner.x + (x + point[0]) / MM, corner.y + (y + point[1]) / MM)
            clip = pymupdf.Rect(middle.x - 1.4, middle.y - 1.4, middle.x + 1.4, middle.y + 1.4)
            pixels = np.frombuffer(page.get_pixmap(clip=clip, dpi=600).samples, np.uint8).reshape(-1, 3)
            coloured = [(np.abs(pixels - colour) < 4).all(axis=1).mean() for colour in fills]
            assert max(coloured) > 0.15, island.wkt


def test_islands_without_a_bold_border_have_none_in_the_legend(dki):
    said = opened(print_sheet(dki, "kecamatan", "3101020"))[0].get_text()
    assert "pulau kecil" in said
    assert "batas kecamatan ini" not in said
    assert "batas DKI Jakarta" not in said


def test_far_islands_are_named_with_leader_lines(dki):
    page = opened(print_sheet(dki, "kota", "3101"))[0]
    words = " ".join(text.words for text in texts(page))
    for island in ("Pulau Harapan", "Pulau Kelapa", "Pulau Panggang", "Pulau Tidung", "Pulau Pari"):
        assert island in words
    assert_sound(page)


def test_the_paper_is_turned_to_show_the_place_larger(bogor):
    page = opened(print_sheet(bogor, "kota", bogor.levels["kota"].table["code"][0], PrintSettings(paper=A1)))[
        0
    ]
    assert page.rect.height > page.rect.width


def test_a_sheet_with_several_full_panels_is_set_smaller_by_one_step_at_a_time():
    full, roomy = ((0, 1.0), (0, 2.4)), ((1, 1.0), (1, 9.0))
    marks = "".join(f"#metadata({mark}) <gap>\n" for mark in (*full, *full, *roomy))
    assert typesetting._overfull({"main": marks.encode()}) == [0]
