"""Tiles over HTTP: who may see which, and how they are kept by whoever asked."""

import gzip
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import mapbox_vector_tile
import pytest
from starlette.datastructures import Headers

from api.app import create_app
from api.logs import JsonLines
from api.middleware.security import HEADERS
from api.settings import Settings
from geo.people import ANONYMOUS, Identity, Role
from maps.tile_archive import TileArchive
from tests.api.conftest import City, running

PLANNER = {"Authorization": "Basic planner"}


def recognise(headers: Headers) -> Identity:
    """Take a header for a person."""
    people = {
        PLANNER["Authorization"]: Identity("1", "perencana", Role.PERENCANA),
        "Basic admin": Identity("2", "admin", Role.ADMIN),
    }
    return people.get(headers.get("authorization", ""), ANONYMOUS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiles")


@pytest.fixture(scope="module")
def client(city: City, folder: Path) -> Iterator[httpx.Client]:
    app = create_app(Settings(database_url=city.database, tiles_folder=folder))
    app.state.recognise = recognise
    with running(app) as client:
        yield client


@pytest.fixture(scope="module")
def address(client: httpx.Client, city: City, folder: Path) -> str:
    """The address of a tile with kelurahan in it."""
    client.get(f"/tiles/{city.run}/public/kelurahan/14/0/0.mvt")
    with TileArchive(next(folder.glob("*-public-kelurahan.*"))) as archive:
        zoom, x, y = max(archive)
    return f"/tiles/{city.run}/public/kelurahan/{zoom}/{x}/{y}.mvt"


def test_a_tile_is_gzipped_and_kept_for_ever(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert list(mapbox_vector_tile.decode(answer.content)) == ["kelurahan"]


def test_a_tile_that_has_not_changed_is_not_sent_again(client: httpx.Client, address: str) -> None:
    etag = client.get(address).headers["etag"]
    again = client.get(address, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_what_get_would(client: httpx.Client, address: str) -> None:
    head, whole = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "content-type"):
        assert head.headers[name] == whole.headers[name]


def test_whoever_cannot_unpack_gets_it_unpacked(client: httpx.Client, address: str) -> None:
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    packed = client.get(address)
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]


def test_nothing_to_draw_is_204_and_no_tile_is_404(client: httpx.Client, city: City) -> None:
    tiles = f"/tiles/{city.run}/public/kelurahan"
    assert client.get(f"{tiles}/14/0/0.mvt").status_code == 204
    for place in ("4/1/1", "15/1/1", "14/16384/0", "5/0/32"):
        answer = client.get(f"{tiles}/{place}.mvt")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    for other in (
        f"{city.run}/public/desa",
        "0123456789abcdef/public/kelurahan",
        f"{city.run}/raja/kelurahan",
    ):
        assert client.get(f"/tiles/{other}/14/0/0.mvt").status_code == 404


def test_only_reading_is_possible(client: httpx.Client, address: str) -> None:
    answer = client.post(address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_refused_tile_is_logged(client: httpx.Client, city: City, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "kantong.access"):
        client.get(f"/tiles/{city.run}/planner/h3-9/14/0/0.mvt")
    records = [vars(line) for line in caplog.records if line.name == "kantong.access"]
    assert [(line["route"].split("/")[1], line["status"]) for line in records] == [("tiles", 401)]


def test_the_audience_in_the_address_is_not_believed(client: httpx.Client, city: City) -> None:
    tile = f"/tiles/{city.run}/planner/h3-9/14/0/0.mvt"
    assert client.get(tile).status_code == 401
    assert client.get(tile, headers={"Authorization": "Basic guess"}).status_code == 401
    answer = client.get(tile, headers=PLANNER)
    assert (answer.status_code, answer.headers["cache-control"]) == (
        204,
        "private, max-age=31536000, immutable",
    )
    # What a planner has just been given is still not for the next who asks.
    assert client.get(tile).status_code == 401
    assert client.get(f"/tiles/{city.run}/public/h3-9/14/0/0.mvt").status_code == 404


def test_ogc_tiles_are_those_of_whoever_asks(client: httpx.Client, city: City, address: str) -> None:
    zoom, x, y = address.removesuffix(".mvt").split("/")[-3:]
    tile = f"/ogc/collections/{city.run[:12]}_kelurahan/tiles/WebMercatorQuad/{zoom}/{y}/{x}"
    public, planner = client.get(tile), client.get(tile, headers=PLANNER)
    assert public.content == client.get(address).content
    assert public.headers["vary"] == "Accept-Encoding, Authorization, Cookie"
    assert planner.headers["cache-control"].startswith("private")
    shown = {
        name: {
            feature["properties"]["status"]
            for feature in mapbox_vector_tile.decode(answer.content)["kelurahan"]["features"]
        }
        for name, answer in (("public", public), ("planner", planner))
    }
    assert shown["planner"] <= shown["public"]
    assert client.get(tile.replace("kelurahan", "h3-9")).status_code == 404
    assert client.get(tile.replace("kelurahan", "h3-9"), headers=PLANNER).status_code in (200, 204)


def test_many_who_ask_first_at_once_get_one_archive(client: httpx.Client, city: City, folder: Path) -> None:
    with ThreadPoolExecutor(8) as several:
        answers = list(
            several.map(
                lambda _: client.get(f"/tiles/{city.run}/public/rw/14/0/0.mvt").status_code, range(16)
            )
        )
    assert answers == [204] * 16
    assert len(list(folder.glob("*-public-rw.*"))) == 1
    assert not list(folder.glob(".*"))


def test_an_archive_on_disk_is_the_one_that_is_served(
    client: httpx.Client, address: str, folder: Path
) -> None:
    zoom, x, y = map(int, address.removesuffix(".mvt").split("/")[-3:])
    with TileArchive(next(folder.glob("*-public-kelurahan.*"))) as archive:
        tile = archive.tile(zoom, x, y)
    assert tile is not None
    assert gzip.decompress(tile) == client.get(address).content


@pytest.mark.parametrize("where", ["at hand", "nothing there", "no tile", "not for the public", "head"])
def test_every_tile_has_the_headers_and_the_count_of_any_answer_and_a_line_when_it_is_no_common_one(
    client: httpx.Client, address: str, city: City, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    asked = {
        "nothing there": f"/tiles/{city.run}/public/kelurahan/14/0/0.mvt",
        "no tile": f"/tiles/{city.run}/public/kelurahan/4/1/1.mvt",
        "not for the public": f"/tiles/{city.run}/planner/kelurahan/14/0/0.mvt",
    }.get(where, address)
    client.get(address)
    method = "HEAD" if where == "head" else "GET"
    route = "/tiles/{run}/{audience}/{level}/{z}/{x}/{y}.mvt"
    with caplog.at_level(logging.INFO, "kantong.access"):
        caplog.clear()
        answer = client.request(method, asked)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        counted = f'method="{method}",route="{route}",status="{answer.status_code}"'
        assert counted in client.get("/metrics", headers={"Authorization": "Basic admin"}).text
    lines = [json.loads(JsonLines().format(one)) for one in caplog.records]
    of_tiles = [(line["method"], line["status"], line["role"]) for line in lines if line["route"] == route]
    is_common = where in ("at hand", "nothing there")
    assert of_tiles == ([] if is_common else [(method, answer.status_code, "publik")])
    assert city.run not in json.dumps(lines)
