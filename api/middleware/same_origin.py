"""Refuse what another site makes a browser do here: cross-site request forgery.

Browsers say where a request that changes something comes from, in ``Sec-Fetch-Site`` (all since 2023) and ``Origin``
(all before that too), and no page can make them say otherwise. A program that is no browser says neither and carries
no session. So a request that changes something must come from our own pages when it says where it comes from, and must
say so when it carries a session. Pages need no token for that and keep the same bytes for everybody.
"""

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.accounts import COOKIES, Accounts
from api.problems import problem

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Answers 403 to requests that change something on behalf of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or refuse it."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if is_own(headers):
            await self._app(scope, receive, send)
            return
        accounts: Accounts = scope["app"].state.accounts
        await run_in_threadpool(accounts.note_forgery, headers, f"{scope['method']} {scope['path']}")
        refused = problem(403, "Not allowed", "the request does not come from a page of this server.")
        await refused(scope, receive, send)


def is_own(headers: Headers) -> bool:
    """Whether a request that changes something comes from our own pages, or from no browser."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host")
    return not any(f"{name}=" in headers.get("cookie", "") for name in COOKIES)
