"""Numbers as Indonesian and English readers write them."""

import pytest

from maps.numbers import number, percent


@pytest.mark.parametrize(
    ("value", "decimals", "indonesian", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (1_234_567, 0, "1.234.567", "1,234,567"),
        (0, 0, "0", "0"),
        (152.5, 0, "153", "153"),
        (0.125, 2, "0,13", "0.13"),
        (12.0, 1, "12,0", "12.0"),
        (0.12345, 3, "0,123", "0.123"),
        (-1234.5, 1, "−1.234,5", "−1,234.5"),
        (-0.0001, 2, "0,00", "0.00"),
        (None, 0, "–", "–"),
        (float("nan"), 2, "–", "–"),
    ],
)
def test_numbers_in_both_languages(value, decimals, indonesian, english):
    assert number(value, decimals) == indonesian
    assert number(value, decimals, lang="en") == english


def test_a_percentage_never_breaks_before_its_sign():
    assert percent(0.1234) == "12,3\u00a0%"
    assert percent(0.1234, lang="en") == "12.3%"
    assert percent(1.0, 0) == "100\u00a0%"
    assert percent(None) == "–"
