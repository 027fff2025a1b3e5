"""The registry of names: which unit a code stands for in each system, and which codes a name may have.

It is the only proof of a code system: 3171 is Jakarta Selatan for BPS and Jakarta Pusat for Kemendagri, and only the
names beside the codes of a file tell which is meant.
"""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

from rapidfuzz import fuzz

from geo.codes import CodeSystem

#: Two spellings of one name are at least so alike, of 100 (rapidfuzz ratio of the normalised names).
ALIKE = 85.0

_KIND = re.compile(
    r"^(kelurahan|kel|desa|kecamatan|kec|distrik|kotamadya|kota|kabupaten|kab|provinsi|prov|prop|administrasi|adm|daerah"
    r"|khusus|ibukota)\b\.?\s*",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit with its code and name in each system; None where a system does not know it."""

    level: str
    kemendagri: str | None
    bps: str | None
    kemendagri_name: str | None
    bps_name: str | None

    def code(self, system: CodeSystem) -> str | None:
        """Return its code in a system."""
        return self.bps if system is CodeSystem.BPS else self.kemendagri

    @property
    def name(self) -> str:
        """Its name, Kemendagri's first."""
        return self.kemendagri_name or self.bps_name or ""

    @property
    def names(self) -> frozenset[str]:
        """Its normalised names."""
        return frozenset(normalised(name) for name in (self.kemendagri_name, self.bps_name) if name)


@dataclass(frozen=True)
class Registry:
    """All entries known."""

    entries: tuple[Entry, ...]

    @cached_property
    def _by_code(self) -> dict[tuple[CodeSystem, str], Entry]:
        return {
            (system, code): entry
            for system in CodeSystem
            for entry in self.entries
            if (code := entry.code(system)) is not None
        }

    def entry(self, system: CodeSystem, code: str) -> Entry | None:
        """Return the entry of a canonical code, or None where the registry does not know it."""
        return self._by_code.get((system, code))

    def within(self, level: str, system: CodeSystem, parent: str | None = None) -> list[Entry]:
        """Return the entries of a level that have a code in a system, below a parent where one is given."""
        return [
            entry
            for entry in self.entries
            if entry.level == level
            and (code := entry.code(system)) is not None
            and (parent is None or code.startswith(parent))
        ]


@lru_cache(1)
def shipped() -> Registry:
    """Return the registry of the lists in ``data/reference``.

    Examples
    --------
    >>> shipped().entry(CodeSystem.BPS, "3171").name
    'Kota Administrasi Jakarta Selatan'
    >>> shipped().entry(CodeSystem.KEMENDAGRI, "31.71").name
    'Kota Administrasi Jakarta Pusat'
    """
    entries = []
    for file in sorted(files("data").joinpath("reference").iterdir(), key=lambda file: file.name):
        if file.name.startswith("wilayah_"):
            rows = csv.DictReader(file.read_text("utf-8").splitlines())
            entries += [Entry(**{name: value or None for name, value in row.items()}) for row in rows]  # type: ignore[arg-type]
    return Registry(tuple(entries))


@lru_cache(100_000)
def normalised(name: str) -> str:
    """Return a name without its kind, spaces, punctuation, accents and case.

    Examples
    --------
    >>> normalised("Kel. PULO GADUNG"), normalised("Pulogadung"), normalised("Kota Administrasi Jakarta Timur")
    ('pulogadung', 'pulogadung', 'jakartatimur')
    >>> normalised("Kab. Adm. Kep. Seribu")
    'kepulauanseribu'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().strip()
    bare = re.sub(r"\bkep\b\.?", "kepulauan", plain)
    while (stripped := _KIND.sub("", bare)) != bare:
        bare = stripped
    letters = re.sub(r"[^a-z0-9]", "", bare)
    return letters or re.sub(r"[^a-z0-9]", "", plain)


def alike(one: str, other: str) -> float:
    """Return how alike two normalised names are, 0 to 100."""
    return 100.0 if one == other else float(fuzz.ratio(one, other))


def best(name: str, entries: Sequence[Entry]) -> tuple[Entry | None, float, float]:
    """Return the entry whose name is most alike, how alike it is, and how alike the next one is."""
    text = normalised(name)
    scored = sorted(
        ((max(alike(text, other) for other in entry.names), index) for index, entry in enumerate(entries)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not scored or not text:
        return None, 0.0, 0.0
    return entries[scored[0][1]], scored[0][0], scored[1][0] if len(scored) > 1 else 0.0
