"""Places in order, equal ones together."""

import polars as pl
import pytest

from geo.errors import ParameterError
from geo.ranking import PRIORITY_CLASSES, REST, rank


def places(m0: list[float | None], status: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "code": [f"{place:03d}" for place in range(len(m0))],
            "status": status or ["shown"] * len(m0),
            "m0": pl.Series(m0, dtype=pl.Float64),
        }
    )


def test_equal_values_share_a_rank_and_the_next_is_skipped() -> None:
    ranked = rank(places([0.1, 0.3, 0.2, 0.3]))
    assert ranked.select("rank", "code").rows() == [(1, "001"), (1, "003"), (3, "002"), (4, "000")]


def test_hidden_and_empty_places_and_unknown_figures_have_no_rank() -> None:
    ranked = rank(places([0.1, 0.3, None, 0.2], ["shown", "hidden", "shown", "empty"]))
    assert ranked.select("rank", "code").rows() == [(1, "000")]
    assert rank(places([])).height == 0


def test_classes_are_shares_of_the_places() -> None:
    ranked = rank(places([float(value) for value in range(200)]))
    sizes = dict(ranked.group_by("priority_class").len().rows())
    assert sizes == {"top_1": 2, "top_5": 8, "top_10": 10, "top_20": 20, REST: 160}
    assert list(PRIORITY_CLASSES) == ["top_1", "top_5", "top_10", "top_20"]
    assert ranked["priority_class"].to_list() == sorted(
        ranked["priority_class"].to_list(), key=[*PRIORITY_CLASSES, REST].index
    )


def test_the_first_place_is_always_in_the_first_class() -> None:
    assert rank(places([0.2, 0.1]))["priority_class"].to_list() == ["top_1", REST]
    assert rank(places([0.1] * 5))["priority_class"].to_list() == ["top_1"] * 5


@pytest.mark.parametrize("by", ["m1", "code", "status"])
def test_an_unknown_figure_is_refused(by: str) -> None:
    with pytest.raises(ParameterError, match=rf"cannot be ranked by '{by}'. Rank by one of: m0\."):
        rank(places([0.1]), by)
