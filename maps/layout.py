"""How a subject falls on paper: turned to fit, on one sheet or on a grid of sheets."""

import math
from dataclasses import dataclass

import numpy as np
import shapely

from geo.errors import ParameterError
from maps import figure, insets
from maps.figure import Frame, Geometries
from maps.ground import Subject
from maps.paper import Paper

_MOST_SHEETS = 400
_LARGEST_SCALE = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """How a subject falls on paper: one frame, or several at a scale that was asked for."""

    frames: tuple[Frame, ...]
    landscape: bool
    far_m: Geometries


def lay_out(subject: Subject, paper: Paper, scale: int | None, epsg: int) -> Layout:
    """Turn the paper to whichever side shows the subject larger, or on fewer sheets at the scale asked for.

    Parts far from the rest, such as islands, come into an inset where that makes the map larger.

    Raises
    ------
    ParameterError
        When the scale would need more sheets than anybody prints, or is none.
    """
    choices = []
    for landscape in (True, False):
        size = paper.map_mm(landscape=landscape)
        near, far = insets.mainland(subject.outline_m, *size)
        if scale is None:
            frame = figure.fit(near, *size, epsg)
            choices.append(
                ((frame.scale, figure.needed_scale(near, *size)), Layout((frame,), landscape, far))
            )
        else:
            frames = _grid_of_frames(subject, near, far, size, epsg, scale)
            choices.append(((len(frames[0]), 0), Layout(frames[0], landscape, frames[1])))
    return min(choices, key=lambda choice: choice[0])[1]


def _grid_of_frames(
    subject: Subject, near: Geometries, far: Geometries, size: tuple[float, float], epsg: int, scale: int
) -> tuple[tuple[Frame, ...], Geometries]:
    """Cover a subject with frames side by side, from the north-west; frames that show nothing of it are left out."""
    if not _LARGEST_SCALE <= scale <= figure.SCALES[-1]:
        raise ParameterError(
            f"a scale of 1:{scale} cannot be printed; give {_LARGEST_SCALE} to {figure.SCALES[-1]}."
        )
    if figure.needed_scale(near, *size) <= scale:
        return (figure.centre(near, *size, epsg, scale),), far
    west, south, east, north = shapely.total_bounds(subject.outline_m)
    width, height = (side * scale / 1000 for side in size)
    columns, rows = math.ceil((east - west) / width), math.ceil((north - south) / height)
    if columns * rows > _MOST_SHEETS:
        raise ParameterError(
            f"1:{scale} needs up to {columns * rows} sheets, more than {_MOST_SHEETS}. "
            "Give a smaller scale or larger paper."
        )
    left = (west + east - columns * width) / 2
    top = (south + north + rows * height) / 2
    frames = [
        Frame(*size, scale, epsg, left + column * width, top - row * height)
        for row in range(rows)
        for column in range(columns)
    ]
    shown = shapely.intersects(
        np.array([frame.ground_m for frame in frames], dtype=object), subject.outline_m
    )
    return tuple(frame for frame, any_of_it in zip(frames, shown, strict=True) if any_of_it), far[:0]
