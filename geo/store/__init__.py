"""Where boundary sets and runs are kept, on an embedded GeoPackage or PostGIS."""

from geo.store.archive import Manifest, back_up, migrate, restore
from geo.store.check import check
from geo.store.engine import Pool, upgrade
from geo.store.reader import grant_reader
from geo.store.store import BoundaryListing, Store

__all__ = [
    "BoundaryListing",
    "Manifest",
    "Pool",
    "Store",
    "back_up",
    "check",
    "grant_reader",
    "migrate",
    "restore",
    "upgrade",
]
