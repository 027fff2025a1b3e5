"""Places that touch are neighbours, both ways, and islands have none."""

import libpysal
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import cells, contiguity
from geo.errors import ParameterError

SIDE = 0.01


def squares(columns: int, rows: int, gap: float = 0.0) -> np.ndarray:
    """A board of squares near Bogor, row by row, each narrower by ``gap`` degrees."""
    x, y = np.meshgrid(106.8 + SIDE * np.arange(columns), -6.6 + SIDE * np.arange(rows))
    return shapely.box(x, y, x + SIDE - gap, y + SIDE - gap).ravel()


def neighbours(matrix: object, place: int) -> list[int]:
    return matrix[[place]].indices.tolist()  # type: ignore[index]


@settings(deadline=None)
@given(columns=st.integers(2, 5), rows=st.integers(1, 5))
def test_a_board_has_the_contiguity_of_a_queen(columns: int, rows: int) -> None:
    expected = libpysal.weights.lat2W(rows, columns, rook=False, silence_warnings=True).full()[0]
    assert np.array_equal(contiguity.queen(squares(columns, rows)).toarray(), expected)


@pytest.mark.parametrize(("gap_m", "touching"), [(0.5, True), (2.0, False)])
def test_slivers_up_to_a_metre_do_not_part_neighbours(gap_m: float, touching: bool) -> None:
    assert (contiguity.queen(squares(2, 1, gap_m / 110_500)).nnz == 2) is touching


def test_overlapping_polygons_touch() -> None:
    assert contiguity.queen(squares(2, 1, -0.001), gap_m=0).nnz == 2


def test_an_island_has_no_neighbours() -> None:
    island = shapely.box(107.5, -6.6, 107.51, -6.59)
    matrix = contiguity.queen(np.append(squares(2, 2), island))
    assert neighbours(matrix, 4) == []
    assert neighbours(matrix, 0) == [1, 2, 3]


def test_parts_of_one_unit_are_one_place() -> None:
    left, middle, right = squares(3, 1)
    matrix = contiguity.queen(np.array([shapely.union_all([left, right]), middle]))
    assert matrix.toarray().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("places", [0, 1])
def test_one_place_or_none_has_no_neighbours(places: int) -> None:
    matrix = contiguity.queen(squares(1, 1)[:places])
    assert matrix.shape == (places, places)
    assert matrix.nnz == 0


def test_a_negative_gap_is_refused() -> None:
    with pytest.raises(ParameterError, match="give 0 or more"):
        contiguity.queen(squares(2, 1), gap_m=-1)


def test_cells_in_any_order_have_the_same_neighbours_as_their_polygons() -> None:
    import h3

    centre = cells.to_text(cells.index(np.array([106.8]), np.array([-6.6]), 9))[0]
    codes = np.random.default_rng(1).permutation(list(h3.grid_disk(centre, 3))).tolist()
    outlines = cells.polygons(cells.from_text(codes))
    by_cell = contiguity.of_places(codes, outlines, "h3-9")
    assert np.array_equal(by_cell.toarray(), contiguity.of_places(codes, outlines, "kelurahan").toarray())
    assert contiguity.of_places([], outlines[:0], "h3-9").shape == (0, 0)
