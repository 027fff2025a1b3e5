"""Tiles, answered before the application sees them: two dictionary look-ups and one read of a file.

``/tiles/{run}/{audience}/{level}/{z}/{x}/{y}.mvt`` names its audience, so that a browser never takes a tile that it
kept from before signing in for one of after; who may read it is decided by who asks. The tiles of OGC API – Tiles,
``/ogc/collections/{run}_{level}/tiles/WebMercatorQuad/{z}/{y}/{x}``, are those of whoever asks.
"""

import gzip
import re
from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.auth import Identity
from api.tile_shelf import TileShelf, Wanted
from geo.disclosure import PUBLIC
from geo.errors import KantongError, NotFoundError
from geo.people import ANONYMOUS
from maps.tiles import MAX_ZOOM, MIN_ZOOM

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"

_RUN = r"(?P<run>[0-9a-z-]{8,64})"
_LEVEL = r"(?P<level>[a-z0-9-]{2,32})"
_NUMBER = r"\d{1,9}"
_ADDRESSES = (
    re.compile(
        rf"/tiles/{_RUN}/(?P<audience>[a-z]+)/{_LEVEL}/(?P<z>{_NUMBER})/(?P<x>{_NUMBER})/(?P<y>{_NUMBER})\.mvt"
    ),
    re.compile(
        rf"/ogc/collections/{_RUN}_{_LEVEL}/tiles/WebMercatorQuad/(?P<z>{_NUMBER})/(?P<y>{_NUMBER})/(?P<x>{_NUMBER})"
    ),
)
_PREFIXES = ("/tiles/", "/ogc/collections/")
_KEPT = b"max-age=31536000, immutable"
_GZIP_TRAILER = 8

_Headers = list[tuple[bytes, bytes]]


def tile_address(run: str, audience: str, level: str) -> str:
    """Return the template of the tiles of a level, for a map."""
    return f"/tiles/{run}/{audience}/{level}/{{z}}/{{x}}/{{y}}.mvt"


class TileService:
    """Answers tiles and hands everything else on."""

    def __init__(self, app: ASGIApp, shelf: TileShelf) -> None:
        self._app = app
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        found = _matched(scope)
        if found is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await Response(status_code=405, headers={"Allow": "GET, HEAD"})(scope, receive, send)
            return
        try:
            await self._answer(found, scope, send)
        except KantongError as error:
            await problems.answer(Request(scope), error)(scope, receive, send)

    async def _answer(self, found: re.Match[str], scope: Scope, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        asker = await _asker(scope, headers)
        parts = found.groupdict()
        names_audience = "audience" in parts
        audience = parts["audience"] if names_audience else asker.audience.name
        wanted = Wanted(parts["run"], audience, parts["level"])
        zoom, x, y = int(parts["z"]), int(parts["x"]), int(parts["y"])
        if not MIN_ZOOM <= zoom <= MAX_ZOOM or max(x, y) >> zoom:
            raise NotFoundError(
                f"tile {zoom}/{x}/{y} is not one of the tiles: zooms {MIN_ZOOM} to {MAX_ZOOM}."
            )
        archive = self._shelf.at_hand(wanted, asker)
        if archive is None:
            archive = await run_in_threadpool(self._shelf.archive, wanted, asker)
        kept = [(b"cache-control", (b"public, " if audience == PUBLIC.name else b"private, ") + _KEPT)]
        kept.append(
            (b"vary", b"Accept-Encoding" if names_audience else b"Accept-Encoding, Authorization, Cookie")
        )
        kept.append((b"x-content-type-options", b"nosniff"))
        await _send_tile(archive.tile(zoom, x, y), headers, kept, scope["method"] == "HEAD", send)


async def _send_tile(
    tile: bytes | None, asked: dict[bytes, bytes], headers: _Headers, head_only: bool, send: Send
) -> None:
    if tile is None:
        await _send(send, 204, headers)
        return
    # A gzip file ends with the checksum and the length of what is in it.
    etag = tile[-_GZIP_TRAILER:].hex().encode()
    plain = b"gzip" not in asked.get(b"accept-encoding", b"")
    etag = b'"' + etag + (b'-plain"' if plain else b'"')
    headers.append((b"etag", etag))
    if etag in asked.get(b"if-none-match", b"") or asked.get(b"if-none-match") == b"*":
        await _send(send, 304, headers)
        return
    if plain:
        tile = gzip.decompress(tile)
    else:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-type", MEDIA_TYPE.encode()))
    headers.append((b"content-length", str(len(tile)).encode()))
    await _send(send, 200, headers, b"" if head_only else tile)


async def _send(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def _asker(scope: Scope, headers: dict[bytes, bytes]) -> Identity:
    if b"authorization" not in headers and b"cookie" not in headers:
        return ANONYMOUS
    return await run_in_threadpool(scope["app"].state.recognise, Headers(scope=scope))


def _matched(scope: Scope) -> re.Match[str] | None:
    if scope["type"] != "http" or not scope["path"].startswith(_PREFIXES):
        return None
    return next((found for address in _ADDRESSES if (found := address.fullmatch(scope["path"]))), None)
