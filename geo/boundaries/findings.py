"""What can be wrong with a boundary layer, and one row of the report for each thing found."""

from dataclasses import dataclass, replace

import shapely

from geo.specification import Label


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of defect.

    Attributes
    ----------
    stops
        Whether a layer that has it is not loaded until it is repaired or corrected.
    title
        What it is.
    advice
        What to do about it.
    """

    stops: bool
    title: Label
    advice: Label


def _stops(indonesian: str, english: str, todo: str, to_do: str) -> Kind:
    return Kind(True, Label(indonesian, english), Label(todo, to_do))


def _mind(indonesian: str, english: str, todo: str, to_do: str) -> Kind:
    return Kind(False, Label(indonesian, english), Label(todo, to_do))


KINDS = {
    "no-geometry": _stops(
        "tanpa geometri",
        "has no geometry",
        "Gambar batasnya, atau buang barisnya dengan --repair empty.",
        "Draw it, or drop the row with --repair empty.",
    ),
    "not-polygon": _stops(
        "bukan poligon",
        "is no polygon; boundaries must be polygons",
        "Simpan lapisan sebagai poligon.",
        "Save the layer as polygons.",
    ),
    "no-area": _stops(
        "tanpa luas",
        "has no area",
        "Gambar batasnya, atau buang barisnya dengan --repair empty.",
        "Remove it or draw its outline, or drop the row with --repair empty.",
    ),
    "invalid": _stops(
        "geometri tidak sah",
        "is not a valid polygon",
        "Perbaiki di QGIS, atau dengan --repair valid.",
        "Mend it in a GIS, or with --repair valid.",
    ),
    "wrong-hemisphere": _stops(
        "di belahan bumi yang salah",
        "lies in the wrong hemisphere",
        "Periksa tanda lintang.",
        "Check the sign of the latitude.",
    ),
    "swapped": _stops(
        "bujur dan lintang tertukar",
        "has longitude and latitude swapped",
        "Tukar urutan koordinat saat ekspor.",
        "Swap the coordinates when exporting.",
    ),
    "outside-country": _stops(
        "di luar Indonesia",
        "lies outside Indonesia",
        "Periksa fitur dan CRS-nya.",
        "Check the feature and its CRS.",
    ),
    "outside-province": _stops(
        "jauh dari provinsi menurut kodenya",
        "lies far from the province of its code",
        "Periksa CRS-nya (zona UTM yang lain?) dengan --crs, atau sistem kodenya.",
        "Check its CRS (another UTM zone?) with --crs, or the code system.",
    ),
    "no-code": _stops("tanpa kode", "has no code", "Setiap wilayah perlu kode.", "Every unit needs one."),
    "bad-code": _stops(
        "kode tidak terbaca",
        "has a value that is not a code of the system",
        "Perbaiki kode, atau sebutkan sistem lain dengan --codes.",
        "Correct it, or name the other code system with --codes.",
    ),
    "other-level": _stops(
        "kode tingkat lain",
        "has a code of another level",
        "Periksa --level dan --code-column.",
        "Check --level and --code-column.",
    ),
    "split": _stops(
        "satu wilayah terbagi atas beberapa baris",
        "is one unit split over several rows",
        "Gabungkan dengan --repair dissolve.",
        "Merge the parts of one unit (--repair dissolve), or correct the code.",
    ),
    "duplicate-code": _stops(
        "kode yang sama dengan nama lain",
        "has the code of another unit",
        "Perbaiki salah satu kode; tidak digabung otomatis.",
        "Correct one of the codes; other names are never merged.",
    ),
    "repair-refused": _stops(
        "perbaikan ditolak karena memindahkan terlalu banyak luas",
        "would be changed by more than the repair may move",
        "Perbaiki di QGIS, atau naikkan --most-moved.",
        "Mend it in a GIS, or raise --most-moved.",
    ),
    "duplicate-geometry": _mind(
        "geometri sama dengan wilayah lain",
        "has the geometry of another unit",
        "Periksa apakah salah satu tersalin.",
        "Check whether one is a copy.",
    ),
    "overlap": _mind(
        "tumpang tindih", "overlaps another unit", "Lihat luasnya; --repair slivers<…m2.", "See its area."
    ),
    "gap": _mind(
        "celah antarwilayah",
        "is a gap between units",
        "Lihat luasnya; --repair slivers<…m2.",
        "See its area.",
    ),
    "hole": _mind(
        "lubang di dalam wilayah",
        "is a hole in a unit",
        "Danau, kantong daerah lain, atau wilayah yang hilang?",
        "A lake, another place's enclave, or a missing unit?",
    ),
    "sliver": _mind(
        "bagian serpihan",
        "is a sliver of a unit",
        "Buang dengan --repair slivers<…m2.",
        "Drop it with --repair.",
    ),
    "outside-parent": _mind(
        "di luar wilayah induknya",
        "lies outside its parent unit",
        "Periksa kode atau batas induknya.",
        "Check its code or the parent's outline.",
    ),
    "enclave": _mind(
        "tidak bertetangga dengan wilayah seinduk",
        "touches no unit of its own parent",
        "Periksa kodenya.",
        "Check its code.",
    ),
    "other-regency": _mind(
        "fitur kota/kabupaten tetangga",
        "belongs to a neighbouring regency",
        "Buang bila tidak dimaksud.",
        "Remove it unless it is meant.",
    ),
    "parent-missing": _mind(
        "induk tidak dikenal",
        "has a parent that is not known",
        "Periksa kodenya.",
        "Check its code.",
    ),
    "unit-missing": _mind(
        "wilayah tidak ada dalam berkas",
        "is missing from the file",
        "Minta berkas yang lengkap.",
        "Ask for a complete file.",
    ),
    "placeholder": _mind(
        "danau, waduk, hutan atau kode penampung tanpa penduduk",
        "is a lake or a placeholder without residents",
        "Biarkan, atau buang dari berkas.",
        "Leave it, or remove it from the file.",
    ),
    "name-differs": _mind(
        "nama lain daripada di daftar acuan",
        "has another name than in the registry",
        "Periksa kode atau namanya.",
        "Check its code or name.",
    ),
    "no-name": _mind(
        "tanpa nama", "has no name", "Kode dipakai sebagai nama.", "Its code stands for its name."
    ),
    "edges-moved": _mind("batas digeser", "has had its edges moved", "Lihat luasnya.", "See its area."),
    "zeros-restored": _mind(
        "nol di depan hilang", "had lost leading zeros", "Kode dilengkapi.", "The code was completed."
    ),
}


NOTHING = Label("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the report.

    Attributes
    ----------
    defect
        One of `KINDS`.
    row
        Row of the feature in the file, from 1; None for what is no feature, such as a gap.
    code, name
        Of the unit.
    size_m2
        Area of the defect.
    detail
        What exactly.
    action
        What was done; empty when nothing was.
    moved_m2
        Area that the action moved.
    geometry
        Where it is, EPSG:4326.
    """

    defect: str
    row: int | None = None
    code: str | None = None
    name: str | None = None
    size_m2: float | None = None
    detail: Label = NOTHING
    action: str = ""
    moved_m2: float | None = None
    geometry: shapely.Geometry | None = None

    @property
    def kind(self) -> Kind:
        """What kind of defect it is."""
        return KINDS[self.defect]

    @property
    def stops(self) -> bool:
        """Whether it keeps the layer from being loaded."""
        return self.kind.stops and not self.action

    @property
    def place(self) -> tuple[float, float] | None:
        """A point on it: longitude and latitude in degrees."""
        if self.geometry is None or self.geometry.is_empty:
            return None
        point = self.geometry.representative_point()
        return float(point.x), float(point.y)

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, in English, for an error."""
        unit = " ".join(text for text in (self.code, self.name) if text)
        who = f"row {self.row}" + (f" ({unit})" if unit else "") if self.row else unit or "the layer"
        size = "" if self.size_m2 is None else f" of {self.size_m2:,.1f} m²"
        detail = f": {self.detail.en}" if self.detail.en else ""
        return f"{who} {self.kind.title.en}{size}{detail}. {self.kind.advice.en}"

    def mended(self, action: str, moved_m2: float) -> "Finding":
        """Return the finding with what was done about it."""
        return replace(self, action=action, moved_m2=moved_m2)
