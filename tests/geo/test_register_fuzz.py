"""Files broken in every way: each is counted with a report that accounts for every row, or refused in one sentence."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from geo import inspection
from geo.boundaries import BoundarySet
from geo.counting import count
from geo.errors import KantongError
from geo.locate import Locator, Unusable
from geo.register import bind
from geo.schema import RegisterSchema
from geo.specification import Clause, Specification

CANARY = "KANARIRAHASIA"
ROWS = 40
SEEDS = range(8)
HALF = Fraction(1, 2)

Mutation = Callable[[bytes, random.Random], bytes]


def households() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "family": [f"K{row}" for row in range(ROWS)],
            "nama": [f"{CANARY} {row}" for row in range(ROWS)],
            "code": ["9902010001", "9902010002", "9902020001", "x"] * (ROWS // 4),
            "persons": [row % 6 + 1 for row in range(ROWS)],
            "desil": [row % 10 for row in range(ROWS)],
            "lon": [107.0 + row / 2000 for row in range(ROWS)],
            "lat": [-5.995 if row % 3 else None for row in range(ROWS)],
            "i0": [row % 2 for row in range(ROWS)],
            "i1": [row % 3 for row in range(ROWS)],
        }
    )


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 5, 60))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def dropped(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 200) :]


def doubled(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start : start + 300] + data[start:]


def headed(data: bytes, chance: random.Random) -> bytes:
    return (
        chance.choice(
            (b"\xef\xbb\xbf\xef\xbb\xbf", b"\xff\xfe", b"PAR1", b"PK\x03\x04", b"\0\0", b"\n\n", b"\x1f\x8b")
        )
        + data
    )


EVERY: tuple[Mutation, ...] = (cut, flipped, dropped, doubled, headed)


def lines(change: Callable[[list[str], random.Random], list[str]]) -> Mutation:
    def mutate(data: bytes, chance: random.Random) -> bytes:
        return "\n".join(change(data.decode().split("\n"), chance)).encode("utf-8", "surrogateescape")

    mutate.__name__ = change.__name__
    return mutate


def renamed(rows: list[str], chance: random.Random) -> list[str]:
    names = rows[0].split(",")
    names[chance.randrange(len(names))] = chance.choice(
        ("", "kolom", "code", "Ko de", '"', "i0", "\u200bcode")
    )
    return [",".join(names), *rows[1:]]


def shuffled(rows: list[str], chance: random.Random) -> list[str]:
    order = list(range(9))
    chance.shuffle(order)
    return [rows[0], *(",".join(row.split(",")[place] for place in order) for row in rows[1:] if row)]


def swapped(rows: list[str], chance: random.Random) -> list[str]:
    return [rows[0].replace("lon,lat", "lat,lon"), *rows[1:]]


def odd_values(rows: list[str], chance: random.Random) -> list[str]:
    odd = (
        "1e400",
        "-1",
        "99999999999999999999",
        "NaN",
        "inf",
        "  ",
        "=1+1",
        "\u0661",
        "0x1F",
        "1,5",
        "É",
        "-0",
        "1e-320",
    )
    changed = [rows[0]]
    for row in rows[1:]:
        values = row.split(",")
        if len(values) == 9:
            value = chance.choice(odd)
            values[chance.randrange(9)] = f'"{value}"' if "," in value else value
        changed.append(",".join(values))
    return changed


def ragged(rows: list[str], chance: random.Random) -> list[str]:
    place = chance.randrange(1, len(rows) - 1)
    return [
        *rows[:place],
        rows[place] + chance.choice((",", ",,,x", '"', "\r", '"""', "\t")),
        *rows[place + 1 :],
    ]


def other_delimiter(rows: list[str], chance: random.Random) -> list[str]:
    sign = chance.choice(";|\t:")
    return [row.replace(",", sign) if chance.random() < 0.97 else row for row in rows]


TEXT: tuple[Mutation, ...] = tuple(
    lines(change) for change in (renamed, shuffled, swapped, odd_values, ragged, other_delimiter)
)


def recoded(data: bytes, chance: random.Random) -> bytes:
    encoding = chance.choice(("utf-16", "utf-32", "cp1252", "utf-7", "cp037"))
    return data.decode().replace(CANARY, CANARY + "é").encode(encoding)


def zipped(data: bytes, chance: random.Random) -> bytes:
    """Return an archive that is no workbook: with a path that leads out of it, a bomb, or a sheet that is none."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = chance.randrange(3)
        name = ("../../keluar.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml")[kind]
        archive.writestr(name, b"0" * (70 << 20) if kind == 1 else data)
    return sink.getvalue()


def written(kind: str) -> bytes:
    sink = io.BytesIO()
    table = households()
    if kind == "csv":
        return table.write_csv().encode()
    if kind == "parquet":
        table.write_parquet(sink)
    else:
        table.write_excel(sink)
    return sink.getvalue()


CASES = [
    (kind, mutation, seed)
    for kind, mutations in (("csv", (*EVERY, *TEXT, recoded)), ("parquet", EVERY), ("xlsx", (*EVERY, zipped)))
    for mutation in mutations
    for seed in SEEDS
]


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_broken_file_is_counted_whole_or_refused_in_a_sentence(
    kind: str,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    specification = specify([HALF, HALF])
    original = written(kind)
    counted, refusals = 0, dict[str, str]()
    for _, mutation, seed in (case for case in CASES if case[0] == kind):
        chance = random.Random(f"{kind} {mutation.__name__} {seed}")
        path = tmp_path / f"{mutation.__name__}_{seed}.{kind}"
        path.write_bytes(mutation(original, chance))
        where = path.name
        try:
            inspection.inspect(path, None, small_schema, specification)
            register = bind(path, None, small_schema, specification)
            unusable = list(Unusable)[seed % 3]
            tally, report = count(register, Locator(boundaries, 9, unusable=unusable), threads=1)
        except KantongError as error:
            refusals[where] = f"{error} {error.__cause__}"
        else:
            counted += 1
            assert report.read == report.located + report.by_code + report.refused, where
            assert tally.counts["households"].sum() == report.located + report.by_code, where
            assert CANARY not in str(report), where
    assert counted > 0
    assert refusals
    for where, said in refusals.items():
        assert CANARY not in said, where
        assert re.match(r".+\.\w+: |uji: ", said), (where, said)
        assert len(said) < 800, (where, said)
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err


@pytest.mark.parametrize("side", ["members", "locations"])
def test_a_broken_file_beside_the_households_is_refused_in_a_sentence_too(
    side: str,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
    tmp_path: Path,
) -> None:
    from dataclasses import replace

    simple = specify([HALF, HALF])
    asked = replace(simple.indicators[1], rule=(Clause(any_member="age < 16"),))
    specification = replace(simple, indicators=(simple.indicators[0], asked))
    path = tmp_path / "h.parquet"
    households().write_parquet(path)
    people = pl.DataFrame({"family": [f"K{row % 30}" for row in range(90)], "age": range(90), "school": 1})
    places = households().select("family", "nama", "lon", "lat")
    refusals = []
    for mutation in (*EVERY, recoded):
        for seed in SEEDS[:3]:
            chance = random.Random(f"{side} {mutation.__name__} {seed}")
            other = tmp_path / f"{mutation.__name__}_{seed}.csv"
            other.write_bytes(
                mutation((people if side == "members" else places).write_csv().encode(), chance)
            )
            members, locations = (other, None) if side == "members" else (None, other)
            measured = specification if members else simple
            try:
                register = bind(path, members, small_schema, measured, "x", locations)
                _, report = count(register, Locator(boundaries, 9), threads=1)
            except KantongError as error:
                refusals.append(str(error))
            else:
                assert report.read == ROWS == report.located + report.by_code + report.refused
    assert refusals
    assert CANARY not in "".join(refusals)


def test_a_file_without_a_header_does_not_tell_its_first_family(
    small_schema: RegisterSchema, specify: Callable[..., Specification], tmp_path: Path
) -> None:
    path = tmp_path / "h.csv"
    path.write_text("\n".join(households().write_csv().replace("K", "3" * 12).split("\n")[1:]))
    for look in (
        lambda: inspection.inspect(path, None, small_schema, specify([HALF, HALF])),
        lambda: bind(path, None, small_schema, specify([HALF, HALF])),
    ):
        with pytest.raises(KantongError, match="Put a header row on top") as raised:
            look()
        assert CANARY not in str(raised.value)


def test_links_and_folders_are_no_registers(
    small_schema: RegisterSchema, specify: Callable[..., Specification], tmp_path: Path
) -> None:
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    nowhere = tmp_path / "nowhere.csv"
    nowhere.symlink_to(tmp_path / "none.csv")
    device = tmp_path / "device.csv"
    device.symlink_to("/dev/zero")
    for path in (loop, nowhere, device, tmp_path):
        with pytest.raises(KantongError):
            bind(path, None, small_schema, specify([HALF, HALF]))
