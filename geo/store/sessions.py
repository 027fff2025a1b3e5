"""Keep who is signed in, and the failed sign-ins of late. Secrets are kept as their hashes only."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, insert, select

from geo.audit import Action
from geo.people import Account, Session
from geo.store.audit import append
from geo.store.engine import writing
from geo.store.people import account_of
from geo.store.people_tables import attempt, session, user

#: An expired session is remembered so long, to tell it from one that never was.
_REMEMBERED = timedelta(days=7)


class Sessions:
    """The sessions of a store, and its memory of failures."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, account: Account, digest: str, *, at: datetime, expires_at: datetime, way: str) -> None:
        """Sign somebody in; sessions that expired long ago are forgotten."""
        with writing(self._engine) as connection:
            connection.execute(delete(session).where(session.c.expires_at < at - _REMEMBERED))
            connection.execute(
                insert(session),
                {"digest": digest, "user_id": account.id, "created_at": at, "expires_at": expires_at},
            )
            append(
                connection,
                Action.SIGN_IN,
                at=at,
                actor=account.name,
                subject=account.name,
                detail={"way": way},
            )

    def find(self, digest: str) -> Session | None:
        """Return a session, also an expired one, or None when there is none."""
        query = (
            select(user, session.c.expires_at)
            .join(session, session.c.user_id == user.c.id)
            .where(session.c.digest == digest)
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Session(account_of(row), row.expires_at)

    def close(self, digest: str, account: Account, *, at: datetime) -> None:
        """Sign somebody out on one browser."""
        with writing(self._engine) as connection:
            if connection.execute(delete(session).where(session.c.digest == digest)).rowcount:
                append(connection, Action.SIGN_OUT, at=at, actor=account.name, subject=account.name)

    def failures(self, digest: str, since: datetime) -> tuple[int, datetime | None]:
        """Return how many sign-ins failed under a hash since a moment, and when the oldest of them did."""
        query = select(func.count(), func.min(attempt.c.at)).where(
            attempt.c.digest == digest, attempt.c.at >= since
        )
        with self._engine.begin() as connection:
            number, oldest = connection.execute(query).one()
        return number, oldest

    def fail(
        self,
        digests: tuple[str, ...],
        *,
        at: datetime,
        forget_before: datetime,
        subject: str,
        detail: Mapping[str, str],
    ) -> None:
        """Remember a failed sign-in under some hashes, and write it down."""
        with writing(self._engine) as connection:
            connection.execute(delete(attempt).where(attempt.c.at < forget_before))
            connection.execute(insert(attempt), [{"digest": digest, "at": at} for digest in digests])
            append(connection, Action.SIGN_IN_FAILED, at=at, actor="", subject=subject, detail=detail)

    def forgive(self, digest: str) -> None:
        """Forget the failures under a hash, after a sign-in that was right."""
        with writing(self._engine) as connection:
            connection.execute(delete(attempt).where(attempt.c.digest == digest))
