"""What a layer means: which column is the code, in which system, the names and parents, and of which level it is."""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import codes
from geo.boundaries import columns, matching
from geo.boundaries.columns import Role, as_text
from geo.boundaries.draft import Draft
from geo.boundaries.findings import Finding
from geo.boundaries.matching import Match
from geo.boundaries.proof import Proof, prove
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError
from geo.registry import Registry
from geo.specification import Label


@dataclass(frozen=True)
class Choices:
    """What the person said of a layer; None where it is to be proposed.

    Attributes
    ----------
    level, system, code_column, name_column
        As `geo.boundaries.read`.
    matches
        A confirmed table of names and codes, where the file has names only.
    """

    level: str | None = None
    system: CodeSystem | None = None
    code_column: str | None = None
    name_column: str | None = None
    matches: Path | None = None


@dataclass(frozen=True)
class Understanding:
    """What a layer was taken to mean, with the evidence.

    Attributes
    ----------
    draft
        Its units.
    system_evidence
        Why the code system, in Indonesian.
    is_system_sure
        Whether the person named it or the registry proves it.
    roles
        Which column is what.
    matches
        Names matched to the registry, where the file has no codes.
    is_matched_by_name
        Whether codes come from names that nobody has confirmed yet.
    findings
        What was noticed while reading codes.
    """

    draft: Draft
    system_evidence: str
    is_system_sure: bool
    roles: tuple[Role, ...]
    matches: tuple[Match, ...]
    is_matched_by_name: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Codes:
    """Where the codes come from: their texts as the file has them, one a row."""

    texts: list[str]
    role: Role
    system: CodeSystem
    evidence: str
    is_sure: bool
    matches: tuple[Match, ...] = ()
    is_by_name: bool = False


def understand(table: gpd.GeoDataFrame, path: Path, choices: Choices, registry: Registry) -> Understanding:
    """Say what a layer means.

    Raises
    ------
    BoundaryError
        When no column holds codes and no names can be matched, several do, or the registry contradicts the system
        that the person named.
    ParameterError
        When the level or a named column does not exist.
    """
    if choices.level is not None and choices.level not in codes.LEVELS:
        raise ParameterError(f"{choices.level!r} is not a level; levels are {', '.join(codes.LEVELS)}.")
    for column in (choices.code_column, choices.name_column):
        if column is not None:
            columns.existing(table, column, path)
    level = choices.level or _level(table, path, choices)
    roles = _roles(table, level, choices)
    names = {role.role: _texts(table, role.column) for role in roles}
    found = _codes(table, path, choices, registry, level, names)
    draft, restored = _draft(table, level, found, names)
    draft, from_registry = _parents_named(draft, registry)
    return Understanding(
        draft,
        found.evidence,
        found.is_sure,
        (found.role, *roles, *from_registry),
        found.matches,
        found.is_by_name,
        tuple(restored),
    )


def _level(table: gpd.GeoDataFrame, path: Path, choices: Choices) -> str:
    """Propose the finest level that a column holds codes of or is named for: running numbers look like kota codes."""
    named = None if choices.code_column else columns.level_of_names(table)
    found = [level for level in (_level_of_codes(table, choices), named) if level is not None]
    if found:
        return max(found, key=codes.LEVELS.index)
    present = ", ".join(columns.attributes(table)) or "none"
    if present == "none":
        raise BoundaryError(
            f"{path}: has outlines and no columns. Of a Shapefile give the .dbf too, or the zip with all its parts."
        )
    raise BoundaryError(
        f"{path}: no column holds codes or names of units. Columns: {present}. Name one with --code-column; or, where "
        "there are names only, say --level kelurahan --name-column COLUMN."
    )


def _level_of_codes(table: gpd.GeoDataFrame, choices: Choices) -> str | None:
    systems = [choices.system] if choices.system else list(CodeSystem)
    given = [choices.code_column] if choices.code_column else columns.attributes(table)
    for level in reversed(codes.LEVELS):
        if choices.code_column is None and columns.code_from_parts(table, level) is not None:
            return level
        if any(
            columns.share_of_codes(table[column], level, system) > 0.5
            for system in systems
            for column in given
            if choices.code_column or columns.may_hold(column, level)
        ):
            return level
    return None


def _roles(table: gpd.GeoDataFrame, level: str, choices: Choices) -> tuple[Role, ...]:
    proposed = columns.name_roles(table, level)
    if choices.name_column is None:
        return proposed
    return (
        *(role for role in proposed if role.role != "name"),
        Role("name", choices.name_column, "sesuai --name-column"),
    )


def _texts(table: gpd.GeoDataFrame, column: str) -> list[str | None]:
    return [as_text(value) or None for value in table[column].tolist()]


# Codes


def _codes(
    table: gpd.GeoDataFrame,
    path: Path,
    choices: Choices,
    registry: Registry,
    level: str,
    names: dict[str, list[str | None]],
) -> _Codes:
    if choices.matches is not None:
        return _by_name(path, choices, registry, level, names, len(table))
    beside = names.get("kelurahan_name" if level in codes.WITHIN_KELURAHAN else "name", [None] * len(table))
    proofs = {}
    for system in CodeSystem:
        candidates = (
            [choices.code_column] if choices.code_column else columns.fitting_columns(table, level, system)
        )
        for column in candidates:
            proofs[column, system] = prove(table[column].tolist(), beside, level, system, registry)
    parts = columns.code_from_parts(table, level) if choices.code_column is None else None
    if parts is not None and choices.system is not CodeSystem.KEMENDAGRI:
        headers, texts = parts
        role = Role("code", "+".join(headers), "bagian kode BPS di beberapa kolom, nol di depan dikembalikan")
        return _Codes(texts, role, CodeSystem.BPS, "bps: judul kolom bagian kode BPS", True)
    if not proofs and level == "rw" and (joined := _with_rw_number(table, choices, registry, names)):
        return joined
    if not proofs and _has_names(level, names, choices):
        return _by_name(path, choices, registry, level, names, len(table))
    if choices.system is not None:
        return _of_named_system(table, path, choices, level, proofs)
    return _of_proven_system(table, path, choices, level, proofs)


def _with_rw_number(
    table: gpd.GeoDataFrame, choices: Choices, registry: Registry, names: dict[str, list[str | None]]
) -> _Codes | None:
    """Put the codes of RW together from the code of the kelurahan in one column and the number of the RW in another."""
    if "name" not in names or choices.code_column is not None:
        return None
    systems = [choices.system] if choices.system else list(CodeSystem)
    beside = names.get("kelurahan_name", [None] * len(table))
    found = [
        (prove(table[column].tolist(), beside, "kelurahan", system, registry), column, system)
        for system in systems
        for column in columns.fitting_columns(table, "kelurahan", system)
    ]
    sure = [one for one in found if one[0].is_proven or choices.system is not None]
    if len(sure) != 1:
        return None
    (proof, column, system), numbers = (
        sure[0],
        map(matching.rw_number, (name or "" for name in names["name"])),
    )
    texts = []
    for value, number in zip(table[column].tolist(), numbers, strict=True):
        code = codes.mended(as_text(value), system)
        known = code is not None and code.level == "kelurahan" and number is not None
        texts.append(matching.with_rw(str(code), number, system) if known and number is not None else "")
    role = Role("code", f"{column}+RW", "kode kelurahan, dengan nomor RW dari kolom namanya")
    return _Codes(texts, role, system, proof.sentence, True)


def _has_names(level: str, names: dict[str, list[str | None]], choices: Choices) -> bool:
    """Whether codes can be matched by names; names alone are only taken where the person says what they name."""
    if level == "rw":
        return "kelurahan_name" in names and "name" in names
    above = "kecamatan_name" in names or "kota_name" in names or choices.level is not None
    return level == "kelurahan" and "name" in names and above


def _of_named_system(
    table: gpd.GeoDataFrame,
    path: Path,
    choices: Choices,
    level: str,
    proofs: dict[tuple[str, CodeSystem], Proof],
) -> _Codes:
    system = choices.system
    assert system is not None
    column = choices.code_column or columns.find_code_column(table, level, system, path)
    proof = proofs[column, system]
    for (other_column, other), against in proofs.items():
        if other_column == column and other is not system and against.is_proven and not proof.is_proven:
            raise BoundaryError(
                f"{path}: the codes in {column!r} were said to be of {system}, but the names beside them are those of "
                f"{other} ({against.agreeing} of {against.known} agree; as {system} codes {proof.agreeing} of "
                f"{proof.known}). Say --codes {other}."
            )
    return _Codes(
        [as_text(value) for value in table[column].tolist()],
        Role(
            "code",
            column,
            "sesuai --code-column" if choices.code_column else f"isinya kode {system} tingkat {level}",
        ),
        system,
        f"sesuai --codes; {proof.sentence}",
        True,
    )


def _of_proven_system(
    table: gpd.GeoDataFrame,
    path: Path,
    choices: Choices,
    level: str,
    proofs: dict[tuple[str, CodeSystem], Proof],
) -> _Codes:
    if not proofs:
        raise columns.no_code_column(table, level, " or ".join(CodeSystem), path)
    proven = [place for place, proof in proofs.items() if proof.is_proven]
    systems = {system for _, system in proven}
    evidence = "; ".join(dict.fromkeys(proof.sentence for proof in proofs.values()))
    if len(systems) == 1 and len({column for column, _ in proven}) == 1:
        column, system = proven[0]
        is_sure = True
    else:
        # Not proven: the report is drawn up with the likelier one, and a load asks for --codes.
        column, system = max(
            proofs, key=lambda place: (proofs[place].agreeing, _is_dotted(table, place[0], place[1]))
        )
        columns.find_code_column(table, level, system, path) if choices.code_column is None else None
        is_sure = False
        evidence = f"belum terbukti ({evidence}); sebutkan --codes bps atau --codes kemendagri"
    return _Codes(
        [as_text(value) for value in table[column].tolist()],
        Role("code", column, f"isinya kode {system} tingkat {level}"),
        system,
        evidence,
        is_sure,
    )


def _is_dotted(table: gpd.GeoDataFrame, column: str, system: CodeSystem) -> bool:
    dotted = bool(table[column].astype(str).str.match(r"\d\d\.\d").mean() > 0.5)
    return dotted == (system is CodeSystem.KEMENDAGRI)


def _by_name(
    path: Path,
    choices: Choices,
    registry: Registry,
    level: str,
    names: dict[str, list[str | None]],
    rows: int,
) -> _Codes:
    if not _has_names(level, names, choices):
        raise BoundaryError(
            f"{path}: has no codes, and to match names it lacks the names of kelurahan with their kecamatan or kota. "
            "Name the columns, or add codes."
        )
    system = choices.system or CodeSystem.KEMENDAGRI
    empty: list[str | None] = [None] * rows
    own = names["kelurahan_name"] if level == "rw" else names["name"]
    triples = [
        (kota or "", kecamatan or "", kelurahan or "")
        for kota, kecamatan, kelurahan in zip(
            names.get("kota_name", empty), names.get("kecamatan_name", empty), own, strict=True
        )
    ]
    matches = matching.match(triples, registry, system)
    if not any(one.code for one in matches):
        raise BoundaryError(
            f"{path}: no column holds codes of a {level}, and the registry knows none of its names. Name the column of "
            "the codes with --code-column, or their system with --codes."
        )
    if choices.matches is None:
        code_of = {matching.key(one.names): one.code for one in matches}
        evidence = f"{system}: kode dicocokkan dari nama, belum dikonfirmasi (--matches)"
    else:
        code_of = dict(matching.confirmed(choices.matches, system))
        evidence = f"{system}: kode dari {choices.matches.name}"
    texts = []
    for triple, rw in zip(triples, names["name"], strict=True):
        code = code_of.get(matching.key(triple))
        if code is not None and level == "rw":
            number = matching.rw_number(rw or "")
            code = None if number is None else matching.with_rw(code, number, system)
        texts.append(code or "")
    role = Role("code", "(dari nama)", "berkas tidak memuat kode; nama dicocokkan dengan daftar acuan")
    sure = choices.matches is not None and choices.system is not None
    return _Codes(texts, role, system, evidence, sure, matches, choices.matches is None)


# Units


def _draft(
    table: gpd.GeoDataFrame, level: str, found: _Codes, names: dict[str, list[str | None]]
) -> tuple[Draft, list[Finding]]:
    parsed, restored = [], []
    for row, text in enumerate(found.texts, start=1):
        code = codes.mended(text, found.system)
        parsed.append(str(code) if code is not None and code.level == level else None)
        if code is not None and "." in text and _lost_zeros(text, str(code)):
            restored.append(
                Finding(
                    "zeros-restored",
                    row,
                    str(code),
                    detail=Label(f"{text!r} dibaca {code}", f"{text!r} read as {code}"),
                )
            )
    rows = len(table)
    above = {f"{upper}_name": names.get(f"{upper}_name", [None] * rows) for upper in codes.above(level)}
    facts = {"code": parsed, "text": found.texts, "name": names.get("name", [None] * rows), **above}
    # As objects, so that what is missing stays None.
    units = gpd.GeoDataFrame(
        pd.DataFrame(facts, dtype=object).assign(row=np.arange(1, rows + 1)),
        geometry=table.geometry.to_numpy(),
        crs=4326,
    )
    return Draft(units, level, found.system), restored


def _parents_named(draft: Draft, registry: Registry) -> tuple[Draft, list[Role]]:
    """Name the levels above from the registry where the file has no column for them."""
    table, roles = draft.table, []
    for level in codes.above(draft.level):
        if table[f"{level}_name"].notna().any():
            continue
        entries = {
            code: registry.entry(draft.system, code) for code in set(draft.above(level)) if code is not None
        }
        named = {code: entry.name for code, entry in entries.items() if entry is not None}
        if named:
            values = [named.get(code or "") for code in draft.above(level)]
            table = table.assign(**{f"{level}_name": pd.Series(values, dtype=object, index=table.index)})
            roles.append(Role(f"{level}_name", "(daftar acuan)", "berkas tidak menyebut nama ini"))
    return replace(draft, table=table), roles


def _lost_zeros(text: str, code: str) -> bool:
    digits = [part for part in text.lower().removeprefix("id").split(".") if part.strip("0")]
    return len("".join(digits)) < len(code.replace(".", "")) and text.count(".") > 1
