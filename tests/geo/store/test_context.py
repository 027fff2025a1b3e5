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
