"""The schema's history: models and migrations agree, one head, and an upgrade keeps what was stored."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, text

from geo.compute import Computed
from geo.disclosure import PLANNER
from geo.errors import NotFoundError, OlderStoreError, StoreError
from geo.store import Store, migrations, upgrade
from geo.store.engine import connect
from geo.store.tables import RESTRICTED, metadata


def test_there_is_one_head_and_one_way_to_it() -> None:
    scripts = migrations.scripts()
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert all(len(script.revision) <= 32 for script in scripts.walk_revisions())


_FOREIGN = ("gpkg_", "rtree_", "sqlite_", "spatial_ref_sys")


def _ours(entry: Any, name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
    if kind == "index":
        return not str(name).startswith("bbox_")
    return kind != "table" or not str(name).startswith(_FOREIGN)


def _schemas(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "schema" or name in (None, RESTRICTED)


def test_models_and_migrations_agree(store: Store, url: str) -> None:
    engine, _ = connect(url, create=False)
    with engine.connect() as connection:
        options = {"include_object": _ours, "include_name": _schemas, "include_schemas": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.fixture
def older(new_url: Callable[[], str], url: str, store: Store, computed: Computed) -> str:
    """A store at the first revision, from before revisions were written down, that holds a run."""
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    source, _ = connect(url, create=False)
    address = new_url()
    target, _ = connect(address, create=True)
    with source.connect() as reading, target.begin() as writing:
        migrations.create(writing, migrations.BASELINE)
        _copy(reading, writing)
        writing.execute(text("DROP TABLE alembic_version"))
    source.dispose()
    target.dispose()
    return address


def _copy(reading: Connection, writing: Connection) -> None:
    for schema in (None, RESTRICTED):
        there = MetaData()
        there.reflect(writing, schema=schema, only=lambda name, _: not name.startswith(_FOREIGN))
        for table in there.sorted_tables:
            if table.name in {"kantong_store", "alembic_version"}:
                continue
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            rows = reading.execute(text(f"SELECT {columns} FROM {table.fullname}")).all()
            if rows:
                values = ", ".join(f":{column.name}" for column in table.columns)
                statement = text(f"INSERT INTO {table.fullname} ({columns}) VALUES ({values})")
                writing.execute(statement, [row._asdict() for row in rows])


def test_an_older_store_says_what_to_do_and_keeps_its_data(older: str, computed: Computed) -> None:
    with pytest.raises(OlderStoreError, match=r"was made by an older Kantong .*kantong db upgrade"):
        Store(older)
    assert upgrade(older) == (migrations.BASELINE, migrations.head())
    store = Store(older)
    assert store.summary("latest") == computed.summary
    published = store.published("latest", PLANNER)
    given = computed.published["planner"]
    assert all(published.levels[level].table.equals(zones.table) for level, zones in given.levels.items())
    assert published.pockets.table.equals(given.pockets.table)
    assert store.tabulation("latest")
    assert not store.save_run(computed)
    store.close()
    assert upgrade(older) == (migrations.head(), migrations.head())


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    older: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Operations, "create_index", failing)
        with pytest.raises(MemoryError):
            upgrade(older)
    with pytest.raises(OlderStoreError, match=migrations.BASELINE):
        Store(older)
    upgrade(older)
    Store(older).close()


def test_a_store_of_a_newer_program_is_refused(store: Store, url: str) -> None:
    engine, _ = connect(url, create=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    engine.dispose()
    for opening in (Store, upgrade):
        with pytest.raises(
            StoreError, match=r"newer Kantong \(revision 9999_later\).*Install the newer program"
        ):
            opening(url)


def test_there_must_be_a_store_to_upgrade(url: str) -> None:
    with pytest.raises(NotFoundError):
        upgrade(url)


def test_the_file_of_counts_belongs_to_its_store(tmp_path: Path) -> None:
    paths = [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    for path in paths:
        Store(f"sqlite:///{path}", create=True).close()
    beside = [path.with_suffix(".restricted.sqlite") for path in paths]
    beside[1].replace(beside[0])
    with pytest.raises(StoreError, match="belongs to another store"):
        Store(f"sqlite:///{paths[0]}")


# What a GIS sees


def test_a_gis_asks_the_index(tmp_path: Path, computed: Computed) -> None:
    path = tmp_path / "kota.gpkg"
    store = Store(f"sqlite:///{path}", create=True)
    store.save_boundaries(computed.boundaries)
    store.close()
    units = pyogrio.read_dataframe(path, layer="boundary_unit")
    near = units.geometry.iloc[-1].representative_point().buffer(0.002).bounds
    found = pyogrio.read_dataframe(path, layer="boundary_unit", bbox=near)
    expected = units[shapely.intersects(units.geometry.to_numpy(), shapely.box(*near))]
    assert 0 < len(expected) < len(units)
    assert set(found["code"]) == set(expected["code"])
    with sqlite3.connect(path) as connection:
        extensions = connection.execute("SELECT table_name FROM gpkg_extensions").fetchall()
        assert {name for (name,) in extensions} == {"boundary_unit", "backdrop", "pocket"}
        boxes = connection.execute(
            "SELECT minx, miny, maxx, maxy FROM rtree_boundary_unit_geometry ORDER BY id"
        )
        assert np.allclose(boxes.fetchall(), units.bounds, atol=1e-4)


def test_a_store_that_changes_while_it_is_open_is_noticed(new_url: Callable[[], str]) -> None:
    url = new_url()
    store = Store(url, create=True)
    store.check()
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    with pytest.raises(StoreError, match="9999_later"):
        store.check()
    store.close()


def test_a_file_that_is_taken_away_while_it_is_open_is_noticed(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'kantong.gpkg'}", create=True)
    (tmp_path / "kantong.gpkg").rename(tmp_path / "moved.gpkg")
    with pytest.raises(StoreError, match="no longer there"):
        store.check()
    store.close()
