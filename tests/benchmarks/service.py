"""Measure the service: a cached tile against nginx and tipg, GeoJSON against geopandas, 10,000 features to GDAL."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import geopandas as gpd
import h3
import httpx
import mapbox_vector_tile
import numpy as np
import pyogrio
import shapely
import shapely.geometry

from geo import cells
from geo.disclosure import PUBLIC, PublishedRun
from geo.store import Store
from maps import geojson
from maps.columns import described
from maps.features import Features
from maps.geojson import DEGREE_DECIMALS
from maps.tile_archive import TileArchive
from maps.tile_pieces import BUFFER, EXTENT
from tests import postgres
from tests.api.conftest import publish
from tests.benchmarks import tiles as tile_benchmark
from tests.benchmarks.work import make_sample, store_run

_HOUSEHOLDS = 20_000
_WANTED_BYTES = 30_000
_CONNECTIONS, _SECONDS, _ROUNDS = 64, 5, 3
_GEOJSON_FEATURES, _OAPIF_FEATURES = 20_000, 10_000
T = TypeVar("T")
_NGINX = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on;
  types {{ application/vnd.mapbox-vector-tile mvt; }}
  server {{
    listen 127.0.0.1:{port};
    root {folder};
    add_header Content-Encoding gzip;
    add_header Cache-Control "public, max-age=31536000, immutable";
  }}
}}
"""


def main() -> None:
    """Print one line a piece of work."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_until_here:
        folder = Path(name)
        folder.chmod(0o755)
        make_sample(name, _HOUSEHOLDS)
        store_run(name)
        database = f"sqlite:///{folder / 'bench.gpkg'}"
        publish(database)
        base = open_until_here.enter_context(_served("tests.api.ogc.serve", database, folder / "t"))
        _tile(base, folder, database)
    _geojson()
    _features_to_gdal()


def _tile(base: str, folder: Path, database: str) -> None:
    address, packed = _tile_near(base, folder)
    _line(f"the tile {address.split('/', 3)[3]}", f"{len(packed):,} bytes")
    if shutil.which("wrk") is None or shutil.which("nginx") is None:
        _line("tile against nginx and tipg", "skipped", "wrk and nginx are not installed")
        return
    (folder / "tile.mvt").write_bytes(packed)
    with _nginx(folder) as their_base:
        static = f"{their_base}/tile.mvt"
        same = httpx.get(static).content == httpx.get(address).content
        if not same:
            raise SystemExit("nginx does not serve the same bytes")
        rates = dict.fromkeys((address, static), 0.0)
        for _ in range(_ROUNDS):
            for one in rates:
                rates[one] = max(rates[one], _rate(one))
    ours, theirs = rates.values()
    _line(f"cached tile, {_CONNECTIONS} connections, ours", f"{ours:,.0f} a second")
    _line("  nginx as Debian sets it, one worker, the same bytes", f"{theirs:,.0f} a second")
    _line("  nginx to ours", f"{theirs / ours:.2f} x", "reach 3.5 x at the most")
    store = Store(database)
    _against_tipg(address, ours, store.published("latest", PUBLIC))
    store.close()


def _tile_near(base: str, folder: Path) -> tuple[str, bytes]:
    """Return the address and the bytes of the public tile whose size is nearest to what is wanted."""
    run = httpx.get(f"{base}/api/v1/runs", timeout=60).json()[0]["run"]
    found = []
    for level in ("kelurahan", "h3-8"):
        httpx.get(f"{base}/tiles/{run}/public/{level}/14/0/0.mvt", timeout=120)
        with TileArchive(next((folder / "t").glob(f"{run}-public-{level}.*"))) as archive:
            for zoom, x, y in archive:
                tile = archive.tile(zoom, x, y)
                assert tile is not None
                found.append((tile, f"{base}/tiles/{run}/public/{level}/{zoom}/{x}/{y}.mvt"))
    tile, address = min(found, key=lambda one: abs(len(one[0]) - _WANTED_BYTES))
    return address, tile


def _against_tipg(address: str, ours: float, run: PublishedRun) -> None:
    """Let tipg serve the same tile of the same zones from PostGIS; TIPG_PYTHON names the interpreter that has it."""
    interpreter = os.environ.get("TIPG_PYTHON")
    if interpreter is None or postgres.missing() is not None:
        _line("  tipg", "skipped", "TIPG_PYTHON names no interpreter with tipg, or PostGIS is missing")
        return
    level, zoom, x, y = address.removesuffix(".mvt").split("/")[-4:]
    zones = run.levels[level]
    with (
        postgres.server() as server,
        tile_benchmark.loaded(server, zones.table, zones.geometry) as connection,
    ):
        connection.commit()
        name, port = connection.engine.url.database, _free_port()
        command = [interpreter, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--no-access-log"]
        socket_folder = quote(str(server.directory), safe="")
        environment = {
            **os.environ,
            "DATABASE_URL": f"postgresql://tester@{socket_folder}/{name}",
            "TIPG_TILE_BUFFER": str(BUFFER),
        }
        with _process(command, environment, f"http://127.0.0.1:{port}/healthz"):
            theirs = f"http://127.0.0.1:{port}/collections/public.cell/tiles/WebMercatorQuad/{zoom}/{x}/{y}"
            mine, its = (httpx.get(one, timeout=60).raise_for_status() for one in (address, theirs))
            _refuse_other_features(mine.content, its.content, level)
            rate = max(_rate(theirs) for _ in range(2))
    sizes = f"{len(its.content):,} bytes unpacked, ours {len(mine.content):,}"
    _line(f"  tipg, the same tile of the same table, {sizes}", f"{rate:,.0f} a second")
    _line("  ours to tipg", f"{ours / rate:.0f} x", "reach 50 x")


def _refuse_other_features(mine: bytes, other: bytes, level: str) -> None:
    """Stop when the two tiles do not hold the same zones; those that only reach into its margin do not count."""
    visible = shapely.box(0, 0, EXTENT, EXTENT)
    codes = [
        {
            feature["properties"]["code"]
            for feature in mapbox_vector_tile.decode(tile)[layer]["features"]
            if shapely.intersection(shapely.geometry.shape(feature["geometry"]), visible).area > 0
        }
        for tile, layer in ((mine, level), (other, "default"))
    ]
    if codes[0] != codes[1]:
        raise SystemExit(f"tipg's tile holds other zones: {sorted(codes[0] ^ codes[1])[:5]}")


def _geojson() -> None:
    codes = np.sort(cells.from_text(list(h3.grid_disk(h3.latlng_to_cell(-6.6, 106.8, 9), 82))))[
        :_GEOJSON_FEATURES
    ]
    table, outlines = tile_benchmark.made_up(codes), cells.polygons(codes)
    features = Features(table, outlines, described(table))
    frame = gpd.GeoDataFrame(table.to_pandas(), geometry=outlines, crs=4326)
    written, ours = _cpu(lambda: geojson.collection({}, [features.geojson(range(len(codes)))]), 5)
    theirs_written, theirs = _cpu(frame.to_json, 2)
    _same_features(written, theirs_written)
    _line(f"{len(codes):,} features as GeoJSON, {len(written) / 1e6:.0f} MB", f"{ours * 1e3:.0f} ms CPU")
    _line("  geopandas.to_json", f"{theirs * 1e3:,.0f} ms CPU")
    _line("  ratio", f"{theirs / ours:.1f} x", "reach 15 x")


def _same_features(ours: bytes, theirs: str) -> None:
    """Stop when the decoded features differ, outlines by more than our rounding."""
    for mine, other in zip(*(json.loads(text)["features"] for text in (ours, theirs)), strict=True):
        outlines = (shapely.geometry.shape(one["geometry"]).normalize() for one in (mine, other))
        if mine["properties"] != other["properties"] or not shapely.equals_exact(
            *outlines, 10.0**-DEGREE_DECIMALS
        ):
            raise SystemExit(f"feature {mine['id']} is not what geopandas writes")


def _features_to_gdal() -> None:
    with tempfile.TemporaryDirectory() as name:
        database = f"sqlite:///{Path(name) / 'empty.gpkg'}"
        Store(database, create=True).close()
        with _served("tests.benchmarks.many_features", database, str(_OAPIF_FEATURES)) as base:
            times = []
            for _ in range(_ROUNDS):
                started = time.perf_counter()
                frame = pyogrio.read_dataframe(f"OAPIF:{base}/ogc", layer="000000000000_h3-9")
                times.append(time.perf_counter() - started)
                assert len(frame) == _OAPIF_FEATURES
    _line(
        f"{len(frame):,} features, {frame.shape[1]} columns, read by GDAL's OAPIF",
        f"{min(times):.2f} s",
        "reach 3 s",
    )


@contextmanager
def _served(module: str, *arguments: object) -> Iterator[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:  # it logs every request there
        assert server.stdout is not None
        base = f"http://127.0.0.1:{int(server.stdout.readline())}"
        try:
            _wait(f"{base}/healthz")
            yield base
        finally:
            server.terminate()


@contextmanager
def _nginx(folder: Path) -> Iterator[str]:
    port = _free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port))
    command = ["nginx", "-c", str(configuration), "-g", "daemon off; master_process off;"]
    with _process(command, dict(os.environ), f"http://127.0.0.1:{port}/tile.mvt"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(command: list[str], environment: dict[str, str], ready: str) -> Iterator[None]:
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        try:
            _wait(ready)
            yield
        finally:
            started.terminate()


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(address, timeout=30)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{address} does not answer")


def _rate(address: str) -> float:
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "-H", "Accept-Encoding: gzip", address]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in printed:
        raise SystemExit(printed)
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert found is not None
    return float(found[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu(work: Callable[[], T], repeats: int) -> tuple[T, float]:
    """Return what work gives, and the fewest seconds of processor it took."""
    took = []
    for _ in range(repeats):
        started = time.process_time()
        answer = work()
        took.append(time.process_time() - started)
    return answer, min(took)


def _line(what: str, measured: str, reach: str = "") -> None:
    print(f"{what:<66}{measured:>16}  {reach}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
