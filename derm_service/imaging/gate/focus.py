"""Focus: how much fine detail there is, compared with coarser detail in the same places."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.float32]

TILE = 32
STRONGEST = 0.15
FINE = (1.0, 2.0)  # sigmas of the band that a soft focus loses first
COARSE = (2.0, 4.0)  # the band it is compared with: skin has few edges, so both are relative


@dataclass(frozen=True)
class Focus:
    """The ratio over the strongest tiles, and every tile's own (0 where there is no texture)."""

    fine_detail: float
    tiles: NDArray[np.float32]
    noise: float


def measure(luma: Luma) -> Focus:
    """Ratio of fine to coarse detail, sensor noise taken off; about 0.25 when fully blurred."""
    noise = _noise(luma)
    blurred = {sigma: cv2.GaussianBlur(luma, (0, 0), sigma) for sigma in {*FINE, *COARSE}}
    fine = _energy(blurred[FINE[0]] - blurred[FINE[1]]) - noise**2 * _gain(*FINE)
    coarse = _energy(blurred[COARSE[0]] - blurred[COARSE[1]]) - noise**2 * _gain(*COARSE)
    fine, coarse = np.maximum(fine, 0.0), np.maximum(coarse, 1e-3)
    count = max(4, int(STRONGEST * coarse.size))
    strongest = np.argsort(-coarse, axis=None)[:count]
    ratio = float(np.sqrt(fine.ravel()[strongest].sum() / coarse.ravel()[strongest].sum()))
    textured = coarse > max(1.0, noise**2)
    tiles = np.where(textured, np.sqrt(fine / coarse), 0.0).astype(np.float32)
    return Focus(ratio, tiles, noise)


def _energy(band: Luma) -> Luma:
    """Mean square of each whole tile."""
    rows, columns = (max(1, side // TILE) for side in band.shape)
    square = (band * band)[: rows * TILE, : columns * TILE]
    tall, wide = square.shape[0] // rows, square.shape[1] // columns
    cut = square[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide)
    return np.asarray(cut.mean(axis=(1, 3)), np.float32)


def _noise(luma: Luma) -> float:
    """Sensor noise in levels: the median response to a mask that edges hardly touch."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, mask))
    return float(np.median(response)) / 0.6745 / 6.0


def _gain(first: float, second: float) -> float:
    """How much of white noise's power a band lets through."""
    dot = np.zeros((65, 65), np.float32)
    dot[32, 32] = 1.0
    band = cv2.GaussianBlur(dot, (0, 0), first) - cv2.GaussianBlur(dot, (0, 0), second)
    return float((band * band).sum())
