"""Errors as problem documents (RFC 9457): one table from the class of an error to its status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from geo.errors import (
    BoundaryError,
    CodeError,
    ConflictError,
    FileError,
    KantongError,
    NotFoundError,
    ParameterError,
    SpecificationError,
    StaleError,
    StoreError,
)

MEDIA_TYPE = "application/problem+json"


class NotAllowedError(KantongError):
    """The person or the audience may not do or see what was asked for."""


class NotSignedInError(KantongError):
    """Only somebody who has signed in may do or see what was asked for."""


class UnconditionalError(KantongError):
    """A change does not say from which version it was made."""


class ThrottledError(KantongError):
    """Too much failed of late; ``wait_seconds`` later it may be tried again."""

    def __init__(self, message: str, wait_seconds: int) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class NotAcceptableError(KantongError):
    """What was asked for does not exist in a format that the client takes."""


class UnsupportedTypeError(KantongError):
    """A body is in a type that is not taken."""


class BadRequestError(KantongError):
    """A parameter is not known or cannot be read, where a standard wants 400 said."""


class BusyError(KantongError):
    """The server has no place for the work at this moment."""


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str | None = Field(None, examples=["run '7f': no run has an id that begins so."])


#: The first class that fits decides; everything else is 500 without a word of what happened inside.
STATUSES: Mapping[type[KantongError], tuple[int, str]] = {
    BadRequestError: (400, "Not a valid request"),
    NotFoundError: (404, "Not found"),
    NotSignedInError: (401, "Not signed in"),
    NotAllowedError: (403, "Not allowed"),
    ConflictError: (409, "Not possible now"),
    ParameterError: (422, "Not a valid request"),
    SpecificationError: (422, "Not a valid request"),
    FileError: (422, "Not a usable file"),
    BoundaryError: (422, "Not usable boundaries"),
    CodeError: (422, "Not usable boundaries"),
    StaleError: (412, "Changed meanwhile"),
    UnconditionalError: (428, "Version missing"),
    ThrottledError: (429, "Too many failures"),
    NotAcceptableError: (406, "Not acceptable"),
    UnsupportedTypeError: (415, "Type not supported"),
    BusyError: (503, "Busy"),
    StoreError: (503, "Store not available"),
}

#: More characters of a sentence are not told: it quotes what somebody sent.
_LONGEST = 1_200

#: What any operation may answer.
_ALWAYS = (400, 500, 503)


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""
    app.add_exception_handler(KantongError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for unreachable in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(unreachable, _unreachable)


def problem(
    status: int, title: str, detail: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem document as an answer."""
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail is not None:
        content["detail"] = _shortened(detail)
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def _shortened(detail: str) -> str:
    """Leave out the middle of a sentence that quotes too much of what was asked."""
    if len(detail) <= _LONGEST:
        return detail
    return f"{detail[: _LONGEST // 2]} … {detail[-_LONGEST // 2 :]}"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that an operation may answer, for its description."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*_ALWAYS, *statuses})
    }


async def _known(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedInError) and _is_page(request):
        return RedirectResponse("/masuk?" + urlencode({"ke": request.url.path}), 303)
    return answer(request, error)


def answer(request: Request, error: Exception) -> JSONResponse:
    """Return the problem document of an error."""
    for kind, (status, title) in STATUSES.items():
        if isinstance(error, kind):
            # What the store says of itself names addresses and files; a client has no use for them.
            answer = problem(status, title, None if kind is StoreError else str(error))
            if status == 401:
                answer.headers["WWW-Authenticate"] = _challenge(request)
            if isinstance(error, ThrottledError):
                answer.headers["Retry-After"] = str(error.wait_seconds)
            if status == 503:
                answer.headers["Retry-After"] = "5"
            return answer
    return problem(500, "Internal error")


def _is_page(request: Request) -> bool:
    """Whether a person is on the way to a page, rather than a program to an answer."""
    wants = request.headers.get("accept", "")
    return request.method == "GET" and "text/html" in wants and not request.url.path.startswith("/api/")


def _challenge(request: Request) -> str:
    """Ask a GIS for an app password; a browser, which would open a box of its own over the page, for its cookie."""
    return f'{"Cookie" if "sec-fetch-site" in request.headers else "Basic"} realm="Kantong", charset="UTF-8"'


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return problem(422, "Not a valid request", f"{where}: {first['msg']}")


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    detail = None if error.detail == phrase else str(error.detail)
    return problem(error.status_code, phrase, detail, error.headers)


async def _unreachable(_: Request, __: Exception) -> JSONResponse:
    return problem(503, "Store not available", headers={"Retry-After": "5"})
