"""Change between two runs: differences with their standard errors, and the zones that moved.

The errors of both runs are taken as independent. Two registers of the same households are positively correlated, so
the error of a difference is rather too large than too small. Significance is two-sided and normal, at a false
discovery rate over the zones of a measure (Benjamini & Hochberg 1995).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.stats
from numpy.typing import NDArray

from geo import comparability
from geo.comparability import Finding
from geo.disclosure import Published, PublishedRun, publish_bridged
from geo.errors import NotFoundError, ParameterError
from geo.hotspots import FALSE_DISCOVERY_RATE, discoveries

Floats = NDArray[np.float64]

#: Standard errors of measures, each with one entry a row of its table.
Errors = Mapping[str, Floats]

MEASURES = ("m0", "h", "a", "poor_households", "poor_persons")

_COUNTS = ("read", "left_out", "households", "persons", "poor_households", "poor_persons")
_PERSON_RATES = ("h", "m0", "vulnerable", "severe")
_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class Bridged:
    """The figures of an old run on the zones of a new one.

    Attributes
    ----------
    table
        ``code``, ``status`` and figures as in a published table. A zone that takes part of a hidden one is hidden.
    errors
        Standard errors of the measures that had them, in the order of the table.
    """

    table: pl.DataFrame
    errors: Errors


def change(
    old: pl.DataFrame,
    new: pl.DataFrame,
    measures: Sequence[str] = MEASURES,
    *,
    old_errors: Errors | None = None,
    new_errors: Errors | None = None,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> pl.DataFrame:
    """Compare the zones of two published tables of one level.

    Parameters
    ----------
    old, new
        Published tables, or an old one that `bridge` carried onto the zones of the new one.
    measures
        Columns of both.
    old_errors, new_errors
        Standard errors by measure, one entry a row of ``old`` and of ``new``. A measure without both is compared
        without significance; so is a zone whose error is missing or 0: 0 means too few households to know it.

    Returns
    -------
    pl.DataFrame
        One row a zone by code: ``code``, ``name``, ``status`` (``compared``, ``hidden`` in one run or both, ``empty``
        in one or both, ``only_old``, ``only_new``), and for each measure m ``m_old``, ``m_new``, ``m_difference``,
        ``m_se``, ``m_p`` and ``m_moved``; null where not known.

    Raises
    ------
    ParameterError
        When a measure or an error does not fit the tables.

    Examples
    --------
    >>> before = pl.DataFrame({"code": ["a", "b"], "name": ["A", "B"], "status": ["shown"] * 2, "h": [0.2, 0.3]})
    >>> after = before.with_columns(h=pl.Series([0.1, 0.29]))
    >>> moved = change(before, after, ["h"], old_errors={"h": np.array([0.01, 0.02])},
    ...                new_errors={"h": np.array([0.01, 0.02])})
    >>> moved.select("code", pl.col("h_difference").round(3), "h_moved").rows()
    [('a', -0.1, True), ('b', -0.01, False)]
    """
    joined = _side(old, measures, old_errors or {}, "old").join(
        _side(new, measures, new_errors or {}, "new"), on="code", how="full", coalesce=True
    )
    table = joined.sort("code").with_columns(
        name=pl.coalesce("name_new", "name_old"), status=_status(pl.col("status_old"), pl.col("status_new"))
    )
    figures = [_compared(table, measure, false_discovery_rate) for measure in measures]
    return pl.concat([table.select("code", "name", "status"), *figures], how="horizontal")


@dataclass(frozen=True, slots=True)
class RunChange:
    """Two runs compared at one level.

    Attributes
    ----------
    old, new
        The level in both.
    table
        As `change` returns it.
    findings
        What a reader should mind; nothing in it prevents the comparison.
    """

    old: Published
    new: Published
    table: pl.DataFrame
    findings: tuple[Finding, ...]


def between(
    old: PublishedRun,
    new: PublishedRun,
    level: str,
    measures: Sequence[str] = MEASURES,
    crosswalk: pl.DataFrame | None = None,
) -> RunChange:
    """Compare two runs at a level from what both published to one audience, and nothing else.

    Parameters
    ----------
    crosswalk
        Of two runs on different boundary versions: how the old units spread over the new ones, by what the audience may
        know (`geo.shares.publish_crosswalk`, or `geo.lineage.crosswalk` by area).

    Raises
    ------
    NotFoundError
        When the newer run has no such level.
    ParameterError
        When the runs are not comparable, which is said with the reasons, or are published to two audiences.
    """
    if old.audience != new.audience:
        raise ParameterError(
            "the two runs are published for different audiences; compare what one of them sees."
        )
    if level not in new.levels:
        raise NotFoundError(f"the run has no level {level!r} to compare. Levels: {', '.join(new.levels)}.")
    found = comparability.findings(old.summary, new.summary, level, is_bridged=crosswalk is not None)
    if not comparability.is_comparable(found):
        reasons = " ".join(finding.sentence.en for finding in found if finding.prevents)
        raise ParameterError(f"the two runs cannot be compared. {reasons}")
    if level not in old.levels:
        raise ParameterError(f"the older run has no level {level}.")
    before, after = old.levels[level], new.levels[level]
    errors = _published_errors(before.table, measures)
    if crosswalk is not None:
        before, errors, lost = _carried(before, after, crosswalk, errors)
        found = (*found, *lost)
    table = change(
        before.table,
        after.table,
        measures,
        old_errors=errors,
        new_errors=_published_errors(after.table, measures),
    )
    return RunChange(before, after, table, found)


def _carried(
    before: Published, after: Published, crosswalk: pl.DataFrame, errors: Errors
) -> tuple[Published, Errors, list[Finding]]:
    """Carry the figures and errors of an old level onto the zones of a new one; say which old zones meet none."""
    met = before.table["code"].is_in(crosswalk["old"].unique().to_list())
    lost = before.table.filter(~met)["name"].to_list()
    kept = {name: values[met.to_numpy()] for name, values in errors.items()}
    bridged = bridge(before.table.filter(met), crosswalk, kept)
    on_new = publish_bridged(before, after, bridged.table)
    place = pl.DataFrame({"code": bridged.table["code"], **bridged.errors})
    carried = on_new.table.select("code").join(place, on="code", how="left", maintain_order="left")
    found = [comparability.not_met(lost)] if lost else []
    return on_new, {name: carried[name].fill_null(np.nan).to_numpy() for name in errors}, found


def _published_errors(table: pl.DataFrame, measures: Sequence[str]) -> Errors:
    """Return the errors that a published table tells: of M0, and of the number of poor households.

    With r poor of n households, each poor with the probability p = (r + ½)/(n + 1), the error of r is √(n p (1 − p)).
    """
    households, poor = pl.col("households"), pl.col("poor_households")
    share = (poor + 0.5) / (households + 1)
    told = {"m0": pl.col("m0_error"), "poor_households": (households * share * (1 - share)).sqrt()}
    return {
        measure: table.select(error.cast(pl.Float64).fill_null(np.nan)).to_series().to_numpy()
        for measure, error in told.items()
        if measure in measures
    }


def bridge(old: pl.DataFrame, crosswalk: pl.DataFrame, errors: Errors | None = None) -> Bridged:
    """Carry the figures of a published table onto the zones of another boundary version.

    Counts are shared out by weight; rates are means of their parts by persons (A by poor persons). People are taken to
    be alike all over an old zone, so bridge zones as fine as can be.

    Parameters
    ----------
    old
        A published table.
    crosswalk
        Columns ``old``, ``new`` (codes) and ``weight``: the share of the old zone's households that lives in the new
        one, or of its area where households cannot be told. The weights of an old zone add up to 1.
    errors
        Standard errors by measure, one entry a row of ``old``.

    Raises
    ------
    ParameterError
        When the crosswalk lacks a column or a zone, names a pair twice, or its weights do not add up.

    Examples
    --------
    >>> table = pl.DataFrame({"code": ["a"], "status": ["shown"], "persons": [100.0], "poor_persons": [20.0]})
    >>> halves = pl.DataFrame({"old": ["a", "a"], "new": ["b", "c"], "weight": [0.75, 0.25]})
    >>> bridge(table, halves).table.select("code", "poor_persons").rows()
    [('b', 15.0), ('c', 5.0)]
    """
    _check_crosswalk(old, crosswalk)
    errors = errors or {}
    _check_errors(old, errors, "old")
    counts = [name for name in _COUNTS if name in old.columns]
    by_person = [name for name in old.columns if name in _PERSON_RATES or "censored_" in name]
    untold = [
        ((pl.col("status") == "shown") & pl.col(name).is_null()).alias(f"untold_{name}")
        for name in (*counts, *by_person)
    ]
    figures = old.with_columns(untold).with_columns(pl.col(pl.Float64).fill_null(0.0).fill_nan(0.0))
    columns = [pl.Series(f"se_{name}", np.asarray(value, dtype=np.float64)) for name, value in errors.items()]
    parts = crosswalk.filter(pl.col("weight") > 0).join(
        figures.with_columns(columns), left_on="old", right_on="code"
    )
    sums = [_told(name, (pl.col(name) * pl.col("weight")).sum()) for name in counts]
    means = [_told(name, _mean(name, "persons")) for name in by_person]
    means += [_mean("a", "poor_persons")] if "a" in old.columns else []
    spreads = [_spread(name) for name in errors]
    states = pl.col("status")
    status = (
        pl.when((states == "hidden").any())
        .then(pl.lit("hidden"))
        .when((states == "empty").all())
        .then(pl.lit("empty"))
        .otherwise(pl.lit("shown"))
    )
    table = (
        parts.group_by("new").agg(*sums, *means, *spreads, status=status).rename({"new": "code"}).sort("code")
    )
    known = pl.col("status") == "shown"
    numbers = [name for name in table.columns if name not in ("code", "status")]
    table = table.with_columns(
        pl.when(known).then(pl.col(name).fill_nan(None)).alias(name) for name in numbers
    )
    carried = {name: table[f"se_{name}"].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in errors}
    return Bridged(table.drop(f"se_{name}" for name in errors), carried)


def _side(table: pl.DataFrame, measures: Sequence[str], errors: Errors, side: str) -> pl.DataFrame:
    for measure in measures:
        if measure not in table.columns or not table.schema[measure].is_numeric():
            raise ParameterError(f"the {side} run has no figure {measure!r} to compare.")
    _check_errors(table, errors, side)
    name = pl.col("name") if "name" in table.columns else pl.lit(None, pl.String)
    return table.select(
        "code",
        name.alias(f"name_{side}"),
        pl.col("status").alias(f"status_{side}"),
        *(pl.col(measure).alias(f"{measure}_{side}") for measure in measures),
        *(_error(errors.get(measure), table.height, f"{measure}_se_{side}") for measure in measures),
    )


def _error(values: Floats | None, height: int, name: str) -> pl.Series:
    known = np.full(height, np.nan) if values is None else np.asarray(values, dtype=np.float64)
    return pl.Series(name, known).fill_nan(None)


def _check_errors(table: pl.DataFrame, errors: Errors, side: str) -> None:
    for measure, values in errors.items():
        if np.shape(values) != (table.height,):
            raise ParameterError(
                f"the {side} run has {table.height} zones, but its errors of {measure!r} have the shape "
                f"{np.shape(values)}; give one error a zone, in the order of the table."
            )


def _status(old: pl.Expr, new: pl.Expr) -> pl.Expr:
    return (
        pl.when(old.is_null())
        .then(pl.lit("only_new"))
        .when(new.is_null())
        .then(pl.lit("only_old"))
        .when((old == "hidden") | (new == "hidden"))
        .then(pl.lit("hidden"))
        .when((old == "empty") | (new == "empty"))
        .then(pl.lit("empty"))
        .otherwise(pl.lit("compared"))
    )


def _compared(table: pl.DataFrame, measure: str, rate: float) -> pl.DataFrame:
    names = {
        f"{measure}_old": pl.col(f"{measure}_old"),
        f"{measure}_new": pl.col(f"{measure}_new"),
        f"{measure}_difference": pl.col(f"{measure}_new") - pl.col(f"{measure}_old"),
        f"{measure}_se": (pl.col(f"{measure}_se_old") ** 2 + pl.col(f"{measure}_se_new") ** 2).sqrt(),
    }
    figures = table.select(**names)
    difference, error = (
        figures[f"{measure}_{kind}"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for kind in ("difference", "se")
    )
    tested = np.flatnonzero(np.isfinite(difference) & (error > 0))
    p = 2 * scipy.stats.norm.sf(np.abs(difference[tested] / error[tested]))
    every_p, moved = np.full(table.height, np.nan), np.zeros(table.height, dtype=bool)
    every_p[tested], moved[tested] = p, discoveries(p, rate)
    known = pl.Series(np.isin(np.arange(table.height), tested))
    return figures.with_columns(
        pl.Series(f"{measure}_p", every_p).fill_nan(None),
        pl.when(known).then(pl.Series(f"{measure}_moved", moved)).alias(f"{measure}_moved"),
    )


def _told(name: str, whole: pl.Expr) -> pl.Expr:
    """Return a sum or mean of parts, null where a shown part does not tell its own."""
    return pl.when(~pl.col(f"untold_{name}").any()).then(whole).alias(name)


def _mean(name: str, by: str) -> pl.Expr:
    share = pl.col("weight") * pl.col(by)
    return ((share * pl.col(name)).sum() / share.sum()).alias(name)


def _spread(name: str) -> pl.Expr:
    """Return the error of a sum, or of a mean, of independent parts; NaN when that of a part is not known."""
    if name in _COUNTS:
        share, whole = pl.col("weight"), pl.lit(1.0)
    else:
        share = pl.col("weight") * pl.col("poor_persons" if name == "a" else "persons")
        whole = share.sum()
    occupied = (pl.col("status") != "empty") & (share > 0)
    error = pl.when(occupied).then(share * pl.col(f"se_{name}")).otherwise(0.0)
    return ((error**2).sum().sqrt() / whole).alias(f"se_{name}")


def _check_crosswalk(old: pl.DataFrame, crosswalk: pl.DataFrame) -> None:
    missing = [name for name in ("old", "new", "weight") if name not in crosswalk.columns]
    if missing:
        raise ParameterError(
            f"the crosswalk has no column {missing[0]!r}; it needs old, new and weight (share of the old zone)."
        )
    twice = crosswalk.filter(pl.struct("old", "new").is_duplicated())
    if twice.height:
        raise ParameterError(
            f"the crosswalk names {twice['old'][0]} → {twice['new'][0]} twice; add up the weights."
        )
    negative = crosswalk.filter(pl.col("weight").is_null() | ~(pl.col("weight") >= 0))
    if negative.height:
        raise ParameterError(f"the crosswalk gives {negative['old'][0]} a weight below 0 or none.")
    sums = crosswalk.group_by("old").agg(pl.col("weight").sum()).sort("old")
    wrong = sums.filter((pl.col("weight") - 1).abs() > _WHOLE)
    if wrong.height:
        raise ParameterError(
            f"the weights of {wrong['old'][0]} in the crosswalk add up to {wrong['weight'][0]:g}, not to 1."
        )
    absent = sorted(set(old["code"]) - set(crosswalk["old"]))
    if absent:
        raise ParameterError(
            f"the crosswalk does not say where {', '.join(absent[:5])} went ({len(absent)} zones in all); "
            "name each zone, also one that stayed (weight 1 to itself)."
        )
