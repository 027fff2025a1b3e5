"""Which share of a place's households lives within the polygons of a layer: by run and audience."""

import sqlalchemy as sa

from geo.store.migrations.operations import create_table

revision = "0008_context_shares"
down_revision = "0007_intake_report"


def upgrade() -> None:
    """Make the table of shares."""
    create_table(
        "context_share",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("layer", sa.Integer, sa.ForeignKey("context_layer.fid"), nullable=False, index=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.id"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("audience", "level", "code")),
        sa.Column("value", sa.Float, nullable=False),
    )
