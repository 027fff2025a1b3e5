"""What columns hold, in words."""

from maps.columns import columns_of
from tests.maps.test_layers import with_layer


def test_a_layer_says_its_title_source_date_and_unit():
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    for unit, code in (("m", "m"), ("bagian luas", "1"), ("", "1"), ("jiwa", "{jiwa}")):
        run = with_layer(unit, values)
        columns = columns_of(run.levels["kecamatan"], run.summary.specification, run.layers)
        (layer,) = (column for column in columns if column.id == "layer_x")
        assert layer.label.id == "X. uji, 1 Januari 2024"
        assert layer.unit == code
