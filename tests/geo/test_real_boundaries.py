"""What becomes of each real boundary file that is at hand, and why."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from geo import layers, lineage
from geo.boundaries import Choices, Options, Report, check_file, matching, repairs
from geo.codes import CodeSystem
from geo.errors import BoundaryError

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.shared

Real = Callable[[str], Path]


@pytest.fixture
def real() -> Real:
    """Give the path of a shared file, or skip."""

    def path(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"the project's shared data ({name}) is not beside this checkout")
        return SHARED / name

    return path


def numbers(report: Report) -> dict[str, int]:
    return {defect: number for defect, (number, _) in report.counts.items()}


@pytest.mark.parametrize(
    ("file", "units", "kota", "defects"),
    [
        ("bogor_kelurahan_bps2020.gpkg", 68, 1, {}),
        # Three lakes and an area without residents; two of them in kecamatan made for them.
        ("dki_kelurahan_bps2020.gpkg", 270, 6, {"parent-missing": 2, "placeholder": 3}),
        # Simplified unit by unit. SOURCES.md counts 355 and 896 gaps, of any size; 11 and 21 of them are below 1 m².
        ("bogor_kelurahan_kemendagri2025.geojson", 68, 1, {"overlap": 136, "gap": 310, "hole": 34}),
        ("dki_kelurahan_kemendagri2025.geojson", 267, 6, {"overlap": 458, "gap": 797, "hole": 78}),
    ],
)
def test_files_with_codes_that_their_names_prove_load_with_a_report(
    file: str, units: int, kota: int, defects: dict[str, int], real: Real
) -> None:
    checked = check_file(real(f"boundaries/{file}"))
    assert numbers(checked.report) == defects
    assert f"cocok pada {units} dari {units} kode" in checked.report.system_evidence
    loaded = checked.boundary_set("uji")
    assert (len(loaded.rows("kelurahan")), len(loaded.rows("kota"))) == (units, kota)
    assert loaded.units.geometry.is_valid.all()
    # Kemendagri's files name no kecamatan; the registry does.
    kecamatan = loaded.units["name"].iloc[loaded.rows("kecamatan")].tolist()
    assert {"Bogor Selatan", "Tanah Abang"} & set(kecamatan)
    by_level = loaded.units.groupby("level")["area_km2"].sum()
    assert by_level["kota"] == pytest.approx(by_level["kelurahan"], rel=0.02)


def test_the_gaps_of_sources_md_are_those_with_the_dust(real: Real) -> None:
    for file, gaps in (("bogor", 355), ("dki", 896)):
        shapes = (
            layers.read(real(f"boundaries/{file}_kelurahan_kemendagri2025.geojson"))
            .table.to_crs(32748)
            .geometry
        )
        whole = shapely.get_parts(shapely.union_all(shapes.to_numpy()))
        assert int(shapely.get_num_interior_rings(whole).sum()) == gaps


def test_jambi_is_not_in_the_registry_so_its_system_is_said(real: Real) -> None:
    path = real("boundaries/jambi_villages_bps2020.gpkg")
    with pytest.raises(
        BoundaryError, match=r"neither named nor proven\. Say --codes bps or --codes kemendagri"
    ):
        check_file(path).boundary_set("jambi")
    checked = check_file(path, Options(choices=Choices(system=CodeSystem.BPS)))
    loaded = checked.boundary_set("jambi")
    assert len(loaded.rows("kelurahan")) == 1_565
    assert numbers(checked.report) == {"placeholder": 10, "sliver": 6}
    podes = pl.read_csv(real("tables/podes2019_jambi_core.csv"), infer_schema=False, columns=["kode_bps"])
    codes = loaded.units["code"].iloc[loaded.rows("kelurahan")]
    assert codes.isin(podes["kode_bps"].to_list()).sum() == 1_562


def test_the_rw_of_jakarta_get_codes_from_a_confirmed_list(real: Real, tmp_path: Path) -> None:
    path = real("boundaries/jakarta_rw_osm.zip")
    report = check_file(path).report
    assert (report.level, report.matched) == ("rw", (2_708, 7, 2_724))  # 99.7 % without a person
    assert numbers(report) | {"gap": 0} == {
        "invalid": 1,
        "no-code": 9,
        "split": 23,
        "overlap": 54,
        "gap": 0,
        "hole": 4,
        "sliver": 15,
        "enclave": 1,
    }
    confirmed = tmp_path / "padanan.csv"
    # What a person does: takes the proposals, and says which kelurahan Taman Mini belongs to.
    edited = [
        dataclasses.replace(one, code=one.code or one.proposal or "31.75.10.1002") for one in report.matches
    ]
    matching.write(edited, confirmed)
    choices = Choices(system=CodeSystem.KEMENDAGRI, matches=confirmed)
    checked = check_file(path, Options(choices=choices, repairs=repairs.parse("valid,dissolve")))
    loaded = checked.boundary_set("rw")
    assert len(loaded.rows("rw")) == 2_700  # 24 rows are parts of an RW of another row
    assert loaded.levels == ("provinsi", "kota", "kecamatan", "kelurahan", "rw")
    assert {repair.defect for repair in loaded.repairs} == {"invalid", "split"}


def test_the_empty_village_of_the_national_file_stops_it_until_it_is_dropped(
    real: Real, tmp_path: Path
) -> None:
    table = gpd.read_parquet(real("boundaries/indonesia_villages_bps2020_simplified.parquet"))
    assert len(table) == 81_904
    empty = np.flatnonzero(table.geometry.is_empty)
    assert empty.tolist() == [7_887]
    table.iloc[7_880:7_900].to_parquet(tmp_path / "desa.parquet")
    choices = Choices(system=CodeSystem.BPS)
    with pytest.raises(BoundaryError, match=r"row 8 \(1206030011 Bonan Dolok I\) has no geometry"):
        check_file(tmp_path / "desa.parquet", Options(choices=choices)).boundary_set("desa")
    asked = Options(choices=choices, repairs=repairs.parse("empty"))
    assert len(check_file(tmp_path / "desa.parquet", asked).boundary_set("desa").rows("kelurahan")) == 19


def test_a_file_compared_with_itself_has_not_changed(real: Real) -> None:
    one = check_file(real("boundaries/bogor_kelurahan_kemendagri2025.geojson")).boundary_set("bogor")
    assert lineage.changes(one, one) == ()
