"""Commands on the store itself: upgrade, check, backup, restore, migrate."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.terminal import DATABASE, Database, note, say
from geo import store
from geo.errors import StoreError

database_app = typer.Typer(no_args_is_help=True, help="Look after the store.")


@database_app.command("upgrade")
def upgrade(database: Database = DATABASE) -> None:
    """Bring a store made by an older Kantong up to date; make a backup first."""
    before, now = store.upgrade(database)
    note(f"Sudah mutakhir ({now})." if before == now else f"Diperbarui dari {before} ke {now}.")


@database_app.command("check")
def check(database: Database = DATABASE) -> None:
    """Look for damage: files, references, figures and counts against their digests, the audit's chain."""
    found = store.check(database)
    for finding in found.findings:
        say(finding)
    if found.findings:
        raise StoreError(f"{len(found.findings)} finding(s). Keep the store as it is, and restore a backup.")
    note(f"Utuh: {found.boundary_sets} set batas, {found.runs} hasil hitung, rantai audit tersambung.")
    if found.unsealed:
        note(
            f"{found.unsealed} hasil hitung berasal dari versi lama tanpa sidik; angkanya tidak dapat dicocokkan."
        )


@database_app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as kantong-2026-11-24.zip.")],
    database: Database = DATABASE,
) -> None:
    """Write the whole store to one file while it is in use; keep it as safe as the register itself."""
    manifest = store.back_up(database, file)
    say(str(file))
    note(
        f"{manifest.rows['run']} hasil hitung disalin. Berkas ini memuat hitungan rahasia: simpan di tempat aman."
    )


@database_app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that kantong db backup wrote.")],
    database: Database = DATABASE,
) -> None:
    """Fill an empty database from a backup, on either engine; all of it, compared, or nothing."""
    manifest = store.restore(file, database)
    _note_whole("Dipulihkan", manifest)


@database_app.command("migrate")
def migrate(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="Address of the store, which stays as it is.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="Address of an empty database.")],
) -> None:
    """Carry a store from a GeoPackage to PostGIS or back; all of it, compared, or nothing."""
    manifest = store.migrate(source, target)
    _note_whole("Dipindahkan", manifest)


@database_app.command("grant-reader")
def grant_reader(
    role: Annotated[str, typer.Argument(help="A PostgreSQL role that is there already.")],
    database: Database = DATABASE,
) -> None:
    """Let a role read published runs as the public sees them, and nothing else; prints the statements it ran."""
    for statement in store.grant_reader(database, role):
        say(f"{statement};")
    note(f"{role} dapat membaca skema 'published' saja.")


def _note_whole(what: str, manifest: store.Manifest) -> None:
    rows = sum(manifest.rows.values())
    note(f"{what}: {manifest.rows['run']} hasil hitung, {rows} baris, dibaca ulang dan sama.")
