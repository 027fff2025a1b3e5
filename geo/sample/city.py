"""Kota Contoh: an invented city of some 115 km² that stands on no map.

Its ground, names, codes, rivers and roads are synthetic. It lies in UTM zone 48S, and its province number
(99) does not exist.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.spatial import cKDTree

from geo.sample import names
from geo.sample.tessellation import (
    Floats,
    Integers,
    Tessellation,
    flank,
    grow,
    largest_part,
    neighbours,
    polygons,
    relax,
    seeds,
    tessellate,
)

KOTA = "Kota Contoh"
KOTA_CODE = "99.71"
RW_COUNT = 700

_UTM = "EPSG:32748"
_CENTRE = (810_500.0, 9_229_000.0)
_AREA_M2 = 115e6
_CELLS = 15_000
_MARGIN_M = 900.0
_DECIMALS = 7
_BARRIER = 8.0
_RIVER_BORDER = 2.5
_ROAD_BARRIER = 2.0


@dataclass(frozen=True, slots=True)
class City:
    """The layers of a synthetic city, each in EPSG:4326.

    Attributes
    ----------
    rw, kelurahan, kecamatan
        Polygons with exactly shared borders. Columns ``code``, ``name``, then the names of the units above.
    rivers
        Lines with ``kind`` (``river``) and ``name``.
    roads
        Lines with ``kind`` (``road``), ``name`` and ``road_class`` (``arteri`` or ``lingkar``).
    """

    rw: gpd.GeoDataFrame
    kelurahan: gpd.GeoDataFrame
    kecamatan: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame


def kota_contoh(seed: int = 1) -> City:
    """Build Kota Contoh, a synthetic city.

    Fine Voronoi cells grow into RW, RW into kelurahan, kelurahan into kecamatan; crossing the river costs, so
    borders follow it. Built in UTM 48S (EPSG:32748) and given in EPSG:4326, rounded to a centimetre.

    Parameters
    ----------
    seed
        The same seed gives the same city.

    Returns
    -------
    City
        700 RW, 68 kelurahan, 6 kecamatan, rivers and roads.

    Examples
    --------
    >>> city = kota_contoh()
    >>> len(city.kelurahan), len(city.kecamatan)
    (68, 6)
    >>> city.rw.code.iloc[0]
    '99.71.01.1001.001'
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 9971]))
    outline = _outline(rng)
    rivers = _rivers(rng)
    roads = _roads(outline, rng)
    cells = tessellate(_sites(outline, [_closed(outline), *rivers.values(), *roads.values()], rng))
    inside = _filled(cells, outline)
    rw, kelurahan, kecamatan = _regions(cells, inside, rivers, roads, rng)
    layer = _rw_layer(polygons(cells, rw, RW_COUNT), kelurahan, kecamatan, rng)
    clip = outline.buffer(_MARGIN_M / 2)
    return City(
        layer,
        _above(layer, "kelurahan", ["kecamatan", "kota"]),
        _above(layer, "kecamatan", ["kota"]),
        _line_layer(rivers, clip, "river"),
        _line_layer(roads, clip, "road").assign(road_class=_road_class),
    )


def _outline(rng: np.random.Generator) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(2, 90):
        radius += 0.22 / wave**1.15 * rng.normal(0, 0.8) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    ring = shapely.Polygon(np.column_stack([radius * np.cos(angle) * 0.86, radius * np.sin(angle) * 1.16]))
    scale = np.sqrt(_AREA_M2 / ring.area)
    return shapely.Polygon(shapely.get_coordinates(ring)[:-1] * scale)


def _winding(start: Floats, end: Floats, amplitude: float, rng: np.random.Generator) -> Floats:
    """Return a smooth winding line between two points, in steps of about 40 m."""
    length = float(np.hypot(*(end - start)))
    along = np.linspace(0, 1, max(int(length / 40), 8))
    sway = np.zeros_like(along)
    for wave in range(1, 34):
        height = rng.uniform(0.7, 1.3) / wave**0.95
        sway += height * np.sin(np.pi * wave * along + rng.uniform(0, 2 * np.pi))
    sway *= amplitude * np.minimum(1, 6 * np.minimum(along, 1 - along))
    across = np.array([-(end - start)[1], (end - start)[0]]) / length
    return start + along[:, None] * (end - start) + sway[:, None] * across


def _closed(outline: shapely.Polygon) -> Floats:
    return np.asarray(shapely.get_coordinates(outline.exterior))


def _rivers(rng: np.random.Generator) -> dict[str, Floats]:
    main = _winding(np.array([2200.0, -11000.0]), np.array([-1800.0, 11000.0]), 620, rng)
    mouth = main[int(len(main) * rng.uniform(0.52, 0.6))]
    tributary = _winding(np.array([9000.0, -3800.0]), mouth, 300, rng)
    return {names.MAIN_RIVER: main, names.TRIBUTARY: tributary}


def _roads(outline: shapely.Polygon, rng: np.random.Generator) -> dict[str, Floats]:
    boundary = outline.exterior
    roads = {}
    first = rng.uniform(0, 2 * np.pi)
    for number, name in enumerate(names.RADIAL_ROADS):
        angle = first + 2 * np.pi * (number + rng.uniform(-0.22, 0.22)) / len(names.RADIAL_ROADS)
        far = np.array([np.cos(angle), np.sin(angle)]) * 12_000
        roads[name] = _winding(np.zeros(2), far, 170, rng)
    shape = np.array(shapely.get_coordinates(shapely.segmentize(boundary, 60)))
    for name, share in ((names.INNER_RING, 0.22), (names.OUTER_RING, 0.6)):
        roads[name] = _ring(shape * share, rng)
    return roads


def _ring(shape: Floats, rng: np.random.Generator) -> Floats:
    """Round a closed line off and let it waver."""
    spectrum = np.fft.fft(shape[:-1, 0] + 1j * shape[:-1, 1])
    spectrum[5:-5] = 0
    curve = np.fft.ifft(spectrum)
    turn = np.linspace(0, 2 * np.pi, len(curve), endpoint=False)
    waver = sum(rng.normal(0, 0.012) * np.cos(wave * turn + rng.uniform(0, 6)) for wave in range(3, 9))
    curve = curve * (1 + waver)
    points = np.column_stack([curve.real, curve.imag])[::2]
    return np.vstack([points, points[:1]])


def _sites(outline: shapely.Polygon, lines: list[Floats], rng: np.random.Generator) -> Floats:
    west, south, east, north = outline.bounds
    low, high = np.array([west, south]) - _MARGIN_M, np.array([east, north]) + _MARGIN_M
    spots = rng.uniform(low, high, (_CELLS * 5, 2))
    dense = 0.13 + 0.87 * np.exp(-((np.hypot(*spots.T) / 3300) ** 2))
    spots = relax(spots[rng.uniform(size=len(spots)) < dense][:_CELLS])
    beside = np.vstack([flank(line, step=85, offset=38) for line in lines])
    beside = beside[((beside > low) & (beside < high)).all(axis=1)]
    paths = shapely.multilinestrings([shapely.LineString(line) for line in lines])
    shapely.prepare(paths)
    free = ~shapely.dwithin(paths, shapely.points(spots), 65)
    return _spaced(np.vstack([beside, spots[free]]), 25)


def _spaced(points: Floats, distance: float) -> Floats:
    """Drop the later of any two points closer than a distance."""
    close = cKDTree(points).query_pairs(distance, output_type="ndarray")
    keep = np.ones(len(points), dtype=bool)
    keep[close.max(axis=1)] = False
    return points[keep]


def _filled(cells: Tessellation, outline: shapely.Polygon) -> NDArray[np.bool_]:
    """Return the cells of one city without holes; a cell at the rim of the plane is never in it."""
    city = largest_part(cells.pairs, shapely.contains_xy(outline, cells.sites))
    near = shapely.contains_xy(outline.convex_hull, cells.sites)
    return np.asarray(near & ~largest_part(cells.pairs, ~city))


def _crossed(cells: Tessellation, lines: dict[str, Floats]) -> NDArray[np.bool_]:
    paths = shapely.multilinestrings([shapely.LineString(line) for line in lines.values()])
    shapely.prepare(paths)
    return np.asarray(shapely.intersects(paths, shapely.linestrings(cells.sites[cells.pairs])))


def _regions(
    cells: Tessellation,
    inside: NDArray[np.bool_],
    rivers: dict[str, Floats],
    roads: dict[str, Floats],
    rng: np.random.Generator,
) -> tuple[Integers, Integers, Integers]:
    """Return the RW of each cell, the kelurahan of each RW, and the kecamatan of each kelurahan."""
    wet = _crossed(cells, rivers)
    cost = _lengths(cells.sites, cells.pairs) * rng.uniform(0.75, 1.25, len(wet))
    cost *= np.where(wet, _BARRIER, 1) * np.where(_crossed(cells, roads), _ROAD_BARRIER, 1)
    city = np.flatnonzero(inside)
    inner = inside[cells.pairs].all(axis=1)
    starts = city[seeds(cells.sites[city], RW_COUNT, rng)]
    rw = grow(cells.pairs[inner], cost[inner], len(inside), starts)
    kelurahan = _join(cells, wet, rw, len(names.KELURAHAN), rng)
    merged = np.where(rw >= 0, kelurahan[rw], -1)
    kecamatan = _join(cells, wet, merged, len(names.KECAMATAN), rng)
    return rw, kelurahan, kecamatan


def _lengths(points: Floats, pairs: Integers) -> Floats:
    return np.asarray(np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T))


def _join(
    cells: Tessellation, wet: NDArray[np.bool_], region: Integers, count: int, rng: np.random.Generator
) -> Integers:
    """Join regions into fewer, larger ones; a common border in a river keeps them apart."""
    known = region >= 0
    size = np.bincount(region[known])
    sums = [np.bincount(region[known], cells.sites[known, axis]) for axis in range(2)]
    centre = np.column_stack(sums) / size[:, None]
    touching, river = neighbours(cells.pairs, wet, region)
    cost = (
        _lengths(centre, touching) * np.where(river, _RIVER_BORDER, 1) * rng.uniform(0.85, 1.15, len(river))
    )
    return grow(touching, cost, len(centre), seeds(centre, count, rng))


def _rw_layer(
    shapes: NDArray[np.object_], kelurahan: Integers, kecamatan: Integers, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    kelurahan_names = rng.permutation(np.array(names.KELURAHAN))
    frame = pd.DataFrame({"unit": kelurahan, "district": kecamatan[kelurahan]})
    frame["district_no"] = _numbered(centre, frame.district, None)
    frame["unit_no"] = _numbered(centre, frame.unit, frame.district)
    frame["rw_no"] = _numbered(centre, pd.Series(np.arange(len(frame))), frame.unit)
    district = KOTA_CODE + "." + frame.district_no.map("{:02d}".format)
    unit = district + "." + frame.unit_no.map("1{:03d}".format)
    layer = gpd.GeoDataFrame(
        {
            "code": unit + "." + frame.rw_no.map("{:03d}".format),
            "name": frame.rw_no.map("RW {:02d}".format),
            "kelurahan": kelurahan_names[frame.unit],
            "kecamatan": np.array(names.KECAMATAN)[frame.district_no - 1],
            "kota": KOTA,
        },
        geometry=_geographic(shapes),
        crs="EPSG:4326",
    )
    return layer.sort_values("code", ignore_index=True)


def _numbered(centre: Floats, group: pd.Series, within: pd.Series | None) -> pd.Series:
    """Count groups 1, 2, … from north to south by their mean, anew within each larger group."""
    north = pd.Series(centre[:, 1]).groupby(group.to_numpy()).transform("mean")
    if within is None:
        return north.rank(method="dense", ascending=False).astype(int)
    return north.groupby(within.to_numpy()).rank(method="dense", ascending=False).astype(int)


def _above(rw: gpd.GeoDataFrame, level: str, parents: list[str]) -> gpd.GeoDataFrame:
    groups = {"kelurahan": 4, "kecamatan": 3}[level]
    code = rw.code.str.split(".").str[:groups].str.join(".")
    parts = rw.assign(code=code, name=rw[level]).groupby("code", sort=True)
    attributes = parts[["name", *parents]].first().reset_index()
    shapes = [shapely.coverage_union_all(part.geometry.to_numpy()) for _, part in parts]
    return gpd.GeoDataFrame(attributes, geometry=shapes, crs=rw.crs)


def _geographic(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    transformer = Transformer.from_crs(_UTM, "EPSG:4326", always_xy=True)

    def project(points: Floats) -> Floats:
        lon, lat = transformer.transform(points[:, 0] + _CENTRE[0], points[:, 1] + _CENTRE[1])
        return np.round(np.column_stack([lon, lat]), _DECIMALS)

    return np.asarray(shapely.normalize(shapely.transform(shapes, project)))


def _line_layer(lines: dict[str, Floats], clip: shapely.Polygon, kind: str) -> gpd.GeoDataFrame:
    paths = np.array([shapely.LineString(line) for line in lines.values()], dtype=object)
    shapes = _geographic(shapely.intersection(paths, clip))
    return gpd.GeoDataFrame({"kind": kind, "name": list(lines)}, geometry=shapes, crs="EPSG:4326")


def _road_class(roads: gpd.GeoDataFrame) -> NDArray[np.str_]:
    return np.where(roads.name.isin([names.OUTER_RING, names.INNER_RING]), "lingkar", "arteri")
