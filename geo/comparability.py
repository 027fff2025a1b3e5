"""Whether two runs may be compared, with the reasons in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from geo.report import RunSummary
from geo.specification import Label, Specification

#: Shares of households placed by their code that differ by more are worth a word.
_PLACED_APART = 0.05
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in which two runs differ.

    Attributes
    ----------
    prevents
        Whether a difference of their figures would say nothing about people.
    sentence
        For a reader, in Indonesian and English.
    """

    prevents: bool
    sentence: Label


def findings(
    old: RunSummary, new: RunSummary, level: str, *, is_bridged: bool = False
) -> tuple[Finding, ...]:
    """Return in what two runs differ at a level, what prevents a comparison first.

    Parameters
    ----------
    level
        ``kelurahan``, ``rw``, …, or ``h3-9`` and so on for cells.
    is_bridged
        Whether a crosswalk carries the old run onto the new one's boundaries (`geo.change.bridge`).
    """
    found = [
        *_of_specifications(old.specification, new.specification),
        *_of_places(old, new, level, is_bridged),
        *_of_registers(old, new),
    ]
    return tuple(sorted(found, key=lambda finding: not finding.prevents))


def is_comparable(found: Sequence[Finding]) -> bool:
    """Return whether nothing found prevents a comparison."""
    return not any(finding.prevents for finding in found)


def not_met(names: Sequence[str]) -> Finding:
    """Say which units of an old version meet none of the new one."""
    some = ", ".join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
    return _mind(
        f"{len(names)} wilayah lama tidak bertemu wilayah baru mana pun: {some}.",
        f"{len(names)} old units meet no new one: {some}.",
    )


def _of_specifications(old: Specification, new: Specification) -> list[Finding]:
    found = []
    before, after = ({item.id: item for item in side.indicators} for side in (old, new))
    gone, added = (
        [name for name in before if name not in after],
        [name for name in after if name not in before],
    )
    if gone or added:
        found.append(_indicators(gone, added))
    both = [name for name in before if name in after]
    reworded = [name for name in both if before[name].rule != after[name].rule]
    if reworded:
        names = ", ".join(reworded)
        found.append(
            _prevents(f"Aturan indikator berbeda: {names}.", f"The rules of indicators differ: {names}.")
        )
    reweighed = [name for name in both if before[name].weight != after[name].weight]
    if reweighed and not gone and not added:  # else the weights had to move
        names = ", ".join(f"{name} {before[name].weight} → {after[name].weight}" for name in reweighed)
        found.append(_prevents(f"Bobot berbeda: {names}.", f"The weights differ: {names}."))
    if old.cutoff != new.cutoff:
        values = f"k = {old.cutoff} → {new.cutoff}"
        found.append(
            _prevents(f"Garis kemiskinan berbeda: {values}.", f"The poverty cutoffs differ: {values}.")
        )
    if (old.vulnerable, old.severe) != (new.vulnerable, new.severe):
        found.append(
            _mind(
                "Garis rentan atau parah berbeda; hanya kedua angka itu yang tidak sebanding.",
                "The lines of vulnerable or severe differ; only these two figures do not compare.",
            )
        )
    return found


def _indicators(gone: Sequence[str], added: Sequence[str]) -> Finding:
    less, more = ", ".join(gone) or "–", ", ".join(added) or "–"
    return _prevents(
        f"Indikator yang diukur berbeda: hilang {less}; baru {more}.",
        f"The measured indicators differ: gone {less}; new {more}.",
    )


def _of_places(old: RunSummary, new: RunSummary, level: str, is_bridged: bool) -> list[Finding]:
    if level.startswith("h3-"):
        return _of_cells(old, new)
    if old.boundaries.id == new.boundaries.id:
        return []
    versions = (
        f"{old.boundaries.name} ({old.boundaries.id[:8]}) → {new.boundaries.name} ({new.boundaries.id[:8]})"
    )
    if is_bridged:
        return [
            _mind(
                f"Batas berbeda, {versions}; hasil lama dibawa ke batas baru dengan tabel peralihan.",
                f"The boundaries differ, {versions}; a crosswalk carries the old figures onto the new ones.",
            )
        ]
    return [
        _prevents(
            f"Versi batas berbeda: {versions}, dan tidak ada tabel peralihan kode lama ke kode baru.",
            f"The boundary versions differ: {versions}, and there is no crosswalk from old codes to new ones.",
        )
    ]


def _of_cells(old: RunSummary, new: RunSummary) -> list[Finding]:
    found = []
    if old.resolution != new.resolution:
        values = f"{old.resolution} → {new.resolution}"
        found.append(
            _prevents(
                f"Resolusi sel H3 berbeda: {values}; satu titik dapat masuk ke sel induk lain.",
                f"The H3 resolutions differ: {values}; one point may fall into another parent cell.",
            )
        )
    if old.boundaries.id != new.boundaries.id:
        found.append(
            _mind(
                "Batas berbeda; hanya keluarga tanpa titik yang dapat pindah sel karenanya.",
                "The boundaries differ; only households without a point may change cells for that.",
            )
        )
    return found


def _of_registers(old: RunSummary, new: RunSummary) -> list[Finding]:
    found = []
    if old.id == new.id:
        found.append(_mind("Keduanya hasil yang sama.", "Both are the same run."))
    if old.register_name != new.register_name:
        names = f"{old.register_name} → {new.register_name}"
        found.append(
            _mind(
                f"Register: {names}. Sebanding hanya bila keduanya mencakup penduduk yang sama.",
                f"Registers: {names}. They compare only if both cover the same population.",
            )
        )
    shares = [run.placement.by_code / run.placement.read if run.placement.read else 0.0 for run in (old, new)]
    if abs(shares[0] - shares[1]) > _PLACED_APART:
        before, after = (round(share * 100) for share in shares)
        found.append(
            _mind(
                f"Keluarga yang hanya punya kode: {before} % → {after} %; peta sel dapat bergeser karenanya.",
                f"Households with a code only: {before}% → {after}%; figures of cells may shift for that.",
            )
        )
    return found


def _prevents(indonesian: str, english: str) -> Finding:
    return Finding(True, Label(indonesian, english))


def _mind(indonesian: str, english: str) -> Finding:
    return Finding(False, Label(indonesian, english))
