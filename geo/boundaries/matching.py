"""Units that have names but no codes: matched to the registry, shown as a table to confirm, and read back."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo import codes
from geo.codes import CodeSystem
from geo.errors import CodeError, FileError
from geo.registry import ALIKE, Entry, Registry, best, normalised

#: The best match leads the next by so much, or a person decides.
_LEAD = 5.0

EXACT, ALIKE_ONLY, ELSEWHERE, NONE = "sama", "mirip", "kecamatan lain", "tidak ada"
_COLUMNS = ("kota", "kecamatan", "kelurahan", "kode", "nama_acuan", "cara", "skor", "usulan", "fitur")

_ROMAN_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMAN = {numeral: number for number, numeral in enumerate(_ROMAN_NUMERALS.split(), start=1)}

Names = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """What the registry has for the names of a unit.

    Attributes
    ----------
    names
        Kota, kecamatan, kelurahan as the file spells them; empty where it does not say.
    code
        The code taken; None until a person gives one.
    reference
        The name of that code, or of the proposal.
    how
        ``sama`` after normalising, ``mirip`` by fuzzy comparison, ``kecamatan lain``, or ``tidak ada``.
    score
        How alike, 0 to 100.
    proposal
        A code that a person may take.
    features
        How many rows have these names.
    """

    names: Names
    code: str | None
    reference: str
    how: str
    score: float
    proposal: str | None
    features: int


def match(names: Iterable[Names], registry: Registry, system: CodeSystem) -> tuple[Match, ...]:
    """Match the names of kelurahan to the codes of a system, each distinct triple once.

    Names are compared after `geo.registry.normalised`; first inside the kecamatan that the file
    names, then in its kota.
    """
    counted = Counter(names)
    return tuple(_match(triple, counted[triple], registry, system) for triple in sorted(counted))


def _match(triple: Names, features: int, registry: Registry, system: CodeSystem) -> Match:
    kota_name, kecamatan_name, name = triple
    kota = _likely(kota_name, registry.within("kota", system), system)
    kecamatan = [
        code
        for upper in kota
        for code in _likely(kecamatan_name, registry.within("kecamatan", system, upper), system)
    ]
    within = [entry for upper in kecamatan for entry in registry.within("kelurahan", system, upper)]
    found, score, next_score = best(name, within)
    if found is not None and (score == 100.0 or (score >= ALIKE and score - next_score >= _LEAD)):
        how = EXACT if score == 100.0 else ALIKE_ONLY
        if score > next_score:
            return Match(triple, found.code(system), found.name, how, score, found.code(system), features)
    around = [entry for upper in kota for entry in registry.within("kelurahan", system, upper)]
    other, other_score, _ = best(name, around)
    if other is None or other_score < ALIKE:
        return Match(triple, None, "", NONE, other_score, None, features)
    how = ALIKE_ONLY if other in within else ELSEWHERE
    return Match(triple, None, other.name, how, other_score, other.code(system), features)


def _likely(name: str, entries: Sequence[Entry], system: CodeSystem) -> list[str]:
    """Return the codes that a name of an upper level may stand for; all where the file does not say."""
    if not normalised(name):
        return [str(entry.code(system)) for entry in entries]
    found, score, _ = best(name, entries)
    return [str(found.code(system))] if found is not None and score >= ALIKE else []


def rw_number(text: str) -> int | None:
    """Return the number of an RW as files write it.

    Examples
    --------
    >>> rw_number("RW 01"), rw_number("007"), rw_number("RW. XII"), rw_number("Kampung Baru")
    (1, 7, 12, None)
    """
    bare = re.sub(r"^(rukun\s*warga|rw)\b[\s.:\-]*|^rw(?=\d)", "", text.strip().lower())
    if re.fullmatch(r"\d{1,3}", bare):
        return int(bare) or None
    return _ROMAN.get(bare)


def with_rw(code: str, number: int, system: CodeSystem) -> str:
    """Return the code of an RW in a kelurahan."""
    return f"{code}{'.' if system is CodeSystem.KEMENDAGRI else ''}{number:03d}"


def write(matches: Sequence[Match], path: Path) -> None:
    """Write matches as a table to confirm: a code in ``kode`` is taken, an empty one leaves the units without."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for one in matches:
            score = f"{one.score:.0f}"
            writer.writerow(
                (*one.names, one.code or "", one.reference, one.how, score, one.proposal or "", one.features)
            )


def confirmed(path: Path, system: CodeSystem) -> dict[Names, str]:
    """Read a table of matches that a person has edited; names are compared normalised.

    Raises
    ------
    FileError
        When it is no such table, or a code is none of the system.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            f"{path}: the table of matches cannot be read. Give the CSV that check wrote."
        ) from error
    header = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    if not {"kota", "kecamatan", "kelurahan", "kode"} <= set(rows.fieldnames or ()):
        raise FileError(
            f"{path}: lacks one of the columns kota, kecamatan, kelurahan, kode. "
            "Give the CSV that check wrote."
        )
    answer: dict[Names, str] = {}
    for number, row in enumerate(rows, start=2):
        value = (row["kode"] or "").strip()
        if not value:
            continue
        try:
            parsed = codes.parse(value, system)
        except CodeError as error:
            raise FileError(f"{path}: row {number}, column 'kode': {error}") from error
        if parsed.level != "kelurahan":
            raise FileError(
                f"{path}: row {number}, column 'kode': {value!r} is the code of a {parsed.level}."
            )
        answer[key((row["kota"] or "", row["kecamatan"] or "", row["kelurahan"] or ""))] = str(parsed)
    return answer


def key(names: Names) -> Names:
    """Return names as they are compared."""
    kota, kecamatan, kelurahan = map(normalised, names)
    return kota, kecamatan, kelurahan
