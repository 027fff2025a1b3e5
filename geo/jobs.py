"""The registry of partitions done: a broken-off job goes on where it stopped.

What a finished partition counted is kept in a folder under a key of everything it hangs on, so it is found again only
when nothing of that has changed. It is as close to microdata as the tally: the folder is for its owner alone, and goes
when the run is stored.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from geo import specification as specifications
from geo._version import __version__
from geo.boundaries import BoundarySet
from geo.errors import ParameterError
from geo.locate import Conflict, Unusable
from geo.register import Register
from geo.report import PlacementReport, Refusal
from geo.tally import Tally

_SUFFIX, _DRAFT = ".partition", ".draft"
_DIGEST_BYTES = 16
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a part of a register."""

    tally: Tally
    report: PlacementReport

    def to_bytes(self) -> bytes:
        """Write what was counted, with a digest in front."""
        report = json.dumps(asdict(self.report)).encode()
        content = len(report).to_bytes(_LENGTH_BYTES, "big") + report + self.tally.to_bytes()
        return _digest(content) + content

    @classmethod
    def from_bytes(cls, data: bytes) -> "Counted":
        """Read what `to_bytes` wrote.

        Raises
        ------
        ValueError
            When the bytes are not as they were written.
        """
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if _digest(content) != digest:
            raise ValueError("the digest does not fit")
        length = int.from_bytes(content[:_LENGTH_BYTES], "big")
        report, tally = content[_LENGTH_BYTES:][:length], content[_LENGTH_BYTES + length :]
        values = json.loads(report)
        refusals = tuple(Refusal(**refusal) for refusal in values.pop("refusals"))
        return cls(Tally.from_bytes(tally), PlacementReport(**values, refusals=refusals))


class Job:
    """The partitions done of one job.

    Parameters
    ----------
    folder
        Where they are kept; made when it is not there.
    boundaries, resolution, conflict, unusable
        What the partitions are counted on.

    Raises
    ------
    ParameterError
        When the folder cannot be used, or holds something else.
    """

    def __init__(
        self,
        folder: Path,
        boundaries: BoundarySet,
        resolution: int,
        conflict: Conflict,
        unusable: Unusable = Unusable.CODE,
    ) -> None:
        self._folder = folder
        self._facts = {
            "version": __version__,
            "boundaries": boundaries.id,
            "resolution": resolution,
            "conflict": str(conflict),
            "unusable": str(unusable),
        }
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            foreign = [path.name for path in folder.iterdir() if path.suffix not in (_SUFFIX, _DRAFT)]
            if foreign:
                raise ParameterError(
                    f"{folder}: holds something else ({foreign[0]!r}). Name a new folder for the partitions done."
                )
            folder.chmod(0o700)
        except OSError as error:
            raise ParameterError(
                f"{folder}: cannot keep the partitions done ({error.strerror}). Name a folder of your own; the "
                "one above it must exist."
            ) from error

    def key(self, part: Register) -> str:
        """Return the key of a part: a hash of the bytes of its files and of all that its tally hangs on."""
        facts = self._facts | {
            "schema": asdict(part.schema),
            "specification": specifications.to_table(part.specification),
            "households": _content(part.households),
            "members": _content(part.members) if part.members is not None else None,
            "locations": _content(part.locations) if part.locations is not None else None,
        }
        return _digest(json.dumps(facts, sort_keys=True, default=_plain).encode()).hex()

    def get(self, key: str) -> Counted | None:
        """Return what was counted under a key, None when it is not there or damaged."""
        try:
            return Counted.from_bytes((self._folder / f"{key}{_SUFFIX}").read_bytes())
        except (FileNotFoundError, ValueError, pa.ArrowException):
            return None

    def put(self, key: str, counted: bytes) -> None:
        """Keep what was counted under a key: whole or not at all, for the owner's eyes only."""
        # mkstemp makes files that only their owner may read.
        handle, draft = tempfile.mkstemp(dir=self._folder, suffix=_DRAFT)
        with os.fdopen(handle, "wb") as file:
            file.write(counted)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(self._folder / f"{key}{_SUFFIX}")

    def remove(self) -> None:
        """Remove all that was kept, and the folder."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)
        self._folder.rmdir()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in a key")
