"""Unpack a zip into a folder of our own: bounded, flat, nothing but the parts of map files."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from geo.errors import FileError

#: An archive may unpack to at most so many bytes, from so many entries, and to so many times its own size.
LARGEST_BYTES = 2 << 30
MOST_ENTRIES = 2_000
LARGEST_RATIO = 200
_FREE_OF_RATIO = 16 << 20

_CHUNK = 1 << 20
_MAPS = (".shp", ".gpkg", ".geojson", ".json", ".topojson", ".kml", ".gml", ".fgb", ".parquet", ".csv")
_PARTS = (*_MAPS, ".shx", ".dbf", ".prj", ".cpg")
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    LookupError,
)


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack the map files of a zip or KMZ and their parts; return the map files, each a layer or more.

    Raises
    ------
    FileError
        When the archive is damaged, locked, too large once unpacked, holds links or paths that lead out of it, or
        no map.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack(archive, path, folder)
    except _DAMAGES as error:
        raise FileError(
            f"{path}: the archive is damaged and cannot be read as a map layer. Ask for it again."
        ) from error


def _unpack(archive: zipfile.ZipFile, path: Path, folder: Path) -> list[Path]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise FileError(f"{path}: the archive has {len(entries)} entries; at most {MOST_ENTRIES} are read.")
    left = LARGEST_BYTES
    most = max(path.stat().st_size * LARGEST_RATIO, _FREE_OF_RATIO)
    maps = []
    taken: set[str] = set()
    for entry in entries:
        _refuse_leading_out(entry, path)
        inner = PurePosixPath(entry.filename)
        if entry.is_dir() or inner.suffix.lower() not in _PARTS or "__MACOSX" in inner.parts:
            continue
        # Folders become part of the name, so that parts of one Shapefile stay together.
        name = "_".join((*inner.parts[:-1], inner.stem + inner.suffix.lower()))
        if name in taken:
            raise FileError(f"{path}: the archive holds {entry.filename!r} twice. Ask for it again.")
        taken.add(name)
        left -= _extract(archive, entry, folder / name, min(left, most), path)
        if inner.suffix.lower() in _MAPS:
            maps.append(folder / name)
    if not maps and any(".gdb" in entry.filename.lower() for entry in entries):
        raise FileError(
            f"{path}: the archive holds an Esri geodatabase (.gdb). Export its layer as GeoPackage or Shapefile."
        )
    if not maps:
        raise FileError(f"{path}: the archive holds no map layer ({', '.join(_MAPS)}).")
    return sorted(maps)


def _refuse_leading_out(entry: zipfile.ZipInfo, path: Path) -> None:
    inner = PurePosixPath(entry.filename.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in entry.filename or "\0" in entry.orig_filename:
        raise FileError(f"{path}: the entry {entry.filename!r} leads out of the archive. It is not opened.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise FileError(f"{path}: the entry {entry.filename!r} is a link, and links are not followed.")
    if entry.flag_bits & 1:
        raise FileError(f"{path}: the archive is locked with a password. Unlock it first.")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int, path: Path) -> int:
    written = 0
    with archive.open(entry) as packed, target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise FileError(
                    f"{path}: {entry.filename!r} unpacks to more than {most / 1e6:.0f} MB, as archives made to harm "
                    "do. Unpack it yourself and give the file."
                )
            file.write(chunk)
    return written
