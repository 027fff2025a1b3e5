"""One line of log a request: its id, route, status, duration and role; nothing a person wrote."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import request_id
from api.middleware.routes import template

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
        given = Headers(scope=scope).get("x-request-id", "")
        identifier = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            await send(message)

        token = request_id.set(identifier)
        try:
            await self.app(scope, receive, noted)
        finally:
            fields = {
                "method": scope["method"],
                "route": template(scope),
                "status": status,
                "duration_ms": round(1000 * (time.perf_counter() - started), 1),
                "role": scope.get("state", {}).get("role", "publik"),
            }
            _LOGGER.log(logging.WARNING if status >= 500 else logging.INFO, "request", extra=fields)
            request_id.reset(token)
