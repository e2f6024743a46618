"""Colour on drawn skin: what moves with the light, and what stays with the person."""

import numpy as np
import pytest

from derm_service.imaging.codes import View
from derm_service.imaging.gate import colour
from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels
from tests.imaging.scenes import Pixels, taken

WARM, MAGENTA = (1, 0, -1), (0.6, -0.9, 0.6)


def in_light_of(pixels: Pixels, way: tuple[float, ...], strength: float) -> Pixels:
    return (pixels * np.exp(strength * np.array(way))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("monk", [1, 5, 9])
@pytest.mark.parametrize(("way", "measure"), [(WARM, "warmth"), (MAGENTA, "magenta")])
def test_a_coloured_light_moves_skin_and_white_alike_and_not_what_they_are_held_against(
    way: tuple[float, ...], measure: str, monk: int
) -> None:
    pixels = (taken(View.DERMOSCOPIC, monk=monk)[0] * 0.8).astype(np.uint8)

    before = colour.ratios(look(of_pixels(pixels)))
    after = colour.ratios(look(of_pixels(in_light_of(pixels, way, 0.12))))

    moved = after[f"middle_{measure}"] - before[f"middle_{measure}"]
    assert moved > 0.15
    for where in ("white", "bare", "bright", "spread"):
        name = f"{where}_{measure}"
        assert after[name] - before[name] == pytest.approx(moved, abs=0.1), name
    assert after["light_span"] == pytest.approx(before["light_span"], abs=0.05)
