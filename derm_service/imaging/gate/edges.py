"""How wide edges are: the one sign of sharpness that contrast, and so skin tone, leaves alone.

A step blurred by w and seen through a Gaussian of s has its steepest slope in proportion to
1 / sqrt(w^2 + s^2) (Elder and Zucker, Local scale control for edge detection and blur estimation,
IEEE PAMI 20, 1998). The slope through a narrow Gaussian over that through a wide one therefore
says w, however strong or faint the step is: `log2(3)` and more in focus, next to 0 far out of it.
Only slopes well above the noise count, and only directions that have enough of them: ruler marks
or hairs that all lie one way say nothing about movement along them.
"""

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
    found = []
    for turn in range(DIRECTIONS):
        away = (turns - turn) % DIRECTIONS
        near = ratios[(away <= 1) | (away == DIRECTIONS - 1)]
        if near.size >= LEAST:
            found.append(float(np.percentile(near, SHARPEST)))
    if not found:
        return dict(USUAL)
    return {"edge_sharpest": max(found), "edge_softest": min(found)}


def _edges(grey: NDArray[np.uint8], subject: Mask, noise: float) -> tuple[NDArray[np.int_], Plane]:
    """Where slopes are steepest: their direction, and narrow slope over wide (log2)."""
    light = grey.astype(np.float32)
    wide_x, wide_y, wide = _slopes(light, WIDE)
    narrow_x, narrow_y, narrow = (each.ravel() for each in _slopes(light, NARROW))
    clear = CLEAR * np.sqrt(max(noise, 0.0)) / (np.sqrt(8 * np.pi) * NARROW**2)
    steepest = float(np.percentile(wide[::SAMPLED, ::SAMPLED], STEEPEST))
    inner = np.zeros_like(subject)
    inner[1:-1, 1:-1] = subject[1:-1, 1:-1]
    at = np.flatnonzero((wide > max(FAINTEST, clear, steepest)) & inner)
    slope = wide.ravel()[at]
    x, y = wide_x.ravel()[at] / slope, wide_y.ravel()[at] / slope
    step = np.rint(y).astype(int) * grey.shape[1] + np.rint(x).astype(int)
    along = narrow_x[at] * x + narrow_y[at] * y
    top = (narrow[at] >= narrow[at + step]) & (narrow[at] > narrow[at - step]) & (along > 0)
    turns = np.floor(np.arctan2(y[top], x[top]) / np.pi * DIRECTIONS + 0.5).astype(int)
    return turns % DIRECTIONS, np.log2(along[top] / slope[top])


def _slopes(light: Plane, scale: float) -> tuple[Plane, Plane, Plane]:
    """Slope across, down and in whole, in levels from pixel to pixel."""
    soft = cv2.sepFilter2D(light, -1, KERNELS[scale], KERNELS[scale])
    across = np.asarray(cv2.sepFilter2D(soft, -1, STEP, ONE), np.float32)
    down = np.asarray(cv2.sepFilter2D(soft, -1, ONE, STEP), np.float32)
    return across, down, np.asarray(cv2.magnitude(across, down), np.float32)
