"""Vector tiles: what a decoder and GDAL read of them."""

import gzip
from pathlib import Path
from typing import Any

import h3
import mapbox_vector_tile
import numpy as np
import polars as pl
import pyogrio
import pytest
import shapely
import shapely.geometry
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

from geo import cells
from geo.disclosure import AUDIENCES, PublishedRun
from maps import tile_pieces, tiles, vector_tile
from tests.maps.page.conftest import published_run

Tile = tuple[int, int, int]


@pytest.fixture(scope="module")
def public_run() -> PublishedRun:
    return published_run(AUDIENCES["public"])


def decoded(tile: bytes) -> dict[str, Any]:
    layers: dict[str, Any] = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return layers


def features(run: PublishedRun, level: str, zoom: int) -> dict[Tile, list[dict[str, Any]]]:
    found = tiles.encode(run.levels[level], range(zoom, zoom + 1))
    return {(z, x, y): decoded(tile)[level]["features"] for z, x, y, tile in found}


def corner(tile: Tile) -> np.ndarray:
    return np.array(tile[1:]) * tile_pieces.EXTENT


def placed(tile: Tile, feature: dict[str, Any]) -> shapely.Geometry:
    """Return a feature in the units of the whole zoom, cut to the tile's own square."""
    own = shapely.geometry.shape(feature["geometry"]).intersection(shapely.box(0, 0, 4096, 4096))
    return shapely.transform(own, lambda points: points + corner(tile))


def test_features_carry_the_published_columns_without_nulls(public_run: PublishedRun) -> None:
    table = public_run.levels["kelurahan"].table
    found = {
        feature["id"]: feature["properties"]
        for of_tile in features(public_run, "kelurahan", 12).values()
        for feature in of_tile
    }
    assert sorted(found) == list(range(1, table.height + 1))
    for row, properties in enumerate(table.iter_rows(named=True), start=1):
        assert found[row] == row_values(properties)
    hidden = next(row for row, status in enumerate(table["status"], start=1) if status == "hidden")
    assert set(found[hidden]) == {"code", "name", "parent", "status", "reason", "area_km2"}


def row_values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize("level", ["kelurahan", "h3-8"])
@pytest.mark.parametrize("zoom", [9, 12, 14])
def test_pieces_in_the_tiles_put_together_are_the_zone(
    public_run: PublishedRun, level: str, zoom: int
) -> None:
    parts: dict[int, list[shapely.Geometry]] = {}
    for tile, of_tile in features(public_run, level, zoom).items():
        for feature in of_tile:
            parts.setdefault(feature["id"], []).append(placed(tile, feature))
    world = shapely.transform(public_run.levels[level].geometry, tile_pieces._project)
    scale = tile_pieces.EXTENT << zoom
    for row, outline in enumerate(world, start=1):
        whole = shapely.transform(outline, lambda points: points * scale)
        assert shapely.hausdorff_distance(shapely.union_all(parts[row]), whole) < 3


def test_outer_rings_wind_as_the_standard_says(public_run: PublishedRun) -> None:
    hole = shapely.Polygon(
        shapely.box(106.7, -6.7, 106.9, -6.5).exterior, [shapely.box(106.75, -6.6, 106.8, -6.55).exterior]
    )
    pieces = tile_pieces.of_areas(np.array([hole], dtype=object), deepest=14)(10)
    areas = [
        shapely.Polygon(ring).exterior.is_ccw for ring in np.split(pieces.points, pieces.ring_starts[1:-1])
    ]
    assert areas[0]
    assert not all(areas)
    for of_tile in features(public_run, "h3-8", 12).values():
        for feature in of_tile:
            # Numbers counter-clockwise with y down is a positive area by the surveyor's formula.
            assert shapely.geometry.shape(feature["geometry"]).exterior.is_ccw


def test_neighbours_share_their_edges_at_every_zoom(public_run: PublishedRun) -> None:
    for zoom in range(8, 15):
        for tile, of_tile in features(public_run, "kelurahan", zoom).items():
            shapes = [placed(tile, feature) for feature in of_tile]
            together = shapely.union_all(shapes)
            assert shapely.area(together) == pytest.approx(sum(map(shapely.area, shapes)))
            holes = sum(len(part.interiors) for part in shapely.get_parts(together))
            assert holes == 0


def test_every_polygon_is_valid_and_within_the_buffer(public_run: PublishedRun) -> None:
    for level in public_run.levels:
        for zoom in (7, 11, 14):
            for of_tile in features(public_run, level, zoom).values():
                for feature in of_tile:
                    shape = shapely.geometry.shape(feature["geometry"])
                    assert shape.is_valid
                    assert shapely.box(-64, -64, 4160, 4160).covers(shape)


def test_cells_on_an_edge_of_the_icosahedron_have_more_corners() -> None:
    codes = cells.from_text(sorted(h3.grid_disk(h3.get_pentagons(5)[3], 3)))
    outlines = cells.polygons(codes)
    assert {shapely.get_num_coordinates(outline) for outline in outlines} > {7}
    table = pl.DataFrame({"code": cells.to_text(codes)})
    layers = vector_tile.encode("h3-5", tile_pieces.of_cells(outlines)(8), vector_tile.Attributes.of(table))
    seen = {feature["id"] for _, _, tile in layers for feature in decoded(tile)["h3-5"]["features"]}
    assert seen == set(range(1, len(codes) + 1))


def test_zones_too_small_to_tell_apart_give_way_to_their_parents(public_run: PublishedRun) -> None:
    staged = tiles.stages(public_run, "kelurahan")
    assert [stage.published.level for stage in staged] == ["kota", "kecamatan", "kelurahan"]
    assert [zoom for stage in staged for zoom in stage.zooms] == list(range(5, 15))
    for level in ("h3-8", "pocket"):
        only = tiles.stages(public_run, level)
        assert [(stage.published.level, stage.zooms) for stage in only] == [(level, range(5, 15))]


@pytest.fixture(scope="module")
def archive(public_run: PublishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiles") / "kelurahan.pmtiles"
    tiles.write_archive(public_run, "kelurahan", path)
    return path


def test_the_same_run_gives_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    tiles.write_archive(published_run(AUDIENCES["public"]), "kelurahan", tmp_path / "again" / "k.pmtiles")
    assert (tmp_path / "again" / "k.pmtiles").read_bytes() == archive.read_bytes()
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["k.pmtiles"]


def test_the_archive_says_what_it_holds(archive: Path) -> None:
    with archive.open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
        assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (5, 14, True)
        layers = reader.metadata()["vector_layers"]
        assert [layer["id"] for layer in layers] == ["kota", "kecamatan", "kelurahan"]
        assert [layer["fields"]["m0"] for layer in layers] == ["Number"] * len(layers)
        zooms = {}
        for (zoom, *_), tile in all_tiles(MmapSource(file)):
            zooms.setdefault(zoom, set()).update(decoded(gzip.decompress(tile)))
    assert zooms == {
        zoom: {layer["id"]} for layer in layers for zoom in range(layer["minzoom"], layer["maxzoom"] + 1)
    }


def test_gdal_reads_the_archive(archive: Path, public_run: PublishedRun) -> None:
    assert "kelurahan" in pyogrio.list_layers(archive)[:, 0]
    frame = pyogrio.read_dataframe(archive, layer="kelurahan", ZOOM_LEVEL="14")
    assert frame.crs.to_epsg() == 3857
    table = public_run.levels["kelurahan"].table
    assert set(frame["code"]) == set(table["code"])
    shown = frame.drop_duplicates("code").set_index("code")["m0"]
    assert shown.dropna().to_dict() == pytest.approx(
        dict(table.select("code", "m0").drop_nulls().iter_rows())
    )


def test_gdal_reads_one_tile(public_run: PublishedRun, tmp_path: Path) -> None:
    zoom, x, y, tile = next(tiles.encode(public_run.levels["h3-8"], range(11, 12)))
    path = tmp_path / str(zoom) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True)
    path.write_bytes(tile)
    frame = pyogrio.read_dataframe(path, layer="h3-8", X=str(x), Y=str(y), Z=str(zoom))
    assert len(frame) == len(decoded(tile)["h3-8"]["features"])
    west, south, east, north = shapely.total_bounds(public_run.levels["h3-8"].geometry)
    assert (
        shapely.box(west, south, east, north)
        .buffer(0.02)
        .covers(shapely.box(*frame.set_crs(3857, allow_override=True).to_crs(4326).total_bounds))
    )


def test_a_failed_archive_leaves_nothing(
    public_run: PublishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("maps.tiles.metadata", fail)
    with pytest.raises(OSError, match="disk full"):
        tiles.write_archive(public_run, "kota", tmp_path / "k.pmtiles")
    assert list(tmp_path.iterdir()) == []
