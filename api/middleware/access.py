"""One line of log a request: its id, route, status, duration and role; nothing a person wrote."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import request_id
from api.middleware.routes import template
from geo.people import Role

_LOGGER = logging.getLogger("kantong.access")
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class AccessLog:
    """Give a request its id (a proxy's own is kept), and write its line when it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and write its line."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = identifier(Headers(scope=scope).get("x-request-id", ""))
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        token = request_id.set(name)
        try:
            await self.app(scope, receive, noted)
        finally:
            role = scope.get("state", {}).get("role", Role.PUBLIK)
            write(name, scope["method"], template(scope), status, time.perf_counter() - started, role)
            request_id.reset(token)


def identifier(given: str) -> str:
    """Return the id of a request: a proxy's own, where it cannot forge a log."""
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex


def write(name: str, method: str, route: str, status: int, seconds: float, role: str) -> None:
    """Write the line of a request that was answered."""
    level = logging.WARNING if status >= 500 else logging.INFO
    if not _LOGGER.isEnabledFor(level):
        return
    fields = {
        "name": _LOGGER.name,
        "levelno": level,
        "levelname": logging.getLevelName(level),
        "msg": "request",
        "request": name,
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(1000 * seconds, 1),
        "role": str(role),
    }
    # Not `log`, which walks the stack to say where it was called, for each tile.
    _LOGGER.handle(logging.makeLogRecord(fields))
