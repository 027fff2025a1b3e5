"""The tables of people and of what they do.

Accounts, credentials, sessions and the audit stand in the restricted schema, as the tally does: a GeoPackage is handed
on as a file, and no password hash goes with it. Shortlists and decisions are results and stand beside the runs.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from geo.store.instant import Instant
from geo.store.tables import RESTRICTED, metadata

user = Table(
    "user",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    schema=RESTRICTED,
)

#: ``kind`` is ``password`` (Argon2), ``app`` (SHA-256 of a random secret) or ``oidc`` (issuer and subject).
credential = Table(
    "credential",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey(f"{RESTRICTED}.user.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("secret", Text, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    schema=RESTRICTED,
)

session = Table(
    "session",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user_id", Text, ForeignKey(f"{RESTRICTED}.user.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    schema=RESTRICTED,
)

#: Failed sign-ins of late, under the hash of an account name or of an address.
attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Text, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    schema=RESTRICTED,
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    schema=RESTRICTED,
)

shortlist = Table(
    "shortlist",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("run_id", Text, ForeignKey("run.id"), nullable=False, index=True),
    Column("level", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

shortlist_item = Table(
    "shortlist_item",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("shortlist_id", Text, ForeignKey("shortlist.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("shortlist_id", "code"),
)

decision = Table(
    "decision",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("shortlist_id", Text, ForeignKey("shortlist.id"), nullable=False, unique=True),
    Column("number", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("signatory_name", Text, nullable=False),
    Column("signatory_position", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
)

#: What keeps the audit append-only, by database.
APPEND_ONLY = {
    "sqlite": tuple(
        f"CREATE TRIGGER {RESTRICTED}.audit_no_{what.lower()} BEFORE {what} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        for what in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        f"""
        CREATE FUNCTION {RESTRICTED}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
        """,
        f"""
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {RESTRICTED}.audit
        FOR EACH STATEMENT EXECUTE FUNCTION {RESTRICTED}.refuse_change()
        """,
    ),
}


@event.listens_for(audit, "after_create")
def _append_only(_: Table, connection: Connection, **__: object) -> None:
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
