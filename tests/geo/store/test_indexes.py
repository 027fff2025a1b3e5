"""Whoever asks PostGIS for a box is answered through the index of outlines."""

from pathlib import Path

import geopandas as gpd
import shapely
from sqlalchemy import create_engine, text

from geo import boundaries as boundary_sets
from geo.codes import CodeSystem
from geo.store import Store
from tests.postgres import Server

SIDE, ROWS = 0.001, 60


def test_a_box_of_a_large_level_is_found_by_its_index(
    postgres: Server, empty_store: str, tmp_path: Path
) -> None:
    corners = [(107 + x * SIDE, -6 + y * SIDE) for y in range(ROWS) for x in range(ROWS)]
    squares = [shapely.box(x, y, x + SIDE, y + SIDE) for x, y in corners]
    codes = {"kode": [f"9902{number:06d}" for number in range(len(squares))]}
    gpd.GeoDataFrame(codes, geometry=squares, crs=4326).to_file(tmp_path / "b.gpkg")
    units = boundary_sets.read(
        tmp_path / "b.gpkg", name="b", level="kelurahan", code_system=CodeSystem.BPS, code_column="kode"
    )
    url = postgres.new_database(empty_store)
    store = Store(url)
    store.save_boundaries(units)
    store.close()
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE boundary_unit"))
        box = "ST_MakeEnvelope(107.0105, -5.9895, 107.0125, -5.9875, 4326)"
        asked = f"SELECT code FROM boundary_unit WHERE level = 'kelurahan' AND geometry && {box}"
        found = list(connection.scalars(text(asked)))
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {asked}")))
    engine.dispose()
    assert len(found) == 9
    assert "bbox_boundary_unit" in plan
