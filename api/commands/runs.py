"""Commands on runs: compute, report, rank, export."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from api.commands import tables
from api.commands.terminal import (
    AUDIENCE_LABELS,
    DATABASE,
    AudienceName,
    Database,
    Run,
    audience,
    bars,
    choice,
    note,
    say,
    written_whole,
)
from geo import compute as main_job
from geo import misfits, partitions, ranking, schema, specification, surfaces
from geo.boundaries import BoundarySet
from geo.dasymetry import CellWeights
from geo.disclosure import PUBLIC, PublishedRun
from geo.errors import ParameterError
from geo.exact import fraction
from geo.jobs import Job
from geo.locate import Conflict, Unusable
from geo.store import Store
from geo.tables import reading
from maps import export

_PLANNER = "planner"
#: Finer cells than these are smaller than the pixels of population rasters.
_FINEST_WEIGHTS = 10


def compute(
    households: Annotated[
        Path,
        typer.Option(
            "--households",
            help="The household register: a Parquet or CSV file, a folder of them, or a pattern with *.",
        ),
    ],
    boundaries: Annotated[
        str, typer.Option("--boundaries", help="Name of a loaded boundary set, or the id of a version.")
    ],
    members: Annotated[
        Path | None,
        typer.Option(
            "--members",
            help="Their members, as --households, parts under the same names. Without it, indicators of members are "
            "left out.",
        ),
    ] = None,
    schema_name: Annotated[
        str, typer.Option("--schema", help="How to read the register: a shipped schema or a .toml file.")
    ] = "dtsen",
    specification_name: Annotated[
        str, typer.Option("--specification", help="What to measure: a shipped specification or a .toml file.")
    ] = "default",
    resolution: Annotated[
        int, typer.Option("--resolution", help="Finest H3 resolution at which households are kept.")
    ] = 10,
    conflict: Annotated[
        str,
        typer.Option(
            "--conflict",
            help="When a point lies outside the unit of its code, count by 'code' or by 'point'.",
        ),
    ] = "code",
    locations: Annotated[
        Path | None,
        typer.Option(
            "--locations",
            help="Table of coordinates by family key (CSV, Excel, an export of KoboToolbox or ODK), for households "
            "that have none in the register.",
        ),
    ] = None,
    coordinates: Annotated[
        str,
        typer.Option(
            "--coordinates",
            help="Coordinates that stand there but cannot be used as they are (swapped, decimal comma, degrees and "
            "minutes, UTM metres, outside): count by 'code', 'interpret' them where one reading lies within the "
            "boundaries, or 'refuse' the household.",
        ),
    ] = "code",
    population: Annotated[
        Path | None,
        typer.Option(
            "--population",
            help="Raster of persons, by which households without a point are carried onto cells; by the located "
            "households of their unit when not given.",
        ),
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(
            "--refused",
            help="CSV to write with file, row and reason of refused households, and of households and members that do "
            "not fit each other (no key, one key twice, no counterpart); the first 10,000 of each.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the register, for maps and sheets.")
    ] = None,
    threads: Annotated[
        int, typer.Option("--threads", help="Threads to work on; the result does not depend on it.")
    ] = 2,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="Count on the workers of a Dask scheduler: tcp://10.0.0.5:8786."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            help="Folder that keeps the parts done, so that a job broken off goes on; removed when the run is stored.",
        ),
    ] = None,
    database: Database = DATABASE,
) -> None:
    """Measure a household register on a boundary set and store the run; prints its id and report."""
    if threads < 1:
        raise ParameterError(f"--threads {threads}: give at least 1.")
    measured = specification.load(specification_name)
    bound = partitions.bind(households, members, schema.load(schema_name), measured, name or "", locations)
    store = Store(database)
    units = store.boundaries(boundaries)
    for path in bound.files:
        if said := reading(path):
            note(said)
    for part in bound.parts[:1]:
        if said := tables.thousands_text(part.households, part.schema.household_variables):
            note(said)
    governing = Conflict(choice(conflict, list(Conflict), "--conflict"))
    unusable = Unusable(choice(coordinates, list(Unusable), "--coordinates"))
    job = Job(resume, units, resolution, governing, unusable) if resume is not None else None
    with bars() as progress:
        computed = main_job.compute(
            bound,
            units,
            resolution=resolution,
            conflict=governing,
            unusable=unusable,
            weights=_weights_of(population, units, resolution) if population is not None else None,
            threads=threads,
            scheduler=scheduler,
            job=job,
            earlier=store.earlier,
            progress=progress,
        )
    new = store.save_run(computed)
    if job is not None:
        job.remove()
    placement = computed.summary.placement
    if refused is not None:
        with written_whole(refused) as draft:
            draft.write_text(tables.refusals_csv(placement, misfits.misfits(bound, placement)), "utf-8")
    note("Dihitung dan disimpan." if new else "Hasil yang sama sudah tersimpan; tidak ada yang berubah.")
    say(tables.report_text(computed.summary))
    say(tables.uncertainty_text(computed.published[PUBLIC.name]))


def report(
    run: Run,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    database: Database = DATABASE,
) -> None:
    """Say what a run is and what became of every household read."""
    summary = Store(database).summary(run)
    if choice(format_, ("text", "json"), "--format") == "json":
        say(json.dumps(tables.report_values(summary), ensure_ascii=False, indent=2))
        return
    say(tables.report_text(summary))
    say(tables.uncertainty_text(Store(database).published(run, PUBLIC)))


def rank(
    run: Run,
    level: Annotated[
        str, typer.Option("--level", help="kota, kecamatan, kelurahan, rw, cell, h3-8, h3-9 or pocket.")
    ] = "kelurahan",
    by: Annotated[
        str,
        typer.Option(
            "--by", help="Figure to rank by: m0, h, a, poor_households, poor_persons, poor_per_km2, layer_…"
        ),
    ] = "m0",
    composite: Annotated[
        str | None,
        typer.Option(
            "--composite",
            help="Rank by several figures instead, with weights that add up to 1: 'm0=1/2,layer_banjir=1/2'.",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", help="How many places.")] = 20,
    format_: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    audience_name: AudienceName = _PLANNER,
    database: Database = DATABASE,
) -> None:
    """Rank the places of a level, the poorest first. Hidden places have no rank."""
    choice(format_, ("table", "csv", "json"), "--format")
    if top < 1:
        raise ParameterError(f"--top {top}: give at least 1.")
    published_run = _published(run, audience_name, database)
    published = export.level_of(published_run, level)
    table = published.table
    if composite is not None:
        by, table = "composite", ranking.with_composite(table, _weights(composite))
    ranked = ranking.rank(table, by).head(top)
    hidden = int((published.table["status"] == "hidden").sum())
    if format_ == "csv":
        say(tables.rank_csv(published_run, published, ranked))
    elif format_ == "json":
        say(
            json.dumps(
                tables.rank_values(published_run, published, ranked, by, hidden), ensure_ascii=False, indent=2
            )
        )
    else:
        say(tables.rank_text(published_run, published, ranked, by))
    note(f"Untuk {AUDIENCE_LABELS[published.audience.name]}; {hidden} tempat disembunyikan.")


def export_(
    run: Run,
    out: Annotated[Path, typer.Option("--out", help="File to write: .gpkg, .xlsx, .csv or .geojson.")],
    level: Annotated[
        str | None, typer.Option("--level", help="One level only; all levels and pockets when not given.")
    ] = None,
    audience_name: AudienceName = _PLANNER,
    database: Database = DATABASE,
) -> None:
    """Write the published figures of a run for a GIS or a spreadsheet."""
    write = export.writer(out)
    published = _published(run, audience_name, database)
    tables_ = export.levels_of(published, level)
    with written_whole(out) as draft:
        write(published, tables_, draft)
    _written(out, audience_name)


def _weights_of(path: Path, units: BoundarySet, resolution: int) -> CellWeights:
    surface = surfaces.read(path, units.units.geometry)
    for warning in (*surface.warnings, surfaces.density_warning(surface)):
        if warning:
            note(f"{path.name}: {warning}")
    return surfaces.cell_weights(surface, units, min(resolution, _FINEST_WEIGHTS))


def _weights(text: str) -> dict[str, Fraction]:
    """Read ``m0=1/2,layer_banjir=1/2``."""
    parts = [part.partition("=") for part in text.split(",")]
    return {
        name.strip(): fraction(weight.strip(), f"--composite {name.strip()}") for name, _, weight in parts
    }


def _published(run: str, audience_name: str, database: str) -> PublishedRun:
    reader = audience(audience_name)
    return Store(database).published(run, reader)


def _written(out: Path, audience_name: str) -> None:
    say(str(out))
    note(f"Untuk {AUDIENCE_LABELS[audience_name]}.")
