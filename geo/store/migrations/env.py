"""Run migrations on the connection that was handed over, in its transaction."""

from alembic import context

from geo.store import people_tables  # noqa: F401  (its tables belong to the metadata)
from geo.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
