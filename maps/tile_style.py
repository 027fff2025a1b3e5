"""A MapLibre style of one level by one measure: the classes and colours of the page and the print."""

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
    level = stage.published.level
    common = {"source": _SOURCE, "source-layer": level, "minzoom": stage.zooms.start}
    if stage.zooms.stop <= tiles.MAX_ZOOM:
        common["maxzoom"] = stage.zooms.stop
    line = {"line-color": INK.boundary, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.2, 14, 1]}
    return [
        {
            "id": f"{level}-isi",
            "type": "fill",
            **common,
            "paint": {"fill-color": _fill(stage.published, measure)},
        },
        {"id": f"{level}-batas", "type": "line", **common, "paint": line},
    ]


def _fill(published: Published, measure: palette.Measure) -> list[Any]:
    """Return the colour of a zone: by its class, or by why it has no figure."""
    classes = palette.classify(published.table[measure.id], measure).items
    steps: list[Any] = ["case"]
    for one in classes:
        steps += [[">=", ["get", measure.id], one.lower], one.colour]
    lowest = classes[-1].colour if classes else INK.empty
    by_class = [*steps, lowest] if classes else lowest
    return ["case", ["has", measure.id], by_class, ["==", ["get", "status"], "hidden"], INK.hidden, INK.empty]
