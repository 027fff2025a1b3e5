"""A run is proposed by one official and approved by another."""

import sqlalchemy as sa
from alembic import op

from geo.store.instant import Instant

revision = "0004_publication"
down_revision = "0003_people"


def upgrade() -> None:
    """Add who brought a run how far, and when."""
    for name in ("computed_at", "proposed_at", "approved_at", "withdrawn_at"):
        op.add_column("run", sa.Column(name, Instant))
    for name in ("proposed_by", "withdrawn_by"):
        op.add_column("run", sa.Column(name, sa.Text))
    # SQLite takes a constraint on a table that is there only together with a column.
    op.execute(
        "ALTER TABLE run ADD COLUMN approved_by TEXT CONSTRAINT run_two_people_check CHECK (approved_by <> proposed_by)"
    )
