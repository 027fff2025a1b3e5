"""A register in partitions: pairs of files, households and their members, matched by name.

Members stand in the partition of their household. The parts are read one by one, and what they add up to does not
depend on how the rows were split over them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from geo import register, tables
from geo.errors import FileError, RegisterError
from geo.register import Register
from geo.schema import RegisterSchema
from geo.specification import Label, Specification

_WILDCARDS = {"**/": "((?:.*/)?)", "*": "([^/]*)", "?": "([^/])"}


@dataclass(frozen=True)
class PartitionedRegister:
    """The parts of one register, each with its own files, all read and measured in the same way."""

    parts: tuple[Register, ...]

    @property
    def name(self) -> str:
        """What the register is called."""
        return self.parts[0].name

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is read."""
        both = ((part.households, part.members) for part in self.parts)
        return tuple(path for pair in both for path in pair if path is not None)

    @property
    def specification(self) -> Specification:
        """What can be measured, the same in every part."""
        return self.parts[0].specification

    @property
    def notes(self) -> tuple[Label, ...]:
        """What the reader must know, one sentence each."""
        return self.parts[0].notes


def bind(
    households: Path,
    members: Path | None,
    schema: RegisterSchema,
    specification: Specification,
    name: str = "",
    locations: Path | None = None,
) -> PartitionedRegister:
    """Open a register in one or many files, and check that every part can be measured in the same way.

    Parameters
    ----------
    households, members
        A file, a folder of files, or a pattern such as ``register/*/households.parquet``. Parts are matched by their
        path in the folder without the ending, or by what stands for the wildcards of the pattern.

    locations
        A table of coordinates by family key, for all parts.

    Raises
    ------
    FileError
        When a part is missing on one side, or a file cannot be read.
    RegisterError
        When parts do not have the same columns.
    SpecificationError
        As `geo.register.bind`.
    """
    pairs = _pairs(households, members)
    called = name or _name(households)
    first = register.bind(*pairs[0], schema, specification, called, locations)
    return PartitionedRegister((first, *(_alike(first, *pair, specification) for pair in pairs[1:])))


def _alike(first: Register, households: Path, members: Path | None, specification: Specification) -> Register:
    """Return a part that is read as the first one is."""
    schema = first.schema
    household_columns = tables.present(households, schema.household_columns)
    member_columns = (
        tables.present(members, schema.member_columns) if members is not None else frozenset[str]()
    )
    if (household_columns, member_columns) == (first.household_columns, first.member_columns):
        return replace(first, households=households, members=members)
    other = register.bind(households, members, first.schema, specification, first.name, first.locations)
    for part, reference in ((other, first), (first, other)):
        _check_columns(part.households, part.household_columns, reference.household_sources, reference)
        if part.members is not None:
            _check_columns(part.members, part.member_columns, reference.member_sources, reference)
    return other


def _check_columns(path: Path, present: frozenset[str], needed: tuple[str, ...], reference: Register) -> None:
    lacking = [column for column in needed if column not in present]
    if lacking:
        raise RegisterError(
            f"{path}: lacks the column {', '.join(map(repr, lacking))} that {reference.households.name} and its "
            "members have. All parts of a register need the same columns; ask for this one again."
        )


def _pairs(households: Path, members: Path | None) -> list[tuple[Path, Path | None]]:
    of_households = _files(households)
    if members is None:
        return [(path, None) for path in of_households.values()]
    of_members = _files(members)
    if len(of_households) == 1 and len(of_members) == 1:
        return list(zip(of_households.values(), of_members.values(), strict=True))
    for name in sorted(of_households.keys() ^ of_members.keys()):
        path, other = (
            (of_households[name], f"--members {members}")
            if name in of_households
            else (of_members[name], f"--households {households}")
        )
        raise FileError(
            f"{path}: the part {name!r} has no counterpart in {other}. Give every part once on both sides, under one "
            "name."
        )
    return [(path, of_members[name]) for name, path in of_households.items()]


def _files(path: Path) -> dict[str, Path]:
    """Return the files of one side by the name of their part, in the order of names."""
    if path.is_dir():
        named = [
            (str(file.relative_to(path).with_suffix("")), file)
            for file in path.rglob("*")
            if file.suffix.lower() in tables.SUFFIXES and not file.name.startswith((".", "_"))
        ]
    elif path.exists() or not _is_pattern(path):
        return {path.stem: path}
    else:
        named = _matching(path)
    if not named:
        raise FileError(f"{path}: holds no Parquet, CSV or Excel file. Check the path.")
    files: dict[str, Path] = {}
    for name, file in sorted(named):
        if name in files:
            raise FileError(f"{file}: {files[name].name} is the same part {name!r}. Keep one of them.")
        files[name] = file
    return files


def _is_pattern(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[")


def _matching(pattern: Path) -> list[tuple[str, Path]]:
    """Return the files that match a pattern, with what stands for its wildcards."""
    fixed = len(pattern.parts)
    for position, part in enumerate(pattern.parts):
        if _is_pattern(Path(part)):
            fixed = position
            break
    root, below = Path(*pattern.parts[:fixed]), "/".join(pattern.parts[fixed:])
    captured = re.compile(_as_expression(below, _WILDCARDS))
    found = []
    for file in root.glob(below):
        matched = captured.fullmatch(file.relative_to(root).as_posix())
        if matched is not None and file.is_file():
            found.append(("/".join(group.strip("/") for group in matched.groups()), file))
    return found


def _as_expression(pattern: str, wildcards: Mapping[str, str]) -> str:
    pieces = re.split(r"(\*\*/|\*|\?|\[[^\]]*\])", pattern)
    return "".join(
        wildcards.get(piece)
        or (f"({piece.replace('[!', '[^')})" if piece.startswith("[") else re.escape(piece))
        for piece in pieces
    )


def _name(households: Path) -> str:
    if not _is_pattern(households) or households.exists():
        return households.stem
    plain = [part for part in households.parent.parts if not _is_pattern(Path(part))]
    return plain[-1] if plain else "register"
