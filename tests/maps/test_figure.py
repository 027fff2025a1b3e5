"""Maps on paper: a true scale, a grid that can be measured, labels that stay inside."""

import re

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geo.errors import ParameterError
from maps import graticule
from maps.figure import SCALES, Lettering, cased, centre, dots, fit, project, text, to_degrees, utm_epsg
from maps.labels import place_label
from maps.lettering import text_width_mm
from maps.wording import INDONESIAN

BOGOR = shapely.box(106.74, -6.66, 106.85, -6.55)
EPSG = 32748


def in_metres(*geometries):
    return project(np.array(geometries, dtype=object), EPSG)


def ring(radius_mm, points=60):
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return shapely.polygons(np.column_stack([np.cos(turn), np.sin(turn)]) * radius_mm + 50)


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"), [(106.8, -6.6, 32748), (95.3, 5.9, 32646), (140.7, -2.5, 32754)]
)
def test_the_utm_zone_is_that_of_the_place(longitude, latitude, epsg):
    assert utm_epsg(np.array([shapely.Point(longitude, latitude).buffer(0.01)])) == epsg


def test_a_millimetre_of_paper_is_the_scale_in_metres():
    frame = centre(in_metres(BOGOR), 280, 260, EPSG, 25_000)
    start = np.array([700_000.0, 9_270_000.0])
    ends = shapely.points(np.add(start, [[0, 0], [2500, 0], [0, 2500]]))
    origin, east, north = shapely.get_coordinates(frame.on_paper(ends))
    assert east - origin == pytest.approx([100, 0])
    assert north - origin == pytest.approx([0, -100])


def test_the_scale_is_the_largest_round_one_that_holds_the_area():
    area = in_metres(BOGOR)
    frame = fit(area, 280, 260, EPSG)
    assert frame.scale in SCALES
    on_paper = shapely.total_bounds(frame.on_paper(area))
    assert (on_paper >= 0).all()
    assert on_paper[2] <= 280
    assert on_paper[3] <= 260
    larger = SCALES[SCALES.index(frame.scale) - 1]
    too_large = shapely.total_bounds(centre(area, 280, 260, EPSG, larger).on_paper(area))
    assert too_large[0] < 280 * 0.04 or too_large[1] < 260 * 0.04


def test_an_area_too_large_for_any_sheet_is_refused():
    with pytest.raises(ParameterError, match="Print it in parts"):
        fit(np.array([shapely.box(0, 0, 5e6, 5e6)]), 280, 260, EPSG)


def test_degrees_and_metres_agree_with_each_other():
    there = shapely.get_coordinates(in_metres(shapely.Point(106.8, -6.6)))
    assert to_degrees(there, EPSG)[0] == pytest.approx([106.8, -6.6])


def test_geographic_ticks_stand_where_their_meridian_meets_the_frame():
    frame = centre(in_metres(BOGOR), 280, 260, EPSG, 50_000)
    svg = graticule.surround(frame, INDONESIAN)
    places = re.findall(r'<text x="([\d.]+)" y="-[\d.]+"[^>]*>106°48′00″ BT<', svg)
    latitudes = np.linspace(-6.8, -6.4, 4001)
    x, y = Transformer.from_crs(4326, EPSG, always_xy=True).transform(np.full(4001, 106.8), latitudes)
    expected = (np.interp(frame.north_m, y, x) - frame.west_m) / frame.metres_per_mm
    assert [float(place) for place in places] == [pytest.approx(expected, abs=0.02)]


def test_grid_labels_are_written_in_indonesian_with_their_unit_once():
    frame = centre(in_metres(BOGOR), 280, 260, EPSG, 50_000)
    svg = graticule.surround(frame, INDONESIAN)
    assert re.search(r">\d{3}\.000 mT<", svg)
    assert re.search(r">9\.\d{3}\.000 mU<", svg)
    assert svg.count("mT") == 2


@pytest.mark.parametrize("radius", [3, 6, 12, 40])
def test_a_label_lies_inside_its_polygon(radius):
    polygon = ring(radius)
    placed = place_label(polygon, "Cilendek Timur", "12")
    assert placed is not None
    assert shapely.contains_properly(polygon, placed.box)


def test_a_label_keeps_out_of_the_notch_of_a_crooked_polygon():
    crooked = shapely.union(shapely.box(0, 0, 40, 6), shapely.box(0, 0, 6, 40))
    placed = place_label(crooked, "Katulampa", "7")
    assert placed is not None
    assert shapely.contains_properly(crooked, placed.box)


def test_a_long_name_breaks_before_it_shrinks_away():
    placed = place_label(shapely.box(0, 0, 19, 19), "Kebon Kelapa Selatan", "3")
    assert [line.text for line in placed.lines] == ["3", "Kebon Kelapa", "Selatan"]


def test_where_the_name_does_not_fit_the_number_stands_alone_and_then_nothing():
    assert [line.text for line in place_label(ring(3), "Babakan Pasar", "47").lines] == ["47"]
    assert place_label(ring(0.8), "Babakan Pasar", "47") is None


def test_the_dots_of_a_hidden_zone_stay_inside_and_clear_of_its_label():
    zone, box = ring(20), shapely.box(42, 47, 58, 53)
    drawn = dots([zone], [box])
    assert 'stroke-dasharray="0.01 1.89"' in drawn
    rows = np.array(re.findall(r"M([\d.]+) ([\d.]+)H([\d.]+)", drawn), dtype=float)
    points = np.concatenate([[(x, y) for x in np.arange(start, end, 1.9)] for start, y, end in rows])
    assert len(points) > 100
    assert shapely.contains_xy(zone, points).all()
    assert not shapely.contains_xy(box, points).any()


def test_a_bold_line_has_a_white_casing_wider_than_itself():
    casing, ink = re.findall(r'stroke-width="([\d.]+)"', cased(ring(5).exterior, "#000000", 0.7, 0.6))
    assert (float(casing), float(ink)) == (1.9, 0.7)


def test_names_cannot_break_out_of_the_drawing():
    assert "<b>" not in text('<b>"&', 1, 1, Lettering(7, halo="#ffffff"))


def test_text_widths_come_from_the_font_itself():
    assert text_width_mm("iiii", 10) < text_width_mm("mmmm", 10) / 2
    assert text_width_mm("Bogor", 10, "bold") > text_width_mm("Bogor", 10)
    assert text_width_mm("−≤²–°′″", 10) > 0


def test_a_browser_without_the_font_takes_one_without_serifs():
    assert 'font-family="IBM Plex Sans, sans-serif"' in text("U", 1, 1, Lettering(8))
