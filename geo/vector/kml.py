"""What KML from Google Earth and ArcGIS hides: one layer spread over folders, attributes in the text of a balloon."""

import html
import re
from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

FOLDER = "Folder"

_PAIR = re.compile(r"<td[^>]*>([^<]{1,80})</td>\s*<td[^>]*>([^<]*)</td>", re.IGNORECASE)
_DESCRIPTIONS = ("description", "Description")
_MOST = 0.5
_POLYGONS = ("Polygon", "MultiPolygon", "GeometryCollection")


def has_polygons(table: object) -> bool:
    """Return whether a layer holds polygons, alone or gathered."""
    return isinstance(table, gpd.GeoDataFrame) and bool(table.geom_type.isin(_POLYGONS).any())


def together(folders: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put the layers of folders under one another, with the name of the folder in a column of its own."""
    parts = [table.assign(**{FOLDER: name}) for name, table in folders.items()]
    table = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry=parts[0].geometry.name, crs=parts[0].crs)


def with_balloons(table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, bool]:
    """Read the table of names and values in descriptions, as ArcGIS writes attributes, into columns.

    Returns
    -------
    gpd.GeoDataFrame
        With a column for each name that most descriptions have and the table has not.
    bool
        Whether there were such columns.
    """
    column = next((name for name in _DESCRIPTIONS if name in table.columns), None)
    if column is None:
        return table, False
    rows = [_pairs(value) for value in table[column]]
    names = dict.fromkeys(name for row in rows for name in row)
    common = [name for name in names if sum(name in row for row in rows) > _MOST * len(rows)]
    new = {name: [row.get(name) for row in rows] for name in common if name not in table.columns}
    return (table.assign(**new), True) if new else (table, False)


def _pairs(value: object) -> dict[str, str]:
    if not isinstance(value, str):
        return {}
    found = (
        (html.unescape(name).strip(), html.unescape(text).strip()) for name, text in _PAIR.findall(value)
    )
    return {name: text for name, text in found if name}
