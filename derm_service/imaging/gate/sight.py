"""What the gate looks at: full-size luma for fine detail, and a small copy in colour."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

LONG_SIDE = 1024  # px of the small copy, at which all but the finest detail is measured
COLOUR_SIDE = 256  # px that are enough where only colour counts

cv2.setNumThreads(1)


@dataclass(frozen=True)
class Sight:
    """One upright picture: `luma` height x width in full size, small RGB copies, all 8-bit.

    `stored` holds the values as the camera wrote them: clipping is counted there. `colour` is
    the same copy in sRGB, whatever profile the file has: colours are judged there.
    """

    luma: Pixels
    stored: Pixels
    colour: Pixels

    @property
    def width(self) -> int:
        """Full width in pixels."""
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        """Full height in pixels."""
        return int(self.luma.shape[0])


def of_pixels(pixels: Pixels) -> Sight:
    """The sight of a fully decoded upright sRGB picture (height x width x 3)."""
    small = shrunk(pixels)
    return Sight(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8), small, small)


def shrunk(pixels: Pixels, long_side: int = LONG_SIDE) -> Pixels:
    """A picture no longer than the small copy may be; smaller ones stay as they are.

    It is halved as often as it can be first: that is fast, and no grain is let through. Its sides
    are even, so that it can be halved again as fast.
    """
    while max(pixels.shape) >= 2 * long_side:
        size = (max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2))
        pixels = pixels[: 2 * size[1], : 2 * size[0]]
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(2, 2 * round(width * factor / 2)), max(2, 2 * round(height * factor / 2)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
