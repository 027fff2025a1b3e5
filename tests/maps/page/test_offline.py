import re
from importlib.resources import files

import folium
import pytest

from geo.disclosure import AUDIENCES
from maps.offline import STATIC_URL
from maps.planner import planner_file, planner_page


@pytest.fixture(scope="module")
def linked_page(planner_run):
    return planner_page(planner_run, api="/api")


@pytest.fixture(scope="module")
def single_file(planner_run):
    return planner_file(planner_run)


def without_data(html):
    return re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)


def test_the_linked_page_holds_no_script_and_no_style(linked_page):
    html = without_data(linked_page.html)

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert all(re.match(r'<script src="/', tag) for tag in re.findall(r"<script[^>]*>", html))


def test_every_file_that_the_linked_page_asks_for_is_there(linked_page, planner_run):
    asked = set(re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]+)"', linked_page.html))
    own = f"/api/runs/{planner_run.summary.id}/page.js"

    assert own in asked
    for url in asked - {own}:
        assert files("maps").joinpath("static", url.removeprefix(f"{STATIC_URL}/")).is_file(), url


def test_folium_builds_the_map_of_the_linked_page(linked_page):
    assert linked_page.script.count("L.map(") == 1
    assert "fitBounds(" in linked_page.script
    assert "createPane(" in linked_page.script


def test_the_single_file_asks_for_nothing(single_file):
    html = without_data(single_file)

    assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="', html)
    assert not re.search(r"url\((?!data:|#)", html)


def test_people_may_zoom_the_page(single_file):
    assert "user-scalable" not in single_file
    assert 'lang="id"' in single_file


def test_the_same_run_gives_the_same_bytes(planner_run, linked_page, single_file):
    assert planner_file(planner_run) == single_file
    assert planner_page(planner_run, api="/api") == linked_page


def test_making_a_page_changes_no_other_folium_map(single_file):
    assert folium.Map.default_js[0][1].startswith("https://cdn")
    assert any(name == "bootstrap" for name, _ in folium.Map.default_js)


def test_a_name_cannot_end_the_data_and_start_a_script(make_run):
    run = make_run(AUDIENCES["planner"], city="Kota </script><script>alert(1)</script>")

    html = planner_file(run)

    assert "alert(1)</script>" not in html


def test_leaflet_is_the_version_it_says_with_its_licence():
    leaflet = files("maps").joinpath("static", "vendor", "leaflet")

    assert "Leaflet 1.9.4" in leaflet.joinpath("leaflet.js").read_text("utf-8")[:200]
    assert "BSD 2-Clause" in leaflet.joinpath("LICENSE").read_text("utf-8")
