"""Commands on registers: inspect a file before it is measured, report unit by unit afterwards."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.joining import CodeColumn, Matches, MatchesOut, NameColumns, ValueColumn, figures_of
from api.commands.tables import thousands_text
from api.commands.terminal import DATABASE, Database, Run, choice, note, say, written_whole
from geo import inspection, schema, scrutiny, specification
from geo.errors import ParameterError
from geo.inspection import Inspection
from geo.scrutiny import Scrutiny, Suspicion
from geo.specification import Specification
from geo.store import Store
from geo.tables import reading
from maps.numbers import number, percent

register_app = typer.Typer(no_args_is_help=True, help="Inspect a register, report on one unit by unit.")

_MOST_SHOWN = 40
_SUSPICIONS = {
    "identical": "semua {detail} keluarga sama persis",
    "constant": "{detail} sama pada semua keluarga, padahal di wilayah lain berbeda-beda",
    "large": "{detail} kali jiwa yang diharapkan menurut penduduk",
    "small": "hanya {detail} kali jiwa yang diharapkan menurut penduduk",
}


@register_app.command("inspect")
def inspect(
    households: Annotated[Path, typer.Argument(metavar="FILE", help="Households: CSV, Excel or Parquet.")],
    members: Annotated[Path | None, typer.Option("--members", help="Their members.")] = None,
    schema_name: Annotated[
        str | None,
        typer.Option("--schema", help="Schema to hold it against; the one that fits best if not given."),
    ] = None,
    specification_name: Annotated[
        str, typer.Option("--specification", help="What is to be measured.")
    ] = "default",
    out: Annotated[
        Path | None, typer.Option("--out", help="Schema to write as .toml, with the names of the file.")
    ] = None,
) -> None:
    """Say which columns are recognised, unknown and missing, and which indicators would be lost; propose a schema.

    Names of columns are told, never a value.
    """
    held = schema.load(schema_name) if schema_name is not None else inspection.fitting_schema(households)
    asked = specification.load(specification_name)
    found = inspection.inspect(households, members, held, asked)
    for one in found:
        say(_inspection_text(one))
    if warned := thousands_text(households, held.household_variables):
        note(warned)
    say(_losses_text(found[0], asked))
    if out is not None:
        with written_whole(out) as draft:
            draft.write_text(inspection.proposed(held, found), "utf-8")
        note(f"Usulan skema ditulis ke {out}; periksa daftar kodenya sebelum dipakai.")


def _inspection_text(one: Inspection) -> str:
    lines = [f"{one.file.name}: sekitar {number(one.rows)} baris, dibandingkan dengan skema {one.schema}"]
    if said := reading(one.file):
        lines.append(f"  {said}")
    lines.append(f"  Dikenali ({len(one.recognised)})")
    lines += [f"    {column} → {use}" for column, use in one.recognised.items()]
    if one.outside:
        lines.append("  Nilai di luar daftar kode atau bukan angka (dianggap tidak ada)")
        lines += [f"    {name}: {percent(share)} dari yang terisi" for name, share in one.outside.items()]
    if one.missing:
        lines.append(f"  Tidak ada ({len(one.missing)})")
        lines += [
            f"    {column}{f'; mungkin {alike}?' if alike else ''}" for column, alike in one.missing.items()
        ]
    if one.unknown:
        plain = [name for name in one.unknown if name not in one.personal]
        lines.append(f"  Tidak dipakai ({len(one.unknown)}): {', '.join(plain)}")
        if one.personal:
            lines.append(f"    data pribadi, tidak dibaca: {', '.join(one.personal)}")
    return "\n".join(lines)


def _losses_text(one: Inspection, asked: Specification) -> str:
    if not one.lost:
        return f"Semua {len(asked.indicators)} indikator {asked.name} dapat diukur."
    lines = [f"Indikator {asked.name} yang tidak dapat diukur ({len(one.lost)} dari {len(asked.indicators)})"]
    labels = {indicator.id: indicator.label.id for indicator in asked.indicators}
    lines += [f"  {name} ({labels[name]}): tanpa {', '.join(columns)}" for name, columns in one.lost.items()]
    return "\n".join(lines)


@register_app.command("report")
def report(
    run: Run,
    level: Annotated[
        str, typer.Option("--level", help="provinsi, kota, kecamatan, kelurahan or rw.")
    ] = "kelurahan",
    population: Annotated[
        Path | None, typer.Option("--population", help="Table of persons by unit, to compare sizes with.")
    ] = None,
    code_column: CodeColumn = "",
    name_columns: NameColumns = "",
    value_column: ValueColumn = "",
    matches: Matches = None,
    matches_out: MatchesOut = None,
    format_: Annotated[str, typer.Option("--format", help="text or csv.")] = "text",
    database: Database = DATABASE,
) -> None:
    """Report a register unit by unit, for its keeper only: placed, missing, and what can hardly be true.

    The counts are not protected. They are read from the restricted counts, which only the keeper of the store may read.
    """
    choice(format_, ("text", "csv"), "--format")
    store = Store(database)
    counts, boundaries = store.tabulation(run).restricted
    choice(level, boundaries.levels, "--level")
    expected = None
    if population is not None:
        read = figures_of(
            population,
            boundaries,
            code_column=code_column,
            name_columns=name_columns,
            value_column=value_column,
            matches=matches,
            matches_out=matches_out,
        )
        for warning in read.warnings:
            note(warning)
        if read.level != level:
            raise ParameterError(f"--population: its codes are of {read.level}; give --level {read.level}.")
        expected = read.values
    measured = store.summary(run).specification
    found = scrutiny.scrutinise(counts, boundaries, measured, level, expected)
    say(found.units.write_csv().rstrip("\n") if format_ == "csv" else _scrutiny_text(found, measured))
    note("Untuk pengelola register saja: angka ini tidak dilindungi dan tidak boleh diteruskan.")


def _scrutiny_text(found: Scrutiny, measured: Specification) -> str:
    units = found.units
    located, households = int(units["located"].sum()), int(units["households"].sum())
    lines = [
        f"{number(households)} keluarga di {units.height} unit, {percent(located / households)} dengan titik"
    ]
    lines.append("Tanpa jawaban, menurut indikator")
    labels = {indicator.id: indicator.label.id for indicator in measured.indicators}
    lines += [f"  {percent(share):>8}  {labels[name]}" for name, share in found.missing.items()]
    lines.append(f"Unit yang perlu diperiksa ({len(found.suspicions)})")
    lines += [f"  {one.code} {one.name}: {_in_words(one, labels)}" for one in found.suspicions[:_MOST_SHOWN]]
    if len(found.suspicions) > _MOST_SHOWN:
        lines.append(f"  dan {len(found.suspicions) - _MOST_SHOWN} lagi")
    return "\n".join(lines)


def _in_words(one: Suspicion, labels: dict[str, str]) -> str:
    return _SUSPICIONS[one.reason].format(detail=labels.get(one.detail, one.detail.replace(".", ",")))
