"""Accounts, credentials, sessions and the audit, apart; shortlists and decisions beside the runs."""

import sqlalchemy as sa
from alembic import op

from geo.store.instant import Instant
from geo.store.migrations.operations import create_table
from geo.store.people_tables import APPEND_ONLY

revision = "0003_people"
down_revision = "0002_identity"

_APART = "restricted"


def upgrade() -> None:
    """Make the tables of people and of what they do."""
    _accounts()
    create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("actor", "action", "subject", "detail", "previous", "digest")
        ),
        schema=_APART,
    )
    connection = op.get_bind()
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    _shortlists()


def _accounts() -> None:
    create_table(
        "user",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        schema=_APART,
    )
    create_table(
        "credential",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("restricted.user.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False, index=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("last_used_at", Instant),
        sa.Column("revoked_at", Instant),
        schema=_APART,
    )
    create_table(
        "session",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("restricted.user.id"), nullable=False, index=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        schema=_APART,
    )
    create_table(
        "attempt",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, index=True),
        sa.Column("at", Instant, nullable=False),
        schema=_APART,
    )


def _shortlists() -> None:
    create_table(
        "shortlist",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.id"), nullable=False, index=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    create_table(
        "shortlist_item",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("shortlist_id", sa.Text, sa.ForeignKey("shortlist.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.UniqueConstraint("shortlist_id", "code"),
    )
    create_table(
        "decision",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("shortlist_id", sa.Text, sa.ForeignKey("shortlist.id"), nullable=False, unique=True),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("signatory_name", sa.Text, nullable=False),
        sa.Column("signatory_position", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
    )
