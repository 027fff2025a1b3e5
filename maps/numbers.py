"""Numbers and dates as people read them: 1.234,5 and 12,3 % in Indonesian, 1,234.5 and 12.3% in English."""

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Language = Literal["id", "en"]

#: What stands where there is no figure.
ABSENT = "–"

_MONTHS = {
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli"),
        *("Agustus", "September", "Oktober", "November", "Desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
}
_MINUS = "\N{MINUS SIGN}"
_PERCENT = {"id": "\N{NO-BREAK SPACE}%", "en": "%"}
_TO_INDONESIAN = str.maketrans(",.", ".,")


def number(value: float | None, decimals: int = 0, lang: Language = "id") -> str:
    """Write a number with separators, a true minus sign, and a dash where there is none.

    Examples
    --------
    >>> number(1234.5, 1)
    '1.234,5'
    >>> number(1234.5, 1, lang="en")
    '1,234.5'
    >>> number(None)
    '–'
    """
    if value is None or math.isnan(value):
        return ABSENT
    # Halves go up, as browsers write them: page and paper must say the same.
    rounded = Decimal(float(abs(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if lang == "id":
        text = text.translate(_TO_INDONESIAN)
    negative = value < 0 and any(digit in text for digit in "123456789")
    return _MINUS + text if negative else text


def percent(share: float | None, decimals: int = 1, lang: Language = "id") -> str:
    """Write a share (0..1) in per cent; the space before the sign does not break.

    Examples
    --------
    >>> percent(0.1234).split()
    ['12,3', '%']
    >>> percent(0.1234, lang="en")
    '12.3%'
    """
    if share is None or math.isnan(share):
        return ABSENT
    return number(share * 100, decimals, lang) + _PERCENT[lang]


def day(when: date, lang: Language = "id") -> str:
    """Write a date in full.

    Examples
    --------
    >>> day(date(2026, 11, 24))
    '24 November 2026'
    """
    return f"{when.day} {_MONTHS[lang][when.month - 1]} {when.year}"
