"""Keep accounts and their credentials; what changes one is written into the audit in the same transaction."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from geo.audit import Action
from geo.errors import ConflictError, NotFoundError
from geo.people import Account, AppPassword, Role, checked_name
from geo.store.audit import append
from geo.store.engine import writing
from geo.store.people_tables import credential, session, user

_PASSWORD, _APP, _OIDC = "password", "app", "oidc"
_USE_NOTED_EVERY_S = 3_600


class People:
    """The accounts of a store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, role: Role, password_hash: str, *, by: str, at: datetime) -> Account:
        """Make an account.

        Raises
        ------
        ConflictError
            When the name is taken.
        """
        account = Account(secrets.token_hex(6), checked_name(name), role, is_disabled=False, created_at=at)
        with writing(self._engine) as connection:
            if connection.scalar(select(user.c.id).where(user.c.name == name)) is not None:
                raise ConflictError(f"account {name!r} is there already; names are not given twice.")
            connection.execute(
                insert(user),
                {"id": account.id, "name": name, "role": str(role), "is_disabled": False, "created_at": at},
            )
            _add_credential(connection, account.id, _PASSWORD, "", password_hash, at)
            append(
                connection, Action.ACCOUNT_ADDED, at=at, actor=by, subject=name, detail={"role": str(role)}
            )
        return account

    def account(self, name: str) -> Account:
        """Return the account of a name.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        with self._engine.begin() as connection:
            return _account(connection, name)

    def accounts(self) -> list[Account]:
        """Return all accounts by name, disabled ones too."""
        with self._engine.begin() as connection:
            return [account_of(row) for row in connection.execute(select(user).order_by(user.c.name))]

    def set_disabled(self, name: str, disabled: bool, *, by: str, at: datetime) -> None:
        """Shut or open an account; whoever is signed in with a shut one is signed out."""
        self._change(name, {"is_disabled": disabled}, {"is_disabled": str(disabled).lower()}, by=by, at=at)

    def set_role(self, name: str, role: Role, *, by: str, at: datetime) -> None:
        """Give an account another role; whoever is signed in with it signs in again."""
        self._change(name, {"role": str(role)}, {"role": str(role)}, by=by, at=at)

    def password_hash(self, name: str) -> tuple[Account, str] | None:
        """Return an account with the hash of its password, or None when there is no such account."""
        query = (
            select(user, credential.c.secret)
            .join(credential, credential.c.user_id == user.c.id)
            .where(user.c.name == name, credential.c.kind == _PASSWORD, credential.c.revoked_at.is_(None))
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (account_of(row), row.secret)

    def set_password(self, name: str, password_hash: str, *, by: str, at: datetime) -> None:
        """Give an account another password, and sign it out everywhere."""
        with writing(self._engine) as connection:
            account = _account(connection, name)
            _revoke(connection, at, user_id=account.id, kind=_PASSWORD)
            _add_credential(connection, account.id, _PASSWORD, "", password_hash, at)
            connection.execute(delete(session).where(session.c.user_id == account.id))
            append(connection, Action.PASSWORD_CHANGED, at=at, actor=by, subject=name)

    def add_app_password(self, name: str, label: str, digest: str, *, by: str, at: datetime) -> AppPassword:
        """Keep a password for one program."""
        with writing(self._engine) as connection:
            account = _account(connection, name)
            identifier = _add_credential(connection, account.id, _APP, label, digest, at)
            append(
                connection,
                Action.APP_PASSWORD_ADDED,
                at=at,
                actor=by,
                subject=name,
                detail={"id": identifier, "label": label},
            )
        return AppPassword(identifier, label, at)

    def app_passwords(self, name: str) -> list[AppPassword]:
        """Return the passwords for programs of an account, oldest first, revoked ones too."""
        query = (
            select(credential)
            .join(user, credential.c.user_id == user.c.id)
            .where(user.c.name == name, credential.c.kind == _APP)
            .order_by(credential.c.created_at, credential.c.id)
        )
        with self._engine.begin() as connection:
            return [
                AppPassword(row.id, row.label, row.created_at, row.last_used_at, row.revoked_at)
                for row in connection.execute(query)
            ]

    def revoke_app_password(self, name: str, identifier: str, *, by: str, at: datetime) -> None:
        """Make a password for a program worthless.

        Raises
        ------
        NotFoundError
            When the account has no such password in use.
        """
        with writing(self._engine) as connection:
            account = _account(connection, name)
            if not _revoke(connection, at, user_id=account.id, kind=_APP, id=identifier):
                raise NotFoundError(f"{name} has no app password {identifier!r} in use.")
            append(
                connection,
                Action.APP_PASSWORD_REVOKED,
                at=at,
                actor=by,
                subject=name,
                detail={"id": identifier},
            )

    def account_of_app_password(self, name: str, digest: str, *, at: datetime) -> Account | None:
        """Return the account that has this password for a program in use, or None; note now and then that it was."""
        query = (
            select(user, credential.c.id.label("credential_id"), credential.c.last_used_at)
            .join(credential, credential.c.user_id == user.c.id)
            .where(
                user.c.name == name,
                credential.c.kind == _APP,
                credential.c.secret == digest,
                credential.c.revoked_at.is_(None),
            )
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or (at - row.last_used_at).total_seconds() > _USE_NOTED_EVERY_S:
            with writing(self._engine) as connection:
                connection.execute(
                    update(credential).where(credential.c.id == row.credential_id).values(last_used_at=at)
                )
        return account_of(row)

    def account_of_subject(self, subject: str) -> Account | None:
        """Return the account that an identity provider's subject belongs to, or None."""
        query = (
            select(user)
            .join(credential, credential.c.user_id == user.c.id)
            .where(
                credential.c.kind == _OIDC,
                credential.c.secret == subject,
                credential.c.revoked_at.is_(None),
            )
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else account_of(row)

    def link_subject(self, name: str, subject: str, *, by: str, at: datetime) -> Account:
        """Bind an account to an identity provider's subject.

        Raises
        ------
        ConflictError
            When the account is bound to another.
        """
        with writing(self._engine) as connection:
            account = _account(connection, name)
            bound = select(credential.c.id).where(
                credential.c.user_id == account.id,
                credential.c.kind == _OIDC,
                credential.c.revoked_at.is_(None),
            )
            if connection.scalar(bound) is not None:
                raise ConflictError(f"account {name!r} belongs to another subject of the identity provider.")
            _add_credential(connection, account.id, _OIDC, "", subject, at)
            append(
                connection, Action.ACCOUNT_CHANGED, at=at, actor=by, subject=name, detail={"oidc": "linked"}
            )
        return account

    def _change(
        self, name: str, values: Mapping[str, Any], detail: Mapping[str, str], *, by: str, at: datetime
    ) -> None:
        with writing(self._engine) as connection:
            account = _account(connection, name)
            connection.execute(update(user).where(user.c.id == account.id).values(**values))
            connection.execute(delete(session).where(session.c.user_id == account.id))
            append(connection, Action.ACCOUNT_CHANGED, at=at, actor=by, subject=name, detail=detail)


def account_of(row: Row[Any]) -> Account:
    """Read an account from a row of its table, or of a join with it."""
    return Account(row.id, row.name, Role(row.role), row.is_disabled, row.created_at)


def _account(connection: Connection, name: str) -> Account:
    row = connection.execute(select(user).where(user.c.name == name)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no account {name!r}. See kantong people list.")
    return account_of(row)


def _add_credential(
    connection: Connection, user_id: str, kind: str, label: str, secret: str, at: datetime
) -> str:
    identifier = secrets.token_hex(6)
    connection.execute(
        insert(credential),
        {
            "id": identifier,
            "user_id": user_id,
            "kind": kind,
            "label": label,
            "secret": secret,
            "created_at": at,
        },
    )
    return identifier


def _revoke(connection: Connection, at: datetime, **which: str) -> bool:
    conditions = [credential.c[name] == value for name, value in which.items()]
    done = connection.execute(
        update(credential).where(credential.c.revoked_at.is_(None), *conditions).values(revoked_at=at)
    )
    return done.rowcount > 0
