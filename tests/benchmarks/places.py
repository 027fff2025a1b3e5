"""Measure pockets, scan, change and selection: ratios to esda in one run, and a simulation of planted pockets."""

import time
import warnings
from collections.abc import Callable, Mapping

import h3
import numpy as np
import polars as pl
import scipy.stats

from geo import cells, hotspots, pockets, scan, selection
from geo.disclosure import ZONE_COLUMNS

_CENTRE = cells.to_text(cells.index(np.array([106.8]), np.array([-6.6]), 9))[0]
_LARGE = 182  # rings: 99,919 cells
_WORLDS = 100
_REPEATS = 5


def main() -> None:
    """Print one line a piece of work."""
    _hot_spots()
    _planted()
    _scan()
    _select()


def _hot_spots() -> None:
    codes = np.sort(cells.from_text(list(h3.grid_disk(_CENTRE, _LARGE))))
    values = np.random.default_rng(1).gamma(2.0, 0.05, len(codes))
    values[np.isin(codes, cells.from_text(list(h3.grid_disk(_CENTRE, 9))))] += 0.2
    contiguity, building = _cpu(lambda: cells.neighbours(codes))
    z, scoring = _cpu(lambda: hotspots.local_g_star(values, contiguity))
    _, finding = _cpu(lambda: pockets._components(_discovered(z), contiguity, values, pockets.Size()))
    peer = _esda(codes, values)
    apart = float(np.abs(peer["z"] - z).max())
    if apart > 1e-9:
        raise SystemExit(f"z of Gi* differs by {apart:.1e} from esda: the times say nothing")
    _line(f"Gi* of {len(codes):,} cells: largest difference to esda", f"{apart:.0e}", "reach 1e-9")
    _line("Gi* + FDR + components, ours", f"{(scoring + finding) * 1e3:.1f} ms CPU")
    _line("the same with esda and libpysal", f"{(peer['score'] + peer['find']) * 1e3:,.0f} ms CPU")
    ratio = (peer["score"] + peer["find"]) / (scoring + finding)
    _line("ratio, contiguity ready-made on both sides", f"{ratio:.0f} x", "reach 50 x")
    ratio = sum(peer[part] for part in ("build", "score", "find")) / (building + scoring + finding)
    _line("ratio, contiguity from H3 codes included", f"{ratio:.0f} x", "reach 50 x")


def _discovered(z: np.ndarray) -> np.ndarray:
    return hotspots.discoveries(scipy.stats.norm.sf(z))


def _esda(codes: np.ndarray, values: np.ndarray) -> dict[str, object]:
    """Do the same with esda, once: it is slow enough to be told from noise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda
        import libpysal

        def build() -> object:
            text = cells.to_text(codes)
            known = set(text)
            around = {code: [other for other in h3.grid_disk(code, 1) if other in known] for code in text}
            return libpysal.weights.W(around, id_order=text, silence_warnings=True)

        w, building = _cpu(build, 1)
        score, scoring = _cpu(lambda: esda.G_Local(values, w, transform="B", permutations=0, star=None), 1)

        def find() -> object:
            p = scipy.stats.norm.sf(score.Zs)
            hot = np.flatnonzero(p <= esda.fdr(p, 0.05))
            ids = [w.id_order[place] for place in hot]
            return libpysal.weights.w_subset(w, ids, silence_warnings=True).n_components

        _, finding = _cpu(find, 1)
    return {"z": score.Zs, "build": building, "score": scoring, "find": finding}


def _planted() -> None:
    """Plant pockets of 19 to 61 cells, 35 % poor, in a ground that is 10 % poor, and look for them."""
    codes = np.sort(cells.from_text(list(h3.grid_disk(_CENTRE, 30))))
    worlds = [_world(codes, np.random.default_rng(seed)) for seed in range(_WORLDS)]
    # Local Moran leaves a cell itself out, so it misses more of the rims: it is the second opinion.
    for name, test, recalled, missed in (
        ("Gi*", hotspots.hot_by_g_star, "reach 0.9", "reach 0.1"),
        ("local Moran", hotspots.hot_by_local_moran, "", ""),
    ):
        recall, false = [], []
        for inside, table in worlds:
            found = pockets.find(table, hot_spots=test).member >= 0
            recall.append((found & inside).sum() / inside.sum())
            false.append((found & ~inside).sum() / max(found.sum(), 1))
        _line(f"pockets planted in {_WORLDS} worlds, {name}: recall", f"{np.mean(recall):.3f}", recalled)
        _line("  false discovery, cell-wise", f"{np.mean(false):.3f}", missed)
    quiet = [_world(codes, np.random.default_rng(seed), 0)[1] for seed in range(_WORLDS)]
    share = np.mean([pockets.find(table).table.height > 0 for table in quiet])
    _line("worlds without pockets in which one is found, Gi*", f"{share:.2f}", "reach 0.05 + error")


def _world(codes: np.ndarray, rng: np.random.Generator, number: int = 4) -> tuple[np.ndarray, pl.DataFrame]:
    """Households of each cell 30 to 170; its rate strays by 8 points, and is then counted out over the households."""
    text = cells.to_text(codes)
    at = {code: place for place, code in enumerate(text)}
    inside, taken = np.zeros(len(codes), dtype=bool), np.zeros(len(codes), dtype=bool)
    while number:
        radius, middle = int(rng.integers(2, 5)), text[rng.integers(len(text))]
        wide = [at[code] for code in h3.grid_disk(middle, radius + 3) if code in at]
        if len(wide) < 3 * (radius + 3) * (radius + 4) + 1 or taken[wide].any():
            continue
        inside[[at[code] for code in h3.grid_disk(middle, radius)]] = True
        taken[wide] = True
        number -= 1
    households = rng.integers(30, 170, len(codes))
    rate = np.clip(np.where(inside, 0.35, 0.10) + rng.normal(0, 0.08, len(codes)), 0.01, 0.95)
    h = rng.binomial(households, rate) / households
    return inside, _table(
        text, {"m0": h * 0.45, "h": h, "persons": households * 4.0, "poor_persons": h * households * 4}
    )


def _table(codes: list[str], figures: Mapping[str, np.ndarray]) -> pl.DataFrame:
    columns = {name: np.ones(len(codes)) for name, kind in ZONE_COLUMNS.items() if kind == pl.Float64} | dict(
        figures
    )
    texts = {"code": codes, "name": codes, "parent": None, "status": "shown", "reason": None}
    return pl.DataFrame({**texts, **columns}, schema_overrides=dict(ZONE_COLUMNS))


def _scan() -> None:
    codes = sorted(h3.grid_disk(_CENTRE, 30))
    lat, lon = np.array([h3.cell_to_latlng(code) for code in codes]).T
    rng = np.random.default_rng(1)
    persons = rng.integers(200, 700, len(codes))
    windows = scan.circles(lon, lat, persons.astype(float))
    _, cost = _cpu(lambda: scan.scan(rng.binomial(persons, 0.2), persons, windows, draws=999, seed=1), 1)
    number = sum(np.diff(step.indptr).astype(bool).sum() for step in windows.added)
    _line(f"scan of {len(codes):,} cells, {number:,} circles, 999 draws", f"{cost:.1f} s CPU")


def _select() -> None:
    rng = np.random.default_rng(1)
    for number, budget in ((2_700, 100_000.0), (83_000, 3_000_000.0)):
        size = rng.integers(100, 1200, number).astype(float)
        table = _table(
            [f"{place:06}" for place in range(number)],
            {"households": size, "poor_persons": np.rint(size * rng.beta(2, 8, number) * 4)},
        ).with_columns(parent=pl.Series([f"k{place % (number // 15)}" for place in range(number)]))
        stated = selection.task(table, households=budget, at_least=1 if number < 10_000 else 0)
        simple, greedy_cost = _cpu(lambda: selection.greedy(stated), 1)  # noqa: B023
        best, exact_cost = _cpu(lambda: selection.exact(stated), 1)  # noqa: B023
        _line(
            f"select among {number:,} places within {budget:,.0f} households, greedy",
            f"{greedy_cost:.2f} s CPU",
        )
        _line(f"  exact ({'proven' if best.is_optimal else 'not proven'})", f"{exact_cost:.2f} s CPU")
        _line("  exact covers more than greedy by", f"{(best.gain / simple.gain - 1) * 100:.3f} %")


def _cpu(work: Callable[[], object], repeats: int = _REPEATS) -> tuple[object, float]:
    """Return what work gives, and the fewest seconds of processor it took."""
    took = []
    for _ in range(repeats):
        started = time.process_time()
        answer = work()
        took.append(time.process_time() - started)
    return answer, min(took)


def _line(what: str, measured: str, reach: str = "") -> None:
    print(f"{what:<66}{measured:>16}  {reach}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
