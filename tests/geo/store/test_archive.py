"""A store in one file: the same from both engines, restored whole or not at all."""

import json
import signal
import stat
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, inspect

from geo.compute import Computed
from geo.disclosure import PLANNER
from geo.errors import FileError, StoreError
from geo.people import Role
from geo.store import Store, back_up, bulk, check, migrate, migrations, restore
from geo.store.archive import _ARROW
from geo.store.engine import connect
from geo.store.tables import metadata
from tests.postgres import Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NewUrl = Callable[[], str]


@pytest.fixture
def filled(store: Store, computed: Computed) -> Store:
    """A store with boundaries, a published run and an account."""
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    store.publications.propose(computed.summary.id, by="perencana", at=NOON)
    store.publications.approve(computed.summary.id, by="pimpinan", at=NOON)
    store.people.add("perencana", Role.PERENCANA, "a hash", by="kantong", at=NOON)
    return store


def same(one: Store, other: Store, computed: Computed) -> None:
    run = computed.summary.id
    assert other.resolve("latest", drafts=False) == run
    assert other.summary(run) == computed.summary
    assert other.publications.of(run) == one.publications.of(run)
    assert other.people.accounts() == one.people.accounts()
    assert other.audit.newest(10) == one.audit.newest(10)
    back, given = other.published(run, PLANNER), computed.published["planner"]
    assert all(back.levels[level].table.equals(zones.table) for level, zones in given.levels.items())
    assert back.pockets.table.equals(given.pockets.table)
    assert other.tabulation(run)
    # What comes next gets the next number.
    assert not other.save_boundaries(computed.boundaries)
    other.save_backdrop("uji", "river", computed.boundaries.units.head(2)[["geometry"]])


def test_a_backup_is_restored_whole(
    filled: Store, url: str, new_url: NewUrl, tmp_path: Path, computed: Computed
) -> None:
    path = tmp_path / "backup.zip"
    manifest = back_up(url, path)
    assert manifest.rows["run"] == manifest.rows["restricted.tally"] == manifest.rows["restricted.user"] == 1
    assert manifest.rows["zone"] > 100
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".kantong-*")) == []
    target = new_url()
    assert restore(path, target) == manifest
    restored = Store(target)
    same(filled, restored, computed)
    restored.close()
    assert check(target).findings == ()


def test_a_store_moves_to_the_other_engine_and_back(
    filled: Store, url: str, tmp_path: Path, postgres: Server, computed: Computed
) -> None:
    other = postgres.new_database() if url.startswith("sqlite") else f"sqlite:///{tmp_path / 'other.gpkg'}"
    migrate(url, other)
    moved = Store(other)
    same(filled, moved, computed)
    moved.close()
    assert check(other).findings == ()


def test_the_backups_of_both_engines_are_the_same(
    filled: Store, url: str, tmp_path: Path, postgres: Server
) -> None:
    other = postgres.new_database() if url.startswith("sqlite") else f"sqlite:///{tmp_path / 'other.gpkg'}"
    migrate(url, other)
    assert back_up(url, tmp_path / "a.zip") == back_up(other, tmp_path / "b.zip")


def test_every_column_has_a_place_in_a_backup() -> None:
    for table in metadata.sorted_tables:
        for column in table.columns:
            kind = getattr(column.type, "impl", column.type)
            assert isinstance(column.type, tuple(_ARROW)) or isinstance(kind, tuple(_ARROW)), column


def test_an_older_store_is_backed_up_as_it_is_and_upgraded_when_restored(
    new_url: NewUrl, tmp_path: Path
) -> None:
    older, target = new_url(), new_url()
    engine, _ = connect(older, create=True)
    with engine.begin() as connection:
        migrations.create(connection, migrations.BASELINE)
    engine.dispose()
    assert back_up(older, tmp_path / "a.zip").revision == migrations.BASELINE
    restore(tmp_path / "a.zip", target)
    assert check(target).findings == ()


def test_only_an_empty_database_is_filled(filled: Store, url: str, tmp_path: Path) -> None:
    back_up(url, tmp_path / "a.zip")
    with pytest.raises(StoreError, match=r"is not empty .*Name a new database"):
        restore(tmp_path / "a.zip", url)
    with pytest.raises(FileError, match="is there already"):
        back_up(url, tmp_path / "a.zip")


def test_there_must_be_something_to_keep(tmp_path: Path, new_url: NewUrl) -> None:
    with pytest.raises(StoreError, match=r"there is no database yet|is empty"):
        back_up(new_url(), tmp_path / "a.zip")
    assert list(tmp_path.glob("a.zip")) == []


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory, computed: Computed) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    store = Store(f"sqlite:///{folder / 'kota.gpkg'}", create=True)
    store.save_boundaries(computed.boundaries)
    store.close()
    back_up(f"sqlite:///{folder / 'kota.gpkg'}", folder / "backup.zip")
    return folder / "backup.zip"


def spoilt(backup: Path, path: Path, member: str, content: bytes) -> Path:
    with zipfile.ZipFile(backup) as given, zipfile.ZipFile(path, "w") as written:
        for name in given.namelist():
            written.writestr(name, content if name == member else given.read(name))
    return path


def test_a_file_that_is_not_a_whole_backup_is_refused(backup: Path, tmp_path: Path, new_url: NewUrl) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(backup.read_bytes()[:-200])
    manifest = json.loads(zipfile.ZipFile(backup).read("manifest.json"))
    wrong = {
        "is not a backup of Kantong": cut,
        "cannot be read": tmp_path / "none.zip",
        "boundary_unit is damaged": spoilt(backup, tmp_path / "1.zip", "boundary_unit.parquet", b"PAR1"),
        "of another format": spoilt(
            backup, tmp_path / "2.zip", "manifest.json", json.dumps({**manifest, "format": "x"}).encode()
        ),
        "made by a newer Kantong": spoilt(
            backup, tmp_path / "3.zip", "manifest.json", json.dumps({**manifest, "revision": "9999"}).encode()
        ),
    }
    for says, path in wrong.items():
        url = new_url()
        with pytest.raises((FileError, StoreError), match=says):
            restore(path, url)
        with pytest.raises(StoreError):
            Store(url)


def test_rows_that_do_not_come_back_are_noticed(
    backup: Path, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, url = bulk.write, new_url()

    def losing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        write(connection, table, rows[1:] if table.name == "boundary_unit" else rows)

    with monkeypatch.context() as patched:
        patched.setattr(bulk, "write", losing)
        with pytest.raises(StoreError, match="did not give back what was written"):
            restore(backup, url)
    restore(backup, url)


KILLED = """
import sys, time
from pathlib import Path
from geo.store import archive, bulk
path, url = sys.argv[1:]
compare = archive._compare
def slow(*given):
    print("half way", flush=True)
    time.sleep(60)
archive._compare = slow
archive.restore(Path(path), url)
"""


def test_a_restore_that_is_killed_leaves_an_empty_database(backup: Path, new_url: NewUrl) -> None:
    url = new_url()
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(backup), url]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
    engine, _ = connect(url, create=True)
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) <= {"spatial_ref_sys"}
    engine.dispose()
    restore(backup, url)
    assert check(url).findings == ()
