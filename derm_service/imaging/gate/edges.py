"""How wide edges are: the one sign of sharpness that contrast, and so skin tone, leaves alone.

A step blurred by w and seen through a Gaussian of s has its steepest slope in proportion to
1 / sqrt(w^2 + s^2) (Elder and Zucker, Local scale control for edge detection and blur estimation,
IEEE PAMI 20, 1998). The slope through a narrow Gaussian over that through a wide one therefore
says w, however strong or faint the step is: `log2(3)` and more in focus, next to 0 far out of it.
Only slopes well above the noise count, and only directions that have enough of them: ruler marks
or hairs that all lie one way say nothing about movement along them.

Skin before a cloth that is as bright has an edge in colour alone: there red or blue is looked at
too, and so it is where brightness has edges in few directions.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import LUMA, Look, Mask, in_grey
from derm_service.imaging.gate.ranks import percentile

Plane = NDArray[np.float32]

UNIT = "log2 of slopes"
NARROW, WIDE = 1.0, 3.0  # px of the copy of at most 1024 px: what slopes are seen through
CLEAR = 4.0  # times the slope that noise alone has
FAINTEST = 0.5  # levels from pixel to pixel
STEEPEST = 85  # percentile of the picture's slopes from which on they are edges
SAMPLED = 2  # px of the copy of half the size between those the percentile is taken of
DIRECTIONS = 12
AGREE = 0.9  # of the narrow slope that runs the way of the wide one: else it is no one edge's
STRIP, BESIDE = 128, 5  # rows done at once, so that they stay at hand; more that they depend on
LEAST = 60  # edge points in a direction and the two beside it
FEW = 4  # directions with so many: with fewer, brightness alone does not tell
SHARPEST = 95  # percentile of the edges of a direction
USUAL = {"edge_sharpest": 2.1, "edge_softest": 1.6}  # where there are none: speaks for nothing
TELLING = 1.7  # times as much as brightness: how much red or blue alone must tell apart
RED, BLUE = 0, 2
COLOUR_NOISE = 1 / float(LUMA @ LUMA)  # times that of brightness, which is a mean of three
STEP, ONE = np.array((-0.5, 0.0, 0.5), np.float32), np.ones(1, np.float32)
KERNEL = cv2.getGaussianKernel(7, NARROW)
# In the copy of half the size a pixel is two wide; what a step does to its own direction is done
# to the one across it too, so that edges are as wide whichever way they lie.
HALF_STEP, HALF_ACROSS = STEP / 2, np.array((1, 4, 1), np.float32) / 6
# Of the wide Gaussian's 9 px squared, halving, such steps and enlarging make 1/4 + 1 + 3/4; ending
# at three times its width takes 1/10 more from the one than from the other.
HALF_KERNEL = cv2.getGaussianKernel(9, float(np.sqrt(WIDE**2 - 2.1)) / 2)


class Edges(NamedTuple):
    """Where slopes are steepest: their direction, and narrow slope over wide (log2)."""

    turns: NDArray[np.int_]
    ratios: Plane

    def beside(self) -> list[Plane]:
        """The ratios of each direction that has enough of them, and of the two beside it."""
        each = [self.ratios[self.turns == turn] for turn in range(DIRECTIONS)]
        near = (
            np.concatenate((each[turn - 1], each[turn], each[(turn + 1) % DIRECTIONS]))
            for turn in range(DIRECTIONS)
        )
        return [ratios for ratios in near if ratios.size >= LEAST]


def measure(look: Look, noise: float) -> dict[str, float]:
    """How sharp the sharpest edges are in the directions where they are most and least so.

    `noise` is the power of the noise in the copy of at most 1024 px, levels squared.
    """
    subject = look.subject_of(look.grey.shape)
    found = of_plane(look.grey, subject, noise)
    channel, times = _colour(look)
    if times > TELLING or len(found.beside()) < FEW:
        plane = np.ascontiguousarray(look.sight.stored[..., channel])
        colour = of_plane(plane, subject, noise * COLOUR_NOISE)
        found = _joined([found, colour])
    return sharpness(found)


def sharpness(found: Edges) -> dict[str, float]:
    """The same of edges that have been found."""
    sharp = [percentile(ratios, SHARPEST) for ratios in found.beside()]
    return {"edge_sharpest": max(sharp), "edge_softest": min(sharp)} if sharp else dict(USUAL)


def _colour(look: Look) -> tuple[int, float]:
    """Red or blue, whichever tells more apart, and how many times as much as brightness."""
    mask = look.subject_of(look.tiny.shape).astype(np.uint8)
    red, _, blue = cv2.meanStdDev(look.tiny, mask=mask)[1].ravel()
    bright = cv2.meanStdDev(in_grey(look.tiny), mask=mask)[1].item()
    return RED if red > blue else BLUE, float(max(red, blue) / max(bright, 1e-6))


def _joined(parts: list[Edges]) -> Edges:
    turns, ratios = zip(*parts, strict=True)
    return Edges(np.concatenate(turns), np.concatenate(ratios))


def of_plane(grey: NDArray[np.uint8], subject: Mask, noise: float) -> Edges:
    """The edges of one plane, where the mask is."""
    height, width = (side // 2 * 2 for side in grey.shape)
    grey, inner = grey[:height, :width], np.zeros((height, width), np.bool_)
    inner[1:-1, 1:-1] = subject[1 : height - 1, 1 : width - 1]
    wide, steepest = _wide_slopes(grey)
    clear = CLEAR * np.sqrt(max(noise, 0.0)) / (np.sqrt(8 * np.pi) * NARROW**2)
    room = np.empty((4, min(height, STRIP + 2 * BESIDE), width), np.float32)
    found = []
    for top in range(0, height, STRIP):
        first, last = _narrow_slopes(grey, top, room)
        rows = slice(top, top + STRIP)
        slope = room[0, : last - first]  # the way to the slopes is done with
        cv2.magnitude(wide[0][rows], wide[1][rows], slope)
        at = np.flatnonzero((slope > max(FAINTEST, clear, steepest)) & inner[rows])
        across, down = (plane[rows].ravel().take(at) for plane in wide)
        found.append(_ratios(room[1:], first, at, slope.ravel().take(at), across, down))
    return _joined(found)


def _wide_slopes(grey: NDArray[np.uint8]) -> tuple[list[Plane], float]:
    """Slopes across and down, found on a copy of half the size, and from where on they are edges.

    Nothing is lost: through so wide a Gaussian nothing is left that the half does not hold.
    """
    size = grey.shape[1], grey.shape[0]
    half = cv2.resize(grey, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
    soft = cv2.sepFilter2D(half, cv2.CV_32F, HALF_KERNEL, HALF_KERNEL)
    across, down = (
        cv2.sepFilter2D(soft, -1, *way)
        for way in ((HALF_STEP, HALF_ACROSS), (HALF_ACROSS, HALF_STEP))
    )
    steepest = percentile(cv2.magnitude(across, down)[::SAMPLED, ::SAMPLED], STEEPEST)
    return [np.asarray(cv2.resize(slopes, size), np.float32) for slopes in (across, down)], steepest


def _ratios(
    narrow: Plane, first: int, at: NDArray[np.intp], slope: Plane, across: Plane, down: Plane
) -> Edges:
    """Of those places those that are steepest along their slope: direction, and the ratio."""
    width = narrow.shape[2]
    narrow_x, narrow_y, steepness = (plane.ravel() for plane in narrow)
    x, y, place = across / slope, down / slope, at + first * width
    step = np.rint(y).astype(int) * width + np.rint(x).astype(int)
    here, ahead, behind = (steepness.take(place + way * step) for way in (0, 1, -1))
    top = np.flatnonzero((here >= ahead) & (here > behind))
    x, y, slope, place = x[top], y[top], slope[top], place[top]
    along = narrow_x.take(place) * x + narrow_y.take(place) * y
    up = along > AGREE * here[top]
    turns = np.floor(np.arctan2(y[up], x[up]) / np.pi * DIRECTIONS + 0.5).astype(int)
    return Edges(turns % DIRECTIONS, np.log2(along[up] / slope[up]))


def _narrow_slopes(grey: NDArray[np.uint8], top: int, room: Plane) -> tuple[int, int]:
    """Slope across, down and in whole into the last three planes, in levels from pixel to pixel.

    Of a strip of rows and of those beside it; given back is where the strip lies among them.
    """
    start, end = max(0, top - BESIDE), min(len(grey), top + STRIP + BESIDE)
    soft, across, down, whole = (plane[: end - start] for plane in room)
    cv2.sepFilter2D(grey[start:end], cv2.CV_32F, KERNEL, KERNEL, dst=soft)
    cv2.sepFilter2D(soft, -1, STEP, ONE, dst=across)
    cv2.sepFilter2D(soft, -1, ONE, STEP, dst=down)
    cv2.magnitude(across, down, whole)
    return top - start, min(top + STRIP, len(grey)) - start
