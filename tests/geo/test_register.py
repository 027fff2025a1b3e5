"""Registers: what may be read, what is refused in words, and that no split or order of rows changes the tally."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from geo import schema as schemas
from geo.boundaries import BoundarySet
from geo.compute import compute
from geo.counting import count
from geo.errors import FileError, RegisterError, SpecificationError
from geo.locate import Locator
from geo.register import Register, bind
from geo.schema import RegisterSchema
from geo.specification import Clause, Indicator, Specification, load
from geo.tally import Tally

Households = Callable[[int, int], pl.DataFrame]
QUARTER = Fraction(1, 4)


@pytest.fixture(scope="module")
def four(specify: Callable[..., Specification]) -> Specification:
    """Two rules of the household, two of members, in two dimensions."""
    simple = specify([QUARTER] * 4)
    dimensions = (simple.dimensions[0], replace(simple.dimensions[0], id="e"))
    rules = (
        (Clause(household="i0 = 1"),),
        (Clause(household="i3 = 1"),),
        (Clause(any_member="age < 16 AND NOT school"),),
        (Clause(no_member="age >= 18 AND school"), Clause(household="i1 = 1 AND i2 = 1")),
    )
    indicators = tuple(
        replace(item, rule=rule, dimension="d" if place < 2 else "e")
        for place, (item, rule) in enumerate(zip(simple.indicators, rules, strict=True))
    )
    return replace(simple, dimensions=dimensions, indicators=indicators)


@pytest.fixture(scope="module")
def members(random_households: Households) -> pl.DataFrame:
    random = np.random.default_rng(5)
    families = random_households(3_000, 1)["family"].to_numpy()
    chosen = np.repeat(families, random.integers(0, 6, len(families)))  # some have no known member
    return pl.DataFrame(
        {
            "family": chosen,
            "age": random.integers(0, 90, len(chosen)),
            "school": random.choice([1, 2, 9], len(chosen), p=[0.5, 0.45, 0.05]),
        }
    )


def write(table: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)
    return path


def tally(register: Register, boundaries: BoundarySet, threads: int = 2) -> Tally:
    return count(register, Locator(boundaries, 9), threads=threads)[0]


# The same tally, however the register is written


@pytest.fixture(scope="module")
def reference(
    random_households: Households,
    members: pl.DataFrame,
    small_schema: RegisterSchema,
    four: Specification,
    boundaries: BoundarySet,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tally:
    folder = tmp_path_factory.mktemp("reference")
    households = write(random_households(3_000, 1), folder / "households.parquet")
    return tally(
        bind(households, write(members, folder / "members.parquet"), small_schema, four),
        boundaries,
        threads=1,
    )


def test_the_reference_is_not_trivial(reference: Tally) -> None:
    assert reference.counts["households"].sum() > 2_900
    assert reference.counts["deprived"].n_unique() == 16
    assert (reference.counts["missing"] > 0).any()
    assert (reference.counts["cell"] == 0).any()


@pytest.mark.parametrize("kind", ["csv", "shuffled", "batches", "threads", "buckets", "semicolons", "text"])
def test_the_tally_depends_on_content_only(
    kind: str,
    reference: Tally,
    random_households: Households,
    members: pl.DataFrame,
    small_schema: RegisterSchema,
    four: Specification,
    boundaries: BoundarySet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    households = random_households(3_000, 1)
    suffix = "csv" if kind in ("csv", "semicolons") else "parquet"
    if kind in ("shuffled", "buckets"):
        households, members = households.sample(fraction=1, shuffle=True, seed=2), members[::-1]
    if kind == "batches":
        monkeypatch.setattr("geo.tables.BATCH_ROWS", 97)
    if kind == "buckets":
        monkeypatch.setattr("geo.counting.number_of_buckets", lambda _: 7)
    if kind == "text":
        households, members = (table.cast(pl.String) for table in (households, members))
    paths = tmp_path / f"households.{suffix}", tmp_path / f"members.{suffix}"
    for table, path in zip((households, members), paths, strict=True):
        write(table, path)
        if kind == "semicolons":
            path.write_text("\ufeff" + path.read_text().replace(",", ";").replace("\n", "\r\n"), "utf-8")
    again = tally(bind(*paths, small_schema, four), boundaries, threads=2 if kind == "threads" else 1)
    assert again.to_bytes() == reference.to_bytes()


def test_members_meet_their_household_whatever_the_type_of_the_key(
    small_schema: RegisterSchema, four: Specification, boundaries: BoundarySet, tmp_path: Path
) -> None:
    households = pl.DataFrame(
        {
            "family": [12, 13],
            "code": ["9902010001"] * 2,
            "persons": [2, 3],
            **{f"i{n}": [0, 0] for n in range(4)},
        }
    )
    people = pl.DataFrame({"family": [12, 13], "age": [40, 41], "school": [1, 2]})
    expected = None
    for household_type in (pl.Int64, pl.Float64, pl.String):
        for member_type in (pl.Int64, pl.Float64, pl.String):
            paths = tmp_path / "households.parquet", tmp_path / "members.parquet"
            households.with_columns(pl.col("family").cast(pl.Int64).cast(household_type)).write_parquet(
                paths[0]
            )
            people.with_columns(pl.col("family").cast(member_type)).write_parquet(paths[1])
            counts = tally(bind(*paths, small_schema, four), boundaries).counts
            assert counts["missing"].to_list() == [0, 0], (household_type, member_type)
            expected = counts if expected is None else expected
            assert counts.equals(expected)


def test_one_and_two_threads_give_the_same_run(
    random_households: Households,
    members: pl.DataFrame,
    small_schema: RegisterSchema,
    four: Specification,
    boundaries: BoundarySet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("geo.tables.BATCH_ROWS", 200)
    paths = (
        write(random_households(3_000, 1), tmp_path / "h.parquet"),
        write(members, tmp_path / "m.parquet"),
    )
    runs = [
        compute(bind(*paths, small_schema, four), boundaries, resolution=9, threads=threads)
        for threads in (1, 2)
    ]
    assert runs[0].summary == runs[1].summary
    assert runs[0].tally.to_bytes() == runs[1].tally.to_bytes()
    for audience, published in runs[0].published.items():
        for level, zones in published.levels.items():
            assert zones.table.equals(runs[1].published[audience].levels[level].table)
    other = compute(bind(*paths, small_schema, four, "another name"), boundaries, resolution=9)
    assert other.summary.id != runs[0].summary.id


# Values


@pytest.fixture
def one(
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> Callable[..., dict[str, object]]:
    """Count one household with some values changed, and return its row of the tally."""

    def counted(**values: object) -> dict[str, object]:
        row = {"code": "9902010001", "persons": 4, "desil": 3, "lon": None, "lat": None}
        row |= {f"i{place}": 1 for place in range(4)}
        frame = pl.DataFrame({name: [value] for name, value in {**row, **values}.items()})
        path = write(frame, tmp_path / "h.parquet")
        counts = tally(bind(path, None, small_schema, specify([QUARTER] * 4)), boundaries).counts
        assert counts.height == 1
        return counts.row(0, named=True)

    return counted


@pytest.mark.parametrize("persons", [0, -3, None, "x", float("nan"), 2.5])
def test_a_household_of_unknown_size_is_counted_and_left_out(
    one: Callable[..., dict[str, object]], persons: object
) -> None:
    row = one(persons=persons)
    assert (row["households"], row["persons"], row["deprived"], row["missing"]) == (1, 0, 0, 15)


@pytest.mark.parametrize(
    ("desil", "read"),
    [(1, 1), (10, 10), ("4", 4), (4.0, 4), (0, 0), (11, 0), (99, 0), (-1, 0), (2.5, 0), (None, 0), ("IV", 0)],
)
def test_a_desil_that_is_none_is_unknown(
    one: Callable[..., dict[str, object]], desil: object, read: int
) -> None:
    assert one(desil=desil)["desil"] == read


@pytest.mark.parametrize("value", [None, 7, float("nan"), "tidak tahu"])
def test_an_answer_outside_the_code_list_is_missing_not_no(
    one: Callable[..., dict[str, object]], value: object
) -> None:
    row = one(i2=value)
    assert (row["deprived"], row["missing"]) == (0b1011, 0b0100)


@pytest.mark.parametrize(
    "code", ["9902010001", 9902010001, 9902010001.0, " 9902010001 ", "9902010001.0", "id9902010001"]
)
def test_codes_are_read_as_spreadsheets_write_them(
    one: Callable[..., dict[str, object]], boundaries: BoundarySet, code: object
) -> None:
    assert boundaries.units["code"].iloc[one(code=code)["unit"]] == "9902010001"


@pytest.mark.parametrize(
    ("text", "read", "form"),
    [
        ("107.005", 107.005, 0),
        ("107,005", 107.005, 1),
        ("107°00'18\" BT", 107.005, 2),
        ("di sini", np.inf, 0),
        ("", None, 0),
        (" ", None, 0),
        (None, None, 0),
    ],
)
def test_a_coordinate_that_cannot_be_read_is_not_taken_for_none(
    text: str | None,
    read: float | None,
    form: int,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    row = {"code": ["9902010001"], "persons": [4], "i0": [1], "lon": [text], "lat": ["-5.995"]}
    path = write(pl.DataFrame(row, schema_overrides={"lon": pl.String}), tmp_path / "h.parquet")
    register = bind(path, None, small_schema, specify([Fraction(1)]))
    reduced = register.reduce_households(next(register.household_batches()))
    assert reduced.select("lon", "form").rows() == [(read, form)]


# What a register lacks


def test_an_absent_column_moves_the_weight_and_says_so(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    path = write(random_households(50, 1).drop("i1"), tmp_path / "h.parquet")
    register = bind(path, None, small_schema, specify([QUARTER] * 4))
    assert list(register.specification.weights.values()) == [Fraction(1, 3)] * 3
    assert len(register.notes) == 1
    assert register.notes[0].id.startswith(
        "Indikator “Uji” tidak diukur: register tidak memuat i1. Bobotnya (1/4)"
    )
    assert register.notes[0].en.startswith(
        "The indicator “Test” is not measured: the register lacks i1. Its weight (1/4)"
    )


def test_a_column_without_any_value_moves_the_weight_too(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> None:
    households = random_households(2_000, 1)
    lacking = bind(
        write(households.drop("i1"), tmp_path / "lacking.parquet"),
        None,
        small_schema,
        specify([QUARTER] * 4),
        "x",
    )
    null = households.with_columns(i1=pl.lit(None, pl.Int64))
    empty = bind(write(null, tmp_path / "empty.parquet"), None, small_schema, specify([QUARTER] * 4), "x")
    one, other = (compute(register, boundaries, resolution=9) for register in (lacking, empty))
    assert one.summary.specification == other.summary.specification
    assert one.tally.to_bytes() == other.tally.to_bytes()
    assert one.summary.id == other.summary.id
    assert "kosong pada semua keluarga" in other.summary.notes[0].id
    assert "empty for every family" in other.summary.notes[0].en


def test_without_members_questions_about_members_move_their_weight(
    random_households: Households, small_schema: RegisterSchema, four: Specification, tmp_path: Path
) -> None:
    path = write(random_households(10, 1), tmp_path / "h.parquet")
    register = bind(path, None, small_schema, four)
    assert set(register.specification.weights.values()) == {Fraction(1, 2)}
    assert "tidak diukur sama sekali (“Uji”: register tidak memuat" in register.notes[0].id
    assert "is not measured at all (“Test”: the register lacks" in register.notes[0].en


def test_an_optional_variable_may_be_absent(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    simple = specify([Fraction(1)])
    rule = (Clause(household="i0 = 1 AND COALESCE(i1 = 1, TRUE)"),)
    path = write(random_households(10, 1).drop("i1"), tmp_path / "h.parquet")
    needs = replace(simple, indicators=(replace(simple.indicators[0], rule=rule, optional=("i1",)),))
    assert bind(path, None, small_schema, needs).notes == ()


def test_a_rule_that_does_not_fit_the_schema_names_the_indicator(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    simple = specify([Fraction(1)])
    path = write(random_households(10, 1), tmp_path / "h.parquet")
    wrong: Indicator = replace(simple.indicators[0], rule=(Clause(household="atap = 1"),))
    with pytest.raises(
        SpecificationError, match=r"uji: indicator 'i0': the rule 'atap = 1' reads the column 'atap'"
    ):
        bind(path, None, small_schema, replace(simple, indicators=(wrong,)))


def test_more_rules_than_a_mask_has_bits_are_refused(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    tmp_path: Path,
) -> None:
    simple = specify([Fraction(1)])
    path = write(random_households(10, 1), tmp_path / "h.parquet")
    many = tuple(Clause(household=f"rooms > {number}") for number in range(33))
    with pytest.raises(SpecificationError, match=r"33 different rules.*at most 32"):
        bind(
            path, None, small_schema, replace(simple, indicators=(replace(simple.indicators[0], rule=many),))
        )
    fits = replace(simple, indicators=(replace(simple.indicators[0], rule=many[:32]),))
    register = bind(path, None, small_schema, fits)
    reduced = register.reduce_households(next(register.household_batches()))
    rooms = random_households(10, 1)["rooms"].cast(pl.Int64)
    assert reduced["yes"].to_list() == [(1 << value) - 1 for value in rooms]


# Files that cannot be read

FAMILY_NUMBER = "3" * 16

FILES = {
    "missing": "no such file",
    "empty": r"empty \(0 bytes\)",
    "directory": "is a directory",
    "truncated.parquet": "cut off or damaged",
    "damaged.parquet": "damaged",
    "workbook.xlsx": "cannot be read as an Excel workbook",
    "other.dbf": "neither a Parquet, CSV nor Excel file",
    "header_only.csv": "no rows",
    "ragged.csv": "line 3 has 3 values where the header has 4",
    "nul.csv": "holds bytes that no text has",
    "blank.csv": None,
    "no_persons.csv": "column 'persons' is missing",
    "quoted_comma.csv": None,
    "twice.csv": "column 'i0' stands twice",
    "nested.parquet": "column 'i0'",
}


def make(kind: str, folder: Path) -> Path:
    path = folder / kind
    header, row = "code,persons,i0,i1\n", "9902010001,4,1,0\n"
    good = pl.DataFrame({"code": ["9902010001"] * 5_000, "persons": 4, "i0": range(5_000), "i1": 0})
    contents: dict[str, bytes] = {
        "empty": b"",
        "other.dbf": b"\x03\x5f\x07",
        "nul.csv": header.encode() + b"\0\0",
        "workbook.xlsx": b"PK\x03\x04 not a register",
        "header_only.csv": header.encode(),
        "ragged.csv": (header + row + f"9902010001,{FAMILY_NUMBER},1\n").encode(),
        "blank.csv": b"\n" + (header + row).encode(),
        "no_persons.csv": b"code,jiwa,i0,i1\n" + row.encode(),
        "quoted_comma.csv": b'"nama, lengkap",' + header.encode() + b'"a, b",' + row.encode(),
        "twice.csv": b"code,persons,i0,i0,i1\n9902010001,4,1,0,0\n",
    }
    if kind == "directory":
        path.mkdir()
    elif kind == "truncated.parquet":
        good.write_parquet(path)
        path.write_bytes(path.read_bytes()[:-40])
    elif kind == "damaged.parquet":
        good.write_parquet(path)
        content = bytearray(path.read_bytes())
        content[20:2_000] = b"\x00" * 1_980
        path.write_bytes(bytes(content))
    elif kind == "nested.parquet":
        good.head(3).with_columns(i0=pl.Series([[1], [2], [3]])).write_parquet(path)
    elif kind in contents:
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize("kind", list(FILES))
def test_a_file_that_cannot_be_read_is_said_so_in_words(
    kind: str,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> None:
    path, says = make(kind, tmp_path), FILES[kind]
    if says is None:
        register = bind(path, None, small_schema, specify([Fraction(1, 2)] * 2))
        assert tally(register, boundaries).counts["deprived"].to_list() == [1]
        return
    with pytest.raises((FileError, RegisterError), match=says) as raised:
        tally(bind(path, None, small_schema, specify([Fraction(1, 2)] * 2)), boundaries)
    assert str(raised.value).startswith(f"{path}: ")
    assert FAMILY_NUMBER not in str(raised.value)


def test_no_message_repeats_a_row_of_the_register(
    small_schema: RegisterSchema, four: Specification, boundaries: BoundarySet, tmp_path: Path
) -> None:
    households, people = tmp_path / "h.csv", tmp_path / "m.csv"
    households.write_text("family,code,persons,i0,i1,i2,i3\nK1,9902010001,4,1,0,0,0\n")
    people.write_text("family,age,school\nK1,rahasia\n")
    with pytest.raises(RegisterError) as raised:
        tally(bind(households, people, small_schema, four), boundaries)
    assert "rahasia" not in str(raised.value)
    assert "K1" not in str(raised.value)


def test_members_need_the_key_on_both_sides(
    random_households: Households,
    members: pl.DataFrame,
    small_schema: RegisterSchema,
    four: Specification,
    tmp_path: Path,
) -> None:
    households = random_households(10, 1)
    good = write(households, tmp_path / "h.parquet"), write(members, tmp_path / "m.parquet")
    without = write(households.drop("family"), tmp_path / "h2.parquet")
    lonely = write(members.drop("family"), tmp_path / "m2.parquet")
    for pair in ((without, good[1]), (good[0], lonely)):
        with pytest.raises(RegisterError, match="column 'family' is missing"):
            bind(*pair, small_schema, four)


def test_a_register_of_another_place_is_refused_as_a_whole(
    random_households: Households,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> None:
    elsewhere = random_households(30, 1).with_columns(code=pl.lit("3271010001"), lon=None, lat=None)
    register = bind(write(elsewhere, tmp_path / "h.parquet"), None, small_schema, specify([QUARTER] * 4))
    with pytest.raises(RegisterError, match=r"none of the 30 households"):
        compute(register, boundaries, resolution=9)


def test_no_file_of_a_household_stays_behind(
    random_households: Households,
    members: pl.DataFrame,
    small_schema: RegisterSchema,
    four: Specification,
    boundaries: BoundarySet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    paths = write(random_households(300, 1), tmp_path / "h.parquet"), write(members, tmp_path / "m.parquet")
    tally(bind(*paths, small_schema, four), boundaries)
    assert list(aside.iterdir()) == []


# The shipped rules on households whose deprivations are obvious

WELL_OFF = {
    "nomor_kartu_keluarga": "A",
    "kode_kelurahan_desa": "9902010001",
    "jumlah_anggota_keluarga": 2,
    "jumlah_penghuni_rumah": 2,
    "jenis_lantai_terluas": 1,
    "jenis_dinding_terluas": 1,
    "jenis_atap_terluas": 1,
    "luas_lantai": 60,
    "sumber_air_minum_utama": 3,
    "jarak_penampungan_limbah": 2,
    "fasilitas_bab": 1,
    "jenis_kloset": 1,
    "pembuangan_akhir_tinja": 1,
    "sumber_penerangan_utama": 1,
    "bahan_bakar_utama_memasak": 2,
    **{
        f"aset_bergerak_{name}": 1
        for name in (
            "lemari_es",
            "tv_datar",
            "komputer_laptop_tablet",
            "sepeda_motor",
            "sepeda",
            "smartphone",
        )
    },
    "aset_bergerak_emas_perhiasan": 2,
    "aset_bergerak_mobil": 2,
    **{f"jumlah_ternak_{name}": 0 for name in ("sapi", "kerbau", "kuda", "babi", "kambing_domba")},
}
FUNCTIONS = [
    "penglihatan",
    "pendengaran",
    "berjalan_atau_naik_tangga",
    "menggunakan_tangan_jari",
    "belajar_kemampuan_intelektual",
    "pengendalian_perilaku",
    "berbicara_komunikasi",
    "mengurus_diri",
    "mengingat_berkonsentrasi",
    "kesedihan_depresi",
]
WORKER = {
    "nomor_kartu_keluarga": "A",
    "umur": 40,
    "partisipasi_sekolah": 3,
    "ijazah_tertinggi_yang_dimiliki": 12,
    "status_bekerja": 1,
    "status_dalam_pekerjaan_utama": 4,
    "kondisi_gizi": 3,
    **dict.fromkeys(FUNCTIONS, 4),
    "penyakit_kronis": 1,
    "jaminan_kesehatan": 1,
    "akses_internet": 1,
}
CHILD = {
    **WORKER,
    "umur": 10,
    "partisipasi_sekolah": 2,
    "status_bekerja": 2,
    "ijazah_tertinggi_yang_dimiliki": 1,
}
BABY = {**CHILD, "umur": 2, "partisipasi_sekolah": 1}
POOREST = {
    **WELL_OFF,
    "jumlah_anggota_keluarga": 6,
    "jumlah_penghuni_rumah": 6,
    "jenis_lantai_terluas": 8,
    "jenis_dinding_terluas": 4,
    "jenis_atap_terluas": 4,
    "luas_lantai": 20,
    "sumber_air_minum_utama": 9,
    "fasilitas_bab": 6,
    "jenis_kloset": 4,
    "pembuangan_akhir_tinja": 5,
    "sumber_penerangan_utama": 4,
    "bahan_bakar_utama_memasak": 9,
    **{name: 2 for name in WELL_OFF if name.startswith("aset_bergerak")},
}
POOREST_PEOPLE = [
    {
        **WORKER,
        "ijazah_tertinggi_yang_dimiliki": 1,
        "status_bekerja": 2,
        "jaminan_kesehatan": 0,
        "penglihatan": 1,
        "akses_internet": 0,
    },
    {**CHILD, "partisipasi_sekolah": 3, "akses_internet": 0},
    {**BABY, "kondisi_gizi": 1, "akses_internet": 0},
]


@pytest.fixture
def deprivations(boundaries: BoundarySet, tmp_path: Path) -> Callable[..., tuple[set[str], set[str]]]:
    """Return the indicators a household is deprived in, and those not observed."""

    def found(
        specification: str, household: dict[str, object], people: list[dict[str, object]]
    ) -> tuple[set[str], set[str]]:
        paths = tmp_path / "h.parquet", tmp_path / "m.parquet"
        pl.DataFrame([household]).write_parquet(paths[0])
        pl.DataFrame(people).write_parquet(paths[1])
        register = bind(*paths, schemas.load("dtsen"), load(specification))
        assert register.notes == ()
        row = tally(register, boundaries).counts.row(0, named=True)
        ids = list(register.specification.weights)
        return (
            {name for bit, name in enumerate(ids) if row["deprived"] >> bit & 1},
            {name for bit, name in enumerate(ids) if row["missing"] >> bit & 1},
        )

    return found


Deprivations = Callable[..., tuple[set[str], set[str]]]


@pytest.mark.parametrize("name", ["bogor", "jakarta", "default"])
def test_the_well_off_are_deprived_in_nothing_and_the_poorest_in_everything(
    name: str, deprivations: Deprivations
) -> None:
    assert deprivations(name, WELL_OFF, [WORKER, CHILD]) == (set(), set())
    assert deprivations(name, POOREST, POOREST_PEOPLE) == (set(load(name).weights), set())


@pytest.mark.parametrize(
    ("household", "people", "deprived"),
    [
        ({"jenis_atap_terluas": 4}, [], {"rumah_tidak_kokoh"}),
        ({"luas_lantai": 14.4}, [], set()),
        ({"luas_lantai": 14.3}, [], {"hunian_sempit"}),
        ({"luas_lantai": 20, "jumlah_penghuni_rumah": 3}, [], {"hunian_sempit"}),
        ({"sumber_air_minum_utama": 4, "jarak_penampungan_limbah": 1}, [], {"air_minum_tidak_layak"}),
        ({"sumber_air_minum_utama": 4, "jarak_penampungan_limbah": 2}, [], set()),
        ({"pembuangan_akhir_tinja": 3}, [], {"sanitasi_tidak_layak"}),
        ({}, [{**CHILD, "partisipasi_sekolah": 1}], {"anak_tidak_sekolah"}),
        ({}, [{**CHILD, "umur": 16, "partisipasi_sekolah": 3}], set()),
        ({}, [{**BABY, "kondisi_gizi": 2}], {"gizi_anak"}),
        ({}, [{**WORKER, "jaminan_kesehatan": 0}], {"tanpa_jkn"}),
        ({}, [{**WORKER, "kesedihan_depresi": 2}], {"beban_disabilitas_kronis"}),
        ({}, [{**WORKER, "penyakit_kronis": 5}], {"beban_disabilitas_kronis"}),
        ({"bahan_bakar_utama_memasak": 8}, [], {"energi_tidak_layak"}),
    ],
)
@pytest.mark.parametrize("name", ["bogor", "default"])
def test_one_change_makes_one_deprivation(
    name: str,
    household: dict[str, object],
    people: list[dict[str, object]],
    deprived: set[str],
    deprivations: Deprivations,
) -> None:
    assert deprivations(name, {**WELL_OFF, **household}, [WORKER, *people]) == (deprived, set())


def test_an_old_person_alone_is_a_burden_and_two_are_not(deprivations: Deprivations) -> None:
    old = {**WORKER, "umur": 70}
    alone, _ = deprivations("bogor", {**WELL_OFF, "jumlah_anggota_keluarga": 1}, [old])
    assert alone == {"tanpa_kerja_layak", "beban_disabilitas_kronis"}
    together, _ = deprivations("bogor", WELL_OFF, [old, WORKER])
    assert together == set()


@pytest.mark.parametrize("occupants", [0, None])
def test_a_dwelling_without_a_count_of_occupants_is_not_called_wide(
    occupants: int | None, deprivations: Deprivations
) -> None:
    deprived, missing = deprivations(
        "bogor", {**WELL_OFF, "luas_lantai": 10, "jumlah_penghuni_rumah": occupants}, [WORKER]
    )
    assert (deprived, missing) == ({"hunian_sempit"}, set())  # by the size of the family


def test_an_unreadable_answer_leaves_only_what_hangs_on_it_open(deprivations: Deprivations) -> None:
    unread = {**WELL_OFF, "luas_lantai": float("nan"), "jenis_dinding_terluas": 99}
    assert deprivations("bogor", unread, [WORKER]) == (set(), {"hunian_sempit", "rumah_tidak_kokoh"})
    decided = {**WELL_OFF, "jenis_dinding_terluas": 99, "jenis_atap_terluas": 8}
    assert deprivations("bogor", decided, [WORKER]) == ({"rumah_tidak_kokoh"}, set())
