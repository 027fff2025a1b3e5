"""Commands on layers beside the register: load, list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.joining import CodeColumn, Matches, MatchesOut, NameColumns, ValueColumn, figures_of
from api.commands.terminal import DATABASE, Database, choice, note, say
from geo import context, facilities, figures, overlays, surfaces
from geo import layers as map_files
from geo.boundaries import BoundarySet
from geo.context import SHARE_OF_AREA, ContextLayer, Places
from geo.errors import ParameterError
from geo.figures import Figures
from geo.store import Store
from geo.surfaces import Statistic

layers_app = typer.Typer(no_args_is_help=True, help="Load and list layers beside the register.")

_KINDS = ("raster", "points", "table", "polygons")
_ADDS_UP, _RATE = "sum", "mean"


@dataclass(frozen=True)
class _Column:
    """One layer that a file gives: what follows its name and title, its unit and its values."""

    suffix: str
    title: str
    unit: str
    values: Mapping[str, Mapping[str, float]]


@layers_app.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(help="A raster, points or polygons with a CRS, or a table with wilayah codes.")
    ],
    set_name: Annotated[str, typer.Option("--set", help="Boundary set that it is carried onto.")],
    kind: Annotated[str, typer.Option("--kind", help="raster, points, table or polygons.")],
    name: Annotated[str, typer.Option("--name", help="Name of its column: small letters, digits and _.")],
    source: Annotated[str, typer.Option("--source", help="Where it comes from, for maps and sheets.")],
    dated: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Of when it is, such as 2024-01-01.")
    ],
    title: Annotated[
        str | None, typer.Option("--title", help="What people read; its name if not given.")
    ] = None,
    unit: Annotated[str, typer.Option("--unit", help="Unit of its values, such as jiwa or %.")] = "",
    statistic: Annotated[
        str,
        typer.Option(
            "--statistic",
            help="Of a raster: mean, sum, max, or share (of the area with a value above 0). Of a table: sum for "
            "counts, mean for rates.",
        ),
    ] = "mean",
    nodata: Annotated[
        float | None, typer.Option("--nodata", help="Value of a raster that stands for no data.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="CRS where the file names none, such as EPSG:4326.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer, when the file has several.")] = None,
    reach: Annotated[
        float, typer.Option("--reach", help="Of points: how far is within reach, in metres.")
    ] = 1_000.0,
    code_column: CodeColumn = "",
    name_columns: NameColumns = "",
    value_column: ValueColumn = "",
    matches: Matches = None,
    matches_out: MatchesOut = None,
    database: Database = DATABASE,
) -> None:
    """Carry a raster, points, a table or polygons onto the cells and units of a boundary set."""
    choice(kind, _KINDS, "--kind")
    store = Store(database)
    boundaries = store.boundaries(set_name)
    if reach <= 0:
        raise ParameterError(f"--reach {reach}: give metres above 0.")
    readers: dict[str, Callable[[BoundarySet, list[Places]], tuple[list[_Column], tuple[str, ...]]]] = {
        "raster": lambda _, of: _raster(file, of, _statistic(statistic, list(Statistic)), unit, nodata, crs),
        "points": lambda _, of: _points(file, of, reach, layer, crs),
        "table": lambda units, of: _table(
            figures_of(
                file,
                units,
                code_column=code_column,
                name_columns=name_columns,
                value_column=value_column,
                matches=matches,
                matches_out=matches_out,
            ),
            units,
            of,
            unit,
            _statistic(statistic, [_RATE, _ADDS_UP]),
        ),
        "polygons": lambda units, of: _polygons(file, units, of, layer, crs),
    }
    columns, warnings = readers[kind](boundaries, context.places(boundaries))
    for column in columns:
        made = ContextLayer(
            name=name + column.suffix,
            title=(title or name) + column.title,
            unit=column.unit,
            kind=kind,
            source=source,
            date=dated.date(),
            values=column.values,
            warnings=warnings,
        )
        shares = store.shares_of_households(boundaries.id, made.values) if kind == "polygons" else []
        new = store.context.save(boundaries, made, shares)
        counts = ", ".join(f"{len(values)} {level}" for level, values in made.values.items())
        say(f"{made.column}  {made.title}  {counts}{'' if new else '  (menggantikan yang lama)'}")
    for warning in warnings:
        note(warning)
    note("Server yang sedang berjalan menampilkannya setelah dimulai ulang.")


@layers_app.command("list")
def list_(
    set_name: Annotated[str, typer.Argument(metavar="SET", help="Name of the boundary set.")],
    database: Database = DATABASE,
) -> None:
    """List the layers of a boundary set, with source and date."""
    store = Store(database)
    for one in store.context.of_set(store.boundaries(set_name).id):
        levels = ", ".join(one.values)
        say("  ".join((one.column, one.title, one.unit or "-", one.kind, one.source, str(one.date), levels)))
        for warning in one.warnings:
            say(f"    {warning}")


def _statistic(value: str, allowed: list[str] | list[Statistic]) -> str:
    return choice(value, [str(one) for one in allowed], "--statistic")


def _raster(
    file: Path, of: list[Places], statistic: str, unit: str, nodata: float | None, crs: str | None
) -> tuple[list[_Column], tuple[str, ...]]:
    surface = surfaces.read(file, of[0].geometry, nodata=nodata, crs=crs)
    chosen = Statistic(statistic)
    warnings = surface.warnings
    if chosen is Statistic.SUM and (warning := surfaces.density_warning(surface)):
        warnings = (*warnings, warning)
    values = {one.level: context.by_code(one, surfaces.values(surface, one, chosen)) for one in of}
    return [_Column("", "", unit or (SHARE_OF_AREA if chosen is Statistic.SHARE else ""), values)], warnings


def _points(
    file: Path, of: list[Places], reach: float, layer: str | None, crs: str | None
) -> tuple[list[_Column], tuple[str, ...]]:
    found = facilities.read(file, layer=layer, crs=crs)
    nearest = {one.level: context.by_code(one, facilities.nearest_m(found, one)) for one in of}
    near = {one.level: context.by_code(one, facilities.within(found, one, reach)) for one in of}
    columns = [
        _Column("_jarak_m", ": jarak terdekat", "m", nearest),
        _Column("_terjangkau", f": jumlah dalam {reach:g} m", "", near),
    ]
    return columns, (f"{len(found.points)} titik.", *found.warnings)


def _table(
    found: Figures, units: BoundarySet, of: list[Places], unit: str, statistic: str
) -> tuple[list[_Column], tuple[str, ...]]:
    values = figures.on_places(found, units, of, adds_up=statistic == _ADDS_UP)
    return [_Column("", "", unit, values)], found.warnings


def _polygons(
    file: Path, units: BoundarySet, of: list[Places], layer: str | None, crs: str | None
) -> tuple[list[_Column], tuple[str, ...]]:
    polygons = map_files.read_polygons(file, layer, crs)
    finest = overlays.covered_cells(polygons.geometry, units)
    every = of if finest is None else [*of, finest]
    values = {
        one.level: context.by_code(one, overlays.covered_share(polygons.geometry, one)) for one in every
    }
    suffix, title = overlays.AREA
    return [_Column(suffix, title, SHARE_OF_AREA, values)], (f"{len(polygons)} poligon.",)
