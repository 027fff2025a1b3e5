"""A body that is too large is refused before it is read, or as soon as it has grown too large."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class LargeBodies:
    """Refuse with 413 a body of more bytes than its path takes.

    FastAPI's own limit answers in plain text from outside all other middleware, so that nothing is logged of it.

    Parameters
    ----------
    limit
        The largest body, in bytes.
    larger
        Path prefix → the largest body there.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int]) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body is small enough."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = next(
            (size for path, size in self.larger.items() if scope["path"].startswith(path)), self.limit
        )
        refusal = f"The body may have {limit} bytes at the most."
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            await problem(413, "Content Too Large", refusal)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, refusal)
            return message

        await self.app(scope, counted, send)
