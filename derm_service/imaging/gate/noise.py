"""Grain: the finest waves where the picture has nothing else to show."""

import numpy as np

from derm_service.imaging.gate import spectra
from derm_service.imaging.gate.detail import Detail
from derm_service.imaging.gate.ranks import median, percentile

UNIT = "log2 of levels squared"


def measure(found: Detail) -> dict[str, float]:
    """Power of the finest octave in the flattest tiles in full size: usually and at least."""
    finest = spectra.finest(found.flat_power)
    return {
        "grain": float(np.log2(median(finest) + 0.01)),
        "least_grain": float(np.log2(percentile(finest, 10) + 0.01)),
        "diagonal_grain": float(np.log2(spectra.diagonal(found.flat_power) + 0.01)),
    }
