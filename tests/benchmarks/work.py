"""The pieces of work that are measured, each run in a process of its own."""

import time
from pathlib import Path

from geo import boundaries, compute, register, sample, schema, specification
from geo.boundaries import BoundarySet
from geo.codes import CodeSystem
from geo.disclosure import PUBLIC
from geo.store import Store
from tests.benchmarks import plain

_CITY = "kota_contoh_kelurahan.gpkg"


def make_sample(folder: str, households: int) -> None:
    """Write Kota Contoh and a register over it."""
    sample.write_sample(Path(folder), households=households, seed=1)


def store_run(folder: str) -> dict[str, float]:
    """Compute a run from Parquet and store it; return M0 by kelurahan and by cell."""
    place = Path(folder)
    bound = register.bind(
        place / "households.parquet",
        place / "members.parquet",
        schema.load("dtsen"),
        specification.load("bogor"),
    )
    city = _city(place)
    computed = compute.compute(bound, city)
    (place / "bench.gpkg").unlink(missing_ok=True)
    (place / "bench.restricted.sqlite").unlink(missing_ok=True)
    store = Store(f"sqlite:///{place / 'bench.gpkg'}", create=True)
    store.save_boundaries(city)
    store.save_run(computed)
    levels = computed.published["planner"].levels
    rows = [
        row for level in ("kelurahan", "h3-9") for row in levels[level].table.select("code", "m0").iter_rows()
    ]
    return {code.replace(".", ""): m0 for code, m0 in rows if m0 is not None}


def plain_loop(folder: str) -> dict[str, float]:
    """Measure the same with pandas, geopandas and a loop over h3; return M0 by kelurahan and by cell."""
    levels = plain.measure(Path(folder), Path(folder) / _CITY, "code", 10)
    return {str(code): float(m0) for level in ("unit", "cell_9") for code, m0 in levels[level]["m0"].items()}


def what_if(folder: str) -> dict[str, float]:
    """Ask a stored run again under another cutoff, through the disclosure gate; return milliseconds by level."""
    store = Store(f"sqlite:///{Path(folder) / 'bench.gpkg'}")
    summary, tabulation = store.summary("latest"), store.tabulation("latest")
    answer = {}
    for name, levels in (("kelurahan", tabulation.unit_levels), ("h3-9", tabulation.cell_levels)):
        times = []
        for cutoff in summary.specification.sensitivity_cutoffs * 3:
            started = time.perf_counter()
            tabulation.publish(summary.specification, PUBLIC, levels, cutoff=cutoff)
            times.append(time.perf_counter() - started)
        # The first question arranges the counts of a level; a server does so once for each run.
        answer[f"{name}, first"] = 1000 * times[0]
        answer[name] = 1000 * sorted(times)[len(times) // 2]
    return answer


def _city(folder: Path) -> BoundarySet:
    return boundaries.read(
        folder / _CITY, name="kota_contoh", level="kelurahan", code_system=CodeSystem.KEMENDAGRI
    )
