"""Select the places that cover most poor people within a number of places or of households.

Exact by an integer program (HiGHS): maximise Σ g_i x_i over x ∈ {0, 1} with Σ c_i x_i ≤ B, Σ_{i in group} x_i ≥ m for
every group, and places forced in; g_i are the poor of a place, c_i is 1 or its households. Greedy by density g_i / c_i,
keeping enough aside for the groups that still lack places (Dantzig 1957), for comparison. Only shown places can be
selected: of a hidden one nothing is known, not even whether it would be.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.optimize
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.errors import ParameterError

Floats = NDArray[np.float64]

#: Seconds after which the best selection found so far is taken, with how far it may be from the best.
TIME_LIMIT_S = 60.0

_ROUNDING = 1e-9

#: HiGHS keeps constraints to this.
_SOLVER_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Task:
    """What to select from, and within what.

    Attributes
    ----------
    codes
        Of the places that may be selected, sorted.
    gain, cost
        What each place covers, and what it takes of the limit.
    limit
        The most that the selected places may cost.
    group
        For each place the number of its group, such as its kecamatan.
    least
        For each group how many places of it are selected at least.
    forced
        For each place whether it is selected whatever it covers.
    whole
        What all shown places hold, excluded ones too.
    """

    codes: tuple[str, ...]
    gain: Floats
    cost: Floats
    limit: float
    group: NDArray[np.int64]
    least: NDArray[np.int64]
    forced: NDArray[np.bool_]
    whole: float


@dataclass(frozen=True, slots=True)
class Selection:
    """The places selected.

    Attributes
    ----------
    chosen
        For each place of the task whether it is selected.
    bound
        No selection covers more than this; what an exact selection covers, unless time ran out.
    """

    task: Task
    chosen: NDArray[np.bool_]
    bound: float

    @property
    def gain(self) -> float:
        """What the selected places cover."""
        return float(self.task.gain[self.chosen].sum())

    @property
    def cost(self) -> float:
        """What the selected places cost."""
        return float(self.task.cost[self.chosen].sum())

    @property
    def is_optimal(self) -> bool:
        """Whether no selection covers more."""
        return self.gain >= self.bound * (1 - _ROUNDING)

    def curve(self) -> pl.DataFrame:
        """Return the coverage curve of the selected places, see `coverage_curve`."""
        return _curve(self.task, self.chosen)


def task(
    table: pl.DataFrame,
    *,
    places: int | None = None,
    households: float | None = None,
    cover: str = "poor_persons",
    group_of: Mapping[str, str] | None = None,
    at_least: int = 0,
    required: Collection[str] = (),
    excluded: Collection[str] = (),
) -> Task:
    """State a selection among the shown places of a published table.

    Parameters
    ----------
    table
        Published places of one level.
    places, households
        The limit: so many places, or places that hold at most so many households. Give one.
    cover
        The count to cover: ``poor_persons`` or ``poor_households``.
    group_of
        Code of a place → code of its group; the parent of each place when None.
    at_least
        Places of each group at least; all of a group that has fewer.
    required, excluded
        Codes of places selected in any case, and in no case.

    Raises
    ------
    ParameterError
        When the limit is missing or given twice, a code is not among the shown places, or what is asked for does not
        fit into the limit, saying what would.
    """
    limit, by_household = _limit(places, households)
    if cover not in ("poor_persons", "poor_households"):
        raise ParameterError(f"a selection cannot cover {cover!r}; give poor_persons or poor_households.")
    if at_least < 0:
        raise ParameterError(f"at least {at_least} places of each group; give 0 or more.")
    _check_codes(table, required, excluded)
    known = table.filter(pl.col("status") == "shown", pl.col(cover).is_not_null())
    shown = known.filter(~pl.col("code").is_in(list(excluded))).sort("code")
    codes = shown["code"].to_list()
    parents = shown["parent"].fill_null("").to_list()
    labels = parents if group_of is None else [_group(code, group_of) for code in codes]
    names, group = np.unique(np.array(labels, dtype=str), return_inverse=True)
    stated = Task(
        codes=tuple(codes),
        gain=shown[cover].to_numpy().astype(np.float64),
        cost=shown["households"].to_numpy().astype(np.float64) if by_household else np.ones(len(codes)),
        limit=limit,
        group=group,
        least=np.minimum(np.bincount(group, minlength=len(names)), at_least),
        forced=np.isin(codes, list(required)),
        whole=float(known[cover].sum()),
    )
    _check_feasible(stated, by_household)
    return stated


def greedy(stated: Task) -> Selection:
    """Select by density: what a place covers per household, or per place.

    A place is passed over when it would leave too little for the cheapest places that groups still need.

    Examples
    --------
    >>> table = pl.DataFrame({"code": ["a", "b", "c"], "parent": ["p"] * 3, "status": ["shown"] * 3,
    ...                       "households": [60.0, 50.0, 50.0], "poor_persons": [66.0, 50.0, 50.0]})
    >>> greedy(task(table, households=100)).gain, exact(task(table, households=100)).gain
    (66.0, 100.0)
    """
    chosen = stated.forced.copy()
    need = _needs(stated, chosen)
    spare = stated.limit - stated.cost[chosen].sum() - _reserve(stated, chosen, need).sum()
    reserve = _reserve(stated, chosen, need)
    for place in _by_density(stated):
        if chosen[place]:
            continue
        group = stated.group[place]
        chosen[place] = True
        kept = _reserve_of(stated, chosen, group, max(need[group] - 1, 0))
        dearer = stated.cost[place] + kept - reserve[group]
        if dearer > spare + _slack(stated):
            chosen[place] = False
            continue
        spare -= dearer
        reserve[group], need[group] = kept, max(need[group] - 1, 0)
    return Selection(stated, chosen, _fractional_bound(stated))


def exact(stated: Task, time_limit_s: float = TIME_LIMIT_S) -> Selection:
    """Select the places that cover most.

    When time runs out, the better of the best found and the greedy selection, with a bound on what would be possible.
    """
    fallback = greedy(stated)
    if not stated.codes:
        return fallback
    found, bound = _solve(stated, stated.limit, time_limit_s)
    if found is not None and not _fits(stated, found):
        found, _ = _solve(stated, stated.limit * (1 - 2 * _SOLVER_TOLERANCE), time_limit_s)
    best = fallback.chosen
    if found is not None and _fits(stated, found) and stated.gain[found].sum() >= fallback.gain:
        best = found
    return Selection(stated, best, max(min(bound, fallback.bound), float(stated.gain[best].sum())))


def coverage_curve(stated: Task) -> pl.DataFrame:
    """Return how coverage grows over all places, the densest first, whatever the limit and the groups.

    Returns
    -------
    pl.DataFrame
        ``number``, ``code``, ``gain``, ``cost``, their running sums ``covered`` and ``spent``, and ``share``: covered
        of all shown poor. Covered is concave in spent.
    """
    return _curve(stated, np.ones(len(stated.codes), dtype=bool))


def _solve(stated: Task, limit: float, time_limit_s: float) -> tuple[NDArray[np.bool_] | None, float]:
    """Return what HiGHS selects, and its bound on what can be covered."""
    places = np.arange(len(stated.codes))
    groups = sp.csr_array(
        (np.ones(len(places)), (stated.group, places)), shape=(len(stated.least), len(places))
    )
    answer = scipy.optimize.milp(
        -stated.gain,
        integrality=np.ones(len(places)),
        bounds=scipy.optimize.Bounds(stated.forced.astype(np.float64), 1.0),
        constraints=[
            scipy.optimize.LinearConstraint(stated.cost[None, :] / limit, -np.inf, 1.0),
            scipy.optimize.LinearConstraint(groups, stated.least, np.inf),
        ],
        options={"mip_rel_gap": 0.0, "time_limit": time_limit_s},
    )
    found = None if answer.x is None else np.rint(answer.x).astype(bool)
    return found, np.inf if answer.mip_dual_bound is None else -float(answer.mip_dual_bound)


def _fits(stated: Task, chosen: NDArray[np.bool_]) -> bool:
    return bool(stated.cost[chosen].sum() <= stated.limit + _slack(stated))


def _limit(places: int | None, households: float | None) -> tuple[float, bool]:
    if (places is None) == (households is None):
        raise ParameterError("give either a number of places or a number of households.")
    limit = places if households is None else households
    if limit is None or not np.isfinite(limit) or limit <= 0:
        raise ParameterError(f"the limit is {limit}; give more than 0.")
    return float(limit), households is not None


def _check_codes(table: pl.DataFrame, required: Collection[str], excluded: Collection[str]) -> None:
    both = sorted(set(required) & set(excluded))
    if both:
        raise ParameterError(f"{both[0]} is both required and excluded; decide for one.")
    status = dict(table.select("code", "status").iter_rows())
    for code in sorted({*required, *excluded}):
        if code not in status:
            raise ParameterError(f"there is no place {code!r} at this level.")
        if code in required and status[code] != "shown":
            raise ParameterError(
                f"{code} is {status[code]}: its figures are not known, so it cannot be selected."
            )


def _group(code: str, group_of: Mapping[str, str]) -> str:
    if code in group_of:
        return group_of[code]
    raise ParameterError(f"{code} belongs to no group; give each place one.")


def _check_feasible(stated: Task, by_household: bool) -> None:
    need = _needs(stated, stated.forced)
    least = float(stated.cost[stated.forced].sum() + _reserve(stated, stated.forced, need).sum())
    if least > stated.limit + _slack(stated):
        unit = "households" if by_household else "places"
        raise ParameterError(
            f"the required places and the least of each group take {least:g} {unit}, but the limit is "
            f"{stated.limit:g}. Raise the limit to {np.ceil(least):g}, or ask for less."
        )


def _slack(stated: Task) -> float:
    return _ROUNDING * max(stated.limit, 1.0)


def _needs(stated: Task, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many places each group still lacks."""
    have = np.bincount(stated.group[chosen], minlength=len(stated.least))
    lacking: NDArray[np.int64] = np.maximum(stated.least - have, 0)
    return lacking


def _reserve(stated: Task, chosen: NDArray[np.bool_], need: NDArray[np.int64]) -> Floats:
    return np.array([_reserve_of(stated, chosen, group, int(n)) for group, n in enumerate(need)], dtype=float)


def _reserve_of(stated: Task, chosen: NDArray[np.bool_], group: int, need: int) -> float:
    """Return the cost of the cheapest places that a group still needs."""
    if not need:
        return 0.0
    return float(np.sort(stated.cost[(stated.group == group) & ~chosen])[:need].sum())


def _by_density(stated: Task) -> Sequence[int]:
    density = stated.gain / np.maximum(stated.cost, _ROUNDING)
    order: list[int] = np.lexsort((np.arange(len(density)), -stated.gain, -density)).tolist()
    return order


def _fractional_bound(stated: Task) -> float:
    """Return what parts of places would cover within the limit, without minding groups: no selection covers more."""
    spare, bound = stated.limit - stated.cost[stated.forced].sum(), float(stated.gain[stated.forced].sum())
    for place in _by_density(stated):
        if stated.forced[place]:
            continue
        part = 1.0 if stated.cost[place] <= spare else max(spare, 0.0) / stated.cost[place]
        bound += part * stated.gain[place]
        spare -= stated.cost[place]
        if spare <= 0:
            break
    return bound


def _curve(stated: Task, chosen: NDArray[np.bool_]) -> pl.DataFrame:
    order = np.array([place for place in _by_density(stated) if chosen[place]], dtype=np.int64)
    gain, cost = stated.gain[order], stated.cost[order]
    covered = np.cumsum(gain)
    return pl.DataFrame(
        {
            "number": np.arange(1, len(order) + 1),
            "code": [stated.codes[place] for place in order],
            "gain": gain,
            "cost": cost,
            "covered": covered,
            "spent": np.cumsum(cost),
            "share": covered / stated.whole if stated.whole > 0 else np.full(len(order), np.nan),
        },
        schema_overrides={"number": pl.Int64, "code": pl.String},
    )
