"""Where boundary sets and runs are kept, on an embedded GeoPackage or PostGIS."""

from geo.store.engine import upgrade
from geo.store.store import BoundaryListing, Store

__all__ = ["BoundaryListing", "Store", "upgrade"]
