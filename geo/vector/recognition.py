"""Tell what a map file is from its content, and refuse what could lead to another file or to a network.

The name of a file decides nothing but between CSV and Shapefile parts; a driver that reads indirections (VRT, WFS,
GDALG, …) is never reached, because nothing that it recognises passes here.
"""

import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from xml.parsers import expat

from geo.errors import FileError
from geo.vector import hints

_HEAD = 4_096
_CHUNK = 1 << 20
_DEEPEST_XML = 200

_READ = (
    "GeoPackage, Shapefile, GeoJSON, TopoJSON, Esri JSON, KML, KMZ, GML, FlatGeobuf, GeoParquet, CSV with WKT"
)

#: What GDAL's drivers of indirect sources look for in the text of a file.
_INDIRECT = re.compile(rb"<\s*OGR\w*DataSource|gdal_streamed_alg|<\s*VRTDataset|<\s*GDAL_WMS", re.IGNORECASE)

#: Virtual tables that a plain GeoPackage has; any other module, and these functions, reach beyond the file.
_PLAIN_MODULES = {"rtree", "fts3", "fts4", "fts5"}
_MODULE = re.compile(r"create\s+virtual\s+table\s.*?\busing\s+[\"'`\[]?(\w+)", re.IGNORECASE | re.DOTALL)
_REACHING = re.compile(r"\b(ogr_|gdal_|load_extension|readfile|writefile)", re.IGNORECASE)


class Kind(StrEnum):
    """The kinds of map files that are read."""

    GEOPACKAGE = "GeoPackage"
    SHAPEFILE = "Shapefile"
    JSON = "JSON"
    KML = "KML"
    GML = "GML"
    FLATGEOBUF = "FlatGeobuf"
    PARQUET = "GeoParquet"
    TEXT = "CSV"
    ZIP = "ZIP"


def recognise(path: Path) -> Kind:
    """Return what a file is.

    Raises
    ------
    FileError
        When it is missing, empty, a link, a Git-LFS pointer, of a kind that is not read, or leads elsewhere.
    """
    refuse_links(path)
    if path.stat().st_size == 0:
        raise FileError(f"{path}: the file is empty (0 bytes). Ask for it again.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"version https://git-lfs.github.com/spec"):
        raise FileError(
            f"{path}: is a Git LFS pointer in place of the data and cannot be read as a map layer. "
            "Fetch the file itself (git lfs pull)."
        )
    if said := hints.hint(path, head):
        raise FileError(f"{path}: {said}")
    kind = _by_content(path, head)
    if kind is Kind.GEOPACKAGE:
        _refuse_reaching_tables(path)
    elif kind in (Kind.KML, Kind.GML):
        _refuse_reaching_xml(path)
    return kind


def refuse_links(path: Path) -> None:
    """Refuse what is not a plain file.

    Raises
    ------
    FileError
        For a missing file, a link, a folder or a device.
    """
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: there is no such file. Check the path.") from error
    if stat.S_ISLNK(mode):
        raise FileError(
            f"{path}: is a link to another file, and links are not followed. Give the file itself."
        )
    if stat.S_ISDIR(mode):
        hint = (
            " Export its layer to a GeoPackage." if path.suffix.lower() == ".gdb" else " Give the file in it."
        )
        raise FileError(f"{path}: is a folder and cannot be read as a map layer.{hint}")
    if not stat.S_ISREG(mode):
        raise FileError(f"{path}: is no plain file and cannot be read as a map layer.")


def unreadable(path: Path, why: str = "") -> FileError:
    """Return the error for a file that is none of those that are read, or is damaged."""
    because = f" ({why})" if why else ""
    return FileError(f"{path}: cannot be read as a map layer{because}. Give one of: {_READ}.")


def _by_content(path: Path, head: bytes) -> Kind:
    for magic, kind in (
        (b"SQLite format 3\0", Kind.GEOPACKAGE),
        (b"PK\x03\x04", Kind.ZIP),
        (b"PAR1", Kind.PARQUET),
        (b"fgb\x03fgb", Kind.FLATGEOBUF),
        (b"\x00\x00\x27\x0a", Kind.SHAPEFILE),
    ):
        if head.startswith(magic):
            return kind
    if _INDIRECT.search(head):
        raise FileError(
            f"{path}: describes data that lies elsewhere, and links are not followed. Give the data."
        )
    if path.suffix.lower() in (".dbf", ".shx", ".prj", ".cpg"):
        raise unreadable(path, "a part of a Shapefile: give the .shp")
    text = _text(head).lstrip()
    if text.startswith(("{", "[")):
        return Kind.JSON
    if text.startswith("<"):
        return _kind_of_xml(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return Kind.TEXT
    raise unreadable(path)


def _text(head: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if head.startswith(mark):
            return head.removeprefix(mark).decode(encoding, "replace")
    return head.decode("utf-8", "replace")


class _RootFoundError(Exception):
    def __init__(self, name: str) -> None:
        self.name = name.rpartition(":")[2].lower()


def _kind_of_xml(path: Path) -> Kind:
    def found(name: str, _: dict[str, str]) -> None:
        raise _RootFoundError(name)

    try:
        _parse(path, found)
    except _RootFoundError as root:
        if root.name == "kml":
            return Kind.KML
        if root.name.endswith("featurecollection"):
            return Kind.GML
        raise unreadable(path, f"XML with the root {root.name!r}, neither KML nor GML") from root
    raise unreadable(path, "no XML element")


def _refuse_reaching_xml(path: Path) -> None:
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST_XML:
            raise unreadable(path, "XML nested too deeply")
        if name.rpartition(":")[2].lower() == "networklink":
            raise FileError(
                f"{path}: holds a NetworkLink to other data, and links are not followed. Save that data."
            )
        for attribute, value in attributes.items():
            if attribute.endswith("xlink:href") and not value.startswith("#"):
                raise FileError(
                    f"{path}: refers to {value[:80]!r}, and links are not followed. Export it whole."
                )
            if attribute == "srsName" and re.match(r"\w+://", value) and "opengis.net/" not in value:
                raise FileError(f"{path}: its CRS is a link, and links are not followed. Name it with --crs.")

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    _parse(path, opened, closed)


def _parse(
    path: Path, opened: Callable[[str, dict[str, str]], None], closed: Callable[[str], None] | None = None
) -> None:
    """Run through an XML file; a document type, which can define entities, ends it."""

    def document_type(*_: object) -> None:
        raise FileError(
            f"{path}: defines a document type (DOCTYPE), as attacks do, and is not read. Export it anew."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = document_type
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if _INDIRECT.search(chunk):
                    raise FileError(
                        f"{path}: describes data that lies elsewhere, and links are not followed."
                    )
                parser.Parse(chunk)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise unreadable(path, f"the XML is broken in line {error.lineno}") from error


def _refuse_reaching_tables(path: Path) -> None:
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as database:
            statements = [row[0] or "" for row in database.execute("SELECT sql FROM sqlite_master")]
            database.execute("SELECT count(*) FROM gpkg_contents")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise unreadable(path, "a database that is damaged or no GeoPackage") from error
    for statement in statements:
        module = _MODULE.search(statement)
        if (module and module[1].lower() not in _PLAIN_MODULES) or _REACHING.search(statement):
            raise FileError(f"{path}: has a table that reaches beyond the file, and links are not followed.")
