"""A reader's role sees published runs as the public does, and is refused everything else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from geo.compute import Computed
from geo.errors import NotFoundError, StoreError
from geo.store import Store, grant_reader
from tests.postgres import Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def url(postgres: Server, computed: Computed) -> str:
    """A store on PostgreSQL with a published run and a draft."""
    address = postgres.new_database()
    store = Store(address, create=True)
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    store.save_run(replace(computed, summary=replace(computed.summary, id="d" * 32)))
    store.publications.propose(computed.summary.id, by="perencana", at=NOON)
    store.publications.approve(computed.summary.id, by="pimpinan", at=NOON)
    with store.writing() as connection:
        connection.execute(text('CREATE ROLE "Pembaca-GIS" LOGIN'))
    store.close()
    return address


@pytest.fixture(scope="module")
def reader(url: str) -> Iterator[Engine]:
    grant_reader(url, "Pembaca-GIS")
    engine = create_engine(url.replace("tester@", "Pembaca-GIS@"))
    yield engine
    engine.dispose()


def test_a_reader_sees_published_runs_as_the_public(reader: Engine, computed: Computed) -> None:
    with reader.connect() as connection:
        assert connection.scalars(text("SELECT id FROM published.run")).all() == [computed.summary.id]
        shown = dict(
            connection.execute(text("SELECT level, count(*) FROM published.zone GROUP BY level")).all()
        )
        pockets = connection.scalar(text("SELECT count(*) FROM published.pocket"))
    public = computed.published["public"]
    assert shown == {level: zones.table.height for level, zones in public.levels.items()}
    assert pockets == public.pockets.table.height


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM restricted.tally",
        'SELECT * FROM restricted."user"',
        "SELECT * FROM restricted.audit",
        "SELECT * FROM zone",
        "SELECT * FROM run",
        "SELECT * FROM pocket",
        "SELECT * FROM shortlist",
        "UPDATE published.run SET notes = ''",
        "DELETE FROM published.zone",
        "CREATE TABLE mine (x int)",
        "CREATE VIEW published.more AS SELECT 1",
    ],
)
def test_everything_else_is_refused(statement: str, reader: Engine) -> None:
    with (
        reader.connect() as connection,
        pytest.raises(DBAPIError, match=r"permission denied|cannot delete from view"),
    ):
        connection.execute(text(statement))


def test_a_function_of_the_readers_own_sees_no_hidden_row(reader: Engine) -> None:
    with reader.connect() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION pg_temp.seen(t text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS"
                " $$ BEGIN IF t LIKE 'dddd%' THEN RAISE EXCEPTION 'saw %', t; END IF; RETURN true; END $$"
            )
        )
        assert connection.scalar(text("SELECT count(*) FROM published.run WHERE pg_temp.seen(id)")) == 1


def test_units_have_their_outlines(reader: Engine, computed: Computed) -> None:
    query = text(
        "SELECT count(*), count(geometry), min(ST_SRID(geometry)) FROM published.zone WHERE level = 'kelurahan'"
    )
    with reader.connect() as connection:
        units = len(computed.boundaries.rows("kelurahan"))
        assert connection.execute(query).one() == (units, units, 4326)


def test_it_can_be_granted_again_and_to_another(url: str, reader: Engine) -> None:
    statements = grant_reader(url, "Pembaca-GIS")
    assert statements[-1] == 'GRANT SELECT ON ALL TABLES IN SCHEMA published TO "Pembaca-GIS"'
    with pytest.raises(NotFoundError, match=r"there is no role 'nobody'\. Make it first: CREATE ROLE"):
        grant_reader(url, "nobody")


def test_a_geopackage_has_no_roles(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('roles') / 'kota.gpkg'}"
    Store(url, create=True).close()
    with pytest.raises(StoreError, match="has no roles"):
        grant_reader(url, "pembaca")
