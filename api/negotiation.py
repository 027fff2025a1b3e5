"""Which of several formats a client wants: what ``?f=`` names, else what ``Accept`` prefers (RFC 9110 §12.5.1)."""

from collections.abc import Mapping

from api.problems import NotAcceptableError


def chosen(named: str | None, accept: str | None, offered: Mapping[str, str]) -> str:
    """Return the name of a format.

    Parameters
    ----------
    named
        What ``?f=`` names.
    accept
        The header; nothing accepts anything.
    offered
        Name → media type, the preferred one first.

    Raises
    ------
    NotAcceptableError
        When nothing that is offered is accepted.

    Examples
    --------
    >>> offered = {"geojson": "application/geo+json", "json": "application/json"}
    >>> chosen(None, "application/json;q=0.9, application/geo+json;q=0.1", offered)
    'json'
    >>> chosen(None, "text/html, */*;q=0.8", offered), chosen("json", "*/*", offered)
    ('geojson', 'json')
    """
    if named is not None:
        return named
    ranges = [_range(text) for text in (accept or "*/*").split(",")]
    qualities = {name: _quality(media_type, ranges) for name, media_type in offered.items()}
    best = max(qualities, key=lambda name: qualities[name])
    if qualities[best] > 0:
        return best
    raise NotAcceptableError(
        f"there is {', '.join(offered.values())}; accept one of these, or name it in ?f=."
    )


def _range(text: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip() for part in text.split(";"))
    quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        return media_type.lower(), float(quality)
    except ValueError:
        return media_type.lower(), 0.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """Return how much a media type is wanted: the most specific range that holds it decides."""
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
