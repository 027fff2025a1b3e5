"""The spatial engine: tables and geometries in, measures and pockets out."""

from geo._version import __version__

__all__ = ["__version__"]
