"""Which step a run may take on its way to the public: one official proposes it, another approves it.

``computed → proposed → published → withdrawn``. A proposal can be taken back. A withdrawn run can be proposed anew, and
again needs two people. Who holds which office is for `geo.people` to say; this room says what the state allows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from geo.errors import ConflictError


class State(StrEnum):
    """How far a run is."""

    COMPUTED = "computed"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Publication:
    """How far a run is, and who brought it there.

    Attributes
    ----------
    run_id
        The run.
    proposed_by, approved_by, withdrawn_by
        Account names of officials; None while nobody did.
    computed_at, proposed_at, approved_at, withdrawn_at
        Moments in UTC.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> draft = Publication("5f0c")
    >>> draft.proposed("perencana", noon).approved("pimpinan", noon).is_public
    True
    """

    run_id: str
    state: State = State.COMPUTED
    computed_at: datetime | None = None
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Whether everybody may see the run."""
        return self.state is State.PUBLISHED

    def proposed(self, by: str, at: datetime) -> "Publication":
        """Return it as somebody proposed it for publication.

        Raises
        ------
        ConflictError
            When it is proposed or published already.
        """
        self._must_be("proposed", State.COMPUTED, State.WITHDRAWN)
        return Publication(self.run_id, State.PROPOSED, self.computed_at, by, at)

    def taken_back(self) -> "Publication":
        """Return it as its proposal was taken back, by its proposer or by whoever should approve it.

        Raises
        ------
        ConflictError
            When it is not proposed.
        """
        self._must_be("taken back", State.PROPOSED)
        return Publication(self.run_id, State.COMPUTED, self.computed_at)

    def approved(self, by: str, at: datetime) -> "Publication":
        """Return it as somebody else approved it, which publishes it.

        Raises
        ------
        ConflictError
            When it is not proposed, or was proposed by the same official.
        """
        self._must_be("approved", State.PROPOSED)
        if by == self.proposed_by:
            raise ConflictError(
                f"run {self.run_id[:12]}: was proposed by {by}, so somebody else must approve it."
            )
        return replace(self, state=State.PUBLISHED, approved_by=by, approved_at=at)

    def withdrawn(self, by: str, at: datetime) -> "Publication":
        """Return it as somebody withdrew it from the public.

        Raises
        ------
        ConflictError
            When it is not published.
        """
        self._must_be("withdrawn", State.PUBLISHED)
        return replace(self, state=State.WITHDRAWN, withdrawn_by=by, withdrawn_at=at)

    def _must_be(self, step: str, *states: State) -> None:
        if self.state not in states:
            needed = " or ".join(states)
            raise ConflictError(
                f"run {self.run_id[:12]}: is {self.state}; only a {needed} run can be {step}."
            )
