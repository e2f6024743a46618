"""Area under the curve, and the interval of a share."""

import math

import numpy as np
from numpy.typing import ArrayLike


def auroc(bad: ArrayLike, good: ArrayLike) -> float:
    """The chance that a bad one scores higher than a good one; ties count half."""
    high, low = np.asarray(bad, float), np.sort(np.asarray(good, float))
    if not high.size or not low.size:
        return float("nan")
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / 2 / low.size)


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)
