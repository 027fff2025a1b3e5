"""Slum scores against published assessment sheets (Permen PUPR 14/2018)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.errors import ParameterError
from geo.slums import CRITERIA, Bands, scores, severity

SHEETS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "slum.json").read_text())


@pytest.mark.parametrize("sheet", SHEETS["places"], ids=[sheet["name"] for sheet in SHEETS["places"]])
def test_a_published_sheet_is_scored_as_it_was(sheet: dict[str, Any]) -> None:
    percent = np.array(sheet["pct"], dtype=float)
    assert len(percent) == CRITERIA
    found = scores(percent)
    assert found.tolist() == sheet["scores"]
    assert found.sum() == sheet["total"]
    assert severity(int(found.sum())) == sheet["klass"]


def test_the_bands_are_those_seen_on_published_sheets() -> None:
    bands = SHEETS["bands"]
    assert scores(np.array(bands["percent"])).tolist() == bands["score"]


def test_the_gaps_of_the_regulation_can_be_read_otherwise() -> None:
    assert scores(np.array([50.9, 75.9])).tolist() == [1, 3]
    assert scores(np.array([50.9, 75.9]), Bands(percent=(25, 50, 75))).tolist() == [3, 5]


@pytest.mark.parametrize("percent", [np.nan, -0.1, 100.1])
def test_a_share_that_is_none_is_refused(percent: float) -> None:
    with pytest.raises(ParameterError, match="from 0 to 100"):
        scores(np.array([percent]))
