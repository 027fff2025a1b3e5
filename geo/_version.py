"""The version of Kantong, in one place."""

__version__ = "0.1.0"
