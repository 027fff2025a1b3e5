"""Keep boundary sets, runs, published zones and pockets; the tally apart from them."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import polars as pl
from sqlalchemy import Connection, Row, Table, delete, func, insert, select

from geo import disclosure, notes, overlays
from geo import specification as specifications
from geo.boundaries import BoundarySet, Repair
from geo.codes import CodeSystem
from geo.compute import Computed
from geo.context import with_layers
from geo.disclosure import POCKET_COLUMNS, Audience, Published, PublishedRun
from geo.errors import NotFoundError, StoreError
from geo.overlays import Cover
from geo.publication import State
from geo.report import PlacementReport, RunSummary
from geo.store import bulk
from geo.store.audit import Audit
from geo.store.context import ContextLayers, RunShares, layers_of, save_shares
from geo.store.engine import Pool, open_engine, refuse_changed, writing
from geo.store.people import People
from geo.store.publications import Publications
from geo.store.results import digest, objects, outlines_of, pocket_rows, table_of, zone_rows
from geo.store.sessions import Sessions
from geo.store.shortlists import Shortlists
from geo.store.tables import backdrop, boundary_set, boundary_unit, pocket, register, run, tally, zone
from geo.tabulation import Tabulation
from geo.tally import Tally

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class BoundaryListing:
    """One version of a boundary set, as a list shows it."""

    id: str
    name: str
    code_system: str
    finest_level: str
    units: int
    source: str
    valid_from: date | None
    valid_to: date | None


class Store:
    """A store in an embedded GeoPackage or in PostGIS.

    Parameters
    ----------
    url
        ``sqlite:///file.gpkg`` or ``postgresql+psycopg://…``.
    create
        Whether to make a new store where there is none.
    pool
        How connections are shared.

    Raises
    ------
    StoreError
        When the database is not ours or cannot be reached.

    Attributes
    ----------
    people, sessions, audit
        Who works with the store, who is signed in, and what was done.
    shortlists
        Which places somebody picked, and what was decided.
    publications
        How far each run is on its way to the public.
    context
        The layers beside the register.
    """

    def __init__(self, url: str, *, create: bool = False, pool: Pool | None = None) -> None:
        self._engine = open_engine(url, create=create, pool=pool or Pool())
        self.people = People(self._engine)
        self.sessions = Sessions(self._engine)
        self.audit = Audit(self._engine)
        self.shortlists = Shortlists(self._engine)
        self.publications = Publications(self._engine)
        self.context = ContextLayers(self._engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def check(self) -> None:
        """Refuse to go on with a store that is gone, unreachable or at another revision since it was opened.

        Raises
        ------
        StoreError
            Saying which.
        """
        refuse_changed(self._engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that reads."""
        return self._engine.begin()

    def writing(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that writes: all of it is kept, or nothing."""
        return writing(self._engine)

    # Boundary sets

    def save_boundaries(self, boundaries: BoundarySet, report: Mapping[str, Any] | None = None) -> bool:
        """Keep a version of a boundary set with the report of its intake; return False when it was there before."""
        with self.writing() as connection:
            if self._exists(connection, boundary_set, boundaries.id):
                return False
            connection.execute(
                insert(boundary_set),
                {
                    "id": boundaries.id,
                    "name": boundaries.name,
                    "code_system": str(boundaries.code_system),
                    "finest_level": boundaries.finest_level,
                    "source": boundaries.source,
                    "valid_from": boundaries.valid_from,
                    "repairs": json.dumps([asdict(repair) for repair in boundaries.repairs]),
                    "valid_to": boundaries.valid_to,
                    "report": None if report is None else json.dumps(report),
                },
            )
            rows = boundaries.units.to_dict("records")
            bulk.write(
                connection,
                boundary_unit,
                [{**row, "set_id": boundaries.id, "position": position} for position, row in enumerate(rows)],
            )
        return True

    def save_backdrop(self, set_name: str, kind: str, features: gpd.GeoDataFrame) -> None:
        """Replace the lines of a kind (``road``, ``river``) drawn for orientation behind a boundary set."""
        names = features["name"] if "name" in features.columns else [None] * len(features)
        with self.writing() as connection:
            connection.execute(
                delete(backdrop).where(backdrop.c.set_name == set_name, backdrop.c.kind == kind)
            )
            bulk.write(
                connection,
                backdrop,
                [
                    {
                        "set_name": set_name,
                        "kind": kind,
                        "name": name if isinstance(name, str) else None,
                        "geometry": geometry,
                    }
                    for name, geometry in zip(names, features.geometry, strict=True)
                ],
            )

    def boundary_listing(self) -> list[BoundaryListing]:
        """List every version of every boundary set, newest last."""
        units = select(func.count()).where(boundary_unit.c.set_id == boundary_set.c.id).scalar_subquery()
        query = select(boundary_set, units.label("units")).order_by(boundary_set.c.fid)
        with self.reading() as connection:
            return [
                BoundaryListing(
                    id=row.id,
                    name=row.name,
                    code_system=row.code_system,
                    finest_level=row.finest_level,
                    units=row.units,
                    source=row.source,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                )
                for row in connection.execute(query)
            ]

    def boundaries(self, name_or_id: str) -> BoundarySet:
        """Return the newest version of a named boundary set, or the version with an id.

        Raises
        ------
        NotFoundError
            When there is none, naming those there are.
        """
        with self.reading() as connection:
            rows = connection.execute(select(boundary_set).order_by(boundary_set.c.fid)).all()
            found = [row for row in rows if name_or_id in (row.name, row.id)]
            if not found:
                known = ", ".join(dict.fromkeys(row.name for row in rows)) or "none"
                raise NotFoundError(f"there is no boundary set {name_or_id!r}. Loaded: {known}.")
            return self._boundaries(connection, found[-1])

    def intake_report(self, identifier: str) -> dict[str, Any] | None:
        """Return the report that a version of a boundary set was loaded with, or None where there is none."""
        with self.reading() as connection:
            text = connection.scalar(select(boundary_set.c.report).where(boundary_set.c.id == identifier))
        return None if text is None else json.loads(text)

    def _boundaries(self, connection: Connection, row: Row[Any]) -> BoundarySet:
        query = (
            select(boundary_unit).where(boundary_unit.c.set_id == row.id).order_by(boundary_unit.c.position)
        )
        units = connection.execute(query).mappings().all()
        columns = ("code", "name", "level", "parent", "area_km2")
        frame = gpd.GeoDataFrame(
            {column: [unit[column] for unit in units] for column in columns},
            geometry=[unit["geometry"] for unit in units],
            crs=4326,
        )
        return BoundarySet(
            name=row.name,
            code_system=CodeSystem(row.code_system),
            finest_level=row.finest_level,
            source=row.source,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            units=frame,
            repairs=tuple(Repair(**repair) for repair in json.loads(row.repairs)),
        )

    # Runs

    def save_run(self, computed: Computed) -> bool:
        """Keep a run in one transaction; return False when the same run was there."""
        summary, counts = computed.summary, computed.tally.to_bytes()
        seen = computed.published.values()
        zones = [row for one in seen for level in one.levels.values() for row in zone_rows(summary.id, level)]
        pockets = [row for one in seen for row in pocket_rows(summary.id, one.pockets)]
        shares = self.context.shares_of(computed)
        with self.writing() as connection:
            if self._exists(connection, run, summary.id):
                return False
            if not self._exists(connection, boundary_set, summary.boundaries.id):
                raise StoreError(
                    f"run {summary.id[:12]}: its boundary set {summary.boundaries.name!r} of this version is not in "
                    "the database. Load it first (kantong boundaries load)."
                )
            connection.execute(
                insert(register),
                {
                    "id": summary.id,
                    "name": summary.register_name,
                    **{
                        name: getattr(summary.placement, name)
                        for name in ("read", "located", "by_code", "refused")
                    },
                    "reasons": json.dumps(dict(summary.placement.reasons)),
                },
            )
            connection.execute(
                insert(run),
                {
                    "id": summary.id,
                    "state": State.COMPUTED,
                    "computed_at": datetime.now(UTC),
                    "register_id": summary.id,
                    "boundary_set_id": summary.boundaries.id,
                    "specification": json.dumps(specifications.to_table(summary.specification)),
                    "resolution": summary.resolution,
                    "notes": json.dumps(notes.to_table(summary.notes)),
                    "digest": digest(zones, pockets),
                },
            )
            bulk.write(connection, zone, zones)
            bulk.write(connection, pocket, pockets)
            sealed = {"run_id": summary.id, "data": counts, "digest": hashlib.sha256(counts).hexdigest()}
            bulk.write(connection, tally, [sealed])
            save_shares(connection, shares)
        return True

    def shares_of_households(self, set_id: str, cover: Cover) -> list[RunShares]:
        """Return which share of the households of each run on a version of a boundary set lives within polygons.

        ``cover`` is as in `geo.overlays.shares_of_households`.
        """
        query = select(run.c.id, run.c.resolution).where(run.c.boundary_set_id == set_id).order_by(run.c.fid)
        with self.reading() as connection:
            runs = connection.execute(query).all()
        return [
            RunShares(
                row.id,
                overlays.shares_of_households(
                    self.tabulation(row.id),
                    row.resolution,
                    [self.published(row.id, audience) for audience in disclosure.AUDIENCES.values()],
                    cover,
                ),
            )
            for row in runs
        ]

    def run_ids(self, *, drafts: bool = True) -> list[str]:
        """Return the ids of all runs, or of the published ones only, newest last."""
        query = select(run.c.id).order_by(run.c.fid)
        with self.reading() as connection:
            return list(connection.scalars(query if drafts else query.where(run.c.state == State.PUBLISHED)))

    def resolve(self, reference: str, *, drafts: bool = True) -> str:
        """Return the id of the run meant by an id, a unique prefix, or ``latest``, of those one may see.

        Raises
        ------
        NotFoundError
            When no run or more than one is meant.
        """
        ids = self.run_ids(drafts=drafts)
        if not ids:
            raise NotFoundError(
                "there is no run yet. Compute one first (kantong compute)."
                if drafts
                else "no run is published yet."
            )
        if reference == LATEST:
            return ids[-1]
        found = [identifier for identifier in ids if reference and identifier.startswith(reference)]
        if len(found) == 1:
            return found[0]
        problem = (
            "no run has an id that begins so" if not found else f"{len(found)} runs have ids that begin so"
        )
        raise NotFoundError(f"run {reference!r}: {problem}. Newest: {ids[-1][:12]}.")

    def summary(self, reference: str) -> RunSummary:
        """Return what a run is."""
        identifier = self.resolve(reference)
        with self.reading() as connection:
            row = connection.execute(select(run).where(run.c.id == identifier)).one()
            counts = connection.execute(select(register).where(register.c.id == row.register_id)).one()
            boundaries = self._boundaries_of(connection, row.boundary_set_id)
        return RunSummary(
            id=row.id,
            register_name=counts.name,
            boundaries=boundaries.summary,
            specification=specifications.from_table(json.loads(row.specification)),
            resolution=row.resolution,
            placement=PlacementReport(
                counts.read, counts.located, counts.by_code, counts.refused, json.loads(counts.reasons)
            ),
            notes=notes.from_table(json.loads(row.notes)),
        )

    def published(self, reference: str, audience: Audience) -> PublishedRun:
        """Return all that an audience may see of a run."""
        summary = self.summary(reference)
        indicators = tuple(summary.specification.weights)
        with self.reading() as connection:
            boundaries = self._boundaries_of(connection, summary.boundaries.id)
            seen = (zone.c.run_id == summary.id) & (zone.c.audience == audience.name)
            rows = connection.execute(select(zone).where(seen).order_by(zone.c.fid)).mappings().all()
            by_level: dict[str, list[Any]] = {}
            for row in rows:
                by_level.setdefault(row["level"], []).append(row)
            layers = tuple(layers_of(connection, summary.boundaries.id, summary.id, audience.name))
            levels = {
                level: disclosure.reopen(
                    audience,
                    level,
                    indicators,
                    with_layers(table_of(of_level, indicators), layers, level),
                    outlines_of(level, of_level, boundaries),
                )
                for level, of_level in by_level.items()
            }
            return PublishedRun(
                summary=summary,
                audience=audience,
                levels=levels,
                pockets=self._pockets(connection, summary, audience, indicators),
                backdrop=self._backdrop(connection, summary.boundaries.name),
                layers=tuple(layer.label for layer in layers),
            )

    def earlier(self, summary: RunSummary) -> list[PublishedRun]:
        """Return the other runs on the same boundaries, as each audience may read them.

        What one of these runs hides stays hidden.
        """
        query = (
            select(run.c.id)
            .where(run.c.boundary_set_id == summary.boundaries.id, run.c.id != summary.id)
            .order_by(run.c.fid)
        )
        with self.reading() as connection:
            ids = list(connection.scalars(query))
        return [
            self.published(other, audience) for other in ids for audience in disclosure.AUDIENCES.values()
        ]

    def tabulation(self, reference: str) -> Tabulation:
        """Return the restricted counts of a run, for the engine to measure again."""
        summary = self.summary(reference)
        with self.reading() as connection:
            boundaries = self._boundaries_of(connection, summary.boundaries.id)
            data = connection.scalar(select(tally.c.data).where(tally.c.run_id == summary.id))
        if data is None:
            raise NotFoundError(
                f"run {summary.id[:12]}: its counts are not in this database, so it cannot be measured again."
            )
        return Tabulation(Tally.from_bytes(data), boundaries, summary.resolution)

    def _boundaries_of(self, connection: Connection, identifier: str) -> BoundarySet:
        row = connection.execute(select(boundary_set).where(boundary_set.c.id == identifier)).one()
        return self._boundaries(connection, row)

    def _pockets(
        self, connection: Connection, summary: RunSummary, audience: Audience, indicators: tuple[str, ...]
    ) -> Published:
        seen = (pocket.c.run_id == summary.id) & (pocket.c.audience == audience.name)
        rows = connection.execute(select(pocket).where(seen).order_by(pocket.c.position)).mappings().all()
        table = table_of(rows, indicators).with_columns(
            **{
                name: pl.Series([row[name] for row in rows], dtype=dtype)
                for name, dtype in POCKET_COLUMNS.items()
            }
        )
        return disclosure.reopen(
            audience, "pocket", indicators, table, objects([row["geometry"] for row in rows])
        )

    @staticmethod
    def _backdrop(connection: Connection, set_name: str) -> gpd.GeoDataFrame:
        query = select(backdrop).where(backdrop.c.set_name == set_name).order_by(backdrop.c.fid)
        rows = connection.execute(query).mappings().all()
        return gpd.GeoDataFrame(
            pd.DataFrame(
                {"kind": [row["kind"] for row in rows], "name": [row["name"] for row in rows]}, dtype=object
            ),
            geometry=[row["geometry"] for row in rows],
            crs=4326,
        )

    @staticmethod
    def _exists(connection: Connection, table: Table, identifier: str) -> bool:
        return connection.scalar(select(table.c.id).where(table.c.id == identifier)) is not None
