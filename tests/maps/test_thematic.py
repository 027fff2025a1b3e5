"""Sheets by another measure than M0, or by a layer beside the register."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
import shapely

from geo import context
from geo.context import SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS, ContextLayer
from geo.disclosure import _SEAL, Published
from geo.errors import ParameterError
from geo.ranking import rank
from maps.atlas import print_area, print_sheet
from maps.ground import Ground
from maps.notebook import NotebookSheet
from maps.numbers import number as written
from maps.page_data import page_data
from maps.palette import BESIDE, PRIORITY
from maps.paper import A3, A4
from maps.thematic import run_measures
from maps.typesetting import PrintSettings
from maps.wording import Wording
from tests.maps.paper import fonts, lines_of, texts
from tests.maps.test_sheets import assert_sound, opened

DISTANCE = "layer_jarak"


def with_layer(run, levels, *, unit="m", unknown=frozenset()):
    """Return a run with a layer that has values at some levels: for hidden places too, but for the unknown."""
    values = {
        level: {
            code: float(37 * at % 2_500) / (2_500 if unit in (SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS) else 1)
            for at, code in enumerate(run.levels[level].table["code"])
            if code not in unknown
        }
        for level in levels
    }
    layer = ContextLayer(
        "jarak", "Jarak ke puskesmas", unit, "points", "Dinas Kesehatan", date(2024, 6, 1), values
    )
    tables = {name: relaid(zones, layer, name) for name, zones in run.levels.items()}
    return replace(run, levels=tables, layers=(layer.label,))


def relaid(zones, layer, level):
    table = context.with_layers(zones.table, [layer], level)
    return Published(zones.audience, zones.level, zones.indicators, table, zones.geometry, _SEAL)


def with_column(run, **columns):
    zones = run.levels["kelurahan"]
    table = zones.table.with_columns(**columns)
    made = Published(zones.audience, zones.level, zones.indicators, table, zones.geometry, _SEAL)
    return replace(run, levels={**run.levels, "kelurahan": made})


def words_of(page):
    return " ".join(page.get_text().split()).replace("\xa0", " ")


def numbers_by_name(page):
    """Return what stands right above each name on the map."""
    frame = lines_of(page).frame
    on_map = [text for text in texts(page) if frame.contains(text.box)]
    found = {}
    for name in on_map:
        for number in on_map:
            middle = (number.box.x0 + number.box.x1 - name.box.x0 - name.box.x1) / 2
            if number.size > name.size and abs(middle) < 2 and 0 < name.box.y0 - number.box.y1 < 6:
                found[name.words] = number.words.replace("\xa0", " ")
    return found


def fills_on_map(page):
    frame = lines_of(page).frame
    drawn = (each for each in page.get_drawings() if each["fill"] and frame.intersects(each["rect"]))
    return {"#" + "".join(f"{round(channel * 255):02x}" for channel in each["fill"]) for each in drawn}


@pytest.mark.parametrize("measure", ["h", "poor_persons", "censored_sanitasi"])
def test_the_numbers_are_ranks_by_the_measure_of_the_sheet(published_run, measure):
    kecamatan = published_run.levels["kecamatan"].table.row(1, named=True)
    page = opened(print_sheet(published_run, "kecamatan", kecamatan["code"], measure=measure))[0]
    ranked = rank(published_run.levels["kelurahan"].table, measure)
    ranks = {name: str(place) for name, place in ranked.select("name", "rank").iter_rows()}
    numbers = numbers_by_name(page)
    assert len(numbers) > 5
    assert numbers.items() <= ranks.items()


def test_only_ranks_by_m0_are_uncertain(contoh):
    code = contoh.levels["kota"].table["code"][0]
    of_m0, of_h = (opened(print_sheet(contoh, "kota", code, measure=measure))[0] for measure in ("m0", "h"))
    assert "peringkat tidak pasti" in words_of(of_m0)
    assert "peringkat tidak pasti" not in words_of(of_h)
    assert "menurut ukuran ini; ketidakpastiannya tidak dihitung" in words_of(of_h)
    assert "ketidakpastiannya tidak dihitung" not in words_of(of_m0)
    assert "PETA PERSENTASE PENDUDUK MISKIN (H)" in words_of(of_h)
    assert "Persentase penduduk miskin (H) per kelurahan/desa, dalam % jiwa" in words_of(of_h)


def test_a_layer_writes_its_values_for_hidden_places_too(published_run):
    run = with_layer(published_run, ["kelurahan"])
    hidden = run.levels["kelurahan"].table.row(3, named=True)
    assert hidden["status"] == "hidden"
    document = opened(print_sheet(run, "kecamatan", hidden["parent"], measure=DISTANCE))
    page = document[0]
    assert numbers_by_name(page)[hidden["name"]] == "111"
    said = words_of(page)
    assert "PETA JARAK KE PUSKESMAS" in said
    assert "Angka tebal pada peta: nilainya (m)" in said
    assert "Data pada peta Jarak ke puskesmas. Dinas Kesehatan, 1 Juni 2024" in said
    for word in ("disembunyikan bila", "peringkat tidak pasti", "tidak ada data"):
        assert word not in said
    assert all(name.startswith("IBMPlexSans") for name in fonts(document))
    assert "Jarak ke puskesmas" in document.metadata["title"]


def test_a_share_is_written_in_per_cent_and_nothing_apart_from_little(published_run):
    run = with_layer(published_run, ["kelurahan"], unit=SHARE_OF_AREA)
    table = run.levels["kelurahan"].table
    expected = {name: written(100 * value, 1) for name, value in table.select("name", DISTANCE).iter_rows()}
    page = opened(print_sheet(run, "kecamatan", "3299010", measure=DISTANCE))[0]
    numbers = numbers_by_name(page)
    on_one_line = numbers.keys() & expected.keys()
    assert len(on_one_line) > 5
    assert {name: numbers[name] for name in on_one_line} == {name: expected[name] for name in on_one_line}
    assert table[DISTANCE][0] == 0
    assert "0" in numbers.values()
    assert "Angka tebal pada peta: nilainya (% luas)" in words_of(page)


def test_a_layer_has_its_own_colours(published_run):
    run = with_layer(published_run, ["kelurahan"])
    page = opened(print_sheet(run, "kota", "3299", measure=DISTANCE))[0]
    fills = fills_on_map(page)
    assert fills >= set(BESIDE.colours)
    assert fills.isdisjoint(PRIORITY.colours)


def test_where_a_layer_knows_nothing_there_are_no_data(published_run):
    code = published_run.levels["kelurahan"].table["code"][0]
    run = with_layer(published_run, ["kelurahan"], unknown={code})
    said = words_of(opened(print_sheet(run, "kota", "3299", measure=DISTANCE))[0])
    assert "tidak ada data" in said
    assert "tanpa keluarga terdata" not in said


def test_a_layer_of_families_is_hidden_where_families_are(published_run):
    table = published_run.levels["kelurahan"].table
    silent = set(table.filter(pl.col("status") != "shown")["code"])
    run = with_layer(published_run, ["kelurahan"], unit=SHARE_OF_HOUSEHOLDS, unknown=silent)
    said = words_of(opened(print_sheet(run, "kota", "3299", measure=DISTANCE))[0])
    assert "tanpa keluarga terdata" in said
    assert "disembunyikan bila keluarga miskin" in said
    assert "ditulis menurut kelas" in said
    assert "tidak ada data" not in said


@pytest.mark.parametrize(
    ("measure", "by_class"), [("h", False), ("severe", True), ("censored_sanitasi", True)]
)
def test_the_smaller_figures_say_that_they_are_told_by_class(published_run, measure, by_class):
    said = words_of(opened(print_sheet(published_run, "kota", "3299", measure=measure))[0])
    assert ("ditulis menurut kelas" in said) == by_class


def test_intensity_says_where_nobody_is_poor(published_run):
    first = pl.int_range(pl.len()) == 0
    run = with_column(
        published_run,
        a=pl.when(first).then(None).otherwise("a"),
        poor_households=pl.when(first).then(0.0).otherwise("poor_households"),
    )
    said = words_of(opened(print_sheet(run, "kota", "3299", measure="a"))[0])
    assert "tanpa keluarga terdata; tidak ada jiwa miskin" in said


def test_a_sheet_has_the_classes_of_the_page(published_run):
    run = with_layer(published_run, ["kecamatan", "kelurahan"])
    page = page_data(run, api=None)
    offered = {measure["id"] for measure in page["measures"]}
    assert {one.id for one in run_measures(run) if not one.id.startswith("contribution_")} == offered
    for measure in offered:
        ground = Ground(run, measure=measure)
        for level in page["levels"]:
            if level["id"] == "pocket":
                continue
            drawn = [
                (item.colour, item.lower, item.upper, item.zones)
                for item in ground.layer(level["id"]).classes.items
            ]
            shown = level["classes"][measure]
            assert [page["styles"][style]["colour"] for style, *_ in shown] == [each[0] for each in drawn]
            np.testing.assert_allclose([each[1:] for each in shown], [each[1:] for each in drawn], atol=0.01)


def test_an_unknown_measure_is_refused_with_the_known_ones(published_run):
    run = with_layer(published_run, ["kelurahan"])
    with pytest.raises(
        ParameterError, match=r"no measure 'banjir'.*m0, h, a,.*layer_jarak.*censored_.*sanitasi"
    ):
        print_sheet(run, "kota", "3299", measure="banjir")


def test_a_layer_is_refused_where_it_has_no_values_with_the_levels_that_have(contoh):
    run = with_layer(contoh, ["kecamatan", "kelurahan"])
    said = "layer_jarak has values for kecamatan, kelurahan, and none for"
    code = contoh.levels["kelurahan"].table["code"][10]
    with pytest.raises(ParameterError, match=f"{said} rw"):
        print_sheet(run, "kelurahan", code, measure=DISTANCE)
    with pytest.raises(ParameterError, match=f"{said} h3-9"):
        print_sheet(run, "pocket", "1", measure=DISTANCE)
    small = shapely.buffer(shapely.point_on_surface(contoh.levels["kelurahan"].geometry[10]), 1e-4)
    with pytest.raises(ParameterError, match=f"{said} h3-9"):
        print_area(run, "sudut", small, measure=DISTANCE)


@pytest.mark.parametrize("paper", [A3, A4], ids=["A3", "A4"])
@pytest.mark.parametrize("level", ["kota", "kecamatan", "kelurahan", "pocket"])
def test_a_layer_sheet_of_each_kind_is_tidy(contoh, level, paper):
    run = with_layer(contoh, list(contoh.levels))
    code = "1" if level == "pocket" else contoh.levels[level].table["code"][0]
    assert_sound(opened(print_sheet(run, level, code, PrintSettings(paper=paper), measure=DISTANCE))[0])


@pytest.mark.parametrize("measure", ["h", "poor_persons", "censored_hunian_sempit", DISTANCE])
def test_kota_bogor_is_tidy_by_other_measures(bogor, measure):
    run = with_layer(bogor, list(bogor.levels))
    document = opened(print_sheet(run, "kota", bogor.levels["kota"].table["code"][0], measure=measure))
    assert_sound(document[0])
    assert all(name.startswith("IBMPlexSans") for name in fonts(document))


def test_every_sheet_of_a_grid_and_its_index_are_by_the_measure(contoh):
    code = contoh.levels["kota"].table["code"][0]
    for page in opened(print_sheet(contoh, "kota", code, PrintSettings(scale=30_000), measure="severe")):
        assert "PETA KEMISKINAN PARAH" in words_of(page)


def test_a_layer_is_read_in_english(published_run):
    run = with_layer(published_run, ["kelurahan"])
    code = published_run.levels["kecamatan"].table["code"][-1]
    page = opened(print_sheet(run, "kecamatan", code, PrintSettings(Wording("en")), measure=DISTANCE))[0]
    assert "Jarak ke puskesmas by village (kelurahan), in m; classes by order of values" in words_of(page)
    assert "Data on the map Jarak ke puskesmas. Dinas Kesehatan, 1 June 2024" in words_of(page)
    assert any("," in number for number in numbers_by_name(page).values()), "thousands are set as in English"


def test_a_notebook_shows_a_sheet_by_a_layer(published_run):
    run = with_layer(published_run, ["kelurahan"])
    code = run.levels["kecamatan"].table["code"][1]
    by_layer = NotebookSheet(run, "kecamatan", code, measure=DISTANCE)._repr_html_()
    assert BESIDE.colours[0] in by_layer
    assert BESIDE.colours[0] not in NotebookSheet(run, "kecamatan", code)._repr_html_()
