"""What a request asks of a collection; whatever is not understood is refused, never passed over."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import shapely
from starlette.datastructures import QueryParams

from api.ogc.catalogue import Collection
from api.problems import BadRequestError
from geo.errors import ParameterError
from maps import reference_systems
from maps.reference_systems import CRS84

DEFAULT_LIMIT, LARGEST_LIMIT = 1_000, 10_000

_WHOLE = re.compile(r"\d{1,9}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?")
_OPEN = ("", "..")


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """Which features, and how.

    Attributes
    ----------
    areas
        Areas in longitude and latitude of which a feature must touch one, None for everywhere.
    values
        What columns must hold.
    """

    limit: int
    offset: int
    areas: tuple[shapely.Geometry, ...] | None
    values: Mapping[str, str]
    crs: str


def only(parameters: QueryParams, known: Iterable[str]) -> None:
    """Refuse parameters that are not known, or stand there twice.

    Raises
    ------
    BadRequestError
        Naming the first of them.
    """
    allowed = {*known, "f"}
    for name in parameters:
        if name not in allowed:
            raise BadRequestError(
                f"{name}: there is no such parameter; there are {', '.join(sorted(allowed))}."
            )
        if len(parameters.getlist(name)) > 1:
            raise BadRequestError(f"{name}: give it once.")


def items(parameters: QueryParams, collection: Collection) -> ItemsQuery:
    """Read what is asked of the items of a collection."""
    names = [column.id for column in collection.features.columns]
    only(parameters, ("limit", "offset", "bbox", "bbox-crs", "datetime", "crs", *names))
    limit = _whole(parameters, "limit", DEFAULT_LIMIT)
    if limit < 1:
        raise BadRequestError("limit: give at least 1.")
    if "datetime" in parameters:
        _check_datetime(parameters["datetime"])
    return ItemsQuery(
        limit=min(limit, LARGEST_LIMIT),
        offset=_whole(parameters, "offset", 0),
        areas=_areas(parameters, collection),
        values={name: parameters[name] for name in names if name in parameters},
        crs=system(parameters, "crs", collection),
    )


def matching(asked: ItemsQuery, collection: Collection) -> list[int]:
    """Return the rows of the features that are asked for."""
    try:
        return collection.features.matching(asked.areas, asked.values)
    except ParameterError as error:
        raise BadRequestError(str(error)) from error


def system(parameters: QueryParams, name: str, collection: Collection) -> str:
    """Return the reference system that a parameter names."""
    uri = parameters.get(name, CRS84)
    if uri not in collection.systems:
        raise BadRequestError(f"{name}: {uri!r} is not offered; there are {', '.join(collection.systems)}.")
    return uri


def _whole(parameters: QueryParams, name: str, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text):
        raise BadRequestError(f"{name}: {text!r} is not a whole number from 0.")
    return int(text)


def _areas(parameters: QueryParams, collection: Collection) -> tuple[shapely.Geometry, ...] | None:
    uri = system(parameters, "bbox-crs", collection)
    text = parameters.get("bbox")
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadRequestError(f"bbox: {text!r} is not a list of numbers.") from error
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadRequestError("bbox: give four finite numbers, or six with heights.")
    if len(numbers) == 6:  # outlines have no height
        numbers = [numbers[place] for place in (0, 1, 3, 4)]
    try:
        return reference_systems.box(tuple(numbers), uri)
    except ParameterError as error:
        raise BadRequestError(str(error)) from error


def _check_datetime(text: str) -> None:
    """Refuse what is no instant or interval; features have no time of their own, so any fits them."""
    parts = text.split("/")
    instants = [_instant(part) for part in parts if len(parts) == 1 or part not in _OPEN]
    if len(parts) > 2 or not instants:
        raise BadRequestError(f"datetime: {text!r} is not an instant or an interval.")
    if instants[0] > instants[-1]:
        raise BadRequestError("datetime: its start comes after its end.")


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise BadRequestError(f"datetime: {text!r} is not a date or a time by RFC 3339.")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise BadRequestError(f"datetime: {text!r} is no day or time that there is.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
