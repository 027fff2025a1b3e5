"""Linear programs over all that may be read recover no hidden number, and not even its neighbourhood."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from geo.compute import Computed
from geo.disclosure import PLANNER, PUBLIC, Audience, Published, publish
from geo.measures import is_measured, is_poor
from geo.parts import intersect
from geo.questions import Questions
from geo.tabulation import Tabulation
from tests.geo.attacker import Attacker
from tests.geo.towns import CELLS, UNITS, Town, town

AUDIENCES = pytest.mark.parametrize("audience", [PUBLIC, PLANNER], ids=lambda audience: audience.name)

#: What an attacker would learn of published counts of each part: the poor, and those that are not.
COUNTED = {
    "poor": pl.col("poor_households"),
    "not poor": pl.col("households") - pl.col("poor_households"),
    "households": pl.col("households"),
    "persons": pl.col("persons"),
}

Around = Mapping[str, NDArray[np.int64]]  # level → the zone of each part


def attacker(tables: Mapping[str, pl.DataFrame], around: Around, counted: pl.Expr) -> Attacker:
    """Return an attacker who has read the tables of all levels."""
    reader = Attacker(len(next(iter(around.values()))))
    read(reader, tables, around, counted)
    return reader


def read(
    reader: Attacker,
    tables: Mapping[str, pl.DataFrame],
    around: Around,
    counted: pl.Expr,
    signs: Sequence[int] = (1,),
) -> None:
    """Let an attacker read the tables of all levels: what each sum of the unknown numbers of the parts is.

    Parameters
    ----------
    signs
        Of each set of unknown numbers: 1 when the tables count it, -1 when they lack it.
    """
    for level, zone, count in shown_counts(tables, counted):
        inside = around[level] == zone
        added, less = (np.outer(np.array(signs) == sign, inside).ravel() for sign in (1, -1))
        reader.learn(added, count, count, less=less)


def known_closely(
    reader: Attacker, published: Mapping[str, Published], place: Town, counted: str, hidden_up_to: int
) -> Iterator[str]:
    """Name the hidden counts, other than 0, that an attacker knows more closely than by the threshold.

    They are sums of the first set of unknown numbers.
    """
    for level, zone in hidden_zones(published):
        inside = place.around[level] == zone
        if truth_of(place)[counted][inside].sum():
            members = np.zeros(reader.parts, dtype=bool)
            members[: len(inside)] = inside
            low, high = reader.range_of(members)
            if high - low < hidden_up_to - 1e-6:
                yield f"{counted} of {level} {zone}: {low:g} to {high:g}"


def shown_counts(tables: Mapping[str, pl.DataFrame], counted: pl.Expr) -> Iterator[tuple[str, int, float]]:
    """Yield the level, place and count of every zone that is not hidden."""
    for level, table in tables.items():
        for zone, (status, count) in enumerate(table.select("status", counted.alias("count")).rows()):
            if status != "hidden":
                yield level, zone, count or 0.0


def hidden_zones(published: Mapping[str, Published]) -> Iterator[tuple[str, int]]:
    """Yield the level and the place of every hidden zone."""
    for level, of_level in published.items():
        for zone in np.flatnonzero((of_level.table["status"] == "hidden").to_numpy()).tolist():
            yield level, zone


def tables_of(published: Mapping[str, Published]) -> dict[str, pl.DataFrame]:
    return {level: of_level.table for level, of_level in published.items()}


def narrow(
    published: Mapping[str, Published],
    around: Around,
    truth: Mapping[str, NDArray[np.float64]],
    *,
    of_each: int | None = None,
) -> list[str]:
    """Name the hidden counts, other than 0, that an attacker knows more closely than by the threshold."""
    tables = tables_of(published)
    found = []
    for counted, expression in COUNTED.items():
        reader = attacker(tables, around, expression)
        for level, of_level in published.items():
            hidden = np.flatnonzero((tables[level]["status"] == "hidden").to_numpy())
            for zone in hidden[:: max(1, len(hidden) // of_each) if of_each else 1]:
                members = around[level] == zone
                if truth[counted][members].sum() < 1e-9:
                    continue  # a place may be known to have none, hidden or not
                low, high = reader.range_of(members)
                if high - low < of_level.audience.hidden_up_to - 1e-6:
                    found.append(f"{counted} of {level} {zone}: {low:g} to {high:g}")
    return found


def truth_of(place: Town) -> dict[str, NDArray[np.float64]]:
    poor, not_poor = place.parts.poor, place.parts.not_poor
    return {
        "poor": poor,
        "not poor": not_poor,
        "households": poor + not_poor,
        "persons": 4 * (poor + not_poor),
    }


# Units and cells together


@AUDIENCES
@pytest.mark.parametrize("seed", range(30))
def test_a_small_town_gives_no_hidden_number_away(seed: int, audience: Audience) -> None:
    place = town(seed)
    published = publish([place.hierarchy(UNITS), place.hierarchy(CELLS)], audience, place.parts)
    assert narrow(published, place.around, truth_of(place)) == []


def test_units_and_cells_published_apart_would_give_some_away() -> None:
    """The control: each hierarchy protected by itself is not enough, and this attacker finds it."""
    found = []
    for seed in range(10):
        place = town(seed)
        apart = {
            **publish([place.hierarchy(UNITS)], PLANNER),
            **publish([place.hierarchy(CELLS)], PLANNER),
        }
        found += narrow(apart, place.around, truth_of(place))
    assert len(found) > 10


# Successive runs over the same households


def both(seed: int, audience: Audience, *, minded: bool) -> tuple[Town, list[dict[str, Published]]]:
    """Publish a town under one specification, then under another by which some of the poor are not."""
    place = town(seed)
    stricter = replace(place, poor=np.random.default_rng(seed).binomial(place.poor, 0.7))
    first = publish([place.hierarchy(UNITS), place.hierarchy(CELLS)], audience, place.parts)
    second = publish(
        [stricter.hierarchy(UNITS), stricter.hierarchy(CELLS)],
        audience,
        stricter.parts,
        [first] if minded else [],
    )
    return place, [first, second]


def uncovered(seed: int, audience: Audience, *, minded: bool) -> list[str]:
    """Name the numbers of households that the first run hid and both together give away."""
    place, runs = both(seed, audience, minded=minded)
    reader = Attacker(len(place.households))
    for published in runs:
        read(reader, tables_of(published), place.around, COUNTED["households"])
    found = []
    for level, zone in hidden_zones(runs[0]):
        low, high = reader.range_of(place.around[level] == zone)
        if high - low < audience.hidden_up_to - 1e-6:
            found.append(f"{level} {zone}: {low:g} to {high:g}")
    return found


@AUDIENCES
@pytest.mark.parametrize("seed", range(10))
def test_a_later_run_uncovers_nothing_that_an_earlier_one_hid(seed: int, audience: Audience) -> None:
    assert uncovered(seed, audience, minded=True) == []


def test_runs_that_do_not_mind_each_other_would_uncover_some() -> None:
    """The control."""
    assert sum(len(uncovered(seed, PUBLIC, minded=False)) for seed in range(10)) >= 3


@AUDIENCES
@pytest.mark.parametrize("seed", range(10))
def test_no_zone_differs_by_a_few_poor_between_two_runs(seed: int, audience: Audience) -> None:
    _, (first, second) = both(seed, audience, minded=True)
    for level, of_level in first.items():
        pair = of_level.table["poor_households"] - second[level].table["poor_households"]
        assert not pair.abs().is_between(0.5, audience.hidden_up_to + 0.5).any()


# Successive registers: a few households came, went or changed


def next_year(place: Town, seed: int, few: int) -> Town:
    """Let a few households of one part become poor, and one leave another part and one come."""
    random = np.random.default_rng(100 + seed)
    fallen, gone, come = random.choice(len(place.households), size=3, replace=False)
    households, poor = place.households.copy(), place.poor.copy()
    poor[fallen] += min(few, households[fallen] - poor[fallen])
    households[gone] -= households[gone] > poor[gone]
    households[come] += 1
    return replace(place, households=households, poor=poor)


def found_between_registers(seed: int, audience: Audience, *, minded: bool) -> list[str]:
    """Name what the first run hid and an attacker finds who knows how many households differ in the next."""
    place = town(seed)
    later = next_year(place, seed, audience.hidden_up_to - 3)
    first = publish([place.hierarchy(UNITS), place.hierarchy(CELLS)], audience, place.parts)
    second = publish(
        [later.hierarchy(UNITS), later.hierarchy(CELLS)],
        audience,
        later.parts,
        other_registers=[first] if minded else [],
    )
    number, found = len(place.households), []
    # What was; what came; what went: what is now is their sum.
    for counted in ("poor", "not poor"):
        reader = Attacker(3 * number)
        differs = np.abs(truth_of(later)[counted] - truth_of(place)[counted]).sum()
        reader.learn(np.arange(3 * number) >= number, 0, differs)
        read(reader, tables_of(first), place.around, COUNTED[counted], (1, 0, 0))
        read(reader, tables_of(second), place.around, COUNTED[counted], (1, 1, -1))
        found += known_closely(reader, first, place, counted, audience.hidden_up_to)
    return found


@AUDIENCES
@pytest.mark.parametrize("seed", range(12))
def test_the_next_register_uncovers_nothing_that_the_last_one_hid(seed: int, audience: Audience) -> None:
    assert found_between_registers(seed, audience, minded=True) == []


def test_registers_that_do_not_mind_each_other_would_uncover_some() -> None:
    """The control."""
    assert sum(len(found_between_registers(seed, PUBLIC, minded=False)) for seed in range(12)) >= 1


# A planner who asks as the public too


def both_audiences(place: Town, *, minded: bool) -> list[dict[str, Published]]:
    """Publish a town for planners, then for the public."""
    hierarchies = [place.hierarchy(UNITS), place.hierarchy(CELLS)]
    planners = publish(hierarchies, PLANNER, place.parts)
    return [planners, publish(hierarchies, PUBLIC, place.parts, [planners] if minded else [])]


def found_by_planners(seed: int, *, minded: bool) -> list[str]:
    """Name what is hidden from planners and follows from both audiences' tables."""
    place, found = town(seed), []
    planners, public = both_audiences(place, minded=minded)
    for counted, expression in COUNTED.items():
        reader = Attacker(len(place.households))
        for published in (planners, public):
            read(reader, tables_of(published), place.around, expression)
        found += known_closely(reader, planners, place, counted, PLANNER.hidden_up_to)
    return found


@pytest.mark.parametrize("seed", range(30))
def test_a_planner_who_asks_as_the_public_too_learns_nothing_hidden(seed: int) -> None:
    assert found_by_planners(seed, minded=True) == []


def test_audiences_that_do_not_mind_each_other_would_tell_some() -> None:
    """The control."""
    assert sum(len(found_by_planners(seed, minded=False)) for seed in range(10)) >= 5


# All of it at once: two registers, two specifications, both audiences, units and cells


def all_that_is_told(
    place: Town, later: Town, stricter: Town, *, minded: bool
) -> dict[str, list[dict[str, Published]]]:
    """Publish a register, the same under a second specification, and the next register, for planners and the public.

    Returns
    -------
    dict
        Audience → what it reads of the three; a planner reads what the public does too.
    """
    told: dict[str, list[dict[str, Published]]] = {}
    for audience in (PLANNER, PUBLIC):
        mine: list[dict[str, Published]] = []
        of_more = told.get("planner", [])
        for number, of_run in enumerate((place, stricter, later)):
            on_register = [*mine, *of_more[: number + 1]] if number < 2 else of_more[2:]
            on_others = [*mine, *of_more[:2]] if number == 2 else []
            hierarchies = [of_run.hierarchy(UNITS), of_run.hierarchy(CELLS)]
            mindful = (on_register, on_others) if minded else ()
            mine.append(publish(hierarchies, audience, of_run.parts, *mindful))
        told[audience.name] = mine
    return told


def found_altogether(seed: int, audience: Audience, *, minded: bool) -> list[str]:
    """Name what the first run hid and follows from all that one person can read."""
    place = town(seed)
    later = next_year(place, seed, audience.hidden_up_to - 3)
    stricter = replace(place, poor=np.random.default_rng(seed).binomial(place.poor, 0.7))
    told = all_that_is_told(place, later, stricter, minded=minded)
    number, found = len(place.households), []
    readers = [told["public"]] if audience is PUBLIC else [told["planner"], told["public"]]
    # What was; what came; what went; who of those that were is counted under the stricter specification.
    for counted in ("poor", "households"):
        reader = Attacker(4 * number)
        differs = np.abs(truth_of(later)[counted] - truth_of(place)[counted]).sum()
        which = np.arange(4 * number) // number
        reader.learn((which == 1) | (which == 2), 0, differs)
        for part in range(number):
            one = np.arange(4 * number) % number == part
            # Who is poor under the stricter specification is poor; households are the same under both.
            most_fewer = 0.0 if counted == "households" else float(number * 1_000)
            reader.learn(one & (which == 3), -most_fewer, 0, less=one & (which == 0))
        for published in readers:
            for of_run, signs in zip(published, ((1, 0, 0, 0), (0, 0, 0, 1), (1, 1, -1, 0)), strict=True):
                read(reader, tables_of(of_run), place.around, COUNTED[counted], signs)
        found += known_closely(reader, told[audience.name][0], place, counted, audience.hidden_up_to)
    return found


@AUDIENCES
@pytest.mark.parametrize("seed", range(12))
def test_all_that_one_person_can_read_gives_nothing_hidden_away(seed: int, audience: Audience) -> None:
    assert found_altogether(seed, audience, minded=True) == []


def test_publications_that_do_not_mind_each_other_would_give_some_away() -> None:
    """The control."""
    assert sum(len(found_altogether(seed, PLANNER, minded=False)) for seed in range(10)) >= 5


# A whole city


def test_the_public_is_shown_nothing_that_is_hidden_from_planners(computed: Computed) -> None:
    public, planner = (computed.published[name].levels for name in ("public", "planner"))
    for level, of_level in public.items():
        pair = of_level.table.select("code", "status").join(
            planner[level].table.select("code", seen="status"), on="code"
        )
        assert pair.height == of_level.table.height
        assert pair.filter(pl.col("status") == "shown")["seen"].unique().to_list() in ([], ["shown"])


@AUDIENCES
def test_kota_contoh_gives_no_hidden_number_away(computed: Computed, audience: Audience) -> None:
    published = computed.published[audience.name].levels
    finest = int(list(published)[-1].removeprefix("h3-"))
    parts = intersect(computed.tally, computed.boundaries, finest, computed.summary.resolution)
    around = zones_around(computed, published, parts.unit, parts.cell)
    counts = computed.tally.counts
    patterns = counts["deprived"].to_numpy(), counts["missing"].to_numpy()
    poor = is_poor(*patterns, computed.summary.specification)
    measured = is_measured(patterns[1], computed.summary.specification)
    households, persons = (counts[name].to_numpy() for name in ("households", "persons"))
    truth = {
        "poor": parts.sums(households * poor),
        "not poor": parts.sums(households * (measured & ~poor)),
        "households": parts.sums(households * measured),
        "persons": parts.sums(persons * measured),
    }
    assert sum((of_level.table["status"] == "hidden").sum() for of_level in published.values()) > 50
    assert narrow(published, around, truth, of_each=8) == []


@AUDIENCES
def test_answers_to_questions_give_no_hidden_unit_away(
    computed: Computed, tabulation: Tabulation, audience: Audience
) -> None:
    of_planners = Questions(tabulation, computed.published[PLANNER.name], None)
    questions = (
        of_planners
        if audience is PLANNER
        else Questions(tabulation, computed.published[audience.name], of_planners)
    )
    around = units_around(tabulation)
    for cutoff in (Fraction(1, 5), Fraction(2, 5), Fraction(1, 2)):
        answers = {level: questions.answer(level, cutoff=cutoff).published for level in questions.levels}
        tables = {level: answer.table for level, answer in answers.items()}
        reader = attacker(tables, around, COUNTED["poor"])
        hidden = np.flatnonzero((tables["kelurahan"]["status"] == "hidden").to_numpy())
        assert len(hidden) > 1
        for zone in hidden:
            low, high = reader.range_of(around["kelurahan"] == zone)
            nobody = high < 1e-6  # in all hidden units of the kecamatan together
            assert nobody or high - low >= audience.hidden_up_to - 1e-6


def test_pockets_hold_no_more_than_shown_cells_and_name_shown_units_only(computed: Computed) -> None:
    run = computed.published["planner"]
    cells = list(run.levels.values())[-1].table
    units = run.levels["kelurahan"].table
    hidden = set(units.filter(pl.col("status") == "hidden")["name"])
    assert run.pockets.table.height > 0
    assert hidden
    for pocket in run.pockets.table.iter_rows(named=True):
        assert pocket["households"] <= cells["households"].sum() + 1e-6
        named = {part.rpartition(" ")[0].rpartition(" ")[0] for part in pocket["units"].split(", ")}
        assert named.isdisjoint(hidden)


def units_around(tabulation: Tabulation) -> dict[str, NDArray[np.int64]]:
    """Return the unit of every level around each kelurahan."""
    around = {"kelurahan": np.arange(len(tabulation.zones("kelurahan").codes))}
    around["kecamatan"] = tabulation.zones("kelurahan").parent
    around["kota"] = tabulation.zones("kecamatan").parent[around["kecamatan"]]
    return around


def zones_around(
    computed: Computed,
    published: Mapping[str, Published],
    unit: NDArray[np.int64],
    cell: NDArray[np.uint64],
) -> dict[str, NDArray[np.int64]]:
    """Return the zone of every level around each part, walking up by the codes that are published."""
    finest = computed.boundaries.levels[-1]
    codes = {
        finest: published[finest].table["code"].to_numpy()[unit],
        list(published)[-1]: np.array([f"{one:x}" for one in cell.tolist()]),
    }
    for level, of_level in reversed(published.items()):
        above = dict(of_level.table.select("code", "parent").iter_rows())
        upper = [other for other in published if other not in codes]
        parents = [above[code] for code in codes[level]]
        if parents and parents[0] is not None:
            holder = next(other for other in upper if parents[0] in set(published[other].table["code"]))
            codes[holder] = np.array(parents)
    places = {
        level: {code: row for row, code in enumerate(published[level].table["code"])} for level in published
    }
    return {level: np.array([places[level][code] for code in codes[level]]) for level in published}
