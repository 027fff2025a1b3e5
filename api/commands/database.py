"""Commands on the store itself: db upgrade."""

import typer

from api.commands.terminal import DATABASE, Database, note
from geo import store

database_app = typer.Typer(no_args_is_help=True, help="Look after the store.")


@database_app.command("upgrade")
def upgrade(database: Database = DATABASE) -> None:
    """Bring a store made by an older Kantong up to date; make a backup first."""
    before, now = store.upgrade(database)
    note(f"Sudah mutakhir ({now})." if before == now else f"Diperbarui dari {before} ke {now}.")
