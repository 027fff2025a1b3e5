"""kantong db: a store is kept, restored, moved and looked at, in words a data office reads."""

import sqlite3
from pathlib import Path

from api.settings import embedded

from .conftest import City, Command


def test_a_store_is_kept_restored_and_moved(city: City, kantong: Command, tmp_path: Path) -> None:
    file, restored, moved = tmp_path / "backup.zip", tmp_path / "restored.gpkg", tmp_path / "moved.gpkg"
    kept = kantong("db", "backup", file, "--database", city.database)
    assert (kept.status, kept.out) == (0, f"{file}\n")
    assert "1 hasil hitung disalin. Berkas ini memuat hitungan rahasia" in kept.err
    back = kantong("db", "restore", file, "--database", embedded(restored))
    assert back.status == 0
    assert "Dipulihkan: 1 hasil hitung, " in back.err
    assert kantong("db", "migrate", embedded(restored), embedded(moved)).status == 0
    ranked = [
        kantong("rank", "latest", "--format", "csv", "--database", url).out
        for url in (city.database, embedded(moved))
    ]
    assert ranked[0] == ranked[1]
    assert "Sudah mutakhir" in kantong("db", "upgrade", "--database", embedded(moved)).err


def test_damage_is_told_in_sentences_and_by_the_status(city: City, kantong: Command, tmp_path: Path) -> None:
    database = embedded(tmp_path / "copy.gpkg")
    assert kantong("db", "migrate", city.database, database).status == 0
    sound = kantong("db", "check", "--database", database)
    assert (sound.status, sound.out) == (0, "")
    assert "Utuh: 1 set batas, 1 hasil hitung" in sound.err
    with sqlite3.connect(tmp_path / "copy.gpkg") as connection:
        connection.execute("UPDATE zone SET poor_households = 1 WHERE level = 'kota'")
    damaged = kantong("db", "check", "--database", database)
    assert damaged.status == 2
    assert damaged.out == f"run {city.run[:12]}: its published figures are not as they were stored.\n"
    assert "1 finding(s). Keep the store as it is, and restore a backup" in damaged.err


def test_a_backup_is_not_written_over(city: City, kantong: Command, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    file.write_text("an older backup")
    refused = kantong("db", "backup", file, "--database", city.database)
    assert refused.status == 2
    assert "is there already" in refused.err
    assert file.read_text() == "an older backup"
