"""Classes and colours: one source for the map, the legend and the print."""

import random
from itertools import pairwise

import pytest

from geo.specification import Label
from maps.palette import BESIDE, CLASS_COLOURS, GENERAL_MEASURES, INK, Measure, classify, greyscale, text_on

M0 = GENERAL_MEASURES[0]
LAYER = Measure("layer_x", Label("X", "X"), Label("X", "X"), Label("m", "m"), "figure", 1, ramp=BESIDE)


def test_the_top_is_split_finer_than_the_rest():
    classes = classify([rank / 100 for rank in range(1, 101)], M0)
    assert [item.zones for item in classes.items] == [1, 4, 5, 10, 30, 50]
    assert classes.items[0].share.id == "1 % teratas"


@pytest.mark.parametrize("zones", [0, 1, 2, 3, 5, 68, 5000])
def test_any_number_of_zones_is_held_completely(zones):
    source = random.Random(zones)
    values = [source.random() for _ in range(zones)]
    classes = classify(values, M0)
    assert sum(item.zones for item in classes.items) == zones
    assert len(classes.items) <= min(6, zones)
    assert all(
        classes.items[classes.position(v)].lower <= v <= classes.items[classes.position(v)].upper
        for v in values
    )


def test_equal_values_are_in_one_class():
    classes = classify([0.9] * 7 + [0.5] * 40 + [0.1] * 3, M0)
    assert [item.zones for item in classes.items] == [7, 40, 3]
    assert classes.items[0].colour == CLASS_COLOURS[0]


def test_when_all_are_equal_none_stands_out():
    classes = classify([0.25] * 12, M0)
    assert [item.zones for item in classes.items] == [12]
    assert classes.items[0].colour not in (CLASS_COLOURS[0], CLASS_COLOURS[-1])


def test_zero_is_always_the_lightest():
    assert classify([0.0, 0.0], M0).items[0].colour == CLASS_COLOURS[-1]
    assert classify([0.4, 0.0, 0.0, 0.0], M0).colour(0.0) == CLASS_COLOURS[-1]


def test_missing_values_stay_out_of_the_classes():
    classes = classify([None, 0.2, float("nan"), 0.4], M0)
    assert sum(item.zones for item in classes.items) == 2
    assert classes.position(None) is None
    assert classes.colour(None) == INK.empty


def test_order_of_the_values_does_not_matter():
    values = [0.1, 0.5, 0.5, 0.3, None, 0.2]
    assert classify(values, M0) == classify(values[::-1], M0)


def test_breaks_descend_and_a_legend_reads_in_indonesian():
    classes = classify([0.4, 0.3, 0.2, 0.1], M0)
    assert list(classes.breaks) == sorted(classes.breaks, reverse=True)
    assert classes.range_label(classes.items[0]) == "0,400"
    assert classes.range_label(classes.items[-1]) == "0,100 – 0,200"
    assert classes.range_label(classes.items[-1], "en") == "0.100 – 0.200"


@pytest.mark.parametrize("colours", [CLASS_COLOURS, BESIDE.colours])
def test_neighbouring_classes_differ_in_greyscale(colours):
    lightness = [greyscale(colour) for colour in colours]
    assert all(light - dark >= 10 for dark, light in pairwise(lightness))


def test_ink_on_each_class_is_readable():
    assert all(abs(greyscale(text_on(colour)) - greyscale(colour)) > 40 for colour in CLASS_COLOURS)


def test_a_layer_is_classed_in_fifths_of_what_is_not_zero():
    classes = classify([0.0] * 80 + [float(value) for value in range(1, 21)], LAYER)
    assert [item.zones for item in classes.items] == [4, 4, 4, 4, 4, 80]
    assert classes.colour(0.0) == BESIDE.colours[-1]


def test_a_layer_below_zero_is_spread_too():
    classes = classify([-float(value) for value in range(10)], LAYER)
    assert [item.zones for item in classify([-float(value) for value in range(1, 11)], LAYER).items] == [
        2
    ] * 5
    assert classes.colour(-9.0) != classes.colour(0.0)
    assert [item.zones for item in classify([-3.0] * 4, LAYER).items] == [4]
