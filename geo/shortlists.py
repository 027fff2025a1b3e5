"""Shortlists: the places that somebody picked on a run, in order and with reasons, and the decision that freezes them.

All operations are pure: they return another shortlist. The store keeps one only when nobody changed it since it was
read, which ``version`` tells.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from geo.disclosure import Published
from geo.errors import ConflictError, NotFoundError, ParameterError, StaleError
from geo.people import Identity, Permission

MOST_ITEMS = 500
MOST_TITLE = 120
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class ShortlistItem:
    """One place that was picked.

    Attributes
    ----------
    code
        Of the place, as in the published table of the level.
    position
        From 1; the order in which places come first.
    reason
        Why, in the words of who picked it; may be empty.
    added_by, added_at
        Account name, and when (UTC).
    """

    code: str
    position: int
    reason: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The decree that a shortlist became.

    Attributes
    ----------
    number, date, title
        As on the decree.
    signatory_name, signatory_position
        Who signs it: the official's name and office ("Kepala Bappeda").
    decided_by, decided_at
        Account name of who entered it, and when (UTC).
    """

    number: str
    date: date
    title: str
    signatory_name: str
    signatory_position: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Places of one level of one run that somebody wants to put first.

    Attributes
    ----------
    owner
        Account name of who keeps it.
    version
        Goes up with every change that is kept.
    decision
        Once there, nothing changes any more.
    """

    id: str
    run_id: str
    level: str
    title: str
    owner: str
    version: int
    created_at: datetime
    changed_at: datetime
    items: tuple[ShortlistItem, ...] = ()
    decision: Decision | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The places, in order."""
        return tuple(item.code for item in self.items)

    def is_seen_by(self, asker: Identity) -> bool:
        """Whether somebody may read it: once decided everybody, before that its owner and whoever may decide."""
        own = not asker.is_anonymous and asker.name == self.owner
        return self.is_frozen or own or asker.may(Permission.DECIDE)

    def is_changed_by(self, asker: Identity) -> bool:
        """Whether somebody may change it: its owner, while the role lets them pick."""
        return asker.may(Permission.PICK) and asker.name == self.owner

    @property
    def is_frozen(self) -> bool:
        """Whether it was decided upon."""
        return self.decision is not None


def pick(shortlist: Shortlist, code: str, *, reason: str, by: str, at: datetime) -> Shortlist:
    """Add a place at the end.

    Raises
    ------
    ConflictError
        When it is there already, or the shortlist is frozen.
    ParameterError
        When the shortlist is full, or the reason too long.
    """
    refuse_frozen(shortlist)
    if code in shortlist.codes:
        raise ConflictError(f"{code} is on the shortlist already.")
    if len(shortlist.items) >= MOST_ITEMS:
        raise ParameterError(f"a shortlist holds at most {MOST_ITEMS} places.")
    item = ShortlistItem(code, len(shortlist.items) + 1, _reason(reason), by, at)
    return replace(shortlist, items=(*shortlist.items, item), changed_at=at)


def unpick(shortlist: Shortlist, code: str, *, at: datetime) -> Shortlist:
    """Take a place off; those after it move up."""
    refuse_frozen(shortlist)
    _item(shortlist, code)
    left = [item for item in shortlist.items if item.code != code]
    return replace(shortlist, items=_numbered(left), changed_at=at)


def give_reason(shortlist: Shortlist, code: str, reason: str, *, at: datetime) -> Shortlist:
    """Say why a place was picked, in place of what was said before."""
    refuse_frozen(shortlist)
    found = _item(shortlist, code)
    items = tuple(
        replace(item, reason=_reason(reason)) if item is found else item for item in shortlist.items
    )
    return replace(shortlist, items=items, changed_at=at)


def reorder(shortlist: Shortlist, codes: Sequence[str], *, at: datetime) -> Shortlist:
    """Put the places into another order.

    Raises
    ------
    ParameterError
        When the codes are not those on the shortlist, each once.
    """
    refuse_frozen(shortlist)
    if sorted(codes) != sorted(shortlist.codes):
        raise ParameterError("give every place of the shortlist once to put them into another order.")
    by_code = {item.code: item for item in shortlist.items}
    return replace(shortlist, items=_numbered([by_code[code] for code in codes]), changed_at=at)


def rename(shortlist: Shortlist, title: str, *, at: datetime) -> Shortlist:
    """Give another title."""
    refuse_frozen(shortlist)
    return replace(shortlist, title=checked_title(title), changed_at=at)


def decide(shortlist: Shortlist, decision: Decision) -> Shortlist:
    """Put a decree under a shortlist; nothing changes after that.

    Raises
    ------
    ConflictError
        When it was decided upon before.
    ParameterError
        When it names no place, or the decree lacks its number, title or signatory.
    """
    refuse_frozen(shortlist)
    if not shortlist.items:
        raise ParameterError("the shortlist names no place, so there is nothing to decide.")
    for what in ("number", "title", "signatory_name", "signatory_position"):
        if not getattr(decision, what).strip():
            raise ParameterError(f"a decision needs its {what.replace('_', ' ')}.")
    return replace(shortlist, decision=decision, changed_at=decision.decided_at)


def checked_title(title: str) -> str:
    """Return a title without blanks around it.

    Raises
    ------
    ParameterError
        When nothing is left, or too much.
    """
    kept = title.strip()
    if not 0 < len(kept) <= MOST_TITLE:
        raise ParameterError(f"a shortlist's title has 1 to {MOST_TITLE} characters.")
    return kept


def refuse_unknown(codes: Collection[str], published: Published) -> None:
    """Refuse codes that are no places of a level.

    Raises
    ------
    ParameterError
        Naming the first.
    """
    known = set(published.table["code"])
    for code in codes:
        if code not in known:
            raise ParameterError(f"{code!r} is no place of level {published.level}.")


def refuse_frozen(shortlist: Shortlist) -> None:
    """Refuse to change what was decided upon.

    Raises
    ------
    ConflictError
        Naming the decree.
    """
    if shortlist.decision is not None:
        raise ConflictError(
            f"the shortlist was decided upon ({shortlist.decision.number}) and stays as it is. Begin another one."
        )


def at_version(shortlist: Shortlist, version: str) -> Shortlist:
    """Return a shortlist if it is at the version that somebody read.

    Raises
    ------
    StaleError
        When it is not.
    """
    if version != str(shortlist.version):
        raise StaleError("somebody changed the shortlist meanwhile; read it again and repeat the change.")
    return shortlist


def coverage(codes: Sequence[str], published: Published) -> pl.DataFrame:
    """Return what picked places hold, one after the other: the coverage curve.

    Only shown figures are added up; a hidden place adds nothing and says so in ``status``.

    Parameters
    ----------
    codes
        The picked places, in order.
    published
        The level, for the audience that reads.

    Returns
    -------
    pl.DataFrame
        One row a place: ``position`` from 1, ``code``, ``name``, ``status``, ``households``, ``poor_households``,
        ``poor_persons`` (null where hidden); their running sums ``households_covered``, ``poor_households_covered``,
        ``poor_persons_covered``; ``share``, the poor persons covered of all shown ones of the level, 0..1 (null where
        the level shows none).
    """
    counts = ("households", "poor_households", "poor_persons")
    whole = published.table["poor_persons"].sum()
    picked = pl.DataFrame({"code": list(codes)}, schema={"code": pl.String}).with_row_index(
        "position", offset=1
    )
    rows = picked.join(
        published.table.select("code", "name", "status", *counts),
        on="code",
        how="left",
        maintain_order="left",
    )
    running = [pl.col(name).fill_null(0).cum_sum().alias(f"{name}_covered") for name in counts]
    share = pl.col("poor_persons_covered") / whole if whole else pl.lit(None, pl.Float64)
    return rows.with_columns(pl.col("position").cast(pl.Int64), *running).with_columns(share=share)


def _item(shortlist: Shortlist, code: str) -> ShortlistItem:
    for item in shortlist.items:
        if item.code == code:
            return item
    raise NotFoundError(f"{code} is not on the shortlist.")


def _numbered(items: Sequence[ShortlistItem]) -> tuple[ShortlistItem, ...]:
    return tuple(replace(item, position=position) for position, item in enumerate(items, start=1))


def _reason(reason: str) -> str:
    kept = reason.strip()
    if len(kept) > MOST_REASON:
        raise ParameterError(f"a reason has at most {MOST_REASON} characters.")
    return kept
