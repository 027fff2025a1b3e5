"""Pages of the service beside the planner's: they work without a script, and say what went wrong in a sentence."""

from base64 import b64encode
from importlib.resources import files

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined

from maps.numbers import day, number


def page(template: str, status: int = 200, **said: object) -> HTMLResponse:
    """Render a template of ``api/templates``; `problem` and `told` stand above its content."""
    context = {"problem": None, "told": None, **said}
    html = _ENVIRONMENT.get_template(template).render(context)
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def _template(name: str) -> str:
    return files("api").joinpath("templates", name).read_text("utf-8")


_ENVIRONMENT = Environment(
    loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_ENVIRONMENT.filters |= {
    "day": day,
    "number": number,
    "base64": lambda content: b64encode(content).decode("ascii"),
}
