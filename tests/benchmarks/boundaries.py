"""Check the villages of the whole country: seconds and memory against the limits of the design; 300 spoilt files."""

import json
import tempfile
import time
from collections import Counter
from pathlib import Path

from geo.boundaries import Choices, Options, check_file
from geo.codes import CodeSystem
from geo.errors import KantongError
from maps import boundary_report
from tests.benchmarks.machine import run
from tests.geo.vector.mutations import mutated

_VILLAGES = (
    Path(__file__).parents[2].parent
    / "shared"
    / "data"
    / "boundaries"
    / "indonesia_villages_bps2020_simplified.parquet"
)
_SPOILT = 300


def main() -> None:
    """Print what a check takes, and what becomes of spoilt files."""
    if _VILLAGES.exists():
        for what in ("check", "check_and_report"):
            cost = run(what, module="tests.benchmarks.boundaries")
            print(
                f"{f'{what}, {cost.answer:,} villages':<48}{cost.process_s:>7.2f} s {cost.cpu_s:>7.2f} s CPU "
                f"{cost.peak_mib:>6.0f} MiB  reach 180 s, 4,096 MiB",
                flush=True,
            )
    else:
        print(f"check of all villages: left out, {_VILLAGES.name} is not beside this checkout")
    answer = run("spoilt", module="tests.benchmarks.boundaries").answer
    print(f"{f'{_SPOILT} spoilt files':<48}{answer}")


def check() -> int:
    """Check the file and nothing else."""
    return len(check_file(_VILLAGES, Options(choices=Choices("kelurahan", CodeSystem.BPS))).draft.table)


def check_and_report() -> int:
    """Check the file and write its report as JSON, as a GeoPackage of defects and as a page."""
    checked = check_file(_VILLAGES, Options(choices=Choices("kelurahan", CodeSystem.BPS)))
    with tempfile.TemporaryDirectory() as folder:
        boundary_report.write_defects(checked, Path(folder) / "defects.gpkg")
        (Path(folder) / "report.html").write_text(boundary_report.as_page(checked), "utf-8")
        (Path(folder) / "report.json").write_text(json.dumps(checked.report.as_dict()), "utf-8")
    return len(checked.draft.table)


def spoilt() -> dict[str, float]:
    """Check spoilt files; anything but a report or a sentence ends the benchmark."""
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for path in mutated(Path(folder), _SPOILT, seed=7):
            started = time.perf_counter()
            try:
                outcomes["loadable" if check_file(path).report.is_loadable else "stopped"] += 1
            except KantongError:
                outcomes["refused"] += 1
            slowest = max(slowest, time.perf_counter() - started)
    return {**outcomes, "slowest_s": round(slowest, 2)}


if __name__ == "__main__":
    main()
