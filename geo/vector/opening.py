"""Open one layer of a vector file: the allow-list of formats, and what each needs."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from geo.errors import BoundaryError, FileError, ParameterError
from geo.vector import archives, json_maps, kml, shapefiles, tables
from geo.vector.recognition import Kind, recognise, unreadable

# Nothing is fetched, no link is resolved, nothing is written beside a file that is read.
pyogrio.set_gdal_config_options(
    {
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GML_SKIP_RESOLVE_ELEMS": "ALL",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "SHAPE_RESTORE_SHX": "YES",
        "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
    }
)

_DAMAGES = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError)
_MOST_WARNINGS = 3


@dataclass(frozen=True)
class Layer:
    """One layer as its file holds it.

    Attributes
    ----------
    path
        The file as the person named it.
    format
        What it is, such as ``Shapefile``.
    name
        The layer's name.
    table
        Its rows in the file's order, geometry two-dimensional, without a CRS.
    crs
        The CRS that the file names.
    notes
        What was noticed while reading, in Indonesian.
    """

    path: Path
    format: str
    name: str
    table: gpd.GeoDataFrame
    crs: CRS | None
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The names of its columns, geometry left out."""
        return [str(column) for column in self.table.columns.drop(self.table.geometry.name)]


def read_layer(path: Path, layer: str | None = None) -> Layer:
    """Read one layer of a file; only formats that hold their data themselves are opened.

    Parameters
    ----------
    path
        A file on this machine.
    layer
        Its name, where the file has several.

    Raises
    ------
    FileError
        When the file is missing, empty, damaged, of another format, or leads to other data.
    BoundaryError
        When the layer holds no geometry or no features.
    ParameterError
        When the layer is not there, or there are several and none is named.
    """
    with tempfile.TemporaryDirectory(prefix="kantong-") as folder:
        found = _opened(path, recognise(path), layer, Path(folder))
    if found.table.empty:
        raise BoundaryError(f"{path}: the layer has no features. Check the export.")
    return _flat(found)


def _opened(path: Path, kind: Kind, layer: str | None, folder: Path) -> Layer:
    if kind is Kind.ZIP:
        return _from_archive(path, layer, folder)
    if kind is Kind.JSON:
        return _from_json(path, layer, folder)
    if kind in (Kind.SHAPEFILE, Kind.TEXT, Kind.PARQUET):
        _refuse_other_name(path, layer, path.stem)
        return _of_one_layer(path, kind, folder)
    if kind is Kind.GML:  # GDAL would read and write files beside it
        alone = folder / "layer.gml"
        alone.write_bytes(path.read_bytes())
        return _through_gdal(path, alone, kind, layer)
    return _through_gdal(path, path, kind, layer)


def _of_one_layer(path: Path, kind: Kind, folder: Path) -> Layer:
    if kind is Kind.SHAPEFILE:
        shapefile = shapefiles.gathered(path, folder)
        read = _through_gdal(path, shapefile.path, kind, None, shapefile.encoding)
        return replace(read, name=path.stem, notes=(*shapefile.notes, *read.notes))
    if kind is Kind.TEXT:
        table, crs, notes = tables.wkt_table(path)
        return Layer(path, "CSV dengan WKT", path.stem, table, crs, notes)
    table, crs = tables.geoparquet(path)
    return Layer(path, str(kind), path.stem, table, crs)


def _from_archive(path: Path, layer: str | None, folder: Path) -> Layer:
    inner_folder = folder / "archive"
    inner_folder.mkdir()
    maps = archives.unpack(path, inner_folder)
    with _as_if(path, inner_folder):
        chosen = _chosen(path, [file.stem for file in maps], layer)
        inner = maps[chosen]
        kind = recognise(inner)
        if kind is Kind.ZIP:
            raise FileError(f"{path}: holds an archive in the archive. Unpack it and give the file.")
        read = _opened(inner, kind, None if layer == inner.stem else layer, folder)
    packed = "KMZ" if kind is Kind.KML else f"{read.format} dalam zip"
    return replace(read, path=path, format=packed)


@contextmanager
def _as_if(path: Path, folder: Path) -> Iterator[None]:
    """Name the archive, not the folder it was unpacked to, in what is said of its files."""
    try:
        yield
    except (FileError, BoundaryError, ParameterError) as error:
        said = str(error)
        if str(folder) not in said:
            raise
        raise type(error)(said.replace(f"{folder}/", f"{path}: ")) from error


def _chosen(path: Path, names: list[str], layer: str | None) -> int:
    if len(names) == 1:
        return 0
    if layer in names:
        return names.index(str(layer))
    shown = ", ".join(names)
    if layer is not None:
        raise ParameterError(f"{path}: there is no layer {layer!r}. Layers: {shown}.")
    raise ParameterError(f"{path}: has several layers; name one with --layer: {shown}.")


def _refuse_other_name(path: Path, layer: str | None, name: str) -> None:
    if layer is not None and layer != name:
        raise ParameterError(f"{path}: there is no layer {layer!r}. Layers: {name}.")


def _from_json(path: Path, layer: str | None, folder: Path) -> Layer:
    parsed = json_maps.parse(path)
    if parsed.format == "GeoJSON":
        table, crs = json_maps.geojson_table(path, parsed)
        _refuse_other_name(path, layer, path.stem)
        return Layer(path, parsed.format, path.stem, table, crs, parsed.notes)
    clean = json_maps.cleaned(path, parsed, folder)
    if parsed.format == "TopoJSON":
        read = _through_gdal(path, clean, Kind.JSON, layer)
        # TopoJSON has no member that names a CRS.
        return replace(read, format=parsed.format, crs=None, notes=(*parsed.notes, *read.notes))
    read = _through_gdal(path, clean, Kind.JSON, None)
    return replace(
        read,
        format=parsed.format,
        name=path.stem,
        crs=json_maps.esri_crs(path, parsed),
        notes=(*parsed.notes, *read.notes),
    )


def _through_gdal(
    path: Path, opened: Path, kind: Kind, layer: str | None, encoding: str | None = None
) -> Layer:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            present = pyogrio.list_layers(opened)
            folders = _folders(opened, present) if kind is Kind.KML and layer is None else {}
            name, others = (path.stem, []) if folders else _layer_of(path, present, layer)
            if folders:
                table = kml.together(folders)
            else:
                table = pyogrio.read_dataframe(opened, layer=name, encoding=encoding, on_invalid="ignore")
        except _DAMAGES as error:
            raise unreadable(path, "it is damaged, or not what its name says") from error
        except (UnicodeDecodeError, shapely.errors.ShapelyError, OverflowError, ValueError) as error:
            raise unreadable(path, "its values are damaged") from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise BoundaryError(f"{path}: the layer holds no geometry. Name the layer that holds the polygons.")
    notes = [f"Berkas memuat lapisan lain: {', '.join(others)}."] if others else []
    if folders:
        notes.append(f"{len(folders)} folder digabung menjadi satu lapisan: {', '.join(folders)}.")
    if kind is Kind.KML:
        table, from_balloons = kml.with_balloons(table)
        notes += ["Kolom dibaca dari tabel di dalam keterangan (description)."] if from_balloons else []
    texts = dict.fromkeys(str(one.message).replace(str(opened), path.name) for one in said)
    notes += [f"GDAL: {text}" for text in list(texts)[:_MOST_WARNINGS]]
    crs = None if table.crs is None else CRS.from_user_input(table.crs)
    plain = pd.DataFrame(table.drop(columns=table.geometry.name))
    return Layer(
        path,
        str(kind),
        name,
        gpd.GeoDataFrame(plain, geometry=np.asarray(table.geometry.array)),
        crs,
        tuple(notes),
    )


def _folders(opened: Path, present: np.ndarray) -> dict[str, gpd.GeoDataFrame]:
    """Return the folders of a KML that hold polygons, where there are several."""
    if len(present) < 2:
        return {}
    tables = {
        str(name): pyogrio.read_dataframe(opened, layer=name, on_invalid="ignore") for name in present[:, 0]
    }
    found = {name: table for name, table in tables.items() if kml.has_polygons(table)}
    return found if len(found) > 1 else {}


def _layer_of(path: Path, present: np.ndarray, layer: str | None) -> tuple[str, list[str]]:
    names = [str(row[0]) for row in present]
    if not names:
        raise unreadable(path, "it holds no layer")
    if layer is not None:
        _chosen(path, [*names, ""], layer)
        return layer, []
    polygons = [str(row[0]) for row in present if row[1] and "Polygon" in str(row[1])]
    candidates = polygons if len(polygons) == 1 else names
    name = candidates[_chosen(path, candidates, None)]
    return name, [other for other in names if other != name]


def _flat(layer: Layer) -> Layer:
    geometry = layer.table.geometry.to_numpy()
    high = int(shapely.has_z(geometry).sum() + shapely.has_m(geometry).sum())
    if not high:
        return layer
    flat = layer.table.set_geometry(shapely.force_2d(geometry))
    return replace(
        layer, table=flat, notes=(*layer.notes, f"Ketinggian (Z atau M) pada {high} fitur tidak dipakai.")
    )
