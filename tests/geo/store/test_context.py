"""A layer is kept with its source and date, comes back with every level, and stands in what is published."""

from datetime import date

import pytest

from geo.compute import Computed
from geo.context import ContextLayer
from geo.disclosure import PLANNER, PUBLIC
from geo.ranking import rank, with_composite
from geo.store import Store


@pytest.fixture
def layer(computed: Computed) -> ContextLayer:
    levels = computed.published["planner"].levels
    values = {
        level: {code: float(place) for place, code in enumerate(levels[level].table["code"])}
        for level in ("kelurahan", "h3-9")
    }
    return ContextLayer(
        "banjir", "Rawan banjir", "m", "raster", "BPBD", date(2024, 5, 1), values, ("satu.", "dua.")
    )


def test_a_layer_comes_back_and_takes_the_place_of_the_last_of_its_name(
    store: Store, computed: Computed, layer: ContextLayer
) -> None:
    store.save_boundaries(computed.boundaries)
    assert store.context.save(computed.boundaries, layer)
    assert store.context.of_set(computed.boundaries.id) == [layer]
    assert not store.context.save(computed.boundaries, layer)
    assert store.context.of_set(computed.boundaries.id) == [layer]


def test_a_layer_is_a_column_of_the_levels_it_has_values_for(
    store: Store, computed: Computed, layer: ContextLayer
) -> None:
    from fractions import Fraction

    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    before = store.published("latest", PLANNER)
    store.context.save(computed.boundaries, layer)
    for audience in (PUBLIC, PLANNER):
        run = store.published("latest", audience)
        assert [label.title for label in run.layers] == ["Rawan banjir"]
        assert run.layers[0].date == date(2024, 5, 1)
        assert run.levels["kelurahan"].table["layer_banjir"].null_count() == 0
        assert "layer_banjir" not in run.levels["kota"].table.columns
    run = store.published("latest", PLANNER)
    assert run.levels["kelurahan"].table.drop("layer_banjir").equals(before.levels["kelurahan"].table)
    ranked = rank(run.levels["kelurahan"].table, "layer_banjir")
    assert ranked["layer_banjir"].is_sorted(descending=True)
    weights = {"m0": Fraction(1, 2), "layer_banjir": Fraction(1, 2)}
    scored = with_composite(run.levels["kelurahan"].table, weights)
    assert scored["composite"].null_count() == 0


def test_a_layer_of_polygons_has_the_households_of_the_runs_before_and_after_it(
    store: Store, computed: Computed
) -> None:
    cover = {
        level: dict.fromkeys(computed.published["planner"].levels[level].table["code"], 0.5)
        for level in ("kelurahan", "h3-8", "h3-9")
    }
    area = ContextLayer(
        "kumuh_bagian_luas", "Kumuh: bagian luas", "", "polygons", "Dinas", date(2024, 5, 1), cover
    )
    store.save_boundaries(computed.boundaries)
    store.context.save(computed.boundaries, area)
    store.save_run(computed)
    after = store.published("latest", PLANNER)
    assert [label.title for label in after.layers] == ["Kumuh: bagian luas", "Kumuh: bagian keluarga"]
    table = after.levels["kelurahan"].table
    shown = table.filter(status="shown")["layer_kumuh_bagian_keluarga"]
    assert shown.drop_nulls().is_between(0.4, 0.6).all()
    assert shown.drop_nulls().len() > 40
    assert (
        table.filter(status="hidden")["layer_kumuh_bagian_keluarga"].null_count()
        == table.filter(status="hidden").height
    )
    shares = store.shares_of_households(computed.boundaries.id, cover)
    assert not store.context.save(computed.boundaries, area, shares)
    again = store.published("latest", PLANNER)
    assert again.levels["kelurahan"].table.equals(table)
