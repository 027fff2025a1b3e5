"""Measure the main job: seconds, memory, and the ratio to plain pandas in the same run."""

import math
import tempfile
from pathlib import Path

from tests.benchmarks import boundaries, crowd, places, printing, scale, service, store, tiles, uncertainty
from tests.benchmarks.machine import Cost, run

_CITY, _PROVINCE = 350_000, 3_500_000


def main() -> None:
    """Print one line a piece of work."""
    with tempfile.TemporaryDirectory() as folder:
        city, province = Path(folder) / "city", Path(folder) / "province"
        _line("sample, 350,000 households", run("make_sample", folder=str(city), households=_CITY))
        _line(
            "Parquet to a stored run, 350,000 households",
            run("store_run", folder=str(city)),
            "reach 10 s, 1,024 MiB",
        )
        ours = run("measure_levels", folder=str(city))
        _line("Parquet to the measures of five levels", ours)
        theirs = run("plain_loop", folder=str(city))
        _line("the same measures, pandas + h3 loop", theirs)
        _agree(ours.answer, theirs.answer)
        print(f"{'ratio of time, imports apart':<48}{theirs.wall_s / ours.wall_s:>7.1f} x          reach 5 x")
        print(f"{'ratio of CPU time, imports apart':<48}{theirs.cpu_s / ours.cpu_s:>7.1f} x")
        answer = run("what_if", folder=str(city)).answer
        for level, milliseconds in answer.items():  # type: ignore[attr-defined]
            print(f"{f'what-if, {level}':<48}{milliseconds:>9.1f} ms         reach 50 ms once arranged")
        cost = run("make_sample", folder=str(province), households=_PROVINCE)
        _line("sample, 3,500,000 households", cost, "reach 180 s")
        cost = run("store_run", folder=str(province))
        _line("Parquet to a stored run, 3,500,000 households", cost, "reach 60 s, 3,072 MiB")


def _line(what: str, cost: Cost, reach: str = "") -> None:
    work = f"{cost.wall_s:>7.2f} s {cost.cpu_s:>7.2f} s CPU without imports"
    print(f"{what:<48}{cost.process_s:>7.2f} s {work} {cost.peak_mib:>6.0f} MiB  {reach}", flush=True)


def _agree(ours: object, theirs: object) -> None:
    """Stop when the two ways do not measure the same: then their times say nothing."""
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    far = [code for code in ours if not _close(ours[code], theirs[code])]
    if far or not ours:
        raise SystemExit(f"M0 differs in {len(far)} of {len(ours)} kelurahan, first {far[:1]}")
    print(f"{'M0 of both agrees to 1e-9 in':<48}{len(ours):>9} kelurahan and cells")


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


if __name__ == "__main__":
    main()
    for topic in (uncertainty, places, scale, boundaries, store, tiles, service, printing, crowd):
        topic.main()
