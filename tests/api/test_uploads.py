"""Boundary files over HTTP: the report of the command line, in a bounded process, and what is refused."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import Limits, Settings, embedded
from geo.people import Identity, Role
from geo.store import Store
from tests.api.conftest import City, Command, running

GIS = Identity("1", "uji.gis", Role.GIS)
BYTES = {"Content-Type": "application/octet-stream"}
SAID = {"level": "rw", "codes": "kemendagri", "file_name": "kota_contoh_rw.gpkg"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = embedded(tmp_path_factory.mktemp("uploads") / "kantong.gpkg")
    Store(found, create=True).close()
    return found


@pytest.fixture(scope="module")
def gis(database: str) -> Iterator[httpx.Client]:
    app = create_app(Settings(database_url=database, limits=Limits(upload_bytes=3_000_000)))
    app.state.recognise = lambda _: GIS
    with running(app) as client:
        yield client


def sent(client: httpx.Client, content: bytes, check: bool = True, **said: str) -> httpx.Response:
    address = "/api/v1/boundaries/check" if check else "/api/v1/boundaries"
    return client.post(address, content=content, params=said, headers=BYTES)


def test_the_report_is_the_command_lines(
    gis: httpx.Client, city: City, kantong: Command, tmp_path: Path
) -> None:
    file = city.folder / "kota_contoh_rw.gpkg"
    answer = sent(gis, file.read_bytes(), **SAID)
    assert answer.status_code == 200
    report = tmp_path / "report.json"
    kantong("boundaries", "check", file, "--level", "rw", "--codes", "kemendagri", "--report", report)
    assert answer.json()["report"] == json.loads(report.read_text("utf-8"))
    assert answer.json()["set"] is None
    assert gis.get("/api/v1/boundaries").json() == []


def test_a_file_becomes_a_version_once(gis: httpx.Client, city: City, database: str) -> None:
    content = (city.folder / "kota_contoh_kelurahan.gpkg").read_bytes()
    said = {"level": "kelurahan", "codes": "kemendagri", "name": "contoh", "source": "Kota Contoh, sintetis"}
    first, again = (sent(gis, content, check=False, **said) for _ in range(2))
    assert (first.status_code, first.json()["is_new"], again.json()["is_new"]) == (201, True, False)
    listed = gis.get("/api/v1/boundaries").json()
    assert [(one["id"], one["name"]) for one in listed] == [(first.json()["set"], "contoh")]
    store = Store(database)
    assert store.audit.newest(1)[0].action == "uploaded"
    store.close()


def _kml(entity: str) -> bytes:
    return f"""<?xml version="1.0"?><!DOCTYPE kml [{entity}]>
    <kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&x;</name><ExtendedData>
    <Data name="kode"><value>&x;</value></Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>
    106.7,-6.5 106.8,-6.5 106.8,-6.6 106.7,-6.5</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
    </Document></kml>""".encode()


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "../"), content)
    return buffer.getvalue()


def _geojson(*coordinates: Any) -> bytes:
    shape = {"type": "Polygon", "coordinates": [coordinates]}
    feature = {"type": "Feature", "properties": {"kode": "32.71.01.1001"}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        _kml('<!ENTITY x SYSTEM "file:///etc/passwd">'),
        _kml('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">'),
        _zip(**{"__passwd.geojson": b"{}"}),
        _zip(**{"besar.geojson": b"0" * 300_000_000}),
        b"PK\x03\x04" + b"\0" * 100,
        (
            b'<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
            b"</OGRVRTDataSource>"
        ),
        _geojson([float("nan"), 1], [2, 3], [4, 5], [float("nan"), 1]),
        _geojson([1e300, 1e300], [2e300, 3], [4, 5e300], [1e300, 1e300]),
        b"[" * 100_000,
        b"bukan peta",
        b"",
    ],
    ids=["xxe", "entities", "leads-out", "bomb", "damaged", "vrt", "nan", "huge", "deep", "text", "empty"],
)
def test_a_hostile_file_is_refused_in_words(gis: httpx.Client, content: bytes) -> None:
    answer = sent(gis, content, level="kelurahan", codes="kemendagri")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    for leaked in ("root:", "/tmp", "Traceback"):
        assert leaked not in answer.text


def test_a_file_that_is_too_large_is_refused(gis: httpx.Client) -> None:
    assert sent(gis, b"0" * 3_000_001).status_code == 413
    assert (
        gis.post("/api/v1/boundaries/check", content=iter([b"0" * 2_000_000] * 2), headers=BYTES).status_code
        == 413
    )


def test_a_file_in_a_form_or_under_a_path_is_refused(gis: httpx.Client) -> None:
    form = gis.post("/api/v1/boundaries/check", files={"file": b"0"})
    assert form.status_code == 415
    for name in ("../batas.gpkg", "/etc/batas", ".batas", "a\0b", ""):
        assert sent(gis, b"0", file_name=name).status_code == 422


def test_a_file_that_takes_too_long_is_given_up(database: str, city: City) -> None:
    app = create_app(Settings(database_url=database, limits=Limits(upload_seconds=0.01)))
    app.state.recognise = lambda _: GIS
    with running(app) as client:
        answer = sent(client, (city.folder / "kota_contoh_rw.gpkg").read_bytes(), **SAID)
    assert answer.status_code == 422
    assert "stopped after" in answer.json()["detail"]
