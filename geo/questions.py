"""What-if questions to a published run: answered without end, and never below the threshold."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geo.codes import LEVELS
from geo.disclosure import PUBLIC, Audience, Published, PublishedRun, publish_answer, publish_robustness
from geo.errors import NotFoundError
from geo.exact import check_cutoff
from geo.measures import DESILS, Measures, check_desils, measure
from geo.protected_profiles import ProtectedProfiles, protect
from geo.robustness import robustness
from geo.tabulation import Tabulation
from geo.tally import ZoneCounts

FINEST_ASKED_BY_PUBLIC = "kelurahan"

_TOP = 10


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far answers are from exact ones: the run's own question put to its merged profiles.

    Attributes
    ----------
    m0_largest, m0_mean
        Largest and mean absolute difference of M0 over the shown zones of the level.
    h_largest
        Largest absolute difference of H.
    top
        How many of the ten shown zones with the highest M0 are among the ten of the exact order; of all where there
        are fewer.
    """

    m0_largest: float
    m0_mean: float
    h_largest: float
    top: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The zones of a level under the weights, cutoff and desils asked for.

    Attributes
    ----------
    deviation
        None where the question is the run's own, and the answer is what the run published.
    """

    published: Published
    deviation: Deviation | None


class Questions:
    """The questions of one audience to one run, answered from its protected profiles.

    Parameters
    ----------
    tabulation
        The run's counts.
    run
        What the audience may see of it; what is hidden there is hidden in every answer.
    of_planners
        The questions of planners where the audience is another: their profiles are merged further for it, so that who
        asks as both learns no more than planners do.
    """

    def __init__(self, tabulation: Tabulation, run: PublishedRun, of_planners: "Questions | None") -> None:
        self._tabulation = tabulation
        self._run = run
        self._of_planners = of_planners
        self._counts: dict[str, ZoneCounts] = {}
        self._deviations: dict[str, Deviation] = {}
        self.levels = asked_levels(run.audience, tabulation.unit_levels)

    def answer(
        self,
        level: str,
        *,
        weights: Mapping[str, Fraction] | None = None,
        cutoff: Fraction | None = None,
        desils: Collection[int] | None = None,
    ) -> Answer:
        """Answer a question.

        Parameters
        ----------
        weights, cutoff, desils
            As in `geo.measures.measure`.

        Raises
        ------
        NotFoundError
            For a level that cannot be asked about.
        SpecificationError, ParameterError
            For weights, a cutoff or desils that cannot be.
        """
        counts = self._at(level)
        own = self._run.summary.specification
        asked = own if weights is None else own.with_weights(weights)
        cutoff = own.cutoff if cutoff is None else cutoff
        check_cutoff(cutoff)
        check_desils(desils)
        if (asked.weights, cutoff) == (own.weights, own.cutoff) and set(desils or DESILS) == DESILS:
            return Answer(self._run.levels[level], None)
        measures = measure(counts, asked, cutoff=cutoff, desils=desils)
        return Answer(publish_answer(self._run.levels[level], measures), self.deviation(level))

    def robustness(self, level: str, *, top: int, draws: int, figure: str = "m0") -> Published:
        """Tell how often each shown zone is among the poorest under other weights and cutoffs, and its ranks.

        Every world is measured from the merged profiles, also one that happens to be the run's own question, so that
        the answer is a function of what all other answers tell.

        Parameters
        ----------
        top, draws, figure
            As in `geo.robustness.robustness`; the same question is answered from the same worlds.

        Returns
        -------
        Published
            With the columns `geo.disclosure.ROBUSTNESS_COLUMNS`.

        Raises
        ------
        NotFoundError
            For a level that cannot be asked about.
        """
        own = self._run.summary.specification
        found = robustness(self._at(level), own, top=top, draws=draws, figure=figure)
        return publish_robustness(self._run.levels[level], found)

    def arrange(self, level: str) -> None:
        """Arrange the counts of a level, which two threads must not do at once; answering they may.

        Raises
        ------
        NotFoundError
            For a level that cannot be asked about.
        """
        self._at(level)

    def deviation(self, level: str) -> Deviation:
        """Return how far the answers of a level are from exact ones."""
        if level not in self._deviations:
            own = measure(self._at(level), self._run.summary.specification)
            self._deviations[level] = _deviation(self._run.levels[level], own)
        return self._deviations[level]

    def _at(self, level: str) -> ZoneCounts:
        if level not in self.levels:
            raise NotFoundError(f"what-if is answered for {', '.join(self.levels)}, not for {level!r}.")
        if level not in self._counts:
            zones = self._tabulation.counts(level).zones
            members = self._members(self.levels.index(level), len(zones))
            self._counts[level] = self._profiles.at(level, zones, members)
        return self._counts[level]

    @cached_property
    def _profiles(self) -> ProtectedProfiles:
        _, place = np.unique(self._innermost, return_inverse=True)
        counts = self._tabulation.counts(self.levels[-1])
        if self._of_planners is not None:
            counts, unit = self._of_planners.merged(self.levels[-1])
            place = place[unit]
        return protect(counts, place, self._run.summary.specification, self._run.audience.hidden_up_to)

    def merged(self, level: str) -> tuple[ZoneCounts, NDArray[np.int64]]:
        """Return all that the answers tell, a row a place, and the unit of a level around each place.

        A place is the finest shown zone around a unit. One that is coarser than the level gets one of its units.
        """
        places, unit = np.unique(self._innermost, return_index=True)
        each = sp.eye_array(len(places), format="csr")
        counts = self._profiles.at(level, places.astype(np.uint64), each)
        return counts, self._around[self.levels.index(level)][unit]

    @cached_property
    def _around(self) -> NDArray[np.int64]:
        """The zone around each finest unit at each level, shape (levels, units)."""
        chain = [np.arange(len(self._tabulation.zones(self.levels[-1]).codes))]
        for level in self.levels[:0:-1]:
            chain.insert(0, self._tabulation.zones(level).parent[chain[0]])
        return np.stack(chain)

    @cached_property
    def _innermost(self) -> NDArray[np.int64]:
        """The finest shown zone around each finest unit, which is its place: one number over all levels."""
        answer = np.zeros(self._around.shape[1], np.int64)
        for depth, level in enumerate(self.levels):
            shown = (self._run.levels[level].table["status"] == "shown").to_numpy()
            zone = self._around[depth]
            answer = np.where(shown[zone], depth * len(answer) + zone, answer)
        return answer

    def _members(self, depth: int, zones: int) -> sp.csr_array:
        """Return which places lie in which zones of a level, shape (zones, places)."""
        places, unit = np.unique(self._innermost, return_index=True)
        inside = np.flatnonzero(places // self._around.shape[1] >= depth)
        rows = self._around[depth][unit[inside]]
        return sp.csr_array((np.ones(len(inside)), (rows, inside)), shape=(zones, len(places)))


def asked_levels(audience: Audience, unit_levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the levels of units that an audience may ask about, coarse to fine."""
    if audience.name != PUBLIC.name:
        return unit_levels
    return tuple(
        level for level in unit_levels if LEVELS.index(level) <= LEVELS.index(FINEST_ASKED_BY_PUBLIC)
    )


def _deviation(exact: Published, merged: Measures) -> Deviation:
    shown = (exact.table["status"] == "shown").to_numpy()
    m0, h = (exact.table[name].to_numpy()[shown] for name in ("m0", "h"))
    off = np.abs(merged.m0[shown] - m0)
    top, top_exact = (
        set(np.argsort(-values, kind="stable")[:_TOP].tolist()) for values in (merged.m0[shown], m0)
    )
    return Deviation(
        m0_largest=float(off.max(initial=0.0)),
        m0_mean=float(off.mean()) if off.size else 0.0,
        h_largest=float(np.abs(merged.h[shown] - h).max(initial=0.0)),
        top=len(top & top_exact),
    )
