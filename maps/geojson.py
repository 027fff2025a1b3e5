"""GeoJSON features (RFC 7946), many at once: polars writes them, numbers and outlines in the same pass."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import shapely
from numpy.typing import NDArray

#: Decimals of degrees: 0.1 m on the ground.
DEGREE_DECIMALS = 6
#: Decimals of metres.
METRE_DECIMALS = 2

#: Rows whose text stays in the processor's cache until it is joined.
_ROWS_AT_ONCE = 1_000

Pieces = list[memoryview]


def geometry_type(geometry: NDArray[np.object_]) -> str:
    """Return the one type that all areas are written as: ``MultiPolygon`` as soon as one has several parts."""
    single = np.all(shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON)
    return "Polygon" if single else "MultiPolygon"


def collection(members: Mapping[str, Any], written: Sequence[Pieces]) -> bytes:
    """Return a feature collection.

    Parameters
    ----------
    members
        What else it says of itself.
    written
        Features from `features`.

    Examples
    --------
    >>> collection({"run": "7f"}, [])
    b'{"type":"FeatureCollection","run":"7f","features":[]}'
    """
    head = orjson.dumps({"type": "FeatureCollection", **members})
    pieces: list[bytes | memoryview] = []
    for part in filter(None, written):
        pieces += [b",", *part] if pieces else part
    return b"".join([head[:-1], b',"features":[', *pieces, b"]}"])


def features(
    ids: pl.Series,
    properties: pl.DataFrame,
    outlines: pl.Series,
    *,
    kind: str,
) -> Pieces:
    """Write one feature a row, with commas between them, in pieces that are to be joined.

    Parameters
    ----------
    ids, properties, outlines
        One row a feature, outlines as `coordinates` returns them. A null property is written as ``null``.
    kind
        ``Polygon`` or ``MultiPolygon``, for all of them.

    Examples
    --------
    >>> areas = coordinates(shapely.box([0, 1], 0, [1, 2], 1), kind="Polygon")
    >>> written = features(pl.Series(["a", "b"]), pl.DataFrame({"h": [0.5, None]}), areas, kind="Polygon")
    >>> b"".join(written)[:55]
    b'{"type":"Feature","id":"a","properties":{"h":0.5},"geom'
    """
    if not len(ids):
        return []
    rows = pl.DataFrame(
        {
            "type": pl.repeat("Feature", len(ids), eager=True),
            "id": ids,
            "properties": properties.to_struct(),
            "geometry": pl.DataFrame(
                {
                    "type": pl.repeat(kind, len(ids), eager=True),
                    "coordinates": outlines,
                }
            ).to_struct(),
        }
    ).to_struct()
    pieces = [_text(rows[start : start + _ROWS_AT_ONCE]) for start in range(0, len(rows), _ROWS_AT_ONCE)]
    pieces[-1] = pieces[-1][:-1]
    return pieces


def _text(rows: pl.Series) -> memoryview:
    """Return rows as JSON with a comma after each; polars keeps such texts one after another."""
    written = pl.select(pl.concat_str(rows.struct.json_encode(), pl.lit(","))).to_series()
    texts = written.to_arrow().cast(pa.large_string())
    _, offsets, content = texts.buffers()
    start, end = np.frombuffer(offsets, np.int64)[[texts.offset, texts.offset + len(texts)]].tolist()
    return memoryview(content)[start:end]


def coordinates(geometry: NDArray[np.object_], *, kind: str, decimals: int = DEGREE_DECIMALS) -> pl.Series:
    """Return the nested coordinates of polygons or multipolygons, outer rings counter-clockwise as RFC 7946 says.

    Parameters
    ----------
    kind
        ``Polygon`` or ``MultiPolygon``, what all are written as.
    decimals
        Of each coordinate.
    """
    if not len(geometry):
        return pl.Series(dtype=pl.List(pl.Null))
    wanted = geometry
    if kind == "MultiPolygon":
        single = shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON
        parts, owner = shapely.get_parts(geometry, return_index=True)
        wanted = geometry if not single.any() else shapely.multipolygons(parts, indices=owner)
    wanted = shapely.orient_polygons(wanted, exterior_cw=False)
    _, points, offsets = shapely.to_ragged_array(wanted, include_z=False)
    numbers = pa.array(np.round(points, decimals).ravel())
    nested: Any = pa.FixedSizeListArray.from_arrays(numbers, 2)
    for starts in offsets:
        nested = pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), nested)
    answer = pl.from_arrow(nested)
    assert isinstance(answer, pl.Series)
    return answer
