"""Answers of synthetic households: housing, water, sanitation, energy, assets, decile.

Every answer depends on a latent welfare; given the welfare the answers are independent. Codes are those of
the DTSEN and Regsosek code lists.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.sample.draws import Booleans, Bytes, CodeTable, Floats, happens, normal, share

Columns = dict[str, NDArray[Any]]

YES, NO = 1, 2

#: Standard deviation of welfare between the households of one spot, and of the error in the decile.
HOUSEHOLD_SPREAD = np.float32(0.85)
JUDGEMENT_SPREAD = np.float32(0.45)

#: Log odds of each event for a household of mean welfare, and their rise per standard deviation of want.
LOG_ODDS = MappingProxyType(
    {
        "roof": (-2.15, 0.9),
        "wall": (-4.1, 1.1),
        "floor": (-4.1, 1.1),
        "water": (-2.15, 1.0),
        "sanitation": (-1.25, 0.95),
        "lighting": (-4.0, 0.9),
        "fuel": (-3.9, 1.1),
        "truancy": (-2.3, 0.9),
        "casual": (-2.2, 0.8),
        "malnutrition": (-2.1, 0.6),
    }
)

_OWNERSHIP = {
    "aset_bergerak_tabung_gas": (-2.2, -0.9),
    "aset_bergerak_lemari_es": (1.5, -1.1),
    "aset_bergerak_ac": (-1.7, -1.2),
    "aset_bergerak_pemanas_air": (-3.6, -1.2),
    "aset_bergerak_telepon_rumah": (-4.0, -0.9),
    "aset_bergerak_tv_datar": (1.1, -0.9),
    "aset_bergerak_emas_perhiasan": (-1.4, -0.9),
    "aset_bergerak_komputer_laptop_tablet": (-1.2, -1.2),
    "aset_bergerak_sepeda_motor": (1.7, -0.8),
    "aset_bergerak_sepeda": (-0.6, -0.3),
    "aset_bergerak_mobil": (-2.1, -1.3),
    "aset_bergerak_perahu": (-7.0, 0.2),
    "aset_bergerak_kapal_perahu_motor": (-7.5, 0.0),
    "aset_bergerak_smartphone": (2.6, -0.9),
    "aset_tidak_bergerak_lahan_lainnya": (-2.5, -0.6),
    "aset_tidak_bergerak_rumah_lainnya": (-3.4, -0.9),
}
_LIVESTOCK = {"sapi": -6.5, "kerbau": -7.5, "kuda": -8.0, "babi": -7.5, "kambing_domba": -4.8}

# Rows of the tables below: well-off, middling, poor, and, where a fourth stands, deprived in this indicator.
_ROOF = CodeTable(
    [{2: 72, 1: 25, 3: 3}, {2: 80, 3: 12, 1: 8}, {2: 78, 3: 19, 6: 2, 1: 1}, {4: 84, 8: 9, 5: 4, 7: 3}]
)
_WALL = CodeTable([{1: 99, 3: 1}, {1: 94, 2: 3, 3: 3}, {1: 80, 2: 9, 3: 9, 5: 2}, {4: 68, 6: 18, 7: 14}])
_FLOOR = CodeTable(
    [
        {2: 72, 1: 22, 4: 4, 3: 2},
        {2: 78, 4: 10, 6: 10, 1: 2},
        {2: 48, 6: 38, 4: 9, 5: 5},
        {8: 62, 9: 24, 7: 14},
    ]
)
_WATER = CodeTable(
    [
        {2: 32, 1: 14, 3: 40, 4: 14},
        {2: 36, 3: 30, 4: 26, 5: 7, 7: 1},
        {2: 22, 3: 20, 4: 32, 5: 20, 7: 5, 10: 1},
        {6: 58, 8: 18, 9: 19, 11: 5},
    ]
)
_TENURE = CodeTable([{1: 84, 2: 10, 4: 3, 3: 3}, {1: 68, 2: 19, 3: 12, 4: 1}, {1: 52, 2: 24, 3: 22, 5: 2}])
_POWER = CodeTable([{3: 46, 4: 28, 5: 12, 2: 14}, {2: 58, 3: 27, 1: 12, 4: 3}, {1: 62, 2: 36, 3: 2}])
_LIGHT = CodeTable([{1: 1}, {1: 1}, {1: 1}, {2: 90, 3: 6, 4: 4}])
_FUEL = CodeTable(
    [{4: 48, 3: 26, 2: 14, 1: 7, 5: 3, 0: 2}, {4: 91, 3: 5, 1: 2, 0: 2}, {4: 97, 0: 3}, {10: 6, 7: 3, 9: 1}]
)
_SIZE = CodeTable(
    [
        {1: 8, 2: 18, 3: 27, 4: 29, 5: 12, 6: 4, 7: 2},
        {1: 8, 2: 16, 3: 26, 4: 27, 5: 14, 6: 6, 7: 2, 8: 1},
        {1: 11, 2: 15, 3: 21, 4: 23, 5: 15, 6: 8, 7: 4, 8: 2, 9: 1},
    ]
)

# Sanitation comes as four kinds of want: no septic tank, public toilet, none, pit; and as none of them.
_WANT = CodeTable([{0: 1}, {1: 52, 2: 19, 3: 11, 4: 18}])
_TOILET = CodeTable([{1: 93, 2: 6, 3: 1}, {1: 85, 2: 15}, {4: 1}, {6: 1}, {1: 75, 2: 25}])
_BOWL = CodeTable([{1: 1}, {1: 92, 2: 8}, {1: 90, 3: 10}, {1: 1}, {4: 72, 3: 28}])
_DRAIN = CodeTable([{1: 94, 2: 6}, {3: 62, 4: 33, 5: 5}, {1: 70, 3: 30}, {1: 1}, {4: 80, 3: 20}])


@dataclass(frozen=True, slots=True)
class Latent:
    """What a batch of households has in common behind its answers.

    Attributes
    ----------
    want
        Minus the latent welfare, in standard deviations.
    tier
        0 well-off, 1 middling, 2 poor.
    size
        Members of each family.
    decile
        Welfare decile as the register states it, 1 to 10.
    incomplete
        Whether some answers of the household are missing.
    """

    want: Floats
    tier: Bytes
    size: Bytes
    decile: Bytes
    incomplete: Booleans


def latent(welfare: Floats, thresholds: Floats, incomplete: Floats, rng: np.random.Generator) -> Latent:
    """Draw the latent state of households.

    Parameters
    ----------
    welfare
        Mean welfare at each household's spot.
    thresholds
        Nine welfares between the deciles, as the register judges it.
    incomplete
        Probability of an incomplete interview.
    rng
        Source of chance.
    """
    own = welfare + HOUSEHOLD_SPREAD * normal(len(welfare), rng)
    tier = np.digitize(-own, (-0.4, 0.9)).astype(np.int8)
    judged = own + JUDGEMENT_SPREAD * normal(len(own), rng)
    decile = (np.searchsorted(thresholds, judged) + 1).astype(np.int8)
    return Latent(-own, tier, _SIZE.draw(tier, rng), decile, share(incomplete, len(own), rng))


def event(name: str, state: Latent, rng: np.random.Generator) -> Booleans:
    """Draw a deprivation whose log odds rise with want."""
    level, slope = LOG_ODDS[name]
    return happens(level + slope * state.want, rng)


def answers(state: Latent, rng: np.random.Generator) -> tuple[Columns, dict[str, Booleans]]:
    """Draw the household columns of a batch.

    Returns
    -------
    columns, missing
        Values by column, and where a column has no answer.
    """
    columns: Columns = {"jumlah_anggota_keluarga": state.size}
    missing: dict[str, Booleans] = {}
    size = len(state.want)
    columns["desil_nasional"] = np.where(share(0.004, size, rng), 0, state.decile).astype(np.int8)
    missing["desil_nasional"] = share(0.008, size, rng)
    _insurance(columns, state, rng)
    _housing(columns, state, rng)
    _sanitation(columns, missing, state, rng)
    _energy(columns, missing, state, rng)
    _assets(columns, state, rng)
    return columns, missing


def _insurance(columns: Columns, state: Latent, rng: np.random.Generator) -> None:
    odds = np.array([0, 0.82, 0.78, 0.7, 0.55, 0.3, 0.1, 0.05, 0.03, 0.02, 0.01], dtype=np.float32)
    national = share(odds[state.decile], len(state.want), rng)
    local = ~national & share(0.12 + 0.4 * odds[state.decile], len(national), rng)
    columns["pbi_nas"], columns["pbi_pemda"] = national.astype(np.int8), local.astype(np.int8)


def _worst(name: str, state: Latent, rng: np.random.Generator) -> Bytes:
    return np.where(event(name, state, rng), 3, state.tier).astype(np.int8)


def _housing(columns: Columns, state: Latent, rng: np.random.Generator) -> None:
    columns["status_kepemilikan_rumah"] = _TENURE.draw(state.tier, rng)
    columns["jenis_lantai_terluas"] = _FLOOR.draw(_worst("floor", state, rng), rng)
    columns["jenis_dinding_terluas"] = _WALL.draw(_worst("wall", state, rng), rng)
    columns["jenis_atap_terluas"] = _ROOF.draw(_worst("roof", state, rng), rng)
    columns["sumber_air_minum_utama"] = _WATER.draw(_worst("water", state, rng), rng)
    spread = 4.0 - 0.36 * state.want + 0.36 * normal(len(state.want), rng)
    area = np.exp(spread) * (state.size / np.float32(3.6)) ** np.float32(0.4)
    columns["luas_lantai"] = np.clip(np.rint(area), 8, 450).astype(np.int16)


def _sanitation(
    columns: Columns, missing: dict[str, Booleans], state: Latent, rng: np.random.Generator
) -> None:
    kind = _WANT.draw(event("sanitation", state, rng), rng)
    columns["fasilitas_bab"] = _TOILET.draw(kind, rng)
    columns["jenis_kloset"] = _BOWL.draw(kind, rng)
    columns["pembuangan_akhir_tinja"] = _DRAIN.draw(kind, rng)
    without = columns["fasilitas_bab"] == 6
    missing["jenis_kloset"], missing["pembuangan_akhir_tinja"] = without, without.copy()


def _energy(columns: Columns, missing: dict[str, Booleans], state: Latent, rng: np.random.Generator) -> None:
    columns["sumber_penerangan_utama"] = _LIGHT.draw(_worst("lighting", state, rng), rng)
    columns["daya_terpasang"] = _POWER.draw(state.tier, rng)
    missing["daya_terpasang"] = columns["sumber_penerangan_utama"] != 1
    columns["bahan_bakar_utama_memasak"] = _FUEL.draw(_worst("fuel", state, rng), rng)


def _assets(columns: Columns, state: Latent, rng: np.random.Generator) -> None:
    owns_any = np.zeros(len(state.want), dtype=bool)
    for name, (level, slope) in _OWNERSHIP.items():
        owns = happens(level + slope * state.want, rng)
        owns_any |= owns
        columns[name] = np.where(owns, YES, NO).astype(np.int8)
    columns["kepemilikan_aset"] = np.where(owns_any, YES, NO).astype(np.int8)
    for animal, level in _LIVESTOCK.items():
        keeps = share(1 / (1 + np.exp(-level)), len(owns_any), rng)
        heads = rng.integers(1, 6, len(keeps), dtype=np.int8)
        columns[f"jumlah_ternak_{animal}"] = (heads * keeps).astype(np.int8)
