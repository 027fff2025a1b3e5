"""Commands that bring data in: synthetic samples, boundaries."""

from pathlib import Path
from typing import Annotated

import geopandas as gpd
import typer

from api.commands.terminal import bars, note, say
from geo import boundaries as boundary_files
from geo import layers, sample
from geo.codes import CodeSystem
from geo.errors import BoundaryError, ParameterError

#: Households of a sample when nobody says otherwise.
SAMPLE_HOUSEHOLDS = 120_000


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
