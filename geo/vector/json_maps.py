"""GeoJSON read here, TopoJSON and Esri JSON handed to GDAL cleaned of all but their known members."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import FileError
from geo.vector.recognition import unreadable
from geo.vector.reference_systems import from_name

#: A larger file takes more memory as objects than a server gives; GeoPackage has no such limit.
LARGEST_BYTES = 400 << 20

_WGS84 = CRS.from_epsg(4326)
_GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


@dataclass(frozen=True, slots=True)
class JsonMap:
    """A parsed map: ``format`` is GeoJSON, TopoJSON or Esri JSON."""

    format: str
    content: dict[str, Any]
    notes: tuple[str, ...]


def parse(path: Path) -> JsonMap:
    """Parse the text of a map in JSON.

    Raises
    ------
    FileError
        When it is too large, no JSON, or no map.
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise FileError(
            f"{path}: is JSON of {size / 1e6:.0f} MB; at most {LARGEST_BYTES / 1e6:.0f} MB are read. "
            "Export it as GeoPackage."
        )
    text, notes = _decoded(path.read_bytes())
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise unreadable(path, f"the JSON is broken in line {error.lineno}") from error
    if isinstance(content, dict) and content.get("type") in _GEOMETRIES:
        content = {"type": "Feature", "properties": {}, "geometry": content}
    format_ = _format(content)
    if format_ is None and isinstance(content, dict) and "error" in content:
        raise FileError(
            f"{path}: is the error message of a map service and not its data. Sign in there, and download it again."
        )
    if format_ is None:
        raise unreadable(path, "JSON, but neither GeoJSON, TopoJSON nor Esri JSON")
    return JsonMap(format_, content, notes)


def geojson_table(path: Path, parsed: JsonMap) -> tuple[gpd.GeoDataFrame, CRS | None]:
    """Return the features of a GeoJSON and their CRS.

    Raises
    ------
    FileError
        When a feature is none, or the CRS is a link.
    """
    content = parsed.content
    features = content["features"] if content["type"] == "FeatureCollection" else [content]
    geometry, properties = [], []
    for row, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise unreadable(path, f"entry {row} of the GeoJSON is no feature")
        outline, facts = feature.get("geometry"), feature.get("properties") or {}
        if not isinstance(facts, dict):
            raise unreadable(path, f"the properties of feature {row} are no table")
        geometry.append(orjson.dumps(outline) if isinstance(outline, dict) else None)
        properties.append({name: _flat(value) for name, value in facts.items() if name != "geometry"})
    shapes = shapely.from_geojson(np.array(geometry, dtype=object), on_invalid="ignore")
    table = gpd.GeoDataFrame(pd.DataFrame(properties, index=range(len(features))), geometry=shapes)
    return table, _crs(path, content.get("crs", _ABSENT))


_ABSENT = object()


def cleaned(path: Path, parsed: JsonMap, folder: Path) -> Path:
    """Write a TopoJSON or Esri JSON anew with its known members only, so that no other driver can take it for its own.

    Raises
    ------
    FileError
        When a member is missing or of the wrong shape.
    """
    content = parsed.content
    kept: dict[str, Any] = {"displayFieldName": ""}
    members = ["geometryType", "fields", "features"]
    if parsed.format == "TopoJSON":
        _check_topology(path, content)
        kept = {"type": "Topology"}
        members = ["transform", "objects", "arcs"]
    kept |= {name: content[name] for name in members if name in content}
    target = folder / f"{path.stem}.json"
    target.write_bytes(orjson.dumps(kept))
    return target


def esri_crs(path: Path, parsed: JsonMap) -> CRS | None:
    """Return the CRS that an Esri JSON names by number.

    Raises
    ------
    FileError
        When the number is of no known CRS.
    """
    reference = parsed.content.get("spatialReference")
    if reference is None and parsed.content["features"]:
        outline = parsed.content["features"][0].get("geometry")
        reference = outline.get("spatialReference") if isinstance(outline, dict) else None
    if not isinstance(reference, dict):
        return None
    number = reference.get("latestWkid") or reference.get("wkid")
    if not isinstance(number, int):
        return None
    for authority in ("EPSG", "ESRI"):
        try:
            return CRS.from_authority(authority, number)
        except CRSError:
            continue
    raise FileError(f"{path}: its spatial reference {number} is not known. Name the CRS with --crs.")


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw.removeprefix(mark).decode(encoding, "replace"), (
                f"Teks dibaca sebagai {encoding} (ada BOM).",
            )
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ("Teks bukan UTF-8; dibaca sebagai Latin-1.",)


def _format(content: object) -> str | None:
    if not isinstance(content, dict):
        return None
    kind = content.get("type")
    if kind == "FeatureCollection" and isinstance(content.get("features"), list):
        return "GeoJSON"
    if kind == "Feature":
        return "GeoJSON"
    if kind == "Topology":
        return "TopoJSON"
    features = content.get("features")
    is_esri = "geometryType" in content or "spatialReference" in content
    if is_esri and isinstance(features, list) and all(isinstance(feature, dict) for feature in features):
        return "Esri JSON"
    return None


def _check_topology(path: Path, content: dict[str, Any]) -> None:
    objects, arcs = content.get("objects"), content.get("arcs")
    if not isinstance(objects, dict) or not isinstance(arcs, list):
        raise unreadable(path, "the TopoJSON lacks its objects or arcs")


def _flat(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


def _crs(path: Path, named: object) -> CRS | None:
    if named is _ABSENT:
        return _WGS84  # RFC 7946 §4
    if named is None:
        return None
    kind = named.get("type") if isinstance(named, dict) else None
    properties = named.get("properties") if isinstance(named, dict) else None
    if kind == "link" or not isinstance(properties, dict):
        raise FileError(f"{path}: its CRS is a link, and links are not followed. Name the CRS with --crs.")
    return from_name(
        str(properties.get("name") or f"EPSG:{properties.get('code')}"), f"{path}: the CRS of the GeoJSON"
    )
