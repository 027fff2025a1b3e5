"""Signing in and being recognised: passwords for people, sessions for browsers, app passwords for programs."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

from api import passwords
from api.problems import NotSignedInError, ThrottledError
from geo.audit import Action, Entry
from geo.errors import ConflictError, NotFoundError, ParameterError
from geo.people import ANONYMOUS, Account, AppPassword, Identity, Role, Session
from geo.store import Store

#: A working day.
SESSION_LASTS = timedelta(hours=12)

#: Without TLS a browser refuses the first name; the second is for this machine only.
COOKIES = ("__Host-kantong", "kantong")

_WINDOW = timedelta(minutes=15)
_MOST_BY_NAME = 10
_MOST_BY_ADDRESS = 50
_MOST_LABEL = 60
_MOST_APP_PASSWORDS = 20


def _now() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The people of a store, as they come to the door.

    Parameters
    ----------
    store
        Where accounts, sessions and the audit are kept.
    clock
        Returns the present moment, UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self.clock = clock

    def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """Open a session for a name and its password, and return its token; see `prove` for errors."""
        return self.open_session(self.prove(name, password, address), "password")

    def prove(self, name: str, password: str, address: str) -> Account:
        """Return the account that a name and its password belong to.

        An unknown name, a wrong password and a disabled account are answered alike and after the same time.

        Raises
        ------
        NotSignedInError
            When they do not fit.
        ThrottledError
            After too many failures of late under the name or from the address.
        """
        by_name, by_address = _key("name", name.casefold()), _key("address", address)
        self._refuse_throttled(((by_name, _MOST_BY_NAME), (by_address, _MOST_BY_ADDRESS)))
        found = self._store.people.password_hash(name)
        right = passwords.is_right(password, found[1] if found else None)
        if found is None or not right or found[0].is_disabled:
            self._failed((by_name, by_address), found[0].name if found else "", "password")
            raise NotSignedInError("name and password do not fit together.")
        self._store.sessions.forgive(by_name)
        return found[0]

    def open_session(self, account: Account, way: str) -> tuple[str, Session]:
        """Open a session for somebody who has proven who it is."""
        token, now = passwords.token(), self.clock()
        opened = Session(account, now + SESSION_LASTS)
        self._store.sessions.open(
            account, passwords.digest(token), at=now, expires_at=opened.expires_at, way=way
        )
        return token, opened

    def vouched(self, subject: str, name: str) -> Account:
        """Return the account of somebody whom an identity provider vouches for; bind it at the first time.

        Raises
        ------
        NotSignedInError
            When there is no such account, it is disabled, or belongs to another subject.
        """
        people, now = self._store.people, self.clock()
        account = people.account_of_subject(subject)
        try:
            account = account or people.link_subject(name, subject, by=name, at=now)
        except (NotFoundError, ConflictError) as error:
            self._failed((_key("subject", subject),), "", "oidc")
            raise NotSignedInError("there is no account for this person.") from error
        if account.is_disabled:
            self._failed((_key("subject", subject),), account.name, "oidc")
            raise NotSignedInError("the account is disabled.")
        return account

    def sign_out(self, headers: Headers) -> None:
        """Close the session that a request came with, if any."""
        for token in _tokens(headers):
            found = self._store.sessions.find(passwords.digest(token))
            if found is not None:
                self._store.sessions.close(passwords.digest(token), found.account, at=self.clock())

    def recognise(self, headers: Headers) -> Identity:
        """Return the person that a request comes from: by app password, else by session, else the public.

        Raises
        ------
        NotSignedInError
            For an app password that is wrong or revoked, and for another kind of authorization.
        ThrottledError
            After too many of them.
        """
        authorization = headers.get("authorization")
        if authorization is not None:
            return self._by_app_password(authorization)
        for token in _tokens(headers):
            found = self._store.sessions.find(passwords.digest(token))
            if found is not None and found.expires_at > self.clock() and not found.account.is_disabled:
                return found.account.identity
        return ANONYMOUS

    def note_refusal(self, headers: Headers, asker: Identity, what: str) -> None:
        """Write down that somebody was refused: with a role that may not, or with a session that is none any more."""
        if not asker.is_anonymous:
            self._refused(asker.name, what, "role")
        for token in _tokens(headers) if asker.is_anonymous else []:
            expired = self._store.sessions.find(passwords.digest(token))
            if expired is not None:
                self._refused(expired.account.name, what, "session expired")
            else:
                self._unknown_token()

    def note_other(self, asker: Identity, what: str) -> None:
        """Write down that somebody signed in asked for what is another's."""
        if not asker.is_anonymous:
            self._refused(asker.name, what, "another's")

    def note_forgery(self, headers: Headers, what: str) -> None:
        """Write down that another site tried to make somebody's browser do something here."""
        for token in _tokens(headers):
            found = self._store.sessions.find(passwords.digest(token))
            if found is not None:
                self._refused(found.account.name, what, "another site")

    def change_password(self, asker: Identity, old: str, new: str) -> None:
        """Give the own account another password; it is signed out everywhere.

        Raises
        ------
        NotSignedInError
            When the old one is wrong.
        ParameterError
            When the new one may not be chosen.
        """
        by_name = _key("name", asker.name)
        self._refuse_throttled(((by_name, _MOST_BY_NAME),))
        found = self._store.people.password_hash(asker.name)
        if not passwords.is_right(old, found[1] if found else None):
            self._failed((by_name,), asker.name, "password change")
            raise NotSignedInError("the present password is wrong.")
        new_hash = passwords.hashed(passwords.checked(new, asker.name))
        self._store.people.set_password(asker.name, new_hash, by=asker.name, at=self.clock())

    def add_app_password(self, name: str, label: str, *, by: str) -> tuple[AppPassword, str]:
        """Make a password for one program, and return it; it is shown once and kept nowhere.

        Raises
        ------
        ParameterError
            When the label is empty or long, or there are many in use already.
        """
        label = label.strip()
        if not 0 < len(label) <= _MOST_LABEL:
            raise ParameterError(f"name the program in 1 to {_MOST_LABEL} characters, such as QGIS kantor.")
        in_use = [one for one in self._store.people.app_passwords(name) if one.revoked_at is None]
        if len(in_use) >= _MOST_APP_PASSWORDS:
            raise ParameterError(f"there are {len(in_use)} app passwords in use; revoke one first.")
        secret = passwords.token()
        made = self._store.people.add_app_password(
            name, label, passwords.digest(secret), by=by, at=self.clock()
        )
        return made, secret

    def app_passwords(self, asker: Identity) -> list[AppPassword]:
        """Return the own passwords for programs."""
        return self._store.people.app_passwords(asker.name)

    def revoke_app_password(self, asker: Identity, identifier: str) -> None:
        """Make an own password for a program worthless."""
        self._store.people.revoke_app_password(asker.name, identifier, by=asker.name, at=self.clock())

    def accounts(self) -> list[Account]:
        """Return all accounts."""
        return self._store.people.accounts()

    def add(self, name: str, role: Role, *, by: str) -> str:
        """Make an account, and return the password drawn for it."""
        password = passwords.drawn()
        self._store.people.add(name, role, passwords.hashed(password), by=by, at=self.clock())
        return password

    def new_password(self, name: str, *, by: str) -> str:
        """Give an account a password drawn for it, and return it."""
        password = passwords.drawn()
        self._store.people.set_password(name, passwords.hashed(password), by=by, at=self.clock())
        return password

    def change(self, name: str, role: Role | None, is_disabled: bool | None, *, by: str) -> Account:
        """Give an account another role, or shut or open it.

        Raises
        ------
        ConflictError
            For the own account: an admin who gives the office up asks another.
        """
        if name == by:
            raise ConflictError("nobody changes the role of the own account or shuts it; ask another admin.")
        if role is not None:
            self._store.people.set_role(name, role, by=by, at=self.clock())
        if is_disabled is not None:
            self._store.people.set_disabled(name, is_disabled, by=by, at=self.clock())
        return self._store.people.account(name)

    def newest_entries(self, limit: int) -> list[Entry]:
        """Return the newest entries of the audit, newest first."""
        return self._store.audit.newest(limit)

    def _by_app_password(self, authorization: str) -> Identity:
        name, secret = _basic(authorization)
        account = self._store.people.account_of_app_password(name, passwords.digest(secret), at=self.clock())
        if account is not None and not account.is_disabled:
            return account.identity
        # A right secret is let in whatever others tried: nobody can lock a program out by failing in its name.
        by_name = _key("app", name.casefold())
        self._refuse_throttled(((by_name, _MOST_BY_NAME),))
        known = name if self._store.people.password_hash(name) else ""
        self._failed((by_name,), known, "app password")
        raise NotSignedInError("the app password is wrong or revoked.")

    def _refused(self, actor: str, what: str, why: str) -> None:
        self._store.audit.append(
            Action.REFUSED, at=self.clock(), actor=actor, subject=what, detail={"why": why}
        )

    def _unknown_token(self) -> None:
        """Write down a token that was never one, or is none any more; a few times, as nobody runs out of them."""
        key = _key("token", "")
        if self._store.sessions.failures(key, self.clock() - _WINDOW)[0] < _MOST_BY_NAME:
            self._failed((key,), "", "session")

    def _refuse_throttled(self, limits: tuple[tuple[str, int], ...]) -> None:
        now = self.clock()
        for key, most in limits:
            number, oldest = self._store.sessions.failures(key, now - _WINDOW)
            if oldest is not None and number >= most:
                wait = oldest + _WINDOW - now
                raise ThrottledError(
                    "too many sign-ins failed; wait a while.", max(1, int(wait.total_seconds()))
                )

    def _failed(self, keys: tuple[str, ...], known_name: str, way: str) -> None:
        # What was typed as a name may be a password typed into the wrong field: only names of accounts are kept.
        now = self.clock()
        self._store.sessions.fail(
            keys, at=now, forget_before=now - _WINDOW, subject=known_name, detail={"way": way}
        )


def _key(kind: str, value: str) -> str:
    return passwords.digest(f"{kind}:{value}")


def _tokens(headers: Headers) -> list[str]:
    try:
        sent = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return []
    return [sent[name].value for name in COOKIES if name in sent]


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    if scheme.lower() != "basic" or ":" not in decoded:
        raise NotSignedInError("give an account's name and one of its app passwords over HTTP Basic.")
    name, _, secret = decoded.partition(":")
    return name, secret
