"""Tiles: one at hand is answered before the application sees it, by two dictionary look-ups and one read of a file.

``/tiles/{run}/{audience}/{level}/{z}/{x}/{y}.mvt`` names its audience, so that a browser never takes a tile that it
kept from before signing in for one of after; who may read it is decided by who asks. The tiles of OGC API – Tiles,
``/ogc/collections/{run}_{level}/tiles/WebMercatorQuad/{z}/{y}/{x}``, are those of whoever asks.
"""

import gzip
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.auth import Identity
from api.metrics import Metrics
from api.middleware import security
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

_PACKED: _Headers = ((b"content-type", MEDIA_TYPE.encode()), (b"content-encoding", b"gzip"))
_PLAIN: _Headers = ((b"content-type", MEDIA_TYPE.encode()),)


@dataclass(frozen=True, slots=True)
class _Route:
    """What stands for an address in logs and counters."""

    path: str


_NAMED = _Route("/tiles/{run}/{audience}/{level}/{z}/{x}/{y}.mvt")
_OF_WHOEVER_ASKS = _Route("/ogc/collections/{collection}/tiles/WebMercatorQuad/{z}/{y}/{x}")


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

    @property
    def route(self) -> _Route:
        """What logs and counters say instead of the address."""
        return _OF_WHOEVER_ASKS if self.audience is None else _NAMED

    def is_for_anybody(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the answer is the public's: when the address says so, or when nobody says who they are."""
        if self.audience is not None:
            return self.audience == PUBLIC.name
        return b"authorization" not in headers and b"cookie" not in headers


def tile_address(run: str, audience: str, level: str) -> str:
    """Return the template of the tiles of a level, for a map."""
    return f"/tiles/{run}/{audience}/{level}/{{z}}/{{x}}/{{y}}.mvt"


class TileService:
    """Answers tiles within all that stands around the routes, and hands everything else on."""

    def __init__(self, app: ASGIApp, shelf: TileShelf) -> None:
        self._app = app
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        asked = _asked_for(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = asked.route
        if scope["method"] not in ("GET", "HEAD"):
            await Response(status_code=405, headers={"Allow": "GET, HEAD"})(scope, receive, send)
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
        asker = ANONYMOUS if asked.is_for_anybody(headers) else await _asker(scope)
        audience = asked.audience or asker.audience.name
        wanted = Wanted(asked.run, audience, asked.level)
        archive = self._shelf.at_hand(wanted, asker)
        if archive is None:
            archive = await run_in_threadpool(self._shelf.archive, wanted, asker)
        kept = _kept(audience, named=asked.audience is not None)
        tile = archive.tile(asked.zoom, asked.x, asked.y)
        status, answered, body = _answer_of(tile, headers, kept)
        await _send(send, status, answered, b"" if scope["method"] == "HEAD" else body)


class TilesAtHand:
    """Answers the public's tiles of archives at hand before anything else, counted and with the headers of any answer.

    They get no line in the log, which would tell nothing but that there was one, at the price of a third of the time.
    Whatever else is asked goes on to `TileService`.
    """

    def __init__(self, app: ASGIApp, shelf: TileShelf, metrics: Metrics) -> None:
        self._app = app
        self._shelf = shelf
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        asked = _asked_for(scope)
        if asked is None or scope["method"] != "GET" or not asked.is_of_the_matrix:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        archive = None
        if asked.is_for_anybody(headers):
            archive = self._shelf.at_hand(Wanted(asked.run, PUBLIC.name, asked.level), ANONYMOUS)
        if archive is None:
            await self._app(scope, receive, send)
            return
        tile = archive.tile(asked.zoom, asked.x, asked.y)
        kept = _kept(PUBLIC.name, named=asked.audience is not None)
        status, answered, body = _answer_of(tile, headers, kept)
        await _send(send, status, (*answered, *security.encoded(scope["scheme"])), body)
        self._metrics.answered("GET", asked.route.path, status, time.perf_counter() - started)


def _answer_of(tile: bytes | None, asked: dict[bytes, bytes], kept: _Headers) -> tuple[int, _Headers, bytes]:
    """Return status, headers and body for a tile, to a client that asks with some headers."""
    if tile is None:
        return 204, kept, b""
    # A gzip file ends with the checksum and the length of what is in it.
    etag = tile[-_GZIP_TRAILER:].hex().encode()
    packed = b"gzip" in asked.get(b"accept-encoding", b"")
    etag = b'"%b"' % etag if packed else b'"%b-plain"' % etag
    known = asked.get(b"if-none-match", b"")
    if etag in known or known == b"*":
        return 304, (*kept, (b"etag", etag)), b""
    body = tile if packed else gzip.decompress(tile)
    length = (b"content-length", b"%d" % len(body))
    return 200, (*kept, *(_PACKED if packed else _PLAIN), (b"etag", etag), length), body


async def _send(send: Send, status: int, headers: _Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _kept(audience: str, *, named: bool) -> _Headers:
    """Return who may keep a tile, and what else it depends on than its address."""
    whose = b"public" if audience == PUBLIC.name else b"private"
    vary = b"Accept-Encoding" if named else b"Accept-Encoding, Authorization, Cookie"
    return (b"cache-control", whose + b", max-age=31536000, immutable"), (b"vary", vary)


async def _asker(scope: Scope) -> Identity:
    found: Identity = await run_in_threadpool(scope["app"].state.recognise, Headers(scope=scope))
    scope.setdefault("state", {})["role"] = str(found.role)  # for the line of log
    return found


def _asked_for(scope: Scope) -> _Asked | None:
    if scope["type"] == "http" and scope["path"].startswith(_PREFIXES):
        return _asked(scope["path"])
    return None


@lru_cache(_PARSED_KEPT)
def _asked(path: str) -> _Asked | None:
    found = next((found for address in _ADDRESSES if (found := address.fullmatch(path))), None)
    if found is None:
        return None
    parts = found.groupdict()
    place = (int(parts[name]) for name in "zxy")
    return _Asked(parts["run"], parts.get("audience"), parts["level"], *place)
