"""A version of a boundary set keeps until when it holds, and the report of its intake."""

import sqlalchemy as sa
from alembic import op

revision = "0007_intake_report"
down_revision = "0006_context_layers"


def upgrade() -> None:
    """Add the columns; versions loaded before have neither."""
    op.add_column("boundary_set", sa.Column("valid_to", sa.Date))
    op.add_column("boundary_set", sa.Column("report", sa.Text))
