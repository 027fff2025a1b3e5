"""What a map is drawn by: the measures of a run, the values of its places, and why some have none."""

from typing import Literal

import polars as pl

from geo.disclosure import Published, PublishedRun
from geo.errors import ParameterError
from maps.layers import layer_measures
from maps.palette import Measure, measures

#: The measure of whatever is drawn unless somebody says otherwise.
DEFAULT_MEASURE = "m0"

#: Why a place has no value on a map; "" where it has one.
Absence = Literal["", "hidden", "empty", "unmeasured", "nobody_poor", "unknown"]

_CONTRIBUTION = "contribution_"


def run_measures(run: PublishedRun) -> tuple[Measure, ...]:
    """Return all that a map of a run can be drawn by: its measures of poverty, then the layers beside its register."""
    return (*measures(run.summary.specification), *layer_measures(run))


def measure_of(run: PublishedRun, measure: str) -> Measure:
    """Return a measure of a run by its id.

    Raises
    ------
    ParameterError
        When the run has none of that id; it names those that there are.
    """
    known = {one.id: one for one in run_measures(run)}
    if measure in known:
        return known[measure]
    general = ", ".join(name for name, one in known.items() if one.indicator is None)
    kinds = " or ".join(
        dict.fromkeys(one.id.removesuffix(one.indicator) for one in known.values() if one.indicator)
    )
    indicators = ", ".join(indicator.id for indicator in run.summary.specification.indicators)
    raise ParameterError(
        f"the run has no measure {measure!r}. Name one of: {general}; or {kinds} and an indicator: {indicators}."
    )


def refuse_without_values(run: PublishedRun, measure: Measure, level: str) -> None:
    """Refuse to draw a level by a layer that has no values there.

    Raises
    ------
    ParameterError
        Naming the levels that have some.
    """
    having = [name for name, zones in run.levels.items() if measure.id in zones.table.columns]
    if level not in having:
        where = f"for {', '.join(having)}" if having else "for no level of this run"
        raise ParameterError(
            f"{measure.id} has values {where}, and none for {level}, in which this sheet is drawn. Name a place of "
            "another level or another measure."
        )


def values_of(zones: Published, measure: Measure) -> pl.Series:
    """Return the value of each place, all null where the level has none."""
    if measure.id in zones.table.columns:
        return zones.table[measure.id]
    return pl.Series(measure.id, [None] * zones.table.height, pl.Float64)


def is_told_by_class(measure: Measure) -> bool:
    """Return whether a measure is of the smaller figures, told as the middle of a class (`geo.coarsening`)."""
    layer_of_families = measure.of_families and not measure.ranks
    return layer_of_families or measure.indicator is not None or measure.id in ("vulnerable", "severe")


def absences(zones: Published, measure: Measure) -> tuple[Absence, ...]:
    """Return why each place has no value: what is known of the place, never of the figure.

    What tells nothing of families is told of hidden places too.
    """
    columns = (zones.table[name] for name in ("status", "households", "poor_households"))
    rows = zip(values_of(zones, measure), *columns, strict=True)
    return tuple(
        "" if value is not None else _absence(measure, status, households, poor)
        for value, status, households, poor in rows
    )


def _absence(measure: Measure, status: str, households: float | None, poor: float | None) -> Absence:
    if not measure.of_families:
        return "unknown"
    if status != "shown":
        return "hidden" if status == "hidden" else "empty"
    if not households:
        return "unmeasured"
    of_the_poor = measure.id == "a" or measure.id.startswith(_CONTRIBUTION)
    return "nobody_poor" if of_the_poor and not poor else "hidden"
