"""Operations of migrations that differ between the engines."""

from alembic import op
from sqlalchemy import Column
from sqlalchemy.schema import SchemaItem

from geo.store import geopackage
from geo.store.geometry import Geometry


def on_geopackage() -> bool:
    """Whether the store is an embedded GeoPackage."""
    return op.get_context().dialect.name == "sqlite"


def create_table(name: str, *items: SchemaItem, schema: str | None = None) -> None:
    """Create a table; a GeoPackage lists it, and a geometry is indexed by its bounding box.

    A table with a geometry has its key in ``fid`` and its geometry in ``geometry``. Tables of the schema
    ``restricted`` stand in the file beside the GeoPackage and are not listed.
    """
    op.create_table(name, *items, schema=schema)
    features = any(isinstance(item, Column) and isinstance(item.type, Geometry) for item in items)
    if on_geopackage() and schema is None:
        geopackage.register(op.get_bind(), name, features=features)
    if features:
        index_geometry(name)


def index_geometry(table: str) -> None:
    """Index the geometry of a table by its bounding box: an R*Tree, or a GiST index."""
    if on_geopackage():
        geopackage.index_geometry(op.get_bind(), table)
    else:
        op.create_index(f"bbox_{table}", table, ["geometry"], postgresql_using="gist")
