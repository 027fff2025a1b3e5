"""The parts of a Shapefile: which are missing, and in which encoding its text is."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from geo.vector.recognition import refuse_links

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_DBF_HEADER_LENGTH = slice(8, 10)


@dataclass(frozen=True, slots=True)
class Shapefile:
    """A Shapefile to open, and how to read its text.

    Attributes
    ----------
    path
        A copy in a folder of our own, with the parts that belong to it.
    encoding
        Of the text of its table.
    """

    path: Path
    encoding: str
    notes: tuple[str, ...]


def gathered(path: Path, folder: Path) -> Shapefile:
    """Copy the parts of a Shapefile to a folder and say what is missing.

    Copied, because GDAL writes a missing index beside the file that it opens.

    Raises
    ------
    FileError
        When a part is a link.
    """
    parts = _parts_beside(path)
    target = folder / "layer.shp"
    for suffix, part in parts.items():
        shutil.copyfile(part, target.with_suffix(suffix))
    notes = []
    if ".shx" not in parts:
        notes.append("Berkas .shx tidak ada; indeks disusun ulang dari .shp.")
    if ".dbf" not in parts:
        notes.append("Berkas .dbf tidak ada: tidak ada kolom, jadi tidak ada kode atau nama.")
        return Shapefile(target, "UTF-8", tuple(notes))
    declared = parts[".cpg"].read_bytes()[:20].decode("ascii", "replace").strip() if ".cpg" in parts else None
    encoding = "UTF-8" if _is_utf8(parts[".dbf"]) else "ISO-8859-1"
    if encoding != "UTF-8":
        says = f"Berkas .cpg menyebut {declared}" if declared else "Berkas .cpg tidak ada"
        notes.append(f"{says}; teks bukan UTF-8 dan dibaca sebagai Latin-1.")
    return Shapefile(target, encoding, tuple(notes))


def _parts_beside(path: Path) -> dict[str, Path]:
    found: dict[str, Path] = {".shp": path}
    for other in sorted(path.parent.iterdir()):
        suffix = other.suffix.lower()
        if other.stem == path.stem and suffix in _PARTS and suffix not in found:
            refuse_links(other)
            found[suffix] = other
    return found


def _is_utf8(dbf: Path) -> bool:
    raw = dbf.read_bytes()
    records = raw[int.from_bytes(raw[_DBF_HEADER_LENGTH], "little") :]
    try:
        records.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
