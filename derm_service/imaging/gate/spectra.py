"""Where the picture has most detail and least, and how strong its waves are there."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import Look
from derm_service.imaging.gate.ranks import median
from derm_service.imaging.gate.sight import Pixels

Plane = NDArray[np.float32]
Place = tuple[int, int]  # row and column of a tile's first pixel

TILE = 64  # px
MOST_BUSY, MOST_FLAT = 24, 16
BUSY_SHARE, FLAT_SHARE = 0.25, 0.3  # of the tiles that lie on the subject
LEAST = 6
LEFT = 0.05  # of the power at least is left when noise is taken off
DIRECTIONS = 12
OCTAVES = tuple((2.0**-power, 2.0 ** (1 - power)) for power in (6, 5, 4, 3, 2))  # cycles/px
RINGS = ((1 / 40, 1 / 14), (1 / 14, 1 / 6), (1 / 6, 1 / 2.5))  # coarse, middle, fine

_window = np.outer(*(np.hanning(TILE + 2)[1:-1],) * 2).astype(np.float32)
_down, _across = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
_pitch = np.hypot(_across, _down)
_turn = ((np.arctan2(_down, _across) / np.pi + 0.5) * DIRECTIONS).astype(int) % DIRECTIONS


def _means(masks: Iterable[NDArray[np.bool_]]) -> Plane:
    """Rows that average a tile's waves over each mask."""
    rows = np.stack([mask.ravel() for mask in masks]).astype(np.float32)
    return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1), np.float32)


_octaves = _means((_pitch >= low) & (_pitch < high) for low, high in OCTAVES)
_sectors = _means(
    (_pitch >= low) & (_pitch < high) & (_turn == turn)
    for low, high in RINGS
    for turn in range(DIRECTIONS)
)
_finest = ((_pitch >= OCTAVES[-1][0]) & (_pitch < OCTAVES[-1][1])).ravel()
_diagonal = ((np.abs(_across) > 0.3) & (np.abs(_down) > 0.3)).ravel()


@dataclass(frozen=True)
class Places:
    """Tiles of the copy of at most 1024 px, strongest (or flattest) first, and their detail."""

    busy: list[Place]
    flat: list[Place]
    peaks: list[Place]  # where each busy tile has most detail
    energy: Plane  # of each tile; below 0 off the subject, the less of it the lower


@dataclass(frozen=True)
class Waves:
    """Power of the waves of some tiles (tiles x waves), and the noise to be taken off it."""

    power: Plane
    noise: float

    def octaves(self) -> Plane:
        """Power of each tile in each octave, coarse to fine, as powers of two."""
        found = self.power @ _octaves.T
        return np.asarray(np.log2(self._without_noise(found) + 0.05), np.float32)

    def directions(self) -> Plane:
        """Mean power in each ring and direction, as powers of two, smoothed round the ring."""
        found = self._without_noise(self.power @ _sectors.T) + 0.02
        rings = np.log2(found).reshape(-1, len(RINGS), DIRECTIONS).mean(axis=0)
        beside = np.roll(rings, 1, axis=1) + np.roll(rings, -1, axis=1)
        return np.asarray((rings + beside) / 3, np.float32)

    def _without_noise(self, found: Plane) -> Plane:
        return np.asarray(np.maximum(found - self.noise, LEFT * found), np.float32)


def places(look: Look) -> Places:
    """The tiles to look at: on the subject, by the strength of middling detail."""
    rows, columns = (max(1, side // TILE) for side in look.grey.shape)
    factor = look.half.shape[1] / look.grey.shape[1]
    half = look.half_grey
    bands = [cv2.GaussianBlur(half, (0, 0), sigma).astype(np.float32) for sigma in (1.0, 3.0)]
    within = slice(round(rows * TILE * factor)), slice(round(columns * TILE * factor))
    cut = np.asarray(((bands[0] - bands[1]) ** 2)[within], np.float32)
    strength = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)
    mask = look.bare_of(half.shape).astype(np.float32)[within]
    cover = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)
    on_subject = cover > 0.8
    energy = np.asarray(np.where(on_subject, strength, cover - 2), np.float32)
    order = np.argsort(-energy, axis=None)
    valid = max(min(LEAST, order.size), int(on_subject.sum()))
    busy = order[: max(LEAST, min(MOST_BUSY, int(BUSY_SHARE * valid)))]
    flat = order[:valid][::-1][: max(LEAST, min(MOST_FLAT, int(FLAT_SHARE * valid)))]
    starts = _starts(busy, columns)
    return Places(starts, _starts(flat, columns), _peaks(cut, starts, factor), energy)


def _starts(found: NDArray[np.int_], columns: int) -> list[Place]:
    return [(int(tile // columns) * TILE, int(tile % columns) * TILE) for tile in found]


def _peaks(energy: Plane, starts: list[Place], factor: float) -> list[Place]:
    """The place of most detail in each tile, in pixels of the copy of 1024 px."""
    near, side = cv2.blur(energy, (7, 7)), max(1, int(TILE * factor))
    peaks = []
    for row, column in starts:
        top, left = int(row * factor), int(column * factor)
        tile = near[top : top + side, left : left + side]
        down, across = divmod(int(tile.argmax()), tile.shape[1])
        peaks.append((int((top + down) / factor), int((left + across) / factor)))
    return peaks


def natively(look: Look, middles: Iterable[Place]) -> list[Place]:
    """Tiles round those places in the full-size picture, on its 8 px grid."""
    factor = look.sight.luma.shape[1] / look.grey.shape[1]
    ends = [(side - TILE) // 8 * 8 for side in look.sight.luma.shape]
    return [
        (
            min(max(0, int(row * factor - TILE / 2)) // 8 * 8, ends[0]),
            min(max(0, int(column * factor - TILE / 2)) // 8 * 8, ends[1]),
        )
        for row, column in middles
    ]


def tiles(luma: Pixels, found: list[Place]) -> Plane:
    """Those tiles of a picture, each about its own mean."""
    cut = np.stack([luma[row : row + TILE, column : column + TILE] for row, column in found])
    values = cut.astype(np.float32)
    return np.asarray(values - values.mean(axis=(1, 2), keepdims=True), np.float32)


def power(cut: Plane) -> Plane:
    """Power of the waves in each tile (tiles x waves), levels squared."""
    waves = np.stack([cv2.dft(tile, flags=cv2.DFT_COMPLEX_OUTPUT) for tile in cut * _window])
    real, imaginary = np.moveaxis(waves[:, :, : _across.size], -1, 0)  # the rest mirrors these
    found = (real**2 + imaginary**2).reshape(len(cut), -1)
    return np.asarray(found / (_window**2).sum(), np.float32)


def finest(found: Plane) -> Plane:
    """Power of the finest octave of each tile: noise, where nothing else is so fine.

    By the median, which few strong waves do not move; of noise it is ln 2 of the mean.
    """
    return np.asarray(np.median(found[:, _finest], axis=1) / np.log(2), np.float32)


def diagonal(found: Plane) -> float:
    """Median power of the finest diagonal waves, which compression drops first."""
    return median(found[:, _diagonal])
