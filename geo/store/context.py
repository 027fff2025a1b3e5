"""Keep layers beside the register: what they are, and one value a place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select

from geo import overlays
from geo.boundaries import BoundarySet
from geo.compute import Computed
from geo.context import ContextLayer
from geo.overlays import Cover
from geo.store.engine import writing
from geo.store.tables import context_layer, context_share, context_value
from geo.tabulation import Tabulation

_CHUNK = 5_000
_FACTS = ("name", "title", "unit", "kind", "source", "date")


@dataclass(frozen=True)
class RunShares:
    """Which share of the households of a run's places lives within the polygons of a layer, by audience."""

    run_id: str
    by_audience: Mapping[str, Cover]


class ContextLayers:
    """The layers of a store, each on one version of a boundary set."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, boundaries: BoundarySet, layer: ContextLayer, shares: Sequence[RunShares] = ()) -> bool:
        """Keep a layer in one transaction; return False when it took the place of one of its name.

        Parameters
        ----------
        shares
            Of a layer of polygons: of households within them, of the runs that there are.
        """
        with writing(self._engine) as connection:
            of_name = (context_layer.c.set_id == boundaries.id) & (context_layer.c.name == layer.name)
            old = connection.scalar(select(context_layer.c.fid).where(of_name))
            if old is not None:
                for values in (context_share, context_value):
                    connection.execute(delete(values).where(values.c.layer == old))
                connection.execute(delete(context_layer).where(context_layer.c.fid == old))
            facts = {name: getattr(layer, name) for name in _FACTS} | {"date": layer.date.isoformat()}
            warnings = "\n".join(layer.warnings)
            added = connection.execute(
                insert(context_layer), {**facts, "set_id": boundaries.id, "warnings": warnings}
            )
            (key,) = added.inserted_primary_key or (None,)
            _write(connection, context_value, {"layer": key}, layer.values)
            for of_run in shares:
                _write_shares(connection, key, of_run)
        return old is None

    def of_set(self, set_id: str) -> list[ContextLayer]:
        """Return the layers of a version of a boundary set, by name."""
        with self._engine.begin() as connection:
            return [layer for _, layer in _layers(connection, set_id)]

    def shares_of(self, computed: Computed) -> list[tuple[int, RunShares]]:
        """Return the shares of households of a new run within each layer of polygons, with the key of the layer."""
        summary, seen = computed.summary, list(computed.published.values())
        with self._engine.begin() as connection:
            found = [one for one in _layers(connection, summary.boundaries.id) if one[1].kind == "polygons"]
        if not found:
            return []
        counts = Tabulation(computed.tally, computed.boundaries, summary.resolution)
        return [
            (
                key,
                RunShares(
                    summary.id,
                    overlays.shares_of_households(counts, summary.resolution, seen, layer.values),
                ),
            )
            for key, layer in found
        ]


def layers_of(connection: Connection, set_id: str, run_id: str, audience: str) -> list[ContextLayer]:
    """Return the layers of a version of a boundary set, by name, with the shares that an audience sees of a run."""
    answer = []
    for key, layer in _layers(connection, set_id):
        answer.append(layer)
        seen = (context_share.c.run_id == run_id) & (context_share.c.audience == audience)
        if shares := _values(connection, context_share, (context_share.c.layer == key) & seen):
            answer.append(overlays.of_households(layer, shares))
    return answer


def save_shares(connection: Connection, shares: Sequence[tuple[int, RunShares]]) -> None:
    """Keep the shares of households of a new run, each with the key of its layer."""
    for key, of_run in shares:
        _write_shares(connection, key, of_run)


def _layers(connection: Connection, set_id: str) -> Iterator[tuple[int, ContextLayer]]:
    query = select(context_layer).where(context_layer.c.set_id == set_id).order_by(context_layer.c.name)
    for row in connection.execute(query).mappings().all():
        facts = {name: row[name] for name in _FACTS} | {"date": date.fromisoformat(row["date"])}
        values = _values(connection, context_value, context_value.c.layer == row["fid"])
        yield (
            row["fid"],
            ContextLayer(**facts, values=values, warnings=tuple(row["warnings"].splitlines())),
        )


def _values(connection: Connection, table: Table, condition: Any) -> Cover:
    values: dict[str, dict[str, float]] = {}
    for value in connection.execute(select(table).where(condition)):
        values.setdefault(value.level, {})[value.code] = value.value
    return values


def _write_shares(connection: Connection, key: int | None, of_run: RunShares) -> None:
    for audience, values in of_run.by_audience.items():
        facts = {"layer": key, "run_id": of_run.run_id, "audience": audience}
        _write(connection, context_share, facts, values)


def _write(connection: Connection, table: Table, facts: Mapping[str, object], values: Cover) -> None:
    rows = [
        {**facts, "level": level, "code": code, "value": value}
        for level, of_level in values.items()
        for code, value in of_level.items()
    ]
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(table), rows[start : start + _CHUNK])
