"""Only a database of ours is opened; the GeoPackage opens in a GIS and does not hold the tally."""

import sqlite3
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from sqlalchemy import create_engine, text

from geo.boundaries import BoundarySet
from geo.compute import Computed
from geo.errors import KantongError, NotFoundError, StoreError
from geo.store import Store

from .conftest import Server


@pytest.fixture
def package(tmp_path: Path, computed: Computed) -> Path:
    path = tmp_path / "kota.gpkg"
    store = Store(f"sqlite:///{path}", create=True)
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    store.close()
    return path


def test_a_gis_opens_units_and_pockets_as_layers(package: Path, computed: Computed) -> None:
    layers = dict(pyogrio.list_layers(package).tolist())
    assert {"boundary_unit", "pocket", "backdrop"} <= set(layers)
    units = pyogrio.read_dataframe(package, layer="boundary_unit")
    assert units.crs == 4326
    assert units["code"].tolist() == computed.boundaries.units["code"].tolist()
    assert shapely.equals(units.geometry.to_numpy(), computed.boundaries.units.geometry.to_numpy()).all()
    pockets = pyogrio.read_dataframe(package, layer="pocket")
    expected = sum(run.pockets.table.height for run in computed.published.values())
    assert len(pockets) == expected
    assert not pyogrio.read_info(package, layer="zone")["geometry_type"]


def test_the_tally_stands_in_a_file_of_its_own(package: Path) -> None:
    beside = package.with_suffix(".restricted.sqlite")
    with sqlite3.connect(package) as public, sqlite3.connect(beside) as restricted:
        names = {name for (name,) in public.execute("SELECT name FROM sqlite_master")}
        assert not any("tally" in name for name in names)
        assert restricted.execute("SELECT count(*) FROM tally").fetchone() == (1,)
    assert b"PAR1" not in package.read_bytes()


def test_without_the_file_beside_it_a_run_is_shown_but_not_measured_again(package: Path) -> None:
    package.with_suffix(".restricted.sqlite").unlink()
    store = Store(f"sqlite:///{package}")
    assert store.summary("latest").resolution == 9
    with pytest.raises(NotFoundError, match="its counts are not in this database"):
        store.tabulation("latest")
    store.close()


def opened(url: str, *, create: bool) -> str:
    with pytest.raises(KantongError) as raised:
        Store(url, create=create)
    assert isinstance(raised.value, StoreError)
    return str(raised.value)


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_not_ours_is_left_alone(create: bool, tmp_path: Path, layer: gpd.GeoDataFrame) -> None:
    files = {name: tmp_path / name for name in ("foreign.gpkg", "notes.gpkg", "other.sqlite", "short.gpkg")}
    layer.to_file(files["foreign.gpkg"])
    files["notes.gpkg"].write_text("my notes, of more than fifteen letters")
    files["short.gpkg"].write_text("x")
    with sqlite3.connect(files["other.sqlite"]) as other:
        other.execute("CREATE TABLE mine (x)")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert "not one of Kantong's" in opened(f"sqlite:///{files['foreign.gpkg']}", create=create)
    assert "not one of Kantong's (it holds 'mine')" in opened(
        f"sqlite:///{files['other.sqlite']}", create=create
    )
    for name in ("notes.gpkg", "short.gpkg"):
        assert "is not a GeoPackage" in opened(f"sqlite:///{files[name]}", create=create)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_store_is_said_so(package: Path) -> None:
    content = bytearray(package.read_bytes())
    content[100:8_192] = b"\xff" * 8_092
    package.write_bytes(bytes(content))
    assert "cannot be opened as a GeoPackage" in opened(f"sqlite:///{package}", create=False)


def test_nothing_is_made_where_nothing_is_asked_for(tmp_path: Path) -> None:
    message = opened(f"sqlite:///{tmp_path / 'none.gpkg'}", create=False)
    assert "no database yet" in message
    assert "kantong boundaries load" in message
    assert list(tmp_path.iterdir()) == []
    assert "does not exist" in opened(f"sqlite:///{tmp_path / 'no' / 'x.gpkg'}", create=True)
    assert "is a directory" in opened(f"sqlite:///{tmp_path}", create=True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "is not the address of a database"),
        ("kota.gpkg", "is not the address of a database"),
        ("mysql://a/b", "mysql databases are not supported"),
        ("sqlite://", "names no file"),
        ("sqlite+nothing:///x.gpkg", "is not the address of a database"),
        ("postgresql+nothing://h/db", "is not the address of a database"),
        ("postgresql+psycopg2://h/db", "is not the address of a database"),
        ("postgresql+psycopg://h:port/db", "is not the address of a database"),
        ("postgresql+psycopg://me:secret@nowhere.invalid/db", "cannot be reached"),
        ("postgresql://nowhere.invalid/db", "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere(
    url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = opened(url, create=True)
    assert says in message
    assert "secret" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_postgres_database_with_other_tables_is_left_alone(postgres: Server) -> None:
    url = postgres.new_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (x int)"))
    assert "not one of Kantong's (it holds 'mine')" in opened(url, create=True)
    with engine.connect() as connection:
        schemas = set(connection.scalars(text("SELECT nspname FROM pg_namespace")))
    engine.dispose()
    assert "restricted" not in schemas
    assert "is empty" in opened(postgres.new_database(), create=False)


def test_the_tally_has_a_schema_of_its_own_on_postgres(postgres: Server, boundaries: BoundarySet) -> None:
    url = postgres.new_database()
    Store(url, create=True).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'tally'")
        ).scalars()
        assert list(found) == ["restricted"]
        kind = connection.scalar(
            text("SELECT type FROM geometry_columns WHERE f_table_name = 'boundary_unit'")
        )
        assert kind == "GEOMETRY"
    engine.dispose()
