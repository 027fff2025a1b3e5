"""Answers of the members of synthetic families: age, school, work, nutrition, health.

Codes are those of the DTSEN and Regsosek code lists; difficulties run from 1 (cannot at all) to 4 (none).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.sample.draws import Booleans, Bytes, CodeTable, Floats, happens, normal, share
from geo.sample.households import LOG_ODDS, NO, YES, Columns, Latent, event

HEAD, SPOUSE, CHILD, GRANDCHILD, PARENT, OTHER = 1, 2, 3, 5, 6, 8
IN_SCHOOL, NEVER_IN_SCHOOL, LEFT_SCHOOL = 2, 1, 3
NO_CERTIFICATE = 23

DIFFICULTIES = (
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
)

_CERTIFICATE = CodeTable(
    [
        {NO_CERTIFICATE: 1},
        {1: 88, 2: 9, 3: 1, 4: 2},
        {6: 84, 7: 13, 9: 3},
        {11: 55, 12: 7, 14: 36, 16: 2},
        {18: 6, 19: 22, 21: 64, 22: 8},
    ]
)
_STATUS = CodeTable([{1: 22, 2: 5, 3: 3, 4: 5, 5: 60, 7: 4, 8: 1}, {7: 80, 6: 14, 8: 6}])
_INDUSTRY = CodeTable(
    [
        {7: 26, 3: 16, 9: 14, 6: 9, 16: 9, 8: 8, 15: 7, 14: 5, 17: 4, 1: 2},
        {6: 34, 7: 20, 9: 14, 17: 14, 1: 12, 8: 6},
    ]
)
_NUTRITION = CodeTable([{3: 93, 8: 7}, {2: 76, 1: 24}])
_DIFFICULTY = CodeTable([{4: 76, 3: 18, 2: 5, 1: 1}])
_ILLNESS = CodeTable([{2: 34, 3: 12, 4: 11, 5: 14, 6: 9, 7: 6, 8: 5, 9: 4, 12: 3, 15: 2}])
_TURNOVER = CodeTable([{2: 46, 3: 30, 1: 16, 4: 8}, {1: 88, 2: 12}])
_SINGLE = CodeTable([{1: 45, 4: 32, 3: 23}])

_THRESHOLDS = (-1.75, -0.9, -0.3, 1.15)
_LIFE = ((12, 0), (15, 1), (18, 2), (21, 3))


@dataclass(frozen=True, slots=True)
class _Family:
    """The members of a batch, one after another within their household."""

    owner: NDArray[np.int64]
    kin: Bytes
    age: NDArray[np.int16]
    male: Booleans
    coupled: Booleans


def members(
    state: Latent, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Columns, dict[str, Booleans]]:
    """Draw the members of a batch of households.

    Returns
    -------
    owner, columns, missing
        The household of each member, values by column, and where a column has no answer.
    """
    family = _family(state, rng)
    columns: Columns = {
        "umur": family.age.astype(np.int8),
        "jenis_kelamin": np.where(family.male, 1, 2).astype(np.int8),
        "status_hubungan_keluarga": family.kin,
        "status_kawin": _marriage(family, rng),
    }
    missing: dict[str, Booleans] = {}
    level = _schooling(family, state, rng)
    _school(columns, missing, family, level, state, rng)
    _work(columns, missing, family, state, rng)
    _business(columns, missing, state.tier[family.owner], rng)
    _health(columns, missing, family, state, rng)
    return family.owner, columns, missing


def _family(state: Latent, rng: np.random.Generator) -> _Family:
    size = state.size.astype(np.int64)
    households = len(size)
    alone = size == 1
    middle = np.where(size == 2, 50, 45) + 12 * normal(households, rng)
    lonely = np.where(share(0.45, households, rng), 67, 33) + 8 * normal(households, rng)
    head_age = np.clip(np.where(alone, lonely, middle), 19, 90).astype(np.int16)
    coupled = ~alone & share(0.87, households, rng)
    elder = (size >= 4) & (head_age < 60) & share(0.12, households, rng)

    owner = np.repeat(np.arange(households), size)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
    kin = np.full(len(owner), CHILD, dtype=np.int8)
    late = (head_age[owner] > 52) & share(0.22, len(owner), rng)
    kin[late] = GRANDCHILD
    kin[share(0.03, len(owner), rng)] = OTHER
    kin[elder[owner] & (order == size[owner] - 1)] = PARENT
    kin[coupled[owner] & (order == 1)] = SPOUSE
    kin[order == 0] = HEAD
    age = _ages(kin, order - coupled[owner], head_age[owner], rng)
    return _Family(owner, kin, age, _sexes(kin, coupled[owner], owner, rng), coupled[owner])


def _ages(
    kin: Bytes, rank: NDArray[np.int64], head_age: NDArray[np.int16], rng: np.random.Generator
) -> NDArray[np.int16]:
    chance = np.abs(normal(len(kin), rng))
    born = head_age - 25 - 3.3 * (rank - 1) - 3.0 * chance
    child = np.where(born < 0, rng.integers(0, 6, len(kin)), born)
    child = np.where(child > 30, 14 + child % 16, child)
    ages = np.select(
        [kin == HEAD, kin == SPOUSE, kin == GRANDCHILD, kin == PARENT, kin == OTHER],
        [
            head_age,
            head_age - 3 + 3 * (chance - 0.8),
            11 * chance,
            head_age + 22 + 5 * chance,
            15 + 18 * chance,
        ],
        child,
    )
    floor = np.where((kin == HEAD) | (kin == SPOUSE), 18, 0)
    return np.asarray(np.clip(ages, floor, 97), dtype=np.int16)


def _sexes(kin: Bytes, coupled: Booleans, owner: NDArray[np.int64], rng: np.random.Generator) -> Booleans:
    male = share(0.505, len(kin), rng)
    head_male = share(0.97, int(owner[-1]) + 1, rng)[owner]
    paired = coupled & (kin == HEAD)
    male = np.where(paired, head_male, male)
    male = np.where(kin == SPOUSE, ~head_male, male)
    return np.where(~coupled & (kin == HEAD), share(0.38, len(kin), rng), male)


def _marriage(family: _Family, rng: np.random.Generator) -> Bytes:
    wed = (family.kin == SPOUSE) | (family.kin == HEAD) & family.coupled
    single = np.where(family.age < 20, 1, _SINGLE.draw(np.zeros(len(wed), dtype=np.int8), rng))
    young = (family.kin == CHILD) | (family.kin == GRANDCHILD)
    return np.asarray(np.select([wed, young, family.kin == PARENT], [2, 1, 4], single), dtype=np.int8)


def _schooling(family: _Family, state: Latent, rng: np.random.Generator) -> Bytes:
    """Draw the level finished: 0 none, 1 SD, 2 SMP, 3 SMA, 4 higher; relatives resemble one another."""
    shared = -0.72 * state.want + 0.55 * normal(len(state.want), rng)
    bent = shared[family.owner] + 0.55 * normal(len(family.age), rng)
    bent -= np.float32(0.02) * (family.age - 38)
    level = np.searchsorted(_THRESHOLDS, bent).astype(np.int8)
    ages, caps = zip(*_LIFE, strict=True)
    ceiling = np.array([*caps, 4], dtype=np.int8)[np.searchsorted(ages, family.age, side="right")]
    return np.asarray(np.minimum(level, ceiling), dtype=np.int8)


def _school(
    columns: Columns,
    missing: dict[str, Booleans],
    family: _Family,
    level: Bytes,
    state: Latent,
    rng: np.random.Generator,
) -> None:
    age = family.age
    size = len(age)
    truant = event("truancy", state, rng)[family.owner] & share(0.75, size, rng)
    rates = np.select([age < 7, age < 16, age < 19, age < 24], [0.75, 1.0, 0.8, 0.28], 0.0).astype(np.float32)
    studies = share(rates, size, rng) & ~((age >= 7) & truant)
    never = (age < 7) | (level == 0) & (age < 9) | (level == 0) & (age > 40) & share(0.3, size, rng)
    part = np.select([studies, never], [IN_SCHOOL, NEVER_IN_SCHOOL], LEFT_SCHOOL).astype(np.int8)
    level = np.where(truant & (age < 16), 0, level).astype(np.int8)
    certificate = _CERTIFICATE.draw(level, rng)
    stage = np.select([age < 13, age < 16, age < 19], [1, 6, 11], 21)
    year = np.select([age < 13, age < 16, age < 19], [age - 6, age - 12, age - 15], np.minimum(age - 18, 4))
    reached = np.where(certificate == NO_CERTIFICATE, 1, certificate)
    last = np.where(certificate == NO_CERTIFICATE, np.clip(age - 7, 1, 5), 8)
    columns["partisipasi_sekolah"] = part
    columns["jenjang_tertinggi_yang_diduduki"] = np.where(studies, stage, reached).astype(np.int8)
    columns["kelas_tertinggi_yang_diduduki"] = np.where(studies, np.maximum(year, 1), last).astype(np.int8)
    columns["ijazah_tertinggi_yang_dimiliki"] = certificate
    infant = age < 5
    missing["partisipasi_sekolah"] = infant
    missing["ijazah_tertinggi_yang_dimiliki"] = infant.copy()
    outside = infant | (part == NEVER_IN_SCHOOL)
    missing["jenjang_tertinggi_yang_diduduki"] = outside
    missing["kelas_tertinggi_yang_diduduki"] = outside.copy()


def _work(
    columns: Columns, missing: dict[str, Booleans], family: _Family, state: Latent, rng: np.random.Generator
) -> None:
    age, male = family.age, family.male
    rate = np.select(
        [age < 15, age < 19, (age < 65) & (family.kin == HEAD), age < 65],
        [0.0, 0.12, np.where(male, 0.95, 0.8), np.where(male, 0.76, 0.46)],
        np.where(male, 0.34, 0.16),
    ).astype(np.float32)
    rate[columns["partisipasi_sekolah"] == IN_SCHOOL] *= np.float32(0.15)
    works = share(rate, len(age), rng)
    casual = event("casual", state, rng)[family.owner]
    columns["status_bekerja"] = np.where(works, YES, NO).astype(np.int8)
    columns["status_dalam_pekerjaan_utama"] = _STATUS.draw(casual, rng)
    columns["lapangan_usaha_dari_pekerjaan_utama"] = _INDUSTRY.draw(casual, rng)
    missing["status_dalam_pekerjaan_utama"] = ~works
    missing["lapangan_usaha_dari_pekerjaan_utama"] = ~works


def _business(columns: Columns, missing: dict[str, Booleans], tier: Bytes, rng: np.random.Generator) -> None:
    size = len(tier)
    status = columns["status_dalam_pekerjaan_utama"]
    owns = (columns["status_bekerja"] == YES) & ((status <= 3) | share(0.03, size, rng))
    pays = owns & (status == 3)
    columns["kepemilikan_usaha"] = np.where(owns, YES, NO).astype(np.int8)
    columns["jumlah_usaha"] = np.where(share(0.06, size, rng), 2, 1).astype(np.int8)
    columns["lapangan_usaha_dari_usaha_utama"] = columns["lapangan_usaha_dari_pekerjaan_utama"]
    columns["jumlah_pekerja_yang_dibayar_dari_usaha_utama"] = rng.integers(1, 7, size, dtype=np.int8) * pays
    helpers = rng.integers(0, 3, size, dtype=np.int8) * (status == 2)
    columns["jumlah_pekerja_yang_tidak_dibayar_dari_usaha_utama"] = helpers.astype(np.int8)
    columns["omzet_usaha_utama"] = _TURNOVER.draw(tier == 2, rng)
    for name in (
        "jumlah_usaha",
        "lapangan_usaha_dari_usaha_utama",
        "jumlah_pekerja_yang_dibayar_dari_usaha_utama",
        "jumlah_pekerja_yang_tidak_dibayar_dari_usaha_utama",
        "omzet_usaha_utama",
    ):
        missing[name] = ~owns


def _health(
    columns: Columns, missing: dict[str, Booleans], family: _Family, state: Latent, rng: np.random.Generator
) -> None:
    age = family.age.astype(np.float32)
    want: Floats = state.want[family.owner]
    level, slope = LOG_ODDS["malnutrition"]
    thin = happens(level + slope * want, rng)
    columns["kondisi_gizi"] = _NUTRITION.draw(thin, rng)
    missing["kondisi_gizi"] = age >= 5
    impaired = np.flatnonzero(
        happens(np.float32(-5.3) + np.float32(0.053) * age + np.float32(0.15) * want, rng)
    )
    for name in DIFFICULTIES:
        column = np.full(len(age), 4, dtype=np.int8)
        column[impaired] = _DIFFICULTY.draw(np.zeros(len(impaired), dtype=np.int8), rng)
        columns[name] = column
    ill = np.flatnonzero(happens(np.float32(-5.4) + np.float32(0.052) * age + np.float32(0.12) * want, rng))
    illness = np.ones(len(age), dtype=np.int8)
    illness[ill] = _ILLNESS.draw(np.zeros(len(ill), dtype=np.int8), rng)
    columns["penyakit_kronis"] = illness
