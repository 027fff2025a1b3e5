"""The same measures with plain pandas, geopandas and a loop over h3: what a careful analyst would write."""

import operator
from functools import reduce
from pathlib import Path

import geopandas as gpd
import h3
import pandas as pd

_WEIGHTS = {
    "rumah_tidak_kokoh": 1 / 8,
    "hunian_sempit": 1 / 8,
    "air_minum_tidak_layak": 1 / 8,
    "sanitasi_tidak_layak": 1 / 8,
    "anak_tidak_sekolah": 1 / 8,
    "tanpa_ijazah_smp": 1 / 8,
    "tanpa_kerja_layak": 1 / 20,
    "tanpa_aset": 1 / 20,
    "energi_tidak_layak": 1 / 20,
    "beban_disabilitas_kronis": 1 / 20,
    "gizi_anak": 1 / 20,
}
_ASSETS = (
    "lemari_es",
    "tv_datar",
    "komputer_laptop_tablet",
    "sepeda_motor",
    "sepeda",
    "emas_perhiasan",
    "smartphone",
)
_LIVESTOCK = ("sapi", "kerbau", "kuda", "babi", "kambing_domba")
_DIFFICULTIES = (
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
_KEY = "nomor_kartu_keluarga"


def measure(folder: Path, boundaries: Path, code_column: str, resolution: int) -> dict[str, pd.DataFrame]:
    """Return the measures of the units of three levels and of the cells of two resolutions."""
    households = pd.read_parquet(folder / "households.parquet")
    members = pd.read_parquet(folder / "members.parquet")
    units = gpd.read_file(boundaries)[[code_column, "geometry"]]
    units[code_column] = units[code_column].str.replace(".", "")
    deprived = _deprivations(households, members)
    households["measured"] = deprived.notna().all(axis=1)
    households["score"] = (deprived.fillna(False).astype(float) * pd.Series(_WEIGHTS)).sum(axis=1)
    households["poor"] = households["measured"] & (households["score"] >= 1 / 3 - 1e-9)
    _place(households, units, code_column, resolution)
    for finer in (9, 8):
        has_cell = households["cell"].notna()
        households.loc[has_cell, f"cell_{finer}"] = [
            h3.cell_to_parent(cell, finer) for cell in households.loc[has_cell, "cell"]
        ]
    households["kecamatan"] = households["unit"].str[:6]
    households["kota"] = households["unit"].str[:4]
    levels = {level: _rates(_sums(households, level, deprived)) for level in ("kota", "kecamatan", "unit")}
    return levels | {cell: _rates(_with_carried(households, cell, deprived)) for cell in ("cell_8", "cell_9")}


def _place(households: pd.DataFrame, units: gpd.GeoDataFrame, code_column: str, resolution: int) -> None:
    points = gpd.GeoDataFrame(
        households[["kode_kelurahan_desa"]],
        geometry=gpd.points_from_xy(households["bujur"], households["lintang"]),
        crs=4326,
    )
    found = gpd.sjoin(points, units, how="left", predicate="intersects")
    pointed = found[~found.index.duplicated()][code_column]
    located = pointed == households["kode_kelurahan_desa"]
    households["unit"] = households["kode_kelurahan_desa"]
    households["cell"] = [
        h3.latlng_to_cell(lat, lon, resolution) if ok else None
        for lat, lon, ok in zip(households["lintang"], households["bujur"], located, strict=True)
    ]


def _sums(households: pd.DataFrame, zone: str, deprived: pd.DataFrame) -> pd.DataFrame:
    """Add up households and persons by zone."""
    table = households[households[zone].notna()]
    measured, poor, score = table["measured"], table["poor"], table["score"]
    persons = table["jumlah_anggota_keluarga"].astype(float)
    sums = {
        "read": pd.Series(1.0, index=table.index),
        "households": measured.astype(float),
        "poor_households": poor.astype(float),
        "persons": persons * measured,
        "poor_persons": persons * poor,
        "score": persons * score * poor,
        "vulnerable": persons * (measured & (score >= 1 / 5 - 1e-9) & ~poor),
        "severe": persons * (measured & (score >= 1 / 2 - 1e-9)),
    }
    for indicator in _WEIGHTS:
        has = deprived.loc[table.index, indicator].fillna(False).astype(bool)
        sums[f"uncensored_{indicator}"] = persons * (has & measured)
        sums[f"censored_{indicator}"] = persons * (has & poor)
    return pd.DataFrame(sums).groupby(table[zone]).sum()


def _with_carried(households: pd.DataFrame, cell: str, deprived: pd.DataFrame) -> pd.DataFrame:
    """Add up the cells, and carry onto them the households without a cell, by the located ones of their unit."""
    counts = _sums(households, cell, deprived)
    carried = _sums(households[households[cell].isna()], "unit", deprived)
    located = households[households[cell].notna()]
    pairs = located.groupby([cell, "unit"]).size()
    shares = pairs / pairs.groupby(level="unit").transform("sum")
    spread = carried.reindex(shares.index.get_level_values("unit")).fillna(0).mul(shares.to_numpy(), axis=0)
    return counts + spread.set_axis(shares.index.get_level_values(cell)).groupby(level=0).sum()


def _rates(sums: pd.DataFrame) -> pd.DataFrame:
    rates = sums.copy()
    rates["h"] = sums["poor_persons"] / sums["persons"]
    rates["a"] = sums["score"] / sums["poor_persons"]
    rates["m0"] = sums["score"] / sums["persons"]
    for indicator, weight in _WEIGHTS.items():
        rates[f"uncensored_{indicator}"] = sums[f"uncensored_{indicator}"] / sums["persons"]
        rates[f"censored_{indicator}"] = sums[f"censored_{indicator}"] / sums["persons"]
        rates[f"contribution_{indicator}"] = weight * rates[f"censored_{indicator}"] / rates["m0"]
    return rates


def _deprivations(h: pd.DataFrame, m: pd.DataFrame) -> pd.DataFrame:
    """Evaluate the eleven indicators of bogor.toml that a DTSEN extract carries; NA where unknown."""
    h, m = h.convert_dtypes(), m.convert_dtypes()
    owned = sum((h[f"aset_bergerak_{name}"] == 1).astype("Int64") for name in _ASSETS)
    livestock = sum(h[f"jumlah_ternak_{name}"] for name in _LIVESTOCK)
    fit = (h["fasilitas_bab"].isin([1, 2, 3]).where(h["fasilitas_bab"].notna()).astype("boolean")) & (
        h["jenis_kloset"] == 1
    )
    answers = {
        "rumah_tidak_kokoh": _known(~h["jenis_atap_terluas"].isin([1, 2, 3, 6]), h["jenis_atap_terluas"])
        | _known(~h["jenis_dinding_terluas"].isin([1, 2, 3, 5]), h["jenis_dinding_terluas"])
        | _known(h["jenis_lantai_terluas"].isin([7, 8, 9]), h["jenis_lantai_terluas"]),
        "hunian_sempit": h["luas_lantai"] / h["jumlah_anggota_keluarga"] < 7.2,
        "air_minum_tidak_layak": _known(
            h["sumber_air_minum_utama"].isin([6, 8, 9, 11]), h["sumber_air_minum_utama"]
        ),
        "sanitasi_tidak_layak": ~(
            fit & _known(h["pembuangan_akhir_tinja"].isin([1, 2]), h["pembuangan_akhir_tinja"])
        ),
        "tanpa_aset": (h["aset_bergerak_mobil"] != 1) & (owned + (livestock > 0).astype("Int64") <= 1),
        "energi_tidak_layak": _known(
            h["bahan_bakar_utama_memasak"].isin([7, 8, 9, 10]), h["bahan_bakar_utama_memasak"]
        )
        | _known(h["sumber_penerangan_utama"].isin([2, 3, 4]), h["sumber_penerangan_utama"]),
    }
    age, works, status = m["umur"], m["status_bekerja"] == 1, m["status_dalam_pekerjaan_utama"]
    difficulty = reduce(operator.or_, [m[name] <= 2 for name in _DIFFICULTIES])
    single = m[_KEY].map(h.set_index(_KEY)["jumlah_anggota_keluarga"]) == 1
    asked = {
        "anak_tidak_sekolah": age.between(7, 15) & (m["partisipasi_sekolah"] != 2),
        "ijazah": (age >= 18) & m["ijazah_tertinggi_yang_dimiliki"].between(6, 22),
        "bekerja": age.between(15, 64) & works,
        "tetap": (age >= 10) & works & _known(~status.isin([6, 7, 8]), status),
        "beban_disabilitas_kronis": difficulty | (m["penyakit_kronis"] != 1) | (single & (age >= 60)),
        "gizi_anak": (age < 5) & _known(m["kondisi_gizi"].isin([1, 2]), m["kondisi_gizi"]),
    }
    found = {name: _any(values, m[_KEY]).reindex(h[_KEY]).to_numpy() for name, values in asked.items()}
    of_members = {name: pd.Series(values, index=h.index).astype("boolean") for name, values in found.items()}
    answers |= {
        name: of_members[name] for name in ("anak_tidak_sekolah", "beban_disabilitas_kronis", "gizi_anak")
    }
    answers["tanpa_ijazah_smp"] = ~of_members["ijazah"]
    answers["tanpa_kerja_layak"] = ~of_members["bekerja"] | ~of_members["tetap"]
    return pd.DataFrame({name: answers[name].astype("boolean") for name in _WEIGHTS})


def _known(answer: pd.Series, source: pd.Series) -> pd.Series:
    return answer.astype("boolean").where(source.notna())


def _any(answer: pd.Series, key: pd.Series) -> pd.Series:
    """Return yes where one member answers yes, else unknown where one is unknown, else no."""
    grouped = (
        pd.DataFrame({"yes": answer.fillna(False).astype(bool), "unknown": answer.isna()}).groupby(key).any()
    )
    return grouped["yes"].astype("boolean").where(grouped["yes"] | ~grouped["unknown"])
