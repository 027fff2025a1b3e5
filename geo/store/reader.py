"""Let a PostgreSQL role read what is published, and nothing else: for QGIS and reports straight on the database."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, select, text

from geo.disclosure import PUBLIC
from geo.errors import NotFoundError, StoreError
from geo.publication import State
from geo.store.engine import open_engine, writing
from geo.store.tables import boundary_set, boundary_unit, pocket, run, zone

SCHEMA = "published"

#: Who proposed and approved is for the audit; a run's state is published here by definition.
_RUN = ("fid", "id", "boundary_set_id", "specification", "resolution", "notes", "computed_at", "approved_at")


def grant_reader(url: str, role: str) -> list[str]:
    """Let a role read views of the published runs, with the figures of the public and the outlines of units.

    The views stand in the schema ``published``; the role gets nothing on the tables below them, neither on drafts and
    planners' figures nor on the schema ``restricted``. Views are barriers: a function of the reader's own does not see
    the rows they leave out.

    Parameters
    ----------
    url
        A store on PostgreSQL, with the account that owns it.
    role
        A role that is there already.

    Returns
    -------
    list of str
        The statements that were run, for who keeps the server.

    Raises
    ------
    StoreError
        On a GeoPackage, which has no roles.
    NotFoundError
        When the role does not exist.
    """
    engine = open_engine(url, create=False)
    try:
        if engine.dialect.name != "postgresql":
            raise StoreError(
                "a GeoPackage has no roles. Pass on the .gpkg file without the file of counts beside it, or move the "
                "store to PostgreSQL (kantong db migrate)."
            )
        quoted = engine.dialect.identifier_preparer.quote_identifier(role)
        with writing(engine) as connection:
            _refuse_unknown(connection, role, quoted)
            statements = [*_views(), *_grants(quoted)]
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
    return statements


def _refuse_unknown(connection: Connection, role: str, quoted: str) -> None:
    known = select(text("1")).select_from(text("pg_roles")).where(text("rolname = :role"))
    if connection.scalar(known, {"role": role}) is None:
        raise NotFoundError(
            f"there is no role {role!r}. Make it first: CREATE ROLE {quoted} LOGIN PASSWORD '…';"
        )


def _views() -> list[str]:
    published = f"run.state = '{State.PUBLISHED}'"
    of_public = f"JOIN run ON run.id = {{0}}.run_id AND {published} WHERE {{0}}.audience = '{PUBLIC.name}'"
    outline = (
        "LEFT JOIN boundary_unit ON boundary_unit.set_id = run.boundary_set_id AND boundary_unit.level = zone.level"
        " AND boundary_unit.code = zone.code"
    )
    zones = of_public.format("zone").replace(" WHERE ", f" {outline} WHERE ")
    return [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        _view("run", _of(run, _RUN), f"FROM run WHERE {published}"),
        # The outline comes first, so that columns added later come last, as a view is replaced only then.
        _view("zone", ["boundary_unit.geometry", *_of(zone)], f"FROM zone {zones}"),
        _view("pocket", ["pocket.geometry", *_of(pocket)], f"FROM pocket {of_public.format('pocket')}"),
        _view("boundary_set", _of(boundary_set), "FROM boundary_set"),
        _view("boundary_unit", ["boundary_unit.geometry", *_of(boundary_unit)], "FROM boundary_unit"),
    ]


def _of(table: Table, names: Sequence[str] | None = None) -> list[str]:
    kept = names or [column.name for column in table.columns if column.name not in {"geometry", "audience"}]
    return [f'{table.name}."{name}"' for name in kept]


def _view(name: str, columns: Sequence[str], source: str) -> str:
    return f"CREATE OR REPLACE VIEW {SCHEMA}.{name} WITH (security_barrier) AS SELECT {', '.join(columns)} {source}"


def _grants(role: str) -> list[str]:
    return [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}",
    ]
