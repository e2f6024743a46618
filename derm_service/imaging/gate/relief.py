"""Whether fine detail is the skin's surface or what lies in it.

Folds and shine shade red, green and blue alike, as a camera sees them. A dermatoscope does away
with both: what it shows is pigment and blood, of which red light sees least and blue its own part.
Brightness and the colour of the light cancel out.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import LOGARITHMS, Look, Mask, brightest, faintest
from derm_service.imaging.gate.ranks import median
from derm_service.imaging.gate.sight import COLOUR_SIDE, shrunk

Plane = NDArray[np.float32]

FINE, MIDDLING = 1.0, 2.5  # px of the 256 px copy
BURNT, BLACK = 250, 6  # of 255: no detail is left there
LEAST = 200  # px
FAINTEST = 1e-4  # detail, as a natural logarithm
USUAL = {"red_detail": 0.7, "blue_alike": 0.95}  # where nothing can be seen: speaks for neither


class Waves(NamedTuple):
    """One colour's fine and middling detail, at every place that counts."""

    fine: Plane
    middling: Plane


def measure(look: Look) -> dict[str, float]:
    """How much of green's middling detail red shows, and how alike green and blue are in fine."""
    colours = shrunk(look.half, COLOUR_SIDE)
    there = look.subject_of(colours.shape)
    there &= (brightest(colours) < BURNT) & (faintest(colours) > BLACK)
    if np.count_nonzero(there) <= LEAST:
        return dict(USUAL)
    red, green, blue = (_waves(cv2.LUT(plane, LOGARITHMS), there) for plane in cv2.split(colours))
    return {
        "red_detail": _strength(red.middling) / _strength(green.middling),
        "blue_alike": _alike(green.fine, blue.fine),
    }


def _waves(light: cv2.typing.MatLike, there: Mask) -> Waves:
    soft, softer = (cv2.GaussianBlur(light, (0, 0), sigma) for sigma in (FINE, MIDDLING))
    return Waves((light - soft)[there], (soft - softer)[there])


def _strength(detail: Plane) -> float:
    return median(np.abs(detail)) + FAINTEST


def _alike(one: Plane, other: Plane) -> float:
    """Correlation of two colours."""
    one, other = one - one.mean(), other - other.mean()
    spread = np.sqrt(float(one @ one) * float(other @ other)) + FAINTEST**2 * len(one)
    return float(one @ other / spread)
