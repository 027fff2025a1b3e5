"""Commands that bring a run to the public: publish propose, approve, withdraw, state."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from api import publishing
from api.accounts import Accounts
from api.commands.people import opened
from api.commands.terminal import DATABASE, Database, Run, say
from geo.people import Identity
from geo.publication import Publication
from geo.store.publications import Publications

publish_app = typer.Typer(
    no_args_is_help=True, help="Publish a run: one official proposes it, another approves it."
)

As = Annotated[
    str,
    typer.Option("--as", help="Account of the official who does this; its password is asked for."),
]
_Step = Callable[[Publications, str, Identity, datetime], Publication]


@publish_app.command("propose")
def propose(run: Run, name: As, database: Database = DATABASE) -> None:
    """Propose a run for publication."""
    _do(publishing.propose, run, name, database)


@publish_app.command("approve")
def approve(run: Run, name: As, database: Database = DATABASE) -> None:
    """Publish a run that another official proposed."""
    _do(publishing.approve, run, name, database)


@publish_app.command("withdraw")
def withdraw(run: Run, name: As, database: Database = DATABASE) -> None:
    """Take a proposal back, or withdraw a published run."""
    _do(publishing.withdraw, run, name, database)


@publish_app.command("state")
def state(run: Run, database: Database = DATABASE) -> None:
    """Say how far a run is."""
    with opened(database) as store:
        _say(store.publications.of(store.resolve(run)))


def _do(step: _Step, run: str, name: str, database: str) -> None:
    # A script gives the password in the environment; on the command line everybody could read it.
    password = os.environ.get("KANTONG_PASSWORD") or typer.prompt(
        f"Kata sandi {name}", hide_input=True, err=True
    )
    with opened(database) as store:
        account = Accounts(store).prove(name, password, "")
        _say(step(store.publications, store.resolve(run), account.identity, datetime.now(UTC)))


def _say(publication: Publication) -> None:
    say(f"{publication.run_id[:12]}\t{publication.state}")
