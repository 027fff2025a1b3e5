"""Carry a run onto another boundary version: how its households spread over the units there."""

import polars as pl

from geo import lineage, shares
from geo.disclosure import PublishedRun
from geo.errors import NotFoundError
from geo.store.store import Store


def crosswalk(store: Store, old: PublishedRun, new: PublishedRun, level: str) -> pl.DataFrame | None:
    """Return how the units of an older run spread over those of a newer one, as the audience may know it.

    By households where the counts of the older run are in the store, else by area.

    Returns
    -------
    pl.DataFrame or None
        ``old``, ``new`` and ``weight``; None where none is needed (one version, cells), or none can be made (codes of
        two systems, a level that one of them lacks).
    """
    before, after = old.summary.boundaries, new.summary.boundaries
    if before.id == after.id or before.code_system != after.code_system:
        return None
    if level not in old.levels or level not in new.levels or level.startswith("h3-"):
        return None
    return to_version(store, old, after.id, level)


def to_version(store: Store, run: PublishedRun, version: str, level: str) -> pl.DataFrame:
    """Return how the units of a run spread over those of another version of the boundaries.

    Raises
    ------
    NotFoundError
        When the run has no such level, or there is no such version.
    ParameterError
        When the versions cannot be laid over each other.
    """
    if level not in run.levels:
        raise NotFoundError(f"the run has no level {level!r}. Levels: {', '.join(run.levels)}.")
    before, after = store.boundaries(run.summary.boundaries.id), store.boundaries(version)
    by_area = lineage.crosswalk(before, after, level)
    try:
        counts, _ = store.tabulation(run.summary.id).restricted
    except NotFoundError:
        return by_area
    return shares.publish_crosswalk(run.levels[level], by_area, lineage.located(before, after, level, counts))
