import numpy as np
import shapely

from maps.page_shapes import STEPS_PER_DEGREE, encoded, encoded_lines, labels_of, names_around, simplified


def decode(ring):
    return np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / STEPS_PER_DEGREE


def test_a_shape_comes_back_to_within_a_metre_with_its_holes():
    lake = shapely.Point(106.8, -6.6).buffer(0.002)
    area = shapely.box(106.79, -6.61, 106.81, -6.59).difference(lake)

    outer, hole = encoded([area])[0][0]

    assert np.allclose(decode(outer), shapely.get_coordinates(area.exterior)[:-1], atol=6e-6)
    back = shapely.Polygon(decode(hole))
    assert back.symmetric_difference(lake).area < 0.01 * lake.area


def test_neighbours_still_share_their_edge_after_simplifying():
    wave = [(106.8 + 0.0003 * np.sin(n), -6.7 + n * 0.001) for n in range(101)]
    west = shapely.Polygon([(106.7, -6.7), *wave, (106.7, -6.6)])
    east = shapely.Polygon([(106.9, -6.7), *wave, (106.9, -6.6)])

    shapes = encoded(simplified(np.array([west, east], dtype=object)))

    first, second = (shapely.Polygon(decode(shape[0][0])) for shape in shapes)
    assert first.intersection(second).area == 0
    assert shapely.union(first, second).geom_type == "Polygon"


def test_a_place_in_two_parts_keeps_both_and_one_without_shape_is_empty():
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])

    assert [len(shape) for shape in encoded([two, shapely.Polygon(), None])] == [2, 0, 0]


def test_a_lake_is_drawn_by_its_outline():
    lines = encoded_lines([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1), (1, 1)])])

    assert len(lines[0]) == 1
    assert lines[1] == [[0, 0, STEPS_PER_DEGREE, STEPS_PER_DEGREE]]


def test_a_name_stands_inside_a_place_that_bends_around_its_centroid():
    bent = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 1, 0.8))

    latitude, longitude = labels_of([bent])[0]

    assert not bent.contains(bent.centroid)
    assert bent.contains(shapely.Point(longitude, latitude))


def test_a_point_outside_every_area_has_no_name():
    areas = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    points = shapely.points([[0.5, 0.5], [5, 5]])

    assert names_around(points, areas, ["Dalam"]) == ["Dalam", None]
