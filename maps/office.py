"""The agency that makes a print and the official who signs it: from a TOML file, else from the name of the place."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import FileError, ParameterError

_LARGEST_LOGO = 1_000_000
_KEYS = {"government", "agency", "address", "logo", "signed_at", "signatory_title", "signatory_name"}


@dataclass(frozen=True, slots=True)
class Office:
    """Who makes a print, and who signs it.

    Attributes
    ----------
    government, agency
        As on the letterhead: the first line and the office under it; a blank to fill in where empty.
    address
        Lines under the name of the agency.
    logo
        A drawing as SVG, its letters as paths; a frame to paste one in where empty.
    signed_at
        The town that stands before the date of signing.
    signatory_title, signatory_name
        The official position and the name of who signs; the name may stay empty.
    """

    government: str
    agency: str = ""
    address: tuple[str, ...] = ()
    logo: str = ""
    signed_at: str = ""
    signatory_title: str = ""
    signatory_name: str = ""


def office_of(place: str) -> Office:
    """Return the government of a place and the office of its head, as the kind of the place says.

    Examples
    --------
    >>> office_of("Kota Bogor").signatory_title
    'Wali Kota Bogor'
    """
    kind, _, name = place.partition(" ")
    if kind.upper() == "DKI":
        capital = f"DKI {name}"
        return Office(f"Pemerintah Provinsi {capital}", signed_at=name, signatory_title=f"Gubernur {capital}")
    heads = {"Kota": "Wali Kota", "Kabupaten": "Bupati", "Provinsi": "Gubernur"}
    if kind in heads:
        return Office(f"Pemerintah {place}", signed_at=name, signatory_title=f"{heads[kind]} {name}")
    return Office(f"Pemerintah Daerah {place}", signed_at=place, signatory_title="Kepala Daerah")


def read_office(path: Path) -> Office:
    """Read an office from a TOML file; its logo is an SVG file beside it.

    Raises
    ------
    FileError
        When the file or its logo cannot be read or printed.
    ParameterError
        When a key is missing, unknown or of another kind.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileError(f"{path}: the file cannot be read. Name the TOML file of the office.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: is not TOML: {error}.") from error
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise ParameterError(
            f"{path}: {unknown[0]!r} is no key of an office. Keys: {', '.join(sorted(_KEYS))}."
        )
    if "government" not in table:
        raise ParameterError(f'{path}: give at least government, such as "Pemerintah Kota Bogor".')
    address = table.pop("address", [])
    if not isinstance(address, list) or not all(isinstance(line, str) for line in address):
        raise ParameterError(f"{path}: address is a list of lines.")
    for key, value in table.items():
        if not isinstance(value, str):
            raise ParameterError(f"{path}: {key} is a text, not {value!r}.")
    logo = table.pop("logo", "")
    return Office(**table, address=tuple(address), logo=_logo(path.parent / logo) if logo else "")


def _logo(path: Path) -> str:
    try:
        drawing = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: the logo cannot be read. Give an SVG file.") from error
    if "<svg" not in drawing or len(drawing) > _LARGEST_LOGO:
        raise FileError(f"{path}: the logo is no SVG drawing of at most 1 MB.")
    if "<text" in drawing:
        raise FileError(
            f"{path}: the logo holds text, whose font would be missing. Turn its letters into paths."
        )
    if "<image" in drawing:
        raise FileError(
            f"{path}: the logo holds an image. Give a drawing of paths, which prints at any size."
        )
    return drawing
