"""Publishing a run takes two people: one proposes it, another, who may approve, publishes it."""

from datetime import datetime

from api.problems import NotAllowedError
from geo.people import Identity, Permission
from geo.publication import Publication, State
from geo.store.publications import Publications


def propose(publications: Publications, run_id: str, who: Identity, at: datetime) -> Publication:
    """Propose a run for publication."""
    _need(who, Permission.PROPOSE, "propose a run")
    return publications.propose(run_id, by=who.name, at=at)


def approve(publications: Publications, run_id: str, who: Identity, at: datetime) -> Publication:
    """Publish what another proposed."""
    _need(who, Permission.APPROVE, "approve a run")
    return publications.approve(run_id, by=who.name, at=at)


def withdraw(publications: Publications, run_id: str, who: Identity, at: datetime) -> Publication:
    """Take a proposal back, as its proposer or an approver; or withdraw what is published, as an approver.

    Raises
    ------
    NotAllowedError
        For somebody else.
    """
    now = publications.of(run_id)
    if now.state is not State.PROPOSED:
        _need(who, Permission.APPROVE, "withdraw a published run")
        return publications.withdraw(run_id, by=who.name, at=at)
    if who.name != now.proposed_by:
        _need(who, Permission.APPROVE, "turn down the proposal of another")
    return publications.take_back(run_id, by=who.name, at=at)


def _need(who: Identity, permission: Permission, what: str) -> None:
    if not who.may(permission):
        raise NotAllowedError(f"{who.name or 'the public'} ({who.role}) may not {what}.")
