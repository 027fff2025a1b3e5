"""The composite ranking of the English indices: published values, and what a missing or tied criterion does."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.composite import Composite, composite, exponential, summarise
from geo.errors import ParameterError, SpecificationError

CASES: Mapping[str, Any] = {
    case["id"]: case for case in json.loads((Path(__file__).parents[1] / "data" / "ranking.json").read_text())
}
HALF = Fraction(1, 2)


def test_the_exponential_transform_has_the_published_values() -> None:
    case = CASES["imd_exponential"]
    for share, value in case["expected"]["R_to_X"].items():
        assert exponential(np.array([float(share)]))[0] == pytest.approx(value, abs=case["abs_tol"])
    assert exponential(np.array([case["expected"]["R_where_X_is_50"]]))[0] == pytest.approx(50, abs=1e-9)


def test_five_areas_of_two_domains() -> None:
    case = CASES["imd_5area_two_domains"]
    scores = case["inputs"]["domain_scores"]
    first, second = (np.array([scores[area][domain] for area in scores]) for domain in (0, 1))
    ranking = composite({"a": first, "b": second}, {"a": Fraction(6, 10), "b": Fraction(4, 10)})
    np.testing.assert_allclose(ranking.transformed, case["expected"]["X"], atol=case["abs_tol"])
    np.testing.assert_allclose(
        ranking.score, list(case["expected"]["combined"].values()), atol=case["abs_tol"]
    )
    assert ranking.rank.tolist() == list(case["expected"]["rank"].values())


def test_the_population_weighted_average_rank() -> None:
    """The four areas stand at the published places of a ranking of 32,000."""
    case = CASES["imd_average_rank"]
    turned = np.array(case["inputs"]["lsoa_rank_reversed"])
    number = 32_000
    rank, persons = np.arange(1, number + 1), np.zeros(number)
    persons[number - turned] = case["inputs"]["pop"]
    ranking = Composite(np.zeros(number), rank, np.zeros((number, 1)))
    summary = summarise(ranking, persons, np.zeros(number, np.int64))
    expected = case["expected"]["pop_weighted_average_rank"]
    assert summary.average_rank[0] == pytest.approx(expected, abs=case["abs_tol"])
    assert summary.share_in_top[0] == pytest.approx(1400 / 6200)


def test_a_zone_that_lacks_a_weighted_criterion_takes_no_part() -> None:
    values = {"a": np.array([0.3, np.nan, 0.1]), "b": np.array([1.0, 2.0, 3.0]), "c": np.full(3, np.nan)}
    ranking = composite(values, {"a": HALF, "b": HALF, "c": Fraction(0)})
    assert ranking.rank.tolist() == [1, 0, 1]
    assert np.isnan(ranking.score[1])
    summary = summarise(ranking, np.array([10.0, 99, 30]), np.array([0, 1, 0]), top_share=HALF)
    assert np.isnan(summary.average_score[1])
    assert summary.average_rank[0] == 2


def test_tied_values_share_their_middle_rank() -> None:
    ranking = composite({"a": np.array([5.0, 5.0, 1.0, 9.0])}, {"a": Fraction(1)})
    assert ranking.rank.tolist() == [2, 2, 4, 1]
    assert ranking.transformed[0, 0] == exponential(np.array([2.5 / 4]))[0]


def test_a_terrible_place_is_not_cancelled_by_a_good_one() -> None:
    """First and last of a hundred beats the middle in both."""
    values = np.arange(100.0)
    ranking = composite({"a": values, "b": values[::-1]}, {"a": HALF, "b": HALF})
    assert ranking.rank[0] == ranking.rank[99] == 1
    assert ranking.rank[49] == 99


def test_wrong_weights_are_refused() -> None:
    values = {"a": np.array([1.0])}
    with pytest.raises(ParameterError, match="'b'"):
        composite(values, {"b": Fraction(1)})
    with pytest.raises(SpecificationError, match="add up"):
        composite(values, {"a": HALF})
