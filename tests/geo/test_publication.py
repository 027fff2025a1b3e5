"""Which step a run may take, from every state; two officials publish."""

from datetime import UTC, datetime

import pytest

from geo.errors import ConflictError
from geo.publication import Publication, State

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 12, tzinfo=UTC)

DRAFT = Publication("5f0c" * 8, computed_at=NOON)
PROPOSED = DRAFT.proposed("perencana", NOON)
PUBLISHED = PROPOSED.approved("pimpinan", LATER)
WITHDRAWN = PUBLISHED.withdrawn("pimpinan", LATER)

ALLOWED = {
    (State.COMPUTED, "proposed"): State.PROPOSED,
    (State.PROPOSED, "taken back"): State.COMPUTED,
    (State.PROPOSED, "approved"): State.PUBLISHED,
    (State.PUBLISHED, "withdrawn"): State.WITHDRAWN,
    (State.WITHDRAWN, "proposed"): State.PROPOSED,
}
STEPS = {
    "proposed": lambda run: run.proposed("gis", LATER),
    "taken back": lambda run: run.taken_back(),
    "approved": lambda run: run.approved("kepala", LATER),
    "withdrawn": lambda run: run.withdrawn("kepala", LATER),
}


@pytest.mark.parametrize("before", [DRAFT, PROPOSED, PUBLISHED, WITHDRAWN], ids=lambda run: str(run.state))
@pytest.mark.parametrize("step", list(STEPS))
def test_every_step_from_every_state(before: Publication, step: str) -> None:
    expected = ALLOWED.get((before.state, step))
    if expected is not None:
        assert STEPS[step](before).state is expected
        return
    with pytest.raises(ConflictError, match=f"is {before.state}; only a .* run can be {step}"):
        STEPS[step](before)


def test_nobody_approves_the_own_proposal() -> None:
    with pytest.raises(ConflictError, match="was proposed by perencana, so somebody else must approve it"):
        PROPOSED.approved("perencana", LATER)


def test_only_a_published_run_is_public() -> None:
    assert [run.is_public for run in (DRAFT, PROPOSED, PUBLISHED, WITHDRAWN)] == [False, False, True, False]


def test_it_says_who_did_what_and_forgets_a_proposal_taken_back() -> None:
    assert (WITHDRAWN.proposed_by, WITHDRAWN.approved_by, WITHDRAWN.withdrawn_by) == (
        "perencana",
        "pimpinan",
        "pimpinan",
    )
    assert PROPOSED.taken_back() == DRAFT
    again = WITHDRAWN.proposed("gis", LATER)
    assert (again.proposed_by, again.approved_by, again.withdrawn_at) == ("gis", None, None)
