"""What commands share: their options, progress on standard error, files written whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.settings import DEFAULT_DATABASE_URL
from geo.disclosure import AUDIENCES, Audience
from geo.errors import FileError, ParameterError

Database = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="KANTONG_DATABASE_URL",
        help="The store: sqlite:///file.gpkg or postgresql+psycopg://user@host/name.",
    ),
]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="Id of a run, a unique beginning of one, or 'latest'.")
]
AudienceName = Annotated[
    str,
    typer.Option("--audience", help="For whom: 'planner' (internal) or 'public'. Decides what is hidden."),
]

DATABASE = DEFAULT_DATABASE_URL

#: How an audience is called in what people read.
AUDIENCE_LABELS = {"public": "publik", "planner": "perencana (internal)"}

_STAGES = {
    "sample": "Membuat data sintetis",
    "members": "Membaca anggota keluarga",
    "households": "Menempatkan keluarga",
    "publish": "Mengukur dan memeriksa",
    "sheets": "Menggambar lembar peta",
    "profiles": "Menggambar profil",
}


def audience(name: str) -> Audience:
    """Return the audience of a name.

    Raises
    ------
    ParameterError
        When there is none.
    """
    if name in AUDIENCES:
        return AUDIENCES[name]
    raise ParameterError(f"--audience {name!r}: there is no such audience; give {' or '.join(AUDIENCES)}.")


def choice(value: str, allowed: Sequence[str], option: str) -> str:
    """Return a value that is one of those allowed.

    Raises
    ------
    ParameterError
        Naming the option and what it takes.
    """
    if value in allowed:
        return value
    raise ParameterError(f"{option} {value!r}: give one of {', '.join(allowed)}.")


def note(text: str) -> None:
    """Tell the person something that is not the result."""
    print(text, file=sys.stderr)  # noqa: T201


def say(text: str) -> None:
    """Print the result."""
    print(text)  # noqa: T201


class Bars:
    """Progress bars on standard error, one a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_STAGES[stage], total=max(total, 1))
        # The total of a CSV file is an estimate from its size.
        self._progress.update(self._tasks[stage], completed=done, total=max(total, done, 1))


@contextmanager
def bars() -> Iterator[Bars]:
    """Show progress bars while work goes on; on a terminal only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bars(progress)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and put it in place only when all went well.

    Raises
    ------
    FileError
        When the folder does not exist or may not be written to.
    """
    if not path.parent.is_dir():
        raise FileError(f"{path}: the folder {path.parent} does not exist. Make it first.")
    if path.is_dir():
        raise FileError(f"{path}: is a folder; give the name of a file.")
    try:
        folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=".kantong-")
    except PermissionError as error:
        raise FileError(f"{path}: the folder may not be written to.") from error
    with folder as name:
        draft = Path(name) / path.name
        yield draft
        os.replace(draft, path)  # noqa: PTH105
