"""Tile archives of the runs that somebody may see, built when there is none yet and kept open."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from api.auth import Identity, Permission, refusal
from api.library import Library
from geo.disclosure import AUDIENCES, PUBLIC
from geo.errors import NotFoundError
from maps import export, tiles
from maps.tile_archive import TileArchive

#: How long an answer to "may it be seen" is believed: a run that was withdrawn is gone after this.
_BELIEVED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tiles of a level of a run, as one audience may see them."""

    run: str
    audience: str
    level: str


class TileShelf:
    """Tile archives by run, audience and level.

    Parameters
    ----------
    library
        The runs.
    folder
        Where the archives are kept; whatever is there may be deleted, and is built again.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        self._library = library
        self._folder = folder
        self._open: dict[Path, TileArchive] = {}
        self._seen: dict[tuple[Wanted, str], tuple[float, TileArchive]] = {}
        self._building = threading.Lock()

    def at_hand(self, wanted: Wanted, asker: Identity) -> TileArchive | None:
        """Return an archive that somebody of this role was let see a moment ago, without a look at the store."""
        until, archive = self._seen.get((wanted, asker.role), (0.0, None))
        return archive if time.monotonic() < until else None

    def archive(self, wanted: Wanted, asker: Identity) -> TileArchive:
        """Return an archive, built first when there is none yet.

        Raises
        ------
        NotFoundError
            When there is no such run or level for the audience.
        NotAllowedError, NotSignedInError
            When the asker is not of the audience.
        """
        audience = AUDIENCES.get(wanted.audience)
        if audience is None:
            raise NotFoundError(
                f"there is no audience {wanted.audience!r}; there are {', '.join(AUDIENCES)}."
            )
        if audience is not PUBLIC and asker.audience is not audience:
            raise refusal(asker, Permission.SEE_DRAFTS)
        run = self._library.run(wanted.run, audience)
        level = export.level_of(run, wanted.level).level
        path = tiles.archive_in(self._folder, run, level)
        with self._building:
            if path not in self._open:
                if not path.exists():
                    tiles.write_archive(run, level, path)
                self._open[path] = TileArchive(path)
        archive = self._open[path]
        self._seen[wanted, asker.role] = (time.monotonic() + _BELIEVED_SECONDS, archive)
        return archive

    def close(self) -> None:
        """Let go of all archives."""
        self._seen.clear()
        for archive in self._open.values():
            archive.close()
        self._open.clear()
