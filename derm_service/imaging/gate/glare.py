"""Reflections: white patches that rise out of the skin, not skin that is bright all over."""

import cv2
import numpy as np

from derm_service.imaging.gate.light import boxes
from derm_service.imaging.gate.look import Look, Mask, faintest, median_level, touching_edge
from derm_service.imaging.gate.report import Region
from derm_service.imaging.gate.sight import Pixels

SIDE = 256  # px, long side of the copy looked at
AROUND = 61  # px of that copy: the skin round a reflection
WHITE, RISE = 235, 25  # the faintest colour of a reflection, and how far over the skin's
PALE, STEEP_RISE = 200, 30
NEARLY_WHITE = 225  # what joins a white place to the picture's edge, where it is no reflection
STEP = 150  # levels: the steep border of a reflection
BROAD = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))  # px of that copy
NEAR_WHITE = 0.6  # of the way from the skin's own level to white


def measure(look: Look) -> dict[str, float]:
    """Shares of the skin that are reflections, by five marks of one.

    A ruler's white on dark skin has all of them, so it is left out.
    """
    faint, bare = _faintest(look)
    rise = cv2.subtract(faint, cv2.medianBlur(faint, AROUND))
    skin = median_level(faint, bare)
    near_white = cv2.dilate((faint >= WHITE).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    across, down = (cv2.Sobel(faint, cv2.CV_16S, *way) for way in ((1, 0), (0, 1)))
    steep = np.abs(across) + np.abs(down) > STEP
    nearly = faint >= NEARLY_WHITE
    marks = {
        "white_patches": (rise >= RISE) & (faint >= WHITE),
        "pale_patches": (rise >= STEEP_RISE) & (faint >= PALE),
        "far_whiter": faint > int(skin + NEAR_WHITE * (255 - skin)),
        "steep_borders": steep & near_white,
        "enclosed_white": _opened(nearly & ~touching_edge(nearly) & (faint >= WHITE)),
    }
    every = np.count_nonzero(bare)
    return {
        name: float(np.log2(np.count_nonzero(mark & bare) / every + 1e-3))
        for name, mark in marks.items()
    }


def _opened(mask: Mask) -> Mask:
    """Without what is narrower than `BROAD`: jewellery and shining skin glitter in small places."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, BROAD) > 0


def regions(look: Look) -> tuple[Region, ...]:
    """Where the reflections are."""
    faint, bare = _faintest(look)
    rise = cv2.subtract(faint, cv2.medianBlur(faint, AROUND))
    return boxes((rise >= RISE) & (faint >= PALE) & bare)


def _faintest(look: Look) -> tuple[Pixels, Mask]:
    """Each pixel's weakest colour, which skin keeps low and a reflection does not."""
    height, width = look.half.shape[:2]
    factor = min(1.0, SIDE / max(height, width))
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    faint = faintest(
        np.asarray(cv2.resize(look.half, size, interpolation=cv2.INTER_AREA), np.uint8)
    )
    return faint, look.bare_of(faint.shape)
