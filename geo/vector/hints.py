"""What to do with files that people have and that are not read: by content, else by the ending of the name."""

from collections.abc import Sequence
from pathlib import Path

_ARCHIVE = "is a packed archive of a kind that is not read. Unpack it and give the file in it."
_CAD = (
    "is a CAD drawing. Open it in QGIS, make polygons with a column of codes, and export them as GeoPackage."
)
_MAPINFO = "is a MapInfo table. Open it in QGIS and export it as GeoPackage."
_GDB = "is an Esri geodatabase. Export its layer as GeoPackage or Shapefile."
_PROJECT = "is a project of a GIS, which holds no data. Give the layers that it shows."
_STYLE = "is a style of a layer and holds no data. Give the layer itself."
_RASTER = "is a raster. Boundaries are polygons; load a raster with kantong layers load --kind raster."
_WORKBOOK = (
    "is a workbook and holds no polygons. Give a map file; kantong layers load --kind table reads tables."
)
_STATISTICS = "is a file of a statistics program. Export it as CSV or Parquet."
_LINES = "is GeoJSON line by line. Export it as GeoJSON or GeoPackage."
_PAGE = "is a web page and not the file itself: the download failed, or needs a sign-in. Download it again."

_BY_CONTENT: Sequence[tuple[bytes, str]] = (
    (b"Rar!", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"AC10", _CAD),
    (b"II*\x00", _RASTER),
    (b"MM\x00*", _RASTER),
    (b"%PDF", "is a PDF, which is for reading. Ask for the data behind it, as GeoPackage or Shapefile."),
    (b"\x00\x01\x00\x00Standard Jet DB", _GDB),
    (b"$FL2", _STATISTICS),
    (b"<stata_dta>", _STATISTICS),
)
_BY_ENDING = {
    **dict.fromkeys((".dxf", ".dwg", ".dgn"), _CAD),
    **dict.fromkeys((".tab", ".mif", ".mid", ".map"), _MAPINFO),
    **dict.fromkeys((".qgz", ".qgs", ".mxd", ".aprx", ".mpk", ".lyr", ".lyrx"), _PROJECT),
    **dict.fromkeys((".qml", ".sld"), _STYLE),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), _WORKBOOK),
    **dict.fromkeys((".geojsonl", ".geojsons", ".ndjson", ".jsonl"), _LINES),
    ".mdb": _GDB,
    ".sav": _STATISTICS,
    ".dta": _STATISTICS,
}


def hint(path: Path, head: bytes) -> str:
    """Return what a file is and what to do, as the rest of a sentence; "" for one of another kind.

    Parameters
    ----------
    head
        How the file begins.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return _PAGE
    by_content = next((said for magic, said in _BY_CONTENT if head.startswith(magic)), "")
    return by_content or _BY_ENDING.get(path.suffix.lower(), "")
