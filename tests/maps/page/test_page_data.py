import re
from importlib.resources import files

import orjson
import pytest

from maps.page_data import figures, page_data, strings

IDENTITY = {"code", "name", "status", "reason", "area_km2", "cells", "units"}


@pytest.fixture(scope="module")
def data(planner_run):
    return page_data(planner_run, api=None)


def test_a_hidden_or_empty_place_has_no_figure_anywhere(data):
    silent = 0
    for level in data["levels"]:
        for index, status in enumerate(level["columns"]["status"]):
            if status == "shown":
                continue
            silent += 1
            told = {name for name, values in level["columns"].items() if values[index] is not None}
            assert told <= IDENTITY
    assert silent > 60


def test_the_whole_city_is_the_measure_of_the_bars_and_not_a_level_to_compare(data, planner_run):
    assert [level["id"] for level in data["levels"]] == ["kecamatan", "kelurahan", "h3-8", "pocket"]
    assert data["city"]["m0"] == pytest.approx(planner_run.levels["kota"].table["m0"][0], abs=1e-6)


def test_the_public_asks_what_if_no_finer_than_the_kelurahan(public_run, planner_run):
    def asked(run):
        return [level["id"] for level in page_data(run, api="/api")["levels"] if level["what_if"]]

    assert asked(public_run) == ["kecamatan", "kelurahan"]
    assert asked(planner_run) == ["kecamatan", "kelurahan", "h3-8"]


def test_each_value_falls_into_one_of_the_classes_of_the_palette(planner_run):
    answer = figures(planner_run.levels["kelurahan"], planner_run.summary.specification)
    values = [value for value in answer["columns"]["m0"] if value is not None]
    classes = answer["classes"]["m0"]

    assert sum(zones for *_, zones in classes) == len(values)
    assert classes[0][2] == max(values)
    assert classes[-1][1] == min(values)


def test_a_cell_says_which_kelurahan_and_kecamatan_it_lies_in(data):
    cells = next(level for level in data["levels"] if level["cells"])
    districts = {district["code"] for district in data["districts"]}

    assert all(place is not None for place in cells["within"])
    assert set(cells["district"]) == districts


def test_weights_and_cutoffs_travel_as_exact_fractions(data):
    specification = data["specification"]

    assert specification["cutoffs"] == ["1/5", "1/4", "1/3", "2/5", "1/2"]
    assert {indicator["weight"] for indicator in specification["indicators"]} == {"1/8", "1/12"}


def test_both_languages_say_the_same_things_with_the_same_blanks():
    words = strings()

    assert words["id"].keys() == words["en"].keys()
    for key, text in words["id"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", words["en"][key])), key


def test_every_word_that_the_page_asks_for_is_in_the_catalogue():
    static = files("maps").joinpath("static", "planner")
    scripts = "\n".join(entry.read_text("utf-8") for entry in static.iterdir() if entry.name.endswith(".js"))
    template = files("maps").joinpath("templates", "planner.html").read_text("utf-8")
    asked = set(re.findall(r'K\.say\("(\w+)"', scripts)) | set(
        re.findall(r'data-(?:text|label|placeholder)="(\w+)"', template)
    )

    assert len(asked) > 40
    assert asked <= strings()["id"].keys()


def test_a_page_of_a_city_is_lean(data):
    assert len(orjson.dumps(data)) < 200_000
