"""The main job: from a register and a boundary set to everything that is published of a run."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from geo import notes
from geo import specification as specifications
from geo._version import __version__
from geo.boundaries import BoundarySet
from geo.cells import check_resolution
from geo.counting import Progress, count, silent
from geo.dasymetry import CellWeights
from geo.disclosure import AUDIENCES, Audience, PublishedRun
from geo.jobs import Job
from geo.locate import Conflict, Locator, Unusable
from geo.partitions import PartitionedRegister
from geo.register import Register
from geo.report import PlacementReport, RunSummary
from geo.specification import Label, Specification
from geo.tabulation import Tabulation
from geo.tally import Tally

_ALL_BITS = np.uint32(0xFFFFFFFF)


#: Gives what any audience can read of earlier runs on the same boundaries as a run.
Earlier = Callable[[RunSummary], Sequence[PublishedRun]]


def nothing_before(_: RunSummary) -> Sequence[PublishedRun]:
    """Say that no run was published before."""
    return ()


@dataclass(frozen=True)
class Computed:
    """A run as it is handed to the store.

    Attributes
    ----------
    tally
        Restricted: read by the engine only.
    published
        Audience name → all that it may see.
    """

    summary: RunSummary
    boundaries: BoundarySet
    tally: Tally
    published: Mapping[str, PublishedRun]


def compute(  # noqa: PLR0913
    register: Register | PartitionedRegister,
    boundaries: BoundarySet,
    *,
    resolution: int = 10,
    conflict: Conflict = Conflict.CODE,
    unusable: Unusable = Unusable.CODE,
    weights: CellWeights | None = None,
    threads: int = 2,
    scheduler: str | None = None,
    job: Job | None = None,
    earlier: Earlier = nothing_before,
    progress: Progress = silent,
) -> Computed:
    """Measure a register on a boundary set and publish the results for every audience.

    Parameters
    ----------
    resolution
        The finest H3 resolution at which households are kept.
    conflict
        What governs a household whose point lies in another unit than its code.
    unusable
        What becomes of coordinates that cannot be used as they are.
    weights
        How many people each cell has, by which households known only by their unit are carried onto cells; by the
        located households of the unit when not given.
    threads
        How many to count on; the result does not depend on it.
    scheduler
        Address of a Dask scheduler to count on instead, such as ``tcp://10.0.0.5:8786``.
    job
        Where parts done are kept, and found when they were done before.
    earlier
        Gives what can be read of earlier runs on the same boundaries, such as `geo.store.Store.earlier`: what one of
        them hides stays hidden.

    Raises
    ------
    KantongError
        For a register, specification or parameter that cannot be computed, saying why.
    """
    if scheduler is None:
        locator = Locator(boundaries, resolution, conflict, unusable)
        tally, placement = count(register, locator, threads=threads, progress=progress, job=job)
    else:
        # Imported when asked for: Dask takes longer to load than most commands take.
        from geo import cluster  # noqa: PLC0415

        check_resolution(resolution)
        tally, placement = cluster.count(
            register,
            boundaries,
            resolution,
            conflict,
            scheduler,
            unusable=unusable,
            progress=progress,
            job=job,
        )
    tally, specification, told = _observed(tally, register.specification)
    if weights is not None:
        tally, told = replace(tally, weights=weights), (*told, notes.SPREAD_BY_RASTER)
    summary = RunSummary(
        id=_run_id(
            tally, placement, specification, boundaries, resolution, (conflict, unusable), register.name
        ),
        register_name=register.name,
        boundaries=boundaries.summary,
        specification=specification,
        resolution=resolution,
        placement=placement,
        notes=(*register.notes, *told),
    )
    tabulation = Tabulation(tally, boundaries, resolution)
    before = earlier(summary)
    published: dict[str, PublishedRun] = {}
    # Whoever sees more comes first: what is hidden from them is hidden from all, as they may ask as the public too.
    for step, audience in enumerate(sorted(AUDIENCES.values(), key=lambda one: one.hidden_up_to)):
        progress("publish", step, len(AUDIENCES))
        published[audience.name] = publish_run(summary, tabulation, audience, (*before, *published.values()))
    progress("publish", len(AUDIENCES), len(AUDIENCES))
    return Computed(summary, boundaries, tally, {name: published[name] for name in AUDIENCES})


def publish_run(
    summary: RunSummary, tabulation: Tabulation, audience: Audience, earlier: Sequence[PublishedRun] = ()
) -> PublishedRun:
    """Publish all levels and the pockets of a run for one audience, without a backdrop.

    Parameters
    ----------
    earlier
        What any audience may read: earlier runs on the same boundaries, and this one as those may who see more. Those
        that read as many households are taken to be over the same.
    """
    read = [run for run in earlier if run.audience.hidden_up_to <= audience.hidden_up_to]
    same, others = (
        [run.levels for run in read if (run.summary.placement.read == summary.placement.read) is so]
        for so in (True, False)
    )
    levels = tabulation.publish_all(summary.specification, audience, same, others)
    return PublishedRun(
        summary=summary,
        audience=audience,
        levels=levels,
        pockets=tabulation.publish_pockets(summary.specification, levels),
        backdrop=no_backdrop(),
    )


def no_backdrop() -> gpd.GeoDataFrame:
    """Return a backdrop without rows."""
    return gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=4326)


def _observed(tally: Tally, specification: Specification) -> tuple[Tally, Specification, tuple[Label, ...]]:
    """Drop the indicators that no household of the register carries a value of."""
    sized = tally.counts["persons"].to_numpy() > 0
    everywhere = int(np.bitwise_and.reduce(tally.counts["missing"].to_numpy()[sized], initial=_ALL_BITS))
    empty = [
        indicator.id
        for bit, indicator in enumerate(specification.indicators)
        if sized.any() and (everywhere >> bit) & 1
    ]
    if not empty:
        return tally, specification, ()
    told = notes.absent_indicators(specification, dict.fromkeys(empty, notes.EMPTY_COLUMN))
    kept = [bit for bit, indicator in enumerate(specification.indicators) if indicator.id not in empty]
    return tally.keeping(kept), specification.without(frozenset(empty)), told


def _run_id(
    tally: Tally,
    placement: PlacementReport,
    specification: Specification,
    boundaries: BoundarySet,
    resolution: int,
    choices: tuple[Conflict, Unusable],
    register_name: str,
) -> str:
    """Return the content-addressed id: 32 hexadecimal digits."""
    facts = {
        "version": __version__,
        "register": register_name,
        "placement": placement.counts(),
        "specification": specifications.to_table(specification),
        "boundaries": boundaries.id,
        "resolution": resolution,
        "conflict": str(choices[0]),
        "unusable": str(choices[1]),
    }
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(tally.to_bytes())
    return digest.hexdigest()
