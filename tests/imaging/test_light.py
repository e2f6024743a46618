"""Levels at the bright end: what tells a burnt picture from a bright one."""

import numpy as np
import pytest

from derm_service.imaging.codes import View
from derm_service.imaging.gate import light
from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels, shrunk
from tests.imaging.scenes import Pixels, taken


def lit(gain: float, view: View = View.DERMOSCOPIC) -> Pixels:
    """A drawn picture in so many times the light, as a sensor keeps it."""
    pixels, _ = taken(view)
    return np.clip(np.rint(pixels * np.float32(gain)), 0, 255).astype(np.uint8)


def levels(pixels: Pixels) -> light.Levels:
    return light.subject(look(of_pixels(pixels)))


def brightest_without_loss() -> float:
    """The gain that brings all but one in a thousand just below the end."""
    middle = np.sort(lit(1.0), axis=2)[..., 1]
    return 248 / float(np.percentile(middle, 99.9))


def test_a_bright_picture_thins_out_and_a_burnt_one_heaps_up_at_the_end() -> None:
    most = brightest_without_loss()

    dark, bright, burnt = (light.heaped(levels(lit(most * more))) for more in (0.7, 1.0, 1.4))

    assert bright < dark - 2
    assert burnt > dark + 2


def test_red_is_lost_before_the_other_colours() -> None:
    found = light.lost(levels(lit(brightest_without_loss() * 1.05)))

    assert found["lost_red"] > found["lost_two"] + 1


def test_a_bluish_cloth_that_is_burnt_out_loses_no_red() -> None:
    pixels = lit(1.0)
    pixels[: len(pixels) // 3] = (200, 225, 255)

    assert light.lost(levels(pixels))["lost_red"] == pytest.approx(np.log2(1e-3), abs=0.1)


@pytest.mark.parametrize("sides", [(4000, 6000), (3248, 4872), (1331, 1997), (1999, 1333)])
def test_small_copy_can_be_halved_again(sides: tuple[int, int]) -> None:
    height, width = shrunk(np.zeros((*sides, 3), np.uint8)).shape[:2]

    assert max(height, width) == 1024
    assert height % 2 == width % 2 == 0
    assert height / width == pytest.approx(sides[0] / sides[1], rel=0.002)
