"""Write one small layer in every format that is read."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd


def _wkt(table: gpd.GeoDataFrame, path: Path, delimiter: str = ";") -> None:
    rows = table.drop(columns="geometry").assign(wkt=[f"SRID=4326;{shape.wkt}" for shape in table.geometry])
    rows.to_csv(path, sep=delimiter, index=False, encoding="utf-8-sig")


def _kmz(table: gpd.GeoDataFrame, path: Path) -> None:
    table.to_file(path.with_suffix(".kml"), driver="LIBKML")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".kml"), "doc.kml")


def _esri(table: gpd.GeoDataFrame, path: Path) -> None:
    features = [
        {
            "attributes": {"kode": row.kode, "nama": row.nama},
            "geometry": {"rings": [[list(point) for point in row.geometry.exterior.coords[::-1]]]},
        }
        for row in table.itertuples()
    ]
    fields = [{"name": name, "type": "esriFieldTypeString", "length": 50} for name in ("kode", "nama")]
    esri = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": {"wkid": 4326},
        "fields": fields,
        "features": features,
    }
    path.write_text(json.dumps(esri), "utf-8")


def _topology(table: gpd.GeoDataFrame, path: Path) -> None:
    arcs = [[list(point) for point in shape.exterior.coords] for shape in table.geometry]
    shapes = [
        {"type": "Polygon", "arcs": [[number]], "properties": {"kode": row.kode, "nama": row.nama}}
        for number, row in enumerate(table.itertuples())
    ]
    objects = {"desa": {"type": "GeometryCollection", "geometries": shapes}}
    path.write_text(json.dumps({"type": "Topology", "objects": objects, "arcs": arcs}), "utf-8")


def _zipped(table: gpd.GeoDataFrame, path: Path) -> None:
    table.to_file(path.with_suffix(".shp"), encoding="utf-8")
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            if part != path:
                archive.write(part, f"Peta/{part.name.upper()}")


WRITERS: dict[str, tuple[str, Callable[[gpd.GeoDataFrame, Path], object]]] = {
    "GeoPackage": ("desa.gpkg", lambda table, path: table.to_file(path)),
    "Shapefile": ("desa.shp", lambda table, path: table.to_file(path, encoding="utf-8")),
    "Shapefile dalam zip": ("desa.zip", _zipped),
    "GeoJSON": ("desa.geojson", lambda table, path: table.to_file(path)),
    "TopoJSON": ("desa.topojson", _topology),
    "Esri JSON": ("desa.json", _esri),
    "KML": ("desa.kml", lambda table, path: table.to_file(path, driver="LIBKML")),
    "KMZ": ("desa.kmz", _kmz),
    "GML": ("desa.gml", lambda table, path: table.to_file(path, driver="GML")),
    "FlatGeobuf": ("desa.fgb", lambda table, path: table.to_file(path)),
    "GeoParquet": ("desa.parquet", lambda table, path: table.to_parquet(path)),
    "CSV dengan WKT": ("desa.csv", _wkt),
}
