"""The numbered boxes over a picture."""

from derm_service.imaging.gate.report import Region
from derm_service.imaging.marks import marks

CORNER = Region(0.3, 0.2, 0.5, 0.5)


def test_numbers_of_boxes_that_begin_at_one_place_stand_side_by_side() -> None:
    first, second, third = marks([[CORNER], [CORNER], [CORNER]], 1024, 768)

    assert (first.x, first.y, first.width, first.height) == (307.2, 153.6, 512.0, 384.0)
    assert first.number_y == second.number_y == third.number_y
    assert first.number_x + 40 < second.number_x < third.number_x - 40


def test_number_of_a_box_at_the_edge_stays_in_the_picture() -> None:
    (mark,) = marks([[Region(0.99, 0.99, 0.01, 0.01)]], 1024, 768)

    assert mark.number_x < 1024 - 40
    assert mark.number_y < 768
