"""How wide edges are: the one sign of sharpness that contrast, and so skin tone, leaves alone.

A step blurred by w and seen through a Gaussian of s has its steepest slope in proportion to
1 / sqrt(w^2 + s^2) (Elder and Zucker, Local scale control for edge detection and blur estimation,
IEEE PAMI 20, 1998). The slope through a narrow Gaussian over that through a wide one therefore
says w, however strong or faint the step is: `log2(3)` and more in focus, next to 0 far out of it.
Only slopes well above the noise count, and only directions that have enough of them: ruler marks
or hairs that all lie one way say nothing about movement along them.
"""

import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import Look, Mask

Plane = NDArray[np.float32]

UNIT = "log2 of slopes"
NARROW, WIDE = 1.0, 3.0  # px of the copy of at most 1024 px: what slopes are seen through
CLEAR = 4.0  # times the slope that noise alone has
FAINTEST = 0.5  # levels from pixel to pixel
STEEPEST = 85  # percentile of the picture's slopes from which on they are edges
SAMPLED = 4  # px between those the percentile is taken of
DIRECTIONS = 12
LEAST = 40  # edge points in a direction and the two beside it
SHARPEST = 95  # percentile of the edges of a direction
USUAL = {"edge_sharpest": 2.4, "edge_softest": 2.0}  # where there are none: speaks for nothing
STEP, ONE = np.array((-0.5, 0.0, 0.5), np.float32), np.ones(1, np.float32)
KERNELS = {scale: cv2.getGaussianKernel(int(6 * scale) | 1, scale) for scale in (NARROW, WIDE)}


def measure(look: Look, noise: float) -> dict[str, float]:
    """How sharp the sharpest edges are in the directions where they are most and least so.

    `noise` is the power of the noise in the copy of at most 1024 px, levels squared.
    """
    return of_plane(look.grey, look.subject_of(look.grey.shape), noise)


def of_plane(grey: NDArray[np.uint8], subject: Mask, noise: float) -> dict[str, float]:
    """The same of a plane and a mask of its size."""
    turns, ratios = _edges(grey, subject, noise)
    each = [ratios[turns == turn] for turn in range(DIRECTIONS)]
    beside = (
        np.concatenate((each[turn - 1], each[turn], each[(turn + 1) % DIRECTIONS]))
        for turn in range(DIRECTIONS)
    )
    found = [float(np.percentile(near, SHARPEST)) for near in beside if near.size >= LEAST]
    if not found:
        return dict(USUAL)
    return {"edge_sharpest": max(found), "edge_softest": min(found)}


class _Room(threading.local):
    """Planes to work in, kept from picture to picture of a size: fresh memory took most time."""

    planes = np.empty((7, 0, 0), np.float32)

    def of(self, shape: tuple[int, ...]) -> Plane:
        """Seven planes of that size, with anything in them."""
        if self.planes.shape[1:] != shape:
            self.planes = np.empty((7, *shape), np.float32)
        return self.planes


_room = _Room()


def _edges(grey: NDArray[np.uint8], subject: Mask, noise: float) -> tuple[NDArray[np.int_], Plane]:
    """Where slopes are steepest: their direction, and narrow slope over wide (log2)."""
    soft, *slopes = _room.of(grey.shape)
    wide_x, wide_y, wide = _slopes(grey, WIDE, soft, slopes[:3])
    narrow_x, narrow_y, narrow = _slopes(grey, NARROW, soft, slopes[3:])
    clear = CLEAR * np.sqrt(max(noise, 0.0)) / (np.sqrt(8 * np.pi) * NARROW**2)
    steepest = float(np.percentile(slopes[2][::SAMPLED, ::SAMPLED], STEEPEST))
    inner = np.zeros_like(subject)
    inner[1:-1, 1:-1] = subject[1:-1, 1:-1]
    at = np.flatnonzero((slopes[2] > max(FAINTEST, clear, steepest)) & inner)
    slope, here = wide.take(at), narrow.take(at)
    x, y = wide_x.take(at) / slope, wide_y.take(at) / slope
    step = np.rint(y).astype(int) * grey.shape[1] + np.rint(x).astype(int)
    top = np.flatnonzero((here >= narrow.take(at + step)) & (here > narrow.take(at - step)))
    at, x, y, slope = at[top], x[top], y[top], slope[top]
    along = narrow_x.take(at) * x + narrow_y.take(at) * y
    up = along > 0
    turns = np.floor(np.arctan2(y[up], x[up]) / np.pi * DIRECTIONS + 0.5).astype(int)
    return turns % DIRECTIONS, np.log2(along[up] / slope[up])


def _slopes(
    grey: NDArray[np.uint8], scale: float, soft: Plane, into: list[Plane]
) -> tuple[Plane, ...]:
    """Slope across, down and in whole, in levels from pixel to pixel, pixel after pixel."""
    across, down, whole = into
    cv2.sepFilter2D(grey, cv2.CV_32F, KERNELS[scale], KERNELS[scale], dst=soft)
    cv2.sepFilter2D(soft, -1, STEP, ONE, dst=across)
    cv2.sepFilter2D(soft, -1, ONE, STEP, dst=down)
    cv2.magnitude(across, down, whole)
    return tuple(plane.ravel() for plane in into)
