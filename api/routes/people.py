"""Accounts, for an admin without a shell on the server; and the audit, for those who may read it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Asker, Permission, allow
from api.problems import documented
from api.routes.account import People
from geo.people import Account, account_role

router = APIRouter(prefix="/api/v1", tags=["people"])

_MANAGE = allow(Permission.MANAGE_PEOPLE)
_REFUSED = documented(401, 403, 404, 409, 422)

Name = Annotated[str, Path(description="Account name.", max_length=40)]
RoleName = Literal["perencana", "gis", "pimpinan", "admin"]


class NewAccount(BaseModel):
    """Make an account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "perencana.bappeda", "role": "perencana"}]},
    )

    name: Annotated[str, Field(max_length=40)]
    role: RoleName


class AccountChange(BaseModel):
    """Give an account another role, or shut or open it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_disabled": True}]})

    role: RoleName | None = None
    is_disabled: bool | None = None


class AccountState(BaseModel):
    """An account."""

    name: str
    role: RoleName
    is_disabled: bool
    created_at: datetime


class Password(BaseModel):
    """A password that is told this once."""

    name: str
    password: str


class AuditEntry(BaseModel):
    """One thing that happened."""

    number: int
    at: datetime
    actor: str = Field(description="Account name; empty for somebody who has not signed in.")
    action: str
    subject: str
    detail: dict[str, str]
    digest: str


@router.get("/people", dependencies=[_MANAGE], responses=documented(401, 403))
def list_people(people: People) -> list[AccountState]:
    """List all accounts, disabled ones too."""
    return [_state(account) for account in people.accounts()]


@router.post("/people", dependencies=[_MANAGE], status_code=201, responses=_REFUSED)
def add(new: NewAccount, people: People, asker: Asker) -> Password:
    """Make an account; its password is told this once."""
    return Password(name=new.name, password=people.add(new.name, account_role(new.role), by=asker.name))


@router.patch("/people/{name}", dependencies=[_MANAGE], responses=_REFUSED)
def change(name: Name, wanted: AccountChange, people: People, asker: Asker) -> AccountState:
    """Give an account another role, or shut or open it; it is signed out. Nobody changes the own account."""
    role = None if wanted.role is None else account_role(wanted.role)
    return _state(people.change(name, role, wanted.is_disabled, by=asker.name))


@router.post("/people/{name}/password", dependencies=[_MANAGE], responses=_REFUSED)
def new_password(name: Name, people: People, asker: Asker) -> Password:
    """Give an account a new password, told this once; it is signed out."""
    return Password(name=name, password=people.new_password(name, by=asker.name))


@router.get("/audit", dependencies=[allow(Permission.READ_AUDIT)], responses=documented(401, 403, 422))
def audit(people: People, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[AuditEntry]:
    """Return the newest entries of the audit, newest first."""
    return [
        AuditEntry(
            number=entry.number,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=dict(entry.detail),
            digest=entry.digest,
        )
        for entry in people.newest_entries(limit)
    ]


def _state(account: Account) -> AccountState:
    values: dict[str, Any] = {name: getattr(account, name) for name in AccountState.model_fields}
    return AccountState(**values)
