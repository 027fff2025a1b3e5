"""Versions of a boundary set: what changed from one to the next, and a crosswalk that carries figures over.

Both rest on the common areas of the units of two versions, in the equal-area projection EPSG:6933.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo.boundaries import BoundarySet
from geo.boundaries.draft import EQUAL_AREA
from geo.cells import polygons
from geo.errors import ParameterError
from geo.registry import normalised
from geo.tally import Tally

#: A unit has moved when more than this share of its area has changed.
MOVED = 0.01

#: A common area below this share of both units is two drawings of one line, not a piece of one in the other.
_TOUCH = 0.02
#: A unit is a piece of another when this share of it lies there.
_PIECE = 0.5
#: Two units of other codes are one when they share so much of both.
_SAME = 0.9

KINDS = ("added", "gone", "split", "merged", "recoded", "renamed", "moved")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed from one version to the next.

    Attributes
    ----------
    kind
        One of `KINDS`.
    old, new
        Codes and names before and after: one split into several, several merged into one, and so on.
    area_m2
        Of what was added, gone, split or merged; for ``moved`` the area that changed hands.
    share
        ``moved`` only: that area as a share of the old unit's.
    """

    kind: str
    old: tuple[tuple[str, str], ...]
    new: tuple[tuple[str, str], ...]
    area_m2: float
    share: float | None = None


@dataclass(frozen=True)
class _Pair:
    """Two versions of a level laid over each other."""

    old: list[tuple[str, str]]
    new: list[tuple[str, str]]
    old_m2: NDArray[np.float64]
    new_m2: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    common_m2: NDArray[np.float64]


def changes(old: BoundarySet, new: BoundarySet, level: str | None = None) -> tuple[Change, ...]:
    """Return what changed from one version to another, by kind and code.

    A unit that is gone with nothing in its place is ``gone``; one whose pieces became several units, of which at least
    one is new, is ``split``; several that lie mostly in one, of which at least one is gone, are ``merged``; one under
    another code in the same place is ``recoded``. Units of both versions are compared by name (``renamed``) and by the
    area that changed hands (``moved``).

    Parameters
    ----------
    old, new
        Versions of one place in one code system.
    level
        The finest level of both by default.

    Raises
    ------
    ParameterError
        When the versions have no common level, or other code systems.
    """
    pair = _laid_over(old, new, level)
    found = [*_restructured(pair), *_kept(pair)]
    told_old = {
        code for change in found if change.kind in ("split", "merged", "recoded") for code, _ in change.old
    }
    told_new = {
        code for change in found if change.kind in ("split", "merged", "recoded") for code, _ in change.new
    }
    before, after = {code for code, _ in pair.old}, {code for code, _ in pair.new}
    gone = zip(pair.old, pair.old_m2.tolist(), strict=True)
    found += [Change("gone", (unit,), (), area) for unit, area in gone if unit[0] not in after | told_old]
    added = zip(pair.new, pair.new_m2.tolist(), strict=True)
    found += [Change("added", (), (unit,), area) for unit, area in added if unit[0] not in before | told_new]
    return tuple(sorted(found, key=lambda change: (KINDS.index(change.kind), change.old, change.new)))


def crosswalk(
    old: BoundarySet, new: BoundarySet, level: str | None = None, tally: Tally | None = None
) -> pl.DataFrame:
    """Return how the units of an old version spread over those of a new one, for `geo.change.bridge`.

    Parameters
    ----------
    old, new, level
        As `changes`.
    tally
        Of a run on the old version: weights are then shares of households, told by the cells that the located ones
        stand in. A unit without located households keeps its weights by area. Such weights are as restricted as the
        tally: they serve `geo.change.bridge` and are shown to nobody.

    Returns
    -------
    pl.DataFrame
        Columns ``old``, ``new`` (codes) and ``weight``; the weights of an old unit add up to 1. An old unit that
        meets no new one is left out.
    """
    pair = _laid_over(old, new, level)
    share_old, share_new = pair.common_m2 / pair.old_m2[pair.first], pair.common_m2 / pair.new_m2[pair.second]
    real = (share_old > _TOUCH) | (share_new > _TOUCH)
    codes_old, codes_new = np.array([code for code, _ in pair.old]), np.array([code for code, _ in pair.new])
    table = pl.DataFrame(
        {
            "old": codes_old[pair.first[real]].tolist(),
            "new": codes_new[pair.second[real]].tolist(),
            "weight": pair.common_m2[real],
        },
        schema={"old": pl.String, "new": pl.String, "weight": pl.Float64},
    )
    if tally is not None:
        counted = located(old, new, _level(old, new, level), tally)
        table = pl.concat([counted, table.join(counted.select("old").unique(), on="old", how="anti")])
    return table.with_columns(weight=pl.col("weight") / pl.col("weight").sum().over("old")).sort("old", "new")


def _level(old: BoundarySet, new: BoundarySet, level: str | None) -> str:
    common = [name for name in old.levels if name in new.levels]
    if not common:
        raise ParameterError(f"{old.name} and {new.name} have no level in common.")
    if old.code_system is not new.code_system:
        raise ParameterError(
            f"{old.name} has codes of {old.code_system}, {new.name} of {new.code_system}; versions are compared within "
            "one code system."
        )
    if level is not None and level not in common:
        raise ParameterError(f"--level {level!r}: both versions have {', '.join(common)}.")
    return level or common[-1]


def _laid_over(old: BoundarySet, new: BoundarySet, level: str | None) -> _Pair:
    chosen = _level(old, new, level)
    sides = [version.units.iloc[version.rows(chosen)] for version in (old, new)]
    flat = [side.geometry.to_crs(EQUAL_AREA).to_numpy() for side in sides]
    tree = shapely.STRtree(flat[1])
    first, second = tree.query(flat[0], predicate="intersects")
    common = shapely.area(shapely.intersection(flat[0][first], flat[1][second]))
    kept = common > 0
    units = [list(zip(side["code"].tolist(), side["name"].tolist(), strict=True)) for side in sides]
    areas = [shapely.area(shapes) for shapes in flat]
    return _Pair(units[0], units[1], areas[0], areas[1], first[kept], second[kept], common[kept])


def _restructured(pair: _Pair) -> list[Change]:
    """Find units that were split, merged or given another code."""
    before = {code for code, _ in pair.old}
    after = {code for code, _ in pair.new}
    of_old, of_new = pair.common_m2 / pair.old_m2[pair.first], pair.common_m2 / pair.new_m2[pair.second]
    found: list[Change] = []
    for one in range(len(pair.old)):
        meets = pair.first == one
        pieces = pair.second[meets & (of_new >= _PIECE) & (of_old > _TOUCH)]
        new = [pair.new[piece] for piece in pieces.tolist()]
        same = meets & (of_old >= _SAME) & (of_new >= _SAME)
        if pair.old[one][0] not in after and same.any():
            successor = pair.new[int(pair.second[same][0])]
            if successor[0] not in before:
                found.append(Change("recoded", (pair.old[one],), (successor,), float(pair.old_m2[one])))
        elif len(new) > 1 and any(code not in before for code, _ in new):
            found.append(Change("split", (pair.old[one],), tuple(sorted(new)), float(pair.old_m2[one])))
    for other in range(len(pair.new)):
        meets = pair.second == other
        pieces = pair.first[meets & (of_old >= _PIECE) & (of_new > _TOUCH)]
        old = [pair.old[piece] for piece in pieces.tolist()]
        if len(old) > 1 and any(code not in after for code, _ in old):
            found.append(Change("merged", tuple(sorted(old)), (pair.new[other],), float(pair.new_m2[other])))
    return found


def _kept(pair: _Pair) -> list[Change]:
    """Find units of both versions under another name or with another outline."""
    positions = {code: position for position, (code, _) in enumerate(pair.new)}
    pairs = zip(pair.first.tolist(), pair.second.tolist(), strict=True)
    common = dict(zip(pairs, pair.common_m2.tolist(), strict=True))
    found: list[Change] = []
    for one, (code, name) in enumerate(pair.old):
        other = positions.get(code)
        if other is None:
            continue
        unit, now = ((code, name),), (pair.new[other],)
        if normalised(name) != normalised(pair.new[other][1]):
            found.append(Change("renamed", unit, now, float(pair.new_m2[other])))
        moved = float(pair.old_m2[one] + pair.new_m2[other] - 2 * common.get((one, other), 0.0))
        if moved > MOVED * pair.old_m2[one]:
            found.append(Change("moved", unit, now, moved, moved / float(pair.old_m2[one])))
    return found


def located(old: BoundarySet, new: BoundarySet, level: str, tally: Tally) -> pl.DataFrame:
    """Count the located households of each old unit by the new unit that their cell's centre lies in.

    As restricted as the tally; `geo.shares.publish_crosswalk` tells them by class.

    Returns
    -------
    pl.DataFrame
        Columns ``old``, ``new`` (codes) and ``weight``, a number of households.
    """
    cells = tally.counts.filter(pl.col("cell") > 0).group_by("unit", "cell").agg(pl.col("households").sum())
    above = old.ancestors(level)[cells["unit"].to_numpy()]
    centres = shapely.centroid(polygons(cells["cell"].to_numpy()))
    units = new.units.iloc[new.rows(level)]
    tree = shapely.STRtree(units.geometry.to_numpy())
    point, unit = tree.query(centres, predicate="intersects")
    once = np.unique(point, return_index=True)[1]
    point, unit = point[once], unit[once]
    known = above[point] >= 0
    names_old, names_new = old.units["code"].to_numpy(), units["code"].to_numpy()
    table = pl.DataFrame(
        {
            "old": names_old[above[point[known]]].tolist(),
            "new": names_new[unit[known]].tolist(),
            "weight": cells["households"].to_numpy()[point[known]].astype(float),
        },
        schema={"old": pl.String, "new": pl.String, "weight": pl.Float64},
    )
    return table.group_by("old", "new").agg(pl.col("weight").sum()).filter(pl.col("weight") > 0)


def counted(found: Sequence[Change]) -> dict[str, int]:
    """Return how many changes there are of each kind, those that occur."""
    return {kind: number for kind in KINDS if (number := sum(change.kind == kind for change in found))}
