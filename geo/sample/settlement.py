"""Where the synthetic households of any boundary layer live, and how well-off each spot is.

A spot is a group of houses inside a unit. Distances are metres on a plane tangent at the layer's middle: true
to a percent within a province, which is enough for invented data.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import BoundaryError

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

POCKETS = 12
POCKET_RADIUS_M = (300.0, 800.0)

_SPACING_M = 100.0
_MOST_SPOTS = 150_000
_SMALLEST_UNIT_M2 = 2_000.0
_METRES_PER_DEGREE = (111_320.0, 110_574.0)
_WAVES = 40
_CROWDING = 0.8


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane in metres around a longitude and latitude."""

    lon: float
    lat: float

    @property
    def scale(self) -> Doubles:
        """Metres per degree of longitude and of latitude."""
        return np.array([_METRES_PER_DEGREE[0] * np.cos(np.radians(self.lat)), _METRES_PER_DEGREE[1]])

    def metres(self, degrees: Doubles) -> Doubles:
        """Turn longitude, latitude into metres."""
        return np.asarray((degrees - np.array([self.lon, self.lat])) * self.scale)


@dataclass(frozen=True, slots=True)
class Pockets:
    """Planted pockets of deprivation: centres (metres), radii (metres), depths (standard deviations)."""

    centre: Doubles
    radius: Doubles
    depth: Doubles

    def lower(self, welfare: Doubles, points: Doubles) -> Doubles:
        """Draw welfare down to a pocket's depth within it, softly at its edge."""
        lowered = welfare
        for centre, radius, depth in zip(self.centre, self.radius, self.depth, strict=True):
            cover = np.exp(-((np.hypot(*(points - centre).T) / radius) ** 6))
            lowered = np.minimum(lowered, welfare * (1 - cover) - depth * cover)
        return lowered


@dataclass(frozen=True, slots=True)
class Settlement:
    """Groups of houses, ordered by unit, and what the units share.

    Attributes
    ----------
    shapes
        The prepared polygon of each unit, EPSG:4326.
    spots
        Longitude and latitude of each group of houses, every one inside its unit.
    unit
        The unit of each spot, ascending.
    first
        The first spot of each unit; one more entry than units.
    mass
        Cumulative attraction of the spots over the whole layer, from 0 to 1; one more entry than spots.
    welfare
        Mean welfare at each spot, in standard deviations between households.
    sector
        Number of the RW around each spot where units are not RW.
    plane, pockets
        The local plane, and the planted pockets on it.
    """

    shapes: NDArray[np.object_]
    spots: Doubles
    unit: Integers
    first: Integers
    mass: Doubles
    welfare: NDArray[np.float32]
    sector: Integers
    plane: Plane
    pockets: Pockets

    def households(self, total: int) -> Integers:
        """Share households out over the units by their attraction, largest remainders first."""
        exact = np.diff(self.mass[self.first]) * total
        whole = np.floor(exact).astype(np.int64)
        order = np.argsort(whole - exact, kind="stable")
        whole[order[: total - whole.sum()]] += 1
        return whole


def settle(
    units: gpd.GeoDataFrame, group: Integers, rng: np.random.Generator, rivers: gpd.GeoDataFrame | None = None
) -> Settlement:
    """Found the settlements of a boundary layer.

    Parameters
    ----------
    units
        Polygons in EPSG:4326.
    group
        The kelurahan of each unit, whose households share a part of their fortune.
    rng
        Source of chance.
    rivers
        Lines in EPSG:4326 that draw pockets to their banks; without them pockets lie anywhere.

    Raises
    ------
    BoundaryError
        When no unit has room for a household.
    """
    shapes = np.asarray(shapely.make_valid(units.geometry.to_numpy()))
    shapely.prepare(shapes)
    west, south, east, north = units.total_bounds
    plane = Plane((west + east) / 2, (south + north) / 2)
    area = shapely.area(shapes) * plane.scale.prod()
    if not (area > _SMALLEST_UNIT_M2).any():
        raise BoundaryError(
            f"No unit of the layer is larger than {_SMALLEST_UNIT_M2:.0f} m²: a register needs polygons to "
            "live in. Check that the layer holds polygons and that its CRS is right."
        )
    spacing = max(_SPACING_M, float(np.sqrt(np.nansum(area) / _MOST_SPOTS)))
    found = [
        _spots(shape, spacing / plane.scale, rng) if size > _SMALLEST_UNIT_M2 else np.empty((0, 2))
        for shape, size in zip(shapes, area, strict=True)
    ]
    count = np.array([len(spots) for spots in found])
    spots, unit = np.vstack(found), np.repeat(np.arange(len(shapes)), count)
    metres = plane.metres(spots)
    attraction = _attraction(metres, unit, area, rng)
    pockets = _pockets(metres, attraction, _banks(plane, rivers), rng)
    return Settlement(
        shapes=shapes,
        spots=spots,
        unit=unit,
        first=np.concatenate([[0], np.cumsum(count)]),
        mass=np.concatenate([[0.0], np.cumsum(attraction) / attraction.sum()]),
        welfare=_welfare(metres, attraction, (unit, group), pockets, rng),
        sector=_sectors(metres, unit, rng),
        plane=plane,
        pockets=pockets,
    )


def _spots(shape: shapely.Geometry, step: Doubles, rng: np.random.Generator) -> Doubles:
    """Scatter spots over a shape on a shaken lattice; every part holds at least one."""
    west, south, east, north = shapely.bounds(shape)
    lon, lat = np.meshgrid(
        np.arange(west, east + step[0], step[0]), np.arange(south, north + step[1], step[1])
    )
    lattice = np.column_stack([lon.ravel(), lat.ravel()])
    lattice = np.round(lattice + rng.uniform(-0.5, 0.5, lattice.shape) * step, 6)
    parts = shapely.get_parts(shape)
    inner = shapely.get_coordinates(shapely.point_on_surface(parts[shapely.area(parts) > 0]))
    candidates = np.vstack([np.round(inner, 6), lattice])
    return np.asarray(candidates[shapely.contains_xy(shape, *candidates.T)])


def _wave_field(points: Doubles, lengths: tuple[float, float], rng: np.random.Generator) -> Doubles:
    """Return a smooth random field with unit variance, made of plane waves of the given lengths in metres."""
    field = np.zeros(len(points))
    for length in np.exp(rng.uniform(np.log(lengths[0]), np.log(lengths[1]), _WAVES)):
        angle = rng.uniform(0, 2 * np.pi)
        along = points @ np.array([np.cos(angle), np.sin(angle)])
        field += np.cos(2 * np.pi * along / length + rng.uniform(0, 2 * np.pi))
    return np.asarray(field * np.sqrt(2 / _WAVES))


def _attraction(metres: Doubles, unit: Integers, area: Doubles, rng: np.random.Generator) -> Doubles:
    """Return how many people each spot draws: more near the centre, unevenly everywhere."""
    centre = np.median(metres, axis=0)
    distance = np.hypot(*(metres - centre).T)
    gradient = np.exp(-distance / (0.9 * np.quantile(distance, 0.7) + 1))
    clusters = np.exp(rng.normal(0, 0.9, len(metres)) + 0.6 * _wave_field(metres, (500, 4_000), rng))
    fortune = np.exp(rng.normal(0, 0.4, len(area)))[unit]
    room = (np.nan_to_num(area) ** _CROWDING)[unit] / np.bincount(unit, minlength=len(area))[unit]
    return np.asarray(gradient * clusters * fortune * room)


def _banks(plane: Plane, rivers: gpd.GeoDataFrame | None) -> shapely.Geometry:
    if rivers is None:
        return shapely.MultiLineString()
    return shapely.union_all(shapely.transform(rivers.geometry.to_numpy(), plane.metres))


def _pockets(
    metres: Doubles, attraction: Doubles, banks: shapely.Geometry, rng: np.random.Generator
) -> Pockets:
    """Plant pockets apart from one another where people live, more often beside a river."""
    weight = attraction.copy()
    if not shapely.is_empty(banks):
        weight *= np.where(shapely.dwithin(banks, shapely.points(metres), 500.0), 5.0, 1.0)
    apart = 0.45 * np.sqrt(np.prod(np.ptp(metres, axis=0)) / POCKETS)
    centres: list[Doubles] = []
    while len(centres) < POCKETS and weight.sum() > 0:
        centre = metres[rng.choice(len(metres), p=weight / weight.sum())]
        centres.append(centre)
        weight[np.hypot(*(metres - centre).T) < apart] = 0
    size = len(centres)
    return Pockets(np.array(centres), rng.uniform(*POCKET_RADIUS_M, size), rng.uniform(1.5, 2.1, size))


def _welfare(
    metres: Doubles,
    attraction: Doubles,
    belonging: tuple[Integers, Integers],
    pockets: Pockets,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Lay welfare over the spots: smooth ground, the units, and the pockets."""
    unit, group = belonging
    smooth = 0.34 * _wave_field(metres, (2_500, 14_000), rng) + 0.2 * _wave_field(metres, (400, 1_500), rng)
    shared = rng.normal(0, 0.24, group.max() + 1)[group][unit] + rng.normal(0, 0.1, len(group))[unit]
    ground = smooth + shared
    return pockets.lower(ground - np.average(ground, weights=attraction), metres).astype(np.float32)


def _sectors(metres: Doubles, unit: Integers, rng: np.random.Generator) -> Integers:
    """Count sectors around the middle of each unit, so that an RW drawn is a place too."""
    count = np.maximum(np.bincount(unit), 1)
    middle = np.column_stack([np.bincount(unit, metres[:, axis]) / count for axis in range(2)])
    offset = metres - middle[unit]
    turn = (np.arctan2(offset[:, 1], offset[:, 0]) + np.pi) / (2 * np.pi)
    sectors = rng.integers(4, 16, len(count))[unit]
    return np.asarray(np.minimum((turn * sectors).astype(np.int64), sectors - 1) + 1)
