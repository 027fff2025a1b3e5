"""Numbers as people write them."""

import polars as pl
import pytest

from geo.numerals import read


@pytest.mark.parametrize(
    ("texts", "numbers", "sign"),
    [
        (["82.755", "103.008", "950", None], [82755.0, 103008.0, 950.0, None], "Titik"),
        (["1.234,5", "12.000"], [1234.5, 12000.0], "Titik"),
        (["1.234.567", "2.5"], [1234567.0, 25.0], "Titik"),
        (["1,234.5", "12,000", "x"], [1234.5, 12000.0, None], "Koma"),
        (["12,345", "7,001"], [12345.0, 7001.0], "Koma"),
        (["36,5", "12,345"], [36.5, 12.345], ""),
        (["0.125", "0.250"], [0.125, 0.25], ""),
        (["20994.54", "1e3", "-7", " 8 "], [20994.54, 1000.0, -7.0, 8.0], ""),
        (["1.234,5", "1,234.5"], [None, None], ""),
    ],
)
def test_a_sign_is_for_thousands_only_where_the_column_shows_it(
    texts: list[str | None], numbers: list[float | None], sign: str
) -> None:
    found, said = read(pl.Series(texts))
    assert found.to_list() == numbers
    assert said.split(" ")[0] == sign


def test_numbers_stay_as_they_are() -> None:
    assert read(pl.Series([1, 2, None]))[0].to_list() == [1.0, 2.0, None]
