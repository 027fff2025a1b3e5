"""One level in every format: the same columns, chosen by ?f= or Accept, asked again for nothing."""

import io
from typing import Any

import geopandas as gpd
import httpx
import pyarrow as pa
import pytest
import shapely

ADDRESS = "/api/v1/runs/latest/zones/kelurahan"


@pytest.fixture(scope="module")
def columns(client: httpx.Client) -> dict[str, list[Any]]:
    answer = client.get(ADDRESS, params={"f": "json"})
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["level"], body["audience"], body["zones"]) == ("kelurahan", "public", 68)
    found: dict[str, list[Any]] = body["columns"]
    return found


def test_geojson_has_the_same_figures(client: httpx.Client, columns: dict[str, list[Any]]) -> None:
    features = client.get(ADDRESS, headers={"Accept": "application/geo+json"}).json()["features"]
    for name, values in columns.items():
        assert [feature["properties"][name] for feature in features] == values


def test_arrow_has_the_same_figures_and_opens_as_a_map(
    client: httpx.Client, columns: dict[str, list[Any]]
) -> None:
    answer = client.get(ADDRESS, headers={"Accept": "application/vnd.apache.arrow.stream"})
    table = pa.ipc.open_stream(io.BytesIO(answer.content)).read_all()
    assert table.drop_columns("geometry").to_pydict() == columns
    assert table.schema.metadata[b"audience"] == b"public"
    frame = gpd.GeoDataFrame.from_arrow(table)
    assert frame.crs == "EPSG:4326"
    assert shapely.is_valid(frame.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    ("parameters", "accept", "kind"),
    [
        ({}, "*/*", "application/geo+json"),
        ({}, "text/html, application/*;q=0.5", "application/geo+json"),
        ({}, "application/json, application/geo+json;q=0.5", "application/json"),
        ({"f": "arrow"}, "application/json", "application/vnd.apache.arrow.stream"),
    ],
)
def test_the_format_is_what_is_named_else_what_is_preferred(
    client: httpx.Client, parameters: dict[str, str], accept: str, kind: str
) -> None:
    answer = client.get(ADDRESS, params=parameters, headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    assert "Accept" in answer.headers["vary"]


def test_a_format_that_there_is_not_is_refused(client: httpx.Client) -> None:
    assert client.get(ADDRESS, headers={"Accept": "text/html"}).status_code == 406
    assert client.get(ADDRESS, params={"f": "shapefile"}).status_code == 422


def test_what_a_client_has_is_not_sent_again(client: httpx.Client) -> None:
    tags = {}
    for kind in ("geojson", "json", "arrow"):
        first = client.get(ADDRESS, params={"f": kind})
        tags[kind] = first.headers["etag"]
        again = client.get(
            ADDRESS, params={"f": kind}, headers={"If-None-Match": f'"other", {first.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
    assert len(set(tags.values())) == 3
    assert client.get(ADDRESS, headers={"If-None-Match": tags["arrow"]}).status_code == 200


def test_a_ranked_list_says_how_sure_each_place_is(
    client: httpx.Client, columns: dict[str, list[Any]]
) -> None:
    body = client.get("/api/v1/runs/latest/ranks/kelurahan", params={"top": 10}).json()
    shown = [value for value in columns["m0"] if value is not None]
    assert [zone["value"] for zone in body["zones"]] == sorted(shown, reverse=True)
    for zone in body["zones"]:
        certainty = "certain" if zone["rank_high"] <= 10 else "possible" if zone["rank_low"] <= 10 else "not"
        assert zone["priority"] == certainty
    assert body["zones"][0]["priority_class"] == "top_1"


def test_ranks_by_another_figure_have_no_interval(client: httpx.Client) -> None:
    zones = client.get(
        "/api/v1/runs/latest/ranks/kelurahan", params={"by": "poor_persons", "limit": 3}
    ).json()["zones"]
    assert len(zones) == 3
    assert {zone["rank_low"] for zone in zones} == {zone["priority"] for zone in zones} == {None}
    assert client.get("/api/v1/runs/latest/ranks/kelurahan", params={"by": "name"}).status_code == 422


def test_a_lens_keeps_the_indicators_of_one_agency(client: httpx.Client) -> None:
    answer = client.post("/api/v1/runs/latest/what-if", json={"agency": "tidak ada"})
    assert answer.status_code == 422
    assert "Agencies:" in answer.json()["detail"]
