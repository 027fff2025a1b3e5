"""GIS staff in a browser: a boundary file is checked, its report drawn, loaded, and refused in sentences."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import httpx
import pytest
import shapely
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.settings import Limits, Settings, embedded
from geo.people import Identity, Role
from geo.store import Store
from tests.api.conftest import City, running

GIS = Identity("1", "uji.gis", Role.GIS)
LIMIT = 3_000_000


@pytest.fixture(scope="module")
def gis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    database = embedded(tmp_path_factory.mktemp("batas") / "kantong.gpkg")
    Store(database, create=True).close()
    app = create_app(Settings(database_url=database, limits=Limits(upload_bytes=LIMIT)))
    app.state.recognise = lambda _: GIS
    with running(app) as client:
        yield client


@pytest.fixture
def page(browser: Browser, gis: httpx.Client) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="id-ID")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(f"{gis.base_url}/batas")
    yield opened
    context.close()
    assert [fault for fault in faults if "status of 422" not in fault] == []


@pytest.fixture
def units(city: City) -> gpd.GeoDataFrame:
    return gpd.read_file(city.folder / "kota_contoh_kelurahan.gpkg")


def send(page: Page, file: Path, button: str) -> None:
    page.get_by_label("Berkas batas").set_input_files(file)
    page.get_by_label("Tingkat").select_option("kelurahan")
    page.get_by_label("Sistem kode").select_option("kemendagri")
    page.get_by_label("Nama set").fill("contoh")
    page.get_by_role("button", name=button).click()


def test_a_file_is_checked_loaded_and_its_successor_says_what_changed(
    page: Page, units: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    units.to_file(tmp_path / "a.gpkg")
    send(page, tmp_path / "a.gpkg", "Periksa")
    expect(page.locator(".verdict")).to_contain_text("DAPAT DIMUAT")
    expect(page.locator("#defect-map canvas")).to_be_visible()
    assert "Belum ada" in page.locator("#versions").inner_text()

    page.get_by_role("button", name="Muat").click()  # the chosen file is still there
    expect(page.locator(".told")).to_contain_text("Dimuat sebagai versi baru")
    expect(page.locator("#versions tbody tr")).to_have_count(1)

    units.loc[0, "name"] = "Sukabaru"
    units.to_file(tmp_path / "b.gpkg")
    send(page, tmp_path / "b.gpkg", "Muat")
    expect(page.locator(".told")).to_contain_text("berganti nama: 1")
    expect(page.locator("#versions tbody tr")).to_have_count(2)


def test_what_stops_a_load_is_drawn_and_said(page: Page, units: gpd.GeoDataFrame, tmp_path: Path) -> None:
    units.loc[1, "code"] = units.loc[0, "code"]
    units.to_file(tmp_path / "c.gpkg")
    send(page, tmp_path / "c.gpkg", "Muat")
    expect(page.locator(".problem")).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("TIDAK DAPAT DIMUAT")
    page.locator("#defects button").first.click()
    expect(page.locator(".leaflet-popup-content")).to_be_visible()


def test_names_without_codes_give_a_table_to_confirm(page: Page, tmp_path: Path) -> None:
    names = ["Cengkareng Barat", "Duri Kosambi"]
    table = {"KAB_NAME": ["JAKARTA BARAT"] * 2, "KEC_NAME": ["CENGKARENG"] * 2, "KEL_NAME": names}
    boxes = [shapely.box(106.7 + x * 0.01, -6.15, 106.71 + x * 0.01, -6.14) for x in range(2)]
    gpd.GeoDataFrame(table, geometry=boxes, crs=4326).to_file(tmp_path / "nama.gpkg")
    send(page, tmp_path / "nama.gpkg", "Periksa")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Simpan padanan nama").click()
    saved.value.save_as(tmp_path / "padanan.csv")
    assert "31.73.01.1001" in (tmp_path / "padanan.csv").read_text("utf-8-sig")

    page.get_by_text("Bila berkasnya tidak jelas").click()
    page.get_by_label("Padanan nama").set_input_files(tmp_path / "padanan.csv")
    page.get_by_role("button", name="Muat").click()
    expect(page.locator(".told")).to_contain_text("Dimuat sebagai versi baru")


def test_what_is_no_map_is_refused_in_a_sentence(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "catatan (1).txt"
    text.write_text("bukan peta")
    send(page, text, "Periksa")
    expect(page.locator(".problem")).to_contain_text("catatan (1).txt: the table holds no geometry")
    assert "/tmp" not in page.locator(".problem").inner_text()


def test_the_form_works_without_a_script(gis: httpx.Client, city: City) -> None:
    assert "Pilih dulu berkas" in gis.post("/batas", files={"lain": b"0"}).text
    file = {"file": ("kota.gpkg", (city.folder / "kota_contoh_kelurahan.gpkg").read_bytes())}
    said = {"level": "kelurahan", "codes": "kemendagri", "do": "check"}
    answer = gis.post("/batas", data=said, files=file)
    assert answer.status_code == 200
    assert "DAPAT DIMUAT" in answer.text
    wrong = gis.post("/batas", data={**said, "valid_from": "kemarin"}, files=file)
    assert wrong.status_code == 422
    assert "valid_from: " in wrong.text
    assert gis.post("/batas", files={"file": ("besar.gpkg", b"0" * LIMIT)}).status_code == 413


def test_the_form_and_the_report_are_open_to_everybody(
    browser: Browser, gis: httpx.Client, units: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    units.loc[1, "code"] = units.loc[0, "code"]
    units.to_file(tmp_path / "d.gpkg")
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{gis.base_url}/batas")
    send(page, tmp_path / "d.gpkg", "Periksa")
    expect(page.locator("#defect-map canvas")).to_be_visible()
    found = Axe().run(page).response["violations"]
    context.close()
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
