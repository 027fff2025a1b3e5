"""Two runs are compared zone by zone, with errors and reasons; boundaries that changed are bridged."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import specification
from geo.change import bridge, change
from geo.comparability import findings, is_comparable
from geo.errors import ParameterError
from geo.report import BoundarySource, PlacementReport, RunSummary


def zones(
    h: list[float | None], status: list[str] | None = None, codes: list[str] | None = None
) -> pl.DataFrame:
    """A published table of zones of 100 persons, each poor one with a score of one half."""
    codes = codes or [f"z{number:02}" for number in range(len(h))]
    return pl.DataFrame(
        {"code": codes, "name": codes, "status": status or ["shown"] * len(h), "h": h}
    ).with_columns(
        persons=pl.when(pl.col("h").is_not_null()).then(100.0),
        poor_persons=pl.col("h") * 100,
        a=pl.when(pl.col("h") > 0).then(0.5),
        m0=pl.col("h") * 0.5,
        censored_x=pl.col("h") * 0.25,
    )


def errors(*values: float) -> dict[str, np.ndarray]:
    return {"h": np.array(values)}


def test_a_difference_and_its_error_are_those_of_two_independent_runs() -> None:
    row = change(zones([0.2]), zones([0.3]), ["h"], old_errors=errors(0.03), new_errors=errors(0.04)).row(
        0, named=True
    )
    assert row["h_difference"] == pytest.approx(0.1)
    assert row["h_se"] == pytest.approx(0.05)
    assert row["h_p"] == pytest.approx(0.0455002638963584)  # two-sided p of z = 2
    assert row["h_moved"] is True


def test_many_zones_are_judged_together() -> None:
    quiet, new = [0.2] * 20, [0.2] * 19 + [0.3]
    se = errors(*[0.035] * 20)
    alone = change(zones([0.2]), zones([0.3]), ["h"], old_errors=errors(0.035), new_errors=errors(0.035))
    together = change(zones(quiet), zones(new), ["h"], old_errors=se, new_errors=se)
    assert alone["h_moved"].to_list() == [True]
    assert not together["h_moved"].any()


def test_without_errors_there_is_a_difference_and_no_significance() -> None:
    for old_errors in (None, errors(0.01)):
        row = change(zones([0.2]), zones([0.3]), ["h", "m0"], old_errors=old_errors).row(0, named=True)
        assert row["h_difference"] == pytest.approx(0.1)
        assert row["m0_difference"] == pytest.approx(0.05)
        assert row["h_se"] is row["h_p"] is row["h_moved"] is row["m0_moved"] is None


@pytest.mark.parametrize("error", [np.nan, 0.0])
def test_an_unknown_error_makes_no_zone_move(error: float) -> None:
    se = errors(error, 0.01)
    table = change(zones([0.2, 0.2]), zones([0.9, 0.9]), ["h"], old_errors=errors(0.0, 0.01), new_errors=se)
    assert table["h_moved"].to_list() == [None, True]


def test_hidden_empty_born_and_gone_zones_are_said_to_be_so() -> None:
    old = zones([0.1, None, None, 0.4], ["shown", "hidden", "empty", "shown"], ["a", "b", "c", "d"])
    new = zones([None, 0.2, 0.3, 0.5], ["hidden", "shown", "shown", "shown"], ["a", "b", "c", "e"])
    table = change(old, new, ["h"], old_errors=errors(*[0.1] * 4), new_errors=errors(*[0.1] * 4))
    assert table["status"].to_list() == ["hidden", "hidden", "empty", "only_old", "only_new"]
    assert table["h_difference"].null_count() == table["h_moved"].null_count() == 5
    assert table["name"].to_list() == ["a", "b", "c", "d", "e"]


def test_a_run_beside_itself_does_not_move() -> None:
    table, se = zones([0.1, 0.5, 0.0]), errors(0.02, 0.02, 0.02)
    compared = change(table, table, ["h"], old_errors=se, new_errors=se)
    assert (compared["h_difference"] == 0).all()
    assert not compared["h_moved"].any()


def test_false_discoveries_are_held_at_their_rate() -> None:
    rng = np.random.default_rng(1)
    false, made = [], []
    for _ in range(200):
        true = np.where(np.arange(100) < 20, 0.08, 0.0)
        old, new = 0.3 + rng.normal(0, 0.01, 100), 0.3 + true + rng.normal(0, 0.01, 100)
        se = errors(*[0.01] * 100)
        moved = change(zones(old.tolist()), zones(new.tolist()), ["h"], old_errors=se, new_errors=se)[
            "h_moved"
        ]
        found = moved.to_numpy()
        false.append(found[20:].sum() / max(found.sum(), 1))
        made.append(found[:20].mean())
    assert np.mean(false) < 0.06
    assert np.mean(made) > 0.95


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ParameterError, match="the new run has no figure 'h'"):
        change(zones([0.1]), zones([0.1]).drop("h"), ["h"])
    with pytest.raises(ParameterError, match=r"has 1 zones, but its errors of 'h' have the shape \(2,\)"):
        change(zones([0.1]), zones([0.1]), ["h"], old_errors=errors(0.1, 0.2))


# Bridging


def crosswalk(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"old": pl.String, "new": pl.String, "weight": pl.Float64}, orient="row")


def test_a_merged_zone_has_the_figures_of_its_people() -> None:
    old = zones([0.1, 0.4], codes=["a", "b"]).with_columns(persons=pl.Series([300.0, 100.0]))
    old = old.with_columns(poor_persons=pl.col("h") * pl.col("persons"), a=pl.Series([0.4, 0.6]))
    old = old.with_columns(m0=pl.col("h") * pl.col("a"))
    merged = bridge(old, crosswalk(("a", "m", 1), ("b", "m", 1)), errors(0.02, 0.06))
    row = merged.table.row(0, named=True)
    assert (row["persons"], row["poor_persons"]) == (400, pytest.approx(70))
    assert row["h"] == pytest.approx(70 / 400)
    assert row["m0"] == pytest.approx((30 * 0.4 + 40 * 0.6) / 400)
    assert row["a"] == pytest.approx(row["m0"] / row["h"])
    assert merged.errors["h"].tolist() == pytest.approx([np.hypot(0.75 * 0.02, 0.25 * 0.06)])


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8), st.integers(0, 99))
def test_a_bridge_keeps_all_people_and_whole_zones_as_they_are(shares: list[float], seed: int) -> None:
    h = np.random.default_rng(seed).uniform(0.05, 0.9, len(shares)).tolist()
    old = zones(h)
    pairs = [
        (code, target, weight)
        for code, share in zip(old["code"], shares, strict=True)
        for target, weight in ((f"{code}-west", share), (f"{code}-east", 1 - share))
    ]
    split = bridge(old, crosswalk(*pairs)).table
    for name in ("persons", "poor_persons"):
        assert split[name].sum() == pytest.approx(old[name].sum())
    assert split["h"].to_list() == pytest.approx([value for value in h for _ in range(2)])
    same = bridge(old, crosswalk(*((code, code, 1.0) for code in old["code"])), {"h": np.full(len(h), 0.1)})
    for name in ("h", "a", "m0", "persons", "poor_persons", "censored_x"):
        assert same.table[name].to_list() == pytest.approx(old[name].to_list())
    assert same.errors["h"] == pytest.approx(0.1)


def test_part_of_a_hidden_zone_hides_the_new_one_and_an_empty_part_does_not() -> None:
    old = zones([0.2, None, None], ["shown", "hidden", "empty"], ["a", "b", "c"])
    walk = crosswalk(("a", "x", 0.5), ("b", "x", 1), ("a", "y", 0.5), ("c", "y", 0.5), ("c", "z", 0.5))
    bridged = bridge(old, walk, errors(0.1, np.nan, np.nan))
    assert bridged.table.select("code", "status", "poor_persons").rows() == [
        ("x", "hidden", None),
        ("y", "shown", 10.0),
        ("z", "empty", None),
    ]
    assert bridged.errors["h"].tolist() == pytest.approx([np.nan, 0.1, np.nan], nan_ok=True)


def test_an_error_that_is_not_known_is_not_taken_as_none() -> None:
    both = crosswalk(("z00", "m", 1), ("z01", "m", 1))
    assert np.isnan(bridge(zones([0.2, 0.4]), both, errors(0.1, np.nan)).errors["h"]).all()
    nobody_poor = bridge(zones([0.2, 0.0]), both, {"a": np.array([0.1, np.nan])})
    assert nobody_poor.errors["a"].tolist() == [pytest.approx(0.1)]


def test_a_bridged_run_is_compared_like_any_other() -> None:
    old = bridge(zones([0.1, 0.3]), crosswalk(("z00", "m", 1), ("z01", "m", 1)), errors(0.01, 0.01))
    table = change(
        old.table, zones([0.4], codes=["m"]), ["h"], old_errors=old.errors, new_errors=errors(0.01)
    )
    assert table.select("status", "name", "h_moved").rows() == [("compared", "m", True)]
    assert table["h_difference"].item() == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("walk", "message"),
    [
        (crosswalk(("a", "x", 1)).drop("weight"), "no column 'weight'"),
        (crosswalk(("a", "x", 0.5), ("a", "x", 0.5), ("b", "y", 1)), "a → x twice"),
        (crosswalk(("a", "x", 1.5), ("a", "y", -0.5), ("b", "y", 1)), "a weight below 0"),
        (crosswalk(("a", "x", 0.9), ("b", "y", 1)), "weights of a in the crosswalk add up to 0.9"),
        (crosswalk(("a", "x", 1)), "does not say where b went"),
    ],
)
def test_a_crosswalk_that_loses_people_is_refused(walk: pl.DataFrame, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        bridge(zones([0.1, 0.2], codes=["a", "b"]), walk)


# Comparability


def summary(**changed: object) -> RunSummary:
    boundaries = BoundarySource("a" * 32, "contoh", "Kota Contoh", "kemendagri", "rw", "", date(2025, 1, 1))
    run = RunSummary(
        "1" * 32, "2025", boundaries, specification.load("default"), 10, PlacementReport(100, 90, 10)
    )
    return replace(run, **changed)  # type: ignore[arg-type]


OLD = summary()
DEFAULT = OLD.specification
FIRST = DEFAULT.indicators[0]


def test_two_months_of_one_register_compare_without_a_word() -> None:
    assert findings(OLD, summary(id="2" * 32), "kelurahan") == ()
    assert findings(OLD, summary(id="2" * 32), "h3-9") == ()


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (summary(specification=replace(DEFAULT, cutoff=Fraction(2, 5))), "k = 1/3 → 2/5"),
        (summary(specification=DEFAULT.without(frozenset({FIRST.id}))), f"gone {FIRST.id}; new –"),
        (
            summary(
                specification=replace(
                    DEFAULT,
                    indicators=(replace(FIRST, rule=DEFAULT.indicators[1].rule), *DEFAULT.indicators[1:]),
                )
            ),
            f"rules of indicators differ: {FIRST.id}.",
        ),
    ],
)
def test_another_specification_prevents_and_says_where(new: RunSummary, words: str) -> None:
    found = findings(OLD, new, "kelurahan")
    assert not is_comparable(found)
    assert words in found[0].sentence.en


def test_other_weights_prevent_and_say_which() -> None:
    one, two = (item.id for item in DEFAULT.indicators[:2])
    weights = dict(DEFAULT.weights)
    weights[one], weights[two] = weights[one] / 2, weights[two] + weights[one] / 2
    found = findings(OLD, summary(specification=DEFAULT.with_weights(weights)), "rw")
    assert not is_comparable(found)
    assert f"{one} {DEFAULT.weights[one]} → {weights[one]}" in found[0].sentence.id


def test_other_boundaries_prevent_units_until_they_are_bridged_and_not_cells() -> None:
    new = summary(boundaries=replace(OLD.boundaries, id="b" * 32))
    assert not is_comparable(findings(OLD, new, "kelurahan"))
    assert "crosswalk" in findings(OLD, new, "kelurahan")[0].sentence.en
    assert is_comparable(findings(OLD, new, "kelurahan", is_bridged=True))
    assert is_comparable(findings(OLD, new, "h3-9"))


def test_another_resolution_prevents_cells_only() -> None:
    new = summary(resolution=11)
    assert not is_comparable(findings(OLD, new, "h3-9"))
    assert findings(OLD, summary(id="2" * 32, resolution=11), "kelurahan") == ()


def test_what_a_reader_must_mind_is_said_and_prevents_nothing() -> None:
    new = summary(
        id="2" * 32,
        register_name="2026",
        placement=PlacementReport(100, 10, 90),
        specification=replace(DEFAULT, severe=Fraction(3, 5)),
    )
    found = findings(OLD, new, "rw")
    assert is_comparable(found)
    assert len(found) == 3
    assert any("2025 → 2026" in finding.sentence.id for finding in found)
    assert any("10 % → 90 %" in finding.sentence.id for finding in found)
    assert "same run" in findings(OLD, OLD, "rw")[0].sentence.en


def test_what_prevents_comes_first() -> None:
    new = summary(register_name="2026", boundaries=replace(OLD.boundaries, id="b" * 32))
    assert [finding.prevents for finding in findings(OLD, new, "rw")] == [True, False, False]


def test_a_whole_is_the_mean_of_its_parts_as_published_for_mali() -> None:
    """M0 and H by persons, A by the poor; the source prints three figures."""
    source = json.loads((Path(__file__).parents[1] / "data" / "decomposition.json").read_text())
    areas = pl.DataFrame(source["areas"])
    for m0, h, a in areas.select("M0", "H_pct", "A_pct").iter_rows():
        assert m0 == pytest.approx(h * a / 1e4, abs=source["abs_tol"])
    parts = areas.select(
        code="area",
        status=pl.lit("shown"),
        persons=pl.col("pop_share_pct"),
        poor_persons=pl.col("pop_share_pct") * pl.col("H_pct") / 100,
        h=pl.col("H_pct") / 100,
        a=pl.col("A_pct") / 100,
        m0="M0",
    )
    whole = crosswalk(*((area, "Mali", 1.0) for area in parts["code"]))
    national = bridge(parts, whole).table.row(0, named=True)
    expected = source["expected"]
    assert national["m0"] == pytest.approx(expected["M0"], abs=source["abs_tol"])
    assert national["h"] == pytest.approx(expected["H_pct"] / 100, abs=0.003)
    assert national["a"] == pytest.approx(expected["A_pct"] / 100, abs=0.003)


def test_what_a_shown_zone_does_not_tell_is_not_0_on_other_boundaries() -> None:
    old = pl.DataFrame(
        {
            "code": ["a", "b"],
            "status": ["shown", "shown"],
            "persons": [100.0, 300.0],
            "left_out": [None, 12.0],
            "vulnerable": [None, 0.2],
        }
    )
    into = pl.DataFrame({"old": ["a", "b", "b"], "new": ["c", "c", "d"], "weight": [1.0, 0.5, 0.5]})
    table = bridge(old, into).table
    assert table.select("code", "persons", "left_out", "vulnerable").rows() == [
        ("c", 250.0, None, None),
        ("d", 150.0, 6.0, 0.2),
    ]
