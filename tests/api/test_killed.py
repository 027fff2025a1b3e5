"""A command that is killed while it writes leaves the store as it was, and the next one works."""

import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import polars as pl
import shapely

from geo import boundaries as boundary_sets
from geo.codes import CodeSystem
from geo.store import Store

#: The command line, killed when it sends a statement that begins so.
KILLED_AT = """
import os, signal, sys
target = sys.argv.pop(1)
from sqlalchemy import Engine, event
@event.listens_for(Engine, "before_cursor_execute")
def kill(connection, cursor, statement, parameters, context, many):
    if statement.startswith(target):
        os.kill(os.getpid(), signal.SIGKILL)
from api.cli import main
main()
"""


def test_a_compute_killed_while_it_writes_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    squares = [shapely.box(107 + x / 100, -6, 107.01 + x / 100, -5.99) for x in range(3)]
    names = {"kode": [f"990201000{x}" for x in (1, 2, 3)]}
    gpd.GeoDataFrame(names, geometry=squares, crs=4326).to_file(tmp_path / "b.gpkg")
    boundaries = boundary_sets.read(
        tmp_path / "b.gpkg", name="b", level="kelurahan", code_system=CodeSystem.BPS, code_column="kode"
    )
    rows = range(300)
    pl.DataFrame(
        {
            "kode_kelurahan_desa": [f"990201000{row % 3 + 1}" for row in rows],
            "jumlah_anggota_keluarga": 4,
            "sumber_penerangan_utama": [row % 4 + 1 for row in rows],
            "bahan_bakar_utama_memasak": [row % 11 for row in rows],
        }
    ).write_csv(tmp_path / "h.csv")
    database = f"sqlite:///{tmp_path / 'k.gpkg'}"
    store = Store(database, create=True)
    store.save_boundaries(boundaries)

    def compute(killed_at: str) -> int:
        command = [
            sys.executable,
            "-c",
            KILLED_AT,
            killed_at,
            "compute",
            "--households",
            str(tmp_path / "h.csv"),
        ]
        arguments = ["--boundaries", "b", "--database", database]
        return subprocess.run(
            [*command, *arguments], check=False, capture_output=True, timeout=120
        ).returncode

    for statement in ("INSERT INTO zone", "INSERT INTO restricted.tally"):
        assert compute(statement) == -signal.SIGKILL
        assert store.run_ids() == []
        assert [one.id for one in store.boundary_listing()] == [boundaries.id]
    assert compute("never") == 0
    assert len(store.run_ids()) == 1
    store.close()
