"""The collections that an audience may see: every level of every run, its pockets, and the boundaries below them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from api.library import Library
from geo.disclosure import Audience, Published
from geo.errors import NotFoundError
from geo.report import RunSummary
from geo.specification import Label
from maps import features, palette, reference_systems
from maps.features import Features

#: So much of a run's or a boundary set's id names it in the id of a collection.
ID_LENGTH = 12
_BOUNDARY = "boundary-"
_RUNS_KEPT = 16


@dataclass(frozen=True)
class Collection:
    """One collection of features.

    Attributes
    ----------
    id
        ``<run>_<level>``, or ``<boundary set>_boundary-<level>``: it means the same features for ever.
    title, description
        For people.
    attribution
        Where the outlines come from.
    run
        The run whose zones these are; None for boundaries.
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

    def collections(self, audience: Audience) -> list[Collection]:
        """Return all collections: runs newest first, then the boundary sets that they lie on."""
        of_runs = [self._of_run(run, audience) for run in self._library.run_ids(audience)]
        sets = dict.fromkeys(one.run.boundaries.id for of_run in of_runs for one in of_run if one.run)
        of_sets = [self._of_boundaries(set_id) for set_id in sets]
        return [one for several in (*of_runs, *of_sets) for one in several]

    def collection(self, identifier: str, audience: Audience) -> Collection:
        """Return one collection.

        Raises
        ------
        NotFoundError
            When the audience sees no such collection.
        """
        found = next((one for one in self._candidates(identifier, audience) if one.id == identifier), None)
        if found is None:
            raise NotFoundError(
                f"there is no collection {identifier!r}; /ogc/collections lists those there are."
            )
        return found

    def newest(self, level: str, audience: Audience) -> Collection:
        """Return the collection of a level of the newest run: what ``latest_<level>`` means today."""
        return self.collection(f"{self._library.run_ids(audience)[0][:ID_LENGTH]}_{level}", audience)

    def _candidates(self, identifier: str, audience: Audience) -> Iterator[Collection]:
        start, _, level = identifier.partition("_")
        if level.startswith(_BOUNDARY):
            yield from self.collections(audience)
        for run in self._library.run_ids(audience):
            if run[:ID_LENGTH] == start:
                yield from self._of_run(run, audience)

    def _read_run(self, run_id: str, audience: Audience) -> tuple[Collection, ...]:
        run = self._library.run(run_id, audience)
        shown = [*run.levels.values(), *([run.pockets] if run.pockets.table.height else [])]
        return tuple(_zones(run.summary, published) for published in shown)

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


def _zones(summary: RunSummary, published: Published) -> Collection:
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
        features=features.of_published(published, summary.specification),
    )
