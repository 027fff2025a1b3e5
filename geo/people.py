"""Who works with Kantong, and what each role may do: one table, nothing implied by another role."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geo.disclosure import PLANNER, PUBLIC, Audience
from geo.errors import ParameterError


class Role(StrEnum):
    """What a person is to the local government; ``publik`` is everybody who has not signed in."""

    PUBLIK = "publik"
    PERENCANA = "perencana"
    GIS = "gis"
    PIMPINAN = "pimpinan"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a person may or may not do."""

    SEE_PUBLISHED = "see_published"
    WHAT_IF = "what_if"
    EXPORT = "export"
    OWN_ACCOUNT = "own_account"  # change the own password, make and revoke own app passwords
    SEE_DRAFTS = "see_drafts"  # runs that are not published, and shortlists that are not decided
    PICK = "pick"  # keep shortlists
    PROPOSE = "propose"  # propose a run for publication, withdraw the own proposal
    APPROVE = "approve"  # publish what another proposed, withdraw what is published
    DECIDE = "decide"  # put a decree's number under a shortlist, which freezes it
    UPLOAD_BOUNDARIES = "upload_boundaries"
    COMPUTE = "compute"
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT = "read_audit"
    SEE_METRICS = "see_metrics"


_EVERYBODY = frozenset({Permission.SEE_PUBLISHED, Permission.WHAT_IF, Permission.EXPORT})
_SIGNED_IN = _EVERYBODY | {Permission.OWN_ACCOUNT, Permission.SEE_DRAFTS}

#: Who may do what. An admin keeps accounts and machinery and signs nothing: proposing, approving and deciding are
#: the work of named officials.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.PUBLIK: _EVERYBODY,
    Role.PERENCANA: _SIGNED_IN | {Permission.PICK, Permission.PROPOSE},
    Role.GIS: _SIGNED_IN
    | {Permission.PICK, Permission.PROPOSE, Permission.UPLOAD_BOUNDARIES, Permission.COMPUTE},
    Role.PIMPINAN: _SIGNED_IN
    | {
        Permission.PICK,
        Permission.PROPOSE,
        Permission.APPROVE,
        Permission.DECIDE,
        Permission.READ_AUDIT,
    },
    Role.ADMIN: _SIGNED_IN
    | {
        Permission.UPLOAD_BOUNDARIES,
        Permission.COMPUTE,
        Permission.MANAGE_PEOPLE,
        Permission.READ_AUDIT,
        Permission.SEE_METRICS,
    },
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The person a request comes from.

    Attributes
    ----------
    user_id, name
        Of the account; empty for the public.

    Examples
    --------
    >>> ANONYMOUS.may(Permission.SEE_PUBLISHED), ANONYMOUS.may(Permission.SEE_DRAFTS)
    (True, False)
    >>> Identity("1", "perencana.bappeda", Role.PERENCANA).audience.name
    'planner'
    """

    user_id: str
    name: str
    role: Role

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has signed in."""
        return self.role is Role.PUBLIK

    @property
    def audience(self) -> Audience:
        """For whom figures are disclosed."""
        return PUBLIC if self.is_anonymous else PLANNER

    def may(self, permission: Permission) -> bool:
        """Whether the role has a permission."""
        return permission in PERMISSIONS[self.role]


ANONYMOUS = Identity("", "", Role.PUBLIK)

_NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")


@dataclass(frozen=True, slots=True)
class Account:
    """The account of an official.

    Attributes
    ----------
    name
        What is typed to sign in, and what shortlists and the audit show.
    is_disabled
        A disabled account signs in nowhere; its name stays under what it did.
    """

    id: str
    name: str
    role: Role
    is_disabled: bool
    created_at: datetime

    @property
    def identity(self) -> Identity:
        """The person behind requests of this account."""
        return Identity(self.id, self.name, self.role)


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A password for one program, such as QGIS, that is revoked without touching the others."""

    id: str
    label: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in on one browser until a moment."""

    account: Account
    expires_at: datetime


def checked_name(name: str) -> str:
    """Return an account name that may be given.

    Raises
    ------
    ParameterError
        When it may not.

    Examples
    --------
    >>> checked_name("perencana.bappeda")
    'perencana.bappeda'
    """
    if _NAME.fullmatch(name):
        return name
    raise ParameterError(
        f"account name {name!r}: give 3 to 40 small letters, digits, dots, dashes or underscores, a letter first."
    )


def account_role(role: str) -> Role:
    """Return the role that an account may have.

    Raises
    ------
    ParameterError
        For another, and for ``publik``, which is nobody's account.
    """
    offered = [one for one in Role if one is not Role.PUBLIK]
    if role in offered:
        return Role(role)
    raise ParameterError(f"role {role!r}: give one of {', '.join(offered)}.")
