"""Media types, links, and which representation a client wants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import Headers, QueryParams

from api.problems import BadRequestError

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
VECTOR_TILE = "application/vnd.mapbox-vector-tile"
TILEJSON = "application/vnd.mapbox.tile+json"
STYLE = "application/vnd.mapbox.style+json"

_OGC_RELATION = "http://www.opengis.net/def/rel/ogc/1.0/"
QUERYABLES = f"{_OGC_RELATION}queryables"
SCHEMA_RELATION = f"{_OGC_RELATION}schema"
TILESETS = f"{_OGC_RELATION}tilesets-vector"
TILING_SCHEME = f"{_OGC_RELATION}tiling-scheme"
TILING_SCHEMES = f"{_OGC_RELATION}tiling-schemes"

#: Names of the representations, by the value of the parameter ``f``.
FORMATS: Mapping[str, str] = {"json": JSON, "html": HTML}


@dataclass(frozen=True, slots=True)
class Link:
    """A link as all documents write it."""

    relation: str
    address: str
    media_type: str
    title: str
    templated: bool = False

    def document(self) -> dict[str, object]:
        """Return the link for JSON."""
        written: dict[str, object] = {
            "href": self.address,
            "rel": self.relation,
            "type": self.media_type,
            "title": self.title,
        }
        return {**written, "templated": True} if self.templated else written


def wants_html(parameters: QueryParams, headers: Headers) -> bool:
    """Tell whether a client wants a page: by ``f``, else by what it accepts best.

    Raises
    ------
    BadRequestError
        When ``f`` names no representation.
    """
    named = parameters.get("f")
    if named is not None:
        if named not in FORMATS:
            raise BadRequestError(f"f: {named!r} is not a representation; there are {', '.join(FORMATS)}.")
        return FORMATS[named] == HTML
    for accepted in _by_preference(headers.get("accept", "*/*")):
        if accepted == HTML:
            return True
        if accepted in ("*/*", "application/*", JSON, GEOJSON):
            return False
    return False


def address(path: str, parameters: Iterable[tuple[str, str | int]]) -> str:
    """Return an address with parameters."""
    return f"{path}?{urlencode(list(parameters), safe=',:/')}"


def alternates(
    path: str, html: bool, other: str = JSON, parameters: Iterable[tuple[str, str]] = ()
) -> list[Link]:
    """Return the links of a document to itself and to its other representation."""
    kept = list(parameters)
    page = address(path, [("f", "html"), *kept]), HTML
    data = address(path, [("f", "json"), *kept]), other
    own, alternate = (page, data) if html else (data, page)
    return [
        Link("self", *own, "Dokumen ini"),
        Link("alternate", *alternate, "Dokumen ini dalam bentuk lain"),
    ]


def _by_preference(accept: str) -> list[str]:
    ranges = []
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")]
        ranges.append((name.lower(), _weight(weights[0]) if weights else 1.0))
    return [name for name, _ in sorted(ranges, key=lambda item: -item[1])]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
