"""The service: what the public reads over HTTP, and how it is refused."""

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import City

FIGURES = ("households", "poor_households", "poor_persons", "h", "a", "m0")


def test_the_root_leads_to_the_newest_page(client: httpx.Client, city: City) -> None:
    answer = client.get("/", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == f"/runs/{city.run}"


def test_the_page_and_all_it_names_come_from_here(client: httpx.Client, city: City) -> None:
    page = client.get(f"/runs/{city.run}")
    assert page.status_code == 200
    assert "Kota Contoh" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for address in _addresses(page.text):
        assert address.startswith("/"), address
        assert client.get(address).status_code == 200, address


def test_runs_are_listed_with_their_accounts(client: httpx.Client, city: City) -> None:
    runs = client.get("/api/v1/runs").json()
    assert [run["run"] for run in runs] == [city.run]
    described = client.get("/api/v1/runs/latest").json()
    assert described["audience"] == "public"
    assert described["levels"] == ["kota", "kecamatan", "kelurahan", "rw", "h3-8", "pocket"]


def test_zones_are_geojson_and_hidden_ones_carry_no_figure(client: httpx.Client) -> None:
    answer = client.get("/api/v1/runs/latest/zones/rw")
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    assert collection["audience"] == "public"
    hidden = [feature for feature in collection["features"] if feature["properties"]["status"] == "hidden"]
    assert hidden
    assert all(feature["properties"][name] is None for feature in hidden for name in FIGURES)


def test_the_public_gets_no_fine_cells(client: httpx.Client) -> None:
    answer = client.get("/api/v1/runs/latest/zones/h3-9")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_if_with_the_own_weights_changes_nothing(client: httpx.Client) -> None:
    run = client.get("/api/v1/runs/latest").json()
    asked = {"level": "kelurahan", "weights": run["weights"], "cutoff": run["cutoff"]}
    answer = client.post("/api/v1/runs/latest/what-if", json=asked).json()
    features = client.get("/api/v1/runs/latest/zones/kelurahan").json()["features"]
    published = [feature["properties"]["m0"] for feature in features]
    assert answer["columns"]["m0"] == pytest.approx(published, abs=1e-6)


def test_what_if_with_a_higher_cutoff_finds_fewer_poor(client: httpx.Client) -> None:
    totals = [_poor(client, {"cutoff": cutoff}) for cutoff in ("1/5", "1/3", "1/2")]
    assert totals[0] > totals[1] > totals[2] > 0


def test_what_if_can_ask_for_the_poorest_desils(client: httpx.Client) -> None:
    assert _poor(client, {"desils": [1, 2]}) < _poor(client, {"desils": [1, 2, 3, 4]}) < _poor(client, {})


@pytest.mark.parametrize(
    ("question", "status", "word"),
    [
        ({"level": "rw"}, 403, "kelurahan"),
        ({"level": "h3-8"}, 404, "kelurahan"),
        ({"cutoff": "2"}, 422, "cutoff"),
        ({"cutoff": "sepertiga"}, 422, "cutoff"),
        ({"cutoff": "1/0"}, 422, "cutoff"),
        ({"weights": {"tanpa_aset": "1/2"}}, 422, "add up"),
        ({"weights": {"tanpa_aset": "2", "gizi_anak": "-1"}}, 422, "negative"),
        ({"weights": {"bukan_indikator": "1"}}, 422, "bukan_indikator"),
        (
            {"weights": {"tanpa_aset": "1/1000000007", "gizi_anak": "1000000006/1000000007"}},
            422,
            "denominator",
        ),
        ({"desils": [11]}, 422, "desil"),
        ({"by": "nama"}, 422, "nama"),
        ({"bobot": {}}, 422, "bobot"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    client: httpx.Client, question: dict[str, Any], status: int, word: str
) -> None:
    answer = client.post("/api/v1/runs/latest/what-if", json=question)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in answer.json()["detail"]


def test_unknown_addresses_are_problems(client: httpx.Client) -> None:
    for address in ("/api/v1/runs/zzz", "/runs/zzz", "/api/v1/runs/latest/zones/desa", "/tidak/ada"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text


def test_files_are_for_the_public_and_say_so(client: httpx.Client, city: City) -> None:
    for kind in ("export.gpkg", "export.xlsx", "export.csv", "export.geojson", "atlas.pdf", "page.html"):
        answer = client.get(f"/api/v1/runs/{city.run}/{kind}")
        assert answer.status_code == 200
        assert "public" in answer.headers["content-disposition"]
    csv = client.get(f"/api/v1/runs/{city.run}/export.csv").text
    assert ",planner," not in csv
    assert "h3-9" not in csv


def test_the_document_of_the_api_names_every_route(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert "/api/v1/runs/{run}/what-if" in document["paths"]
    assert json.dumps(document).count("http://") == 0


def _poor(client: httpx.Client, question: dict[str, Any]) -> float:
    columns = client.post("/api/v1/runs/latest/what-if", json=question).json()["columns"]
    return float(sum(poor for poor in columns["poor_persons"] if poor is not None))


def _addresses(page: str) -> list[str]:
    import re

    return re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page)
