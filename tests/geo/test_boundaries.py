"""Boundary sets: what is read, what is repaired and said, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import affinity

from geo import boundaries as boundary_sets
from geo import layers
from geo.boundaries import BoundarySet, Choices, check_file, repairs
from geo.codes import CodeSystem
from geo.errors import BoundaryError, FileError, ParameterError

Read = Callable[..., BoundarySet]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a layer and read it as a boundary set."""

    def written_and_read(layer: gpd.GeoDataFrame, file: str = "layer.gpkg", **choices: object) -> BoundarySet:
        layer.to_file(tmp_path / file)
        given = {"name": "uji", "level": "kelurahan", "code_system": CodeSystem.BPS, **choices}
        return boundary_sets.read(tmp_path / file, **given)  # type: ignore[arg-type]

    return written_and_read


# Levels


def test_levels_above_are_dissolved_from_the_codes(boundaries: BoundarySet) -> None:
    units = boundaries.units
    assert units["level"].tolist() == ["kota"] + ["kecamatan"] * 2 + ["kelurahan"] * 6
    assert units["code"].tolist()[:3] == ["9902", "9902010", "9902020"]
    assert units["name"].tolist()[:4] == ["Kota Uji", "Selatan", "Utara", "Desa 11"]
    assert units["parent"].tolist() == [-1, 0, 0, 1, 1, 1, 2, 2, 2]
    assert boundaries.levels == ("kota", "kecamatan", "kelurahan")
    assert boundaries.place == "Kota Uji"
    assert boundaries.ancestors("kecamatan").tolist() == [-1, 1, 2, 1, 1, 1, 2, 2, 2]
    assert boundaries.repairs == ()


def test_an_abbreviation_in_title_case_is_set_right_in_the_name_of_the_place_alone(
    boundaries: BoundarySet,
) -> None:
    top = boundaries.units["level"] == boundaries.levels[0]
    units = boundaries.units.assign(name=boundaries.units["name"].where(~top, "Dki Jakarta"))
    named = replace(boundaries, units=units)
    assert named.summary.place == "DKI Jakarta"
    assert named.units["name"][top].tolist() == ["Dki Jakarta"]


def test_areas_are_square_kilometres_and_add_up(boundaries: BoundarySet) -> None:
    area = boundaries.units.to_crs(32748).area.to_numpy() / 1e6
    assert boundaries.units["area_km2"].to_numpy() == pytest.approx(area, rel=2e-3)
    by_level = boundaries.units.groupby("level")["area_km2"].sum()
    assert by_level["kelurahan"] == pytest.approx(by_level["kota"])
    assert by_level["kecamatan"] == pytest.approx(by_level["kota"])


def test_one_unit_stands_alone(layer: gpd.GeoDataFrame, read: Read) -> None:
    single = read(layer.head(1))
    assert single.levels == ("kelurahan",)
    assert single.units["parent"].tolist() == [-1]


def test_parents_without_a_name_go_by_their_code(layer: gpd.GeoDataFrame, read: Read) -> None:
    assert read(layer.drop(columns=["kecamatan", "kota"])).units["name"].tolist()[:2] == ["9902", "9902010"]


# Identity


def test_the_id_changes_with_content_only(
    layer: gpd.GeoDataFrame, read: Read, boundaries: BoundarySet
) -> None:
    assert read(layer).id == boundaries.id
    assert read(layer.iloc[::-1]).id == boundaries.id
    assert read(layer, "layer.geojson").id == boundaries.id
    assert read(layer.assign(extra=1)).id == boundaries.id
    moved = layer.copy()
    moved.loc[5, "geometry"] = affinity.scale(moved.geometry[5], 1.001)
    others = [
        read(moved),
        read(layer.replace("Desa 11", "Desa XI")),
        read(layer.replace("9902010001", "9902010009")),
        read(layer, source="BPS 2020"),
        read(layer, name="other"),
    ]
    assert len({boundaries.id, *(other.id for other in others)}) == 6


def test_names_above_do_not_depend_on_the_order_of_rows(layer: gpd.GeoDataFrame, read: Read) -> None:
    layer.loc[0, "kecamatan"] = "SELATAN"
    assert read(layer).units["name"].tolist() == read(layer.iloc[::-1]).units["name"].tolist()


# Codes as files hold them


@pytest.mark.parametrize("kind", ["float", "integer", "prefixed", "spaces"])
def test_codes_are_read_as_files_hold_them(
    kind: str, layer: gpd.GeoDataFrame, read: Read, boundaries: BoundarySet
) -> None:
    codes = layer["code"]
    spoilt = {
        "float": codes.astype(float),
        "integer": codes.astype("int64"),
        "prefixed": "id" + codes,
        "spaces": " " + codes + " ",
    }
    assert read(layer.assign(code=spoilt[kind])).units["code"].tolist() == boundaries.units["code"].tolist()


def test_kemendagri_codes_with_and_without_dots(layer: gpd.GeoDataFrame, read: Read) -> None:
    dotted = [f"99.02.0{k}.100{n}" for k in (1, 2) for n in (1, 2, 3)]
    kemendagri = CodeSystem.KEMENDAGRI
    one = read(layer.assign(code=dotted), code_system=kemendagri)
    other = read(layer.assign(code=[code.replace(".", "") for code in dotted]), code_system=kemendagri)
    assert one.units["code"].tolist()[:4] == ["99.02", "99.02.01", "99.02.02", "99.02.01.1001"]
    assert one.id == other.id


def test_the_wrong_system_is_an_error_that_says_which(layer: gpd.GeoDataFrame, read: Read) -> None:
    with pytest.raises(BoundaryError, match=r"no column holds kemendagri codes of a kelurahan.*--codes"):
        read(layer, code_system=CodeSystem.KEMENDAGRI)
    with pytest.raises(BoundaryError, match=r"no column holds bps codes of a kecamatan"):
        read(layer, level="kecamatan")
    with pytest.raises(BoundaryError, match=r"is the code of a kelurahan, not of a kecamatan"):
        read(layer, level="kecamatan", code_column="code")


def test_duplicate_missing_and_malformed_codes_name_their_row(layer: gpd.GeoDataFrame, read: Read) -> None:
    twice = layer.assign(code=layer["code"].replace("9902020003", "9902010001"))
    with pytest.raises(
        BoundaryError,
        match=r"row 6 \(9902010001 Desa 23\) has the code of another unit: rows 1 'Desa 11' and 6",
    ):
        read(twice)
    for empty in (None, "", " "):
        gap = layer.assign(code=[*layer["code"][:5], empty])
        with pytest.raises(BoundaryError, match=r"row 6 \(Desa 23\) has no code"):
            read(gap)
    with pytest.raises(BoundaryError, match=r"row 6 \(Desa 23\) has no code"):
        read(layer.assign(code=[*layer["code"][:5].astype(float), np.nan]))
    with pytest.raises(BoundaryError, match=r"row 6 \(Desa 23\) has a value.*'990202' is not a bps code"):
        read(layer.assign(code=[*layer["code"][:5], "990202"]))


def test_a_code_column_is_chosen_when_one_fits(layer: gpd.GeoDataFrame, read: Read) -> None:
    with pytest.raises(BoundaryError, match=r"several columns hold codes of a kelurahan: code, kode"):
        read(layer.assign(kode=layer["code"]))
    assert read(layer.assign(kode=layer["code"]), code_column="kode").levels[-1] == "kelurahan"
    with pytest.raises(ParameterError, match=r"there is no column 'kode'\. Columns: code, name"):
        read(layer, code_column="kode")
    with pytest.raises(ParameterError, match=r"there is no column 'nama'"):
        read(layer, name_column="nama")
    with pytest.raises(ParameterError, match="'desa' is not a level"):
        read(layer, level="desa")


def test_a_unit_without_a_name_goes_by_its_code(layer: gpd.GeoDataFrame, read: Read) -> None:
    gap = layer.assign(name=[*layer["name"][:5], None])
    for choices in ({}, {"name_column": "name"}):
        assert read(gap, **choices).units["name"].tolist()[-2:] == ["Desa 22", "9902020003"]
    numbered = layer.assign(number=[1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
    assert read(numbered, name_column="number").units["name"].tolist()[-2:] == ["5", "9902020003"]


# Geometry


@pytest.mark.parametrize("crs", [32748, 23834, 9488, 3857])
def test_other_projections_come_to_the_same_place(
    crs: int, layer: gpd.GeoDataFrame, read: Read, boundaries: BoundarySet
) -> None:
    back = read(layer.to_crs(crs))
    assert back.units.crs == 4326
    distance = shapely.hausdorff_distance(
        back.units.geometry.to_numpy(), boundaries.units.geometry.to_numpy()
    )
    assert (distance < 1e-5).all()  # a metre


def test_heights_are_dropped(layer: gpd.GeoDataFrame, read: Read, boundaries: BoundarySet) -> None:
    assert read(layer.set_geometry(shapely.force_3d(layer.geometry.to_numpy(), 12.0))).id == boundaries.id


def test_an_invalid_polygon_is_repaired_only_when_asked(
    layer: gpd.GeoDataFrame, read: Read, tmp_path: Path
) -> None:
    west, south, east, north = layer.geometry[0].bounds
    middle = (west + east) / 2, (south + north) / 2
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    layer.loc[0, "geometry"] = bow
    with pytest.raises(
        BoundaryError, match=r"row 1 \(9902010001 Desa 11\) is not a valid.*Self-intersection at 107\.005"
    ):
        read(layer)
    choices = Choices("kelurahan", CodeSystem.BPS)
    asked = boundary_sets.Options(choices=choices, repairs=repairs.parse("valid"))
    with pytest.raises(
        BoundaryError, match=r"would be changed by more than the repair may move.*100\.0 %, at most 1 %"
    ):
        check_file(tmp_path / "layer.gpkg", asked).boundary_set("uji")
    allowed = boundary_sets.Options(choices=choices, repairs=repairs.parse("valid", most_moved=1))
    result = check_file(tmp_path / "layer.gpkg", allowed).boundary_set("uji")
    assert result.units.geometry.is_valid.all()
    (repair,) = result.repairs
    assert (repair.code, repair.name, repair.defect) == ("9902010001", "Desa 11", "invalid")
    assert (repair.action, repair.area_moved_m2 > 0) == ("dibuat sah", True)
    assert result.units.geometry.iloc[3].distance(shapely.Point(middle)) == pytest.approx(0)


def test_a_polygon_without_area_is_refused(layer: gpd.GeoDataFrame, read: Read) -> None:
    layer.loc[2, "geometry"] = shapely.Polygon([(107.0, -6.0), (107.1, -6.1), (107.0, -6.0), (107.0, -6.0)])
    with pytest.raises(BoundaryError, match=r"row 3 \(9902010003 Desa 13\) has no area"):
        read(layer)


def test_lines_points_and_nothing_are_no_boundaries(layer: gpd.GeoDataFrame, read: Read) -> None:
    with pytest.raises(
        BoundaryError, match=r"row 1 .*is no polygon; boundaries must be polygons: LineString"
    ):
        read(layer.set_geometry(layer.boundary))
    with pytest.raises(BoundaryError, match=r"row 1 .*is no polygon.*: Point"):
        read(layer.set_geometry(layer.representative_point()))
    layer.loc[3, "geometry"] = None
    with pytest.raises(BoundaryError, match=r"row 4 \(9902020001 Desa 21\) has no geometry"):
        read(layer)


def test_a_layer_without_a_crs_is_refused(layer: gpd.GeoDataFrame, read: Read) -> None:
    with (
        pytest.warns(UserWarning, match="crs"),
        pytest.raises(BoundaryError, match=r"no coordinate reference system.*107 -6"),
    ):
        read(layer.set_crs(None, allow_override=True), "layer.shp")


def test_metres_called_degrees_are_refused(layer: gpd.GeoDataFrame, read: Read) -> None:
    metres = layer.to_crs(32748).set_crs(4326, allow_override=True)
    with pytest.raises(BoundaryError, match="outside the degrees of the earth"):
        read(metres)


# Files


def test_files_that_are_no_layer(layer: gpd.GeoDataFrame, tmp_path: Path, read: Read) -> None:
    def refused(path: Path, kind: type[Exception], says: str) -> None:
        with pytest.raises(kind, match=says) as raised:
            boundary_sets.read(path, name="x", level="kelurahan", code_system=CodeSystem.BPS)
        assert str(path) in str(raised.value)

    refused(tmp_path / "nowhere.gpkg", FileError, "no such file")
    (tmp_path / "empty.gpkg").touch()
    refused(tmp_path / "empty.gpkg", FileError, "is empty")
    (tmp_path / "text.gpkg").write_text("not a map")
    refused(tmp_path / "text.gpkg", FileError, "cannot be read as a map layer")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", FileError, "cannot be read as a map layer")
    layer.to_file(tmp_path / "whole.gpkg")
    (tmp_path / "half.gpkg").write_bytes((tmp_path / "whole.gpkg").read_bytes()[:5_000])
    refused(tmp_path / "half.gpkg", FileError, "cannot be read as a map layer")
    (tmp_path / "broken.geojson").write_text('{"type": "FeatureCollection", "features": [')
    refused(tmp_path / "broken.geojson", FileError, "cannot be read as a map layer")
    layer.head(0).to_file(tmp_path / "none.gpkg")
    refused(tmp_path / "none.gpkg", BoundaryError, "has no features")
    (tmp_path / "table.csv").write_text("code,name\n9902010001,x\n")
    refused(tmp_path / "table.csv", BoundaryError, "holds no geometry")
    (tmp_path / "pointer.gpkg").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    )
    refused(tmp_path / "pointer.gpkg", FileError, "cannot be read as a map layer")


def test_one_of_several_layers_is_named(layer: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "layers.gpkg"
    layer.to_file(path, layer="kelurahan")
    layer.dissolve("kecamatan").reset_index().to_file(path, layer="kecamatan")
    choices = {"name": "x", "level": "kelurahan", "code_system": CodeSystem.BPS}
    with pytest.raises(ParameterError, match=r"several layers; name one with --layer: kelurahan, kecamatan"):
        boundary_sets.read(path, **choices)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"no layer 'desa'\. Layers: kelurahan, kecamatan"):
        boundary_sets.read(path, layer="desa", **choices)  # type: ignore[arg-type]
    assert boundary_sets.read(path, layer="kelurahan", **choices).levels  # type: ignore[arg-type]


def test_rivers_are_lines_with_a_name_at_most(layer: gpd.GeoDataFrame, tmp_path: Path) -> None:
    layer.set_geometry(layer.boundary).to_file(tmp_path / "rivers.gpkg")
    rivers = layers.read_lines(tmp_path / "rivers.gpkg")
    assert list(rivers.columns) == ["name", "geometry"]
    layer.to_file(tmp_path / "areas.gpkg")
    with pytest.raises(BoundaryError, match="rivers and roads must be lines"):
        layers.read_lines(tmp_path / "areas.gpkg")


def sls_layer(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Two SLS in each kelurahan, of which each second is divided: 16 digits, put together here."""
    halves = [shapely.box(x, y, x + 0.005, y + 0.01) for x, y in _corners(layer)] + [
        shapely.box(x + 0.005, y, x + 0.01, y + 0.01) for x, y in _corners(layer)
    ]
    ids = [code + "000100" for code in layer["code"]] + [code + "000201" for code in layer["code"]]
    names = {"nmkec": [*layer["kecamatan"]] * 2, "nmdesa": [*layer["name"]] * 2}
    facts = {"idsubsls": ids, "nmsls": [f"RT {number % 2 + 1:03d} RW 001" for number in range(12)], **names}
    return gpd.GeoDataFrame(facts, geometry=halves, crs=4326)


def _corners(layer: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    return [(west, south) for west, south, _, _ in layer.geometry.bounds.to_numpy()]


def test_sls_stand_under_their_kelurahan_and_their_parts_are_written_apart(
    layer: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    sls_layer(layer).to_file(tmp_path / "sls.gpkg")
    checked = check_file(tmp_path / "sls.gpkg", boundary_sets.Options(choices=Choices(system=CodeSystem.BPS)))
    assert checked.report.level == "sls"
    sls = checked.boundary_set("sls")
    assert sls.levels == ("kota", "kecamatan", "kelurahan", "sls")
    codes_ = sls.units["code"].iloc[sls.rows("sls")].tolist()
    assert codes_[:2] == ["99020100010001", "99020100010002.01"]
    assert sls.units["name"].iloc[sls.rows("kelurahan")].tolist() == layer["name"].tolist()
    parents = sls.units["parent"].iloc[sls.rows("sls")]
    assert sls.units["level"].iloc[parents].unique().tolist() == ["kelurahan"]


def test_a_column_of_times_is_not_taken_for_sls(layer: gpd.GeoDataFrame, tmp_path: Path) -> None:
    layer.assign(dibuat="20240101120000").to_file(tmp_path / "l.gpkg")
    assert check_file(tmp_path / "l.gpkg").report.level == "kelurahan"
