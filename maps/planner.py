"""The planner's page: a Folium map, a ranked list that is its keyboard, and the profile of a place."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import shapely
from folium import FitBounds
from folium.elements import JSCSSMixin
from folium.map import CustomPane
from folium.template import Template
from numpy.typing import NDArray

from geo.disclosure import PUBLIC, PublishedRun
from maps.offline import STATIC_URL, LinkedPage, OfflineFigure, OfflineMap, ScaleBar, linked, self_contained
from maps.page_data import figures, page_data, strings
from maps.paper import PAPERS

__all__ = ["figures", "planner_file", "planner_page"]

_SCRIPTS = (
    "text", "server", "model", "zones", "scenery", "ranking", "search", "choices", "filter", "legend",
    "profile", "about", "what_if", "picking", "shortlist", "printing", "publication", "start",
)  # fmt: skip
_STYLES = ("page", "panel", "ranking", "stage", "profile", "about", "shortlist", "printing", "print")
_FURTHEST_IN, _FURTHEST_OUT = 18, 8
_SETTLED_SHARE = 0.99

#: File of a run, and the word for it.
_DOWNLOADS = (
    ("page.html", "download_page"),
    ("export.gpkg", "download_gpkg"),
    ("export.xlsx", "download_xlsx"),
    ("export.csv", "download_csv"),
    ("export.geojson", "download_geojson"),
)


def planner_page(run: PublishedRun, *, api: str) -> LinkedPage:
    """Make the page for the server: with what-if and downloads, every script and style a file.

    The page asks for its files below ``/static`` and for its script at ``{api}/runs/{run}/page.js``; it keeps
    to the content security policy ``default-src 'self'``.

    Parameters
    ----------
    run
        What one audience may see. The script holds no figure; the page does, for that audience.
    api
        Path of the API without a slash at its end, such as ``/api``; empty at the root.
    """
    return linked(_figure(run, api), f"{api}/runs/{run.summary.id}/page.js")


def planner_file(run: PublishedRun) -> str:
    """Make the page as one HTML file that opens from an e-mail without a network or a server."""
    return self_contained(_figure(run, None))


class _Planner(JSCSSMixin):
    """The panel, the zones and the profile, around the map that they are added to."""

    default_js = [(name, f"{STATIC_URL}/planner/{name}.js") for name in _SCRIPTS]  # noqa: RUF012
    default_css = [(f"{name}_css", f"{STATIC_URL}/planner/{name}.css") for name in _STYLES]  # noqa: RUF012

    _template = Template(
        "{% macro script(this, kwargs) %}Kantong.start({{ this._parent.get_name() }});{% endmacro %}"
    )


def _figure(run: PublishedRun, api: str | None) -> OfflineFigure:
    page = OfflineFigure("planner.html", _context(run, api))
    page.add_child(_map(run))
    return page


def _map(run: PublishedRun) -> OfflineMap:
    """Build the map: its extent, the panes above the zones, the scale bar, and the planner's parts."""
    west, south, east, north = _extent(run)
    chart = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=None,  # without a first view Leaflet does not glide from it into the fitted one
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.75,
        min_zoom=_FURTHEST_OUT,
        max_zoom=_FURTHEST_IN,
    )
    chart.add_child(FitBounds([[south, west], [north, east]], padding=(16, 16)))
    for order, pane in enumerate(("lines", "marks", "names")):
        chart.add_child(CustomPane(pane, z_index=450 + order, pointer_events=False))
    chart.add_child(ScaleBar())  # type: ignore[no-untyped-call]
    chart.add_child(_Planner())  # type: ignore[no-untyped-call]
    # Folium draws random names; the same run has to give the same bytes.
    for number, child in enumerate(chart._children.values()):
        child._id = str(number)
    return chart


def _extent(run: PublishedRun) -> tuple[float, float, float, float]:
    """Return what the map shows first: everything, or where nearly all live when far islands would shrink it."""
    everywhere = shapely.total_bounds(np.concatenate([zones.geometry for zones in run.levels.values()]))
    settled = shapely.total_bounds(_settled(run))
    chosen = settled if _area(settled) < _area(everywhere) / 2 else everywhere
    west, south, east, north = (round(float(edge), 5) for edge in chosen)
    return west, south, east, north


def _settled(run: PublishedRun) -> NDArray[np.object_]:
    """Return the units around the middle of the population that hold nearly all households shown."""
    units = [zones for level, zones in run.levels.items() if not level.startswith("h3-")][-1]
    households = units.table["households"].fill_null(0).to_numpy()
    if households.sum() == 0:
        return units.geometry
    centre = shapely.get_coordinates(shapely.centroid(units.geometry))
    middle = np.average(centre, axis=0, weights=households)
    near = np.argsort(np.hypot(*(centre - middle).T), kind="stable")
    within = np.searchsorted(np.cumsum(households[near]), _SETTLED_SHARE * households.sum())
    return units.geometry[near[: within + 1]]


def _area(bounds: Sequence[float]) -> float:
    west, south, east, north = bounds
    return (east - west) * (north - south)


def _context(run: PublishedRun, api: str | None) -> dict[str, Any]:
    return {
        "api": api,
        "picks": api is not None and run.audience is not PUBLIC,  # people who pick have signed in to a server
        "words": strings()["id"],
        "run": {
            "id": run.summary.id,
            "place": run.summary.boundaries.place,
            "audience": run.audience.name,
        },
        "specification_label": run.summary.specification.label.id,
        "downloads": _DOWNLOADS,
        "papers": tuple(PAPERS),
        "data": _as_script(page_data(run, api=api)),
    }


def _as_script(data: dict[str, Any]) -> str:
    """Write JSON that cannot end the script element it stands in."""
    return orjson.dumps(data).decode("utf-8").replace("<", "\\u003c")
