"""Mapbox Vector Tile 2.1, encoded for all features of a tile at once.

A tile is protocol buffers, and all of a feature but its length is variable-length integers. So the integers of many
features are laid out in one array and turned into bytes together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from maps.tile_pieces import EXTENT, Pieces

_Integers = NDArray[np.int64]

# Field numbers and wire types of vector_tile.proto, as the bytes that go before each field.
_TILE_LAYERS = b"\x1a"
_LAYER_VERSION_2 = b"\x78\x02"
_LAYER_NAME, _LAYER_FEATURES, _LAYER_KEYS, _LAYER_VALUES = b"\x0a", 0x12, b"\x1a", b"\x22"
_LAYER_EXTENT = b"\x28"
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 0x08, 0x12, 0x18, 0x22
_VALUE_STRING, _VALUE_DOUBLE, _VALUE_INT = b"\x0a", b"\x19", b"\x20"
_POLYGON = 3
_MOVE_TO_ONE, _LINE_TO, _CLOSE_PATH = 9, 2, 15

_DOUBLE_MESSAGE = np.dtype([("field", "V1"), ("length", "V1"), ("kind", "V1"), ("value", "<f8")])
_FEATURES_AT_ONCE = 16_384
_PER_FEATURE = 10


@dataclass(frozen=True, slots=True)
class Attributes:
    """The columns of a table, ready to be written into tiles.

    Attributes
    ----------
    keys
        Names of the columns.
    codes
        Shape (rows, columns): which value each has, -1 for none.
    texts
        Encoded values of strings and whole numbers: the first codes.
    doubles
        Encoded values of the other numbers, all of one length: the codes after them.
    """

    keys: tuple[str, ...]
    codes: NDArray[np.int32]
    texts: tuple[bytes, ...]
    doubles: NDArray[np.void]

    @classmethod
    def of(cls, table: pl.DataFrame) -> "Attributes":
        """Encode the values of a table of strings, whole numbers and floats; a null has no value."""
        codes = np.full((table.height, table.width), -1, dtype=np.int32)
        known: dict[str | int, int] = {}
        floats = [place for place, kind in enumerate(table.dtypes) if kind.is_float()]
        for place in sorted(set(range(table.width)) - set(floats)):
            values = table.to_series(place).to_list()
            codes[:, place] = [
                -1 if value is None else known.setdefault(value, len(known)) for value in values
            ]
        doubles: list[NDArray[np.float64]] = []
        total = len(known)
        for place in floats:
            column = table.to_series(place)
            present = column.is_not_null().to_numpy()
            distinct, inverse = np.unique(column.drop_nulls().to_numpy(), return_inverse=True)
            codes[present, place] = inverse + total
            doubles.append(distinct)
            total += len(distinct)
        return cls(
            tuple(table.columns),
            codes,
            tuple(_text_message(value) for value in known),
            _double_messages(np.concatenate(doubles) if doubles else np.zeros(0)),
        )


def encode(name: str, pieces: Pieces, attributes: Attributes) -> Iterator[tuple[int, int, bytes]]:
    """Yield each tile with something in it: its x, its y and its bytes, with one layer.

    The id of a feature is its row in the table, counted from 1: the same in every tile and at every zoom.
    """
    head = b"".join((_LAYER_VERSION_2, _field(_LAYER_NAME, name.encode())))
    tail = b"".join(_field(_LAYER_KEYS, key.encode()) for key in attributes.keys)
    tail += _LAYER_EXTENT + _varints(np.array([EXTENT])).tobytes()
    local = np.empty(len(attributes.texts) + len(attributes.doubles), dtype=np.int64)
    changes = (np.diff(pieces.x) != 0) | (np.diff(pieces.y) != 0)
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(pieces.row)]
    for start, end in pairwise(edges):
        if start == end:
            continue
        codes = attributes.codes[pieces.row[start:end]]
        distinct = _distinct(codes[codes >= 0])
        local[distinct] = np.arange(len(distinct))
        features = [
            _features(pieces, first, min(first + _FEATURES_AT_ONCE, end), attributes, local)
            for first in range(start, end, _FEATURES_AT_ONCE)
        ]
        layer = b"".join((head, *features, _values(distinct, attributes), tail))
        yield int(pieces.x[start]), int(pieces.y[start]), _field(_TILE_LAYERS, layer)


def _features(pieces: Pieces, first: int, end: int, attributes: Attributes, local: _Integers) -> bytes:
    codes = attributes.codes[pieces.row[first:end]]
    present = codes >= 0
    tags = np.empty((int(present.sum()), 2), dtype=np.int64)
    tags[:, 0] = np.broadcast_to(np.arange(codes.shape[1]), codes.shape)[present]
    tags[:, 1] = local[codes[present]]
    tag_count = 2 * present.sum(axis=1)
    geometry, geometry_count = _geometry(pieces, first, end)

    ids = pieces.row[first:end] + 1
    tag_bytes = _sums(_sizes(tags.ravel()), tag_count)
    geometry_bytes = _sums(_sizes(geometry), geometry_count)
    length = 5 + _sizes(ids) + _sizes(tag_bytes) + tag_bytes + _sizes(geometry_bytes) + geometry_bytes

    total = _PER_FEATURE + tag_count + geometry_count
    start = np.cumsum(total) - total
    stream = np.empty(int(total.sum()), dtype=np.int64)
    head: tuple[int | _Integers, ...] = (_LAYER_FEATURES, length, _FEATURE_ID, ids, _FEATURE_TAGS, tag_bytes)
    for place, value in enumerate(head):
        stream[start + place] = value
    stream[_runs(start + 6, tag_count)] = tags.ravel()
    after = start + 6 + tag_count
    middle: tuple[int | _Integers, ...] = (_FEATURE_TYPE, _POLYGON, _FEATURE_GEOMETRY, geometry_bytes)
    for place, value in enumerate(middle):
        stream[after + place] = value
    stream[_runs(after + 4, geometry_count)] = geometry
    return _varints(stream).tobytes()


def _geometry(pieces: Pieces, first: int, end: int) -> tuple[_Integers, _Integers]:
    """Return the commands of features in one array, and how many each has."""
    ring_low, ring_high = pieces.piece_starts[first], pieces.piece_starts[end]
    ring_starts = pieces.ring_starts[ring_low : ring_high + 1]
    points = pieces.points[ring_starts[0] : ring_starts[-1]]
    ring_starts = ring_starts - ring_starts[0]
    piece_rings = pieces.piece_starts[first : end + 1] - ring_low

    steps = np.diff(points, axis=0, prepend=0)
    begins = ring_starts[piece_rings[:-1]]
    steps[begins] = points[begins]  # a feature starts at the tile's corner
    zigzag = (steps << 1) ^ (steps >> 63)

    corners = np.diff(ring_starts)
    total = 2 * corners + 3
    start = np.cumsum(total) - total
    commands = np.empty(int(total.sum()), dtype=np.int64)
    commands[start] = _MOVE_TO_ONE
    commands[start + 3] = ((corners - 1) << 3) | _LINE_TO
    commands[start + total - 1] = _CLOSE_PATH
    place = _runs(start + 2, 2 * corners).reshape(-1, 2)
    place[ring_starts[:-1]] -= 1  # the first point stands before the command of the others
    commands[place] = zigzag
    return commands, _sums(total, np.diff(piece_rings))


def _values(distinct: NDArray[np.int32], attributes: Attributes) -> bytes:
    split = int(np.searchsorted(distinct, len(attributes.texts)))
    texts = b"".join([attributes.texts[code] for code in distinct[:split].tolist()])
    return texts + attributes.doubles[distinct[split:] - len(attributes.texts)].tobytes()


def _distinct(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    ordered = np.sort(codes)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _text_message(value: str | int) -> bytes:
    if isinstance(value, str):
        return _field(_LAYER_VALUES, _field(_VALUE_STRING, value.encode()))
    return _field(_LAYER_VALUES, _VALUE_INT + _varints(np.array([value])).tobytes())


def _double_messages(values: NDArray[np.float64]) -> NDArray[np.void]:
    messages: NDArray[np.void] = np.empty(len(values), dtype=_DOUBLE_MESSAGE)
    messages["field"], messages["length"] = _LAYER_VALUES, b"\x09"
    messages["kind"], messages["value"] = _VALUE_DOUBLE, values
    return messages


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varints(np.array([len(content)])).tobytes() + content


def _sizes(values: _Integers) -> _Integers:
    """Return how many bytes each integer takes."""
    sizes = np.ones(len(values), dtype=np.int64)
    largest, reach = int(values.max(initial=0)), 7
    while largest >> reach:
        sizes += values >= (1 << reach)
        reach += 7
    return sizes


def _varints(values: _Integers) -> NDArray[np.uint8]:
    """Return integers from 0 as base-128 bytes, low bits first."""
    sizes = _sizes(values)
    start = np.cumsum(sizes) - sizes
    encoded = np.empty(int(sizes.sum()), dtype=np.uint8)
    encoded[start] = (values & 127) | ((sizes > 1) << 7)
    for byte in range(1, int(sizes.max(initial=1))):
        longer = np.flatnonzero(sizes > byte)
        more = (sizes[longer] > byte + 1) << 7
        encoded[start[longer] + byte] = ((values[longer] >> (7 * byte)) & 127) | more
    return encoded


def _runs(starts: _Integers, lengths: _Integers) -> _Integers:
    """Return start, start + 1 … of each run, one after the other."""
    begins = np.cumsum(lengths) - lengths
    places: _Integers = np.repeat(starts - begins, lengths) + np.arange(int(lengths.sum()))
    return places


def _sums(values: _Integers, counts: _Integers) -> _Integers:
    """Return the sum of each run of values."""
    total = np.concatenate(([0], np.cumsum(values)))
    ends = np.cumsum(counts)
    sums: _Integers = total[ends] - total[ends - counts]
    return sums
