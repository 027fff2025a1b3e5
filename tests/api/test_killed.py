"""A command that is killed while it writes leaves the store as it was, and the next one works."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest
import shapely

from geo.errors import NotFoundError
from geo.store import Store

#: Runs command lines, each in a process of its own, killed as it sends a statement that begins so, or commits.
PROGRAM = """
import json, os, signal, sys
from api.cli import main
from sqlalchemy import Engine, event

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def on_statement(start, act):
    def look(connection, cursor, statement, *_):
        if statement.lstrip().startswith(start):
            act()
    event.listen(Engine, "before_cursor_execute", look)

for line in sys.stdin:
    moment, arguments = json.loads(line)
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if moment == "COMMIT":
            seen = []
            on_statement("INSERT", lambda: seen.append(True))
            event.listen(Engine, "commit", lambda connection: seen and kill())
        elif moment:
            on_statement(moment, kill)
        sys.argv = ["kantong", *arguments]
        try:
            main()
        except SystemExit as left:
            os._exit(left.code or 0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

Command = Callable[..., int]


@pytest.fixture(scope="module")
def killed_at() -> Iterator[Command]:
    """Give a command line and the moment at which it is killed, None for never; tells its status."""
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        given, told = program.stdin, program.stdout

        def run(moment: str | None, *arguments: object) -> int:
            given.write(json.dumps([moment, [str(one) for one in arguments]]) + "\n")
            given.flush()
            return int(told.readline())

        yield run
        given.close()


@pytest.fixture(params=["geopackage", "postgis"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "geopackage":
        return f"sqlite:///{tmp_path / 'k.gpkg'}"
    url: str = request.getfixturevalue("postgres").new_database()
    return url


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Boundaries, polygons and a register."""
    squares = [shapely.box(107 + x / 100, -6, 107.01 + x / 100, -5.99) for x in range(3)]
    names = {"kode": [f"990201000{x}" for x in (1, 2, 3)], "nama": ["Satu", "Dua", "Tiga"]}
    gpd.GeoDataFrame(names, geometry=squares, crs=4326).to_file(tmp_path / "b.gpkg")
    rows = range(300)
    pl.DataFrame(
        {
            "kode_kelurahan_desa": [f"990201000{row % 3 + 1}" for row in rows],
            "jumlah_anggota_keluarga": 4,
            "sumber_penerangan_utama": [row % 4 + 1 for row in rows],
            "bahan_bakar_utama_memasak": [row % 11 for row in rows],
        }
    ).write_csv(tmp_path / "h.csv")
    return tmp_path


def held(database: str) -> tuple[list[str], list[str], list[str]]:
    """Return what a store holds: versions, runs and layers."""
    try:
        store = Store(database)
    except NotFoundError:
        return [], [], []
    versions = [one.id for one in store.boundary_listing()]
    layers = [layer.column for one in versions for layer in store.context.of_set(one)]
    runs = store.run_ids()
    store.close()
    return versions, runs, layers


def test_a_command_killed_while_it_writes_leaves_the_store_as_it_was(
    killed_at: Command, database: str, files: Path
) -> None:
    to = ("--database", database)
    load = (
        "boundaries",
        "load",
        files / "b.gpkg",
        "--set",
        "b",
        "--level",
        "kelurahan",
        "--codes",
        "bps",
        *to,
    )
    compute = ("compute", "--households", files / "h.csv", "--boundaries", "b", "--threads", 1, *to)
    layer = ("layers", "load", files / "b.gpkg", "--set", "b", "--kind", "polygons", "--name", "kumuh")
    steps: list[tuple[tuple[object, ...], tuple[str, ...]]] = [
        (load, ("CREATE TABLE boundary_unit", "INSERT INTO boundary_set", "COMMIT")),
        (compute, ("INSERT INTO run", "COMMIT")),
        ((*layer, "--source", "x", "--date", "2024-01-01", *to), ("INSERT INTO context_value", "COMMIT")),
    ]
    for command, moments in steps:
        before = held(database)
        for moment in moments:
            assert killed_at(moment, *command) == -signal.SIGKILL, (command[0], moment)
            assert held(database) == before
        assert killed_at(None, *command) == 0
        assert held(database) != before
    assert [len(kind) for kind in held(database)] == [1, 1, 1]
