"""What in a picture is no skin: a ruler laid on it, blue or green cloth behind it.

Their print and their folds are sharp or soft too, but that says nothing of the skin's detail.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.ranks import median

Mask = NDArray[np.bool_]

LEAST_WARMTH = 0.05  # ln of red over blue of the skin, which fills the middle ninth: below, no
# warmth tells skin from anything
COLOURLESS = 0.45  # of that warmth: paper has less
COLD = -0.05  # ln of red over blue: cloth may have less, no skin has in light that leaves it warm
STRIP = (0.015, 0.35)  # of the picture
LONG = 2.5  # times as long as wide
FULL = 0.8  # of the rectangle that spreads as far
WARM, LIT = 0.6, 0.4  # of the warmth and the red of the skin: what is skin round a ruler
RING = 4  # px of a picture of 128
ROUND = 0.65  # of what lies round a ruler, beyond the picture too, is skin
CLOTH = 0.03  # of the picture at least
DARK = 8  # levels added, so that what is nearly black has no colour


@dataclass(frozen=True)
class Beside:
    """What is no skin for certain, as masks of the picture looked at."""

    ruler: Mask
    cloth: Mask


def beside_skin(tiny: NDArray[np.uint8]) -> Beside:
    """In an RGB picture: long full strips without colour, and cold areas at its edge."""
    red, _, blue = (plane.astype(np.float32) + DARK for plane in cv2.split(tiny))
    warmth = np.log(red / blue)
    height, width = warmth.shape
    middle = np.s_[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3]
    skin, light = median(warmth[middle]), median(red[middle])
    if skin < LEAST_WARMTH:
        nothing = np.zeros(warmth.shape, np.bool_)
        return Beside(nothing, nothing)
    like_skin = (warmth > WARM * skin) & (red > LIT * light)
    strips = [
        part
        for part in _parts(warmth < COLOURLESS * skin)
        if _is_strip(part) and _lies_on(part, like_skin)
    ]
    cloths = [part for part in _parts(warmth < COLD) if _is_cloth(part)]
    return Beside(_widened(strips, warmth.shape), _widened(cloths, warmth.shape))


def _parts(mask: Mask) -> list[Mask]:
    """What touches, corners too; small bits left out."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= STRIP[0] * mask.size)
    return [labels == label for label in large if label]


def _widened(parts: list[Mask], shape: tuple[int, ...]) -> Mask:
    found = np.any([np.zeros(shape, np.bool_), *parts], axis=0)
    return cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)


def _is_strip(part: Mask) -> bool:
    """By its spread: a rectangle's is a twelfth of the square of its side, either way."""
    if part.mean() > STRIP[1]:
        return False
    down, across = np.nonzero(part)
    short, long = np.sqrt(12 * np.linalg.eigvalsh(np.cov(down, across)).clip(1 / 12))
    return bool(long >= LONG * short and down.size >= FULL * short * long)


def _lies_on(part: Mask, skin: Mask) -> bool:
    """What lies along the picture's edge, or beside a limb, is something behind."""
    padded = np.pad(part, RING).astype(np.uint8)
    near, far = (cv2.dilate(padded, np.ones((size, size), np.uint8)) for size in (3, 2 * RING + 1))
    ring = (far > 0) & (near == 0)
    return bool(np.pad(skin, RING)[ring].mean() >= ROUND)


def _is_cloth(part: Mask) -> bool:
    at_edge = part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()
    return bool(at_edge and part.mean() >= CLOTH)
