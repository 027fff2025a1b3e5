"""The whole way: what a run says adds up, and registers without coordinates still make a map."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from geo.boundaries import BoundarySet
from geo.coarsening import DESIL_GROUPS, PERSONS_A_HOUSEHOLD
from geo.compute import Computed, compute
from geo.disclosure import DESIL_COLUMNS, PLANNER
from geo.errors import NotFoundError
from geo.locate import Conflict
from geo.measures import measure, poor_by_desil
from geo.register import bind
from geo.schema import RegisterSchema
from geo.specification import Specification
from geo.tabulation import Tabulation


def test_a_run_adds_up(computed: Computed) -> None:
    placement = computed.summary.placement
    assert placement.read == 20_000
    assert placement.read == placement.located + placement.by_code + placement.refused
    assert placement.located > 0.7 * placement.read
    assert computed.tally.counts["households"].sum() == placement.located + placement.by_code


def test_levels_stand_coarse_to_fine_and_are_those_of_the_audience(computed: Computed) -> None:
    units = ["kota", "kecamatan", "kelurahan"]
    assert list(computed.published["public"].levels) == [*units, "h3-8"]
    assert list(computed.published["planner"].levels) == [*units, "h3-8", "h3-9"]


def test_shown_kelurahan_are_what_the_tally_says(computed: Computed) -> None:
    tabulation = Tabulation(computed.tally, computed.boundaries, computed.summary.resolution)
    raw = measure(tabulation.counts("kelurahan"), computed.summary.specification)
    table = computed.published["planner"].levels["kelurahan"].table
    shown = (table["status"] == "shown").to_numpy()
    assert shown.sum() > 40
    assert table["m0"].to_numpy()[shown].tolist() == raw.m0[shown].tolist()
    assert table["poor_households"].to_numpy()[shown].tolist() == raw.poor_households[shown].tolist()


@pytest.mark.parametrize("audience", ["public", "planner"])
def test_units_tell_how_the_poor_spread_over_the_desils(computed: Computed, audience: str) -> None:
    levels = computed.published[audience].levels
    tabulation = Tabulation(computed.tally, computed.boundaries, computed.summary.resolution)
    exact = poor_by_desil(tabulation.counts("kota"), computed.summary.specification)[0]
    city = levels["kota"].table.row(0, named=True)
    half_a_class = levels["kota"].audience.class_households * PERSONS_A_HOUSEHOLD / 2
    for name, group in DESIL_GROUPS.items():
        assert abs(city[name] * city["poor_persons"] - exact[list(group)].sum()) <= half_a_class
    villages = levels["kelurahan"].table
    assert villages.filter(pl.col("status") != "shown")["poor_desil_other"].count() == 0
    assert set(DESIL_COLUMNS).isdisjoint(levels["h3-8"].table.columns)


def test_a_register_without_desil_tells_none(
    random_households: Callable[[int, int], pl.DataFrame],
    tmp_path: Path,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
) -> None:
    households = random_households(2_000, 4).with_columns(desil=pl.lit(0))
    households.write_parquet(tmp_path / "h.parquet")
    register = bind(tmp_path / "h.parquet", None, small_schema, specify([Fraction(1, 4)] * 4))
    run = compute(register, boundaries, resolution=9)
    assert set(DESIL_COLUMNS).isdisjoint(run.published["planner"].levels["kelurahan"].table.columns)


def test_what_if_on_a_tabulation_equals_a_specification_with_those_weights(computed: Computed) -> None:
    tabulation = Tabulation(computed.tally, computed.boundaries, computed.summary.resolution)
    specification = computed.summary.specification
    weights = {name: Fraction(1, len(specification.weights)) for name in specification.weights}
    half = Fraction(1, 2)
    asked = tabulation.publish(specification, PLANNER, ("kota", "kecamatan"), weights=weights, cutoff=half)
    written = tabulation.publish(
        specification.with_weights(weights), PLANNER, ("kota", "kecamatan"), cutoff=half
    )
    for level, published in asked.items():
        assert published.table.equals(written[level].table)
    with pytest.raises(NotFoundError, match=r"no level 'desa'\. Levels: kota, kecamatan, kelurahan, h3-8"):
        tabulation.counts("desa")


@pytest.fixture
def without_coordinates(random_households: Callable[[int, int], pl.DataFrame], tmp_path: Path) -> Path:
    households = random_households(4_000, 4)
    poor = pl.col("code") == "9902020003"
    chance = pl.Series(np.random.default_rng(0).random(4_000) < 0.8).cast(pl.Int64)
    changed = households.drop("lon", "lat").with_columns(
        **{f"i{place}": pl.when(poor).then(chance).otherwise(0) for place in range(4)}
    )
    changed.write_parquet(tmp_path / "h.parquet")
    return tmp_path / "h.parquet"


def test_a_register_without_coordinates_still_has_pockets_with_a_name(
    without_coordinates: Path,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
) -> None:
    register = bind(without_coordinates, None, small_schema, specify([Fraction(1, 4)] * 4))
    run = compute(register, boundaries, resolution=9)
    assert run.summary.placement.located == 0
    planner = run.published["planner"]
    shown = planner.levels["h3-9"].table.filter(pl.col("status") == "shown")
    assert shown["modelled_share"].to_list() == pytest.approx([1.0] * shown.height)
    assert planner.pockets.table["name"].to_list() == ["Kantong Desa 23"]
    assert planner.pockets.table["units"].item().startswith("Desa 23 ")


def test_the_id_of_a_run_changes_with_each_of_its_inputs(
    without_coordinates: Path,
    small_schema: RegisterSchema,
    specify: Callable[..., Specification],
    boundaries: BoundarySet,
) -> None:
    quarters = [Fraction(1, 4)] * 4

    def identifier(cutoff: Fraction = Fraction(1, 3), name: str = "x", **choices: object) -> str:
        register = bind(without_coordinates, None, small_schema, specify(quarters, cutoff), name)
        return compute(register, boundaries, **{"resolution": 9, **choices}).summary.id  # type: ignore[arg-type]

    assert identifier() == identifier()
    others = {
        identifier(),
        identifier(Fraction(1, 2)),
        identifier(name="y"),
        identifier(resolution=10),
        identifier(conflict=Conflict.POINT),
    }
    assert len(others) == 5
    assert all(len(other) == 32 and int(other, 16) for other in others)
