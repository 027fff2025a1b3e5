"""The collections that an audience may see: every level of every run, its pockets, and the boundaries below them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from api.library import Library
from geo.disclosure import Audience, Published, PublishedRun
from geo.errors import NotFoundError
from geo.people import Identity
from geo.report import RunSummary
from geo.shortlists import Shortlist
from geo.specification import Label
from geo.store.store import LATEST
from maps import features, palette, reference_systems
from maps.features import Features

#: So much of a run's or a boundary set's id names it in the id of a collection.
ID_LENGTH = 12
_BOUNDARY = "boundary-"
_SHORTLIST = "shortlist"
_RUNS_KEPT = 16


@dataclass(frozen=True)
class Collection:
    """One collection of features.

    Attributes
    ----------
    id
        ``<run>_<level>`` or ``<boundary set>_boundary-<level>``, which mean the same features for ever, or
        ``<shortlist>_shortlist``.
    title, description
        For people.
    attribution
        Where the outlines come from.
    run
        The run whose zones these are, all of a level; None for boundaries and shortlists.
    level
        The level within the run.
    features
        The features themselves.
    """

    id: str
    title: Label
    description: Label
    attribution: str
    run: RunSummary | None
    level: str
    features: Features

    @property
    def systems(self) -> tuple[str, ...]:
        """Return the reference systems in which the features can be asked for."""
        return reference_systems.offered(self.features.bounds or (0.0, 0.0, 0.0, 0.0))


class Catalogue:
    """The collections of a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._of_run = lru_cache(_RUNS_KEPT)(self._read_run)
        self._of_boundaries = lru_cache(_RUNS_KEPT)(self._read_boundaries)

    def collections(self, asker: Identity) -> list[Collection]:
        """Return all collections: runs newest first with their shortlists, then the boundary sets below them."""
        runs = self._library.run_ids(asker.audience)
        of_runs = [(*self._of_run(run, asker.audience), *self._shortlists(run, asker)) for run in runs]
        sets = dict.fromkeys(one.run.boundaries.id for of_run in of_runs for one in of_run if one.run)
        of_sets = [self._of_boundaries(set_id) for set_id in sets]
        return [one for several in (*of_runs, *of_sets) for one in several]

    def collection(self, identifier: str, asker: Identity) -> Collection:
        """Return one collection.

        Raises
        ------
        NotFoundError
            When whoever asks sees no such collection.
        """
        found = next((one for one in self._candidates(identifier, asker) if one.id == identifier), None)
        if found is None:
            raise NotFoundError(
                f"there is no collection {identifier!r}; /ogc/collections lists those there are."
            )
        return found

    def newest(self, level: str, asker: Identity) -> Collection:
        """Return the collection of a level of the newest run: what ``latest_<level>`` means today."""
        newest = self._library.resolve(LATEST, asker.audience)
        return self.collection(f"{newest[:ID_LENGTH]}_{level}", asker)

    def _candidates(self, identifier: str, asker: Identity) -> Iterable[Collection]:
        start, _, level = identifier.partition("_")
        if level == _SHORTLIST or level.startswith(_BOUNDARY):
            return self.collections(asker)
        runs = self._library.run_ids(asker.audience)
        return [one for run in runs if run[:ID_LENGTH] == start for one in self._of_run(run, asker.audience)]

    def _shortlists(self, run_id: str, asker: Identity) -> Iterator[Collection]:
        """Yield the shortlists of a run as they are now, which change until they are decided upon."""
        for shortlist in self._library.shortlists.of_run(run_id):
            run = self._library.run(run_id, asker.audience)
            levels = {**run.levels, run.pockets.level: run.pockets}
            if shortlist.items and shortlist.level in levels and shortlist.is_seen_by(asker):
                yield _picked(run, shortlist, levels[shortlist.level])

    def _read_run(self, run_id: str, audience: Audience) -> tuple[Collection, ...]:
        run = self._library.run(run_id, audience)
        shown = [*run.levels.values(), *([run.pockets] if run.pockets.table.height else [])]
        return tuple(_zones(run, published) for published in shown)

    def _read_boundaries(self, set_id: str) -> tuple[Collection, ...]:
        boundaries = self._library.boundaries(set_id)
        return tuple(
            Collection(
                id=f"{set_id[:ID_LENGTH]}_{_BOUNDARY}{level}",
                title=Label(
                    f"Batas {palette.LEVEL_LABELS[level].id} – {boundaries.name}",
                    f"Boundaries: {palette.LEVEL_LABELS[level].en} – {boundaries.name}",
                ),
                description=Label("Batas wilayah yang dimuat.", "Boundaries as loaded."),
                attribution=boundaries.source,
                run=None,
                level=level,
                features=features.of_boundaries(boundaries, level),
            )
            for level in dict.fromkeys(boundaries.units["level"])
        )


def _zones(run: PublishedRun, published: Published) -> Collection:
    summary = run.summary
    level = palette.level_label(published.level)
    place, register = summary.boundaries.place, summary.register_name
    return Collection(
        id=f"{summary.id[:ID_LENGTH]}_{published.level}",
        title=Label(f"{level.id} – {place}, {register}", f"{level.en} – {place}, {register}"),
        description=Label(
            f"Kemiskinan multidimensi menurut {summary.specification.label.id}; perhitungan {summary.id[:ID_LENGTH]}. "
            "Angka wilayah yang disembunyikan tidak ada.",
            f"Multidimensional poverty by {summary.specification.label.en}; run {summary.id[:ID_LENGTH]}. "
            "Hidden places carry no figure.",
        ),
        attribution=summary.boundaries.source,
        run=summary,
        level=published.level,
        features=features.of_published(published, summary.specification, run.layers),
    )


def _picked(of: PublishedRun, shortlist: Shortlist, published: Published) -> Collection:
    summary = of.summary
    decision = shortlist.decision
    state = Label("belum ditetapkan", "not decided")
    if decision is not None:
        state = Label(f"ditetapkan dengan nomor {decision.number}", f"decided as number {decision.number}")
    run = summary.id[:ID_LENGTH]
    return Collection(
        id=f"{shortlist.id}_{_SHORTLIST}",
        title=Label(f"Daftar pendek: {shortlist.title}", f"Shortlist: {shortlist.title}"),
        description=Label(
            f"Tempat yang dipilih, {state.id}; perhitungan {run}.", f"Places picked, {state.en}; run {run}."
        ),
        attribution=summary.boundaries.source,
        run=None,
        level=shortlist.level,
        features=features.of_shortlist(published, shortlist.codes, summary.specification, of.layers),
    )
