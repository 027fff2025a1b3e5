"""Spoil map files in every way that files come spoilt, by accident or on purpose; the same seed, the same files."""

import json
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import geopandas as gpd
import numpy as np
import shapely

from tests.geo.vector.writers import WRITERS

Rename = Callable[[gpd.GeoDataFrame, Random], gpd.GeoDataFrame]


def kelurahan() -> gpd.GeoDataFrame:
    """Six kelurahan of Bogor Selatan in a row."""
    codes = [f"32710100{number:02d}" for number in range(1, 7)]
    names = ["Mulyaharja", "Pamoyanan", "Ranggamekar", "Genteng", "Kertamaya", "Rancamaya"]
    boxes = [shapely.box(106.8 + x * 0.01, -6.65, 106.81 + x * 0.01, -6.64) for x in range(6)]
    table = {"kode": codes, "nama": names, "kecamatan": "Bogor Selatan", "kota": "Kota Bogor"}
    return gpd.GeoDataFrame(table, geometry=boxes, crs=4326)


# The layer, before it is written


def _some(
    table: gpd.GeoDataFrame, random: Random, change: Callable[[shapely.Geometry], object]
) -> gpd.GeoDataFrame:
    shapes = table.geometry.to_numpy().copy()
    for row in random.sample(range(len(shapes)), random.randint(1, len(shapes))):
        shapes[row] = change(shapes[row])
    return table.set_geometry(gpd.GeoSeries(shapes, crs=table.crs))


def _moved(shape: shapely.Geometry, change: Callable[[np.ndarray], np.ndarray]) -> shapely.Geometry:
    return shapely.transform(shape, change)


def _bow(shape: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = shape.bounds
    return shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])


def _set(table: gpd.GeoDataFrame, random: Random, column: str, values: list[object]) -> gpd.GeoDataFrame:
    spoilt = table[column].tolist()
    for row in random.sample(range(len(spoilt)), random.randint(1, len(spoilt))):
        spoilt[row] = random.choice(values)
    return table.assign(**{column: spoilt})


OF_LAYERS: dict[str, Rename] = {
    "rings reversed": lambda table, random: _some(table, random, lambda shape: shape.reverse()),
    "coordinates swapped": lambda table, random: _some(
        table, random, lambda shape: _moved(shape, lambda xy: xy[:, ::-1])
    ),
    "north for south": lambda table, random: _some(
        table, random, lambda shape: _moved(shape, lambda xy: xy * (1, -1))
    ),
    "far away": lambda table, random: _some(table, random, lambda shape: _moved(shape, lambda xy: xy * 1e6)),
    "no geometry": lambda table, random: _some(table, random, lambda _: None),
    "empty": lambda table, random: _some(table, random, lambda _: shapely.Polygon()),
    "bows": lambda table, random: _some(table, random, _bow),
    "points": lambda table, random: _some(table, random, lambda shape: shape.centroid),
    "no area": lambda table, random: _some(
        table, random, lambda shape: _moved(shape, lambda xy: xy * (1, 0) - (0, 6))
    ),
    "copies": lambda table, random: _some(table, random, lambda _: table.geometry.iloc[0]),
    "columns renamed": lambda table, random: table.rename(
        columns={
            random.choice(["kode", "nama", "kecamatan"]): random.choice(["x", "WADMKD", "KDEPUM", "", "nik"])
        }
    ),
    "codes gone": lambda table, random: _set(
        table, random, "kode", ["", "0", "32", "xx", "3271010001", "3.27E+09"]
    ),
    "names gone": lambda table, random: _set(
        table, random, "nama", ["", "\0", "é" * 60, "'; DROP TABLE x; --"]
    ),
    "codes as floats": lambda table, _: table.assign(kode=table["kode"].astype(float)),
    "no rows": lambda table, _: table.head(0),
    "wrong crs": lambda table, random: table.set_crs(
        random.choice([32748, 3857, 2154, 4979]), allow_override=True
    ),
    "metres": lambda table, _: table.to_crs(32748).set_crs(4326, allow_override=True),
}


# The bytes, after it was written


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def _flip(data: bytes, random: Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(random.choice([1, 8, 64])):
        spoilt[random.randrange(len(spoilt))] = random.randrange(256)
    return bytes(spoilt)


def _blank(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    length = random.randrange(1, 600)
    return data[:start] + bytes(length) + data[start + length :]


def _twice(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + data[start // 2 :]


def _encoded(data: bytes, random: Random) -> bytes:
    return re.sub(rb"Bogor", random.choice([b"B\xe9gor", b"B\xff\xfegor", b"B\x00gor"]), data)


def _numbers(data: bytes, random: Random) -> bytes:
    return re.sub(rb"106\.8", random.choice([b"NaN", b"1e999", b"-", b"106,8", b"null"]), data)


OF_BYTES = {
    "cut": _cut,
    "flipped": _flip,
    "blanked": _blank,
    "twice": _twice,
    "encoding": _encoded,
    "numbers": _numbers,
}


def _archive(path: Path, entries: list[tuple[str, bytes]], mode: int = 0) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, content)


def hostile(folder: Path) -> list[Path]:
    """Write files that are made to harm: bombs, paths that lead out, links, entities, depth."""
    table = json.loads(kelurahan().to_json(drop_id=True))
    text = json.dumps(table).encode()
    _archive(folder / "bomb.zip", [("a.geojson", b" " * 30_000_000)])
    _archive(folder / "bomb_kmz.kmz", [("doc.kml", b"<kml>" + b" " * 30_000_000)])
    _archive(folder / "traversal.zip", [("../../x.geojson", text)])
    _archive(folder / "absolute.zip", [("/tmp/x.geojson", text)])
    _archive(folder / "link.zip", [("a.geojson", b"/etc/passwd")], 0o120777)
    _archive(folder / "nested.zip", [("a.geojson", (folder / "traversal.zip").read_bytes())])
    _archive(folder / "many.zip", [(f"{number}.geojson", text) for number in range(3)])
    (folder / "link.geojson").symlink_to("/etc/passwd")
    (folder / "self.geojson").symlink_to(folder / "self.geojson")
    (folder / "deep.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 50_000)
    (folder / "wide.kml").write_text("<kml>" + "<a>" * 5_000)
    laughs = "".join(f'<!ENTITY a{number + 1} "{f"&a{number};" * 10}">' for number in range(9))
    (folder / "laughs.kml").write_text(f'<!DOCTYPE k [<!ENTITY a0 "ha">{laughs}]><kml>&a9;</kml>')
    (folder / "empty.gpkg").touch()
    (folder / "folder.shp").mkdir()
    return sorted(path for path in folder.iterdir())


def mutated(folder: Path, number: int, seed: int) -> list[Path]:
    """Write so many spoilt files, formats and ways in turn, and those that are made to harm."""
    random = Random(seed)
    files = hostile(folder)
    formats, layers, spoilers = list(WRITERS.values()), list(OF_LAYERS.values()), list(OF_BYTES.values())
    for index in range(number):
        name, write = formats[index % len(formats)]
        place = folder / f"{index:03d}"
        place.mkdir()
        path = place / name
        table = kelurahan()
        if index % 2:
            table = random.choice(layers)(table, random)
        try:
            with warnings.catch_warnings(action="ignore"):
                write(table, path)
        except Exception:
            for part in place.iterdir():
                part.unlink()
            write(kelurahan(), path)
        if index % 2 == 0:
            victim = random.choice(sorted(place.iterdir()))
            victim.write_bytes(random.choice(spoilers)(victim.read_bytes(), random))
        files.append(path)
    return files
