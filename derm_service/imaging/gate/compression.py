"""Strong compression: borders of 8 x 8 px blocks, and detail within them wiped out."""

import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.detail import Detail

BLOCK = 8
STILL = 0.5  # levels: neighbours that differ by less are the same
LEAST_STEP = 0.02


def borders(found: Detail) -> dict[str, float]:
    """How much larger steps between neighbours are at block borders than elsewhere (log2)."""
    return {
        "busy_borders": _borders(_steps(found.busy_tiles)),
        "flat_borders": _borders(_steps(found.flat_tiles)),
    }


def still(found: Detail) -> dict[str, float]:
    """The share of neighbours that are equal, where there is most detail and least."""
    return {
        "busy_still": float((_steps(found.busy_tiles)[0] < STILL).mean()),
        "flat_still": float((_steps(found.flat_tiles)[0] < STILL).mean()),
    }


def _steps(tiles: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Differences of neighbours, across and down."""
    return np.abs(np.diff(tiles, axis=2)), np.abs(np.diff(tiles, axis=1))


def _borders(steps: tuple[NDArray[np.float32], NDArray[np.float32]]) -> float:
    """The strongest of the eight places where a grid of blocks may begin, against the others."""
    across, down = steps
    ratios = []
    for row in (across.mean(axis=(0, 1)), down.mean(axis=(0, 2))):
        phases = np.array([row[at::BLOCK].mean() for at in range(BLOCK)]) + LEAST_STEP
        ratios.append(np.log2(phases.max() / np.median(np.sort(phases)[:-1])))
    return float(np.mean(ratios))
