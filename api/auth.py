"""Who asks, and whether they may: every route declares its permission, or the application does not start.

A route says ``dependencies=[allow(Permission.PICK)]``; one that answers everybody without a look at who asks, such
as the sign-in page, says ``dependencies=[ANYONE]``. Nobody signed in gets 401, a role without the permission 403.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers

from api.problems import NotAllowedError, NotSignedInError
from geo.disclosure import Audience
from geo.people import PERMISSIONS, Identity, Permission, Role
from maps.offline import STATIC_URL

__all__ = [
    "ANYONE",
    "Asker",
    "Identity",
    "Permission",
    "Reader",
    "Recognise",
    "Role",
    "allow",
    "declarations",
]

#: Tells from the headers of a request whose it is; kept as ``app.state.recognise``.
Recognise = Callable[[Headers], Identity]

#: Paths that are no API routes and show nothing of a store.
_WITHOUT_FIGURES = frozenset({STATIC_URL, "/api/v1/openapi.json"})


def identity(request: Request) -> Identity:
    """Return the person a request comes from."""
    recognise: Recognise = request.app.state.recognise
    found = recognise(request.headers)
    request.state.role = str(found.role)  # for the line of log
    return found


Asker = Annotated[Identity, Depends(identity)]


def reader(asker: Asker) -> Audience:
    """Return for whom figures are disclosed."""
    return asker.audience


Reader = Annotated[Audience, Depends(reader)]


class _Allowed:
    """Lets those through who have a permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, asker: Asker, request: Request) -> None:
        if not asker.may(self.permission):
            asked = f"{request.method} {request.url.path}"
            request.app.state.accounts.note_refusal(request.headers, asker, asked)
            raise refusal(asker, self.permission)


def refusal(asker: Identity, permission: Permission) -> NotAllowedError | NotSignedInError:
    """Return why somebody may not."""
    if asker.is_anonymous:
        return NotSignedInError("sign in first: at /masuk, or with an app password over HTTP Basic.")
    roles = ", ".join(role for role, granted in PERMISSIONS.items() if permission in granted)
    return NotAllowedError(f"your role ({asker.role}) may not do this; it is for {roles}.")


def allow(permission: Permission) -> Any:
    """Return the dependency that makes a route answer only those who have a permission."""
    return Depends(_Allowed(permission))


def _anyone() -> None:
    """Let everybody through."""


ANYONE = Depends(_anyone)


def declarations(app: FastAPI) -> dict[str, Permission | None]:
    """Return what every route of an application declares, by method and path; None is open to anyone.

    Raises
    ------
    RuntimeError
        Naming the route that declares nothing, or more than one thing.
    """
    found: dict[str, Permission | None] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is not None:
            permission = _declared(str(route.path), dependant)
            found |= {f"{method} {route.path}": permission for method in sorted(route.methods or ())}
        elif route.path not in _WITHOUT_FIGURES:
            raise RuntimeError(f"{route.path} is no API route, so nothing keeps anybody from it.")
    return found


def _declared(path: str, dependant: Dependant) -> Permission | None:
    found = [
        call.permission if isinstance(call, _Allowed) else None
        for call in _calls(dependant)
        if isinstance(call, _Allowed) or call is _anyone
    ]
    if len(found) != 1:
        raise RuntimeError(
            f"{path} declares {len(found)} permissions; every route declares one: "
            "dependencies=[allow(Permission.…)] or dependencies=[ANYONE]."
        )
    return found[0]


def _calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)
