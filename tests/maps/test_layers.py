"""Layers beside the register as measures of a map."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from geo import disclosure
from geo.disclosure import PUBLIC, Published, PublishedRun
from geo.report import LayerLabel
from maps.layers import layer_measures
from tests.maps.page.conftest import published_run


def with_layer(unit: str, values: list[float]) -> PublishedRun:
    run = published_run(PUBLIC)
    level = run.levels["kecamatan"]
    table = level.table.with_columns(layer_x=pl.Series(values))
    known = Published(level.audience, level.level, level.indicators, table, level.geometry, disclosure._SEAL)
    label = LayerLabel("layer_x", "X", unit, "uji", date(2024, 1, 1))
    return replace(run, levels={**run.levels, "kecamatan": known}, layers=(label,))


@pytest.mark.parametrize(
    ("unit", "values", "written"),
    [
        ("m", [1430.44, 12.0, 3.5, 2.0, 1.0, 0.5], "1.430"),
        ("mm", [14.3044, 12.0, 3.5, 2.0, 1.0, 0.5], "14,3"),
        ("", [0.14304, 0.12, 0.1, 0.1, 0.1, 0.1], "0,143"),
        ("jiwa", [5.0, 4.0, 3.0, 2.0, 1.0, 0.0], "5"),
        ("bagian keluarga", [0.125, 0.0, 0.0, 0.0, 0.0, 0.0], "12,5\xa0%"),
        ("bagian luas", [0.125, 0.0, 0.0, 0.0, 0.0, 0.0], "12,5\xa0%"),
    ],
)
def test_a_layer_is_written_with_three_digits_or_in_per_cent(unit, values, written):
    (measure,) = layer_measures(with_layer(unit, values))
    assert measure.format(values[0]) == written


def test_a_layer_without_values_for_the_audience_can_still_be_named():
    label = LayerLabel("layer_x", "X", "m", "uji", date(2024, 1, 1))
    (measure,) = layer_measures(replace(published_run(PUBLIC), layers=(label,)))
    assert (measure.id, measure.label.id, measure.unit.id) == ("layer_x", "X", "m")
