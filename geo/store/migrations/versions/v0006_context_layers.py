"""Layers beside the register: what they are, and one value a place."""

import sqlalchemy as sa

from geo.store.migrations.operations import create_table

revision = "0006_context_layers"
down_revision = "0005_digests"


def upgrade() -> None:
    """Make the tables of layers."""
    create_table(
        "context_layer",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("set_id", sa.Text, sa.ForeignKey("boundary_set.id"), nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "title", "unit", "kind", "source", "date", "warnings")
        ),
        sa.UniqueConstraint("set_id", "name"),
    )
    create_table(
        "context_value",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("layer", sa.Integer, sa.ForeignKey("context_layer.fid"), nullable=False, index=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
    )
