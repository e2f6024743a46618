"""Colour cards drawn beside drawn skin: found in any light and held any way, made up nowhere."""

import cv2
import numpy as np
import pytest

from derm_service.imaging.capture_words import beside
from derm_service.imaging.codes import View
from tests.imaging.scenes import Pixels, judged, taken

SIDE = 46  # px of a patch on the card; as much again lies between two as on a card of paper
DAY, LAMP, SHADE = (1.0, 1.0, 1.0), (1.0, 0.72, 0.42), (0.30, 0.36, 0.28)
MANY = [
    *((120, 80, 65), (195, 150, 130), (95, 125, 160), (90, 110, 65), (130, 130, 180)),
    *((100, 190, 170), (215, 125, 45), (75, 90, 170), (195, 85, 100), (95, 60, 110)),
    *((160, 190, 65), (225, 165, 45), (55, 60, 150), (70, 150, 75), (175, 55, 60)),
    *((230, 200, 30), (185, 85, 150), (10, 135, 165), (243, 243, 240), (200, 200, 200)),
    *((160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)),
]
BLUE_AND_WHITE = [(40, 60, 120), (235, 235, 235)] * 12


def with_squares(
    colours: list[tuple[int, int, int]], light: tuple[float, ...], turn: int
) -> Pixels:
    """A close-up with six by four squares on black beside the lesion, lit and turned."""
    pixels, _ = taken(View.CLOSE_UP, size=(1600, 1200))
    step = SIDE + 14
    paper = np.zeros((4 * step + 14, 6 * step + 14, 3), np.float32)
    for at, colour in enumerate(colours):
        top, left = 14 + at // 6 * step, 14 + at % 6 * step
        paper[top : top + SIDE, left : left + SIDE] = colour
    middle = (paper.shape[1] / 2, paper.shape[0] / 2)
    onto = cv2.getRotationMatrix2D(middle, turn, 1.0)
    onto[:, 2] += np.subtract((1300, 260), middle)
    size = (pixels.shape[1], pixels.shape[0])
    lies = cv2.warpAffine(np.ones(paper.shape[:2], np.float32), onto, size)[..., None]
    seen = cv2.warpAffine(paper, onto, size)
    lit = (pixels * (1 - lies) + seen * lies) * np.array(light)
    return np.asarray(np.clip(cv2.GaussianBlur(lit, (0, 0), 1.0), 0, 255), np.uint8)


@pytest.mark.parametrize(("light", "turn"), [(DAY, 0), (LAMP, 12), (SHADE, 40), (DAY, 90)])
def test_card_is_found_in_any_light_and_held_any_way(light: tuple[float, ...], turn: int) -> None:
    report = judged(with_squares(MANY, light, turn), View.CLOSE_UP)

    assert report.colour_card == "colour card of 6 by 4 patches"
    assert beside(report.to_json())[-1] == (
        "There is a colour card of 6 by 4 patches in the picture."
    )


def test_chequered_cloth_is_no_card() -> None:
    assert judged(with_squares(BLUE_AND_WHITE, DAY, 0), View.CLOSE_UP).colour_card is None


@pytest.mark.parametrize("view", list(View))
def test_no_card_is_made_up_where_there_is_none(view: View) -> None:
    assert judged(taken(view)[0], view).colour_card is None


def test_scale_is_said_in_words_beside_the_photograph() -> None:
    report = judged(taken(View.CLOSE_UP)[0], View.CLOSE_UP)

    [sentence] = beside(report.to_json())

    found = report.measures["px_per_mm"]
    assert sentence.startswith(f"A scale was read: {found.value:.1f} pixels to the millimetre")


def test_nothing_is_said_of_a_photograph_that_was_not_judged() -> None:
    assert beside(None) == []
