"""How fine the detail is: how fast it falls from coarse to fine, in every direction.

Skin has few edges, so no amount of detail is asked for. What is compared is fine detail with
coarser detail in the same tiles, noise taken off, on a copy of 1024 px and in full size.
Power is given as powers of two: -3 means that the finer waves hold an eighth of the coarser.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate import spectra
from derm_service.imaging.gate.look import Look
from derm_service.imaging.gate.ranks import median, percentile
from derm_service.imaging.gate.spectra import Places, Plane, Waves

UNIT = "log2 of power"
SHARPEST = 80  # percentile of tiles: a picture is as sharp as its sharp parts


@dataclass(frozen=True)
class Detail:
    """The waves of the busiest and the flattest tiles, small and in full size."""

    places: Places
    small: Waves
    full: Waves
    busy_tiles: NDArray[np.float32]  # in full size
    flat_tiles: NDArray[np.float32]
    flat_power: NDArray[np.float32]


def detail(look: Look) -> Detail:
    """Look at at most 40 tiles in full size, and at as many of the small copy."""
    found = spectra.places(look)
    flat = spectra.power(spectra.tiles(look.grey, found.flat))
    small_noise = median(spectra.finest(flat))
    small = Waves(spectra.power(spectra.tiles(look.grey, found.busy)), small_noise)
    luma = look.sight.luma
    middle = spectra.TILE // 2
    calm = [(row + middle, column + middle) for row, column in found.flat]
    busy_tiles = spectra.tiles(luma, spectra.natively(look, found.peaks))
    flat_tiles = spectra.tiles(luma, spectra.natively(look, calm))
    flat_power = spectra.power(flat_tiles)
    noise = median(spectra.finest(flat_power))
    full = Waves(spectra.power(busy_tiles), noise)
    return Detail(found, small, full, busy_tiles, flat_tiles, flat_power)


def measure(found: Detail) -> dict[str, float]:
    """Falls of detail overall, and in the directions where it falls least and most."""
    return {
        "small_noise": float(np.log2(found.small.noise + 0.01)),
        **_falls("small", found.small.octaves()),
        **_falls("full", found.full.octaves()),
        **_ways("small", found.small.directions()),
        **_ways("full", found.full.directions()),
        **_beside_coarsest(found.small),
    }


def _falls(name: str, octaves: Plane) -> dict[str, float]:
    """From each octave to the next finer."""
    falls = np.diff(octaves, axis=1).T
    return {f"{name}_fall_{at}": percentile(falls[at], SHARPEST) for at in range(1, 4)}


def _ways(name: str, directions: Plane) -> dict[str, float]:
    """A hand that moves takes detail away in one direction, a lens in all."""
    coarse, middle, fine = directions
    near, far = middle - coarse, fine - coarse
    return {
        f"{name}_near_least": float(near.min()),
        f"{name}_near_most": float(near.max()),
        f"{name}_far_least": float(far.min()),
        f"{name}_far_most": float(far.max()),
    }


def _beside_coarsest(waves: Waves) -> dict[str, float]:
    """Beside the coarsest octave, which no blur takes away; and how much directions differ."""
    octaves, (coarse, middle, fine) = waves.octaves(), waves.directions()
    coarsest = float(octaves[:, 0].mean())
    return {
        "small_drop_2": percentile(octaves[:, 2] - octaves[:, 0], SHARPEST),
        "small_lowest": float(middle.min()) - coarsest,
        "small_highest": float(middle.max()) - coarsest,
        "small_near_range": float(np.ptp(middle - coarse)),
        "small_far_range": float(np.ptp(fine - coarse)),
        "small_middle_range": float(np.ptp(middle)),
        "small_coarse_range": float(np.ptp(coarse)),
    }
