"""Look at a register unit by unit: what is missing, and what can hardly be true.

Read off the tally, so it is for whoever may read the tally: the keeper of the register, at the command line. Nothing of
it is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.boundaries import BoundarySet
from geo.specification import Specification
from geo.tally import Tally

_FEWEST_HOUSEHOLDS = 20
#: So improbable is what is called suspicious, if a unit were like the whole.
_IMPROBABLE = 1e-6
_TIMES = 10.0


@dataclass(frozen=True)
class Suspicion:
    """What can hardly be true of a unit.

    Attributes
    ----------
    reason
        ``identical`` (all households are the same), ``constant`` (an indicator is), ``large``, ``small`` (ten times
        more, or fewer, persons than its share of the population).
    detail
        The indicator, or how many times.
    """

    code: str
    name: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Scrutiny:
    """A register unit by unit.

    Attributes
    ----------
    units
        One row a unit with households: ``code``, ``name``, ``households``, ``located``, ``by_code``, ``persons``,
        and the share of households that miss each indicator, ``missing_<id>``.
    suspicions
        What can hardly be true.
    """

    units: pl.DataFrame
    suspicions: tuple[Suspicion, ...]

    @property
    def missing(self) -> dict[str, float]:
        """Indicator → share of all households that miss it."""
        weight = self.units["households"].to_numpy()
        return {
            column.removeprefix("missing_"): float(np.average(self.units[column].to_numpy(), weights=weight))
            for column in self.units.columns
            if column.startswith("missing_")
        }


def scrutinise(
    tally: Tally,
    boundaries: BoundarySet,
    specification: Specification,
    level: str,
    population: Mapping[int, float] | None = None,
) -> Scrutiny:
    """Look at the units of a level; households that are known only at a coarser one are left out.

    Parameters
    ----------
    population
        Persons by row of the unit, from another source.
    """
    ids = list(specification.weights)
    ancestors = boundaries.ancestors(level)
    rows = tally.counts.with_columns(
        unit=pl.Series(ancestors[tally.counts["unit"].to_numpy()]), located=pl.col("cell") > 0
    ).filter(pl.col("unit") >= 0)
    weight = pl.col("households")
    bits = {name: 1 << bit for bit, name in enumerate(ids)}
    lacks = {f"missing_{name}": (pl.col("missing") & bit) > 0 for name, bit in bits.items()}
    yes = {f"yes_{name}": ((pl.col("deprived") & bit) > 0) for name, bit in bits.items()}
    by_unit = (
        rows.group_by("unit")
        .agg(
            weight.sum().alias("households"),
            weight.filter(pl.col("located")).sum().alias("located"),
            pl.col("persons").sum(),
            pl.struct("desil", "deprived", "missing").n_unique().alias("kinds"),
            *((weight * rule.cast(pl.Int64)).sum().alias(name) for name, rule in {**lacks, **yes}.items()),
        )
        .sort("unit")
    )
    units = boundaries.units.iloc[by_unit["unit"].to_numpy()]
    named = by_unit.with_columns(
        code=pl.Series(units["code"].to_list()),
        name=pl.Series(units["name"].to_list()),
        by_code=pl.col("households") - pl.col("located"),
    )
    suspicions = [*_identical(named), *_constant(named, ids), *_sizes(named, population)]
    shares = [(pl.col(name) / pl.col("households")).alias(name) for name in lacks]
    table = named.select("code", "name", "households", "located", "by_code", "persons", *shares)
    return Scrutiny(table, tuple(suspicions))


def _identical(units: pl.DataFrame) -> list[Suspicion]:
    same = units.filter(pl.col("kinds") == 1, pl.col("households") >= _FEWEST_HOUSEHOLDS)
    return [
        Suspicion(row["code"], row["name"], "identical", str(row["households"]))
        for row in same.iter_rows(named=True)
    ]


def _constant(units: pl.DataFrame, ids: list[str]) -> list[Suspicion]:
    """Return units in which an indicator is the same for all that answered, though it varies elsewhere."""
    found = []
    for name in ids:
        observed = (units["households"] - units[f"missing_{name}"]).to_numpy()
        yes = units[f"yes_{name}"].to_numpy()
        share = yes.sum() / max(observed.sum(), 1)
        chance = np.where(
            yes == 0, _power(1 - share, observed), np.where(yes == observed, _power(share, observed), 1)
        )
        for place in np.flatnonzero((observed >= _FEWEST_HOUSEHOLDS) & (chance < _IMPROBABLE)):
            row = units.row(int(place), named=True)
            found.append(Suspicion(row["code"], row["name"], "constant", name))
    return found


def _power(share: float, number: NDArray[np.int64]) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = np.power(share, number.astype(np.float64))
    return answer


def _sizes(units: pl.DataFrame, population: Mapping[int, float] | None) -> list[Suspicion]:
    if not population:
        return []
    expected = np.array([population.get(int(row), np.nan) for row in units["unit"]])
    persons = units["persons"].to_numpy().astype(np.float64)
    known = np.isfinite(expected) & (expected > 0)
    if not known.any():
        return []
    # A register may hold a part of the people only; a unit is compared with what the whole has of its population.
    usual = persons[known].sum() / expected[known].sum()
    times = np.where(known, persons / np.where(known, expected * usual, 1.0), 1.0)
    found = []
    for place in np.flatnonzero((times >= _TIMES) | (times <= 1 / _TIMES)):
        row = units.row(int(place), named=True)
        reason = "large" if times[place] > 1 else "small"
        found.append(
            Suspicion(
                row["code"],
                row["name"],
                reason,
                f"{times[place]:.2g}" if reason == "small" else f"{times[place]:.1f}",
            )
        )
    return found
