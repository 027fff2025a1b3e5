"""What is kept is given back unchanged, on both engines, whole or not at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, Table, create_engine, text

from geo.boundaries import BoundarySet, Repair
from geo.compute import Computed, publish_run
from geo.disclosure import PLANNER, PUBLIC
from geo.errors import NotFoundError, StoreError
from geo.measures import measure
from geo.specification import Label
from geo.store import Store, bulk, tables

Reopen = Callable[[], Store]


@pytest.fixture
def kept(store: Store, computed: Computed) -> Computed:
    store.save_boundaries(computed.boundaries)
    store.save_run(computed)
    return computed


# Boundary sets


def test_a_boundary_set_comes_back_the_same(store: Store, boundaries: BoundarySet, reopened: Reopen) -> None:
    repaired = replace(boundaries, repairs=(Repair("9902010001", "Desa 11", "bow", "made valid", 1.5),))
    assert store.save_boundaries(repaired)
    assert not store.save_boundaries(repaired)
    back = reopened().boundaries("uji")
    assert back.id == repaired.id
    assert back.repairs == repaired.repairs
    assert back.summary == repaired.summary
    assert back.units.drop(columns="geometry").equals(repaired.units.drop(columns="geometry"))
    assert shapely.equals_identical(back.units.geometry.to_numpy(), repaired.units.geometry.to_numpy()).all()


def test_a_name_means_its_newest_version_and_an_id_one_version(store: Store, boundaries: BoundarySet) -> None:
    newer = replace(boundaries, source="BPS 2030")
    store.save_boundaries(boundaries)
    store.save_boundaries(newer)
    assert store.boundaries("uji").id == newer.id
    assert store.boundaries(boundaries.id).source == ""
    listed = store.boundary_listing()
    assert [(row.id, row.name, row.units, row.source) for row in listed] == [
        (boundaries.id, "uji", 9, ""),
        (newer.id, "uji", 9, "BPS 2030"),
    ]
    with pytest.raises(NotFoundError, match=r"no boundary set 'bogor'\. Loaded: uji"):
        store.boundaries("bogor")


def test_a_backdrop_is_replaced_by_kind(store: Store, kept: Computed) -> None:
    line = [shapely.LineString([(107, -6), (107.01, -6.01)])] * 2
    named = gpd.GeoDataFrame({"name": ["Ci Uji", None]}, geometry=line, crs=4326)
    store.save_backdrop(kept.boundaries.name, "river", named)
    store.save_backdrop(kept.boundaries.name, "river", named)
    store.save_backdrop(kept.boundaries.name, "road", named.head(1)[["geometry"]])
    drawn = store.published("latest", PUBLIC).backdrop
    assert drawn["kind"].tolist() == ["river", "river", "road"]
    assert drawn["name"].tolist() == ["Ci Uji", None, None]
    assert drawn.geometry.iloc[0].equals(line[0])


# Runs


def test_a_run_comes_back_the_same(store: Store, kept: Computed, reopened: Reopen) -> None:
    again = reopened()
    assert again.summary("latest") == kept.summary
    for audience in (PUBLIC, PLANNER):
        back, given = again.published(kept.summary.id, audience), kept.published[audience.name]
        assert back.summary == kept.summary
        assert list(back.levels) == list(given.levels)
        for level, zones in given.levels.items():
            assert back.levels[level].table.equals(zones.table), level
            assert back.levels[level].indicators == zones.indicators
            same = shapely.equals_exact(back.levels[level].geometry, zones.geometry, tolerance=1e-12)
            assert same.all()
        assert back.pockets.table.equals(given.pockets.table)
        assert shapely.equals(back.pockets.geometry, given.pockets.geometry).all()


def test_the_same_run_is_kept_once(store: Store, kept: Computed) -> None:
    assert not store.save_run(kept)
    assert store.run_ids() == [kept.summary.id]


def test_notes_that_an_earlier_version_stored_as_plain_sentences_are_read(
    store: Store, kept: Computed
) -> None:
    with store.writing() as connection:
        connection.execute(tables.run.update().values(notes=json.dumps(["Kolomnya kosong."])))
    assert store.summary("latest").notes == (Label("Kolomnya kosong.", "Kolomnya kosong."),)


def test_a_tabulation_measures_again(store: Store, kept: Computed, reopened: Reopen) -> None:
    tabulation = reopened().tabulation("latest")
    again = tabulation.publish_all(kept.summary.specification, PLANNER)
    assert again["kelurahan"].table.equals(kept.published["planner"].levels["kelurahan"].table)
    raw = measure(tabulation.counts("kota"), kept.summary.specification)
    assert raw.read.sum() == kept.summary.placement.read - kept.summary.placement.refused


def test_a_later_run_over_the_same_households_hides_what_a_kept_one_hides(
    store: Store, kept: Computed
) -> None:
    stricter = replace(kept.summary.specification, cutoff=Fraction(1, 2))
    later = replace(kept.summary, id="f" * 32, specification=stricter)
    earlier = store.earlier(later)
    assert [run.audience for run in earlier] == [PUBLIC, PLANNER]
    run = publish_run(later, store.tabulation("latest"), PUBLIC, earlier)
    for level, before in kept.published["public"].levels.items():
        hidden = before.table["status"] == "hidden"
        assert set(run.levels[level].table.filter(hidden)["status"]) <= {"hidden"}


def test_a_run_is_not_earlier_than_itself(store: Store, kept: Computed) -> None:
    assert store.earlier(kept.summary) == []


def test_a_run_of_another_register_hides_what_a_kept_one_hides(store: Store, kept: Computed) -> None:
    placement = kept.summary.placement
    more = replace(placement, read=placement.read + 1, refused=placement.refused + 1)
    later = replace(kept.summary, id="f" * 32, placement=more)
    run = publish_run(later, store.tabulation("latest"), PLANNER, store.earlier(later))
    for level, before in kept.published["planner"].levels.items():
        hidden = before.table["status"] == "hidden"
        assert set(run.levels[level].table.filter(hidden)["status"]) <= {"hidden"}


def test_a_run_is_named_by_id_unique_prefix_or_latest(store: Store, kept: Computed) -> None:
    identifier = kept.summary.id
    other = replace(kept, summary=replace(kept.summary, id=identifier[:4] + "0" * 28))
    store.save_run(other)
    assert store.resolve("latest") == other.summary.id
    assert store.resolve(identifier) == identifier
    assert store.resolve(identifier[:9]) == identifier
    with pytest.raises(NotFoundError, match="2 runs have ids that begin so"):
        store.resolve(identifier[:3])
    for nothing in ("", "zzz", "%", identifier + "0"):
        with pytest.raises(NotFoundError, match="no run has an id that begins so"):
            store.resolve(nothing)


def test_an_empty_store_says_what_to_do(store: Store) -> None:
    with pytest.raises(NotFoundError, match="kantong compute"):
        store.summary("latest")
    with pytest.raises(NotFoundError, match="Loaded: none"):
        store.boundaries("x")
    assert store.boundary_listing() == []


def test_a_run_on_boundaries_that_are_not_kept_is_refused_in_words(store: Store, computed: Computed) -> None:
    with pytest.raises(StoreError, match=r"its boundary set 'contoh' of this version is not in the database"):
        store.save_run(computed)
    assert store.run_ids() == []


# Whole or not at all


@pytest.mark.parametrize("table", ["zone", "pocket", "tally"])
def test_a_failure_in_the_middle_leaves_nothing(
    table: str, store: Store, computed: Computed, url: str, monkeypatch: pytest.MonkeyPatch, reopened: Reopen
) -> None:
    store.save_boundaries(computed.boundaries)
    write = bulk.write

    def failing(connection: Connection, target: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        write(connection, target, rows)
        if target.name == table:
            raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(bulk, "write", failing)
        with pytest.raises(MemoryError):
            store.save_run(computed)
    assert rows(url) == {"run": 0, "register": 0, "zone": 0, "pocket": 0}
    assert reopened().run_ids() == []
    assert store.save_run(computed)
    assert reopened().run_ids() == [computed.summary.id]


def rows(url: str) -> dict[str, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        counted = {
            name: int(connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0)
            for name in ("run", "register", "zone", "pocket")
        }
    engine.dispose()
    return counted


def test_figures_are_finite_or_null_and_never_nan(store: Store, kept: Computed, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        hidden = connection.execute(
            text("SELECT m0, read, indicators FROM zone WHERE status <> 'shown'")
        ).all()
        shown = connection.execute(text("SELECT m0 FROM zone WHERE status = 'shown'")).scalars().all()
    engine.dispose()
    assert {(row.m0, row.read) for row in hidden} == {(None, None)}
    assert not any("NaN" in row.indicators for row in hidden)
    assert np.isfinite(np.array(shown, dtype=float)).all()
