"""What the columns of a Published table hold: labels, units and types, for whoever reads them by a schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from geo.context import SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS
from geo.disclosure import Published
from geo.report import LayerLabel
from geo.specification import Label, Specification
from maps import palette
from maps.numbers import day

Kind = Literal["string", "number", "integer"]

_KINDS: Mapping[pl.DataType, Kind] = {pl.String(): "string", pl.Float64(): "number", pl.Int64(): "integer"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    id
        Its name in the table.
    label
        What it holds, in words.
    unit
        UCUM code of the unit: ``1`` for a share or an index, ``{family}`` for counted things; empty for text.
    kind
        The JSON type of its values.
    values
        The only values there are, with what they mean in words; empty when there are many.
    """

    id: str
    label: Label
    unit: str
    kind: Kind
    values: Mapping[str, Label] = field(default_factory=dict)


_FAMILIES, _PERSONS, _SHARE = "{family}", "{person}", "1"

_LABELS: Mapping[str, tuple[Label, str]] = {
    "code": (Label("Kode", "Code"), ""),
    "name": (Label("Nama", "Name"), ""),
    "parent": (Label("Kode wilayah induk", "Code of the place above"), ""),
    "status": (Label("Status", "Status"), ""),
    "reason": (Label("Alasan disembunyikan", "Why it is hidden"), ""),
    "level": (Label("Tingkat", "Level"), ""),
    "area_km2": (Label("Luas", "Area"), "km2"),
    "read": (Label("Keluarga dalam register", "Families in the register"), _FAMILIES),
    "left_out": (Label("Keluarga yang tidak terukur", "Families left out"), _FAMILIES),
    "households": (Label("Keluarga terukur", "Families measured"), _FAMILIES),
    "persons": (Label("Jiwa", "Persons"), _PERSONS),
    "modelled_share": (
        Label("Bagian keluarga yang letaknya dimodelkan", "Share of families placed by a model"),
        _SHARE,
    ),
    **{
        f"poor_desil_{desil}": (
            Label(f"Bagian jiwa miskin pada desil {desil}", f"Share of poor persons in desil {desil}"),
            _SHARE,
        )
        for desil in (1, 2, 3, 4)
    },
    "poor_desil_other": (
        Label(
            "Bagian jiwa miskin pada desil 5–10 atau tanpa desil",
            "Share of poor persons in desil 5–10 or without one",
        ),
        _SHARE,
    ),
    "m0_error": (Label("Galat baku M0", "Standard error of M0"), _SHARE),
    "rank_low": (
        Label("Peringkat menurut M0, batas bawah 95 %", "Rank by M0, lower 95% bound"),
        "{rank}",
    ),
    "rank_high": (
        Label("Peringkat menurut M0, batas atas 95 %", "Rank by M0, upper 95% bound"),
        "{rank}",
    ),
    "position": (Label("Urutan dalam daftar", "Place on the list"), "{rank}"),
    "cells": (Label("Jumlah sel", "Number of cells"), "{cell}"),
    "units": (Label("Wilayah yang dilalui", "Units it crosses"), ""),
}
_UNITS: Mapping[str, str] = {
    "poor_households": _FAMILIES,
    "poor_persons": _PERSONS,
    "poor_per_km2": "{person}/km2",
}
_PLAIN_UNITS = frozenset({"m", "km", "mm", "%"})
_VALUES: Mapping[str, Mapping[str, Label]] = {
    "status": palette.STATUS_LABELS,
    "reason": palette.REASON_LABELS,
}


def columns_of(
    published: Published, specification: Specification, layers: Sequence[LayerLabel] = ()
) -> tuple[Column, ...]:
    """Describe the columns of a table, in their order; of layers beside the register with source and date."""
    return described(published.table, specification, layers)


def described(
    table: pl.DataFrame,
    specification: Specification | None = None,
    layers: Sequence[LayerLabel] = (),
) -> tuple[Column, ...]:
    """Describe the columns of a table of units, which has no measures without a specification."""
    measures = {} if specification is None else {one.id: one.label for one in palette.measures(specification)}
    labels = {
        **{name: (label, _UNITS.get(name, _SHARE)) for name, label in measures.items()},
        **{layer.column: (_layer_label(layer), _layer_unit(layer)) for layer in layers},
        **_LABELS,
    }
    return tuple(
        Column(name, *labels.get(name, (Label(name, name), "")), _KINDS[kind], _VALUES.get(name, {}))
        for name, kind in table.schema.items()
    )


def _layer_label(layer: LayerLabel) -> Label:
    from_where = f"{layer.title}. {layer.source}"
    return Label(f"{from_where}, {day(layer.date, 'id')}", f"{from_where}, {day(layer.date, 'en')}")


def _layer_unit(layer: LayerLabel) -> str:
    """Return the code of a unit that people gave in words, which UCUM takes in braces."""
    if layer.unit in (SHARE_OF_AREA, SHARE_OF_HOUSEHOLDS, ""):
        return _SHARE
    return layer.unit if layer.unit in _PLAIN_UNITS else f"{{{layer.unit}}}"
