"""Seeded planes that textures are made of: smooth noise, cells, strokes and dots (float32)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float32]
Shape = tuple[int, int]
Point = tuple[float, float]
TILE = 512


def plane(values: NDArray[np.floating] | Image.Image) -> Plane:
    """Anything numeric as a float32 plane."""
    return np.asarray(values, dtype=np.float32)


def step(values: Plane, low: float, high: float) -> Plane:
    """A smooth rise from 0 at `low` to 1 at `high` (which may be below `low`)."""
    ramp = (values - np.float32(low)) * np.float32(1 / (high - low))
    np.clip(ramp, 0, 1, out=ramp)
    rise = ramp * np.float32(-2)
    rise += 3
    rise *= ramp
    rise *= ramp
    return plane(rise)


def smooth(rng: np.random.Generator, shape: Shape, cell_px: float) -> Plane:
    """Smooth noise of mean 0 and spread about 1 whose bumps are `cell_px` wide."""
    rows, columns = (int(side / max(cell_px, 1)) + 4 for side in shape)
    seeds = rng.standard_normal((rows, columns), dtype=np.float32)
    wide = Image.fromarray(seeds)
    left, top = rng.uniform(0, 1, 2)
    box = (left, top, left + shape[1] / cell_px, top + shape[0] / cell_px)
    if cell_px <= 1:
        return seeds[: shape[0], : shape[1]]
    return plane(wide.resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=box))


def rough(rng: np.random.Generator, shape: Shape, cell_px: float, octaves: int = 3) -> Plane:
    """Smooth noise with finer noise on top, each octave half as strong."""
    finest = cell_px / 2 ** (octaves - 1)
    coarse = max(1.0, finest / 4)  # what is smooth is drawn small and enlarged once
    small = (int(shape[0] / coarse) + 2, int(shape[1] / coarse) + 2)
    total = smooth(rng, small, cell_px / coarse)
    for octave in range(1, octaves):
        cell = max(cell_px / 2**octave / coarse, 1.5)
        total = total + smooth(rng, small, cell) * np.float32(0.5**octave)
    box = (0, 0, shape[1] / coarse, shape[0] / coarse)
    size = (shape[1], shape[0])
    return plane(Image.fromarray(total).resize(size, Image.Resampling.BICUBIC, box=box))


@lru_cache(maxsize=24)
def cell_tile(cells_across: int, seed: int) -> tuple[Plane, Plane]:
    """A tile that repeats: distance to the nearest seed and to the border of its cell, in cells."""
    rng = np.random.default_rng(seed)
    offsets = rng.uniform(0.1, 0.9, (cells_across, cells_across, 2)).astype(np.float32)
    at = (np.arange(TILE, dtype=np.float32) + 0.5) * np.float32(cells_across / TILE)
    index = at.astype(np.int32)
    fraction = at - index
    first = np.full((TILE, TILE), 9, dtype=np.float32)
    second = first.copy()
    for down in (-1, 0, 1):
        rows = offsets[(index + down) % cells_across]
        for right in (-1, 0, 1):
            seeds = rows[:, (index + right) % cells_across]
            distance = np.hypot(
                seeds[..., 0] + down - fraction[:, None], seeds[..., 1] + right - fraction[None, :]
            )
            second = np.minimum(second, np.maximum(first, distance))
            first = np.minimum(first, distance)
    return first, second - first


def spread(
    rng: np.random.Generator,
    tile: Plane,
    shape: Shape,
    *,
    scale: float = 1,
    stretch: float = 1,
    warp_px: float = 0,
) -> Plane:
    """Lay a repeating tile over a plane, turned, stretched and bent so that nobody sees it repeat.

    `scale` is how many tile pixels one plane pixel covers.
    """
    pitch = 100
    rows, columns = shape[0] // pitch + 2, shape[1] // pitch + 2
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) * pitch
    angle = rng.uniform(0, 2 * np.pi)
    across, along = np.cos(angle), np.sin(angle)
    bend = np.stack([smooth(rng, (rows, columns), 1.8) for _ in range(2)]) * warp_px
    source_x = (x * across - y * along + bend[0]) * scale
    source_y = (x * along + y * across + bend[1]) * scale * stretch
    source_x += rng.uniform(0, TILE) - source_x.min()
    source_y += rng.uniform(0, TILE) - source_y.min()
    repeats = (int(source_y.max()) // TILE + 1, int(source_x.max()) // TILE + 1)
    wide = Image.fromarray(np.tile(tile, repeats))
    mesh = [
        (
            (column * pitch, row * pitch, (column + 1) * pitch, (row + 1) * pitch),
            tuple(
                float(value)
                for r, c in (
                    (row, column),
                    (row + 1, column),
                    (row + 1, column + 1),
                    (row, column + 1),
                )
                for value in (source_x[r, c], source_y[r, c])
            ),
        )
        for row in range(rows - 1)
        for column in range(columns - 1)
    ]
    size = ((columns - 1) * pitch, (rows - 1) * pitch)
    bent = wide.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
    return plane(bent)[: shape[0], : shape[1]]


def _cells(
    which: int,
    rng: np.random.Generator,
    shape: Shape,
    cell_px: float,
    *,
    stretch: float = 1,
    warp: float = 0.8,
) -> Plane:
    across = int(np.clip(TILE / max(cell_px, 2.5), 12, 128))
    return spread(
        rng,
        cell_tile(across, int(rng.integers(3)))[which],
        shape,
        scale=TILE / across / cell_px,
        stretch=stretch,
        warp_px=min(warp * cell_px, 26),
    )


# Irregular cells `cell_px` wide: how far the nearest middle, or the nearest border, is (in cells).
middles = partial(_cells, 0)
borders = partial(_cells, 1)


def blurred(values: Plane, radius_px: float) -> Plane:
    """A plane of 0 to 1 softened; good to one part in 255."""
    soft = Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))
    return plane(soft.filter(ImageFilter.GaussianBlur(radius_px))) / np.float32(255)


def strokes(shape: Shape, lines: Iterable[tuple[Sequence[Point], float]]) -> Plane:
    """Lines (points x, y and a width, all in pixels) drawn smooth-edged on an empty plane."""
    fine = 2
    canvas = Image.new("L", (shape[1] * fine, shape[0] * fine))
    pen = ImageDraw.Draw(canvas)
    for points, width in lines:
        path = [(x * fine, y * fine) for x, y in points]
        pen.line(path, fill=255, width=max(1, round(width * fine)), joint="curve")
    return plane(canvas.reduce(fine)) / np.float32(255)


def dots(shape: Shape, spots: Iterable[tuple[float, float, float]]) -> Plane:
    """Filled round spots (x, y, radius in pixels) on an empty plane."""
    fine = 2
    canvas = Image.new("L", (shape[1] * fine, shape[0] * fine))
    pen = ImageDraw.Draw(canvas)
    for x, y, radius in spots:
        pen.ellipse(
            [(v * fine) for v in (x - radius, y - radius, x + radius, y + radius)], fill=255
        )
    return plane(canvas.reduce(fine)) / np.float32(255)


def curve(start: Point, bend: Point, end: Point, pieces: int = 24) -> list[Point]:
    """Points along a quadratic curve from start to end, pulled towards `bend`."""
    t = np.linspace(0, 1, pieces)[:, None]
    path = (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(bend) + t**2 * np.array(end)
    return [(float(x), float(y)) for x, y in path]
