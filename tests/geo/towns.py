"""Small made-up towns, divided by units and by cells that cross them, with their counts by part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.measures import Measures
from geo.suppression import PartCounts
from geo.zones import Zones
from tests.geo.test_disclosure import measures_of, zones_of

Ints = NDArray[np.int64]

UNITS, CELLS = ("kota", "kecamatan", "kelurahan"), ("h3-8", "h3-9")


@dataclass(frozen=True)
class Town:
    """Households and poor households of each part, and the zones around each part by level."""

    households: Ints
    poor: Ints
    around: dict[str, Ints]
    parents: dict[str, Ints]

    def hierarchy(self, levels: tuple[str, ...]) -> list[tuple[Zones, Measures]]:
        """Return the zones and measures of some levels."""
        answer = []
        for level in levels:
            number, zone = len(self.parents[level]), self.around[level]
            sums = [np.bincount(zone, values, number).astype(int) for values in (self.households, self.poor)]
            measures = measures_of(level, list(zip(*(values.tolist() for values in sums), strict=True)))
            answer.append((zones_of(level, self.parents[level].tolist()), measures))
        return answer

    @property
    def parts(self) -> PartCounts:
        """The counts where units and cells cross."""
        counts = [
            values.astype(float) for values in (self.households, self.poor, self.households - self.poor)
        ]
        return PartCounts((self.around[UNITS[-1]], self.around[CELLS[-1]]), *counts)


def town(seed: int) -> Town:
    """Draw a town of up to 12 kelurahan and 20 cells, of which each crosses up to three kelurahan."""
    random = np.random.default_rng(seed)
    kecamatan = np.repeat(np.arange(3), random.integers(1, 5, 3))
    coarse = np.repeat(np.arange(4), random.integers(1, 6, 4))
    crossed = [
        random.choice(len(kecamatan), size=min(len(kecamatan), random.integers(1, 4)), replace=False)
        for _ in coarse
    ]
    unit, cell = np.concatenate(crossed), np.repeat(np.arange(len(coarse)), [len(some) for some in crossed])
    few = random.random(len(unit)) < 0.4
    households = np.where(few, random.integers(1, 15, len(unit)), random.integers(10, 200, len(unit)))
    return Town(
        households=households,
        poor=random.binomial(households, random.beta(0.7, 3, len(unit))),
        around={
            "kota": np.zeros(len(unit), np.int64),
            "kecamatan": kecamatan[unit],
            "kelurahan": unit,
            "h3-8": coarse[cell],
            "h3-9": cell,
        },
        parents={
            "kota": np.array([-1]),
            "kecamatan": np.zeros(3, np.int64),
            "kelurahan": kecamatan,
            "h3-8": np.full(4, -1),
            "h3-9": coarse,
        },
    )
