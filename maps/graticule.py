"""What surrounds a map: the UTM grid, geographic ticks, scale bars and the north arrow."""

from collections.abc import Sequence

import numpy as np
import shapely

from maps.figure import Frame, Lettering, area, document, stroke, text, to_degrees
from maps.palette import INK
from maps.paper import BAND_MM
from maps.wording import Wording

_GRID_M = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
_TICKS_SECONDS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000)
_GRID_APART_MM = 38.0
_TICKS_APART_MM = 60.0
_GRID_COLOUR = "#7d8790"
_CORNER_MM = 8.0
_COORDINATE = Lettering(5.6)
_DEGREES = Lettering(5.6, italic=True)


def grid_interval(frame: Frame) -> int:
    """Return the interval of the UTM grid in metres: the smallest round one that is not crowded."""
    return next((step for step in _GRID_M if step / frame.metres_per_mm >= _GRID_APART_MM), _GRID_M[-1])


def grid(frame: Frame) -> str:
    """Return the lines of the UTM grid over a map."""
    columns, rows = _grid_places(frame)
    lines = [shapely.linestrings([(x, 0), (x, frame.height_mm)]) for x, _ in columns]
    lines += [shapely.linestrings([(0, y), (frame.width_mm, y)]) for y, _ in rows]
    return "".join(stroke(line, _GRID_COLOUR, 0.06) for line in lines)


def _grid_places(frame: Frame) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Return where grid lines cross: (mm from the left, easting) and (mm from the top, northing)."""
    step = grid_interval(frame)
    eastings = range(int(-(-frame.west_m // step)) * step, int(frame.east_m) + 1, step)
    northings = range(int(-(-frame.south_m // step)) * step, int(frame.north_m) + 1, step)
    columns = [((easting - frame.west_m) / frame.metres_per_mm, easting) for easting in eastings]
    rows = [((frame.north_m - northing) / frame.metres_per_mm, northing) for northing in northings]
    return columns, rows


def surround(frame: Frame, wording: Wording) -> str:
    """Return the neat line, the outer line, and between them the labels of grid and graticule.

    The inner row holds UTM metres, the outer row degrees; ticks of the graticule reach into the map.
    """
    width, height = frame.width_mm, frame.height_mm
    outer = shapely.box(-BAND_MM, -BAND_MM, width + BAND_MM, height + BAND_MM)
    parts = [stroke(shapely.box(0, 0, width, height), INK.text, 0.35), stroke(outer, INK.text, 0.18)]
    columns, rows = _grid_places(frame)
    parts += _grid_labels(columns, wording("east_metres"), frame, wording, upright=True)
    parts += _grid_labels(rows[::-1], wording("north_metres"), frame, wording, upright=False)
    parts += _geographic(frame, wording)
    return "".join(parts)


def _grid_labels(
    places: list[tuple[float, int]], unit: str, frame: Frame, wording: Wording, *, upright: bool
) -> list[str]:
    """Write a coordinate at both ends of each grid line, with its unit at the first; none near a corner."""
    span, far = _far(frame, upright=not upright), _far(frame, upright=upright)
    parts = [
        _tick(place, edge, edge + outwards, _GRID_COLOUR, upright=upright)
        for place, _ in places
        for edge, outwards in ((0.0, -1), (far, 1))
    ]
    clear = [(place, metres) for place, metres in places if min(place, span - place) > _CORNER_MM]
    for index, (place, metres) in enumerate(clear):
        written = wording.number(metres) + (f" {unit}" if index == 0 else "")
        for edge, away in ((0.0, -2.3), (far, 2.3)):
            parts.append(_edge_text(written, place, edge, away, _COORDINATE, upright=upright))
    return parts


def _geographic(frame: Frame, wording: Wording) -> list[str]:
    parts = []
    for upright in (True, False):
        for first, edge, outwards in ((True, 0.0, -1), (False, _far(frame, upright=upright), 1)):
            degrees = _along(frame, wording, upright=upright, first=first)
            for place, written in degrees:
                parts.append(_tick(place, edge, edge - outwards * 2.2, INK.text, upright=upright))
                if min(place, _far(frame, upright=not upright) - place) > _CORNER_MM:
                    parts.append(_edge_text(written, place, edge, outwards * 5.2, _DEGREES, upright=upright))
    return parts


def _far(frame: Frame, *, upright: bool) -> float:
    return frame.height_mm if upright else frame.width_mm


def _along(frame: Frame, wording: Wording, *, upright: bool, first: bool) -> list[tuple[float, str]]:
    """Return where round meridians (or parallels) meet one edge: millimetres along it, and their name."""
    length = frame.width_mm if upright else frame.height_mm
    along = np.linspace(0, length, 201)
    if upright:
        northing = frame.north_m if first else frame.south_m
        points = np.column_stack([frame.west_m + along * frame.metres_per_mm, np.full(201, northing)])
    else:
        easting = frame.west_m if first else frame.east_m
        points = np.column_stack([np.full(201, easting), frame.north_m - along * frame.metres_per_mm])
    seconds = to_degrees(points, frame.epsg)[:, 0 if upright else 1] * 3600
    span = abs(seconds[-1] - seconds[0])
    step = next((s for s in _TICKS_SECONDS if s / span * length >= _TICKS_APART_MM), _TICKS_SECONDS[-1])
    low, high = sorted((seconds[0], seconds[-1]))
    rounds = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    order = np.argsort(seconds)
    places = np.interp(rounds, seconds[order], along[order])
    halves = wording("longitudes" if upright else "latitudes").split()
    return [(float(place), _degrees(int(value), halves)) for place, value in zip(places, rounds, strict=True)]


def _degrees(seconds: int, halves: Sequence[str]) -> str:
    degrees, rest = divmod(abs(seconds), 3600)
    return f"{degrees}°{rest // 60:02d}′{rest % 60:02d}″ {halves[seconds < 0]}"


def _tick(place: float, start: float, end: float, colour: str, *, upright: bool) -> str:
    points = [(place, start), (place, end)] if upright else [(start, place), (end, place)]
    return stroke(shapely.linestrings(points), colour, 0.18)


def _edge_text(
    written: str, place: float, edge: float, away: float, lettering: Lettering, *, upright: bool
) -> str:
    drop = 0.36 * lettering.size_pt * 25.4 / 72
    if upright:
        return text(written, place, edge + away + drop, lettering)
    turned = -90 if away < 0 else 90
    return text(written, edge + away + (drop if away < 0 else -drop), place, lettering, turned)


def scale_bar(scale: int, wording: Wording) -> str:
    """Return a graphic scale of four round divisions, and a bar of exactly 100 mm to check the print with."""
    kilometres = scale / 1_000_000 * 22
    division = max(step for step in _bar_steps() if step <= kilometres)
    each = division * 1_000_000 / scale
    parts = []
    for index in range(4):
        box = shapely.box(2 + index * each, 5, 2 + (index + 1) * each, 6.6)
        parts.append(area(box, INK.text if index % 2 == 0 else INK.casing) + stroke(box, INK.text, 0.15))
    in_metres = division < 0.5
    for index in range(5):
        far = float(index * division)
        written = wording.number(far * 1000) if in_metres else wording.number(far, _decimals(far))
        parts.append(text(written, 2 + index * each, 4, Lettering(6.2)))
    unit = wording("metres" if in_metres else "kilometres")
    parts.append(text(unit, 2 + 4 * each + 2, 6.5, Lettering(6.2, anchor="start")))
    parts += _check_bar(11.5, wording)
    return document(104, 15, parts)


def _decimals(value: float) -> int:
    """Return how many decimals a division of a scale bar needs."""
    return next(places for places in range(4) if round(value, places) == round(value, 6))


def _bar_steps() -> tuple[float, ...]:
    return (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50)


def _check_bar(y: float, wording: Wording) -> list[str]:
    parts = [stroke(shapely.linestrings([(2, y), (102, y)]), INK.text, 0.2)]
    for millimetre in range(0, 101, 5):
        tall = 1.6 if millimetre % 50 == 0 else 1.0 if millimetre % 10 == 0 else 0.6
        tick = shapely.linestrings([(2 + millimetre, y), (2 + millimetre, y - tall)])
        parts.append(stroke(tick, INK.text, 0.15))
    parts.append(text(wording("check_bar"), 52, y + 3, Lettering(5.6)))
    return parts


def north_arrow(wording: Wording) -> str:
    """Return an arrow to grid north."""
    left = shapely.polygons([(6, 5), (2.6, 16), (6, 13.6)])
    right = shapely.polygons([(6, 5), (9.4, 16), (6, 13.6)])
    parts = [area(left, INK.text), stroke(left, INK.text, 0.2), stroke(right, INK.text, 0.2)]
    parts.append(text(wording("north"), 6, 4, Lettering(9, weight="bold")))
    return document(12, 17, parts)
