"""Shortlists: pick places of a run, put them into order, decide.

Every change names the version that it was made from in ``If-Match``; without one it is refused (428), and when
somebody was faster too (412), so no change is lost. A shortlist is its owner's until it is decided upon: others do not
learn that it is there (404), except those who may decide; these read it but do not change it (403).
"""

import secrets
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Asker, Permission, allow
from api.library import Library
from api.problems import NotAllowedError, UnconditionalError, documented
from api.routes.runs import Reference, Runs
from geo import shortlists
from geo.errors import ConflictError, NotFoundError
from geo.people import Identity
from geo.shortlists import MOST_REASON, MOST_TITLE, Decision, Shortlist
from maps import export

router = APIRouter(prefix="/api/v1", tags=["shortlists"])

_PICK = allow(Permission.PICK)
_READ = allow(Permission.SEE_PUBLISHED)

Identifier = Annotated[str, Path(description="Id of a shortlist.", max_length=32)]
Code = Annotated[str, Path(description="Code of a place of the shortlist's level.", max_length=64)]
IfMatch = Annotated[
    str | None, Header(description="The `ETag` of the version that the change is made from.", max_length=32)
]
Title = Annotated[str, Field(min_length=1, max_length=MOST_TITLE)]
Reason = Annotated[str, Field(max_length=MOST_REASON)]
Line = Annotated[str, Field(min_length=1, max_length=200)]


class NewShortlist(BaseModel):
    """Begin a shortlist."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Prioritas 2027", "level": "kelurahan"}]}
    )

    title: Title
    level: Annotated[str, Field(max_length=32)] = "kelurahan"


class Pick(BaseModel):
    """Say why a place is picked."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "rawan longsor"}]})

    reason: Reason = ""


class Change(BaseModel):
    """Give another title, or put the places into another order."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Prioritas 2028"}]})

    title: Title | None = None
    order: list[Annotated[str, Field(max_length=64)]] | None = Field(None, max_length=shortlists.MOST_ITEMS)


class Decree(BaseModel):
    """What stands on the decree."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "number": "050/12/2026",
                    "date": "2026-12-01",
                    "title": "Lokasi prioritas 2027",
                    "signatory_name": "N. N.",
                    "signatory_position": "Kepala Bappeda",
                }
            ]
        },
    )

    number: Line
    date: date
    title: Line
    signatory_name: Line
    signatory_position: Line


@router.get("/runs/{run}/shortlists", dependencies=[_READ], responses=documented(404))
def list_shortlists(run: Reference, runs: Runs, asker: Asker) -> list[dict[str, Any]]:
    """List the shortlists of a run that may be read, the newest change first."""
    identifier = runs.resolve(run, asker.audience)
    return [_short(one, asker) for one in runs.shortlists.of_run(identifier) if one.is_seen_by(asker)]


@router.post(
    "/runs/{run}/shortlists", dependencies=[_PICK], status_code=201, responses=documented(401, 403, 404, 422)
)
def begin(run: Reference, new: NewShortlist, runs: Runs, asker: Asker, response: Response) -> dict[str, Any]:
    """Begin an empty shortlist over the places of a level."""
    published = runs.run(run, asker.audience)
    level = export.level_of(published, new.level).level
    now = datetime.now(UTC)
    title = shortlists.checked_title(new.title)
    made = Shortlist(secrets.token_hex(6), published.summary.id, level, title, asker.name, 1, now, now)
    runs.shortlists.add(made)
    response.headers["Location"] = f"{router.prefix}/shortlists/{made.id}"
    return _answer(made, asker, runs, response)


@router.get("/shortlists/{identifier}", dependencies=[_READ], responses=documented(404))
def read(identifier: Identifier, runs: Runs, asker: Asker, response: Response) -> dict[str, Any]:
    """Return a shortlist: its places in order, what they hold, and how coverage grows."""
    return _answer(seen(identifier, runs, asker), asker, runs, response)


@router.put(
    "/shortlists/{identifier}/items/{code}",
    dependencies=[_PICK],
    responses=documented(401, 403, 404, 409, 412, 422, 428),
)
def pick(
    identifier: Identifier,
    code: Code,
    picked: Pick,
    runs: Runs,
    asker: Asker,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Pick a place, or give another reason for one that is picked."""
    found = _own(identifier, if_match, runs, asker)
    now = datetime.now(UTC)
    if code in found.codes:
        changed = shortlists.give_reason(found, code, picked.reason, at=now)
    else:
        level = export.level_of(runs.run(found.run_id, asker.audience), found.level)
        shortlists.refuse_unknown([code], level)
        changed = shortlists.pick(found, code, reason=picked.reason, by=asker.name, at=now)
    return _answer(runs.shortlists.save(changed), asker, runs, response)


@router.delete(
    "/shortlists/{identifier}/items/{code}",
    dependencies=[_PICK],
    responses=documented(401, 403, 404, 409, 412, 428),
)
def unpick(
    identifier: Identifier,
    code: Code,
    runs: Runs,
    asker: Asker,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Take a place off."""
    found = _own(identifier, if_match, runs, asker)
    changed = shortlists.unpick(found, code, at=datetime.now(UTC))
    return _answer(runs.shortlists.save(changed), asker, runs, response)


@router.patch(
    "/shortlists/{identifier}",
    dependencies=[_PICK],
    responses=documented(401, 403, 404, 409, 412, 422, 428),
)
def change(
    identifier: Identifier,
    wanted: Change,
    runs: Runs,
    asker: Asker,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Give another title, or put the places into another order."""
    changed = _own(identifier, if_match, runs, asker)
    now = datetime.now(UTC)
    if wanted.title is not None:
        changed = shortlists.rename(changed, wanted.title, at=now)
    if wanted.order is not None:
        changed = shortlists.reorder(changed, wanted.order, at=now)
    return _answer(runs.shortlists.save(changed), asker, runs, response)


@router.delete(
    "/shortlists/{identifier}",
    dependencies=[_PICK],
    status_code=204,
    responses=documented(401, 403, 404, 409, 412, 428),
)
def delete(identifier: Identifier, runs: Runs, asker: Asker, if_match: IfMatch = None) -> None:
    """Take a whole shortlist out; one that was decided upon stays."""
    found = _own(identifier, if_match, runs, asker)
    shortlists.refuse_frozen(found)
    runs.shortlists.delete(found, by=asker.name, at=datetime.now(UTC))


@router.post(
    "/shortlists/{identifier}/decision",
    dependencies=[allow(Permission.DECIDE)],
    status_code=201,
    responses=documented(401, 403, 404, 409, 412, 422, 428),
)
def decide(
    identifier: Identifier,
    decree: Decree,
    runs: Runs,
    asker: Asker,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Put a decree under a shortlist on a published run; nothing of it changes after that."""
    found = _at_version(seen(identifier, runs, asker), if_match)
    if not runs.publications.of(found.run_id).is_public:
        raise ConflictError("the run is not published, so nothing on it can be decided. Publish it first.")
    made = Decision(**decree.model_dump(), decided_by=asker.name, decided_at=datetime.now(UTC))
    return _answer(runs.shortlists.decide(shortlists.decide(found, made)), asker, runs, response)


def seen(identifier: str, runs: Library, asker: Identity) -> Shortlist:
    """Return a shortlist that somebody may read.

    Raises
    ------
    NotFoundError
        When there is none, or it is not for them.
    """
    found = runs.shortlists.get(identifier)
    if not found.is_seen_by(asker):
        runs.accounts.note_other(asker, f"shortlist {identifier}")
        raise NotFoundError(f"there is no shortlist {identifier!r}.")
    return found


def _own(identifier: str, if_match: str | None, runs: Library, asker: Identity) -> Shortlist:
    found = seen(identifier, runs, asker)
    if not found.is_changed_by(asker):
        runs.accounts.note_other(asker, f"shortlist {identifier}")
        raise NotAllowedError(f"the shortlist is kept by {found.owner}; nobody else changes it.")
    return _at_version(found, if_match)


def _at_version(found: Shortlist, if_match: str | None) -> Shortlist:
    if if_match is None:
        raise UnconditionalError("say in If-Match from which version (ETag) the change is made.")
    return shortlists.at_version(found, if_match.strip().strip('"'))


def _short(shortlist: Shortlist, asker: Identity) -> dict[str, Any]:
    named = not asker.is_anonymous
    made = shortlist.decision
    return {
        "id": shortlist.id,
        "run": shortlist.run_id,
        "level": shortlist.level,
        "title": shortlist.title,
        "version": shortlist.version,
        "places": len(shortlist.items),
        "changed_at": shortlist.changed_at,
        **({"owner": shortlist.owner, "created_at": shortlist.created_at} if named else {}),
        "may_change": shortlist.is_changed_by(asker) and not shortlist.is_frozen,
        "decision": None
        if made is None
        else {
            "number": made.number,
            "date": made.date,
            "title": made.title,
            "signatory_name": made.signatory_name,
            "signatory_position": made.signatory_position,
            "decided_at": made.decided_at,
            **({"decided_by": made.decided_by} if named else {}),
        },
    }


def _answer(shortlist: Shortlist, asker: Identity, runs: Library, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{shortlist.version}"'
    response.headers["Cache-Control"] = "no-cache"
    curve = runs.coverage(shortlist, asker.audience)
    items = [
        {
            **row,
            **(
                {"reason": item.reason, "added_by": item.added_by, "added_at": item.added_at}
                if not asker.is_anonymous
                else {}
            ),
        }
        for item, row in zip(shortlist.items, curve, strict=True)
    ]
    return {**_short(shortlist, asker), "items": items}
