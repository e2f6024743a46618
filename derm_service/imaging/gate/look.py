"""The picture prepared for measuring, once: smaller copies, and where the subject is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.bare import beside_skin
from derm_service.imaging.gate.ranks import percentile
from derm_service.imaging.gate.sight import Pixels, Sight

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]  # of the smallest copy, row after row

HALF, TINY = 512, 128  # px, long sides of the smaller copies
RIM = 30  # of 255: a dermatoscope's rim or a black cloth stays under this
PAPER = 250  # of 255 in every channel: white paper behind a hand
MOST_MIDDLE = 0.55  # of the middle ninth that paper may fill: beyond, it is skin burnt out to white
EVERY = 3  # places to one that a surface is laid through: it bends but once
LUMA = np.array((0.299, 0.587, 0.114), np.float32)
LEVEL = 8.0  # added to levels before they are compared: ratios of next to nothing say nothing
LOGARITHMS = np.log(np.arange(256, dtype=np.float32) + LEVEL)  # of each of the 256 levels


@dataclass(frozen=True)
class Look:
    """`grey` is at most 1024 px long, `half` 512 (and grey in `half_grey`), `tiny` 128.

    `subject` is a mask of `tiny`.

    The subject is all but what reaches the picture's edge in black or in paper white, and it
    fills the middle: white there is skin. `bare` is the subject without what is no skin for
    certain: a ruler on it, blue or green cloth behind it.
    """

    sight: Sight
    grey: Pixels
    half: Pixels
    half_grey: Pixels
    tiny: Pixels
    subject: Mask
    bare: Mask
    has_ruler: bool

    def subject_of(self, shape: tuple[int, ...]) -> Mask:
        """The subject as a mask of another size; everything where next to nothing is left."""
        return _enlarged(self.subject, shape)

    def bare_of(self, shape: tuple[int, ...]) -> Mask:
        """The same without what is no skin for certain."""
        return _enlarged(self.bare, shape)


def look(sight: Sight) -> Look:
    """Everything that several measures need."""
    grey = in_grey(sight.stored)
    half = _no_longer_than(HALF, sight.stored)
    tiny = _no_longer_than(TINY, half if sight.colour is sight.stored else sight.colour)
    inside = cv2.erode((~_behind(tiny)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    beside = beside_skin(tiny)
    return Look(
        sight,
        grey,
        half,
        in_grey(half),
        tiny,
        inside,
        inside & ~beside.ruler & ~beside.cloth,
        bool(beside.ruler.any()),
    )


def some_places(mask: Mask) -> Indices:
    """Enough places of a mask to lay a smooth surface through."""
    return np.flatnonzero(mask)[::EVERY]


def _enlarged(subject: Mask, shape: tuple[int, ...]) -> Mask:
    size = (shape[1], shape[0])
    mask = cv2.resize(subject.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return mask if np.count_nonzero(mask) > 0.02 * mask.size else np.ones_like(mask)


def _no_longer_than(long_side: int, pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _behind(tiny: Pixels) -> Mask:
    """What lies behind the subject: black and white areas that reach the edge."""
    top = brightest(tiny)
    dark = top <= max(RIM, int(0.2 * percentile(top, 90)))
    white = touching_edge(faintest(tiny) >= PAPER)
    height, width = white.shape
    middle = white[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3]
    return np.asarray(touching_edge(dark) | (white & (middle.mean() <= MOST_MIDDLE)))


def in_grey(pixels: Pixels) -> Pixels:
    """Brightness, 8-bit."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def brightest(pixels: Pixels) -> Pixels:
    """Each pixel's strongest colour: plane by plane, which is much faster than pixel by pixel."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def faintest(pixels: Pixels) -> Pixels:
    """Each pixel's weakest colour."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def median_level(plane: Pixels, mask: Mask) -> float:
    """The median of 8-bit values where the mask is, by counting them."""
    counts = cv2.calcHist([plane], [0], mask.astype(np.uint8), [256], [0, 256]).ravel()
    below = np.cumsum(counts)
    lower, upper = np.searchsorted(below, ((below[-1] + 1) // 2, below[-1] // 2 + 1))
    return float(lower + upper) / 2


def touching_edge(mask: Mask) -> Mask:
    """The parts of a mask that reach the picture's edge."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    kept = np.zeros(count, np.bool_)
    kept[edge] = True
    kept[0] = False
    return np.asarray(kept[labels])
