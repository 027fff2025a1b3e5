"""A store has an id, which the file of counts repeats; geometries and zones are indexed as they are asked for."""

import uuid

import sqlalchemy as sa
from alembic import op

from geo.store.migrations.operations import index_geometry

revision = "0002_identity"
down_revision = "0001_baseline"


def upgrade() -> None:
    """Give the store its id, and the tables their indexes."""
    op.drop_table("kantong_store")
    for name, schema in (("kantong_store", None), ("companion", "restricted")):
        op.create_table(name, sa.Column("store_id", sa.Text, primary_key=True), schema=schema)
    store_id = uuid.uuid4().hex
    bind = op.get_bind()
    bind.execute(sa.text("INSERT INTO kantong_store VALUES (:id)"), {"id": store_id})
    bind.execute(sa.text("INSERT INTO restricted.companion VALUES (:id)"), {"id": store_id})
    for table, columns in (
        ("zone", ["run_id", "audience", "level", "position"]),
        ("pocket", ["run_id", "audience", "position"]),
    ):
        op.drop_index(f"ix_{table}_run_id", table)
        op.create_index("_".join(["ix", table, *columns]), table, columns, unique=True)
    for table in ("boundary_unit", "backdrop", "pocket"):
        index_geometry(table)
