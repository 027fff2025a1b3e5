"""One column type for shapely geometries: a GeoPackage blob on SQLite, PostGIS geometry on PostgreSQL."""

from typing import Any

import shapely
from geoalchemy2 import Geometry as PostgisGeometry
from geoalchemy2.elements import WKBElement
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

from geo.store.geopackage import HEADER

SRID = 4326

_FLAGS_LITTLE_ENDIAN_WITH_ENVELOPE = 0b00000011


class Geometry(TypeDecorator[Any]):
    """A geometry in EPSG:4326, shapely on the Python side."""

    impl = LargeBinary
    cache_ok = True
    #: GeoAlchemy2's events look for this on every column type they meet.
    spatial_index = False

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Choose the type of the database."""
        if dialect is None:  # GeoAlchemy2 asks so, whether a column is a raster or a geometry
            return PostgisGeometry("GEOMETRY", srid=SRID, spatial_index=False)
        if dialect.name == "postgresql":
            return dialect.type_descriptor(PostgisGeometry("GEOMETRY", srid=SRID, spatial_index=False))
        return dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Write a shapely geometry."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return WKBElement(shapely.to_wkb(value), srid=SRID)
        return to_blob(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a shapely geometry."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return shapely.from_wkb(bytes(WKBElement(value.data).data) if hasattr(value, "data") else value)
        return from_blob(value)


def to_blob(geometry: shapely.Geometry) -> bytes:
    """Return the GeoPackage blob of a geometry."""
    west, south, east, north = geometry.bounds
    header = HEADER.pack(b"GP", 0, _FLAGS_LITTLE_ENDIAN_WITH_ENVELOPE, SRID, west, east, south, north)
    body: bytes = shapely.to_wkb(geometry, byte_order=1)
    return header + body


def from_blob(blob: bytes) -> shapely.Geometry:
    """Read a geometry from a GeoPackage blob that `to_blob` wrote."""
    return shapely.from_wkb(blob[HEADER.size :])
