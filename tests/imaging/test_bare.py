"""What is no skin is known from skin of every tone: a ruler on it, cloth behind it."""

import numpy as np
import pytest

from derm_service.demo.camera import Faults
from derm_service.imaging.codes import View
from derm_service.imaging.gate.bare import beside_skin
from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels
from tests.imaging.scenes import taken

HEIGHT, WIDTH = 96, 128
SKINS = {"fair": (236, 210, 196), "tan": (190, 140, 105), "dark": (84, 58, 47)}
CLOTH = (110, 150, 175)


def nothing_beside(pixels: np.ndarray) -> bool:
    found = beside_skin(pixels)
    return not (found.ruler | found.cloth).any()


def painted(skin: tuple[int, int, int]) -> np.ndarray:
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = skin
    return pixels


@pytest.mark.parametrize("monk", [1, 4, 7, 10])
@pytest.mark.parametrize("faults", [Faults(), Faults(defocus_px=8)], ids=["sharp", "soft"])
def test_a_ruler_is_found_on_skin_of_every_tone(monk: int, faults: Faults) -> None:
    pixels, truth = taken(View.CLOSE_UP, faults, monk=monk)
    seen = look(of_pixels(pixels))

    left_out = seen.subject & ~seen.bare

    assert seen.has_ruler
    rows = np.flatnonzero(left_out.any(axis=1)) / left_out.shape[0]
    assert 0.08 < left_out.mean() < 0.2
    assert truth.centre[1] / pixels.shape[0] < rows.min()  # drawn below the lesion
    assert rows.max() - rows.min() < 0.4


@pytest.mark.parametrize("monk", [1, 4, 7, 10])
def test_of_skin_alone_nothing_is_left_out(monk: int) -> None:
    seen = look(of_pixels(taken(View.DERMOSCOPIC, monk=monk)[0]))

    assert np.array_equal(seen.bare, seen.subject)
    assert not seen.has_ruler


@pytest.mark.parametrize("skin", SKINS.values(), ids=SKINS)
def test_cloth_is_left_out_and_the_arm_before_it_is_not(skin: tuple[int, int, int]) -> None:
    pixels = painted(CLOTH)
    pixels[:, 45:85] = skin

    found = beside_skin(pixels).cloth

    assert found[:, :44].all()
    assert found[:, 86:].all()
    assert not found[:, 47:83].any()


def test_a_blue_lesion_is_no_cloth() -> None:
    pixels = painted(SKINS["fair"])
    pixels[30:60, 45:85] = (90, 100, 130)

    assert nothing_beside(pixels)


def test_a_pale_patch_of_no_straight_shape_is_no_ruler() -> None:
    pixels = painted(SKINS["tan"])
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels[np.hypot(y - 20, x - 64) < 15] = (200, 200, 200)

    assert nothing_beside(pixels)


def test_in_cold_light_nothing_is_said_for_skin_has_no_warmth_to_know_it_by() -> None:
    pixels = painted((200, 200, 210))
    pixels[60:75, 10:118] = (190, 200, 240)

    assert nothing_beside(pixels)


def test_a_strip_along_the_edge_is_no_ruler_and_one_that_runs_out_of_the_picture_is() -> None:
    behind, laid = painted(SKINS["tan"]), painted(SKINS["tan"])
    behind[:12] = (180, 180, 180)
    laid[50:62, 30:] = (180, 180, 180)

    assert nothing_beside(behind)
    assert beside_skin(laid).ruler.any()
