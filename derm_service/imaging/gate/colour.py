"""Colour: what skin looks like here, what is nearest to white, how many hues there are.

Ratios of red and of blue to green, as natural logarithms, so that a coloured light adds the
same to each whatever the skin's tone.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import (
    LEVEL,
    LOGARITHMS,
    LUMA,
    Look,
    Mask,
    brightest,
    faintest,
)
from derm_service.imaging.gate.ranks import median, percentile

Plane = NDArray[np.float32]

LIT = 60  # percentile: skin that is well lit
WHITEST = 98  # percentile
BLACK = 30  # of 255, the strongest colour: what is darker has none to speak of
SPAN = (5, 90)  # percentiles: from the dark of a lesion to skin, what glitters left out
SKIN_RED = (0.03, 1.2)  # red over green
SKIN_BLUE = 0.12  # blue over green, at most
VIVID = 40  # of 255
LEAST = 50  # px of the 128 px copy: with fewer nothing is left out
MARGIN = 0.15  # of each side is left out of the middle


class Beside(NamedTuple):
    """Red and blue beside green in every place of the copy of 128 px."""

    red: Plane
    blue: Plane


def ratios(look: Look) -> dict[str, float]:
    """Warmth and magenta of what is lit of the subject, of its middle, and of the whitest.

    Of bare skin, too, of the brightest, and of how far bright and dark lie apart in each colour.
    And what the colour of the light leaves alone, but strongly coloured skin does not: how far
    bright and dark are apart in all.
    """
    beside, brightness = beside_green(look), look.tiny.astype(np.float32) @ LUMA
    subject = look.subject_of(brightness.shape)
    shown, faint = brightest(look.tiny) > BLACK, faintest(look.tiny)
    places = {
        "lit": _brightest(brightness, subject, LIT),
        "middle": _brightest(brightness, _middle(subject), LIT),
        "white": faint >= percentile(faint, WHITEST),
        "bare": _enough(shown & look.bare_of(brightness.shape)),
        "bright": _brightest(brightness, _enough(shown & subject), WHITEST),
    }
    light = np.log(brightness[subject] + LEVEL)
    dark, bright = (percentile(light, at) for at in SPAN)
    found = {"spread": _spread(look, _enough(shown))} | {
        name: (median(beside.red[place]), median(beside.blue[place]))
        for name, place in places.items()
    }
    # daylight runs from warm to cold; what lies across it, magenta or green, is never daylight
    return {
        **{f"{name}_warmth": red - blue for name, (red, blue) in found.items()},
        **{f"{name}_magenta": red + blue for name, (red, blue) in found.items()},
        "light_span": bright - dark,
    }


def beside_green(look: Look) -> Beside:
    """Of the copy of 128 px."""
    red, green, blue = (cv2.LUT(plane, LOGARITHMS) for plane in cv2.split(look.tiny))
    return Beside(np.asarray(red - green), np.asarray(blue - green))


def _spread(look: Look, place: Mask) -> tuple[float, float]:
    _, spread = cv2.meanStdDev(look.tiny, mask=place.astype(np.uint8))
    red, green, blue = np.log(spread.ravel() + 1)
    return float(red - green), float(blue - green)


def _brightest(brightness: Plane, place: Mask, at: float) -> Mask:
    return np.asarray(place & (brightness >= percentile(brightness[place], at)))


def _enough(mask: Mask) -> Mask:
    return mask if mask.sum() >= LEAST else np.ones_like(mask)


def _middle(mask: Mask) -> Mask:
    """The subject without the sides, where a cloth or a couch brighter than dark skin may lie."""
    height, width = mask.shape
    down, across = int(MARGIN * height), int(MARGIN * width)
    middle = np.zeros_like(mask)
    middle[down : height - down, across : width - across] = True
    return mask & middle if (mask & middle).sum() >= LEAST else mask


def shares(look: Look) -> dict[str, float]:
    """Share of the picture that may be skin by its colour; how many hues, and how strong."""
    red, blue = beside_green(look)
    skin = (red > SKIN_RED[0]) & (red < SKIN_RED[1]) & (blue < SKIN_BLUE)
    share = skin[look.subject_of(look.tiny.shape)].mean()
    return {"skin_share": float(share * look.subject.mean()), **_hues(look)}


def _hues(look: Look) -> dict[str, float]:
    hue, saturation, level = cv2.split(cv2.cvtColor(look.tiny, cv2.COLOR_RGB2HSV))
    vivid = hue[(saturation > VIVID) & (level > VIVID)]
    shares = np.bincount(vivid, minlength=180) / max(1, vivid.size)
    some = shares[shares > 0]
    return {
        "hue_spread": float(-(some * np.log(some)).sum()),
        "saturation": median(np.asarray(saturation)) / 255,
    }
