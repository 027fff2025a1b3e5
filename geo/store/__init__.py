"""Where boundary sets and runs are kept, on an embedded GeoPackage or PostGIS."""

from geo.store.store import BoundaryListing, Store

__all__ = ["BoundaryListing", "Store"]
