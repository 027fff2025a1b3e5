"""The command ``kantong``: results on standard output, progress and notes on standard error."""

import os
import sys
from typing import Annotated

import typer

from api.commands import (
    boundaries,
    database,
    intake,
    layers,
    people,
    printing,
    publishing,
    registers,
    runs,
    serving,
)
from api.commands.terminal import note
from geo import __version__
from geo.errors import KantongError

#: What a command leaves with when the person can mend the cause.
USER_ERROR = 2

app = typer.Typer(
    name="kantong",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find poverty pockets (kantong kemiskinan): measure, rank, map and print places, never households.",
)
app.command("sample")(intake.sample_command)
app.add_typer(boundaries.boundaries_app, name="boundaries")
app.add_typer(registers.register_app, name="register")
app.add_typer(layers.layers_app, name="layers")
app.add_typer(database.database_app, name="db")
app.command("compute")(runs.compute)
app.command("report")(runs.report)
app.command("rank")(runs.rank)
app.command("print")(printing.print_)
app.command("export")(runs.export_)
app.add_typer(publishing.publish_app, name="publish")
app.add_typer(people.people_app, name="people")
app.add_typer(people.audit_app, name="audit")
app.command("serve")(serving.serve)
app.command("demo")(serving.demo)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Say the version and stop.")] = False,
) -> None:
    """Find poverty pockets (kantong kemiskinan): measure, rank, map and print places, never households."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; what a person can mend is one sentence and status 2."""
    try:
        app()
    except KantongError as error:
        note(f"kantong: {error}")
        sys.exit(USER_ERROR)
    except BrokenPipeError:  # the reader of the results, such as head, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
