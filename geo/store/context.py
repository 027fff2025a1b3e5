"""Keep layers beside the register: what they are, and one value a place."""

from datetime import date

from sqlalchemy import Connection, Engine, delete, insert, select

from geo.boundaries import BoundarySet
from geo.context import ContextLayer
from geo.store.engine import writing
from geo.store.tables import context_layer, context_value

_CHUNK = 5_000
_FACTS = ("name", "title", "unit", "kind", "source", "date")


class ContextLayers:
    """The layers of a store, each on one version of a boundary set."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, boundaries: BoundarySet, layer: ContextLayer) -> bool:
        """Keep a layer in one transaction; return False when it took the place of one of its name."""
        with writing(self._engine) as connection:
            of_name = (context_layer.c.set_id == boundaries.id) & (context_layer.c.name == layer.name)
            old = connection.scalar(select(context_layer.c.fid).where(of_name))
            if old is not None:
                connection.execute(delete(context_value).where(context_value.c.layer == old))
                connection.execute(delete(context_layer).where(context_layer.c.fid == old))
            facts = {name: getattr(layer, name) for name in _FACTS} | {"date": layer.date.isoformat()}
            warnings = "\n".join(layer.warnings)
            added = connection.execute(
                insert(context_layer), {**facts, "set_id": boundaries.id, "warnings": warnings}
            )
            (key,) = added.inserted_primary_key or (None,)
            rows = [
                {"layer": key, "level": level, "code": code, "value": value}
                for level, values in layer.values.items()
                for code, value in values.items()
            ]
            for start in range(0, len(rows), _CHUNK):
                connection.execute(insert(context_value), rows[start : start + _CHUNK])
        return old is None

    def of_set(self, set_id: str) -> list[ContextLayer]:
        """Return the layers of a version of a boundary set, by name."""
        with self._engine.begin() as connection:
            return layers_of(connection, set_id)


def layers_of(connection: Connection, set_id: str) -> list[ContextLayer]:
    """Return the layers of a version of a boundary set, by name."""
    query = select(context_layer).where(context_layer.c.set_id == set_id).order_by(context_layer.c.name)
    answer = []
    for row in connection.execute(query).mappings().all():
        values: dict[str, dict[str, float]] = {}
        of_layer = select(context_value).where(context_value.c.layer == row["fid"])
        for value in connection.execute(of_layer):
            values.setdefault(value.level, {})[value.code] = value.value
        facts = {name: row[name] for name in _FACTS} | {"date": date.fromisoformat(row["date"])}
        answer.append(ContextLayer(**facts, values=values, warnings=tuple(row["warnings"].splitlines())))
    return answer
