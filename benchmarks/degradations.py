"""Controlled faults put on a photograph: each just visible and severe, in several manners.

Sizes are relative to the picture: a blur of `s` is a Gaussian of `s` pixels on a copy whose long
side is 1024. The manner (lens disc or Gaussian, gain or gamma, ...) is drawn from the given
random source, so that no limit is fitted to one way of making a fault.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Random = np.random.Generator
REFERENCE = 1024


@dataclass(frozen=True)
class Fault:
    """One way to spoil a photograph, which codes name it (its own first), and its two strengths."""

    name: str
    codes: tuple[str, ...]
    spoil: Callable[[Pixels, float, Random], Pixels]
    just_visible: float
    severe: float
    lesion_views_only: bool = False


def _unit(pixels: Pixels) -> float:
    return max(pixels.shape[:2]) / REFERENCE


def _bytes(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _linear(pixels: Pixels) -> NDArray[np.float32]:
    table = np.linspace(0, 1, 256)
    table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    return cv2.LUT(pixels, table.astype(np.float32))


def _encoded(light: NDArray[np.float32]) -> Pixels:
    light = np.clip(light, 0, 1)
    return _bytes(
        255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    )


def _sensor(pixels: Pixels, rng: Random, sigma: float = 0.8) -> Pixels:
    """A little sensor noise: no blurred photograph is free of it."""
    noise = np.empty(pixels.shape[:2], np.float32)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(noise, 0, sigma)
    return _bytes(pixels + noise[..., None])


def defocus(pixels: Pixels, strength: float, rng: Random) -> Pixels:
    """Out of focus, as a Gaussian or as the disc that a lens makes."""
    sigma = strength * _unit(pixels)
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(pixels, (0, 0), sigma)
    else:
        radius = 2 * sigma  # a disc of radius r spreads light as far as a Gaussian of r / 2
        half = int(np.ceil(radius))
        y, x = np.mgrid[-half : half + 1, -half : half + 1]
        disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
        soft = cv2.filter2D(pixels, -1, disc / disc.sum())
    return _sensor(soft, rng) if rng.random() < 0.5 else np.asarray(soft, np.uint8)


def motion(pixels: Pixels, strength: float, rng: Random) -> Pixels:
    """Smeared along a line in any direction, sometimes a bent one, as by a hand."""
    length = strength * _unit(pixels)
    turn, bend = rng.uniform(0, np.pi), rng.choice([0.0, 0.35])
    steps = np.linspace(-0.5, 0.5, max(9, int(4 * length)))
    x = length * (steps * np.cos(turn) - bend * (steps**2 - 0.08) * np.sin(turn))
    y = length * (steps * np.sin(turn) + bend * (steps**2 - 0.08) * np.cos(turn))
    half = int(np.ceil(max(np.abs(x).max(), np.abs(y).max()))) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = np.abs(1 - right - (x - left)) * np.abs(1 - down - (y - top))
        np.add.at(kernel, (top + down + half, left + right + half), share)
    moved = cv2.filter2D(pixels, -1, kernel / kernel.sum())
    return _sensor(moved, rng) if rng.random() < 0.5 else np.asarray(moved, np.uint8)


def exposure(pixels: Pixels, stops: float, rng: Random) -> Pixels:
    """Too much or too little light: stops on linear light, or a gain on the encoded picture."""
    if rng.random() < 0.5:
        return _encoded(_linear(pixels) * np.float32(2.0**stops))
    return _bytes(pixels.astype(np.float32) * 2.0 ** (stops / 2.2))


def glare(pixels: Pixels, share: float, rng: Random) -> Pixels:
    """White reflections with a steep border over `share` of the middle of the picture."""
    height, width = pixels.shape[:2]
    cover = np.zeros((height, width), np.float32)
    middle, count = min(height, width) * 0.35, int(rng.integers(2, 9))
    sizes = rng.dirichlet(np.full(count, 2.0)) * share * np.pi * middle**2
    for area in sizes:
        at = rng.uniform(0, 2 * np.pi)
        far = middle * 0.8 * np.sqrt(rng.uniform(0, 1))
        centre = (int(width / 2 + far * np.cos(at)), int(height / 2 + far * np.sin(at)))
        stretch = rng.uniform(0.5, 1.0)
        radius = np.sqrt(area / np.pi / stretch)
        axes = (max(1, int(radius)), max(1, int(radius * stretch)))
        cv2.ellipse(cover, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    cover = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.8, 3.0) * _unit(pixels))
    strength = cover[..., None] * rng.uniform(0.9, 1.0)
    return _bytes(pixels * (1 - strength) + 255 * strength)


def cast(pixels: Pixels, strength: float, rng: Random) -> Pixels:
    """A light of the wrong colour: warm, cold, green or magenta, brightness kept."""
    way = ((1, 0, -1), (-1, 0, 1), (-0.6, 0.9, -0.6), (0.6, -0.9, 0.6))[int(rng.integers(4))]
    gains = np.exp(strength * np.array(way, np.float32))
    if rng.random() < 0.5:
        return _encoded(_linear(pixels) * gains**2.2)
    return _bytes(pixels * gains)


def uneven_light(pixels: Pixels, ratio: float, rng: Random) -> Pixels:
    """Light from one side, or only in the middle: brightest to darkest place as 1 to `ratio`."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(turn) + y * np.sin(turn)
    fall = (slope - slope.min()) / np.ptp(slope) if rng.random() < 0.6 else 2 * (x * x + y * y)
    return _encoded(_linear(pixels) * np.power(np.float32(ratio), -fall)[..., None])


def noise(pixels: Pixels, sigma: float, rng: Random) -> Pixels:
    """Sensor noise in each pixel: even, or growing with the light; in grey or in each colour."""
    cv2.setRNGSeed(int(rng.integers(2**31)))
    grain = np.empty(pixels.shape, np.float32)
    cv2.randn(grain, 0, sigma)
    if rng.random() < 0.5:
        grain *= np.sqrt(pixels.astype(np.float32) / max(1.0, float(pixels.mean())))
    if rng.random() < 0.3:
        grain = grain[..., :1]
    return _bytes(pixels + grain)


def compression(pixels: Pixels, quality: float, rng: Random) -> Pixels:
    """Saved as a JPEG of this quality, with full or shared colour."""
    sampling = (0x411111, 0x221111)[int(rng.integers(2))]
    how = [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, file = cv2.imencode(".jpg", pixels[..., ::-1], how)
    return np.ascontiguousarray(cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1])


def resolution(pixels: Pixels, long_side: float, rng: Random) -> Pixels:
    """Shrunk until the long side has this many pixels, then enlarged to the old size."""
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)[int(rng.integers(3))]
    return np.asarray(cv2.resize(small, (width, height), interpolation=up), np.uint8)


def hair(pixels: Pixels, count: float, rng: Random) -> Pixels:
    """Dark or grey hairs drawn across the middle, most of them lying one way."""
    height, width = pixels.shape[:2]
    unit, heading = _unit(pixels), rng.uniform(0, np.pi)
    cover = np.zeros((height, width), np.uint8)
    for _ in range(int(count)):
        turn = heading + rng.normal(0, 0.6)
        way, side = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        centre = np.array([width, height]) * (0.5 + rng.uniform(-0.32, 0.32, 2))
        length, bow = rng.uniform(120, 420) * unit, rng.normal(0, 40) * unit
        steps = np.linspace(-0.5, 0.5, 24)[:, None]
        path = centre + steps * length * way + (1 - 4 * steps**2) * bow * side
        thick = max(1, round(rng.uniform(1.2, 3.5) * unit))
        line = [np.rint(path * 8).astype(np.int32)]
        cv2.polylines(cover, line, False, 255, thick, cv2.LINE_AA, shift=3)
    colour = np.array((38, 28, 22) if rng.random() < 0.75 else (105, 85, 65), np.float32)
    share = cover[..., None].astype(np.float32) / 255 * 0.88
    return _bytes(pixels * (1 - share) + colour * share)


def framing(pixels: Pixels, shift: float, rng: Random) -> Pixels:
    """Cropped so that what was in the middle lies `shift` of the way to the edge (1 is on it)."""
    height, width = pixels.shape[:2]
    tall, wide = int(height * 0.55), int(width * 0.55)
    across, down = ((1, 0), (-1, 0), (0, 1), (0, -1))[int(rng.integers(4))]
    left = int(width / 2 - wide / 2 + across * shift * wide / 2)
    top = int(height / 2 - tall / 2 + down * shift * tall / 2)
    left, top = min(max(left, 0), width - 8), min(max(top, 0), height - 8)
    return np.ascontiguousarray(pixels[top : top + tall, left : left + wide])


def saved(pixels: Pixels, rng: Random) -> Pixels:
    """As a camera saves it: with some grain, and often as a good JPEG."""
    grainy = _sensor(pixels, rng, float(rng.uniform(0.5, 3.0)))
    return compression(grainy, rng.uniform(80, 97), rng) if rng.random() < 0.5 else grainy


FAULTS = (
    Fault("defocus", ("blur",), defocus, 1.5, 4.0),
    Fault("motion", ("motion_blur", "blur"), motion, 7.0, 22.0),
    Fault("under", ("underexposed",), exposure, -1.5, -3.2),
    Fault("over", ("overexposed",), exposure, 1.0, 2.4),
    Fault("uneven", ("uneven_light",), uneven_light, 2.5, 8.0),
    Fault("glare", ("glare",), glare, 0.02, 0.15),
    Fault("cast", ("colour_cast",), cast, 0.12, 0.4),
    Fault("noise", ("noise",), noise, 8.0, 25.0),
    Fault("compression", ("compression",), compression, 22, 7),
    Fault("resolution", ("low_resolution", "blur"), resolution, 520, 260),
    Fault("hair", ("hair",), hair, 14, 90),
    Fault("framing", ("framing",), framing, 0.6, 0.95, lesion_views_only=True),
)
