"""Writing the zones of a large city into PostgreSQL: COPY against a statement a row, in one run on the same rows."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import shapely
from sqlalchemy import Connection, insert, text

from geo.disclosure import ZONE_COLUMNS
from geo.store import Store, bulk
from geo.store.results import Rows
from geo.store.tables import boundary_set, boundary_unit, register, run, zone
from tests import postgres

_ZONES, _UNITS = 88_000, 2_700


def main() -> None:
    """Print one line a table."""
    reason = postgres.missing()
    if reason is not None:
        print(f"{'writing to PostgreSQL':<48}  skipped: {reason}")
        return
    with postgres.server() as server:
        store = Store(server.new_database(), create=True)
        with store.writing() as connection:
            _stand(connection)
        for what, table, rows in (("zones", zone, _zones()), ("units", boundary_unit, _units())):
            copied = _seconds(store.writing, lambda one, of=table, all_=rows: bulk.write(one, of, all_))
            inserted = _seconds(store.writing, lambda one, of=table, all_=rows: one.execute(insert(of), all_))
            print(f"{f'{len(rows):,} {what} into PostgreSQL by COPY':<48}{copied:>7.2f} s")
            print(f"{'  ratio to INSERT of the same rows':<48}{inserted / copied:>7.1f} x")
        store.close()


def _seconds(
    begin: Callable[[], AbstractContextManager[Connection]], write: Callable[[Connection], object]
) -> float:
    """Return how long rows take, and leave the table as it was."""
    times = []
    for _ in range(3):
        with begin() as connection:
            mark = connection.begin_nested()
            started = time.perf_counter()
            write(connection)
            times.append(time.perf_counter() - started)
            mark.rollback()
    return min(times)


def _stand(connection: Connection) -> None:
    """Keep what zones and units belong to."""
    connection.execute(
        insert(boundary_set),
        {"id": "b", "name": "b", "code_system": "bps", "finest_level": "rw", "source": "", "repairs": "[]"},
    )
    counts = dict.fromkeys(("read", "located", "by_code", "refused"), 0)
    connection.execute(insert(register), {"id": "r", "name": "r", "reasons": "{}", **counts})
    given = {"specification": "{}", "resolution": 10, "notes": "[]", "state": "computed"}
    connection.execute(insert(run), {"id": "r", "register_id": "r", "boundary_set_id": "b", **given})
    connection.execute(text("SET synchronous_commit = off"))


def _zones() -> Rows:
    random = np.random.default_rng(1).random((_ZONES, len(ZONE_COLUMNS)))
    words = {"code": "8a", "name": "Desa", "parent": "89", "status": "shown", "reason": None}
    figures = json.dumps({f"indicator_{number}": 0.1234567 * number for number in range(26)})
    return [
        {
            "run_id": "r",
            "audience": "public",
            "level": "h3-10",
            "position": position,
            "indicators": figures,
            **{name: words.get(name, float(value)) for name, value in zip(ZONE_COLUMNS, row, strict=True)},
        }
        for position, row in enumerate(random)
    ]


def _units() -> Rows:
    outline = shapely.Point(107, -6).buffer(0.01, quad_segs=64)
    common = {"set_id": "b", "level": "rw", "code": "99", "name": "RW 1", "parent": 0, "area_km2": 1.0}
    return [{**common, "position": position, "geometry": outline} for position in range(_UNITS)]


if __name__ == "__main__":
    main()
