"""The document of the API keeps its word: whatever is asked, the answer is one that it names, in the shape it names."""

from collections.abc import Iterator
from contextlib import suppress

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from schemathesis.openapi import from_url
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from api.settings import Settings
from geo.people import ANONYMOUS, Identity, Role
from tests.api.conftest import running
from tests.postgres import Server

BOUNDED = hypothesis.settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)

LEVELS = ("kecamatan", "kelurahan", "h3-8", "pocket")

#: Files take seconds each; the tests of files ask for them.
SLOW = r"\.pdf$|page\.html$|export"


ASKERS = [
    ANONYMOUS,
    *(Identity("1", f"uji.{role}", role) for role in (Role.GIS, Role.PIMPINAN, Role.ADMIN)),
]


@pytest.fixture(scope="module", params=ASKERS, ids=lambda one: one.role)
def server(request: pytest.FixtureRequest, postgres: Server, city_in_postgis: str) -> Iterator[httpx.Client]:
    """Serve a city of their own, which they may change as they like, from the stricter of the engines."""
    app = create_app(Settings(database_url=postgres.new_database(city_in_postgis)))
    app.state.recognise = lambda _: request.param
    with running(app) as client:
        yield client


def test_every_answer_is_documented(server: httpx.Client) -> None:
    schema = from_url(f"{server.base_url}/api/v1/openapi.json").exclude(path_regex=SLOW)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 5
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            keeps_its_word(operation, mode)


def keeps_its_word(operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode) -> None:
    @hypothesis.given(
        case=operation.as_strategy(generation_mode=mode),
        known=strategies.fixed_dictionaries(
            {}, optional={"run": strategies.just("latest"), "level": strategies.sampled_from(LEVELS)}
        ),
    )
    @BOUNDED
    def asked(case: schemathesis.Case, known: dict[str, str]) -> None:
        if mode is schemathesis.GenerationMode.POSITIVE:  # else nearly every run asked for would be unknown
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        # What the schema of a request cannot say, such as that weights add up to 1, is refused in words.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    with suppress(
        hypothesis.errors.Unsatisfiable
    ):  # nothing to ask wrongly, as of an operation without parameters
        asked()
