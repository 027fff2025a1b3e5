"""The tables of a store, the same on both engines.

The tally stands in a schema of its own, ``restricted``: on PostgreSQL a schema that readers have no grant on, beside a
GeoPackage a second file.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from geo.disclosure import POCKET_COLUMNS, ZONE_COLUMNS
from geo.store.geometry import Geometry
from geo.store.instant import Instant

RESTRICTED = "restricted"

#: Names that constraints have on both engines, so that a migration can speak of them; PostgreSQL's own.
NAMING = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

metadata = MetaData(naming_convention=NAMING)

#: Marks a database as ours, by an id of its own.
kantong_store = Table("kantong_store", metadata, Column("store_id", Text, primary_key=True))

#: Says whose counts these are: the file beside a GeoPackage may have been exchanged.
companion = Table("companion", metadata, Column("store_id", Text, primary_key=True), schema=RESTRICTED)

boundary_set = Table(
    "boundary_set",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("code_system", Text, nullable=False),
    Column("finest_level", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("valid_from", Date),
    Column("repairs", Text, nullable=False),
    Column("valid_to", Date),
    Column("report", Text),
)

boundary_unit = Table(
    "boundary_unit",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("set_id", Text, ForeignKey("boundary_set.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent", Integer, nullable=False),
    Column("area_km2", Float, nullable=False),
    Column("geometry", Geometry, nullable=False),
    UniqueConstraint("set_id", "position"),
)

backdrop = Table(
    "backdrop",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("set_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("geometry", Geometry, nullable=False),
)

register = Table(
    "register",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("read", Integer, nullable=False),
    Column("located", Integer, nullable=False),
    Column("by_code", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("register_id", Text, ForeignKey("register.id"), nullable=False),
    Column("boundary_set_id", Text, ForeignKey("boundary_set.id"), nullable=False),
    Column("specification", Text, nullable=False),
    Column("resolution", Integer, nullable=False),
    Column("notes", Text, nullable=False),
    Column("computed_at", Instant),
    Column("proposed_by", Text),
    Column("proposed_at", Instant),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", Instant),
    Column("digest", Text),
    CheckConstraint("approved_by <> proposed_by", name="two_people"),
)

_figures = [name for name in ZONE_COLUMNS if name not in ("code", "name", "parent", "status", "reason")]


def _zone_columns() -> list[Column[object]]:
    return [
        Column("fid", Integer, primary_key=True),
        Column("run_id", Text, ForeignKey("run.id"), nullable=False),
        Column("audience", Text, nullable=False),
        Column("position", Integer, nullable=False),
        Column("code", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("parent", Text),
        Column("status", Text, nullable=False),
        Column("reason", Text),
        *(Column(name, Float) for name in _figures),
        Column("indicators", Text, nullable=False),
    ]


zone = Table(
    "zone",
    metadata,
    *_zone_columns(),
    Column("level", Text, nullable=False),
    Index(None, "run_id", "audience", "level", "position", unique=True),
)

pocket = Table(
    "pocket",
    metadata,
    *_zone_columns(),
    *(Column(name, Integer if name == "cells" else Text, nullable=False) for name in POCKET_COLUMNS),
    Column("geometry", Geometry, nullable=False),
    Index(None, "run_id", "audience", "position", unique=True),
)

context_layer = Table(
    "context_layer",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("set_id", Text, ForeignKey("boundary_set.id"), nullable=False),
    *(
        Column(name, Text, nullable=False)
        for name in ("name", "title", "unit", "kind", "source", "date", "warnings")
    ),
    UniqueConstraint("set_id", "name"),
)

context_value = Table(
    "context_value",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("layer", Integer, ForeignKey("context_layer.fid"), nullable=False, index=True),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("value", Float, nullable=False),
)

context_share = Table(
    "context_share",
    metadata,
    Column("fid", Integer, primary_key=True),
    Column("layer", Integer, ForeignKey("context_layer.fid"), nullable=False, index=True),
    Column("run_id", Text, ForeignKey("run.id"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("value", Float, nullable=False),
)

tally = Table(
    "tally",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("digest", Text),
    schema=RESTRICTED,
)
