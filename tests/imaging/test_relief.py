"""Whether fine detail is the skin's surface or pigment in it, on made-up skin."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from derm_service.imaging.gate import relief
from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels

SURFACE, PIGMENT = (1.0, 1.0, 1.0), (0.3, 0.7, 1.0)  # how much each colour of light sees of it
FAIR, DARK = (215, 165, 140), (75, 50, 40)


def detail(
    sees: tuple[float, ...], skin: tuple[int, ...], gains: tuple[float, ...] = (1.0, 1.0, 1.0)
) -> float:
    """Red's share of the detail of skin whose marks every colour of light sees as given."""
    marks: NDArray[np.float64] = np.random.default_rng(1).normal(0, 1, (192, 256))
    marks = cv2.GaussianBlur(marks, (0, 0), 1.5) * 0.5
    pixels = np.array(skin) * np.array(gains) * np.exp(-marks[..., None] * np.array(sees))
    whole = cv2.resize(np.clip(pixels, 0, 255).astype(np.uint8), (1024, 768))
    return relief.measure(look(of_pixels(np.asarray(whole, np.uint8))))["red_detail"]


@pytest.mark.parametrize("skin", [FAIR, DARK])
def test_red_shows_the_surface_as_green_does_and_little_of_pigment(skin: tuple[int, ...]) -> None:
    assert detail(SURFACE, skin) == pytest.approx(1, abs=0.15)
    assert detail(PIGMENT, skin) < 0.6


def test_what_is_seen_of_pigment_does_not_change_with_the_colour_of_the_light() -> None:
    warm, cold = detail(PIGMENT, FAIR, (1.05, 1, 0.8)), detail(PIGMENT, FAIR, (0.8, 1, 1.05))

    assert warm == pytest.approx(cold, abs=0.06)


def test_a_black_picture_speaks_for_neither() -> None:
    black = np.zeros((600, 800, 3), np.uint8)

    assert relief.measure(look(of_pixels(black))) == relief.USUAL
