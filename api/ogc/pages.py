"""Documents as pages: plain HTML, no script, nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from api.ogc.media import Link
from maps.numbers import number
from maps.offline import STATIC_URL, template_text


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


def cell(value: object) -> Cell:
    """Write a value of a table as a person reads it."""
    if value is None:
        return Cell("–")
    if isinstance(value, int):
        return Cell(number(value, 0), number=True)
    if isinstance(value, float):
        return Cell(number(value, 0 if value.is_integer() else 3), number=True)
    return Cell(str(value))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(template_text), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("ogc/page.html")
