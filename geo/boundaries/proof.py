"""Prove the system of a column of codes against the registry of names."""

from collections.abc import Sequence
from dataclasses import dataclass

from geo import codes
from geo.boundaries.columns import as_text
from geo.codes import Code, CodeSystem
from geo.registry import ALIKE, Registry, alike, normalised

_ENOUGH = 3
_PROVEN = 0.8


@dataclass(frozen=True, slots=True)
class Proof:
    """What the registry says of codes and names side by side.

    Attributes
    ----------
    system
        The system that the codes were read in.
    rows
        How many rows have a code and a name.
    known
        Of these, how many codes the registry knows.
    agreeing
        Of these, how many have the name that the registry has.
    """

    system: CodeSystem
    rows: int
    known: int
    agreeing: int

    @property
    def is_proven(self) -> bool:
        """Whether the names prove the system."""
        return (
            self.known >= min(_ENOUGH, self.rows) > 0
            and self.agreeing >= _PROVEN * self.known
            and (self.known >= _PROVEN * self.rows or self.agreeing > self.rows / 2)
        )

    @property
    def sentence(self) -> str:
        """The evidence, in Indonesian."""
        if not self.known:
            return f"{self.system}: tidak satu pun dari {self.rows} kode ada di daftar acuan"
        return (
            f"{self.system}: nama cocok pada {self.agreeing} dari {self.known} kode yang ada di daftar acuan"
        )


def prove(
    values: Sequence[object], names: Sequence[str | None], level: str, system: CodeSystem, registry: Registry
) -> Proof:
    """Read values as codes of a system and compare the names beside them with the registry.

    For RW and SLS the code of the kelurahan is compared with the kelurahan's name.
    """
    rows = known = agreeing = 0
    for value, name in zip(values, names, strict=True):
        code = _of_level(as_text(value), level, system)
        if code is None or not name:
            continue
        rows += 1
        entry = registry.entry(system, str(code))
        if entry is not None:
            known += 1
            agreeing += max(alike(normalised(name), other) for other in entry.names) >= ALIKE
    return Proof(system, rows, known, agreeing)


def _of_level(text: str, level: str, system: CodeSystem) -> Code | None:
    code = codes.mended(text, system)
    if code is None or code.level != level:
        return None
    return codes.parent(code) if level in codes.WITHIN_KELURAHAN else code
