"""Commands that bring data in: synthetic samples, boundaries."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import geopandas as gpd
import typer

from api.commands.terminal import DATABASE, Database, bars, choice, note, say
from geo import boundaries as boundary_files
from geo import codes, layers, sample
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError
from geo.store import Store

boundaries_app = typer.Typer(no_args_is_help=True, help="Load and list boundary sets.")

#: Households of a sample when nobody says otherwise.
SAMPLE_HOUSEHOLDS = 120_000
BACKDROP_KINDS = ("river", "road")


def sample_command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; made when it is not there.")],
    boundaries: Annotated[
        Path | None,
        typer.Option(
            "--boundaries", help="Polygons with codes to place the register on. Without it: Kota Contoh."
        ),
    ] = None,
    households: Annotated[int, typer.Option("--households", help="How many households.")] = SAMPLE_HOUSEHOLDS,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 1,
) -> None:
    """Write a synthetic household register, for Kota Contoh or over any boundary file.

    Writes households.parquet and members.parquet; for Kota Contoh also its boundaries, rivers and roads. Nobody in
    it exists.
    """
    if households < 1:
        raise ParameterError(f"--households {households}: give at least 1.")
    units = None if boundaries is None else coded_units(boundaries)
    with bars() as progress:
        files = sample.write_sample(
            out,
            units=units,
            households=households,
            seed=seed,
            progress=lambda done: progress("sample", done, households),
        )
    note(f"Data sintetis, {households} keluarga, seed {seed}:")
    for file in files:
        say(str(file))


def coded_units(path: Path) -> gpd.GeoDataFrame:
    """Read the polygons of a file with their code in a column ``code``, whatever system it is in.

    Raises
    ------
    FileError, BoundaryError
        When the file cannot be read or holds no codes of an RW or kelurahan.
    """
    table = layers.read_polygons(path)
    for level in ("rw", "kelurahan"):
        for system in CodeSystem:
            try:
                column = boundary_files.find_code_column(table, level, system, path)
            except BoundaryError:
                continue
            return table.rename(columns={column: "code"})
    raise BoundaryError(
        f"{path}: no column holds the codes of RW or kelurahan, so no register can be placed on it."
    )


@boundaries_app.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(help="GeoPackage, Shapefile, GeoJSON or another polygon layer, with a CRS.")
    ],
    codes_: Annotated[
        str, typer.Option("--codes", help="Whose codes they are: 'bps' or 'kemendagri'. Never guessed.")
    ],
    level: Annotated[
        str, typer.Option("--level", help="What each polygon is: rw, kelurahan, kecamatan, …")
    ] = "kelurahan",
    set_name: Annotated[
        str | None, typer.Option("--set", help="Name of the set; the file's name when not given.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer, when the file has several.")] = None,
    code_column: Annotated[
        str | None, typer.Option("--code-column", help="Column of the codes, when several fit.")
    ] = None,
    name_column: Annotated[str | None, typer.Option("--name-column", help="Column of the names.")] = None,
    source: Annotated[
        str, typer.Option("--source", help="Where the boundaries come from, for maps and sheets.")
    ] = "",
    valid_from: Annotated[
        datetime | None,
        typer.Option("--valid-from", formats=["%Y-%m-%d"], help="From when they hold, such as 2025-01-01."),
    ] = None,
    database: Database = DATABASE,
) -> None:
    """Load a polygon layer as a boundary set; the levels above it follow from the codes."""
    boundaries = boundary_files.read(
        file,
        name=set_name or file.stem,
        level=choice(level, codes.LEVELS, "--level"),
        code_system=CodeSystem(choice(codes_, list(CodeSystem), "--codes")),
        layer=layer,
        code_column=code_column,
        name_column=name_column,
        source=source,
        valid_from=valid_from.date() if valid_from else None,
    )
    new = Store(database, create=True).save_boundaries(boundaries)
    for repair in boundaries.repairs:
        note(
            f"{repair.code} {repair.name}: {repair.defect}; {repair.action}, {repair.area_moved_m2:.1f} m² berpindah"
        )
    counts = ", ".join(f"{len(boundaries.rows(level_))} {level_}" for level_ in boundaries.levels)
    area = boundaries.units["area_km2"].iloc[boundaries.rows(boundaries.finest_level)].sum()
    note(f"{boundaries.place}: {counts}; {area:.1f} km²; kode {boundaries.code_system}")
    note("Dimuat sebagai versi baru." if new else "Versi ini sudah ada; tidak ada yang berubah.")
    say(f"{boundaries.name} {boundaries.id}")


@boundaries_app.command("list")
def list_(database: Database = DATABASE) -> None:
    """List every version of every boundary set, newest last."""
    for row in Store(database).boundary_listing():
        facts = (
            row.name,
            row.id[:12],
            row.code_system,
            row.finest_level,
            f"{row.units} unit",
            str(row.valid_from or "-"),
            row.source or "-",
        )
        say("  ".join(facts))


@boundaries_app.command("backdrop")
def backdrop(
    set_name: Annotated[
        str, typer.Argument(metavar="SET", help="Name of the boundary set to draw them behind.")
    ],
    file: Annotated[Path, typer.Argument(help="Lines, with a CRS.")],
    kind: Annotated[str, typer.Option("--kind", help="What they are: river or road.")],
    database: Database = DATABASE,
) -> None:
    """Load rivers or roads that maps draw for orientation; replaces those loaded before."""
    choice(kind, BACKDROP_KINDS, "--kind")
    features = layers.read_lines(file)
    store = Store(database)
    name = store.boundaries(set_name).name
    store.save_backdrop(name, kind, features)
    note(f"{name}: {len(features)} {kind}")
