"""How wide edges are, on drawn discs with known blur: contrast says nothing, blur everything."""

import cv2
import numpy as np
import pytest

from derm_service.imaging.gate import edges
from derm_service.imaging.gate.look import in_grey, look
from derm_service.imaging.gate.sight import of_pixels

SIDE, RADIUS = 400, 120
NOISE = 1.0


def discs(
    contrast: float, blur: float = 0.6, *, moved: int = 1, noise: float = NOISE
) -> dict[str, float]:
    y, x = np.mgrid[-SIDE // 2 : SIDE // 2, -SIDE // 2 : SIDE // 2]
    light = 120 + contrast * (np.hypot(x, y) < RADIUS).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), blur)
    light = cv2.blur(light, (moved, 1))
    light += np.random.default_rng(3).normal(0, np.sqrt(noise), light.shape)
    grey = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    return edges.sharpness(edges.of_plane(grey, np.ones_like(grey, np.bool_), noise))


@pytest.mark.parametrize("blur", [0.6, 2.0, 4.0])
def test_edges_are_as_sharp_whatever_their_contrast(blur: float) -> None:
    faint, strong = discs(40, blur), discs(120, blur)

    assert strong["edge_sharpest"] == pytest.approx(faint["edge_sharpest"], abs=0.25)
    expected = 0.5 * np.log2((edges.WIDE**2 + blur**2) / (edges.NARROW**2 + blur**2))
    assert strong["edge_softest"] == pytest.approx(expected, abs=0.25)


def test_movement_softens_edges_across_it_alone() -> None:
    still, moved = discs(100), discs(100, moved=25)

    assert moved["edge_softest"] < 0.5 < still["edge_softest"] - 0.5
    assert moved["edge_sharpest"] == pytest.approx(still["edge_sharpest"], abs=0.25)


def test_nothing_is_said_where_there_is_no_edge() -> None:
    assert discs(0) == edges.USUAL


@pytest.mark.parametrize("moved", [1, 25])
def test_skin_before_a_cloth_as_bright_has_its_edge_in_colour(moved: int) -> None:
    skin, cloth = (172, 112, 86), (112, 132, 151)
    outline = np.hypot(*np.mgrid[-SIDE // 2 : SIDE // 2, -SIDE // 2 : SIDE // 2]) < RADIUS
    light = np.where(outline[..., None], np.float32(skin), np.float32(cloth))
    light = cv2.blur(cv2.GaussianBlur(light, (0, 0), 0.6), (moved, 1))
    light += np.random.default_rng(3).normal(0, np.sqrt(NOISE), light.shape)
    pixels = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    seen = look(of_pixels(pixels))

    found = edges.measure(seen, NOISE)

    in_brightness = edges.of_plane(in_grey(pixels), seen.subject_of(pixels.shape[:2]), NOISE)
    assert edges.sharpness(in_brightness) == edges.USUAL
    assert (found["edge_softest"] < 0.5) is (moved > 1)
    assert found["edge_sharpest"] == pytest.approx(discs(100)["edge_sharpest"], abs=0.3)


def test_where_brightness_shows_no_edge_it_is_looked_for_in_colour() -> None:
    skin, cloth = (150, 105, 85), (118, 113, 115)  # as bright, and not far apart in colour
    row, column = np.mgrid[-SIDE // 2 : SIDE // 2, -SIDE // 2 : SIDE // 2]
    outline = np.hypot(row, column) < RADIUS
    light = np.where(outline[..., None], np.float32(skin), np.float32(cloth))
    light += (row / 4)[..., None]  # which brightness tells apart well enough
    light = cv2.GaussianBlur(light, (0, 0), 6)
    light += np.random.default_rng(3).normal(0, np.sqrt(NOISE), light.shape)
    pixels = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    seen = look(of_pixels(pixels))

    found = edges.measure(seen, NOISE)

    subject = seen.subject_of(pixels.shape[:2])
    in_brightness = edges.of_plane(in_grey(pixels), subject, NOISE)
    assert edges.sharpness(in_brightness) == edges.USUAL
    assert found["edge_sharpest"] < 0.6


def test_where_brightness_shows_edges_one_way_only_colour_tells_of_the_others() -> None:
    skin, cloth = (150, 105, 85), (118, 113, 115)  # as bright, and not far apart in colour
    row, column = np.mgrid[-SIDE // 2 : SIDE // 2, -SIDE // 2 : SIDE // 2]
    outline = np.hypot(row, column) < RADIUS
    light = np.where(outline[..., None], np.float32(skin), np.float32(cloth))
    light += (row / 8)[..., None]  # which brightness tells apart well enough
    light -= np.where(row % 130 < 2, 30, 0)[..., None]  # lines that lie the way it was moved
    light = cv2.blur(cv2.GaussianBlur(light, (0, 0), 0.6), (25, 1))
    light += np.random.default_rng(3).normal(0, np.sqrt(NOISE), light.shape)
    pixels = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    seen = look(of_pixels(pixels))

    found = edges.measure(seen, NOISE)

    subject = seen.subject_of(pixels.shape[:2])
    in_brightness = edges.sharpness(edges.of_plane(in_grey(pixels), subject, NOISE))
    assert in_brightness["edge_softest"] > 1
    assert found["edge_softest"] < 0.5 < 1 < found["edge_sharpest"]
