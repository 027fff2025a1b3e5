"""Boundary files as other agencies write them: each is understood, or refused with what to do."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import registry
from geo.boundaries import Checked, Choices, Options, check_file
from geo.codes import CodeSystem
from geo.errors import BoundaryError, FileError
from geo.registry import Entry

BPS, KEMENDAGRI = CodeSystem.BPS, CodeSystem.KEMENDAGRI
SIDE = 0.01


@pytest.fixture(scope="module")
def known() -> list[Entry]:
    """Eight kelurahan of Kota Bogor, of two kecamatan."""
    entries = registry.shipped().within("kelurahan", BPS, "3271")
    both = [one for one in entries if one.kemendagri is not None]
    return [*both[:4], *both[-4:]]


def squares(number: int, west: float = 106.78, south: float = -6.62) -> list[shapely.Geometry]:
    return [shapely.box(west + x * SIDE, south, west + (x + 1) * SIDE, south + SIDE) for x in range(number)]


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, columns: dict[str, object], shapes: Sequence[shapely.Geometry]) -> Path:
        gpd.GeoDataFrame(columns, geometry=np.array(shapes), crs=4326).to_file(tmp_path / name)
        return tmp_path / name

    return written


def roles(checked: Checked) -> dict[str, str]:
    return {role.role: role.column for role in checked.report.roles}


def test_gadm_and_dukcapil_say_their_names_in_their_own_headers(write: Write, known: list[Entry]) -> None:
    names, codes = [one.name for one in known], [one.bps for one in known]
    gadm = {"GID_4": [f"IDN.9.10.1.{x}_1" for x in range(8)], "NAME_1": "Jawa Barat", "NAME_2": "Kota Bogor",
            "NAME_3": "Bogor", "NAME_4": names, "CC_4": codes}  # fmt: skip
    checked = check_file(write("gadm.gpkg", gadm, squares(8)))
    assert checked.report.is_loadable
    assert roles(checked) | {"code": "CC_4", "name": "NAME_4", "kota_name": "NAME_2"} == roles(checked)
    dukcapil = {"Kode_Desa_Spatial": [str(one.kemendagri).replace(".", "") for one in known],
                "Nama_Desa_Spatial": [name.upper() for name in names], "Nama_Kec_Spatial": "BOGOR"}  # fmt: skip
    checked = check_file(write("dukcapil.gpkg", dukcapil, squares(8)))
    assert checked.report.is_loadable
    assert (checked.draft.system, roles(checked)["name"]) == (KEMENDAGRI, "Nama_Desa_Spatial")


def test_names_alone_are_matched_where_their_level_is_said(write: Write, known: list[Entry]) -> None:
    file = write("osm.geojson", {"osm_id": range(40, 48), "name": [one.name for one in known]}, squares(8))
    with pytest.raises(BoundaryError, match=r"--level kelurahan --name-column COLUMN"):
        check_file(file)
    report = check_file(file, Options(choices=Choices("kelurahan", KEMENDAGRI, None, "name"))).report
    assert report.is_matched_by_name
    assert report.matched[0] >= 6


def test_the_code_of_the_kelurahan_and_the_number_make_the_code_of_an_rw(
    write: Write, known: list[Entry]
) -> None:
    facts = {
        "KD_KEL": [one.bps for one in known],
        "KELURAHAN": [one.name for one in known],
        "RW": ["RW 01"] * 8,
    }
    checked = check_file(write("rw.gpkg", facts, squares(8)))
    assert checked.report.level == "rw"
    assert checked.report.is_loadable
    assert checked.draft.code_texts[0] == f"{known[0].bps}001"


def test_a_layer_in_another_utm_zone_lies_far_from_the_province_of_its_codes(
    write: Write, known: list[Entry]
) -> None:
    facts = {"kode": [one.bps for one in known], "nama": [one.name for one in known]}
    report = check_file(write("zone.gpkg", facts, squares(8, west=112.78))).report
    assert [one.defect for one in report.stops] == ["outside-province"] * 8
    assert check_file(write("right.gpkg", facts, squares(8))).report.is_loadable


def folder(name: str, entries: Sequence[Entry], shapes: Sequence[shapely.Geometry], balloon: bool) -> str:
    def placemark(entry: Entry, shape: shapely.Geometry) -> str:
        ring = " ".join(f"{x},{y},0" for x, y in shapely.get_coordinates(shape))
        facts = (
            f"<description><![CDATA[<table><tr><td>KODE</td><td>{entry.bps}</td></tr></table>]]></description>"
            if balloon
            else f'<ExtendedData><Data name="KODE"><value>{entry.bps}</value></Data></ExtendedData>'
        )
        return (
            f"<Placemark><name>{entry.name}</name>{facts}<MultiGeometry><Polygon><outerBoundaryIs><LinearRing>"
            f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark>"
        )

    marks = "".join(placemark(*pair) for pair in zip(entries, shapes, strict=True))
    return f"<Folder><name>{name}</name>{marks}</Folder>"


@pytest.mark.parametrize("balloon", [False, True])
def test_a_kml_of_folders_is_one_layer_and_its_balloons_are_read(
    tmp_path: Path, known: list[Entry], balloon: bool
) -> None:
    shapes = squares(8)
    point = "<Placemark><Point><coordinates>106.8,-6.6</coordinates></Point></Placemark>"
    office = f"<Folder><name>Kantor</name>{point}</Folder>"
    body = folder("Selatan", known[:4], shapes[:4], balloon) + folder("Utara", known[4:], shapes[4:], balloon)
    kml = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    (tmp_path / "earth.kml").write_text(kml.format(body + office), "utf-8")
    report = check_file(tmp_path / "earth.kml").report
    assert report.is_loadable
    assert report.file.rows == 8
    assert "2 folder digabung menjadi satu lapisan: Selatan, Utara." in report.file.notes
    assert any("description" in note for note in report.file.notes) == balloon


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.rar", b"Rar!\x1a\x07", "Unpack it"),
        ("x.7z", b"7z\xbc\xaf\x27\x1c", "Unpack it"),
        ("x.dwg", b"AC1027", "CAD drawing"),
        ("x.dxf", b"0\nSECTION\n", "CAD drawing"),
        ("x.tab", b"!table\n", "MapInfo"),
        ("x.pdf", b"%PDF-1.7", "is a PDF"),
        ("x.tif", b"II*\0", "kantong layers load"),
        ("x.qml", b"<qgis/>", "style"),
        ("x.geojson", b"\xef\xbb\xbf <!DOCTYPE html><html>", "the download failed"),
        ("x.geojsonl", b'{"type":"Feature"}\n{}', "line by line"),
        ("x.xlsx", b"PK\x03\x04", "holds no polygons"),
    ],
)
def test_what_is_not_read_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=says):
        check_file(tmp_path / name)


def test_a_unit_beside_its_kecamatan_and_kota_is_a_kelurahan(write: Write, known: list[Entry]) -> None:
    names = [one.name for one in known]
    above = [registry.shipped().entry(BPS, str(one.bps)[:7]) for one in known]
    kecamatan = [one.name for one in above if one is not None]
    facts = {"no": ["001"] * 8, "nama": names, "kecamatan": kecamatan, "kota": "Kota Bogor"}
    assert check_file(write("names.gpkg", facts, squares(8))).report.level == "kelurahan"
    same = {
        "kode": [str(one.bps)[:7] for one in known],
        "nama": names,
        "kecamatan": names,
        "kota": "Kota Bogor",
    }
    assert check_file(write("kec.gpkg", same, squares(8))).report.level == "kecamatan"


def test_the_binary_of_postgis_is_read_from_a_table(tmp_path: Path, known: list[Entry]) -> None:
    shapes = shapely.set_srid(np.array(squares(8)), 4326)
    binary = shapely.to_wkb(shapes, hex=True, include_srid=True)
    rows = [f"{one.bps};{one.name};{text}" for one, text in zip(known, binary, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["kode;nama;geom", *rows]), "utf-8")
    checked = check_file(tmp_path / "t.csv")
    assert checked.report.is_loadable
    assert checked.report.file.crs == "EPSG:4326"
    bare = shapely.to_wkb(np.array(squares(8)), hex=True)
    rows = [f"{one.bps};{one.name};{text}" for one, text in zip(known, bare, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["kode;nama;geom", *rows]), "utf-8")
    with pytest.raises(BoundaryError, match="--crs EPSG:4326"):
        check_file(tmp_path / "t.csv")


def test_the_error_of_a_service_and_a_shapefile_without_columns_are_told(
    write: Write, tmp_path: Path
) -> None:
    (tmp_path / "e.json").write_text('{"error": {"code": 499, "message": "Token Required"}}')
    with pytest.raises(FileError, match="error message of a map service"):
        check_file(tmp_path / "e.json")
    file = write("s.shp", {"kode": ["x"] * 3}, squares(3))
    file.with_suffix(".dbf").unlink()
    with pytest.raises(BoundaryError, match=r"give the \.dbf too"):
        check_file(file)


def test_a_geodatabase_in_a_zip_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "gdb.zip", "w") as archive:
        archive.writestr("Batas.gdb/a00000001.gdbtable", b"\3\0\0\0")
    with pytest.raises(FileError, match="Export its layer as GeoPackage"):
        check_file(tmp_path / "gdb.zip")
