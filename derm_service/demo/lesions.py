"""Six kinds of lesion, painted as absorbers into a patch of skin, with their true outline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from derm_service.demo.fields import (
    Plane,
    Point,
    blurred,
    borders,
    curve,
    dots,
    middles,
    plane,
    rough,
    smooth,
    step,
    strokes,
)
from derm_service.demo.skin import Layers


class Kind(StrEnum):
    """What a lesion imitates."""

    NAEVUS = "naevus"
    MELANOMA = "melanoma"
    BASAL_CELL = "basal_cell"
    SEBORRHOEIC = "seborrhoeic"
    ANGIOMA = "angioma"
    ACTINIC = "actinic"


@dataclass(frozen=True)
class Lesion:
    """One lesion of a person: the same seed gives the same outline in every view of it."""

    kind: Kind
    diameter_mm: float
    seed: int


@dataclass(frozen=True)
class Canvas:
    """A square patch around a lesion: random source, scale, view and the lesion's own fields."""

    rng: np.random.Generator
    mm: float
    contact: bool
    radius_px: float
    depth: Plane  # 0 at the middle, 1 on the outline
    inside: Plane  # 1 inside, 0 outside, soft between
    angle: Plane  # -pi to pi

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.depth.shape
        return rows, columns

    def spots(self, count: int, small_mm: float, large_mm: float, reach: float = 0.9) -> Plane:
        """Round spots strewn inside the lesion, soft-edged."""
        middle = self.shape[0] / 2
        turn = self.rng.uniform(0, 2 * np.pi, count)
        far = np.sqrt(self.rng.uniform(0, 1, count)) * reach * self.radius_px
        sizes = self.rng.uniform(small_mm, large_mm, count) * self.mm / 2
        x, y = middle + far * np.cos(turn), middle + far * np.sin(turn)
        spots = zip(x.tolist(), y.tolist(), sizes.tolist(), strict=True)
        return blurred(dots(self.shape, spots), max(0.012 * self.mm, 0.6)) * self.inside


def _network(canvas: Canvas, spacing_mm: float, patchy: float) -> Plane:
    border = borders(canvas.rng, canvas.shape, spacing_mm * canvas.mm, warp=1.1)
    thick = 0.30 + 0.10 * smooth(canvas.rng, canvas.shape, 0.35 * canvas.mm)
    lines = np.clip(1.1 - border / np.clip(thick, 0.12, 0.6), 0, 1)
    patches = step(smooth(canvas.rng, canvas.shape, 0.9 * canvas.mm), -1.2, 1.0)
    return plane(lines * (1 - patchy + patchy * patches))


def _naevus(canvas: Canvas, layers: Layers) -> None:
    core = step(canvas.depth, 1.05, 0.15)
    blotch = 0.18 * rough(canvas.rng, canvas.shape, 0.8 * canvas.mm)
    layers.melanin += canvas.inside * np.clip(0.75 + 0.75 * core + blotch, 0.2, 3)
    layers.height += 0.35 * np.sqrt(np.clip(1 - canvas.depth**2, 0, 1))
    if canvas.contact:
        net = _network(canvas, 0.145, 0.7)
        layers.melanin += canvas.inside * (1.6 * net - 0.45) * (0.55 + 0.5 * core)
        layers.melanin += 0.7 * canvas.spots(60, 0.06, 0.16, 0.5)


def _melanoma(canvas: Canvas, layers: Layers) -> None:
    shades = rough(canvas.rng, canvas.shape, 0.45 * canvas.radius_px)
    side = canvas.rng.uniform(-np.pi, np.pi)
    zones = canvas.depth * np.cos(canvas.angle - side) + 0.32 * shades
    dark, pale = step(zones, -0.15, 0.65), step(zones, -0.35, -0.95)
    layers.melanin += canvas.inside * np.clip(
        1.25 + 2.4 * dark - 0.75 * pale + 0.4 * shades, 0.2, 6
    )
    layers.blood += canvas.inside * (0.18 + 0.30 * pale)
    veil = step(zones + 0.35 * rough(canvas.rng, canvas.shape, 0.25 * canvas.radius_px), 0.05, 1.0)
    veil = veil * step(canvas.depth, 0.95, 0.4)
    layers.deep += canvas.inside * 0.9 * veil
    layers.melanin -= canvas.inside * 1.3 * veil
    layers.white += canvas.inside * 0.16 * np.maximum(veil, pale)
    layers.height += 0.4 * canvas.inside * (0.6 * dark + 0.2 * shades)
    if canvas.contact:
        layers.melanin += canvas.inside * (2.1 * _network(canvas, 0.175, 1.0) - 0.4) * (1 - veil)
        layers.melanin += 2.0 * canvas.spots(70, 0.05, 0.22) * (1 - 0.6 * pale)
        comb = np.cos(canvas.angle * 44 + 2.5 * shades) * step(canvas.depth, 0.75, 1.0)
        arc = step(np.cos(canvas.angle - canvas.rng.uniform(-3, 3)), 0.2, 0.8)
        layers.melanin += 0.8 * step(comb * arc * step(canvas.depth, 1.22, 1.02), 0.1, 0.7)


def _branches(canvas: Canvas, trunks: int, width_mm: float) -> list[tuple[list[Point], float]]:
    """Vessels that fork as they run in from the border."""
    rng, middle = canvas.rng, canvas.shape[0] / 2
    lines: list[tuple[list[Point], float]] = []
    edge = 0.95 * canvas.radius_px
    work = [
        (
            middle + edge * math.cos(turn),
            middle + edge * math.sin(turn),
            turn + math.pi + rng.uniform(-0.5, 0.5),
            width_mm * canvas.mm,
            0.75 * canvas.radius_px,
        )
        for turn in rng.uniform(0, 2 * np.pi, trunks).tolist()
    ]
    while work:
        x, y, heading, width, reach = work.pop()
        far = heading + rng.uniform(-0.5, 0.5)
        end = (x + reach * np.cos(far), y + reach * np.sin(far))
        bend = (x + reach * 0.6 * np.cos(far + rng.uniform(-0.7, 0.7)),
                y + reach * 0.6 * np.sin(far + rng.uniform(-0.7, 0.7)))  # fmt: skip
        path = curve((x, y), bend, end)
        lines.append((path, width))
        if width > 0.025 * canvas.mm:
            for at in (path[10], path[17], path[-1]):
                fork = far + rng.choice((-1, 1)) * rng.uniform(0.4, 1.1)
                work.append((*at, fork, width * 0.62, reach * rng.uniform(0.4, 0.65)))
    return lines


def _basal_cell(canvas: Canvas, layers: Layers) -> None:
    rim = step(canvas.depth, 0.55, 0.85) * step(canvas.depth, 1.08, 0.9)
    shades = rough(canvas.rng, canvas.shape, 0.3 * canvas.radius_px)
    layers.blood += canvas.inside * (0.30 + 0.07 * shades)
    layers.white += canvas.inside * (0.14 + 0.10 * rim)
    layers.height += 0.38 * rim * (1 + 0.3 * shades) + 0.2 * canvas.inside
    vessels = strokes(canvas.shape, _branches(canvas, 5, 0.11))
    layers.blood += canvas.inside * (0.85 if canvas.contact else 0.45) * blurred(vessels, 0.7)
    ulcer = step(canvas.depth + 0.12 * shades, 0.42, 0.26)
    layers.melanin += 0.55 * ulcer
    layers.blood += ulcer * (0.6 + 0.25 * shades)
    layers.height += ulcer * 0.12 * rough(canvas.rng, canvas.shape, 0.35 * canvas.mm)
    nests = blurred(canvas.spots(9, 0.2, 0.6, 0.8), 0.05 * canvas.mm) * np.clip(
        1 + 0.5 * shades, 0, 2
    )
    layers.deep += 0.9 * nests
    layers.melanin += 0.2 * nests


def _seborrhoeic(canvas: Canvas, layers: Layers) -> None:
    gyri = step(np.abs(smooth(canvas.rng, canvas.shape, 0.42 * canvas.mm)), 0.02, 0.5)
    shades = rough(canvas.rng, canvas.shape, 0.5 * canvas.radius_px)
    sharp = step(canvas.depth, 1.03, 0.96)
    layers.melanin += sharp * np.clip(1.5 + 0.35 * shades - 0.55 * gyri, 0.3, 4)
    layers.height += sharp * (0.45 + 0.14 * gyri + 0.05 * shades)
    layers.white += 0.05 * sharp
    cysts, plugs = canvas.spots(26, 0.08, 0.2), canvas.spots(22, 0.10, 0.28)
    layers.white += 0.42 * blurred(cysts, 0.02 * canvas.mm)
    layers.melanin += plugs * 0.8
    layers.height -= 0.15 * plugs


def _angioma(canvas: Canvas, layers: Layers) -> None:
    border = borders(canvas.rng, canvas.shape, 0.6 * canvas.mm)
    lagoons = blurred(step(border, 0.05, 0.14), 0.008 * canvas.mm)
    layers.blood += canvas.inside * (0.7 + 1.5 * lagoons)
    layers.deep += (
        canvas.inside * lagoons * 0.22 * step(smooth(canvas.rng, canvas.shape, canvas.mm), 0, 1)
    )
    layers.white += canvas.inside * 0.10 * (1 - lagoons)
    layers.height += 0.4 * canvas.inside * (0.7 + 0.3 * lagoons)


def _actinic(canvas: Canvas, layers: Layers) -> None:
    shades = rough(canvas.rng, canvas.shape, 0.35 * canvas.radius_px)
    middle = middles(canvas.rng, canvas.shape, 0.5 * canvas.mm)
    border = borders(canvas.rng, canvas.shape, 0.5 * canvas.mm)
    web = 1 - step(border, 0.05, 0.5)
    layers.blood += canvas.inside * (0.24 + 0.10 * shades + 0.16 * web)
    layers.white += canvas.inside * 0.20 * (1 - step(middle, 0.1, 0.3))
    grain = rough(canvas.rng, canvas.shape, 0.30 * canvas.mm)
    scale = canvas.inside * step(grain + 0.8 * shades, 1.0, 2.0)
    layers.white += 0.42 * scale
    layers.melanin += 0.10 * scale
    layers.height += 0.12 * scale + 0.05 * canvas.inside * grain


_PAINT: dict[Kind, Callable[[Canvas, Layers], None]] = {
    Kind.NAEVUS: _naevus,
    Kind.MELANOMA: _melanoma,
    Kind.BASAL_CELL: _basal_cell,
    Kind.SEBORRHOEIC: _seborrhoeic,
    Kind.ANGIOMA: _angioma,
    Kind.ACTINIC: _actinic,
}
# How ragged the outline is, and how soft its border (share of the radius).
_OUTLINE = {
    Kind.NAEVUS: (0.035, 0.22),
    Kind.MELANOMA: (0.12, 0.10),
    Kind.BASAL_CELL: (0.06, 0.18),
    Kind.SEBORRHOEIC: (0.05, 0.05),
    Kind.ANGIOMA: (0.05, 0.08),
    Kind.ACTINIC: (0.11, 0.38),
}


def paint(lesion: Lesion, mm: float, *, contact: bool) -> tuple[Layers, Plane]:
    """The lesion's layers on a square patch, it in the middle, and its inside (0 to 1)."""
    rng = np.random.default_rng(lesion.seed)
    ragged, soft = _OUTLINE[lesion.kind]
    waves = range(2, 9)
    sizes = [ragged * rng.uniform(0.5, 1.6) / wave**0.55 for wave in waves]
    phases = rng.uniform(0, 2 * np.pi, len(sizes))
    radius = lesion.diameter_mm * mm / 2
    half = int(radius * 1.6) + 4
    y, x = np.mgrid[-half:half, -half:half].astype(np.float32)
    angle = np.arctan2(y, x)
    edge = np.ones_like(angle)
    for wave, size, phase in zip(waves, sizes, phases, strict=True):
        edge += np.float32(size) * np.cos(wave * angle + np.float32(phase))
    fine = np.random.default_rng((lesion.seed, round(mm * 100)))
    bent = ragged * 0.35 * rough(fine, angle.shape, 0.18 * radius)
    depth = np.hypot(x, y) / (edge * radius) + bent
    inside = step(depth, 1 + soft / 2, 1 - soft / 2)
    layers = Layers.empty(angle.shape)
    _PAINT[lesion.kind](Canvas(fine, mm, contact, radius, depth, inside, angle), layers)
    if not contact:
        layers.height *= np.float32(min(1.0, lesion.diameter_mm / 6))
    return layers, inside
