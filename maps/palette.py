"""Measures, classes and colours: the one source for the web map, the printed sheet and the notebook.

One hue from light to dark (YlGnBu, after ColorBrewer) with its steps spaced so that neighbours stay apart in
greyscale. The top is split finer than the rest, because that is where the decision is made.
"""

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from geo.disclosure import PROTECTED
from geo.ranking import PRIORITY_CLASSES, REST
from geo.specification import Label, Specification
from maps.numbers import ABSENT, Language, number, percent

Scale = Literal["index", "share", "count", "density", "figure"]

#: Fill of each class, from the worst-off (dark) to the best-off (light).
CLASS_COLOURS = ("#1f2f86", "#2367ac", "#35a3c2", "#7fcdbb", "#c7e9b4", "#ffffd9")

#: The share of ranked zones, worst first, that each class but the last reaches to: the priority classes of
#: `geo.ranking`, and the rest halved.
CLASS_SHARES = (*PRIORITY_CLASSES.values(), 0.50)

#: What each class holds, in the order of `CLASS_COLOURS`.
CLASS_LABELS = (
    Label("1 % teratas", "top 1%"),
    Label("1–5 %", "1–5%"),
    Label("5–10 %", "5–10%"),
    Label("10–20 %", "10–20%"),
    Label("20–50 %", "20–50%"),
    Label("50 % terbawah", "bottom 50%"),
)

UNSPREAD_LABEL = Label("semua sama", "all equal")


@dataclass(frozen=True, slots=True)
class Ramp:
    """Classes by rank, from the highest values to the lowest.

    Attributes
    ----------
    colours, labels
        Fill of each class, and the part of the ranking that it holds.
    shares
        The share of places that each class but the last reaches to.
    zero_apart
        Whether the last class is of the places at 0, and shares are of the others.
    """

    colours: tuple[str, ...]
    labels: tuple[Label, ...]
    shares: tuple[float, ...]
    zero_apart: bool = False

    @property
    def unspread(self) -> str:
        """Fill of places that are all equal."""
        return self.colours[len(self.colours) // 2]


#: Of the measures of poverty: the top is split finer, because that is where the decision is.
PRIORITY = Ramp(CLASS_COLOURS, CLASS_LABELS, CLASS_SHARES)

#: Of layers beside the register, which tell what a place is like and not who comes first: fifths, in another hue.
BESIDE = Ramp(
    ("#3f007d", "#62489c", "#8a80ba", "#b0abd2", "#d3d0e6", "#fbfaff"),
    (
        Label("20 % tertinggi", "highest 20%"),
        Label("20–40 %", "20–40%"),
        Label("40–60 %", "40–60%"),
        Label("60–80 %", "60–80%"),
        Label("20 % terendah", "lowest 20%"),
        Label("nol", "zero"),
    ),
    (0.20, 0.40, 0.60, 0.80, 1.00),
    zero_apart=True,
)


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of everything on a map that is not a class."""

    hidden: str = "#d9d9d9"
    hidden_dot: str = "#5a5a5a"
    empty: str = "#efefef"
    neighbour: str = "#f4f3f0"
    boundary: str = "#4a4a4a"
    parent_boundary: str = "#111111"
    river: str = "#4f93c9"
    road: str = "#8a6d5a"
    selected: str = "#d81b60"
    picked: str = "#f59e0b"
    pocket: str = "#c2185b"
    casing: str = "#ffffff"
    text: str = "#1a1a1a"


INK = Ink()

#: Labels of a zone's status.
STATUS_LABELS: Mapping[str, Label] = {
    "shown": Label("ditampilkan", "shown"),
    "hidden": Label("disembunyikan", "hidden"),
    "empty": Label("tidak ada keluarga", "no families"),
}

#: Why a zone is hidden, by `reason` of a Published table: one for all, or the reason would tell.
REASON_LABELS: Mapping[str, Label] = {
    PROTECTED: Label(
        "angkanya kecil, atau melindungi wilayah lain yang angkanya kecil",
        "its numbers are small, or it protects a place whose numbers are",
    ),
}

#: The priority classes of `geo.ranking`.
PRIORITY_CLASS_LABELS: Mapping[str, Label] = {
    **dict(zip(PRIORITY_CLASSES, CLASS_LABELS, strict=False)),
    REST: Label("di luar 20 % teratas", "outside the top 20%"),
}

#: Priority of a zone for a top-τ list, from its rank interval.
PRIORITY_LABELS: Mapping[str, Label] = {
    "certain": Label("pasti prioritas", "certainly a priority"),
    "possible": Label("mungkin prioritas", "possibly a priority"),
    "not": Label("bukan prioritas", "not a priority"),
}

#: Names of the levels of a run.
LEVEL_LABELS: Mapping[str, Label] = {
    "provinsi": Label("Provinsi", "Province"),
    "kota": Label("Kota/kabupaten", "City or regency"),
    "kecamatan": Label("Kecamatan", "District (kecamatan)"),
    "kelurahan": Label("Kelurahan/desa", "Village (kelurahan)"),
    "rw": Label("RW", "Neighbourhood (RW)"),
    "sls": Label("SLS", "Local unit (SLS)"),
    "pocket": Label("Kantong", "Pocket"),
}


def level_label(level: str) -> Label:
    """Return the name of a level; a cell level is named by its resolution.

    Examples
    --------
    >>> level_label("h3-8").id
    'Sel H3-8'
    """
    if level in LEVEL_LABELS:
        return LEVEL_LABELS[level]
    return Label(f"Sel {level.capitalize()}", f"Cell {level.capitalize()}")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure that can be mapped: a column of a Published table, its name and how to write it.

    Attributes
    ----------
    id
        The column of the table.
    label
        The full name, for headings and the choice of measures.
    short
        The name for a table header or a legend.
    unit
        What the number counts; empty for an index.
    scale
        What the number is; a ``share`` is written in per cent.
    decimals
        How many are written.
    indicator
        The id of the indicator, for the measures of a single one; else None.
    ramp
        Its classes and colours on a map.
    of_families
        Whether it is counted among families, so that hidden places have no value.
    """

    id: str
    label: Label
    short: Label
    unit: Label
    scale: Scale
    decimals: int
    indicator: str | None = None
    ramp: Ramp = PRIORITY
    of_families: bool = True

    @property
    def ranks(self) -> bool:
        """Whether a high value puts a place first: of poverty, not of layers, where high may be good."""
        return self.ramp is PRIORITY

    def format(self, value: float | None, lang: Language = "id") -> str:
        """Write a value of this measure without its unit.

        Examples
        --------
        >>> GENERAL_MEASURES[0].format(0.12345)
        '0,123'
        """
        write = percent if self.scale == "share" else number
        return write(value, self.decimals, lang)

    def on_map(self, value: float, lang: Language = "id") -> str:
        """Write a value as short as it can be, where a legend tells the unit: 0 apart from what rounds to it.

        Examples
        --------
        >>> [GENERAL_MEASURES[1].on_map(value) for value in (0.125, 0.0004, 0.0)]
        ['12,5', '0,0', '0']
        """
        if value == 0:
            return "0"
        return number(100 * value if self.scale == "share" else value, self.decimals, lang)


_NO_UNIT = Label("", "")
_PERSONS = Label("% jiwa", "% of persons")

#: The measures that every run has.
GENERAL_MEASURES: tuple[Measure, ...] = (
    Measure(
        "m0",
        Label("Indeks kemiskinan multidimensi (M0)", "Multidimensional poverty index (M0)"),
        Label("M0", "M0"),
        _NO_UNIT,
        "index",
        3,
    ),
    Measure(
        "h",
        Label("Persentase penduduk miskin (H)", "Headcount ratio (H)"),
        Label("H", "H"),
        _PERSONS,
        "share",
        1,
    ),
    Measure(
        "a",
        Label("Intensitas kemiskinan (A)", "Intensity of poverty (A)"),
        Label("A", "A"),
        Label("% dari bobot deprivasi", "% of weighted deprivations"),
        "share",
        1,
    ),
    Measure(
        "poor_households",
        Label("Keluarga miskin", "Poor families"),
        Label("Kel. miskin", "Poor families"),
        Label("keluarga", "families"),
        "count",
        0,
    ),
    Measure(
        "poor_persons",
        Label("Jiwa miskin", "Poor persons"),
        Label("Jiwa miskin", "Poor persons"),
        Label("jiwa", "persons"),
        "count",
        0,
    ),
    Measure(
        "poor_per_km2",
        Label("Kepadatan jiwa miskin", "Density of poor persons"),
        Label("Jiwa miskin/km²", "Poor persons/km²"),
        Label("jiwa/km²", "persons/km²"),
        "density",
        0,
    ),
    Measure(
        "vulnerable",
        Label("Rentan miskin", "Vulnerable to poverty"),
        Label("Rentan", "Vulnerable"),
        _PERSONS,
        "share",
        1,
    ),
    Measure(
        "severe",
        Label("Kemiskinan parah", "Severe poverty"),
        Label("Parah", "Severe"),
        _PERSONS,
        "share",
        1,
    ),
)


def measures(specification: Specification) -> tuple[Measure, ...]:
    """List the measures of a run: the general ones, then three of each indicator.

    Returns
    -------
    tuple of Measure
        In the order in which a person should be offered them: for the indicators first all censored
        headcounts (deprived and poor), then uncensored headcounts, then contributions.
    """
    listed = list(GENERAL_MEASURES)
    for prefix, suffix, unit in (
        ("censored", Label("di antara jiwa miskin", "and poor"), _PERSONS),
        ("uncensored", Label("semua jiwa", "all persons"), _PERSONS),
        ("contribution", Label("sumbangan pada M0", "contribution to M0"), Label("% M0", "% of M0")),
    ):
        for indicator in specification.indicators:
            label = indicator.label
            named = Label(f"{label.id} ({suffix.id})", f"{label.en} ({suffix.en})")
            listed.append(Measure(f"{prefix}_{indicator.id}", named, label, unit, "share", 1, indicator.id))
    return tuple(listed)


@dataclass(frozen=True, slots=True)
class MapClass:
    """One class of a map.

    Attributes
    ----------
    lower, upper
        The smallest and largest value in the class.
    zones
        How many zones it holds.
    share
        The part of the ranking it stands for, such as "1–5 %".
    """

    colour: str
    lower: float
    upper: float
    zones: int
    share: Label


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of one measure, worst first; a class without zones is not listed."""

    measure: Measure
    items: tuple[MapClass, ...]

    @property
    def breaks(self) -> tuple[float, ...]:
        """Lower bound of each class, descending: a value is in the first class whose bound it reaches."""
        return tuple(item.lower for item in self.items)

    def position(self, value: float | None) -> int | None:
        """Return the place of a value in `items`, or None for a missing value."""
        if _missing(value) or not self.items:
            return None
        assert value is not None
        reached = (index for index, item in enumerate(self.items) if value >= item.lower)
        return next(reached, len(self.items) - 1)

    def colour(self, value: float | None) -> str:
        """Return the fill of a value; a missing one has the colour of an empty zone."""
        position = self.position(value)
        return INK.empty if position is None else self.items[position].colour

    def range_label(self, item: MapClass, lang: Language = "id") -> str:
        """Write the values of a class: "0,123 – 0,145", or one value when both ends read the same."""
        lower, upper = (self.measure.format(value, lang) for value in (item.lower, item.upper))
        return lower if lower == upper else f"{lower} {ABSENT} {upper}"


def classify(values: Iterable[float | None], measure: Measure) -> Classes:
    """Put the shown values of a measure into the classes of its ramp by rank.

    The classes of poverty hold the worst-off 1, 5, 10, 20 and 50 % of the zones and the rest; as in `geo.ranking`
    the first place is always in the first class. Equal values share the rank of the first of them, so they are
    always in one class. Where no value is negative, 0 is in the lowest class whatever its rank; when all values are
    equal there is nothing to rank, and one class of a middle colour holds them all.

    Parameters
    ----------
    values
        One value a shown zone; None and NaN stay out.

    Examples
    --------
    >>> [item.zones for item in classify([0.4, 0.3, 0.3, 0.1, 0.0], GENERAL_MEASURES[0]).items]
    [1, 2, 2]
    """
    ranked = sorted((value for value in values if value is not None and not math.isnan(value)), reverse=True)
    if not ranked:
        return Classes(measure, ())
    ramp = measure.ramp
    if ranked[0] == ranked[-1] != 0:
        only = MapClass(ramp.unspread, ranked[0], ranked[0], len(ranked), UNSPREAD_LABEL)
        return Classes(measure, (only,))
    items, start = [], 0
    for index, end in enumerate((*_class_ends(ranked, ramp), len(ranked))):
        held = ranked[start:end]
        if held:
            items.append(MapClass(ramp.colours[index], held[-1], held[0], len(held), ramp.labels[index]))
            start = end
    return Classes(measure, tuple(items))


def _class_ends(ranked: Sequence[float], ramp: Ramp) -> list[int]:
    """Return how many values lie in each class or a higher one, the lowest class left out."""
    positive = len(ranked) if ranked[-1] < 0 else bisect_left(ranked, 0.0, key=operator.neg)
    shared = positive if ramp.zero_apart else len(ranked)
    last_ranks = (max(1, int(share * shared)) for share in ramp.shares)
    # The rank of equal values is that of the first, so a class that reaches one of them holds them all.
    return [min(positive, bisect_right(ranked, -ranked[rank - 1], key=operator.neg)) for rank in last_ranks]


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def greyscale(colour: str) -> float:
    """Return the CIE lightness L* (0 black, 100 white) that a ``#rrggbb`` colour prints with in greyscale.

    Examples
    --------
    >>> round(greyscale("#ffffff"))
    100
    """
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27


def text_on(fill: str) -> str:
    """Return the ink, dark or white, that reads best on a fill."""
    return INK.text if greyscale(fill) > 52 else INK.casing
