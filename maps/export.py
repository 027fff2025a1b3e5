"""Files of Published tables for a GIS or a spreadsheet; the same run gives the same bytes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pyogrio
import xlsxwriter

from geo.disclosure import Published, PublishedRun
from geo.errors import NotFoundError, ParameterError
from maps import geojson as geojson_features
from maps import palette, qgis_style

Writer = Callable[[PublishedRun, Sequence[Published], Path], None]

_FIXED_DATE = datetime(2000, 1, 1)
_CELL = "cell"
#: GDAL before 3.7, and with it QGIS 3.22, warns of later ones.
_GEOPACKAGE_VERSION = "1.2"


def level_of(run: PublishedRun, level: str) -> Published:
    """Return the zones of a level; ``cell`` is the finest cell level, ``pocket`` the pockets.

    Raises
    ------
    NotFoundError
        When the run has no such level for its audience.
    """
    if level == run.pockets.level:
        return run.pockets
    cell_levels = [name for name in run.levels if name.startswith("h3-")]
    wanted = cell_levels[-1] if level == _CELL and cell_levels else level
    if wanted in run.levels:
        return run.levels[wanted]
    raise NotFoundError(
        f"the audience {run.audience.name!r} sees no level {level!r} of this run. "
        f"Levels: {', '.join((*run.levels, run.pockets.level))}."
    )


def levels_of(run: PublishedRun, level: str | None) -> list[Published]:
    """Return one level, or all levels and the pockets."""
    if level is not None:
        return [level_of(run, level)]
    return [*run.levels.values(), run.pockets]


def writer(path: Path) -> Writer:
    """Return what writes files of the kind that a path ends with.

    Raises
    ------
    ParameterError
        When no such file can be written.
    """
    kind = path.suffix.lower()
    if kind in _WRITERS:
        return _WRITERS[kind]
    raise ParameterError(f"{path}: files ending in {kind!r} cannot be written; give {', '.join(_WRITERS)}.")


def write_geopackage(run: PublishedRun, levels: Sequence[Published], path: Path) -> None:
    """Write one layer a level with its style, and a table that says which run it is and for whom."""
    shown = [published for published in levels if published.table.height]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        for published in shown:
            _write_layer(published.to_geodataframe(), path, published.level, promote_to_multi=True)
        _write_layer(gpd.GeoDataFrame(_about(run), geometry=None), path, "about")
        styles = [_style(run, published) for published in shown]
        _write_layer(gpd.GeoDataFrame(styles, geometry=None), path, "layer_styles", FID="id")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str, **options: Any) -> None:
    is_new = not path.exists()
    version = {"VERSION": _GEOPACKAGE_VERSION} if is_new else {}
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=not is_new, **version, **options)


def _style(run: PublishedRun, published: Published) -> dict[str, Any]:
    """Return a row of the table from which QGIS takes the style of a layer when it opens one."""
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": published.level,
        "f_geometry_column": "geom",
        "styleName": "M0",
        "styleQML": qgis_style.qml(run, published),
        "styleSLD": "",
        "useAsDefault": True,
        "description": palette.GENERAL_MEASURES[0].label.id,
        "owner": "",
        "ui": "",
        "update_time": _FIXED_DATE,
    }


def write_csv(run: PublishedRun, levels: Sequence[Published], path: Path) -> None:
    """Write all levels under one header; each row says its level, its run and for whom it is."""
    _stacked(run, levels).write_csv(path)


def write_geojson(run: PublishedRun, levels: Sequence[Published], path: Path) -> None:
    """Write one collection of features, in EPSG:4326."""
    path.write_bytes(geojson(run, levels))


def geojson(run: PublishedRun, levels: Sequence[Published]) -> bytes:
    """Return a GeoJSON FeatureCollection (RFC 7946) of zones, hidden ones without figures."""
    written = []
    for published in levels:
        kind = geojson_features.geometry_type(published.geometry)
        codes = f"{published.level}/" + published.table["code"]
        table = published.table.select(pl.lit(published.level).alias("level"), pl.all())
        outlines = geojson_features.coordinates(published.geometry, kind=kind)
        written.append(geojson_features.features(codes, table, outlines, kind=kind))
    about = {key: values[0] for key, values in _about(run).items()}
    return geojson_features.collection(about, written)


def write_workbook(run: PublishedRun, levels: Sequence[Published], path: Path) -> None:
    """Write one sheet a level, and a first sheet that says which run it is and for whom."""
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as book:
        book.set_properties({"created": _FIXED_DATE})
        about = book.add_worksheet("about")
        for row, (key, values) in enumerate(_about(run).items()):
            about.write_row(row, 0, [key, values[0]])
        about.set_column(0, 1, 40)
        for published in levels:
            published.table.write_excel(book, worksheet=published.level, autofit=True, freeze_panes=(1, 2))


def _about(run: PublishedRun) -> dict[str, list[str]]:
    summary = run.summary
    return {
        "run": [summary.id],
        "audience": [run.audience.name],
        "place": [summary.boundaries.place],
        "boundaries": [summary.boundaries.name],
        "source": [summary.boundaries.source],
        "register": [summary.register_name],
        "specification": [summary.specification.label.id],
        "cutoff": [str(summary.specification.cutoff)],
        "notes": [" ".join(note.id for note in summary.notes)],
        **{layer.column: [f"{layer.title}. {layer.source}, {layer.date}"] for layer in run.layers},
    }


def _stacked(run: PublishedRun, levels: Sequence[Published]) -> pl.DataFrame:
    parts = [
        published.table.select(
            pl.lit(published.level).alias("level"),
            pl.all(),
            pl.lit(run.audience.name).alias("audience"),
            pl.lit(run.summary.id).alias("run"),
        )
        for published in levels
    ]
    return pl.concat(parts, how="diagonal")


_WRITERS: dict[str, Writer] = {
    ".gpkg": write_geopackage,
    ".xlsx": write_workbook,
    ".csv": write_csv,
    ".geojson": write_geojson,
}
