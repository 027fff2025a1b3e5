"""What whoever reads a run must know, one sentence each, in Indonesian and English."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geo.specification import Dimension, Indicator, Label, Specification

SPREAD_BY_RASTER = Label(
    "Keluarga tanpa titik disebar ke sel menurut raster penduduk; bagiannya tercatat di setiap tempat.",
    "Families without a point are spread over cells by a population raster; their share is stated for every place.",
)

PERSONS_FROM_MEMBERS = Label(
    "Jumlah jiwa keluarga dihitung dari berkas anggota, karena register tidak memuatnya.",
    "The persons of a family are counted from the file of members, as the register does not state them.",
)

PERSONS_UNKNOWN = Label(
    "Register tidak memuat jumlah anggota: setiap keluarga dihitung satu jiwa, jadi H dan M0 untuk keluarga.",
    "The register does not state the size of families: each counts as one person, so H and M0 are of families.",
)

#: Why an indicator is not measured, as the rest of "tidak diukur: …".
EMPTY_COLUMN = Label("kolomnya kosong pada semua keluarga", "its column is empty for every family")


def lacking_columns(columns: Sequence[str]) -> Label:
    """Say that a register lacks columns, as the rest of "tidak diukur: …"."""
    listed = ", ".join(columns)
    return Label(f"register tidak memuat {listed}", f"the register lacks {listed}")


def absent_indicators(specification: Specification, absent: Mapping[str, Label]) -> tuple[Label, ...]:
    """Say which indicators are not measured and where their weight went.

    Parameters
    ----------
    absent
        Indicator id → why, as the rest of "tidak diukur: …".
    """
    missing = [item for item in specification.indicators if item.id in absent]
    lost = specification.lost_dimensions(frozenset(absent))
    lost_ids = {dimension.id for dimension in lost}
    return (
        *(_of_indicator(item, absent[item.id]) for item in missing if item.dimension not in lost_ids),
        *(
            _of_dimension(dimension, [item for item in missing if item.dimension == dimension.id], absent)
            for dimension in lost
        ),
    )


def _of_indicator(item: Indicator, why: Label) -> Label:
    return Label(
        f"Indikator “{item.label.id}” tidak diukur: {why.id}. "
        f"Bobotnya ({item.weight}) berpindah ke indikator lain dalam dimensinya.",
        f"The indicator “{item.label.en}” is not measured: {why.en}. "
        f"Its weight ({item.weight}) moved to the others of its dimension.",
    )


def _of_dimension(dimension: Dimension, items: Sequence[Indicator], absent: Mapping[str, Label]) -> Label:
    lacking_id = "; ".join(f"“{item.label.id}”: {absent[item.id].id}" for item in items)
    lacking_en = "; ".join(f"“{item.label.en}”: {absent[item.id].en}" for item in items)
    return Label(
        f"Dimensi {dimension.label.id} tidak diukur sama sekali ({lacking_id}); "
        "bobotnya dibagi ke dimensi lain, sehingga hasil ini tidak sebanding dengan spesifikasi yang utuh.",
        f"The dimension {dimension.label.en} is not measured at all ({lacking_en}); its weight is shared among the "
        "other dimensions, so these results do not compare with the whole specification.",
    )


def to_table(notes: Iterable[Label]) -> list[dict[str, str]]:
    """Return notes as a store and a page take them."""
    return [{"id": note.id, "en": note.en} for note in notes]


def from_table(table: Iterable[Any]) -> tuple[Label, ...]:
    """Read notes; a plain text, as earlier versions stored and a schema may have, stands for both languages.

    Examples
    --------
    >>> from_table(["Satu.", {"id": "Dua.", "en": "Two."}])
    (Label(id='Satu.', en='Satu.'), Label(id='Dua.', en='Two.'))
    """
    return tuple(
        Label(str(entry["id"]), str(entry["en"]))
        if isinstance(entry, Mapping)
        else Label(str(entry), str(entry))
        for entry in table
    )
