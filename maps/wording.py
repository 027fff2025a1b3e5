"""The words of printed pages in Indonesian and English, from one table; dates as each language writes them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from geo.specification import Label
from maps.numbers import Language, day, number, percent


@dataclass(frozen=True, slots=True)
class Wording:
    """All that a printed page says, in one language.

    Examples
    --------
    >>> Wording("id")("page_of", page=3, pages=70), Wording("en")("page_of", page=3, pages=70)
    ('halaman 3 dari 70', 'page 3 of 70')
    """

    lang: Language = "id"

    def __call__(self, key: str, **values: object) -> str:
        """Return a phrase with its values filled in."""
        return _phrases()[key][self.lang].format(**values)

    def of(self, label: Label) -> str:
        """Return a label of the palette or of a specification."""
        return label.id if self.lang == "id" else label.en

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number."""
        return number(value, decimals, self.lang)

    def percent(self, share: float | None, decimals: int = 1) -> str:
        """Write a share (0..1) in per cent."""
        return percent(share, decimals, self.lang)

    def date(self, when: date) -> str:
        """Write a date in full.

        Examples
        --------
        >>> Wording("id").date(date(2026, 5, 1))
        '1 Mei 2026'
        """
        return day(when, self.lang)

    def all(self) -> dict[str, str]:
        """Return every phrase, as the templates take them."""
        return {key: phrase[self.lang] for key, phrase in _phrases().items()}


#: What is printed unless another language is asked for.
INDONESIAN = Wording("id")


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    source = resources.files("maps") / "templates" / "wording.toml"
    return tomllib.loads(source.read_text("utf-8"))
