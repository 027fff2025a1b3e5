"""How a ranked list holds, over HTTP: shares and ranks of shown places only."""

from collections.abc import Callable

import httpx
import pytest

from api.answers import RobustnessAnswer
from api.app import create_app
from api.settings import Settings
from geo.people import Identity, Role
from tests.api.conftest import City, running, served

ADDRESS = "/api/v1/runs/latest/robustness/kelurahan"


def test_places_come_with_the_share_of_worlds_in_which_they_are_among_the_poorest(
    client: httpx.Client, city: City
) -> None:
    answer = client.get(ADDRESS, params={"top": 5, "draws": 100}).json()
    assert RobustnessAnswer.model_validate(answer).model_dump() == answer
    assert (answer["run"], answer["audience"], answer["top"], answer["draws"]) == (city.run, "public", 5, 100)
    features = client.get("/api/v1/runs/latest/zones/kelurahan").json()["features"]
    status = {one["properties"]["code"]: one["properties"]["status"] for one in features}
    assert {zone["code"]: zone["status"] for zone in answer["zones"]} == status
    shown = [zone for zone in answer["zones"] if zone["status"] == "shown"]
    assert shown == answer["zones"][: len(shown)]
    shares = [zone["share_in_top"] for zone in shown]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(5, abs=0.2)
    for zone in shown:
        assert 1 <= zone["rank_best"] <= zone["rank_median"] <= zone["rank_worst"] <= len(shown)


def test_the_same_question_has_the_same_answer_and_another_figure_another(client: httpx.Client) -> None:
    first = client.get(ADDRESS, params={"draws": 100})
    assert client.get(ADDRESS, params={"draws": 100}).content == first.content
    by_number = client.get(ADDRESS, params={"draws": 100, "by": "poor_persons"})
    assert by_number.json()["by"] == "poor_persons"
    assert by_number.json()["zones"] != first.json()["zones"]


@pytest.mark.parametrize(
    ("level", "question", "status", "words"),
    [
        ("kelurahan", {"draws": 1_000_000}, 422, "draws"),
        ("kelurahan", {"draws": 1}, 422, "draws"),
        ("kelurahan", {"top": 0}, 422, "top"),
        ("kelurahan", {"by": "read"}, 422, "by"),
        ("rw", {}, 403, "kelurahan"),
        ("h3-8", {}, 404, "what-if is answered for"),
        ("pocket", {}, 404, "what-if is answered for"),
        ("desa", {}, 404, "what-if is answered for"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    client: httpx.Client, level: str, question: dict[str, str], status: int, words: str
) -> None:
    answer = client.get(f"/api/v1/runs/latest/robustness/{level}", params=question)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_planners_ask_about_rw_too(city: City) -> None:
    app = create_app(Settings(database_url=city.database))
    app.state.recognise = lambda _: Identity("7", "uji.perencana", Role.PERENCANA)
    with running(app) as client:
        answer = client.get("/api/v1/runs/latest/robustness/rw", params={"draws": 100}).json()
    assert answer["audience"] == "planner"
    hidden = [zone for zone in answer["zones"] if zone["status"] == "hidden"]
    assert hidden
    assert {zone["share_in_top"] for zone in hidden} == {zone["rank_best"] for zone in hidden} == {None}


def test_both_engines_give_the_same_answer(client: httpx.Client, copied: Callable[[], str]) -> None:
    with served(copied()) as other:
        assert (
            other.get(ADDRESS, params={"draws": 100}).content
            == client.get(ADDRESS, params={"draws": 100}).content
        )
