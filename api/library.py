"""What a server has read from its store: runs never change, so each is read once."""

import threading
from functools import lru_cache
from typing import Any

from api.accounts import Accounts
from api.problems import NotAllowedError
from api.settings import Settings
from geo import shortlists
from geo.audit import Action
from geo.boundaries import BoundarySet
from geo.change import RunChange, between
from geo.codes import LEVELS
from geo.disclosure import PLANNER, PUBLIC, Audience, Published, PublishedRun
from geo.people import Identity
from geo.questions import FINEST_ASKED_BY_PUBLIC, Answer, Questions
from geo.report import RunSummary
from geo.shortlists import Shortlist
from geo.store import BoundaryListing, Store, bridging

_RUNS_KEPT = 8
_ANSWERS_KEPT = 64


class Library:
    """The runs of a store, kept in memory once read.

    Parameters
    ----------
    settings
        Where the store is.

    Attributes
    ----------
    accounts
        Who may come in.
    shortlists, publications
        Which places were picked; how far each run is on its way to the public.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings.database_url, pool=settings.connections.pool)
        self.accounts = Accounts(self._store)
        self.shortlists = self._store.shortlists
        self.publications = self._store.publications
        self._published = lru_cache(_RUNS_KEPT)(self._store.published)
        self._summary = lru_cache(_RUNS_KEPT)(self._store.summary)
        self._tabulation = lru_cache(_RUNS_KEPT)(self._store.tabulation)
        self._questions = lru_cache(_RUNS_KEPT)(
            lambda run, audience: Questions(
                self._tabulation(run),
                self._published(run, audience),
                self._questions(run, PLANNER) if audience is PUBLIC else None,
            )
        )
        self._robustness = lru_cache(_ANSWERS_KEPT)(
            lambda run, audience, level, top, draws, figure: self._questions(run, audience).robustness(
                level, top=top, draws=draws, figure=figure
            )
        )
        self._crosswalk = lru_cache(_RUNS_KEPT)(
            lambda old, new, audience, level: bridging.crosswalk(
                self._store, self._published(old, audience), self._published(new, audience), level
            )
        )
        # A tabulation arranges its counts when they are first asked for; two threads must not do it at once.
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def check(self) -> None:
        """Read the store, as a sign that it can be read and has the tables of this version."""
        self._store.check()

    def note(self, action: Action, asker: Identity, subject: str, **detail: str) -> None:
        """Write in the audit what somebody with an account did; what the public fetches is not written down."""
        if not asker.is_anonymous:
            self._store.audit.append(
                action, at=self.accounts.clock(), actor=asker.name, subject=subject, detail=detail
            )

    def boundary_sets(self) -> list[BoundaryListing]:
        """Return every version of every boundary set, newest last."""
        return self._store.boundary_listing()

    def resolve(self, reference: str, audience: Audience) -> str:
        """Return the id of the run meant, of those that an audience may see: the public sees published ones."""
        return self._store.resolve(reference, drafts=audience is not PUBLIC)

    def summaries(self, audience: Audience) -> list[RunSummary]:
        """Return what every run is that an audience may see, newest first."""
        return [self._summary(identifier) for identifier in self.run_ids(audience)]

    def summary(self, reference: str, audience: Audience) -> RunSummary:
        """Return what a run is."""
        return self._summary(self.resolve(reference, audience))

    def run_ids(self, audience: Audience) -> list[str]:
        """Return the ids of the runs that an audience may see, newest first."""
        return self._store.run_ids(drafts=audience is not PUBLIC)[::-1]

    def boundaries(self, identifier: str) -> BoundarySet:
        """Return a version of a boundary set."""
        return self._store.boundaries(identifier)

    def run(self, reference: str, audience: Audience) -> PublishedRun:
        """Return what an audience may see of a run."""
        return self._published(self.resolve(reference, audience), audience)

    def coverage(self, shortlist: Shortlist, audience: Audience) -> list[dict[str, Any]]:
        """Return the places of a shortlist in order, with what they hold and how coverage grows.

        Places of a level that the audience may not see carry their code only.
        """
        run = self.run(shortlist.run_id, audience)
        levels = {**run.levels, run.pockets.level: run.pockets}
        if shortlist.level not in levels:
            return [{"position": item.position, "code": item.code} for item in shortlist.items]
        return shortlists.coverage(shortlist.codes, levels[shortlist.level]).to_dicts()

    def what_if(
        self, reference: str, audience: Audience, level: str, **question: Any
    ) -> tuple[RunSummary, Answer]:
        """Answer what the units of a level would be under other weights, cutoff or desils.

        Raises
        ------
        NotAllowedError
            For a level finer than the audience may ask about.
        """
        run = self.run(reference, audience)
        _refuse_too_fine(audience, level)
        with self._lock:
            return run.summary, self._questions(run.summary.id, audience).answer(level, **question)

    def robustness(
        self, reference: str, audience: Audience, level: str, *, top: int, draws: int, figure: str
    ) -> tuple[RunSummary, Published]:
        """Tell how often the units of a level are in the top under other weights and cutoffs.

        Raises
        ------
        NotAllowedError
            For a level finer than the audience may ask about.
        """
        run = self.run(reference, audience)
        _refuse_too_fine(audience, level)
        with self._lock:
            self._questions(run.summary.id, audience).arrange(level)
        return run.summary, self._robustness(run.summary.id, audience, level, top, draws, figure)

    def compare(self, reference: str, older: str, audience: Audience, level: str) -> RunChange:
        """Compare two runs at a level, of what the audience sees of both.

        Raises
        ------
        ParameterError
            When they are not comparable.
        """
        old, new = self.run(older, audience), self.run(reference, audience)
        carried = self._crosswalk(old.summary.id, new.summary.id, audience, level)
        return between(old, new, level, crosswalk=carried)


def _refuse_too_fine(audience: Audience, level: str) -> None:
    """Refuse a question of the public about a level finer than it may ask about."""
    if audience is PUBLIC and level in LEVELS[LEVELS.index(FINEST_ASKED_BY_PUBLIC) + 1 :]:
        raise NotAllowedError(
            f"the public may ask what-if down to {FINEST_ASKED_BY_PUBLIC}, not about {level}."
        )
