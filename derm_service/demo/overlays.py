"""What lies on or around the skin: hair, ruler, drape, the dermatoscope's rim and scale."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from derm_service.demo.fields import (
    Plane,
    Point,
    Shape,
    blurred,
    curve,
    plane,
    smooth,
    step,
    strokes,
)

Ring = tuple[float, float, float]
"""Middle (x, y) and radius of a bubble, in pixels."""


def hair(
    rng: np.random.Generator,
    shape: Shape,
    mm: float,
    *,
    per_cm2: float,
    thick_mm: float,
    long_mm: float,
) -> Plane:
    """Where hair covers the picture: tapering curves that mostly lie one way."""
    area_cm2 = shape[0] * shape[1] / mm**2 / 100
    heading = rng.uniform(0, 2 * np.pi)
    lines: list[tuple[list[Point], float]] = []
    for _ in range(rng.poisson(per_cm2 * area_cm2)):
        x, y = rng.uniform(-0.05, 1.05, 2) * (shape[1], shape[0])
        turn = heading + rng.normal(0, 0.45)
        length = long_mm * mm * rng.uniform(0.5, 1.3)
        bend, tip = turn + rng.normal(0, 0.5), turn + rng.normal(0, 0.6)
        middle = (x + 0.5 * length * np.cos(bend), y + 0.5 * length * np.sin(bend))
        end = (middle[0] + 0.5 * length * np.cos(tip), middle[1] + 0.5 * length * np.sin(tip))
        path = curve((x, y), middle, end, 30)
        width = thick_mm * mm * rng.uniform(0.6, 1.3)
        lines += [
            (path[at : at + 11], max(0.5, width * share))
            for at, share in ((0, 1.0), (9, 0.8), (19, 0.5))
        ]
    return strokes(shape, lines)


def ruler(mm: float, long_mm: int = 60) -> Image.Image:
    """A white paper scale with millimetre ticks and numbers every centimetre (RGBA)."""
    fine = 2
    unit = mm * fine
    strip = Image.new("RGBA", (round((long_mm + 6) * unit), round(11 * unit)), (236, 235, 229, 255))
    pen = ImageDraw.Draw(strip)
    font = ImageFont.load_default(max(8, 2.9 * unit))
    for tick in range(long_mm + 1):
        x = (3 + tick) * unit
        tall = 4.2 if tick % 10 == 0 else 3.1 if tick % 5 == 0 else 2.0
        pen.line(
            [(x, 0), (x, tall * unit)], fill=(24, 24, 28, 255), width=max(1, round(0.16 * unit))
        )
        if tick % 10 == 0:
            words = str(tick) if tick else "mm"
            pen.text((x, 4.8 * unit), words, fill=(24, 24, 28, 255), font=font, anchor="mt")
    return strip.resize((strip.width // fine, strip.height // fine), Image.Resampling.BOX)


def lay(
    strip: Image.Image, shape: Shape, middle: Point, degrees: float
) -> tuple[Plane, Plane, Plane]:
    """A strip turned and laid on the picture: its cover, soft shadow and grey (all 0 to 1)."""
    turned = strip.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    sheet = Image.new("RGBA", (shape[1], shape[0]))
    sheet.paste(turned, (round(middle[0] - turned.width / 2), round(middle[1] - turned.height / 2)))
    cover, grey = (plane(sheet.getchannel(band)) / np.float32(255) for band in "AR")
    shadow = np.roll(blurred(cover, 9), (7, 5), axis=(0, 1))
    return cover, plane(shadow), grey


def drape(rng: np.random.Generator, shape: Shape) -> list[Plane]:
    """Blue-green theatre cloth with soft folds and a weave, in linear light."""
    folds = smooth(rng, (shape[0] // 6, shape[1]), shape[1] / 9).repeat(6, axis=0)
    folds = folds[: shape[0]] if len(folds) >= shape[0] else np.resize(folds, shape)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    weave = 0.05 * (np.sin(x * 1.3) * np.sin(y * 1.3)) + 0.03 * smooth(rng, shape, 3)
    light = np.clip(0.75 + 0.13 * folds + weave, 0.15, 1.4)
    return [light * np.float32(share) for share in (0.045, 0.088, 0.115)]


def field_of_view(
    shape: Shape, diameter_px: float, rng: np.random.Generator
) -> tuple[Plane, Plane]:
    """The dermatoscope's round window: what is seen (0 to 1), and how its light falls off."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    off = [float(share) * shape[1] for share in rng.normal(0, 0.006, 2)]
    reach = np.hypot(x - shape[1] / 2 - off[0], y - shape[0] / 2 - off[1]) / (diameter_px / 2)
    seen = step(reach, 1.006, 0.994)
    light = 1.04 - 0.20 * reach**2 + 0.06 * (x / shape[1] - 0.5)
    return seen, light


def bubbles(
    rng: np.random.Generator, shape: Shape, mm: float, count: int
) -> tuple[Plane, Plane, list[Ring]]:
    """Air in the gel: what their rims darken and what shines in them (0 to 1), and where."""
    rings: list[Ring] = []
    for _ in range(count):
        turn, far = rng.uniform(0, 2 * np.pi), 4.5 * mm * np.sqrt(rng.uniform(0, 1))
        x, y = shape[1] / 2 + far * np.cos(turn), shape[0] / 2 + far * np.sin(turn)
        rings.append((float(x), float(y), float(rng.uniform(0.35, 1.1) * mm)))
    shade, shine = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    for x, y, radius in rings:
        box = (
            slice(max(0, int(y - 1.3 * radius)), int(y + 1.3 * radius) + 1),
            slice(max(0, int(x - 1.3 * radius)), int(x + 1.3 * radius) + 1),
        )
        reach = np.hypot(columns[box] - x, rows[box] - y) / radius
        shade[box] = np.maximum(shade[box], step(np.abs(reach - 1), 0.14, 0.02))
        inner = step(np.abs(reach - 0.84), 0.09, 0.01) * 0.8
        spot = np.hypot(columns[box] - x + 0.4 * radius, rows[box] - y + 0.4 * radius) / radius
        shine[box] = np.maximum(shine[box], np.maximum(inner, step(spot, 0.17, 0.08)))
    return shade, shine, rings


def etched_scale(shape: Shape, mm: float, diameter_px: float) -> Plane:
    """A ten-millimetre scale on the contact plate, along the lower edge of the field."""
    middle, base = shape[1] / 2, min(shape[0] * 0.93, shape[0] / 2 + diameter_px * 0.40)
    start = middle - 5 * mm
    lines: list[tuple[list[Point], float]] = [([(start, base), (start + 10 * mm, base)], 0.03 * mm)]
    for half in range(21):
        x = start + half * mm / 2
        tall = 0.45 if half % 10 == 0 else 0.28 if half % 2 == 0 else 0.16
        lines.append(([(x, base), (x, base - tall * mm)], 0.03 * mm))
    return strokes(shape, lines)
