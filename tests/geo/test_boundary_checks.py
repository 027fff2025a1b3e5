"""Every defect of a boundary layer is found with its place and size; each repair is done as asked and told."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo import boundaries, registry
from geo.boundaries import Checked, Choices, Finding, Options, check_file, checks, repairs
from geo.boundaries.draft import Draft
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError

WEST, SOUTH, SIDE = 107.0, -6.0, 0.01
METRE = 1 / 111_320

Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Write a layer and check it as kelurahan with BPS codes."""

    def written_and_checked(layer: gpd.GeoDataFrame, repair: str = "", most_moved: float = 0.01) -> Checked:
        layer.to_parquet(tmp_path / "desa.parquet")
        asked = repairs.parse(repair, most_moved)
        choices = Choices("kelurahan", CodeSystem.BPS)
        return check_file(tmp_path / "desa.parquet", Options(choices=choices, repairs=asked))

    return written_and_checked


def found(checked: Checked) -> dict[str, list[Finding]]:
    by_defect: dict[str, list[Finding]] = {}
    for finding in checked.report.findings:
        by_defect.setdefault(finding.defect, []).append(finding)
    return by_defect


def square(x: float, y: float, width: float = 1, height: float = 1) -> shapely.Geometry:
    west, south = WEST + x * SIDE, SOUTH + y * SIDE
    return shapely.box(west, south, west + width * SIDE, south + height * SIDE)


def test_a_clean_layer_has_no_defect(layer: gpd.GeoDataFrame, check: Check) -> None:
    assert found(check(layer)) == {}


def test_an_overlap_has_its_units_place_and_size(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0, width=1.1)
    (overlap,) = found(check(layer))["overlap"]
    assert (overlap.row, overlap.code, overlap.name) == (1, "9902010001", "Desa 11")
    assert overlap.detail.en == "with 9902010002 Desa 12"
    assert overlap.size_m2 == pytest.approx(0.1 * SIDE**2 / METRE**2, rel=0.02)
    assert overlap.place == pytest.approx((WEST + 1.05 * SIDE, SOUTH + 0.5 * SIDE))


def test_gaps_are_between_units_and_holes_within_one(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0).difference(square(0.2, 0.2, 0.1, 0.1))
    layer.loc[1, "geometry"] = square(1, 0).difference(square(1.4, 0.9, 0.2, 0.1))
    layer.loc[4, "geometry"] = square(1, 1).difference(square(1.4, 1, 0.2, 0.1))
    defects = found(check(layer))
    (hole,), (gap,) = defects["hole"], defects["gap"]
    assert (hole.code, gap.code) == ("9902010001", None)
    assert gap.detail.id == "di antara 9902010002 Desa 12, 9902020002 Desa 22"
    assert gap.size_m2 == pytest.approx(4 * (hole.size_m2 or 0), rel=0.01)


def test_a_unit_in_a_lake_is_no_part_of_the_gap(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0).difference(square(0.2, 0.2, 0.5, 0.5))
    layer.loc[1, "geometry"] = square(0.3, 0.3, 0.1, 0.1)
    (gap,) = (finding for kind in ("gap", "hole") for finding in found(check(layer)).get(kind, []))
    assert gap.size_m2 == pytest.approx(0.24 * SIDE**2 / METRE**2, rel=0.02)


def test_codes_and_geometries_given_twice(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[5, ["code", "name"]] = ["9902010001", "Desa 11"]
    layer.loc[4, "geometry"] = layer.geometry[3]
    defects = found(check(layer))
    assert [finding.detail.en for finding in defects["split"]] == ["rows 1 and 6"]
    assert [finding.row for finding in defects["duplicate-geometry"]] == [5]
    layer.loc[5, "name"] = "Lain"
    assert [finding.row for finding in found(check(layer))["duplicate-code"]] == [6]


def test_features_that_are_astray_say_how(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = shapely.transform(layer.geometry[0], lambda xy: xy[:, ::-1])
    layer.loc[1, "geometry"] = shapely.transform(layer.geometry[1], lambda xy: xy * (1, -1))
    layer.loc[2, "geometry"] = shapely.transform(layer.geometry[2], lambda xy: xy - (60, 0))
    defects = found(check(layer))
    assert {kind: [one.row for one in rows] for kind, rows in defects.items()} == {
        "swapped": [1],
        "wrong-hemisphere": [2],
        "outside-country": [3],
    }


def test_features_of_a_neighbour_and_of_the_wrong_parent(check: Check) -> None:
    codes = [f"9902010{number:03d}" for number in range(1, 26)]
    shapes = [square(number % 5, number // 5) for number in range(25)]
    table = {"code": codes, "name": [f"Desa {code[-3:]}" for code in codes]}
    layer = gpd.GeoDataFrame(table, geometry=shapes, crs=4326)
    layer.loc[0, "code"] = "9903010001"
    layer.loc[[12, 24], "code"] = ["9902020001", "9902020002"]
    layer.loc[24, "geometry"] = square(9, 9)
    defects = found(check(layer))
    assert [finding.row for finding in defects["other-regency"]] == [1]
    assert [finding.row for finding in defects["enclave"]] == [13]


def test_units_outside_their_parent(layer: gpd.GeoDataFrame, check: Check, tmp_path: Path) -> None:
    kecamatan = gpd.GeoDataFrame(
        {"code": ["9902010"], "name": ["Selatan"]}, geometry=[square(0, 0, 2.5)], crs=4326
    )
    kecamatan.to_file(tmp_path / "kecamatan.gpkg")
    parents = boundaries.read(
        tmp_path / "kecamatan.gpkg", name="kecamatan", level="kecamatan", code_system=CodeSystem.BPS
    )
    layer.to_parquet(tmp_path / "desa.parquet")
    options = Options(choices=Choices("kelurahan", CodeSystem.BPS), parents=parents)
    by_defect = found(check_file(tmp_path / "desa.parquet", options))
    (outside,) = by_defect["outside-parent"]
    assert (outside.code, outside.detail.id) == ("9902010003", "50,0 % di luar kecamatan 9902010")
    assert [finding.code for finding in by_defect["parent-missing"]] == layer["code"].tolist()[3:]


def test_lakes_placeholders_and_names_that_differ(check: Check) -> None:
    table = {
        "code": ["3175888888", "3271010001", "3271010002"],
        "name": ["Danau Sunter", "Kampung Lain", "Pamoyanan"],
    }
    layer = gpd.GeoDataFrame(table, geometry=[square(x, 0) for x in range(3)], crs=4326)
    defects = found(check(layer))
    assert [finding.code for finding in defects["placeholder"]] == ["3175888888"]
    assert [finding.detail.en for finding in defects["name-differs"]] == ["in the registry: 'Mulya Harja'"]
    assert [finding.detail.id for finding in defects["parent-missing"]] == ["kecamatan 3175888"]


def test_units_that_the_registry_lists_and_the_file_lacks() -> None:
    listed = registry.shipped().within("kelurahan", CodeSystem.BPS, "3271")
    table = gpd.GeoDataFrame(
        {
            "row": range(1, 68),
            "code": [entry.bps for entry in listed[1:]],
            "text": "",
            "name": [entry.name for entry in listed[1:]],
        },
        geometry=[square(x, 0) for x in range(67)],
        crs=4326,
    )
    found = checks.check(Draft(table, "kelurahan", CodeSystem.BPS), registry.shipped())
    assert [(one.defect, one.code) for one in found if one.defect != "enclave"] == [
        ("unit-missing", listed[0].bps)
    ]


# Repairs


def test_nothing_is_repaired_unasked(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0, width=1.0001)
    assert (check(layer).draft.shapes == layer.geometry.to_numpy()).all()


def test_rows_of_one_unit_are_joined_and_rows_of_two_are_not(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[1, ["code", "name"]] = ["9902010001", "Desa 11"]
    checked = check(layer, "dissolve")
    (split,) = found(checked)["split"]
    assert (split.action, split.moved_m2, split.stops) == ("baris digabung", pytest.approx(0), False)
    whole = checked.boundary_set("uji").units
    assert whole[whole["code"] == "9902010001"].geometry.item().equals(square(0, 0, 2))
    layer.loc[1, "name"] = "Lain"
    with pytest.raises(BoundaryError, match=r"has the code of another unit.*other names are never merged"):
        check(layer, "dissolve").boundary_set("uji")


def test_rows_without_geometry_are_dropped_when_asked(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[2, "geometry"] = None
    checked = check(layer, "empty")
    assert [(one.row, one.action) for one in checked.report.findings] == [(3, "baris dibuang")]
    assert len(checked.boundary_set("uji").rows("kelurahan")) == 5


def test_snapping_closes_what_is_narrower_and_says_what_moved(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0, width=1 + 0.3 * METRE / SIDE)
    layer.loc[4, "geometry"] = square(1 + 0.3 * METRE / SIDE, 1, width=1 - 0.3 * METRE / SIDE)
    assert set(found(check(layer))) == {"overlap"}
    checked = check(layer, "snap=0.5m")
    assert set(found(checked)) == {"edges-moved"}
    assert sum(one.moved_m2 or 0 for one in checked.report.findings) > 0
    assert checked.report.is_loadable


def test_slivers_are_settled_below_their_size_only(layer: gpd.GeoDataFrame, check: Check) -> None:
    thin = 0.01 * METRE / SIDE
    layer.loc[0, "geometry"] = shapely.union(square(0, 0, width=1 + thin), square(-1, -1, 2e-3, 2e-3))
    layer.loc[1, "geometry"] = square(1, 0).difference(square(1.4, 0.9, 0.2, 0.1))
    size = found(check(layer))
    assert set(size) == {"overlap", "sliver", "gap"}
    checked = check(layer, "slivers<20m2")
    assert set(found(checked)) == {"edges-moved", "gap"}
    moved = {one.code: one.moved_m2 for one in found(checked)["edges-moved"]}
    assert moved["9902010001"] == pytest.approx(size["sliver"][0].size_m2, rel=1e-3)
    assert moved["9902010002"] == pytest.approx(size["overlap"][0].size_m2, rel=1e-3)


def test_a_repair_that_moves_too_much_is_refused(layer: gpd.GeoDataFrame, check: Check) -> None:
    layer.loc[0, "geometry"] = square(0, 0, width=1.1)
    checked = check(layer, "snap=0.5m")
    (refused,) = found(checked)["repair-refused"]
    assert refused.stops
    assert refused.detail.en.endswith("at most 1 % may be")
    assert (checked.draft.shapes == layer.geometry.to_numpy()).all()
    assert "repair-refused" not in found(check(layer, "snap=0.5m", most_moved=0.2))


def test_the_language_of_repairs() -> None:
    asked = repairs.parse("slivers<10m2, valid ,snap=0.25m,dissolve,empty")
    assert asked.text == "empty,valid,dissolve,snap=0.25m,slivers<10m2"
    for word in ("snap", "snap=1km", "slivers>10m2", "all"):
        with pytest.raises(ParameterError, match="is no repair"):
            repairs.parse(word)


# Columns of the agencies


@pytest.mark.parametrize(
    ("columns", "code", "system"),
    [
        ({"KDEPUM": "32.71.01.1007", "KDEBPS": "3271010001", "WADMKD": "Mulya Harja"}, "3271010001", "bps"),
        (
            {"KDEPUM": "32.71.01.1007", "WADMKD": "Mulya Harja", "WADMKC": "Bogor Selatan"},
            "32.71.01.1007",
            None,
        ),
        ({"kdprov": 32, "kdkab": 71, "kdkec": 10, "kddesa": 1, "nmdesa": "MULYAHARJA"}, "3271010001", None),
        ({"iddesa": 3271010001.0, "nmdesa": "MULYAHARJA"}, "3271010001", None),
        (
            {"KODE_DESA": 3271011007, "DESA_KELUR": "MULYAHARJA", "KECAMATAN": "BOGOR SELATAN"},
            "32.71.01.1007",
            None,
        ),
        ({"KODE": "32.71.1.1007", "NAMA_KEL": "Mulyaharja"}, "32.71.01.1007", None),
        ({"ADM4_PCODE": "ID3271010001", "ADM4_EN": "Mulyaharja"}, "3271010001", None),
    ],
)
def test_the_schemas_of_the_agencies_are_understood(
    columns: dict[str, object], code: str, system: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "desa.parquet"
    gpd.GeoDataFrame(
        {name: [value] for name, value in columns.items()}, geometry=[square(-20, -65)], crs=4326
    ).to_parquet(path)
    report = check_file(
        path, Options(choices=Choices(system=None if system is None else CodeSystem(system)))
    ).report
    assert (report.level, report.is_system_sure) == ("kelurahan", True)
    assert check_file(path, Options(choices=Choices(system=CodeSystem(report.code_system)))).draft.table[
        "code"
    ].tolist() == [code]


def test_running_numbers_are_not_taken_for_codes(tmp_path: Path) -> None:
    table = {
        "OBJECTID": range(3171, 3177),
        "KAB_NAME": "JAKARTA BARAT",
        "KEC_NAME": "TAMBORA",
        "KEL_NAME": "KRENDANG",
    }
    rw = gpd.GeoDataFrame(
        {**table, "RW": [f"RW 0{number}" for number in range(1, 7)]},
        geometry=[square(-20 + x, -15) for x in range(6)],
        crs=4326,
    )
    rw.to_parquet(tmp_path / "rw.parquet")
    checked = check_file(tmp_path / "rw.parquet")
    assert checked.draft.table["code"].tolist()[:2] == ["31.73.04.1005.001", "31.73.04.1005.002"]
