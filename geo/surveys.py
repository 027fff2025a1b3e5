"""Measures of a register that is a sample: design weights, strata, clusters, and their standard errors.

A register of all families needs none of this (`geo.uncertainty`). Where households carry survey weights, each
measure is a ratio of weighted totals and its variance is linearised (Taylor) between the clusters of each stratum,
with a zone as a domain of the whole design, as svy-type software does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student

from geo.errors import ParameterError
from geo.measures import Floats

DEFAULT_CONFIDENCE = 0.95

#: Columns of the figures of `survey_measures`, beside ``zone``, ``households`` and ``persons``.
MEASURES = ("h", "a", "m0")

_NEEDED = ("zone", "weight", "persons", "poor", "score")


@dataclass(frozen=True, slots=True)
class _Design:
    """Which cluster and stratum each household belongs to, numbered from 0."""

    cluster: NDArray[np.int64]
    stratum_of_cluster: NDArray[np.int64]

    @classmethod
    def of(cls, sample: pl.DataFrame) -> "_Design":
        strata = sample["stratum"] if "stratum" in sample.columns else pl.Series(np.zeros(sample.height, int))
        stratum = _numbers(strata)
        clusters = sample["psu"] if "psu" in sample.columns else pl.Series(np.arange(sample.height))
        # A cluster's name is its own within its stratum only.
        pairs, cluster = np.unique(
            np.column_stack([stratum, _numbers(clusters)]), axis=0, return_inverse=True
        )
        lonely = np.flatnonzero(np.bincount(pairs[:, 0]) == 1)
        if len(lonely):
            name = strata[int(np.flatnonzero(stratum == lonely[0])[0])]
            raise ParameterError(
                f"stratum {name!r} has one cluster only, which says nothing of the variance in it; join it with a "
                "stratum of the same kind."
            )
        return cls(cluster.ravel().astype(np.int64), pairs[:, 0].astype(np.int64))

    @property
    def freedom(self) -> int:
        """Clusters less strata."""
        return len(self.stratum_of_cluster) - int(self.stratum_of_cluster.max()) - 1

    def error(self, terms: Floats) -> float:
        """Return the standard error of a total of linearised terms, one a household."""
        totals = np.bincount(self.cluster, terms, len(self.stratum_of_cluster))
        size = np.bincount(self.stratum_of_cluster).astype(np.float64)
        mean = np.bincount(self.stratum_of_cluster, totals) / size
        squares = np.bincount(self.stratum_of_cluster, (totals - mean[self.stratum_of_cluster]) ** 2)
        return float(np.sqrt((size / (size - 1) * squares).sum()))


def survey_measures(sample: pl.DataFrame, *, confidence: float = DEFAULT_CONFIDENCE) -> pl.DataFrame:
    """Measure the zones of a sample of households.

    A ratio R = Σ w n y / Σ w n x has the linearised terms w n (y − R x) / Σ w n x. V = Σ_h m_h/(m_h − 1)
    Σ_clusters (u_hc − ū_h)², with u_hc the sum of the terms of a cluster, 0 for a cluster outside the zone. Clusters
    are drawn with replacement. The interval is ln(R/(1 − R)) ± t·se/(R (1 − R)), turned back, with t on clusters
    less strata.

    Parameters
    ----------
    sample
        One row a household: ``zone``, ``weight`` (whole design weight), ``persons``, ``poor`` (boolean), ``score``
        (0 to 1); ``stratum`` and ``psu`` where the design has them. Without ``psu`` each household is a cluster.

    Returns
    -------
    pl.DataFrame
        By zone: ``households`` in the sample, ``persons`` estimated, and each of h, a, m0 with ``_se``, ``_low`` and
        ``_high``. Null where the measure is undefined; no interval where it is 0 or 1.

    Raises
    ------
    ParameterError
        When a column is missing or incomplete, a weight negative, or a stratum has one cluster.

    Examples
    --------
    >>> sample = pl.DataFrame(
    ...     {"zone": ["a"] * 4, "weight": [1] * 4, "persons": [1] * 4, "poor": [False, True, True, False],
    ...      "score": [0.0, 0.5, 1.0, 0.25]}
    ... )
    >>> survey_measures(sample).select("m0", pl.col("m0_se").round(6)).row(0)
    (0.375, 0.239357)
    """
    _check(sample, confidence)
    design = _Design.of(sample)
    zone = _numbers(sample["zone"])
    weight = (sample["weight"] * sample["persons"]).cast(pl.Float64).to_numpy()
    poor = sample["poor"].cast(pl.Float64).to_numpy()
    scored = poor * sample["score"].cast(pl.Float64).to_numpy()
    every = np.ones_like(poor)
    t = float(student.ppf((1 + confidence) / 2, design.freedom))
    rows = []
    for number, name in enumerate(sample["zone"].unique().sort().to_list()):
        here = np.where(zone == number, weight, 0.0)
        row = {"zone": name, "households": int((zone == number).sum()), "persons": float(here.sum())}
        for figure, above, below in (("h", poor, every), ("a", scored, poor), ("m0", scored, every)):
            row |= _estimate(figure, design, here, above, below, t)
        rows.append(row)
    return pl.DataFrame(rows, schema=_schema(sample.schema["zone"]))


def _estimate(
    figure: str, design: _Design, weight: Floats, above: Floats, below: Floats, t: float
) -> dict[str, float | None]:
    total = float((weight * below).sum())
    if total == 0:
        return {figure: None, f"{figure}_se": None, f"{figure}_low": None, f"{figure}_high": None}
    ratio = float((weight * above).sum()) / total
    error = design.error(weight * (above - ratio * below) / total)
    low, high = _logit_interval(ratio, error, t)
    return {figure: ratio, f"{figure}_se": error, f"{figure}_low": low, f"{figure}_high": high}


def _logit_interval(ratio: float, error: float, t: float) -> tuple[float | None, float | None]:
    if not 0 < ratio < 1:
        return None, None
    centre, reach = np.log(ratio / (1 - ratio)), t * error / (ratio * (1 - ratio))
    return float(1 / (1 + np.exp(reach - centre))), float(1 / (1 + np.exp(-reach - centre)))


def _check(sample: pl.DataFrame, confidence: float) -> None:
    missing = [name for name in _NEEDED if name not in sample.columns]
    if missing:
        raise ParameterError(f"the sample has no column {missing[0]!r}. It needs {', '.join(_NEEDED)}.")
    design = [name for name in ("stratum", "psu") if name in sample.columns]
    incomplete = [name for name in (*_NEEDED, *design) if sample[name].null_count()]
    if incomplete:
        raise ParameterError(
            f"column {incomplete[0]!r} of the sample has empty values; leave out such households."
        )
    if sample.height < 2:
        raise ParameterError("the sample has fewer than two households; it says nothing of its own error.")
    if not 0 < confidence < 1:
        raise ParameterError(f"the confidence is {confidence}; give a number between 0 and 1, such as 0.95.")
    if (sample["weight"] < 0).any():
        raise ParameterError("a survey weight is negative; give 0 or more.")


def _numbers(values: pl.Series) -> NDArray[np.int64]:
    return values.rank("dense").cast(pl.Int64).to_numpy() - 1


def _schema(zone: pl.DataType) -> dict[str, pl.DataType | type[pl.DataType]]:
    kinds: Sequence[str] = ("", "_se", "_low", "_high")
    figures = {f"{figure}{kind}": pl.Float64 for figure in MEASURES for kind in kinds}
    return {"zone": zone, "households": pl.Int64, "persons": pl.Float64, **figures}
