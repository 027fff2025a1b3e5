"""GeoJSON features (RFC 7946), many at once: polars writes them, numbers and outlines in the same pass."""

import io
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import shapely
from numpy.typing import NDArray

#: Decimals of degrees: 0.1 m on the ground.
DEGREE_DECIMALS = 6
#: Decimals of metres.
METRE_DECIMALS = 2


def geometry_type(geometry: NDArray[np.object_]) -> str:
    """Return the one type that all areas are written as: ``MultiPolygon`` as soon as one has several parts."""
    single = np.all(shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON)
    return "Polygon" if single else "MultiPolygon"


def features(
    ids: pl.Series,
    properties: pl.DataFrame,
    geometry: NDArray[np.object_],
    *,
    kind: str,
    decimals: int = DEGREE_DECIMALS,
) -> bytes:
    """Write one feature a row, with commas between them.

    Parameters
    ----------
    ids, properties, geometry
        One row a feature; polygons or multipolygons. A null property is written as ``null``.
    kind
        ``Polygon`` or ``MultiPolygon``, for all of them.
    decimals
        Of each coordinate.

    Examples
    --------
    >>> areas = shapely.box([0, 1], 0, [1, 2], 1)
    >>> features(pl.Series(["a", "b"]), pl.DataFrame({"h": [0.5, None]}), areas, kind="Polygon")[:55]
    b'{"type":"Feature","id":"a","properties":{"h":0.5},"geom'
    """
    if not len(ids):
        return b""
    table = pl.DataFrame(
        {
            "type": pl.repeat("Feature", len(ids), eager=True),
            "id": ids,
            "properties": properties.to_struct(),
            "geometry": pl.DataFrame(
                {
                    "type": pl.repeat(kind, len(ids), eager=True),
                    "coordinates": _coordinates(geometry, kind, decimals),
                }
            ).to_struct(),
        }
    )
    lines = io.BytesIO()
    table.write_ndjson(lines)
    # A line break within a text is escaped, so each of these ends a feature.
    return lines.getvalue().removesuffix(b"\n").replace(b"\n", b",")


def _coordinates(geometry: NDArray[np.object_], kind: str, decimals: int) -> pl.Series:
    wanted = geometry
    if kind == "MultiPolygon":
        single = shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON
        parts, owner = shapely.get_parts(geometry, return_index=True)
        wanted = geometry if not single.any() else shapely.multipolygons(parts, indices=owner)
    # RFC 7946: outer rings counter-clockwise.
    wanted = shapely.orient_polygons(wanted, exterior_cw=False)
    _, points, offsets = shapely.to_ragged_array(wanted, include_z=False)
    numbers = pa.array(np.round(points, decimals).ravel())
    nested: Any = pa.FixedSizeListArray.from_arrays(numbers, 2)
    for starts in offsets:
        nested = pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), nested)
    coordinates = pl.from_arrow(nested)
    assert isinstance(coordinates, pl.Series)
    return coordinates
