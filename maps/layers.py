"""Layers beside the register as measures of a map: their names, classes and how their values are written."""

import math

import polars as pl

from geo.context import SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS
from geo.disclosure import PublishedRun
from geo.report import LayerLabel
from geo.specification import Label
from maps.palette import BESIDE, Measure

_DIGITS, _MOST_DECIMALS = 3, 6
_SHARES = {
    SHARE_OF_AREA: Label("% luas", "% of area"),
    SHARE_OF_HOUSEHOLDS: Label("% keluarga", "% of families"),
}


def layer_measures(run: PublishedRun) -> tuple[Measure, ...]:
    """Return the layers of a run as measures, in the order of the run.

    A layer need not have values at each level: it can be drawn where its column is in the table.
    """
    return tuple(_measure(layer, run) for layer in run.layers)


def _measure(layer: LayerLabel, run: PublishedRun) -> Measure:
    title = Label(layer.title, layer.title)
    is_share = layer.unit in _SHARES
    return Measure(
        layer.column,
        title,
        title,
        unit=_SHARES[layer.unit] if is_share else Label(layer.unit, layer.unit),
        scale="share" if is_share else "figure",
        decimals=1 if is_share else _decimals(_finest(layer.column, run)),
        ramp=BESIDE,
        of_families=layer.unit == SHARE_OF_HOUSEHOLDS,
    )


def _finest(column: str, run: PublishedRun) -> pl.Series:
    """Return the values at the finest level that has the layer, where sums are smallest."""
    tables = [level.table for level in run.levels.values() if column in level.table.columns]
    return tables[-1][column].drop_nulls() if tables else pl.Series(dtype=pl.Float64)


def _decimals(values: pl.Series) -> int:
    """Return with how many decimals the largest of some values has three digits; none when all are whole."""
    largest = max((abs(value) for value in values), default=0.0)
    if largest == 0 or bool((values == values.round()).all()):
        return 0
    return min(max(_DIGITS - 1 - math.floor(math.log10(largest)), 0), _MOST_DECIMALS)
