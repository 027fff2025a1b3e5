"""``kantong boundaries``: check, load, list, compare and export boundary sets."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from api import versions
from api.commands.terminal import DATABASE, AudienceName, Database, audience, choice, note, say, written_whole
from geo import boundaries as boundary_files
from geo import codes, layers, lineage
from geo.boundaries import BoundarySet, Checked, Choices, Options, matching
from geo.boundaries import repairs as repair_language
from geo.codes import CodeSystem
from geo.disclosure import PublishedRun
from geo.errors import FileError, NotFoundError, ParameterError
from geo.store import Store, bridging
from maps import boundary_report
from maps.numbers import number

BACKDROP_KINDS = ("river", "road")

#: What ``check`` leaves with: the file can be loaded, or something stops it. A file that cannot be read leaves 2.
LOADABLE, NOT_LOADABLE = 0, 1

boundaries_app = typer.Typer(
    no_args_is_help=True, help="Check, load, list, compare and export boundary sets."
)

File = Annotated[
    Path,
    typer.Argument(
        help="GeoPackage, Shapefile (also zipped), GeoJSON, TopoJSON, Esri JSON, KML, KMZ, GML, FlatGeobuf, GeoParquet "
        "or CSV with WKT."
    ),
]
Level = Annotated[
    str | None,
    typer.Option("--level", help="What each polygon is: sls, rw, kelurahan, kecamatan, …; else proposed."),
]
System = Annotated[
    str | None,
    typer.Option(
        "--codes",
        help="Whose codes they are: 'bps' or 'kemendagri'. Else proven by the registry of names.",
    ),
]
LayerName = Annotated[str | None, typer.Option("--layer", help="Layer, when the file has several.")]
Crs = Annotated[
    str | None,
    typer.Option("--crs", help="CRS where the file names none or a wrong one, such as EPSG:23878."),
]
CodeColumn = Annotated[
    str | None, typer.Option("--code-column", help="Column of the codes, when several fit.")
]
NameColumn = Annotated[str | None, typer.Option("--name-column", help="Column of the names.")]
MatchesIn = Annotated[
    Path | None,
    typer.Option("--matches", help="Confirmed table of names and codes, for a file without codes."),
]
Repair = Annotated[
    str, typer.Option("--repair", help="What may be repaired: empty,valid,dissolve,snap=0.5m,slivers<10m2")
]
MostMoved = Annotated[
    float, typer.Option("--most-moved", help="Share of a unit's area that a repair may move at most.")
]
Within = Annotated[
    str | None, typer.Option("--within", help="Boundary set of a coarser level that the units should lie in.")
]


def _options(
    level: str | None,
    system: str | None,
    layer: str | None,
    crs: str | None,
    columns: tuple[str | None, str | None],
    matches: Path | None,
    repairs: repair_language.Repairs,
    parents: BoundarySet | None,
) -> Options:
    if level is not None:
        choice(level, codes.LEVELS, "--level")
    named = None if system is None else CodeSystem(choice(system, list(CodeSystem), "--codes"))
    return Options(layer, crs, Choices(level, named, *columns, matches), repairs, parents)


def _parents(database: str, name: str | None) -> BoundarySet | None:
    if name is None:
        return None
    store = Store(database)
    try:
        return store.boundaries(name)
    finally:
        store.close()


@boundaries_app.command("check")
def check(
    file: File,
    level: Level = None,
    codes_: System = None,
    layer: LayerName = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    name_column: NameColumn = None,
    matches: MatchesIn = None,
    matches_out: Annotated[
        Path | None,
        typer.Option("--matches-out", help="Write the names matched to codes, to confirm or correct."),
    ] = None,
    repair: Repair = "",
    most_moved: MostMoved = repair_language.MOST_MOVED,
    within: Within = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report", help="Write the report as .html (with a map), .json, .txt or .gpkg; may be repeated."
        ),
    ] = None,
    database: Database = DATABASE,
) -> None:
    """Say what a boundary file is, what it means, what is wrong with it, and what would be repaired.

    Nothing is stored. Leaves with 0 when the file can be loaded so, 1 when something stops it, 2 when it cannot be
    read.
    """
    writers = [(path, _writer(path)) for path in report or []]
    asked = repair_language.parse(repair, most_moved)
    parents = _parents(database, within)
    columns = (code_column, name_column)
    checked = boundary_files.check_file(
        file, _options(level, codes_, layer, crs, columns, matches, asked, parents)
    )
    say(boundary_report.as_text(checked.report))
    for path, write in writers:
        with written_whole(path) as draft:
            write(checked, draft)
        note(f"Laporan: {path}")
    if matches_out is not None:
        if not checked.report.matches:
            raise ParameterError("--matches-out: the file has codes, so no names were matched.")
        with written_whole(matches_out) as draft:
            matching.write(checked.report.matches, draft)
        note(f"Padanan nama: {matches_out}. Periksa kolom kode, lalu berikan dengan --matches {matches_out}")
    raise typer.Exit(LOADABLE if checked.report.is_loadable else NOT_LOADABLE)


def _writer(path: Path) -> Callable[[Checked, Path], object]:
    writers: dict[str, Callable[[Checked, Path], object]] = {
        ".html": lambda checked, draft: draft.write_text(boundary_report.as_page(checked), "utf-8"),
        ".json": lambda checked, draft: draft.write_text(
            json.dumps(checked.report.as_dict(), ensure_ascii=False, indent=1), "utf-8"
        ),
        ".txt": lambda checked, draft: draft.write_text(
            boundary_report.as_text(checked.report) + "\n", "utf-8"
        ),
        ".gpkg": boundary_report.write_defects,
    }
    if path.suffix.lower() in writers:
        return writers[path.suffix.lower()]
    raise ParameterError(f"--report {path}: give a file that ends in {', '.join(writers)}.")


@boundaries_app.command("load")
def load(
    file: File,
    level: Level = None,
    codes_: System = None,
    set_name: Annotated[
        str | None, typer.Option("--set", help="Name of the set; the file's name when not given.")
    ] = None,
    layer: LayerName = None,
    crs: Crs = None,
    code_column: CodeColumn = None,
    name_column: NameColumn = None,
    matches: MatchesIn = None,
    repair: Repair = "",
    most_moved: MostMoved = repair_language.MOST_MOVED,
    within: Within = None,
    source: Annotated[
        str, typer.Option("--source", help="Where the boundaries come from, for maps and sheets.")
    ] = "",
    valid_from: Annotated[
        datetime | None,
        typer.Option("--valid-from", formats=["%Y-%m-%d"], help="From when they hold, such as 2025-01-01."),
    ] = None,
    valid_to: Annotated[
        datetime | None,
        typer.Option("--valid-to", formats=["%Y-%m-%d"], help="The last day on which they hold."),
    ] = None,
    database: Database = DATABASE,
) -> None:
    """Load a polygon layer as a new version of a boundary set, and say what changed since the last.

    The levels above follow from the codes. Loaded in one transaction or not at all.
    """
    asked = repair_language.parse(repair, most_moved)
    parents = _parents(database, within)
    columns = (code_column, name_column)
    checked = boundary_files.check_file(
        file, _options(level, codes_, layer, crs, columns, matches, asked, parents)
    )
    boundaries = checked.boundary_set(
        set_name or file.stem,
        source=source,
        valid_from=valid_from.date() if valid_from else None,
        valid_to=valid_to.date() if valid_to else None,
    )
    store = Store(database, create=True)
    try:
        loaded = versions.load(store, checked, boundaries)
    finally:
        store.close()
    note(boundary_report.as_text(checked.report))
    counts = ", ".join(f"{len(boundaries.rows(level_))} {level_}" for level_ in boundaries.levels)
    area = boundaries.units["area_km2"].iloc[boundaries.rows(boundaries.finest_level)].sum()
    note(f"{boundaries.place}: {counts}; {number(area, 1)} km²; kode {boundaries.code_system}")
    note("Dimuat sebagai versi baru." if loaded.is_new else "Versi ini sudah ada; tidak ada yang berubah.")
    if loaded.since:
        note(loaded.since)
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
            f"{row.valid_from or '…'} – {row.valid_to or '…'}",
            row.source or "-",
        )
        say("  ".join(facts))


@boundaries_app.command("report")
def report_(
    version: Annotated[str, typer.Argument(metavar="SET", help="Name of a set or id of a version.")],
    database: Database = DATABASE,
) -> None:
    """Print the report that a version was loaded with, as JSON."""
    store = Store(database)
    try:
        found = store.intake_report(_version(store, version).id)
    finally:
        store.close()
    if found is None:
        raise NotFoundError(f"{version}: was loaded without a report.")
    say(json.dumps(found, ensure_ascii=False, indent=1))


@boundaries_app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="Name of a set or id of a version, or a beginning of the id.")],
    new: Annotated[str, typer.Argument(help="The version to compare it with.")],
    level: Annotated[
        str | None, typer.Option("--level", help="Level to compare; the finest by default.")
    ] = None,
    crosswalk: Annotated[
        Path | None,
        typer.Option(
            "--crosswalk",
            help="Write the weights from old codes to new ones as .csv: by area, or with --households by households.",
        ),
    ] = None,
    households: Annotated[
        str | None,
        typer.Option("--households", help="Run on the old version by whose households the crosswalk weighs."),
    ] = None,
    audience_name: AudienceName = "planner",
    database: Database = DATABASE,
) -> None:
    """Say what changed between two versions: added, gone, split, merged, recoded, renamed, moved by more than 1 %."""
    if households is not None and crosswalk is None:
        raise ParameterError("--households: say where to write the crosswalk with --crosswalk FILE.csv.")
    store = Store(database)
    try:
        before, after = _version(store, old), _version(store, new)
        say(boundary_report.changes_text(lineage.changes(before, after, level), most=10_000))
        if crosswalk is None:
            return
        weights = (
            lineage.crosswalk(before, after, level)
            if households is None
            else _by_households(
                store, store.published(households, audience(audience_name)), before, after, level
            )
        )
    finally:
        store.close()
    with written_whole(crosswalk) as draft:
        weights.write_csv(draft)
    note(f"Tabel peralihan menurut {'luas' if households is None else 'keluarga'}: {crosswalk}")


def _by_households(
    store: Store, run: PublishedRun, before: BoundarySet, after: BoundarySet, level: str | None
) -> pl.DataFrame:
    if run.summary.boundaries.id != before.id:
        raise ParameterError(
            f"--households: run {run.summary.id[:12]} stands on {run.summary.boundaries.name!r} "
            f"({run.summary.boundaries.id[:12]}), not on {before.name!r} ({before.id[:12]}). Name one that does."
        )
    return bridging.to_version(store, run, after.id, level or before.finest_level)


def _version(store: Store, reference: str) -> BoundarySet:
    """Return the version with an id that begins so, or the newest of a named set."""
    listed = store.boundary_listing()
    begins = [row.id for row in listed if row.id.startswith(reference)]
    named = any(row.name == reference for row in listed)
    return store.boundaries(begins[0] if len(begins) == 1 and not named else reference)


@boundaries_app.command("export")
def export(
    version: Annotated[str, typer.Argument(metavar="SET", help="Name of a set or id of a version.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .gpkg, .geojson, .fgb or .parquet.")],
    level: Annotated[str | None, typer.Option("--level", help="One level; all of them by default.")] = None,
    database: Database = DATABASE,
) -> None:
    """Write the units of a version as a map file in EPSG:4326, with code, name, level, parent and area."""
    store = Store(database)
    try:
        boundaries = _version(store, version)
    finally:
        store.close()
    if level is not None:
        choice(level, boundaries.levels, "--level")
    if out.suffix.lower() not in (".gpkg", ".geojson", ".fgb", ".parquet"):
        raise FileError(f"{out}: give a file that ends in .gpkg, .geojson, .fgb or .parquet.")
    units = boundaries.with_parent_codes()
    chosen = units if level is None else units[units["level"] == level]
    with written_whole(out) as draft:
        chosen.to_parquet(draft) if out.suffix.lower() == ".parquet" else chosen.to_file(draft)
    note(f"{out}: {len(chosen)} unit")


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
