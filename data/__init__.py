"""Specifications and register schemas shipped with Kantong."""
