"""A client that sends its body drop by drop does not hold a place for ever."""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SlowBodies:
    """Refuse with 408 a body that takes too long.

    Parameters
    ----------
    seconds
        From the first look at the body to its last byte.
    slower
        Path prefix → the seconds there.
    """

    def __init__(self, app: ASGIApp, seconds: float, slower: Mapping[str, float]) -> None:
        self.app = app
        self.seconds = seconds
        self.slower = slower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body comes in time."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seconds = next(
            (time for path, time in self.slower.items() if scope["path"].startswith(path)), self.seconds
        )
        deadline, complete = 0.0, False

        async def timed() -> Message:
            nonlocal deadline, complete
            if complete:  # what is waited for now is the client going away
                return await receive()
            loop = asyncio.get_running_loop()
            deadline = deadline or loop.time() + seconds
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408, f"The body did not arrive within {seconds:g} s; send it again."
                ) from None
            complete = not message.get("more_body", False)
            return message

        await self.app(scope, timed, send)
