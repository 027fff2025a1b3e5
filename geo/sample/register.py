"""A synthetic register of households and their members over any boundary layer.

Every row is drawn at random: no household, person, address or key of it exists.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from geo.errors import BoundaryError, ParameterError
from geo.sample.draws import Booleans, Floats, normal, share
from geo.sample.headers import HOUSEHOLD_COLUMNS, MEMBER_COLUMNS
from geo.sample.households import HOUSEHOLD_SPREAD, JUDGEMENT_SPREAD, Columns, answers, latent
from geo.sample.members import DIFFICULTIES, members
from geo.sample.placement import choose_spots, ring_number, scatter, spoil
from geo.sample.places import Places, addresses, describe, family_keys, text_array
from geo.sample.settlement import Integers, Settlement, settle

BATCH_HOUSEHOLDS = 131_072

_WORKERS = 2
_PILOT = 20_000
_INCOMPLETE = 0.042
_AWAY_FROM_KTP = 0.06

#: Share of the incompletely interviewed households that lack an answer to each question.
_GAPS = {
    "jenis_lantai_terluas": 0.08,
    "jenis_dinding_terluas": 0.08,
    "jenis_atap_terluas": 0.12,
    "luas_lantai": 0.3,
    "sumber_air_minum_utama": 0.12,
    "sumber_penerangan_utama": 0.06,
    "daya_terpasang": 0.2,
    "bahan_bakar_utama_memasak": 0.08,
    "fasilitas_bab": 0.12,
    "jenis_kloset": 0.15,
    "pembuangan_akhir_tinja": 0.25,
    "aset_bergerak_lemari_es": 0.07,
    "aset_bergerak_tv_datar": 0.07,
    "aset_bergerak_emas_perhiasan": 0.2,
    "aset_bergerak_komputer_laptop_tablet": 0.07,
    "aset_bergerak_sepeda_motor": 0.06,
    "aset_bergerak_sepeda": 0.06,
    "aset_bergerak_mobil": 0.06,
    "aset_bergerak_smartphone": 0.07,
}
_MEMBER_GAPS = {
    "partisipasi_sekolah": 0.1,
    "ijazah_tertinggi_yang_dimiliki": 0.15,
    "status_bekerja": 0.1,
    "status_dalam_pekerjaan_utama": 0.12,
    "kondisi_gizi": 0.25,
    "penyakit_kronis": 0.1,
    **dict.fromkeys(DIFFICULTIES, 0.06),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that a batch needs: where people live, what places are called, and which household comes when."""

    settlement: Settlement
    places: Places
    ends: Integers
    thresholds: Floats
    incomplete: Floats
    key_width: int


def write_register(
    units: gpd.GeoDataFrame,
    destination: Path,
    *,
    households: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
    rivers: gpd.GeoDataFrame | None = None,
) -> None:
    """Write a synthetic register of households and their members.

    The data are synthetic. They hold no name, no NIK and no KK number; the family key is made up and the
    address is an RT and an RW. Rows are grouped by unit. Welfare varies smoothly over the ground, by unit,
    and falls in a dozen planted pockets of 300 to 800 m radius; every answer follows it. A fifth of the
    households have no coordinates, one in a hundred wrong ones, about one in twenty misses an answer.
    Written in batches of 131,072 households: memory does not grow with them.

    Parameters
    ----------
    units
        Kelurahan or RW polygons with a column ``code``, in any CRS; the register is in EPSG:4326.
    destination
        Existing directory for ``households.parquet`` and ``members.parquet``.
    households
        How many households.
    seed
        The same seed and layer give the same bytes.
    progress
        Called with the number of households written so far.
    rivers
        Lines that draw pockets of deprivation to their banks.

    Raises
    ------
    BoundaryError, CodeError
        When the layer has no CRS, no codes, or no polygons.
    ParameterError
        When fewer than one household is asked for.
    """
    plan, batches = _plan(units, households, seed, rivers)
    written = 0
    outputs = destination / "households.parquet", destination / "members.parquet"
    with _Output(outputs[0]) as first, _Output(outputs[1]) as second:
        for families, people in _in_order(plan, households, batches):
            first.write(families)
            second.write(people)
            written += families.num_rows
            if progress is not None:
                progress(written)


class _Output:
    """A Parquet file that takes one row group at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> "_Output":
        return self

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            plain = [
                name
                for name in table.column_names
                if name not in {"nomor_kartu_keluarga", "bujur", "lintang"}
            ]
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", compression_level=1, use_dictionary=plain
            )
        self._writer.write_table(table, row_group_size=table.num_rows)

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()


def _plan(
    units: gpd.GeoDataFrame, households: int, seed: int, rivers: gpd.GeoDataFrame | None
) -> tuple[_Plan, list[np.random.SeedSequence]]:
    if households < 1:
        raise ParameterError(f"A register needs at least one household, not {households}.")
    if units.crs is None:
        raise BoundaryError("The boundary layer has no CRS. Name it, for example EPSG:4326.")
    geographic = units.to_crs("EPSG:4326")
    places = describe(geographic)
    root = np.random.SeedSequence([seed, households])
    common, *batches = root.spawn(1 + -(-households // BATCH_HOUSEHOLDS))
    rng = np.random.default_rng(common)
    banks = None if rivers is None else rivers.to_crs("EPSG:4326")
    settlement = settle(geographic, places.kelurahan, rng, banks)
    return (
        _Plan(
            settlement,
            places,
            np.cumsum(settlement.households(households)),
            _deciles(settlement, rng),
            (_INCOMPLETE * rng.gamma(5, 0.2, len(units))).astype(np.float32),
            max(7, len(str(households))),
        ),
        batches,
    )


def _deciles(settlement: Settlement, rng: np.random.Generator) -> Floats:
    """Return the nine welfares between deciles, from a pilot draw over the whole layer."""
    spot = np.searchsorted(settlement.mass, rng.random(_PILOT), side="right") - 1
    spread = np.hypot(HOUSEHOLD_SPREAD, JUDGEMENT_SPREAD)
    welfare = settlement.welfare[spot] + spread * normal(_PILOT, rng)
    return np.asarray(np.quantile(welfare, np.arange(1, 10) / 10), dtype=np.float32)


def _in_order(
    plan: _Plan, households: int, batches: list[np.random.SeedSequence]
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Draw batches on threads, a few ahead, and give them in order."""
    pending: deque[Future[tuple[pa.Table, pa.Table]]] = deque()
    numbered = enumerate(batches)
    with ThreadPoolExecutor(_WORKERS) as pool:

        def submit(number: int, chance: np.random.SeedSequence) -> None:
            first = number * BATCH_HOUSEHOLDS
            count = min(BATCH_HOUSEHOLDS, households - first)
            pending.append(pool.submit(_batch, plan, first, count, chance))

        for number, chance in islice(numbered, _WORKERS):
            submit(number, chance)
        while pending:
            ready = pending.popleft().result()
            for number, chance in islice(numbered, 1):
                submit(number, chance)
            yield ready


def _batch(plan: _Plan, first: int, count: int, chance: np.random.SeedSequence) -> tuple[pa.Table, pa.Table]:
    rng = np.random.default_rng(np.random.SFC64(chance))
    unit = np.searchsorted(plan.ends, np.arange(first, first + count), side="right")
    spot = choose_spots(plan.settlement, unit, rng)
    state = latent(plan.settlement.welfare[spot], plan.thresholds, plan.incomplete[unit], rng)
    keys = family_keys(first + 1, count, plan.key_width)

    columns, missing = answers(state, rng)
    _forget(missing, _GAPS, state.incomplete, rng)
    text = _place_columns(plan, unit, spot)
    text["nomor_kartu_keluarga"] = text_array(keys)
    located, absent = spoil(plan.settlement, unit, scatter(plan.settlement, spot, rng), rng)
    columns["bujur"], columns["lintang"] = located[:, 0], located[:, 1]
    missing["bujur"] = missing["lintang"] = absent
    families = _table(HOUSEHOLD_COLUMNS, text, columns, missing)

    owner, people, unknown = members(state, rng)
    _forget(unknown, _MEMBER_GAPS, state.incomplete[owner], rng)
    people["pbi_nas"], people["pbi_pemda"] = columns["pbi_nas"][owner], columns["pbi_pemda"][owner]
    registered = _registered_at(unit[owner], len(plan.ends), rng)
    words = {
        "nomor_kartu_keluarga": text_array(keys[owner]),
        "kode_kelurahan_desa_ktp": plan.places.columns["kode_kelurahan_desa"].take(pa.array(registered)),
    }
    return families, _table(MEMBER_COLUMNS, words, people, unknown)


def _place_columns(plan: _Plan, unit: Integers, spot: Integers) -> dict[str, pa.Array]:
    where = pa.array(unit)
    text = {name: column.take(where) for name, column in plan.places.columns.items()}
    known = plan.places.rw[unit]
    rw = np.where(known > 0, known, plan.settlement.sector[spot])
    text["alamat"] = addresses(ring_number(spot), rw)
    return text


def _registered_at(unit: Integers, units: int, rng: np.random.Generator) -> Integers:
    away = share(_AWAY_FROM_KTP, len(unit), rng)
    return np.where(away, rng.integers(0, units, len(unit)), unit)


def _forget(
    missing: dict[str, Booleans], gaps: dict[str, float], incomplete: Booleans, rng: np.random.Generator
) -> None:
    """Lose some answers of the incompletely interviewed."""
    candidates = np.flatnonzero(incomplete)
    for name, gap in gaps.items():
        lost = candidates[share(gap, len(candidates), rng)]
        mask = missing.setdefault(name, np.zeros(len(incomplete), dtype=bool))
        mask[lost] = True


def _table(
    header: tuple[str, ...], text: dict[str, pa.Array], columns: Columns, missing: dict[str, Booleans]
) -> pa.Table:
    arrays = [
        text[name] if name in text else pa.array(columns[name], mask=missing.get(name)) for name in header
    ]
    return pa.table(arrays, names=list(header))


def planted_pockets(
    units: gpd.GeoDataFrame, *, households: int, seed: int, rivers: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the pockets of deprivation that `write_register` plants, to check what an analysis finds.

    Parameters
    ----------
    units, households, seed, rivers
        As given to `write_register`.

    Returns
    -------
    geopandas.GeoDataFrame
        Discs in EPSG:4326 with ``radius_m`` and ``depth`` (standard deviations of welfare).
    """
    settlement = _plan(units, households, seed, rivers)[0].settlement
    pockets, plane = settlement.pockets, settlement.plane
    discs = shapely.buffer(shapely.points(pockets.centre), pockets.radius)
    origin = np.array([plane.lon, plane.lat])

    def degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(points / plane.scale + origin)

    return gpd.GeoDataFrame(
        {"radius_m": pockets.radius, "depth": pockets.depth},
        geometry=shapely.transform(discs, degrees),
        crs="EPSG:4326",
    )
