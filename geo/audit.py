"""The audit: who did what to what, each entry sealed by a hash that covers the one before.

The hash of entry n is SHA-256 over its fields and the hash of entry n - 1 (Haber & Stornetta 1991), so a changed,
removed or inserted entry breaks the chain from there on. Entries cut off at the end leave a whole, shorter chain: note
number and hash of the newest one elsewhere from time to time. Officials' account names are kept; of households nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

#: What stands for the hash of the entry before the first.
GENESIS = "0" * 64


class Action(StrEnum):
    """What is written down."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    REFUSED = "refused"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_CHANGED = "account_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    APP_PASSWORD_ADDED = "app_password_added"  # noqa: S105
    APP_PASSWORD_REVOKED = "app_password_revoked"  # noqa: S105
    RUN_PROPOSED = "run_proposed"
    RUN_TAKEN_BACK = "run_taken_back"
    RUN_PUBLISHED = "run_published"
    RUN_WITHDRAWN = "run_withdrawn"
    UPLOADED = "uploaded"
    COMPUTED = "computed"
    EXPORTED = "exported"
    SHORTLIST_DELETED = "shortlist_deleted"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes
    ----------
    number
        From 1, without gaps.
    at
        When, UTC.
    actor
        Account name; empty for somebody who has not signed in, ``kantong`` for the command line.
    subject
        What it was done to: the id of a run or shortlist, an account name, a path.
    detail
        What else one has to know, as text.
    previous, digest
        Hash of the entry before, and of this one, in hexadecimal.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str] = field(default_factory=dict)
    previous: str = GENESIS
    digest: str = ""


def sealed(entry: Entry, previous: str) -> Entry:
    """Return an entry bound to the hash of the one before.

    Examples
    --------
    >>> first = sealed(Entry(1, datetime(2026, 11, 24, tzinfo=UTC), "pimpinan", Action.DECIDED, "s1"), GENESIS)
    >>> len(first.digest), broken_at([first])
    (64, None)
    """
    fields = (entry.number, entry.at, entry.actor, str(entry.action), entry.subject, dict(entry.detail))
    return Entry(*fields, previous=previous, digest=_digest(entry, previous))


def broken_at(entries: Iterable[Entry]) -> int | None:
    """Return the number of the first entry that is not as it was written, or None when the chain is whole.

    Parameters
    ----------
    entries
        All of them, by number.
    """
    previous = GENESIS
    for expected, entry in enumerate(entries, start=1):
        if entry.number != expected:
            return expected
        if entry.previous != previous or entry.digest != _digest(entry, previous):
            return expected
        previous = entry.digest
    return None


def _digest(entry: Entry, previous: str) -> str:
    said = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        str(entry.action),
        entry.subject,
        dict(entry.detail),
        previous,
    ]
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
