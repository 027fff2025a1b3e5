"""PMTiles archives, read: the directory once, each tile with one read of the file."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pmtiles.tile import deserialize_directory, deserialize_header, tileid_to_zxy

_HEADER_BYTES = 127
_KEPT = 256

Place = tuple[int, int, int]


class TileArchive:
    """The tiles of one level of a run; those asked for last stay in memory.

    The file stays open, so a newer archive may be put in its place while this one is read.

    Parameters
    ----------
    path
        An archive that `maps.tiles.write_archive` wrote.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        header = deserialize_header(self._read(0, _HEADER_BYTES))
        self._read_lately = lru_cache(_KEPT)(self._read)
        self._leaves: int = header["leaf_directory_offset"]
        self._tiles = MappingProxyType(
            dict(self._entries(header["root_offset"], header["root_length"], header["tile_data_offset"]))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Place]:
        """Yield zoom, x and y of every tile."""
        return iter(self._tiles)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile as it is stored, gzipped, or None where there is nothing to draw."""
        found = self._tiles.get((zoom, x, y))
        return None if found is None else self._read_lately(*found)

    def _read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file, length, offset)

    def _entries(self, offset: int, length: int, data: int) -> Iterator[tuple[Place, tuple[int, int]]]:
        for entry in deserialize_directory(self._read(offset, length)):
            if entry.run_length == 0:
                yield from self._entries(self._leaves + entry.offset, entry.length, data)
            for step in range(entry.run_length):
                yield tileid_to_zxy(entry.tile_id + step), (data + entry.offset, entry.length)
