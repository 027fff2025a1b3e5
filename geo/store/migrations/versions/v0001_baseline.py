"""The tables as they were when migrations began."""

import sqlalchemy as sa
from alembic import op

from geo.store import geopackage
from geo.store.geometry import Geometry
from geo.store.migrations.operations import on_geopackage

revision = "0001_baseline"
down_revision = None

_LISTED = {
    "kantong_store": False,
    "boundary_set": False,
    "boundary_unit": True,
    "backdrop": True,
    "register": False,
    "run": False,
    "zone": False,
    "pocket": True,
}


def upgrade() -> None:
    """Make them, in an empty database."""
    connection = op.get_bind()
    if on_geopackage():
        geopackage.declare(connection)
    else:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        op.execute("CREATE SCHEMA IF NOT EXISTS restricted")
    op.create_table("kantong_store", sa.Column("schema_version", sa.Integer, primary_key=True))
    _boundaries()
    _runs()
    op.create_table(
        "tally",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        schema="restricted",
    )
    if on_geopackage():
        for table, features in _LISTED.items():
            geopackage.register(connection, table, features=features)
    op.execute("INSERT INTO kantong_store VALUES (1)")


def _boundaries() -> None:
    op.create_table(
        "boundary_set",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("code_system", sa.Text, nullable=False),
        sa.Column("finest_level", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("repairs", sa.Text, nullable=False),
    )
    op.create_table(
        "boundary_unit",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("set_id", sa.Text, sa.ForeignKey("boundary_set.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent", sa.Integer, nullable=False),
        sa.Column("area_km2", sa.Float, nullable=False),
        sa.Column("geometry", Geometry, nullable=False),
        sa.UniqueConstraint("set_id", "position"),
    )
    op.create_table(
        "backdrop",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("set_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("geometry", Geometry, nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "register",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("located", sa.Integer, nullable=False),
        sa.Column("by_code", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("register_id", sa.Text, sa.ForeignKey("register.id"), nullable=False),
        sa.Column("boundary_set_id", sa.Text, sa.ForeignKey("boundary_set.id"), nullable=False),
        sa.Column("specification", sa.Text, nullable=False),
        sa.Column("resolution", sa.Integer, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
    )
    op.create_table("zone", *_figures(), sa.Column("level", sa.Text, nullable=False))
    op.create_table(
        "pocket",
        *_figures(),
        sa.Column("cells", sa.Integer, nullable=False),
        sa.Column("units", sa.Text, nullable=False),
        sa.Column("geometry", Geometry, nullable=False),
    )
    op.create_index("ix_zone_run_id", "zone", ["run_id"])
    op.create_index("ix_pocket_run_id", "pocket", ["run_id"])


def _figures() -> list[sa.Column[object]]:
    figures = (
        "area_km2 read left_out households persons modelled_share poor_households poor_persons poor_per_km2 h a m0"
        " vulnerable severe"
    )
    return [
        sa.Column("fid", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        *(sa.Column(name, sa.Float) for name in figures.split()),
        sa.Column("indicators", sa.Text, nullable=False),
    ]
