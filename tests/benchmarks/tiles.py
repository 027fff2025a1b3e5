"""Measure the building of vector tiles against ST_AsMVT in PostGIS on one connection: the same cells and columns."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h3
import mapbox_vector_tile
import numpy as np
import polars as pl
import shapely
import shapely.geometry
from sqlalchemy import Connection, create_engine, text

from geo import cells, specification
from geo.disclosure import RANK_COLUMNS, ZONE_COLUMNS, figure_columns
from maps import tile_pieces, vector_tile
from maps.geojson import geometry_type
from tests import postgres

_CELLS = 200_000
_RINGS = 258
_ZOOMS = range(8, 15)
_COMPARED = 6  # tiles of each zoom that are decoded and compared
_SMALL_TILE = 4_000_000  # bytes; decoding in Python takes minutes for the largest

_TILE = (
    "SELECT ST_AsMVT(t, 'h3-9', 4096, 'outline', 'fid') FROM ("
    "SELECT fid, {columns}, ST_AsMVTGeom(geometry, ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS outline FROM cell "
    "WHERE geometry && ST_TileEnvelope(:z, :x, :y, margin => 64 / 4096.0) ORDER BY fid) t WHERE outline IS NOT NULL"
)

Tiles = dict[tuple[int, int], bytes]


@dataclass
class Agreement:
    """How far decoded features agree."""

    features: int = 0
    same: int = 0
    farthest: float = 0.0


def main() -> None:
    """Print one line a zoom, and the whole."""
    missing = postgres.missing()
    if missing is not None:
        print(f"tiles against ST_AsMVT: skipped, {missing}")
        return
    codes = _codes()
    outlines, table = cells.polygons(codes), made_up(codes)
    with postgres.server() as server, loaded(server, table, outlines) as connection:
        started = time.process_time()
        cut, attributes = tile_pieces.of_cells(outlines), vector_tile.Attributes.of(table)
        ours_s, theirs_s = time.process_time() - started, 0.0
        agreement = Agreement()
        for zoom in _ZOOMS:
            started = time.process_time()
            ours = {(x, y): tile for x, y, tile in vector_tile.encode("h3-9", cut(zoom), attributes)}
            took = time.process_time() - started
            theirs, their_took = _theirs(connection, zoom, ours, table.columns)
            _compare(ours, theirs, agreement)
            ours_s, theirs_s = ours_s + took, theirs_s + their_took
            what = f"tiles of zoom {zoom}, {len(ours):,} with {_CELLS:,} cells"
            print(f"{what:<48}{took:>7.2f} s CPU, ST_AsMVT {their_took:.2f} s CPU", flush=True)
    columns = f"{table.width} columns"
    print(
        f"{f'tiles z8–14 of {_CELLS:,} cells, {columns}':<48}{ours_s:>7.2f} s CPU, ST_AsMVT {theirs_s:.2f} s CPU"
    )
    print(f"{'ratio, ST_AsMVT to ours':<48}{theirs_s / ours_s:>7.2f} x  reach 1 x")
    print(
        f"{'decoded features with the same id and values':<48}{agreement.features:>7,}, of which "
        f"{agreement.same:,} with the same outline, the others within {agreement.farthest:.1f} of 4,096"
    )


def _codes() -> np.ndarray:
    middle = h3.latlng_to_cell(-6.6, 106.8, 9)
    return np.sort(cells.from_text(list(h3.grid_disk(middle, _RINGS))))[:_CELLS]


def made_up(codes: np.ndarray) -> pl.DataFrame:
    """Make up a Published table of cells: a fifth hidden, counts whole, shares not."""
    rng = np.random.default_rng(1)
    number = len(codes)
    shown = rng.random(number) > 0.2
    hexadecimal = cells.to_text(codes)
    kinds = {**ZONE_COLUMNS, **figure_columns(tuple(specification.load("default").weights)), **RANK_COLUMNS}
    columns: dict[str, Any] = {
        "code": hexadecimal,
        "name": hexadecimal,
        "parent": cells.to_text(cells.parents(codes, 8)),
        "status": np.where(shown, "shown", "hidden").tolist(),
        "reason": [None if seen else "few_poor" for seen in shown.tolist()],
        "area_km2": cells.areas_km2(codes),
    }
    for name, kind in kinds.items():
        if name in columns:
            continue
        counted = kind == pl.Int64 or name.endswith(("households", "persons")) or name in ("read", "left_out")
        values = rng.integers(0, 500, number).astype(float) if counted else rng.random(number)
        columns[name] = pl.Series(np.where(shown, values, np.nan)).fill_nan(None).cast(kind)
    return pl.DataFrame(columns)


@contextmanager
def loaded(server: postgres.Server, table: pl.DataFrame, outlines: np.ndarray) -> Iterator[Connection]:
    """Load zones into a table ``cell`` of PostGIS, in web Mercator with an index, as GIS staff would."""
    engine = create_engine(server.new_database())
    kinds = {pl.String: "text", pl.Float64: "float8", pl.Int64: "bigint"}
    columns = ", ".join(f'"{name}" {kinds[type(kind)]}' for name, kind in table.schema.items())
    rows = table.with_row_index("fid", offset=1).with_columns(
        wkb=pl.Series(shapely.to_wkb(outlines, hex=True))
    )
    written = io.BytesIO()
    rows.write_csv(written, include_header=False)
    with engine.connect() as connection:
        connection.execute(text("CREATE EXTENSION postgis"))
        connection.execute(text(f"CREATE TABLE loaded (fid bigint, {columns}, wkb text)"))
        driver = connection.connection.cursor()
        with driver.copy("COPY loaded FROM STDIN (FORMAT csv)") as copy:
            copy.write(written.getvalue())
        kind = geometry_type(outlines)
        of_kind = "ST_Multi" if kind == "MultiPolygon" else ""
        project = f"{of_kind}(ST_Transform(ST_SetSRID(wkb::geometry, 4326), 3857))::geometry({kind}, 3857)"
        connection.execute(text(f"CREATE TABLE cell AS SELECT *, {project} AS geometry FROM loaded"))
        connection.execute(text("ALTER TABLE cell DROP COLUMN wkb"))
        connection.execute(text("CREATE INDEX ON cell USING gist (geometry)"))
        connection.execute(text("ANALYZE cell"))
        connection.execute(text("SET max_parallel_workers_per_gather = 0"))
        yield connection
    engine.dispose()


def _theirs(connection: Connection, zoom: int, wanted: Tiles, columns: list[str]) -> tuple[Tiles, float]:
    """Build the same tiles in PostGIS; return them and the seconds of processor of its one process."""
    query = text(_TILE.format(columns=", ".join(f'"{name}"' for name in columns)))
    process = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    started = _cpu_s(process)
    tiles: Tiles = {}
    for x, y in wanted:
        tile = bytes(connection.scalar(query, {"z": zoom, "x": x, "y": y}) or b"")
        tiles[x, y] = tile if len(tile) < _SMALL_TILE else b""
    return tiles, _cpu_s(process) - started


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _compare(ours: Tiles, theirs: Tiles, agreement: Agreement) -> None:
    """Stop when ids or values differ; note how far outlines do."""
    small = [place for place, tile in theirs.items() if tile]
    for place in small[:: max(1, len(small) // _COMPARED)]:
        mine, other = _features(ours[place]), _features(theirs[place])
        if mine.keys() != other.keys():
            raise SystemExit(
                f"tile {place}: {len(mine.keys() ^ other.keys())} features stand in one of both only"
            )
        for fid, (outline, values) in mine.items():
            their_outline, their_values = other[fid]
            if values != their_values:
                raise SystemExit(f"tile {place}, feature {fid}: the values differ")
            agreement.features += 1
            same = outline.equals(their_outline)
            agreement.same += same
            if not same:
                apart = shapely.hausdorff_distance(outline, their_outline)
                agreement.farthest = max(agreement.farthest, apart)


def _features(tile: bytes) -> dict[int, tuple[shapely.Geometry, dict[str, Any]]]:
    layer = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})["h3-9"]
    return {
        one["id"]: (shapely.geometry.shape(one["geometry"]), one["properties"]) for one in layer["features"]
    }


if __name__ == "__main__":
    main()
