"""A whole picture before the camera, in linear light, with the truth about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derm_service.demo import overlays
from derm_service.demo.fields import Plane, Shape, rough, smooth, step
from derm_service.demo.lesions import Kind, Lesion, paint
from derm_service.demo.skin import Layers, camera_skin, contact_skin, gleam, reflectance, relief
from derm_service.imaging.codes import View

# Width of what is seen, in millimetres; for the dermatoscope the diameter of its field.
FIELD_MM = {View.OVERVIEW: 300.0, View.CLOSE_UP: 82.0, View.DERMOSCOPIC: 15.0}


@dataclass(frozen=True)
class Wish:
    """What to draw; the same wish draws the same picture."""

    view: View
    lesion: Lesion
    monk: int = 3
    size: tuple[int, int] = (1600, 1200)
    weathered: float = 0.5
    hair_per_cm2: float = 0.4
    light_hair: bool = False
    limb: bool = True
    etched_scale: bool = False
    bubbles: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Truth:
    """What is known of a drawn picture, on the upright image: pixels, millimetres, and where."""

    view: View
    kind: Kind
    monk: int
    px_per_mm: float
    centre: tuple[float, float]
    diameter_px: float
    mask: NDArray[np.bool_]
    bubbles: tuple[overlays.Ring, ...] = ()


@dataclass(frozen=True)
class Scene:
    """Three linear-light planes (1 = white paper in the lamp) and the truth about them."""

    planes: list[Plane]
    truth: Truth


def _set_in(layers: Layers, wish: Wish, mm: float, centre: tuple[int, int]) -> NDArray[np.bool_]:
    """Paint the lesion into the skin's layers at a centre (x, y), and say where it is."""
    patch, inside = paint(wish.lesion, mm, contact=wish.view is View.DERMOSCOPIC)
    shape, half = layers.melanin.shape, inside.shape[0] // 2
    left, top = centre[0] - half, centre[1] - half
    rows = slice(max(top, 0), min(top + 2 * half, shape[0]))
    columns = slice(max(left, 0), min(left + 2 * half, shape[1]))
    cut = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    for name in ("melanin", "blood", "deep", "white", "height"):
        getattr(layers, name)[rows, columns] += getattr(patch, name)[cut]
    np.clip(layers.white, 0, 0.9, out=layers.white)
    mask = np.zeros(shape, dtype=np.bool_)
    mask[rows, columns] = inside[cut] > 0.5
    return mask


def _add_hair(planes: list[Plane], cover: Plane, light: bool) -> None:
    colour = (0.42, 0.33, 0.22) if light else (0.022, 0.015, 0.011)
    for at, share in enumerate(colour):
        planes[at] += (share - planes[at]) * cover * 0.88


def _dermoscopic(wish: Wish, rng: np.random.Generator) -> Scene:
    shape = (wish.size[1], wish.size[0])
    diameter = 0.97 * shape[0] if rng.random() < 0.6 else 1.22 * shape[0]
    mm = diameter / FIELD_MM[wish.view]
    layers = contact_skin(rng, shape, mm, wish.weathered, wish.monk)
    off = rng.normal(0, 0.03, 2) * shape[0]
    centre = (int(shape[1] / 2 + off[0]), int(shape[0] / 2 + off[1]))
    mask = _set_in(layers, wish, mm, centre)
    planes = reflectance(layers, wish.monk, lift=0.05)
    seen, light = overlays.field_of_view(shape, diameter, rng)
    cover = overlays.hair(rng, shape, mm, per_cm2=wish.hair_per_cm2 * 6, thick_mm=0.055, long_mm=7)
    _add_hair(planes, cover, wish.light_hair)
    marks = overlays.etched_scale(shape, mm, diameter) if wish.etched_scale else None
    shade, shine, rings = overlays.bubbles(rng, shape, mm, wish.bubbles)
    # A cool lamp behind crossed polarisers: no gleam, a slightly pink skin.
    for at, lamp in enumerate((1.06, 0.97, 1.04)):
        lit = planes[at] * light * np.float32(lamp * 1.08)
        if rings:
            lit = lit * (1 - 0.55 * shade) + 0.45 * shine
        if marks is not None:
            lit = lit * (1 - 0.92 * marks)
        planes[at] = lit * seen + np.float32(0.0006) * (1 - seen)
    truth = Truth(wish.view, wish.lesion.kind, wish.monk, mm, centre,
                  wish.lesion.diameter_mm * mm, mask & (seen > 0.5), tuple(rings))  # fmt: skip
    return Scene(planes, truth)


def _body(
    wish: Wish, shape: Shape, mm: float, centre: tuple[int, int], rng: np.random.Generator
) -> tuple[Plane, Plane]:
    """Where the body is in an overview (0 to 1) and how its roundness takes the light."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    lean = rng.uniform(-0.35, 0.35)
    half = (rng.uniform(42, 58) if wish.limb else rng.uniform(165, 200)) * mm
    shift = (
        rng.uniform(-0.35, 0.35) * half
        if wish.limb
        else (0.30 if rng.random() < 0.5 else -0.30) * half
    )
    cos, sin = math.cos(lean), math.sin(lean)
    across = (x - centre[0]) * cos + (y - centre[1]) * sin + shift
    along = (y - centre[1]) * cos - (x - centre[0]) * sin
    taper = 1 + 0.16 * along / shape[0] + 0.035 * smooth(rng, shape, shape[0] / 3)
    share = across / (half * taper)
    seen = step(np.abs(share), 1.0, 1 - 1.5 / half)
    upright = np.sqrt(np.clip(1 - share * share, 0, 1))
    light = 0.16 + 0.86 * np.clip(0.86 * upright - 0.42 * share, 0, 1.2)
    return seen, light * (1 + 0.05 * rough(rng, shape, 60 * mm, 2))


def _camera(wish: Wish, rng: np.random.Generator) -> Scene:
    shape = (wish.size[1], wish.size[0])
    mm = shape[1] / FIELD_MM[wish.view]
    close = wish.view is View.CLOSE_UP
    off = rng.normal(0, 0.02 if close else 0.05, 2) * shape[0]
    centre = (int(shape[1] / 2 + off[0]), int(shape[0] * (0.44 if close else 0.5) + off[1]))
    layers = camera_skin(rng, shape, mm, wish.weathered)
    crests = gleam(layers.height, mm, rng)
    mask = _set_in(layers, wish, mm, centre)
    planes = reflectance(layers, wish.monk)
    light = relief(layers.height, mm, 0.27 if close else 0.22)
    seen = None
    if close:
        tilt = [float(lean) for lean in rng.normal(0, 0.10, 2)]
        y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j].astype(np.float32)
        light = light * (1.05 + tilt[0] * x + tilt[1] * y - 0.35 * (x * x + y * y))
    else:
        seen, round_light = _body(wish, shape, mm, centre, rng)
        light = light * round_light
    shine = 0.028 * crests * light
    cover = overlays.hair(rng, shape, mm, per_cm2=wish.hair_per_cm2 * 4, thick_mm=0.06, long_mm=11)
    _add_hair(planes, cover, wish.light_hair)
    planes = [np.ascontiguousarray(p * light + shine, dtype=np.float32) for p in planes]
    if seen is not None:
        cloth = overlays.drape(rng, shape)
        planes = [b + (p - b) * seen for p, b in zip(planes, cloth, strict=True)]
    if close:
        _lay_ruler(planes, wish, mm, centre, rng)
    truth = Truth(wish.view, wish.lesion.kind, wish.monk, mm, centre,
                  wish.lesion.diameter_mm * mm, mask)  # fmt: skip
    return Scene(planes, truth)


def _lay_ruler(
    planes: list[Plane], wish: Wish, mm: float, centre: tuple[int, int], rng: np.random.Generator
) -> None:
    """A paper scale just below the lesion, with its shadow on the skin."""
    shape = (wish.size[1], wish.size[0])
    below = centre[1] + (wish.lesion.diameter_mm * 0.8 + 11) * mm
    middle = (centre[0] + float(rng.normal(0, 3)) * mm, min(below, shape[0] - 6 * mm))
    cover, shadow, grey = overlays.lay(overlays.ruler(mm), shape, middle, float(rng.normal(0, 3)))
    # Dark skin gets the grey scale that clinics use with it, so that the camera does not clip it.
    paper = (grey**2.2) * ((0.80 if wish.monk < 6 else 0.20) + 0.008 * smooth(rng, shape, 2.5))
    for at in range(3):
        planes[at] *= 1 - 0.42 * shadow * (1 - cover)
        planes[at] += (paper - planes[at]) * cover


def draw(wish: Wish) -> Scene:
    """Draw what is wished for; the truth it returns is exact because it was known beforehand."""
    rng = np.random.default_rng((wish.seed, wish.lesion.seed, list(View).index(wish.view)))
    if wish.view is View.DERMOSCOPIC:
        return _dermoscopic(wish, rng)
    return _camera(wish, rng)
