"""Vector tiles of a published run: one PMTiles archive a level, zones at high zooms, their parents at low ones."""

import gzip
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geo.disclosure import Published, PublishedRun
from maps import export, tile_pieces, vector_tile

MIN_ZOOM, MAX_ZOOM = 5, 14

#: Raised with every change of what the tiles of the same run look like.
FORMAT = 1

#: Zones that are smaller than this give way to their parents, as nobody can tell one from the next. The pixels are
#: those of a map, of which a tile has 512.
_SMALLEST_PIXELS = 4.0
_PIXELS_A_TILE = 512
_EQUATOR_KM = 40_075.017
_COMPRESSION = 6
_E7 = 10_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """The zooms at which a level stands in the tiles."""

    published: Published
    zooms: range


def stages(run: PublishedRun, level: str) -> tuple[Stage, ...]:
    """Return which level stands in the tiles of which zooms, coarse to fine.

    Parameters
    ----------
    level
        The level that is shown where its zones can be told apart.

    Returns
    -------
    tuple of Stage
        At each zoom the level itself, or the finest coarser one of its kind (units, cells) whose zones are at least 4
        pixels wide there; the coarsest when none is.
    """
    own = export.level_of(run, level)
    kind = [own] if own is run.pockets else _coarser(run, own)
    shown = [_told_apart(kind, zoom) for zoom in range(MIN_ZOOM, MAX_ZOOM + 1)]
    return tuple(
        Stage(published, range(MIN_ZOOM + zooms[0], MIN_ZOOM + zooms[-1] + 1))
        for published in reversed(kind)
        if (zooms := [place for place, level in enumerate(shown) if level is published])
    )


def encode(published: Published, zooms: range) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield each tile of a level that holds something: zoom, x, y and its bytes, one layer named by the level."""
    cells = published.level.startswith("h3-")
    cut = (
        tile_pieces.of_cells(published.geometry)
        if cells
        else tile_pieces.of_areas(published.geometry, deepest=MAX_ZOOM)
    )
    attributes = vector_tile.Attributes.of(published.table)
    for zoom in zooms:
        for x, y, tile in vector_tile.encode(published.level, cut(zoom), attributes):
            yield zoom, x, y, tile


def write_archive(run: PublishedRun, level: str, path: Path) -> None:
    """Write the tiles of a level as PMTiles, gzipped; the same run gives the same bytes.

    The file appears whole or not at all, also when two processes write it at once.
    """
    tiles = {
        zxy_to_tileid(zoom, x, y): tile
        for stage in stages(run, level)
        for zoom, x, y, tile in encode(stage.published, stage.zooms)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            writer = Writer(file)
            with writer.tile_f:
                for identifier in sorted(tiles):
                    writer.write_tile(identifier, gzip.compress(tiles[identifier], _COMPRESSION, mtime=0))
                writer.finalize(_header(run), metadata(run, level))
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def archive_in(folder: Path, run: PublishedRun, level: str) -> Path:
    """Return where the archive of a level of a run is kept, built or not."""
    return folder / f"{run.summary.id}-{run.audience.name}-{level}.{FORMAT}.pmtiles"


def metadata(run: PublishedRun, level: str) -> dict[str, Any]:
    """Describe the layers of a level's tiles, as TileJSON and PMTiles do."""
    return {
        "name": f"{run.summary.boundaries.place}: {level}",
        "description": f"Kantong {run.summary.id[:12]}, {run.audience.name}",
        "attribution": run.summary.boundaries.source,
        "vector_layers": [
            {
                "id": stage.published.level,
                "minzoom": stage.zooms.start,
                "maxzoom": stage.zooms.stop - 1,
                "fields": {
                    name: "String" if kind == pl.String else "Number"
                    for name, kind in stage.published.table.schema.items()
                },
            }
            for stage in stages(run, level)
        ],
    }


def bounds(run: PublishedRun) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a run in degrees."""
    outlines = [*(level.geometry for level in run.levels.values()), run.pockets.geometry]
    west, south, east, north = shapely.total_bounds(np.concatenate(outlines)).tolist()
    return west, south, east, north


def _coarser(run: PublishedRun, own: Published) -> list[Published]:
    """List a level and the coarser ones of its kind, fine to coarse."""
    cells = own.level.startswith("h3-")
    kind = [level for level in run.levels.values() if level.level.startswith("h3-") == cells]
    return kind[kind.index(own) :: -1]


def _told_apart(kind: list[Published], zoom: int) -> Published:
    return next((level for level in kind if _pixels(level, zoom) >= _SMALLEST_PIXELS), kind[-1])


def _pixels(published: Published, zoom: int) -> float:
    """Return how wide the middle zone of a level is on the map."""
    area = published.table["area_km2"].median()
    if not isinstance(area, float):
        return 0.0
    _, south, _, north = shapely.total_bounds(published.geometry).tolist()
    pixel_km = _EQUATOR_KM * np.cos(np.radians((south + north) / 2)) / (_PIXELS_A_TILE << zoom)
    return float(np.sqrt(area) / pixel_km)


def _header(run: PublishedRun) -> dict[str, Any]:
    west, south, east, north = (round(degrees * _E7) for degrees in bounds(run))
    return {
        "version": 3,
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": (MIN_ZOOM + MAX_ZOOM) // 2,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
