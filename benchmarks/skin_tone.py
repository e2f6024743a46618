"""The skin tone band of a picture by its individual typology angle (Chardon, 1991)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels

BANDS = ((55, "very light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"))


def band(pixels: NDArray[np.uint8]) -> str:
    """From the median L* and b* of the subject's lit half; a lamp's colour shifts it."""
    seen = look(of_pixels(pixels))
    colours = cv2.cvtColor(seen.tiny.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    subject = colours[seen.subject_of(seen.tiny.shape)]
    lit = subject[subject[:, 0] >= np.median(subject[:, 0])]
    lightness, _, yellow = np.median(lit, axis=0)
    angle = float(np.degrees(np.arctan2(lightness - 50, yellow)))
    return next((name for least, name in BANDS if angle > least), "dark")
