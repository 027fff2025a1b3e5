"""Accounts, sessions and the audit, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from geo.audit import Action
from geo.errors import ConflictError, NotFoundError, ParameterError
from geo.people import Permission, Role
from geo.store import Store
from geo.store.people_tables import audit, session

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def people(store: Store) -> Store:
    store.people.add("perencana", Role.PERENCANA, "hash", by="kantong", at=NOW)
    store.people.add("pimpinan", Role.PIMPINAN, "hash", by="kantong", at=NOW)
    return store


def actions(store: Store) -> list[str]:
    return [entry.action for entry in reversed(store.audit.newest(100))]


def test_accounts_come_back_as_they_were_made(people: Store) -> None:
    account = people.people.account("perencana")
    assert (account.role, account.is_disabled, account.created_at) == (Role.PERENCANA, False, NOW)
    assert account.identity.may(Permission.PROPOSE)
    assert [one.name for one in people.people.accounts()] == ["perencana", "pimpinan"]
    found = people.people.password_hash("perencana")
    assert found is not None
    assert found == (account, "hash")
    assert people.people.password_hash("tidak.ada") is None


def test_names_are_given_once_and_only_good_ones(people: Store) -> None:
    with pytest.raises(ConflictError, match="perencana"):
        people.people.add("perencana", Role.GIS, "hash", by="kantong", at=NOW)
    for name in ("", "ab", "Perencana", "1a2", "a b c", "x" * 41, "a/../b", "3" * 10):
        with pytest.raises(ParameterError, match="account name"):
            people.people.add(name, Role.GIS, "hash", by="kantong", at=NOW)
    with pytest.raises(NotFoundError, match=r"tidak\.ada"):
        people.people.account("tidak.ada")


def test_a_session_is_found_until_it_is_closed(people: Store) -> None:
    account = people.people.account("perencana")
    people.sessions.open(account, "digest", at=NOW, expires_at=LATER, way="password")
    found = people.sessions.find("digest")
    assert found is not None
    assert (found.account, found.expires_at) == (account, LATER)
    people.sessions.close("digest", account, at=NOW)
    assert people.sessions.find("digest") is None
    assert actions(people)[-2:] == [Action.SIGN_IN, Action.SIGN_OUT]


@pytest.mark.parametrize("change", ["disable", "role", "password"])
def test_a_changed_account_is_signed_out_everywhere(people: Store, change: str) -> None:
    account = people.people.account("perencana")
    other = people.people.account("pimpinan")
    people.sessions.open(account, "one", at=NOW, expires_at=LATER, way="password")
    people.sessions.open(other, "two", at=NOW, expires_at=LATER, way="password")
    if change == "disable":
        people.people.set_disabled("perencana", True, by="admin", at=NOW)
    elif change == "role":
        people.people.set_role("perencana", Role.GIS, by="admin", at=NOW)
    else:
        people.people.set_password("perencana", "new", by="admin", at=NOW)
        found = people.people.password_hash("perencana")
        assert found is not None
        assert found[1] == "new"
    assert people.sessions.find("one") is None
    assert people.sessions.find("two") is not None


def test_old_sessions_are_forgotten(people: Store) -> None:
    account = people.people.account("perencana")
    people.sessions.open(account, "old", at=NOW, expires_at=LATER, way="password")
    people.sessions.open(
        account, "new", at=NOW + timedelta(days=30), expires_at=NOW + timedelta(days=31), way="password"
    )
    with people._engine.begin() as connection:
        assert [row.digest for row in connection.execute(session.select())] == ["new"]


def test_an_app_password_works_until_it_is_revoked(people: Store) -> None:
    made = people.people.add_app_password("perencana", "QGIS", "digest", by="perencana", at=NOW)
    used = people.people.account_of_app_password("perencana", "digest", at=LATER)
    assert used is not None
    assert used.name == "perencana"
    assert people.people.app_passwords("perencana")[0].last_used_at == LATER
    assert people.people.account_of_app_password("pimpinan", "digest", at=LATER) is None
    assert people.people.account_of_app_password("perencana", "other", at=LATER) is None
    with pytest.raises(NotFoundError, match="app password"):
        people.people.revoke_app_password("pimpinan", made.id, by="pimpinan", at=LATER)
    people.people.revoke_app_password("perencana", made.id, by="perencana", at=LATER)
    assert people.people.account_of_app_password("perencana", "digest", at=LATER) is None
    with pytest.raises(NotFoundError):
        people.people.revoke_app_password("perencana", made.id, by="perencana", at=LATER)


def test_a_subject_belongs_to_one_account(people: Store) -> None:
    assert people.people.account_of_subject("https://idp|42") is None
    people.people.link_subject("perencana", "https://idp|42", by="perencana", at=NOW)
    bound = people.people.account_of_subject("https://idp|42")
    assert bound is not None
    assert bound.name == "perencana"
    with pytest.raises(ConflictError, match="another subject"):
        people.people.link_subject("perencana", "https://idp|43", by="perencana", at=NOW)


def test_failures_are_counted_for_a_while(people: Store) -> None:
    for minute in (0, 5, 10):
        people.sessions.fail(
            ("name", "address"),
            at=NOW + timedelta(minutes=minute),
            forget_before=NOW - timedelta(days=1),
            subject="perencana",
            detail={"way": "password"},
        )
    since = NOW + timedelta(minutes=1)
    assert people.sessions.failures("name", since) == (2, NOW + timedelta(minutes=5))
    assert people.sessions.failures("other", since) == (0, None)
    people.sessions.forgive("name")
    assert people.sessions.failures("name", since) == (0, None)
    assert people.sessions.failures("address", since)[0] == 2


def test_the_audit_is_whole_and_tells_who_did_what(people: Store) -> None:
    people.people.set_disabled("perencana", True, by="admin.kota", at=LATER)
    assert people.audit.verify() is None
    newest = people.audit.newest(1)[0]
    assert (newest.number, newest.actor, newest.action, newest.subject, newest.at) == (
        3, "admin.kota", "account_changed", "perencana", LATER,
    )  # fmt: skip
    assert newest.detail == {"is_disabled": "true"}


@pytest.mark.parametrize("statement", [update(audit).values(actor="x"), delete(audit)])
def test_the_database_refuses_to_change_the_audit(people: Store, statement: object) -> None:
    with pytest.raises(DBAPIError, match="append-only"), people._engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    assert people.audit.verify() is None


def test_whoever_gets_around_the_database_is_found_out(people: Store) -> None:
    people.audit.append(Action.EXPORTED, at=NOW, actor="perencana", subject="run")
    with people._engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER restricted.audit_no_update"))
        else:
            connection.execute(text("DROP TRIGGER audit_append_only ON restricted.audit"))
        connection.execute(update(audit).where(audit.c.number == 2).values(actor="orang.lain"))
    assert people.audit.verify() == 2


def test_a_failed_change_leaves_no_entry(people: Store) -> None:
    before = people.audit.newest(1)
    with pytest.raises(NotFoundError):
        people.people.set_role("tidak.ada", Role.GIS, by="admin", at=NOW)
    assert people.audit.newest(1) == before


def test_people_writing_at_once_keep_one_chain(people: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(number: int) -> None:
        people.audit.append(Action.EXPORTED, at=NOW, actor="perencana", subject=str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert people.audit.verify() is None
    assert people.audit.newest(1)[0].number == 42


def test_nobody_inserts_between(people: Store) -> None:
    with people._engine.begin() as connection:
        connection.execute(
            insert(audit),
            {"number": 9, "at": NOW, "actor": "x", "action": "x", "subject": "x", "detail": "{}",
             "previous": "0", "digest": "0"},
        )  # fmt: skip
    assert people.audit.verify() == 3
