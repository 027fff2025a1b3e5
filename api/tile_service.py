"""Tiles, answered before the application sees them: two dictionary look-ups and one read of a file.

``/tiles/{run}/{audience}/{level}/{z}/{x}/{y}.mvt`` names its audience, so that a browser never takes a tile that it
kept from before signing in for one of after; who may read it is decided by who asks. The tiles of OGC API – Tiles,
``/ogc/collections/{run}_{level}/tiles/WebMercatorQuad/{z}/{y}/{x}``, are those of whoever asks.
"""

import gzip
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
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
_PARSED_KEPT = 8_192
_GZIP_TRAILER = 8

_Headers = tuple[tuple[bytes, bytes], ...]

_NOSNIFF = (b"x-content-type-options", b"nosniff")
_PACKED: _Headers = ((b"content-type", MEDIA_TYPE.encode()), (b"content-encoding", b"gzip"))
_PLAIN: _Headers = ((b"content-type", MEDIA_TYPE.encode()),)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The tile that an address means; without an audience it is that of whoever asks."""

    run: str
    audience: str | None
    level: str
    zoom: int
    x: int
    y: int

    @property
    def is_of_the_matrix(self) -> bool:
        """Whether there is such a tile, with or without something in it."""
        return MIN_ZOOM <= self.zoom <= MAX_ZOOM and max(self.x, self.y) >> self.zoom == 0


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
        asked = None
        if scope["type"] == "http" and scope["path"].startswith(_PREFIXES):
            asked = _asked(scope["path"])
        if asked is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            refusal = problems.problem(405, "Method Not Allowed", headers={"Allow": "GET, HEAD"})
            await refusal(scope, receive, send)
            return
        try:
            await self._answer(asked, scope, send)
        except KantongError as error:
            await problems.answer(Request(scope), error)(scope, receive, send)

    async def _answer(self, asked: _Asked, scope: Scope, send: Send) -> None:
        if not asked.is_of_the_matrix:
            raise NotFoundError(
                f"{asked.zoom}/{asked.x}/{asked.y} is not one of the tiles: zooms {MIN_ZOOM} to {MAX_ZOOM}."
            )
        headers: dict[bytes, bytes] = dict(scope["headers"])
        # What is for the public is the same for everybody.
        asker = ANONYMOUS if asked.audience == PUBLIC.name else await _asker(scope, headers)
        audience = asked.audience or asker.audience.name
        wanted = Wanted(asked.run, audience, asked.level)
        archive = self._shelf.at_hand(wanted, asker)
        if archive is None:
            archive = await run_in_threadpool(self._shelf.archive, wanted, asker)
        tile = archive.tile(asked.zoom, asked.x, asked.y)
        kept = _kept(audience, named=asked.audience is not None)
        await _send_tile(tile, headers, kept, scope["method"] == "HEAD", send)


async def _send_tile(
    tile: bytes | None, asked: dict[bytes, bytes], kept: _Headers, head_only: bool, send: Send
) -> None:
    if tile is None:
        await _send(send, 204, kept)
        return
    # A gzip file ends with the checksum and the length of what is in it.
    etag = tile[-_GZIP_TRAILER:].hex().encode()
    packed = b"gzip" in asked.get(b"accept-encoding", b"")
    etag = b'"%b"' % etag if packed else b'"%b-plain"' % etag
    known = asked.get(b"if-none-match", b"")
    if etag in known or known == b"*":
        await _send(send, 304, (*kept, (b"etag", etag)))
        return
    body = tile if packed else gzip.decompress(tile)
    length = (b"content-length", b"%d" % len(body))
    headers = (*kept, *(_PACKED if packed else _PLAIN), (b"etag", etag), length)
    await _send(send, 200, headers, b"" if head_only else body)


async def _send(send: Send, status: int, headers: _Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _kept(audience: str, *, named: bool) -> _Headers:
    """Return who may keep a tile, and what else it depends on than its address."""
    whose = b"public" if audience == PUBLIC.name else b"private"
    vary = b"Accept-Encoding" if named else b"Accept-Encoding, Authorization, Cookie"
    return (b"cache-control", whose + b", max-age=31536000, immutable"), (b"vary", vary), _NOSNIFF


async def _asker(scope: Scope, headers: dict[bytes, bytes]) -> Identity:
    if b"authorization" not in headers and b"cookie" not in headers:
        return ANONYMOUS
    return await run_in_threadpool(scope["app"].state.recognise, Headers(scope=scope))


@lru_cache(_PARSED_KEPT)
def _asked(path: str) -> _Asked | None:
    found = next((found for address in _ADDRESSES if (found := address.fullmatch(path))), None)
    if found is None:
        return None
    parts = found.groupdict()
    place = (int(parts[name]) for name in "zxy")
    return _Asked(parts["run"], parts.get("audience"), parts["level"], *place)
