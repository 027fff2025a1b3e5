"""What-if, robustness and rank intervals at the size of a large province; do the intervals cover the truth."""

import time
from fractions import Fraction

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import ndtr

from geo import robustness, specification
from geo.intervals import marginal_rank_intervals, rank_intervals
from geo.measures import measure
from geo.robustness import DENOMINATOR
from geo.specification import Dimension, Indicator, Label, Specification
from geo.tally import Profiles, Tally, ZoneCounts
from geo.uncertainty import standard_errors
from tests.benchmarks.machine import Cost, run

_HERE = "tests.benchmarks.uncertainty"
_HOUSEHOLDS, _CELLS, _INDICATORS = 2_800_000, 44_000, 13
_RW, _VILLAGES = 2_700, 83_000
_WORLDS, _ZONES, _DRAWS = 300, 120, 1000


def main() -> None:
    """Print one line a piece of work."""
    cost = run("what_if", _HERE)
    _line("what-if, 44,000 cells, 13 indicators", f"{cost.answer:7.1f} ms", cost, "reach 60 ms")
    cost = run("thousand_weightings", _HERE)
    seconds, each = cost.answer  # type: ignore[misc]
    _line("robustness, 1,000 weightings, same size", f"{seconds:7.2f} s ", cost, "reach 10 s, 2,048 MiB")
    print(f"{'  ratio to 1,000 what-ifs of M0 alone':<48}{each * 1000 / seconds:7.1f} x")
    cost = run("simultaneous", _HERE, zones=_RW)
    seconds, each = cost.answer  # type: ignore[misc]
    _line("rank intervals, 2,700 simultaneous, 1,000 draws", f"{seconds:7.2f} s ", cost, "reach 10 s")
    print(f"{'  ratio to all pairs in every draw':<48}{each * _DRAWS / seconds:7.1f} x")
    cost = run("marginal", _HERE, zones=_VILLAGES)
    _line("rank intervals, 83,000 marginal", f"{cost.answer:7.2f} s ", cost, "reach 60 s, 2,048 MiB")
    cost = run("coverage", _HERE)
    share = 100 * cost.answer / _WORLDS  # type: ignore[operator]
    _line("worlds covered by 95 % simultaneous intervals", f"{share:7.1f} %", cost, "reach 93 % of 300")


def what_if() -> float:
    """Return the median milliseconds of a what-if under another cutoff."""
    counts, measured = _province().regardless_of_desil(), _specification(_INDICATORS)
    times = []
    for cutoff in (Fraction(k, 20) for k in range(3, 14)):
        started = time.perf_counter()
        measure(counts, measured, cutoff=cutoff)
        times.append(time.perf_counter() - started)
    return 1000 * sorted(times)[len(times) // 2]


def thousand_weightings() -> tuple[float, float]:
    """Return the seconds of a robustness run, and of one world measured alone."""
    counts, measured = _province(), _specification(_INDICATORS)
    started = time.perf_counter()
    robustness.robustness(counts, measured, top=1000)
    seconds = time.perf_counter() - started
    worlds = robustness.draw(measured, 5)
    started = time.perf_counter()
    for world in range(5):
        weights = (Fraction(int(weight), DENOMINATOR) for weight in worlds.weights[world])
        measure(counts, measured, weights=dict(zip(worlds.indicators, weights, strict=True)))
    return seconds, (time.perf_counter() - started) / 5


def simultaneous(zones: int) -> tuple[float, float]:
    """Return the seconds of simultaneous intervals, and of one draw over all pairs."""
    x, s = _estimates(zones)
    started = time.perf_counter()
    rank_intervals(x, s, draws=_DRAWS)
    seconds = time.perf_counter() - started
    z = np.random.default_rng(0).standard_normal(zones) * s
    started = time.perf_counter()
    (np.abs(z[:, None] - z) / np.hypot(s[:, None], s)).max(initial=0.0, where=~np.eye(zones, dtype=bool))
    return seconds, time.perf_counter() - started


def marginal(zones: int) -> float:
    """Return the seconds of marginal intervals."""
    x, s = _estimates(zones)
    started = time.perf_counter()
    marginal_rank_intervals(x, s)
    return time.perf_counter() - started


def coverage() -> int:
    """Count the worlds in which every true rank lies in its interval.

    Each world has zones of 30 to 400 households of two kinds, small and well off, large and worse off, in shares and
    with chances of deprivation of their own; M0 and its errors are measured from the tally of a draw of households.
    """
    return sum(_covered(seed) for seed in range(_WORLDS))


def _covered(seed: int) -> bool:
    random = np.random.default_rng(seed)
    measured = _specification(4)
    large = random.uniform(0.2, 0.5, _ZONES)
    chance = ndtr(
        random.normal(-0.9, 0.35, (_ZONES, 1, 1)) + random.normal(0, 0.15, (_ZONES, 2, 4)) + [[0], [0.5]]
    )
    households = random.integers(30, 400, _ZONES)
    zone = np.repeat(np.arange(_ZONES), households)
    kind = (random.random(len(zone)) < large[zone]).astype(int)
    deprived = random.random((len(zone), 4)) < chance[zone, kind]
    persons = np.where(kind == 1, random.integers(4, 9, len(zone)), random.integers(1, 5, len(zone)))
    counts = _counts(zone, deprived @ (1 << np.arange(4)), persons, np.zeros(len(zone), int), _ZONES)
    estimates, errors = measure(counts, measured).m0, standard_errors(counts, measured).m0_stable
    found = rank_intervals(estimates, errors, draws=_DRAWS, seed=seed)
    truth = _true_m0(large, chance, measured.cutoff)
    rank = 1 + (truth > truth[:, None]).sum(axis=1)
    return bool(((found.low <= rank) & (rank <= found.high)).all())


def _true_m0(
    large: NDArray[np.float64], chance: NDArray[np.float64], cutoff: Fraction
) -> NDArray[np.float64]:
    """Expect M0 over the patterns of each kind of household; kinds have 2.5 and 6 persons on average."""
    patterns = (np.arange(16)[:, None] >> np.arange(4)) & 1
    score = patterns.mean(axis=1)
    counted = np.where(score >= float(cutoff), score, 0.0)
    likely = np.where(patterns, chance[:, :, None, :], 1 - chance[:, :, None, :]).prod(axis=3)
    persons = np.column_stack([2.5 * (1 - large), 6.0 * large])
    answer: NDArray[np.float64] = (persons * (likely @ counted)).sum(axis=1) / persons.sum(axis=1)
    return answer


def _specification(indicators: int) -> Specification:
    label = Label("Uji", "Bench")
    return Specification(
        "bench",
        label,
        (Dimension("d", label),),
        tuple(Indicator(f"i{j}", "d", Fraction(1, indicators), label, ()) for j in range(indicators)),
        cutoff=Fraction(1, 3),
        vulnerable=Fraction(1, 5),
        severe=Fraction(1, 2),
        sensitivity_cutoffs=specification.load("bogor").sensitivity_cutoffs,
    )


def _province() -> ZoneCounts:
    """Draw households whose deprivations go together, in cells that differ."""
    random = np.random.default_rng(0)
    zone = random.integers(0, _CELLS, _HOUSEHOLDS)
    need = random.normal(0, 0.5, _CELLS)[zone] + random.normal(0, 1, _HOUSEHOLDS)
    pattern = np.zeros(_HOUSEHOLDS, np.int64)
    for bit, base in enumerate(random.uniform(-1.8, -0.6, _INDICATORS)):
        pattern |= (random.random(_HOUSEHOLDS) < ndtr(base + 0.6 * need)).astype(np.int64) << bit
    persons, desil = random.integers(1, 8, _HOUSEHOLDS), random.integers(1, 11, _HOUSEHOLDS)
    return _counts(zone, pattern, persons, desil, _CELLS)


def _counts(
    zone: NDArray[np.int64],
    deprived: NDArray[np.int64],
    persons: NDArray[np.int64],
    desil: NDArray[np.int64],
    zones: int,
) -> ZoneCounts:
    nothing = np.zeros(len(zone), np.int64)
    tally = Tally.of(
        pl.DataFrame(
            {
                "unit": zone,
                "cell": nothing,
                "desil": desil,
                "deprived": deprived,
                "missing": nothing,
                "persons": persons,
            }
        )
    )
    profiles = Profiles.of(tally)
    of_zone = tally.counts["unit"].to_numpy()
    shape = (zones, len(profiles.desil))

    def matrix(name: str) -> sp.csr_array:
        return sp.coo_array((tally.counts[name].to_numpy(), (of_zone, profiles.of_row)), shape=shape).tocsr()

    none = sp.csr_array((1, shape[1]), dtype=np.int64)
    return ZoneCounts(
        "bench",
        np.arange(zones, dtype=np.uint64),
        profiles,
        matrix("households"),
        matrix("persons"),
        matrix("persons_squared"),
        none,
        none,
        none,
        sp.csr_array((zones, 1)),
    )


def _estimates(zones: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(1)
    s = random.lognormal(-4.2, 0.5, zones)
    return random.normal(0.2, 0.08, zones) + s * random.standard_normal(zones), s


def _line(what: str, measured: str, cost: Cost, reach: str) -> None:
    print(f"{what:<48}{measured} {cost.peak_mib:>8.0f} MiB  {reach}", flush=True)


if __name__ == "__main__":
    main()
