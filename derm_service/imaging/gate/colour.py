"""Colour: what skin looks like here, what is nearest to white, how many hues there are.

Ratios of red and of blue to green, as natural logarithms, so that a coloured light adds the
same to each whatever the skin's tone.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import LUMA, Look, Mask, brightest, faintest

Plane = NDArray[np.float32]

LEVEL = 8.0  # added to every channel: ratios of next to nothing say nothing
LIT = 60  # percentile: skin that is well lit
WHITEST = 98  # percentile
BLACK = 30  # of 255, the strongest colour: what is darker has none to speak of
SPAN = (5, 90)  # percentiles: from the dark of a lesion to skin, what glitters left out
SKIN_RED = (0.03, 1.2)  # red over green
SKIN_BLUE = 0.12  # blue over green, at most
VIVID = 40  # of 255
LEAST = 50  # px of the 128 px copy: with fewer nothing is left out
MARGIN = 0.15  # of each side is left out of the middle


def ratios(look: Look) -> dict[str, float]:
    """Warmth and magenta of what is lit of the subject, of its middle, and of the whitest.

    Of bare skin, too, of the brightest, and of how far bright and dark lie apart in each colour.
    And what the colour of the light leaves alone, but strongly coloured skin does not: how far
    bright and dark are apart in all.
    """
    tiny = look.tiny.astype(np.float32)
    mask = look.subject_of(tiny.shape)
    shown = brightest(look.tiny) > BLACK
    subject, seen = tiny[mask], tiny[_enough(shown)]
    faint = faintest(look.tiny)
    light = np.log(subject @ LUMA + LEVEL)
    dark, bright = np.percentile(light, SPAN)
    return {
        **_axes("lit", *_ratios(_brightest(subject, LIT))),
        **_axes("middle", *_ratios(_brightest(tiny[_middle(mask)], LIT))),
        **_axes("white", *_ratios(tiny[faint >= np.percentile(faint, WHITEST)])),
        **_axes("bare", *_ratios(tiny[_enough(shown & look.bare_of(tiny.shape))])),
        **_axes("bright", *_ratios(_brightest(tiny[_enough(shown & mask)], WHITEST))),
        **_axes("spread", *_of_green(np.log(seen.std(axis=0, keepdims=True) + 1))),
        "light_span": float(bright - dark),
    }


def _brightest(pixels: Plane, percentile: float) -> Plane:
    brightness = pixels @ LUMA
    return np.asarray(pixels[brightness >= np.percentile(brightness, percentile)])


def _enough(mask: Mask) -> Mask:
    return mask if mask.sum() >= LEAST else np.ones_like(mask)


def _middle(mask: Mask) -> Mask:
    """The subject without the sides, where a cloth or a couch brighter than dark skin may lie."""
    height, width = mask.shape
    down, across = int(MARGIN * height), int(MARGIN * width)
    middle = np.zeros_like(mask)
    middle[down : height - down, across : width - across] = True
    return mask & middle if (mask & middle).sum() >= LEAST else mask


def _axes(name: str, red: Plane, blue: Plane) -> dict[str, float]:
    """Daylight runs from warm to cold; what lies across it, magenta or green, is never daylight."""
    middle_red, middle_blue = float(np.median(red)), float(np.median(blue))
    return {
        f"{name}_warmth": middle_red - middle_blue,
        f"{name}_magenta": middle_red + middle_blue,
    }


def shares(look: Look) -> dict[str, float]:
    """Share of the picture that may be skin by its colour; how many hues, and how strong."""
    red, blue = _ratios(look.tiny[look.subject_of(look.tiny.shape)].astype(np.float32))
    skin = (red > SKIN_RED[0]) & (red < SKIN_RED[1]) & (blue < SKIN_BLUE)
    return {"skin_share": float(skin.mean() * look.subject.mean()), **_hues(look)}


def _ratios(pixels: Plane) -> tuple[Plane, Plane]:
    return _of_green(np.log(pixels + LEVEL))


def _of_green(logarithms: Plane) -> tuple[Plane, Plane]:
    red, green, blue = logarithms.T
    return red - green, blue - green


def _hues(look: Look) -> dict[str, float]:
    hue, saturation, level = cv2.split(cv2.cvtColor(look.tiny, cv2.COLOR_RGB2HSV))
    vivid = hue[(saturation > VIVID) & (level > VIVID)]
    shares = np.bincount(vivid, minlength=180) / max(1, vivid.size)
    some = shares[shares > 0]
    return {
        "hue_spread": float(-(some * np.log(some)).sum()),
        "saturation": float(np.median(saturation) / 255),
    }
