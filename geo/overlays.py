"""Polygons laid over places, such as slum areas: which share of each place they cover."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.context import Places

_EQUAL_AREA = 6933


def covered_share(polygons: gpd.GeoSeries, places: Places) -> NDArray[np.float64]:
    """Return the share of each place's area that polygons cover, 0 to 1; where they overlap it counts once.

    Parameters
    ----------
    polygons
        Valid polygons in any CRS.
    """
    over = shapely.union_all(polygons.to_crs(_EQUAL_AREA).to_numpy())
    pieces = shapely.get_parts(over)
    outlines = places.geometry.to_crs(_EQUAL_AREA).to_numpy()
    place, piece = shapely.STRtree(pieces).query(outlines, predicate="intersects")
    areas = shapely.area(shapely.intersection(outlines[place], pieces[piece]))
    covered = np.bincount(place, weights=areas, minlength=len(outlines))
    share: NDArray[np.float64] = np.clip(covered / shapely.area(outlines), 0.0, 1.0)
    return share
