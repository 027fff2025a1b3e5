"""Documents as pages: plain HTML, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from api.ogc.media import Link
from geo.specification import Label
from maps.numbers import ABSENT, number
from maps.offline import STATIC_URL, template_text

NO_WORDS: Mapping[str, Label] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    address: str | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its caption."""

    caption: str
    labels: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def page(
    title: str,
    trail: Sequence[tuple[str, str]],
    *,
    paragraphs: Sequence[str] = (),
    facts: Sequence[tuple[str, str]] = (),
    table: Table | None = None,
    links: Sequence[Link] = (),
) -> str:
    """Write a page; links with a template in their address are left out."""
    return _template().render(
        title=title,
        trail=trail,
        paragraphs=paragraphs,
        facts=facts,
        table=table,
        links=[link for link in links if not link.templated],
        static=STATIC_URL,
    )


def cell(value: object, words: Mapping[str, Label] = NO_WORDS) -> Cell:
    """Write a value of a table as a person reads it; some are codes that stand for words."""
    if value is None:
        return Cell(ABSENT)
    if isinstance(value, int):
        return Cell(number(value, 0), number=True)
    if isinstance(value, float):
        return Cell(number(value, 0 if value.is_integer() else 3), number=True)
    text = str(value)
    return Cell(words[text].id if text in words else text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(template_text), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("ogc/page.html")
