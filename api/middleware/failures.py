"""What nobody foresaw: logged by kind and place, answered without a word of what happened inside."""

import logging
import traceback
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

_LOGGER = logging.getLogger("kantong.failure")


class Failures:
    """Answer 500 for an error that no handler knows.

    The message of such an error may quote a row or a request, so only its class and the lines of code that it passed
    are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            _LOGGER.error("failed", extra={"error": type(error).__name__, "at": passed(error)})  # noqa: TRY400
            if started:  # half an answer cannot be mended; the server ends the connection
                raise
            await problem(500, "Internal error")(scope, receive, send)


def passed(error: BaseException) -> list[str]:
    """Return the lines of code that an error passed, innermost last, without what they held."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
