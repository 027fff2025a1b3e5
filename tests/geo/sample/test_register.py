"""The synthetic register looks like a DTSEN extract, names nobody, and has pockets to find."""

import json
import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import shapely

from geo.errors import BoundaryError, CodeError, ParameterError
from geo.sample import City, planted_pockets, write_register, write_sample

HEADERS = json.loads((Path(__file__).parent / "dtsen_headers.json").read_text())
PERSONS_WORDS = re.compile(r"nama_|^nama$|^nik$|induk|tanggal_lahir|pelanggan")


def without_personal(name: str) -> list[str]:
    return [column for column in HEADERS[name] if column not in HEADERS["personal"]]


def squares() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["9902010001", "9902010002"], "name": ["Barat", "Timur"]},
        geometry=[shapely.box(107.0, -6.0, 107.01, -5.99), shapely.box(107.01, -6.0, 107.02, -5.99)],
        crs="EPSG:4326",
    )


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.read_parquet(folder / "households.parquet"), pl.read_parquet(folder / "members.parquet")


def in_their_unit(units: gpd.GeoDataFrame, placed: pl.DataFrame, code: str) -> np.ndarray:
    position = {unit: number for number, unit in enumerate(units.code.str.replace(".", ""))}
    own = units.geometry.to_numpy()[[position[unit] for unit in placed[code]]]
    return shapely.contains_xy(own, placed["bujur"].to_numpy(), placed["lintang"].to_numpy())


def deprived_share(households: pl.DataFrame, by: str) -> pl.DataFrame:
    poor_roof = ~pl.col("jenis_atap_terluas").is_in([1, 2, 3, 6])
    poor_water = pl.col("sumber_air_minum_utama").is_in([6, 8, 9, 11])
    poor_toilet = ~pl.col("fasilitas_bab").is_in([1, 2, 3]) | ~pl.col("pembuangan_akhir_tinja").is_in([1, 2])
    return households.group_by(by).agg(
        pl.len().alias("n"),
        poor_roof.mean().alias("roof"),
        poor_water.mean().alias("water"),
        poor_toilet.mean().alias("sanitation"),
    )


def test_headers_are_those_of_an_extract_without_its_personal_columns(register) -> None:
    assert register.households.columns == [*without_personal("dtsen_keluarga"), "lintang", "bujur"]
    assert register.members.columns == without_personal("dtsen_individu")


def test_nothing_names_a_person_and_no_number_has_sixteen_digits(register) -> None:
    for table in (register.households, register.members):
        assert not [column for column in table.columns if PERSONS_WORDS.search(column)]
        assert table["nomor_kartu_keluarga"].str.contains(r"^K\d{7}$").all()
        for column in table.select(pl.col(pl.String)).columns:
            assert not table[column].str.contains(r"\d{13}").any()
        assert not [name for name, kind in table.schema.items() if kind in (pl.Int64, pl.UInt64)]
    assert register.households["alamat"].str.contains(r"^RT \d\d RW \d\d$").all()


def test_families_have_the_members_they_state(register) -> None:
    counted = register.members.group_by("nomor_kartu_keluarga").agg(
        pl.len().alias("counted"), (pl.col("status_hubungan_keluarga") == 1).sum().alias("heads")
    )
    joined = register.households.join(counted, on="nomor_kartu_keluarga", how="left")
    assert joined["nomor_kartu_keluarga"].is_unique().all()
    assert (joined["counted"] == joined["jumlah_anggota_keluarga"]).all()
    assert (joined["heads"] == 1).all()
    assert 3.4 < joined["counted"].mean() < 3.8


def test_rows_are_grouped_by_unit_and_name_their_true_rw(register, city: City) -> None:
    rw = register.households["alamat"].str.slice(-2)
    unit = (register.households["kode_kelurahan_desa"] + "0" + rw).to_list()
    changes = 1 + sum(one != two for one, two in pairwise(unit))
    assert changes == len(set(unit)) == len(city.rw)
    assert set(unit) == set(city.rw.code.str.replace(".", ""))


def test_a_fifth_has_no_coordinates_and_one_in_a_hundred_wrong_ones(register, city: City) -> None:
    households = register.households
    assert 0.19 < households["lintang"].is_null().mean() < 0.21
    assert (households["lintang"].is_null() == households["bujur"].is_null()).all()
    placed = households.drop_nulls("lintang").with_columns(
        rw=pl.col("kode_kelurahan_desa") + "0" + pl.col("alamat").str.slice(-2)
    )
    inside = in_their_unit(city.rw, placed, "rw")
    assert 0.008 < (~inside).sum() / len(households) < 0.012
    wrong = placed.filter(pl.Series(~inside))
    swapped = ((wrong["lintang"] > 100) & (wrong["bujur"] < 0)).sum()
    nowhere = ((wrong["lintang"] == 0) & (wrong["bujur"] == 0)).sum()
    at_sea = (wrong["lintang"] < -9).sum()
    assert min(swapped, nowhere, at_sea, len(wrong) - swapped - nowhere - at_sea) > 20


def test_people_live_unevenly(register) -> None:
    sizes = register.households.group_by("kode_kelurahan_desa").len()["len"]
    assert sizes.max() > 4 * sizes.quantile(0.1)


def test_few_households_miss_an_answer_but_every_indicator_has_gaps(register) -> None:
    asked = [
        "jenis_atap_terluas",
        "luas_lantai",
        "sumber_air_minum_utama",
        "fasilitas_bab",
        "bahan_bakar_utama_memasak",
    ]
    for column in asked:
        assert 0.001 < register.households[column].is_null().mean() < 0.02
    adults = register.members.filter(pl.col("umur") >= 18)
    lost = adults.filter(pl.col("ijazah_tertinggi_yang_dimiliki").is_null())["nomor_kartu_keluarga"].unique()
    any_gap = pl.any_horizontal(pl.col(asked).is_null()) | pl.col("nomor_kartu_keluarga").is_in(
        lost.implode()
    )
    assert 0.02 < register.households.select(any_gap.mean()).item() < 0.06


def test_codes_stay_within_their_code_lists(register) -> None:
    within = {
        "jenis_atap_terluas": (1, 8),
        "jenis_dinding_terluas": (1, 7),
        "jenis_lantai_terluas": (1, 9),
        "sumber_air_minum_utama": (1, 11),
        "fasilitas_bab": (1, 6),
        "jenis_kloset": (1, 4),
        "pembuangan_akhir_tinja": (1, 6),
        "bahan_bakar_utama_memasak": (0, 11),
        "desil_nasional": (0, 10),
        "aset_bergerak_mobil": (1, 2),
    }
    for column, (low, high) in within.items():
        assert register.households[column].is_between(low, high).drop_nulls().all(), column
    members = {
        "penglihatan": (1, 4),
        "ijazah_tertinggi_yang_dimiliki": (1, 23),
        "partisipasi_sekolah": (1, 3),
    }
    for column, (low, high) in members.items():
        assert register.members[column].is_between(low, high).drop_nulls().all(), column


@pytest.mark.parametrize("indicator", ["roof", "water", "sanitation"])
def test_deprivation_varies_over_the_city_far_beyond_chance(register, indicator: str) -> None:
    shares = deprived_share(register.households, "kode_kelurahan_desa")
    mean = np.average(shares[indicator], weights=shares["n"])
    chance = (mean * (1 - mean) / shares["n"]).mean()
    assert shares[indicator].var() > 10 * chance


def test_planted_pockets_stand_out(register, city: City) -> None:
    pockets = planted_pockets(city.rw, households=len(register.households), seed=1)
    placed = register.households.drop_nulls("lintang")
    points = shapely.points(placed["bujur"].to_numpy(), placed["lintang"].to_numpy())
    within = np.unique(shapely.STRtree(points).query(pockets.geometry, predicate="contains")[1])
    mask = np.zeros(len(placed), dtype=bool)
    mask[within] = True
    assert 8 <= len(pockets) <= 12
    assert pockets.radius_m.between(300, 800).all()
    unfit = (~placed["jenis_atap_terluas"].is_in([1, 2, 3, 6])).fill_null(value=False).to_numpy()
    assert unfit[mask].mean() > 2 * unfit[~mask].mean()


def test_deciles_follow_deprivation(register) -> None:
    by_decile = deprived_share(register.households.filter(pl.col("desil_nasional") > 0), "desil_nasional")
    ordered = by_decile.sort("desil_nasional")["sanitation"].to_list()
    assert len(ordered) == 10
    assert ordered[0] > 5 * ordered[-1]


def test_relatives_answer_alike(register) -> None:
    adults = register.members.filter(
        (pl.col("umur") >= 25) & pl.col("status_hubungan_keluarga").is_in([1, 2])
    )
    schooled = adults.select(
        "nomor_kartu_keluarga", low=pl.col("ijazah_tertinggi_yang_dimiliki").is_in([1, 2, 3, 4, 23])
    )
    pairs = schooled.group_by("nomor_kartu_keluarga").agg(
        pl.col("low").first(), other=pl.col("low").last(), n=pl.len()
    )
    pairs = pairs.filter(pl.col("n") == 2)
    assert pairs.filter(pl.col("low"))["other"].mean() > 1.5 * pairs["other"].mean()


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    written = []
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        (tmp_path / name).mkdir()
        write_register(squares(), tmp_path / name, households=3_000, seed=seed)
        written.append(
            [(tmp_path / name / f"{table}.parquet").read_bytes() for table in ("households", "members")]
        )
    assert written[0] == written[1]
    assert all(one != two for one, two in zip(written[0], written[2], strict=True))


def test_batches_become_row_groups_and_report_progress(tmp_path: Path) -> None:
    seen: list[int] = []
    write_register(squares(), tmp_path, households=140_000, seed=1, progress=seen.append)
    assert seen == [131_072, 140_000]
    for table in ("households", "members"):
        assert pq.ParquetFile(tmp_path / f"{table}.parquet").metadata.num_row_groups == 2
    keys = pl.read_parquet(tmp_path / "households.parquet")["nomor_kartu_keluarga"]
    assert keys[0] == "K0000001"
    assert keys[-1] == "K0140000"
    assert keys.is_sorted()


def test_a_register_stands_on_any_boundaries(tmp_path: Path) -> None:
    paths = write_sample(tmp_path / "new", units=squares(), households=2_000, seed=3)
    assert [path.name for path in paths] == ["households.parquet", "members.parquet"]
    households, _ = read(tmp_path / "new")
    first = households.row(0, named=True)
    assert first["kode_provinsi"] == "99"
    assert first["kode_kabupaten_kota"] == "9902"
    assert first["kode_kecamatan"] == "9902010"
    assert first["kode_kelurahan_desa"] == "9902010001"
    assert first["kelurahan_desa"] == "Barat"
    assert first["kecamatan"] is None
    placed = households.drop_nulls("lintang")
    assert in_their_unit(squares(), placed, "kode_kelurahan_desa").mean() > 0.97


def test_without_units_the_city_is_written_too(tmp_path: Path) -> None:
    paths = write_sample(tmp_path, households=800, seed=1)
    assert len(paths) == 6
    assert all(path.stat().st_size > 0 for path in paths)


def shared_boundaries(name: str) -> Path:
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data" / "boundaries" / name
        if found.exists():
            return found
    pytest.skip(f"no shared reference data beside the checkout: {name}")


@pytest.mark.shared
def test_real_kelurahan_carry_a_register(tmp_path: Path) -> None:
    source = shared_boundaries("bogor_kelurahan_bps2020.gpkg")
    units = gpd.read_file(source).rename(columns={"kode_bps": "code"})
    write_register(units, tmp_path, households=20_000, seed=1)
    households, _ = read(tmp_path)
    assert set(households["kode_kelurahan_desa"]) == set(units.code)
    placed = households.drop_nulls("lintang")
    assert in_their_unit(units, placed, "kode_kelurahan_desa").mean() > 0.98


def test_islands_and_empty_units_do_not_stop_it(tmp_path: Path) -> None:
    islands = shapely.MultiPolygon(
        [shapely.box(107.0, -6.2, 107.001, -6.199), shapely.box(107.4, -6.6, 107.41, -6.59)]
    )
    units = gpd.GeoDataFrame(
        {"code": ["99.02.01.1001", "99.02.01.1002", "99.02.01.1003"]},
        geometry=[islands, shapely.Polygon(), shapely.box(107.5, -6.6, 107.5001, -6.5999)],
        crs="EPSG:4326",
    )
    write_register(units, tmp_path, households=1_000, seed=1)
    households, _ = read(tmp_path)
    assert set(households["kode_kelurahan_desa"]) == {"9902011001"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda units: units.drop(columns="code"), BoundaryError),
        (lambda units: units.assign(code=["99", "98"]), BoundaryError),
        (lambda units: units.assign(code=["satu", "dua"]), CodeError),
        (lambda units: units.set_crs(None, allow_override=True), BoundaryError),
        (lambda units: units.set_geometry(shapely.buffer(units.geometry.to_numpy(), -1)), BoundaryError),
    ],
)
def test_layers_that_cannot_carry_a_register_are_refused(change, error, tmp_path: Path) -> None:
    with pytest.raises(error):
        write_register(change(squares()), tmp_path, households=10, seed=1)


def test_a_register_has_at_least_one_household(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="at least one"):
        write_register(squares(), tmp_path, households=0, seed=1)
