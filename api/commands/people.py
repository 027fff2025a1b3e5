"""Commands for accounts and the audit: people, audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.accounts import Accounts
from api.commands.terminal import DATABASE, Database, note, say
from geo.errors import StoreError
from geo.people import account_role
from geo.store import Store

people_app = typer.Typer(no_args_is_help=True, help="Accounts: who may sign in, and as what.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit: who did what, in a chain that shows changes.")

#: Who acts when a command is run on the machine of the store.
COMMAND_LINE = "kantong"

Name = Annotated[str, typer.Argument(metavar="NAME", help="Account name, such as perencana.bappeda.")]
RoleName = Annotated[str, typer.Option("--role", help="perencana, gis, pimpinan or admin.")]


@contextmanager
def opened(database: str, *, create: bool = False) -> Iterator[Store]:
    """Open a store, and let go of it at the end."""
    store = Store(database, create=create)
    try:
        yield store
    finally:
        store.close()


@people_app.command("add")
def add(name: Name, role: RoleName, database: Database = DATABASE) -> None:
    """Make an account, and print its password once."""
    with opened(database, create=True) as store:
        password = Accounts(store).add(name, account_role(role), by=COMMAND_LINE)
    _say_password(name, password)


@people_app.command("list")
def list_(database: Database = DATABASE) -> None:
    """List all accounts with their role and their app passwords in use."""
    with opened(database) as store:
        for account in store.people.accounts():
            shut = ", dinonaktifkan" if account.is_disabled else ""
            say(f"{account.name}\t{account.role}{shut}")
            for one in store.people.app_passwords(account.name):
                if one.revoked_at is None:
                    say(f"  sandi aplikasi {one.id}\t{one.label}\t{one.created_at:%Y-%m-%d}")


@people_app.command("role")
def role_(name: Name, role: RoleName, database: Database = DATABASE) -> None:
    """Give an account another role; it signs in again."""
    with opened(database) as store:
        store.people.set_role(name, account_role(role), by=COMMAND_LINE, at=datetime.now(UTC))
    note(f"{name}: {role}.")


@people_app.command("disable")
def disable(name: Name, database: Database = DATABASE) -> None:
    """Shut an account: it is signed out at once, and its app passwords stop working."""
    with opened(database) as store:
        store.people.set_disabled(name, True, by=COMMAND_LINE, at=datetime.now(UTC))
    note(f"{name}: dinonaktifkan.")


@people_app.command("enable")
def enable(name: Name, database: Database = DATABASE) -> None:
    """Open an account again."""
    with opened(database) as store:
        store.people.set_disabled(name, False, by=COMMAND_LINE, at=datetime.now(UTC))
    note(f"{name}: aktif.")


@people_app.command("password")
def password_(name: Name, database: Database = DATABASE) -> None:
    """Give an account a new password, print it once, and sign the account out everywhere."""
    with opened(database) as store:
        password = Accounts(store).new_password(name, by=COMMAND_LINE)
    _say_password(name, password)


@people_app.command("app-password")
def app_password(
    name: Name,
    label: Annotated[str, typer.Option("--label", help="For which program, such as 'QGIS kantor'.")] = "",
    revoke: Annotated[str, typer.Option("--revoke", help="Id of one that shall work no more.")] = "",
    database: Database = DATABASE,
) -> None:
    """Make a password for one program and print it once, or revoke one."""
    with opened(database) as store:
        if revoke:
            store.people.revoke_app_password(name, revoke, by=COMMAND_LINE, at=datetime.now(UTC))
            note(f"{name}: sandi aplikasi {revoke} dicabut.")
            return
        made, secret = Accounts(store).add_app_password(name, label, by=COMMAND_LINE)
    say(secret)
    note(f"{name}: sandi aplikasi {made.id} untuk {made.label}. Salin sekarang; tidak ditampilkan lagi.")


@audit_app.command("list")
def list_audit(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, newest first.")] = 50,
    database: Database = DATABASE,
) -> None:
    """List the newest entries."""
    with opened(database) as store:
        for entry in store.audit.newest(limit):
            detail = " ".join(f"{key}={value}" for key, value in sorted(entry.detail.items()))
            fields = (
                str(entry.number),
                f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
                entry.actor or "-",
                str(entry.action),
                entry.subject or "-",
                detail,
            )
            say("\t".join(fields).rstrip())


@audit_app.command("verify")
def verify(database: Database = DATABASE) -> None:
    """Check every entry against the chain; name the first that is not as it was written."""
    with opened(database) as store:
        broken = store.audit.verify()
        newest = store.audit.newest(1)
    if broken is not None:
        raise StoreError(
            f"the audit is not whole: entry {broken} is not as it was written. Compare with a backup from before."
        )
    if not newest:
        note("Jejak audit masih kosong.")
        return
    say(f"{newest[0].number}\t{newest[0].digest}")
    note("Jejak audit utuh. Catat nomor dan sidik terakhir ini di tempat lain, supaya pemotongan terlihat.")


def _say_password(name: str, password: str) -> None:
    say(password)
    note(f"{name}: kata sandi di atas ditampilkan sekali ini saja. Ganti setelah masuk, di /akun.")
