"""OGC API – Features – Part 1 (17-069r4), requirement by requirement."""

import html.parser
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
import shapely.geometry
from openapi_spec_validator import OpenAPIV30SpecValidator

from geo import shortlists
from geo.shortlists import Decision, Shortlist, ShortlistItem
from geo.store import Store
from tests.api.ogc.conftest import Service
from tests.api.ogc.serve import PLANNER

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON = "application/geo+json"


def links(document: dict[str, Any], relation: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == relation]


def test_req_core_root_success(service: Service) -> None:
    document = service.json("")
    assert {link["rel"] for link in document["links"]} >= {
        "self", "alternate", "service-desc", "service-doc", "conformance", "data"
    }  # fmt: skip
    assert links(document, "service-desc")[0]["type"] == OPENAPI
    assert links(document, "service-doc")[0]["type"] == "text/html"
    assert service.json("/") == document
    for link in document["links"]:
        answer = service.client.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(link["type"])


def test_req_core_api_definition_and_oas30(service: Service) -> None:
    answer = service.get("/api")
    assert answer.headers["content-type"] == OPENAPI
    document = answer.json()
    assert document["openapi"].startswith("3.0.")
    OpenAPIV30SpecValidator(document).validate()
    # Who may see more is told of more.
    assert len(service.json("/api", headers=PLANNER)["paths"]) > len(document["paths"])


def test_req_oas30_completeness(service: Service) -> None:
    paths = service.json("/api")["paths"]
    for collection in service.json("/collections")["collections"]:
        assert f"/collections/{collection['id']}/items" in paths
        assert f"/collections/{collection['id']}/items/{{featureId}}" in paths
    for path, item in paths.items():
        if "{" not in path:
            assert service.client.get(f"/ogc{path}").status_code == 200, path
        assert {"200", "400", "404", "500"} <= set(item["get"]["responses"])


def test_req_core_conformance_success(service: Service) -> None:
    classes = service.json("/conformance")["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert len(classes) == len(set(classes))


def test_req_core_http_and_problems(service: Service) -> None:
    assert service.client.post("/ogc/collections").status_code == 405
    for path in ("/collections/tidak-ada", "/collections/tidak-ada/items", "/tidak-ada"):
        assert service.get(path, 404).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/{}",
        "/collections/{}/items",
        "/collections/{}/schema",
    ],
)
def test_req_core_query_param_unknown_and_invalid(service: Service, path: str) -> None:
    address = path.format(service.id("kelurahan"))
    service.get(address, 400, params={"tidak_dikenal": "1"})
    service.get(address, 400, params={"f": "xml"})
    service.get(f"{address}?f=json&f=json", 400)


def test_req_core_fc_md_success(service: Service) -> None:
    document = service.json("/collections")
    assert links(document, "self")
    kinds = [one["id"].partition("_")[2] for one in document["collections"]]
    assert [kind for kind in kinds if kind not in ("pocket", "shortlist")] == [
        "kota", "kecamatan", "kelurahan", "rw", "h3-8",
        "boundary-kota", "boundary-kecamatan", "boundary-kelurahan", "boundary-rw",
    ]  # fmt: skip
    assert all("." not in one["id"] for one in document["collections"])


def test_req_core_fc_md_items_links_and_extent(service: Service) -> None:
    for one in service.json("/collections")["collections"]:
        kinds = {link["type"] for link in links(one, "items")}
        assert kinds == {GEOJSON, "text/html"}
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert 106 < west < east < 108
        assert -8 < south < north < -6
        assert one["itemType"] == "feature"


def test_req_core_sfc_md_success(service: Service) -> None:
    listed = service.json("/collections")["collections"]
    for one in listed:
        alone = service.json(f"/collections/{one['id']}")
        assert alone == one


def test_req_core_fc_op_and_response(service: Service) -> None:
    answer = service.get(f"/collections/{service.id('kelurahan')}/items")
    assert answer.headers["content-type"] == GEOJSON
    document = answer.json()
    assert document["type"] == "FeatureCollection"
    assert document["numberReturned"] == len(document["features"]) == document["numberMatched"]
    assert {link["rel"] for link in document["links"]} == {"self", "alternate", "collection"}


def test_req_core_fc_limit(service: Service) -> None:
    parameters = service.json("/api")["components"]["parameters"]
    assert parameters["limit"] == {
        "name": "limit",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "description": parameters["limit"]["description"],
        "schema": {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000},
    }
    items = service.json("/api")["paths"][f"/collections/{service.id('rw')}/items"]["get"]
    assert {"$ref": "#/components/parameters/limit"} in items["parameters"]
    assert service.items("rw", limit=3)["numberReturned"] == 3
    # Above the maximum it is clamped, as /req/core/fc-limit-response-1 allows and clients expect.
    assert service.items("rw", limit=999_999)["numberReturned"] > 3
    for bad in ("0", "-1", "1.5", "banyak", ""):
        service.get(f"/collections/{service.id('rw')}/items", 400, params={"limit": bad})


def test_req_core_fc_links_next(service: Service) -> None:
    whole = service.items("rw", limit=10_000)
    seen, address = [], f"{service.root}/collections/{service.id('rw')}/items?limit=60&status=shown"
    while address:
        page = service.client.get(address).json()
        assert page["numberMatched"] == sum(
            one["properties"]["status"] == "shown" for one in whole["features"]
        )
        seen += [feature["id"] for feature in page["features"]]
        following = links(page, "next")
        address = following[0]["href"] if following else ""
    assert seen == [one["id"] for one in whole["features"] if one["properties"]["status"] == "shown"]


def test_req_core_fc_bbox(service: Service) -> None:
    whole = service.items("kelurahan")["features"]
    middle = shapely.geometry.shape(whole[0]["geometry"]).centroid
    west, south, east, north = middle.buffer(0.004).bounds
    box = shapely.box(west, south, east, north)
    wanted = {one["id"] for one in whole if shapely.geometry.shape(one["geometry"]).intersects(box)}
    for text in (f"{west},{south},{east},{north}", f"{west},{south},0,{east},{north},9"):
        found = service.items("kelurahan", bbox=text)
        assert {one["id"] for one in found["features"]} == wanted
        assert found["numberMatched"] == len(wanted) < len(whole)


def test_req_core_fc_bbox_over_the_antimeridian(service: Service) -> None:
    number = len(service.items("kelurahan")["features"])
    assert service.items("kelurahan", bbox="106,-8,-170,0")["numberMatched"] == number
    assert service.items("kelurahan", bbox="170,-8,-170,0")["numberMatched"] == 0
    assert service.items("kelurahan", bbox="-180,-90,180,90")["numberMatched"] == number


@pytest.mark.parametrize(
    "bad", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "0,0,inf,1", "106,0,107,-8", "106;-8;107;0"]
)
def test_req_core_fc_bbox_invalid(service: Service, bad: str) -> None:
    service.get(f"/collections/{service.id('kelurahan')}/items", 400, params={"bbox": bad})


@pytest.mark.parametrize(
    "asked",
    [
        "2025-01-01",
        "2025-01-01T00:00:00Z",
        "../2025-01-01",
        "2025-01-01/..",
        "2024-01-01/2025-01-01",
        "/2025-01-01",
    ],
)
def test_req_core_fc_time_features_without_time_match(service: Service, asked: str) -> None:
    whole = service.items("kelurahan")["numberMatched"]
    assert service.items("kelurahan", datetime=asked)["numberMatched"] == whole


@pytest.mark.parametrize(
    "bad", ["", "..", "kemarin", "2025-13-01", "2025-01-02/2025-01-01", "a/b/c", "../.."]
)
def test_req_core_fc_time_invalid(service: Service, bad: str) -> None:
    service.get(f"/collections/{service.id('kelurahan')}/items", 400, params={"datetime": bad})


def test_req_core_f_success(service: Service) -> None:
    whole = service.items("kecamatan")["features"][0]
    answer = service.get(f"/collections/{service.id('kecamatan')}/items/{whole['id']}")
    assert answer.headers["content-type"] == GEOJSON
    feature = answer.json()
    assert {link["rel"] for link in feature.pop("links")} == {"self", "alternate", "collection"}
    assert feature == whole
    service.get(f"/collections/{service.id('kecamatan')}/items/00.00.00", 404)
    service.get(f"/collections/{service.id('kecamatan')}/items/{whole['id']}", 400, params={"limit": 1})


def test_rec_core_fc_filters_by_property(service: Service) -> None:
    whole = service.items("rw", limit=10_000)["features"]
    parent = whole[0]["properties"]["parent"]
    found = service.items("rw", parent=parent, status="shown")
    assert found["numberMatched"] == sum(
        (one["properties"]["parent"], one["properties"]["status"]) == (parent, "shown") for one in whole
    )
    households = next(one for one in whole if one["properties"]["households"])["properties"]["households"]
    assert service.items("rw", households=households)["numberMatched"] >= 1
    for no_number in ("banyak", "nan", "NaN", "inf", "-1e999", "9" * 5_000):
        service.get(f"/collections/{service.id('rw')}/items", 400, params={"households": no_number})
    service.get(f"/collections/{service.id('rw')}/items", 400, params={"households; DROP TABLE zone": "1"})
    assert service.items("rw", name="x' OR '1'='1")["numberMatched"] == 0


def test_a_hidden_place_matches_no_figure(service: Service) -> None:
    hidden = service.items("rw", status="hidden", limit=10_000)
    assert hidden["numberMatched"] > 0
    for one in hidden["features"]:
        kept = {"code", "name", "parent", "status", "reason", "area_km2"}
        assert all(value is None for name, value in one["properties"].items() if name not in kept)
    for name in ("poor_households", "households", "m0", "read"):
        for value in ("0", "1", "5", "0.0", "-1"):
            found = service.items("rw", **{name: value}, limit=10_000)["features"]
            assert all(one["properties"]["status"] == "shown" for one in found)


def test_the_asker_decides_what_there_is(service: Service) -> None:
    finest = f"/collections/{service.id('h3-9')}"
    service.get(finest, 404)
    service.get(f"{finest}/items", 404)
    answer = service.get(f"{finest}/items", headers=PLANNER)
    assert answer.headers["cache-control"].startswith("private")
    assert "Authorization" in answer.headers["vary"]
    public = service.items("rw", status="hidden")["numberMatched"]
    planner = service.json(
        f"/collections/{service.id('rw')}/items", params={"status": "hidden"}, headers=PLANNER
    )
    assert planner["numberMatched"] < public


def test_latest_leads_to_the_id_that_stays(service: Service) -> None:
    answer = service.get("/collections/latest_kelurahan/items?limit=2", 307)
    assert answer.headers["location"] == f"{service.root}/collections/{service.id('kelurahan')}/items?limit=2"
    service.get("/collections/latest_desa", 404)


class Page(html.parser.HTMLParser):
    """The tags and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.lang: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attributes)
        self.lang = found.get("lang") or self.lang
        self.addresses += [address for name in ("href", "src") if (address := found.get(name))]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/{}",
        "/collections/{}/items",
        "/collections/{}/items/{}",
    ],
)
def test_req_html_definition(service: Service, path: str) -> None:
    first = service.items("kecamatan")["features"][0]["id"]
    address = path.format(service.id("kecamatan"), first)
    answer = service.get(address, headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text == service.get(f"{address}?f=html").text
    page = Page(answer.text)
    assert page.lang == "id"
    assert page.tags.count("h1") == page.tags.count("title") == page.tags.count("main") == 1
    assert "script" not in page.tags
    assert "style" not in page.tags
    assert "shown" not in answer.text.split()
    for found in page.addresses:
        assert found.startswith((service.root, "/static/"))
        assert service.client.get(found).status_code == 200, found


def test_req_geojson_content(service: Service) -> None:
    for one in service.json("/collections")["collections"]:
        document = service.json(f"/collections/{one['id']}/items?limit=50")
        kinds = {feature["geometry"]["type"] for feature in document["features"]}
        assert len(kinds) == 1
        for feature in document["features"]:
            outline = shapely.geometry.shape(feature["geometry"])
            assert outline.is_valid
            # RFC 7946: outer rings are counter-clockwise.
            assert shapely.get_parts(outline)[0].exterior.is_ccw


def test_shortlists_are_collections_of_whoever_may_read_them(service: Service) -> None:
    codes = [one["id"] for one in service.items("kelurahan", status="shown", limit=3)["features"]][::-1]
    now = datetime.now(UTC)
    picked = tuple(
        ShortlistItem(code, place, "", "perencana", now) for place, code in enumerate(codes, start=1)
    )
    decree = Decision(
        "050/1/2026", now.date(), "Lokasi prioritas", "N. N.", "Kepala Bappeda", "pimpinan", now
    )
    identifiers = [secrets.token_hex(6), secrets.token_hex(6)]
    store = Store(service.database)
    for identifier, title in zip(identifiers, ("Rancangan", "Prioritas"), strict=True):
        store.shortlists.add(
            Shortlist(identifier, service.run, "kelurahan", title, "perencana", 1, now, now, picked)
        )
    store.shortlists.decide(shortlists.decide(store.shortlists.get(identifiers[1]), decree))
    store.close()
    draft, decided = (f"/collections/{identifier}_shortlist" for identifier in identifiers)
    service.get(draft, 404)
    assert service.json(draft, headers=PLANNER)["title"] == "Daftar pendek: Rancangan"
    assert "050/1/2026" in service.json(decided)["description"]
    found = service.json(f"{decided}/items")["features"]
    assert [(one["id"], one["properties"]["position"]) for one in found] == list(
        zip(codes, (1, 2, 3), strict=True)
    )
    assert decided.rsplit("/", 1)[1] in {one["id"] for one in service.json("/collections")["collections"]}
    service.get(f"{decided}/tiles", 404)
