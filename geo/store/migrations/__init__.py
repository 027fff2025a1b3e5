"""The schema's history: which revision a store is at, and the way to the newest."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

#: What stores were before their revision was written down.
BASELINE = "0001_baseline"


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "geo.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def scripts() -> ScriptDirectory:
    """Return the revisions that this program knows."""
    return ScriptDirectory.from_config(_config())


@cache
def head() -> str:
    """Return the revision that this program needs."""
    return str(scripts().get_current_head())


def known() -> set[str]:
    """Return every revision that this program knows."""
    return {script.revision for script in scripts().walk_revisions()}


def current(connection: Connection) -> str:
    """Return the revision of a store."""
    return MigrationContext.configure(connection).get_current_revision() or BASELINE


def create(connection: Connection, revision: str = "head") -> None:
    """Make the tables of a new store."""
    command.upgrade(_config(connection), revision)


def upgrade(connection: Connection) -> None:
    """Bring a store to the revision that this program needs, in the transaction of the connection."""
    if MigrationContext.configure(connection).get_current_revision() is None:
        command.stamp(_config(connection), BASELINE)
    command.upgrade(_config(connection), "head")
