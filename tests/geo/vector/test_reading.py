"""Vector files as people send them: each format is read, each thing that is missing is said."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geo import layers, vector
from geo.errors import BoundaryError, FileError, KantongError, ParameterError
from tests.geo.vector.writers import WRITERS

WEST, SOUTH, SIDE = 106.8, -6.6, 0.01


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """Three squares of Kota Bogor's place on earth."""
    boxes = [shapely.box(WEST + x * SIDE, SOUTH, WEST + (x + 1) * SIDE, SOUTH + SIDE) for x in range(3)]
    names = ["Satu", "Dua", "Tiga é"]
    return gpd.GeoDataFrame({"kode": ["a", "b", "c"], "nama": names}, geometry=boxes, crs=4326)


@pytest.mark.parametrize("format_", list(WRITERS))
def test_every_format_is_read(format_: str, squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    name, write = WRITERS[format_]
    write(squares, tmp_path / name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    back = layers.read(tmp_path / name, crs="EPSG:4326" if format_ == "TopoJSON" else None)
    assert back.layer.format == format_
    order = back.table["kode"].argsort()
    found = back.table.geometry.to_numpy()[order]
    assert shapely.area(shapely.symmetric_difference(found, squares.geometry.to_numpy())).max() < 1e-9
    assert sorted(back.table["nama"]) == sorted(squares["nama"])
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_missing_from_a_shapefile_is_said(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "desa.shp"
    squares.to_file(path, encoding="ISO-8859-1")
    path.with_suffix(".cpg").unlink()
    found = vector.read_layer(path)
    assert found.table["nama"].tolist()[2] == "Tiga é"
    assert any("Latin-1" in note for note in found.notes)
    path.with_suffix(".shx").unlink()
    assert any(".shx tidak ada" in note for note in vector.read_layer(path).notes)
    assert not path.with_suffix(".shx").exists()
    path.with_suffix(".dbf").unlink()
    found = vector.read_layer(path)
    assert len(found.table) == 3
    assert any(".dbf tidak ada" in note for note in found.notes)
    path.with_suffix(".prj").unlink()
    with pytest.raises(BoundaryError, match=r"no coordinate reference system.*106\.8 -6\.6.*--crs EPSG:4326"):
        layers.read(path)
    assert layers.read(path, crs="EPSG:4326").table.crs == 4326


@pytest.mark.parametrize("number", [23878, 9488, 32748, 23834])
def test_a_crs_that_is_named_by_the_person_is_taken(
    number: int, squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "desa.csv"
    squares.to_crs(number).to_wkt().to_csv(path, index=False)
    with pytest.raises(BoundaryError, match="names no coordinate reference system"):
        layers.read(path)
    back = layers.read(path, crs=f"EPSG:{number}")
    assert (
        shapely.hausdorff_distance(back.table.geometry.to_numpy(), squares.geometry.to_numpy()).max() < 1e-5
    )


def test_a_crs_that_coordinates_contradict_is_refused(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "desa.gpkg"
    squares.to_crs(32748).set_crs(4326, allow_override=True).to_file(path)
    with pytest.raises(
        BoundaryError, match=r"outside the degrees.*--crs EPSG:32748 would place it at 106\.8"
    ):
        layers.read(path)
    squares.set_crs(32748, allow_override=True).to_file(path)
    with pytest.raises(BoundaryError, match=r"looks like degrees, not metres.*--crs EPSG:4326"):
        layers.read(path)
    squares.to_crs(32748).set_crs(32648, allow_override=True).to_file(path)
    with pytest.raises(BoundaryError, match=r"outside Indonesia.*--crs EPSG:32748"):
        layers.read(path)
    back = layers.read(path, crs="EPSG:32748")
    assert any("dipakai EPSG:32748 sesuai --crs" in note for note in back.notes)
    with pytest.raises(ParameterError, match="'http://x/1' is no known CRS"):
        layers.read(path, crs="http://x/1")


def test_layers_are_named_and_tables_beside_them_passed_over(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "peta.gpkg"
    squares.to_file(path, layer="desa")
    squares.set_geometry(squares.boundary).to_file(path, layer="sungai")
    found = vector.read_layer(path)
    assert (found.name, found.notes) == ("desa", ("Berkas memuat lapisan lain: sungai.",))
    assert vector.read_layer(path, "sungai").table.geometry.iloc[0].geom_type == "LineString"
    for name in ("satu", "dua"):
        squares.to_file(tmp_path / f"{name}.geojson")
    with zipfile.ZipFile(tmp_path / "dua.zip", "w") as archive:
        for name in ("satu", "dua"):
            archive.write(tmp_path / f"{name}.geojson", f"{name}.geojson")
    with pytest.raises(
        ParameterError, match=r"dua\.zip: has several layers; name one with --layer: dua, satu"
    ):
        vector.read_layer(tmp_path / "dua.zip")
    assert len(vector.read_layer(tmp_path / "dua.zip", "dua").table) == 3


def test_a_geometry_alone_is_geojson_too(tmp_path: Path) -> None:
    (tmp_path / "area.geojson").write_text(shapely.to_geojson(shapely.box(106.7, -6.6, 106.8, -6.5)))
    found = vector.read_layer(tmp_path / "area.geojson").table
    assert found.geometry.iloc[0].equals(shapely.box(106.7, -6.6, 106.8, -6.5))


# What leads elsewhere


def collection(**members: object) -> str:
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [107, -6]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature], **members})


KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
LEADS_ELSEWHERE = {
    "vrt": "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>",
    "vrt in a comment": f"<!-- <OGRVRTDataSource> -->{KML.format('')}",
    "vrt far below": KML.format(" " * 2_000_000 + "<!-- <OGRVRTDataSource> -->"),
    "wfs": "<OGRWFSDataSource><URL>http://127.0.0.1:9/</URL></OGRWFSDataSource>",
    "gdalg": '{"type": "gdal_streamed_alg", "command_line": "gdal vector read /etc/passwd"}',
    "gdalg inside": collection(a={"type": "gdal_streamed_alg", "command_line": "gdal vector read x"}),
    "entity": '<!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + KML.format("&e;"),
    "laughs": '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + KML.format("&b;"),
    "network link": KML.format(
        "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    ),
    "linked crs": collection(crs={"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}),
    "crs by address": collection(crs={"type": "name", "properties": {"name": "http://127.0.0.1:9/crs"}}),
    "xlink": '<g:FeatureCollection xmlns:g="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<g:featureMember xlink:href="http://127.0.0.1:9/x.gml#1"/></g:FeatureCollection>',
    "deep": "<kml>" + "<a>" * 300 + "</a>" * 300 + "</kml>",
    "gpx": '<gpx version="1.1"><wpt lat="-6" lon="107"/></gpx>',
    "lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "json": '{"type": "Feature',
    "other json": "[1, 2]",
    "no feature": '{"type":"FeatureCollection","features":[1]}',
    "topology without arcs": '{"type":"Topology","objects":{}}',
}


@pytest.mark.parametrize("what", list(LEADS_ELSEWHERE))
def test_what_leads_elsewhere_or_is_broken_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    for name in ("map.kml", "map.geojson", "map.gml", "map"):
        (tmp_path / name).write_text(LEADS_ELSEWHERE[what], "utf-8")
        with pytest.raises(KantongError, match=str(tmp_path / name)):
            vector.read_layer(tmp_path / name)


def test_no_link_no_device_no_address_is_followed(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    squares.to_file(tmp_path / "desa.shp")
    (tmp_path / "link.shp").symlink_to(tmp_path / "desa.shp")
    with pytest.raises(FileError, match=r"link\.shp: is a link to another file"):
        vector.read_layer(tmp_path / "link.shp")
    (tmp_path / "desa.cpg").unlink()
    (tmp_path / "desa.cpg").symlink_to("/etc/passwd")
    with pytest.raises(FileError, match=r"desa\.cpg: is a link"):
        vector.read_layer(tmp_path / "desa.shp")
    for path in ("/vsicurl/http://127.0.0.1:9/a.shp", "http://127.0.0.1:9/a.geojson", "/vsimem/a", "a\0b"):
        with pytest.raises(FileError, match="no such file"):
            vector.read_layer(Path(path))
    with pytest.raises(FileError, match="no plain file"):
        vector.read_layer(Path("/dev/null"))


def test_a_geopackage_that_reaches_beyond_itself_is_refused(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    import sqlite3

    path = tmp_path / "desa.gpkg"
    squares.to_file(path)
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIEW v AS SELECT ogr_geocode('x') AS geom")
    with pytest.raises(FileError, match="reaches beyond the file"):
        vector.read_layer(path)


def archive_of(path: Path, entries: dict[str, bytes], attributes: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes << 16
            archive.writestr(info, content)
    return path


def test_archives_are_bounded_and_kept_to_themselves(tmp_path: Path) -> None:
    bomb = archive_of(tmp_path / "bomb.zip", {"a.geojson": b"0" * 40_000_000})
    with pytest.raises(FileError, match=r"'a\.geojson' unpacks to more than"):
        vector.read_layer(bomb)
    for name in ("../a.geojson", "/a.geojson", "x/../../a.geojson", "..\\a.geojson", "c:a.geojson"):
        with pytest.raises(FileError, match="leads out of the archive"):
            vector.read_layer(archive_of(tmp_path / "out.zip", {name: b"{}"}))
    with pytest.raises(FileError, match="is a link"):
        vector.read_layer(archive_of(tmp_path / "link.zip", {"a.geojson": b"/etc/passwd"}, 0o120777))
    with pytest.raises(FileError, match="holds no map layer"):
        vector.read_layer(archive_of(tmp_path / "none.zip", {"a.pdf": b"x", "b.zip": b"PK"}))
    inner = archive_of(tmp_path / "inner.zip", {"a.geojson": b"{}"}).read_bytes()
    with pytest.raises(FileError, match="an archive in the archive"):
        vector.read_layer(archive_of(tmp_path / "nested.zip", {"a.kml": inner}))
    many = archive_of(tmp_path / "many.zip", {f"{number}.txt": b"" for number in range(2_001)})
    with pytest.raises(FileError, match="2001 entries"):
        vector.read_layer(many)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(inner[:40])
    with pytest.raises(FileError, match="the archive is damaged"):
        vector.read_layer(broken)


def test_an_error_in_an_archive_names_the_archive(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", {"desa.geojson": b"{"})
    with pytest.raises(FileError, match=r"a\.zip: desa\.geojson: cannot be read") as raised:
        vector.read_layer(path)
    assert "kantong-" not in str(raised.value)


def test_text_in_other_encodings_is_read_and_said(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "desa.geojson"
    text = squares.to_json(drop_id=True)
    path.write_text(json.dumps(json.loads(text), ensure_ascii=False), "latin-1")
    found = vector.read_layer(path)
    assert found.table["nama"].tolist()[2] == "Tiga é"
    assert any("Latin-1" in note for note in found.notes)
    path.write_text(text, "utf-8-sig")
    assert len(vector.read_layer(path).table) == 3
    path.write_text(text, "utf-16")
    assert len(vector.read_layer(path).table) == 3


def test_heights_are_dropped_with_a_note(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "desa.gpkg"
    pyogrio.write_dataframe(squares.set_geometry(shapely.force_3d(squares.geometry.to_numpy(), 9.0)), path)
    found = vector.read_layer(path)
    assert not shapely.has_z(found.table.geometry.to_numpy()).any()
    assert found.notes == ("Ketinggian (Z atau M) pada 3 fitur tidak dipakai.",)
