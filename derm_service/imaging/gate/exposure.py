"""Exposure: counts of pixels that hold no information, never a mean brightness."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.report import Region

Mask = NDArray[np.bool_]

BRIGHT, DARK = 254, 4
HALO = 9  # pixels beside white paper that clip with it
MOST_REGIONS = 5


@dataclass(frozen=True)
class Exposure:
    """Shares of the picture, background left out, and where the bright ones are."""

    clipped_bright: float
    clipped_dark: float
    white_background: float
    brightest: float
    bright_regions: tuple[Region, ...]


def measure(pixels: NDArray[np.uint8], *, is_camera: bool) -> Exposure:
    """Clipping of a small upright RGB picture (at most about 1024 px).

    Camera pictures may have white paper behind the skin, and lose redness with their first
    clipped channel; dermoscopy is bright by nature and loses it with the second.
    """
    bright = pixels >= BRIGHT
    dark: Mask = np.asarray((pixels <= DARK).all(axis=2))
    white = np.zeros_like(dark)
    if is_camera:
        white = _touching_edge(np.asarray(bright.all(axis=2)))
    left_out = _grown(white) | _touching_edge(dark)
    subject = ~left_out
    if not subject.any():
        return Exposure(0.0, float(dark.mean()), float(white.mean()), _brightest(pixels), ())
    lost = (bright.sum(axis=2) >= (1 if is_camera else 2)) & subject
    return Exposure(
        clipped_bright=float(lost.sum() / subject.sum()),
        clipped_dark=float((dark & subject).sum() / subject.sum()),
        white_background=float(white.mean()),
        brightest=_brightest(pixels),
        bright_regions=_boxes(lost),
    )


def _brightest(pixels: NDArray[np.uint8]) -> float:
    """The level 99.5 % of the picture stays under, by each pixel's strongest channel."""
    return float(np.percentile(pixels.max(axis=2), 99.5))


def _touching_edge(mask: Mask) -> Mask:
    """The parts of a mask that reach the picture's edge: background, not skin."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    kept = np.zeros(int(labels.max()) + 1, np.bool_)
    kept[edge] = True
    kept[0] = False
    return np.asarray(kept[labels])


def _grown(mask: Mask) -> Mask:
    if not mask.any():
        return mask
    return cv2.dilate(mask.astype(np.uint8), np.ones((HALO, HALO), np.uint8)).astype(np.bool_)


def _boxes(mask: Mask) -> tuple[Region, ...]:
    """The largest clipped areas as boxes from 0 to 1."""
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = sorted(stats[1:].tolist(), key=lambda row: -row[cv2.CC_STAT_AREA])
    return tuple(
        Region(
            round(left / width, 4),
            round(top / height, 4),
            round(wide / width, 4),
            round(tall / height, 4),
        )
        for left, top, wide, tall, area in areas[:MOST_REGIONS]
        if area >= 0.002 * mask.size
    )
