"""Skin without its lesion: ten tones, mottling, relief, pores, freckles and small vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derm_service.demo.fields import (
    Plane,
    Shape,
    borders,
    middles,
    plane,
    rough,
    smooth,
    step,
)

# The Monk skin tone scale, 1 to 10, as published (sRGB).
MONK = (
    "f6ede4",
    "f3e7db",
    "f7ead0",
    "eadaba",
    "d7bd96",
    "a07e56",
    "825c43",
    "604134",
    "3a312a",
    "292420",
)
# How strongly each absorber takes red, green and blue (natural units per plane unit).
MELANIN = (0.62, 1.05, 1.75)
BLOOD = (0.12, 1.0, 0.78)
DEEP = (1.25, 0.95, 0.62)


@dataclass
class Layers:
    """What colours a patch of skin, plane by plane; `height` is in mm, the rest optical depth."""

    melanin: Plane
    blood: Plane
    deep: Plane
    white: Plane
    height: Plane

    @classmethod
    def empty(cls, shape: Shape) -> Layers:
        """No pigment, no blood, flat."""
        return cls(*(np.zeros(shape, dtype=np.float32) for _ in range(5)))


def tone_rgb(monk: int) -> tuple[float, float, float]:
    """Linear-light red, green and blue of a Monk tone, a little warmer than the printed swatch."""
    channels = [int(MONK[monk - 1][at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (((c + 0.055) / 1.055) ** 2.4 if c > 0.04 else c / 12.92 for c in channels)
    return red, green * 0.88, blue * 0.80


def _mottle(rng: np.random.Generator, layers: Layers, mm: float, weathered: float) -> None:
    shape = layers.melanin.shape
    layers.blood += 0.035 * rough(rng, shape, 9 * mm) + 0.022 * smooth(rng, shape, 1.1 * mm)
    layers.melanin += 0.016 * rough(rng, shape, 14 * mm) + 0.012 * smooth(rng, shape, 0.5 * mm)
    freckles = step(rough(rng, shape, 3.2 * mm, 2), 2.35 - 0.7 * weathered, 3.2 - 0.5 * weathered)
    layers.melanin += freckles * np.float32(0.10 + 0.16 * weathered)


def camera_skin(rng: np.random.Generator, shape: Shape, mm: float, weathered: float) -> Layers:
    """Skin as a camera sees it; `mm` is pixels per millimetre, `weathered` 0 young to 1 old."""
    layers = Layers.empty(shape)
    _mottle(rng, layers, mm, weathered)
    border = borders(rng, shape, 0.62 * mm, stretch=1.0 + 0.9 * weathered)
    furrow = 1 - step(border, 0.02, 0.34)
    folds = borders(rng, shape, 2.6 * mm, stretch=1.5 + weathered, warp=1.2)
    fold = 1 - step(folds, 0, 0.22)
    layers.height -= np.float32(0.030) * furrow + np.float32(0.018 + 0.045 * weathered) * fold
    layers.height += np.float32(0.006) * smooth(rng, shape, max(0.22 * mm, 2))
    layers.melanin += 0.022 * furrow
    if mm > 8:  # further off no pore can be made out
        pores = 1 - step(middles(rng, shape, 1.9 * mm, warp=0), 0.03, 0.12)
        layers.melanin += 0.05 * pores
        layers.blood += 0.05 * pores
    return layers


def contact_skin(
    rng: np.random.Generator, shape: Shape, mm: float, weathered: float, monk: int
) -> Layers:
    """Skin under a dermatoscope: relief pressed flat, vessels and follicles seen through."""
    layers = Layers.empty(shape)
    _mottle(rng, layers, mm * 0.35, weathered * 0.6)
    layers.melanin *= np.float32(0.7)
    mesh = borders(rng, shape, 0.42 * mm, warp=1.6)
    patches = step(rough(rng, shape, 0.9 * mm, 2), 0.1, 1.8)
    vessels = (1 - step(mesh, 0.0, 0.18)) * patches
    layers.blood += 0.13 * vessels + 0.018 * smooth(rng, shape, 0.09 * mm)
    border = borders(rng, shape, 0.24 * mm)
    # Darker skin shows its own network between the follicles.
    own = (0.008 + 0.022 * max(0, monk - 4)) * (0.7 + 0.3 * smooth(rng, shape, 0.7 * mm))
    layers.melanin += own * (1 - step(border, 0.0, 0.4)) + 0.03 * smooth(rng, shape, 0.06 * mm)
    follicle = middles(rng, shape, 1.3 * mm, warp=0)
    layers.white += 0.10 * (1 - step(follicle, 0.04, 0.14))
    layers.melanin += 0.16 * (1 - step(follicle, 0.0, 0.05))
    return layers


def reflectance(layers: Layers, monk: int, *, lift: float = 0) -> list[Plane]:
    """The three linear-light planes of painted skin; `lift` mixes in a dermatoscope's pale veil."""
    planes = []
    for tone, melanin, blood, deep in zip(tone_rgb(monk), MELANIN, BLOOD, DEEP, strict=True):
        depth = layers.melanin * melanin + layers.blood * blood + layers.deep * deep
        colour = np.float32(tone) * np.exp(-depth)
        pale = tone + 0.55 * (1 - tone) * tone**0.7
        planes.append(plane(colour + (pale - colour) * layers.white + lift * tone))
    return planes


def relief(height: Plane, mm: float, strength: float) -> Plane:
    """How much light each pixel catches from a lamp above left: 1 on the flat."""
    rise = np.zeros_like(height)
    rise[1:, 1:] = (height[1:, 1:] - height[:-1, :-1]) * mm
    return plane(np.clip(1 + strength * rise, 0.35, 1.75))


def gleam(height: Plane, mm: float, rng: np.random.Generator) -> Plane:
    """Tiny highlights on the crests of the relief, 0 to 1."""
    return step(height * 20 + 0.8 * smooth(rng, height.shape, max(0.3 * mm, 2)), 0.9, 2.2)
