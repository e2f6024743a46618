"""Whether fine detail is the skin's surface or what lies in it.

Folds and shine shade red, green and blue alike, as a camera sees them. A dermatoscope does away
with both: what it shows is pigment and blood, of which red light sees least and blue its own part.
Brightness and the colour of the light cancel out.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import Look
from derm_service.imaging.gate.sight import COLOUR_SIDE, shrunk

Plane = NDArray[np.float32]

LEVEL = 8.0  # added to every channel: ratios of next to nothing say nothing
FINE, MIDDLING = 1.0, 2.5  # px of the 256 px copy
BURNT, BLACK = 250, 6  # of 255: no detail is left there
LEAST = 200  # px
FAINTEST = 1e-4  # detail, as a natural logarithm
LIGHT = np.log(np.arange(256, dtype=np.float32) + LEVEL)  # of each of the 256 levels
USUAL = {"red_detail": 0.7, "blue_alike": 0.95}  # where nothing can be seen: speaks for neither


def measure(look: Look) -> dict[str, float]:
    """How much of green's middling detail red shows, and how alike green and blue are in fine."""
    colours = shrunk(look.half, COLOUR_SIDE)
    there = look.subject_of(colours.shape)
    there &= (colours.max(axis=2) < BURNT) & (colours.min(axis=2) > BLACK)
    if there.sum() <= LEAST:
        return dict(USUAL)
    light = cv2.LUT(colours, LIGHT)
    soft, softer = (cv2.GaussianBlur(light, (0, 0), sigma) for sigma in (FINE, MIDDLING))
    red, green, _ = np.median(np.abs((soft - softer)[there]), axis=0) + FAINTEST
    return {"red_detail": float(red / green), "blue_alike": _alike((light - soft)[there])}


def _alike(detail: Plane) -> float:
    """Correlation of green and blue."""
    green, blue = (detail[:, at] - detail[:, at].mean() for at in (1, 2))
    spread = np.sqrt(float(green @ green) * float(blue @ blue)) + FAINTEST**2 * len(detail)
    return float(green @ blue / spread)
