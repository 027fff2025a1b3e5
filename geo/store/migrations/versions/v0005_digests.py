"""Published rows and counts carry a digest, so that damage is found."""

import sqlalchemy as sa
from alembic import op

revision = "0005_digests"
down_revision = "0004_publication"


def upgrade() -> None:
    """Add the digests; runs that are there have none."""
    op.add_column("run", sa.Column("digest", sa.Text))
    op.add_column("tally", sa.Column("digest", sa.Text), schema="restricted")
