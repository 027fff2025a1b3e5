"""The pieces of work that are measured, each run in a process of its own."""

import time
from pathlib import Path

from geo import boundaries, cells, compute, counting, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.disclosure import PLANNER, PUBLIC
from geo.locate import Locator
from geo.measures import measure
from geo.questions import Questions
from geo.register import Register
from geo.store import Store
from geo.tabulation import Tabulation
from tests.benchmarks import plain

_RESOLUTION = 10
_CITY = "kota_contoh_kelurahan.gpkg"


def make_sample(folder: str, households: int) -> None:
    """Write Kota Contoh and a register over it."""
    sample.write_sample(Path(folder), households=households, seed=1)


def store_run(folder: str) -> None:
    """Compute a run from Parquet, publish it for both audiences and store it."""
    place = Path(folder)
    city = _city(place)
    computed = compute.compute(_register(place), city)
    (place / "bench.gpkg").unlink(missing_ok=True)
    (place / "bench.restricted.sqlite").unlink(missing_ok=True)
    store = Store(f"sqlite:///{place / 'bench.gpkg'}", create=True)
    store.save_boundaries(city)
    store.save_run(computed)


def measure_levels(folder: str) -> dict[str, float]:
    """Measure units and cells from Parquet, nothing published or stored; return M0 by kelurahan and by cell."""
    place = Path(folder)
    city, bound = _city(place), _register(place)
    tally, _ = counting.count(bound, Locator(city, _RESOLUTION))
    tabulation = Tabulation(tally, city, _RESOLUTION)
    levels = {
        level: measure(tabulation.counts(level), bound.specification)
        for level in (*tabulation.unit_levels, *tabulation.cell_levels)
    }
    cells_, units = levels["h3-9"], levels["kelurahan"]
    codes = [code.replace(".", "") for code in tabulation.zones("kelurahan").codes]
    of_units = dict(zip(codes, units.m0.tolist(), strict=True))
    return of_units | dict(zip(cells.to_text(cells_.zones), cells_.m0.tolist(), strict=True))


def plain_loop(folder: str) -> dict[str, float]:
    """Measure the same with pandas, geopandas and a loop over h3; return M0 by kelurahan and by cell."""
    levels = plain.measure(Path(folder), Path(folder) / _CITY, "code", _RESOLUTION)
    return {str(code): float(m0) for level in ("unit", "cell_9") for code, m0 in levels[level]["m0"].items()}


def what_if(folder: str) -> dict[str, float]:
    """Ask a stored run under other cutoffs, as the public and as a planner; return milliseconds."""
    store = Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}")
    cutoffs = store.summary("latest").specification.sensitivity_cutoffs
    answer: dict[str, float] = {}
    of_planners: Questions | None = None
    for audience in (PLANNER, PUBLIC):
        questions = Questions(store.tabulation("latest"), store.published("latest", audience), of_planners)
        of_planners = questions
        times = []
        for cutoff in cutoffs * 3:
            started = time.perf_counter()
            questions.answer("kelurahan", cutoff=cutoff)
            times.append(time.perf_counter() - started)
        # The first question merges the rare profiles; a server does so once for each run and audience.
        answer[f"{audience.name}, first"] = 1000 * times[0]
        answer[audience.name] = 1000 * sorted(times)[len(times) // 2]
    return answer


def _city(folder: Path) -> BoundarySet:
    return boundaries.read(
        folder / _CITY, name="kota_contoh", level="kelurahan", code_system=CodeSystem.KEMENDAGRI
    )


def _register(folder: Path) -> Register:
    return register.bind(
        folder / "households.parquet",
        folder / "members.parquet",
        schema.load("dtsen"),
        specification.load("bogor"),
    )
