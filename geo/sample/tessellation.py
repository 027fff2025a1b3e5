"""Natural-looking regions with exactly shared borders.

Fine Voronoi cells are joined into regions over their neighbour graph, the borders between regions are taken
as arcs, each arc is smoothed once, and the regions are rebuilt from the arcs: two neighbours therefore
share every vertex of their border.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi, cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SMOOTHINGS = 2
_SEED_MOVES = 4


@dataclass(frozen=True, slots=True)
class Tessellation:
    """Fine cells and the borders between them, in metres.

    Attributes
    ----------
    sites
        The point of each cell, shape (cells, 2).
    pairs
        The two cells on either side of each border, shape (borders, 2).
    segments
        The two ends of each border, shape (borders, 2, 2).
    """

    sites: Floats
    pairs: Integers
    segments: Floats


def tessellate(sites: Floats) -> Tessellation:
    """Cut the plane into Voronoi cells, leaving out borders that run to infinity."""
    voronoi = Voronoi(sites)
    ends = np.asarray(voronoi.ridge_vertices)
    finite = (ends >= 0).all(axis=1)
    pairs = np.asarray(voronoi.ridge_points, dtype=np.int64)[finite]
    return Tessellation(sites, pairs, voronoi.vertices[ends[finite]])


def relax(sites: Floats) -> Floats:
    """Move each site to the mean of its cell's corners, so that no cell is a splinter."""
    cells = tessellate(sites)
    middles = cells.segments.mean(axis=1)
    owner = cells.pairs.ravel()
    count = np.maximum(np.bincount(owner, minlength=len(sites)), 1)
    moved = np.empty_like(sites)
    for axis in range(2):
        total = np.bincount(owner, np.repeat(middles[:, axis], 2), minlength=len(sites))
        moved[:, axis] = total / count
    drift = np.hypot(*(moved - sites).T)
    settled = np.median(drift) * 6
    return np.where((drift < settled)[:, None], moved, sites)


def flank(line: Floats, *, step: float, offset: float) -> Floats:
    """Return pairs of sites on either side of a line, so that cell borders run along it."""
    path = shapely.LineString(line)
    along = np.arange(step / 2, path.length, step)
    here = shapely.get_coordinates(shapely.line_interpolate_point(path, along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, np.minimum(along + 5, path.length)))
    direction = ahead - here
    direction /= np.maximum(np.hypot(*direction.T), 1e-9)[:, None]
    normal = direction[:, ::-1] * np.array([-1.0, 1.0]) * offset
    return np.vstack([here + normal, here - normal])


def seeds(points: Floats, count: int, rng: np.random.Generator) -> Integers:
    """Choose points spread over the others, denser where they are dense."""
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(_SEED_MOVES):
        nearest = cKDTree(centres).query(points)[1]
        size = np.maximum(np.bincount(nearest, minlength=count), 1)
        means = [np.bincount(nearest, points[:, axis], minlength=count) / size for axis in range(2)]
        centres = np.column_stack(means)
    chosen = np.unique(cKDTree(points).query(centres)[1])
    spare = np.setdiff1d(np.arange(len(points)), chosen)
    return np.concatenate([chosen, rng.choice(spare, count - len(chosen), replace=False)])


def grow(pairs: Integers, cost: Floats, size: int, starts: Integers) -> Integers:
    """Give every node of a graph to the start it is reached from at least cost: regions are contiguous."""
    graph = csr_array((cost, (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    _, _, reached = dijkstra(graph, directed=False, indices=starts, min_only=True, return_predecessors=True)
    position = np.full(size, -1, dtype=np.int64)
    position[starts] = np.arange(len(starts))
    return np.where(reached >= 0, position[reached], -1)


def largest_part(pairs: Integers, member: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest connected part of the marked nodes."""
    inner = pairs[member[pairs].all(axis=1)]
    size = len(member)
    graph = csr_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    biggest = np.bincount(part[member]).argmax()
    return np.asarray(member & (part == biggest))


def neighbours(
    pairs: Integers, crossing: NDArray[np.bool_], region: Integers
) -> tuple[Integers, NDArray[np.bool_]]:
    """Return which regions touch, and whether most of their common border is a barrier."""
    sides = np.sort(region[pairs], axis=1)
    between = (sides[:, 0] != sides[:, 1]) & (sides[:, 0] >= 0)
    touching, index = np.unique(sides[between], axis=0, return_inverse=True)
    share = np.bincount(index, crossing[between]) / np.bincount(index)
    return touching, share > 0.5


def polygons(cells: Tessellation, region: Integers, count: int) -> NDArray[np.object_]:
    """Draw the regions with smoothed borders.

    Parameters
    ----------
    cells
        The fine cells.
    region
        The region of each cell, -1 outside.
    count
        How many regions there are.

    Returns
    -------
    numpy.ndarray
        One polygon a region; together a valid coverage.
    """
    sides = region[cells.pairs]
    borders = shapely.linestrings(cells.segments[sides[:, 0] != sides[:, 1]])
    arcs = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(borders)))
    smooth = [_smooth(arc) for arc in arcs]
    noded = shapely.get_parts(shapely.union_all(smooth))
    faces = shapely.get_parts(shapely.polygonize(noded))
    return _dissolve(faces, _majority(faces, cells.sites, region), count)


def _smooth(arc: shapely.LineString) -> shapely.LineString:
    points = shapely.get_coordinates(arc)
    for _ in range(_SMOOTHINGS):
        if len(points) < 3:
            break
        start, end = points[:-1], points[1:]
        cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], cut[1:-1], points[-1:]])
    return shapely.LineString(points)


def _majority(faces: NDArray[np.object_], sites: Floats, region: Integers) -> Integers:
    """Return the region of most sites within each face, the nearest site's where a face holds none."""
    inside = region >= 0
    points, regions = sites[inside], region[inside]
    face, point = shapely.STRtree(shapely.points(points)).query(faces, predicate="contains")
    centre = shapely.get_coordinates(shapely.point_on_surface(faces))
    owner = regions[cKDTree(points).query(centre)[1]]
    votes = np.unique(np.column_stack([face, regions[point]]), axis=0, return_counts=True)
    order = np.argsort(votes[1], kind="stable")
    owner[votes[0][order, 0]] = votes[0][order, 1]
    return np.asarray(owner, dtype=np.int64)


def _dissolve(faces: NDArray[np.object_], owner: Integers, count: int) -> NDArray[np.object_]:
    order = np.argsort(owner, kind="stable")
    groups: Sequence[NDArray[np.object_]] = np.split(
        faces[order], np.searchsorted(owner[order], np.arange(1, count))
    )
    return np.array([shapely.coverage_union_all(group) for group in groups], dtype=object)
