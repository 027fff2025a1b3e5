"""Options of commands that join a table of areas to a boundary set, by code or by name."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.terminal import note, written_whole
from geo import figures
from geo.boundaries import BoundarySet, matching
from geo.errors import ParameterError
from geo.figures import Figures

CodeColumn = Annotated[str, typer.Option("--code-column", help="Of a table: column of the codes.")]
NameColumns = Annotated[
    str,
    typer.Option(
        "--name-columns",
        help="Of a table without codes: columns of the names, such as kota,kecamatan,kelurahan or kelurahan alone.",
    ),
]
ValueColumn = Annotated[str, typer.Option("--value-column", help="Of a table: column of the figures.")]
Matches = Annotated[
    Path | None,
    typer.Option("--matches", help="Confirmed table of names and codes, as --matches-out wrote it."),
]
MatchesOut = Annotated[
    Path | None,
    typer.Option(
        "--matches-out", help="Write the names matched to codes, to confirm or correct; nothing is kept."
    ),
]


def figures_of(
    path: Path,
    boundaries: BoundarySet,
    *,
    code_column: str,
    name_columns: str,
    value_column: str,
    matches: Path | None,
    matches_out: Path | None,
) -> Figures:
    """Read a table of figures by code, or by names that are the same or that a person confirmed.

    Raises
    ------
    ParameterError
        When neither is named, or names have to be confirmed.
    typer.Exit
        When the matches were written.
    """
    if not value_column or bool(code_column) == bool(name_columns):
        raise ParameterError(f"{path}: say --value-column, and either --code-column or --name-columns.")
    if code_column:
        return figures.read(path, boundaries, code_column=code_column, value_column=value_column)
    columns = [name.strip() for name in name_columns.split(",")]
    if not 1 <= len(columns) <= 3:
        raise ParameterError(f"--name-columns {name_columns}: give one to three, the kelurahan last.")
    read, found = figures.read_by_name(
        path,
        boundaries,
        name_columns=columns,
        value_column=value_column,
        confirmed=None if matches is None else matching.confirmed(matches, boundaries.code_system),
    )
    if matches_out is not None:
        with written_whole(matches_out) as draft:
            matching.write(found, draft)
        note(f"Padanan nama: {matches_out}. Periksa kolom kode, lalu berikan dengan --matches {matches_out}")
        raise typer.Exit
    if read is None:
        same = sum(one.how == matching.EXACT and one.code is not None for one in found)
        raise ParameterError(
            f"{path}: {same} of {len(found)} names are the same as in {boundaries.name!r}; a person has to confirm the "
            "others. Write them with --matches-out matches.csv, edit the column kode, and give --matches matches.csv."
        )
    return read
