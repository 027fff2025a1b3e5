"""Folium maps that need nobody else's server: vendored assets, a linked page or one self-contained file.

Folium builds the map; only where its scripts and styles come from is ours. The linked page keeps to the
content security policy ``default-src 'self'``: no script and no style stands in the page itself.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import folium
from branca.element import Figure, Link
from folium.elements import JSCSSMixin
from folium.template import Template
from jinja2 import Environment, FunctionLoader, StrictUndefined

#: Where the server answers for the files of ``maps/static``.
STATIC_URL = "/static"

_LEAFLET = f"{STATIC_URL}/vendor/leaflet"


def static_text(path: str) -> str:
    """Return the text of a file below ``maps/static``.

    Examples
    --------
    >>> "Volodymyr" in static_text("vendor/leaflet/LICENSE")
    True
    """
    return files("maps").joinpath("static", path).read_text(encoding="utf-8")


def template_text(name: str) -> str:
    """Return the text of a file of ``maps/templates``."""
    return files("maps").joinpath("templates", name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A page whose script is a file of its own, beside the files of ``maps/static``.

    Attributes
    ----------
    html, script
        The page, and the script that Folium wrote for it.
    """

    html: str
    script: str


class OfflineMap(folium.Map):
    """A Folium map that loads the vendored Leaflet and nothing else.

    The parent's lists of scripts and styles are replaced, not changed: they are shared by every other map.

    Examples
    --------
    >>> [url for _, url in OfflineMap(location=[-6.6, 106.8]).default_js]
    ['/static/vendor/leaflet/leaflet.js']
    """

    default_js = [("leaflet", f"{_LEAFLET}/leaflet.js")]  # noqa: RUF012  (Folium's own shape)
    default_css = [("leaflet_css", f"{_LEAFLET}/leaflet.css")]  # noqa: RUF012

    # Folium's own header forbids zooming by hand and writes styles into the page.
    _template = Template(
        """
        {% macro header(this, kwargs) %}{% endmacro %}
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }},
            ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(self, *, location: list[float], **options: Any) -> None:
        super().__init__(location=location, tiles=None, **options)
        # Folium draws a random name for every map; the same run has to give the same bytes.
        self._id = "kantong"


class ScaleBar(JSCSSMixin):
    """Leaflet's scale bar without miles, which Folium's own has."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        L.control.scale({ imperial: false, maxWidth: 140 }).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


class OfflineFigure(Figure):
    """A page around an `OfflineMap`, from a template of ``maps/templates``.

    Parameters
    ----------
    template
        File name of the template. It places ``header``, ``body`` and ``script``.
    context
        What the template may use besides.
    """

    def __init__(self, template: str, context: Mapping[str, Any]) -> None:
        super().__init__()
        self._page = _ENVIRONMENT.get_template(template)
        self._context = context

    def render(self, **kwargs: Any) -> str:
        """Render the page; ``embedded=True`` puts every script and style into it."""
        for child in self._children.values():
            child.render(**kwargs)
        links = [child for child in self.header._children.values() if isinstance(child, Link)]
        write = _embedded if kwargs.get("embedded") else Link.render
        return self._page.render(
            header="\n".join(write(link) for link in links),
            body=self.html.render(**kwargs),
            script=self.script.render(**kwargs),
            script_url=kwargs.get("script_url"),
            **self._context,
        )


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """Render a template of ``maps/templates``."""
    return _ENVIRONMENT.get_template(template).render(context)


def self_contained(figure: OfflineFigure) -> str:
    """Render one file that opens from an e-mail, without a network."""
    return figure.render(embedded=True)


def linked(figure: OfflineFigure, script_url: str) -> LinkedPage:
    """Render a page for the server, and the script that it asks for at `script_url`."""
    html = figure.render(script_url=script_url)
    return LinkedPage(html, figure.script.render())


def _embedded(link: Link) -> str:
    path = link.url.removeprefix(f"{STATIC_URL}/")
    text = static_text(path)
    if not path.endswith(".css"):
        return f"<script>{text}</script>"
    folder = path.rpartition("/")[0]
    images = re.compile(r"url\((images/[\w.-]+)\)")
    return f"<style>{images.sub(lambda found: f'url({_data_url(folder, found[1])})', text)}</style>"


def _data_url(folder: str, name: str) -> str:
    content = files("maps").joinpath("static", folder, name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


_ENVIRONMENT = Environment(
    loader=FunctionLoader(template_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
