"""The picture's own frame: corners, edges and the round window of a dermatoscope."""

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import LUMA, Look, Mask, brightest
from derm_service.imaging.gate.ranks import median, percentile

Plane = NDArray[np.float64]

LEAST_BORDER = 6  # px of the 128 px copy
CORNER = 8  # px of the 128 px copy
RINGS = ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.9))  # of the way to the corners
DARK = 0.45  # of the picture's bright places: what lies outside a round field is darker
ON_CIRCLE = 0.02  # of the picture's width
MIDDLE = 0.25  # of the picture's width: a dermatoscope's field is not farther off the middle
ROUNDS = 5


def measure(look: Look) -> dict[str, float]:
    """Brightness of the corners against the middle, its spread in rings and on the edge (log2)."""
    brightness = np.log2(look.tiny.astype(np.float32) @ LUMA + 6)
    height, width = brightness.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    reach = np.hypot(x * width, y * height) / np.hypot(width, height)
    ends = (slice(CORNER), slice(-CORNER, None))
    corners = [median(brightness[down, across]) for down in ends for across in ends]
    edge = np.concatenate([brightness[0], brightness[-1], brightness[:, 0], brightness[:, -1]])
    rings = [brightness[(reach >= low) & (reach < high)] for low, high in RINGS]
    middle = median(rings[1])
    return {
        **{f"ring_spread_{at}": float(np.std(rings[at])) for at in (0, 2, 3)},
        "corner_brightest": max(corners) - middle,
        "corner_darkest": min(corners) - middle,
        "edge_spread": float(np.std(edge)),
    }


def subject(look: Look) -> dict[str, float]:
    """How much of the picture the subject fills."""
    return {"subject_share": float(look.subject.mean())}


def field(look: Look) -> dict[str, float]:
    """How surely dark corners are what lies outside a dermatoscope's round field: 0 to 1."""
    brightness = brightest(look.tiny)
    dark = brightness < DARK * percentile(brightness, 80)
    corners = _with_corners(dark)
    inside = (~corners).astype(np.uint8)
    border = (cv2.dilate(inside, np.ones((3, 3), np.uint8)) > 0) & corners
    if border.sum() < LEAST_BORDER:
        return {"round_field": 0.0}
    height, width = dark.shape
    y, x = np.mgrid[:height, :width].astype(np.float64) / width
    y, x = y - height / width / 2, x - 0.5
    across, down, radius, share = _circle(x[border], y[border])
    reach = np.hypot(x - across, y - down) - radius
    within, beyond = corners[reach < -0.03], corners[reach > 0.03]
    if not within.size or not beyond.size:
        return {"round_field": 0.0}
    centred = np.exp(-((np.hypot(across, down) / MIDDLE) ** 2))
    return {"round_field": float(share * centred * max(0.0, beyond.mean() - within.mean()))}


def _with_corners(dark: Mask) -> Mask:
    """The dark areas that hold a corner of the picture."""
    _, labels = cv2.connectedComponents(dark.astype(np.uint8))
    corners = {int(labels[row, column]) for row in (0, -1) for column in (0, -1)} - {0}
    return np.asarray(np.isin(labels, list(corners)))


def _circle(x: Plane, y: Plane) -> tuple[float, float, float, float]:
    """Centre and radius of the circle that most points lie on, and the share that does."""
    terms = np.stack([x, y, np.ones_like(x)], axis=1)
    squares = x * x + y * y
    trust = np.ones_like(x)
    for _ in range(ROUNDS):
        weighed = terms * trust[:, None]
        found = np.linalg.lstsq(weighed, squares * trust, rcond=None)[0]
        across, down = found[:2] / 2
        radius = np.sqrt(max(1e-6, found[2] + across**2 + down**2))
        off = np.abs(np.hypot(x - across, y - down) - radius)
        trust = 1 / (1 + (off / ON_CIRCLE) ** 2)
    return float(across), float(down), float(radius), float((off < ON_CIRCLE).mean())
