"""Errors as problem documents (RFC 9457): one table from the class of an error to its status."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from geo.errors import (
    ConflictError,
    KantongError,
    NotFoundError,
    ParameterError,
    SpecificationError,
    StoreError,
)

_MEDIA_TYPE = "application/problem+json"


class NotAllowedError(KantongError):
    """The person or the audience may not do or see what was asked for."""


class NotSignedInError(KantongError):
    """Only somebody who has signed in may do or see what was asked for."""


#: The first class that fits decides; everything else is 500 without a word of what happened inside.
STATUSES: Mapping[type[KantongError], tuple[int, str]] = {
    NotFoundError: (404, "Not found"),
    NotSignedInError: (401, "Not signed in"),
    NotAllowedError: (403, "Not allowed"),
    ConflictError: (409, "Not possible now"),
    ParameterError: (422, "Not a valid request"),
    SpecificationError: (422, "Not a valid request"),
    StoreError: (503, "Store not available"),
}


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(KantongError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def _problem(status: int, title: str, detail: str | None = None) -> JSONResponse:
    content = {"type": "about:blank", "title": title, "status": status}
    if detail is not None:
        content["detail"] = detail
    return JSONResponse(content, status, media_type=_MEDIA_TYPE)


async def _known(request: Request, error: Exception) -> JSONResponse:
    for kind, (status, title) in STATUSES.items():
        if isinstance(error, kind):
            # What the store says of itself names addresses and files; a client has no use for them.
            answer = _problem(status, title, None if status == 503 else str(error))
            if status == 401:
                answer.headers["WWW-Authenticate"] = _challenge(request)
            return answer
    return _problem(500, "Internal error")


def _challenge(request: Request) -> str:
    """Ask a GIS for an app password; a browser, which would open a box of its own over the page, for its cookie."""
    return f'{"Cookie" if "sec-fetch-site" in request.headers else "Basic"} realm="Kantong", charset="UTF-8"'


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _problem(422, "Not a valid request", f"{where}: {first['msg']}")


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return _problem(error.status_code, str(error.detail))


async def _unknown(_: Request, __: Exception) -> JSONResponse:
    return _problem(500, "Internal error")
