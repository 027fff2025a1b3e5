"""Answers that do not change: a tag of what they are made from, and 304 to a client that has them."""

from collections.abc import Callable

from fastapi import Request, Response

from geo import __version__


def answer(request: Request, parts: tuple[str, ...], make: Callable[[], bytes], media_type: str) -> Response:
    """Return what is asked for, or 304 when the client says that it has it.

    Each use asks the server again, as a run may have been withdrawn and a reader signed out; only the body is spared.

    Parameters
    ----------
    parts
        All that the content is a function of, such as run, audience, level and format.
    make
        Makes the content.
    """
    tag = f'W/"{"-".join((*parts, __version__))}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Accept-Encoding, Authorization, Cookie",
    }
    known = [text.strip() for text in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type=media_type, headers=headers)
