"""A MapLibre style of one level by one measure: the classes and colours of the page and the print."""

from collections.abc import Iterator
from typing import Any

from geo.disclosure import Published, PublishedRun
from geo.errors import NotFoundError
from maps import palette, tiles
from maps.palette import INK

_VERSION = 8
_SOURCE = "kantong"


def style(run: PublishedRun, level: str, measure: str, tilejson: str) -> dict[str, Any]:
    """Return the style of a level's tiles.

    Parameters
    ----------
    measure
        A measure of the run, such as ``m0``.
    tilejson
        Address of the TileJSON of the level.

    Raises
    ------
    NotFoundError
        When the run has no such measure.
    """
    measures = {one.id: one for one in palette.measures(run.summary.specification)}
    if measure not in measures:
        raise NotFoundError(f"there is no measure {measure!r}; there are {', '.join(measures)}.")
    chosen = measures[measure]
    return {
        "version": _VERSION,
        "name": f"{run.summary.boundaries.place}: {chosen.label.id}",
        "sources": {_SOURCE: {"type": "vector", "url": tilejson}},
        "layers": [
            {"id": "latar", "type": "background", "paint": {"background-color": INK.neighbour}},
            *(layer for stage in tiles.stages(run, level) for layer in _layers(stage, chosen)),
        ],
    }


def _layers(stage: tiles.Stage, measure: palette.Measure) -> list[dict[str, Any]]:
    """Return one layer a class: QGIS reads plain colours and filters only, and lists the classes by the ids."""
    level = stage.published.level
    common = {"source": _SOURCE, "source-layer": level, "minzoom": stage.zooms.start}
    if stage.zooms.stop <= tiles.MAX_ZOOM:
        common["maxzoom"] = stage.zooms.stop
    line = {"line-color": INK.boundary, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.2, 14, 1]}
    fills = [
        {"id": f"{level}: {name}", "type": "fill", **common, "filter": where, "paint": {"fill-color": colour}}
        for name, where, colour in (*_classes(stage.published, measure), *_WITHOUT_FIGURES)
    ]
    return [*fills, {"id": f"{level}: batas", "type": "line", **common, "paint": line}]


def _classes(published: Published, measure: palette.Measure) -> Iterator[tuple[str, list[Any], str]]:
    """Yield name, filter and colour of each class; the lowest holds whatever is left."""
    classes = palette.classify(published.table[measure.id], measure)
    figure: list[str] = ["get", measure.id]
    above: list[list[Any]] = []
    for item in classes.items:
        name = f"{classes.range_label(item)} ({item.share.id})"
        below = [[">=", figure, item.lower]] if item is not classes.items[-1] else []
        yield name, ["all", ["has", measure.id], *below, *above], item.colour
        above = [["<", figure, item.lower]]


_WITHOUT_FIGURES = tuple(
    (palette.STATUS_LABELS[status].id, ["==", ["get", "status"], status], colour)
    for status, colour in (("hidden", INK.hidden), ("empty", INK.empty))
)
