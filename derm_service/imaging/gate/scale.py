"""Pixels per millimetre, from the evenly spaced marks of a ruler or of a dermatoscope's scale."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.codes import View
from derm_service.imaging.gate import limits
from derm_service.imaging.gate.look import Look
from derm_service.imaging.gate.ranks import median
from derm_service.imaging.gate.report import Measure, Region
from derm_service.imaging.gate.sight import Pixels

Plane = NDArray[np.float32]

WIDE = 24  # px across the marks of the windows that are looked at
NEAREST, FARTHEST = 5, 80  # px between marks
MARKS = 6  # that a window must have room for: a few folds of skin are evenly spaced by chance
REPEATS = 0.35  # how like itself a window must be one, two and three marks on
WINDOWS = 2  # that must agree on the spacing
AGREE = 0.04
NEARLY = 0.85
MOST = 80  # windows looked at each way
SURE = 0.6  # likeness from which marks are believed to be a scale


@dataclass(frozen=True)
class Scale:
    """`spacing` and `error` in pixels a millimetre of the picture given; `sureness` 0 to 1."""

    spacing: float
    error: float
    sureness: float
    region: Region | None

    @property
    def is_found(self) -> bool:
        """Whether there is a scale at all."""
        return self.region is not None and self.sureness >= SURE


NONE = Scale(0.0, 0.0, 0.0, None)
LONG = {View.CLOSE_UP: 256, View.DERMOSCOPIC: 512}


def find(look: Look, view: View) -> Scale:
    """The scale in the picture; a dermatoscope's lies straight, and its marks are farther apart.

    An overview has none that could be read.
    """
    return NONE if view is View.OVERVIEW else measure(look.grey, long=LONG[view])


def missing(scale: Scale, declared: View | None) -> float:
    """The score of `no_scale`: a fault where the protocol wants a scale in each such picture."""
    if scale.is_found:
        return round(0.5 * (1 - scale.sureness) / (1 - SURE), 4)
    is_wanted = declared is View.CLOSE_UP and limits.constant("close_up_wants_scale") > 0
    return round(0.5 + 0.5 * (SURE - min(scale.sureness, SURE)) / SURE, 4) if is_wanted else 0.5


def measures(scale: Scale, look: Look) -> dict[str, Measure]:
    """Pixels a millimetre of the full-size picture, where there is a scale."""
    sure = {"scale_sureness": Measure(round(scale.sureness, 4), "0 to 1")}
    if not scale.is_found:
        return sure
    factor = look.sight.width / look.grey.shape[1]
    spacing, error = scale.spacing * factor, scale.error * factor
    return sure | {"px_per_mm": Measure(round(spacing, 3), "px/mm", round(error, 3))}


def measure(luma: NDArray[np.uint8], *, long: int) -> Scale:
    """Look for marks that run along or up the picture, in windows `long` px along them.

    Long windows find marks that are far apart; short ones stand a scale that lies askew.
    """
    dark = cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, np.ones((9, 9), np.uint8))
    lines = np.asarray(np.minimum(dark, 60), np.uint8)
    return max((_along(lines, long), _upright(lines, long)), key=lambda scale: scale.sureness)


def _upright(lines: Pixels, long: int) -> Scale:
    """The same for marks stacked above each other."""
    found = _along(np.asarray(cv2.transpose(lines), np.uint8), long)
    if found.region is None:
        return found
    box = found.region
    turned = Region(box.y, box.x, box.height, box.width)
    return Scale(found.spacing, found.error, found.sureness, turned)


def _along(lines: Pixels, long: int) -> Scale:
    """Marks side by side from left to right."""
    height, width = lines.shape
    if width < long or height < WIDE:
        return NONE
    strips = _strips(lines)
    starts = list(range(0, width - long + 1, long // 2))
    windows = np.stack([strips[:, at : at + long] for at in starts])
    likeness = np.zeros((*windows.shape[:2], 3 * FARTHEST + 3), np.float32)
    busiest = _busiest(windows)
    curves = _likeness(windows[busiest])
    likeness[busiest] = curves
    combs = np.minimum.reduce([_at(curves, times) for times in (1, 2, 3)])
    combs = combs[:, : long // MARKS - NEAREST + 1]
    best = combs.max(axis=-1)
    # of spacings about as good the smallest: every other mark repeats as well
    spacing = NEAREST + (combs >= NEARLY * best[:, None]).argmax(axis=-1)
    marked = best > REPEATS
    if not marked.any():
        return Scale(0.0, 0.0, float(max(0.0, best.max())), None)
    found = np.stack(busiest, axis=1)[marked]
    return _agreed(found, best[marked], spacing[marked], likeness, (height, width, long))


def _strips(lines: Pixels) -> Plane:
    """Mean of every strip of `WIDE` rows, one every half strip, its slow changes taken off."""
    half = WIDE // 2
    count = -(-lines.shape[0] // half)  # the last strip is filled up by what mirrors its rows
    below = count * half - lines.shape[0]
    filled = cv2.copyMakeBorder(lines, 0, below, 0, 0, cv2.BORDER_REFLECT_101)
    halves = np.add.reduce(filled.reshape(count, half, -1), axis=1, dtype=np.uint16)
    sums = (halves[:-1] + halves[1:]).astype(np.float32) / WIDE
    return np.asarray(sums - cv2.blur(sums, (FARTHEST + 1, 1)), np.float32)


def _busiest(windows: Plane) -> tuple[NDArray[np.int_], ...]:
    """The windows with most lines in them, in reading order: marks are drawn to be seen."""
    strength = windows.std(axis=-1)
    order = np.sort(np.argsort(-strength, axis=None)[:MOST])
    return np.unravel_index(order, strength.shape)


def _likeness(windows: Plane) -> Plane:
    """How like itself each window is when moved along, for each number of pixels: -1 to 1."""
    long = windows.shape[-1]
    centred = windows - windows.mean(axis=-1, keepdims=True)
    padded = cv2.copyMakeBorder(centred, 0, 0, 0, long, cv2.BORDER_CONSTANT)
    waves = cv2.dft(padded, flags=cv2.DFT_ROWS)
    power = cv2.mulSpectrums(waves, waves, cv2.DFT_ROWS, conjB=True)
    back = cv2.DFT_ROWS | cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT
    moved = cv2.dft(power, flags=back)[:, : 3 * FARTHEST + 3]
    # fewer pixels overlap the further it is moved
    moved *= long / (long - np.arange(moved.shape[-1]))
    busy = moved[..., :1] > long  # a strip without any lines has nothing to say
    return np.asarray(np.where(busy, moved / np.maximum(moved[..., :1], 1e-6), 0.0), np.float32)


def _at(likeness: Plane, times: int) -> Plane:
    """Likeness that many marks on, for each spacing; it need not be a whole number of pixels."""
    lags = np.arange(NEAREST, FARTHEST + 1) * times
    slack = range(1 - times, times)
    return np.asarray(np.maximum.reduce([likeness[..., lags + by] for by in slack]), np.float32)


def _agreed(
    found: NDArray[np.int_],
    best: Plane,
    spacing: NDArray[np.int_],
    likeness: Plane,
    shape: tuple[int, int, int],
) -> Scale:
    """The spacing that most windows agree on; one lone window may be anything."""
    values = np.array(
        [fine(likeness[*place], apart) for place, apart in zip(found, spacing, strict=True)]
    )
    votes = np.array([(np.abs(values / value - 1) < AGREE).sum() for value in values])
    leader = values[int(votes.argmax())]
    same = np.abs(values / leader - 1) < AGREE
    if same.sum() < WINDOWS:
        return Scale(0.0, 0.0, 0.45, None)
    ticks = median(values[same])
    spread = float(np.std(values[same])) / np.sqrt(same.sum()) + 0.1
    millimetre = ticks * (2 if _halves(likeness, found[same], ticks) else 1)
    sureness = float(np.clip(best[same].max(), 0.5, 1.0))
    error = spread * millimetre / ticks
    return Scale(millimetre, float(error), sureness, _box(found[same], shape))


def fine(curve: Plane, spacing: int) -> float:
    """The spacing to a fraction of a pixel, from where the third mark falls."""
    at = 3 * spacing
    near = curve[at - 2 : at + 3]
    peak = at - 2 + int(near.argmax())
    if not 0 < peak < len(curve) - 1:
        return float(spacing)
    before, middle, after = (float(curve[peak + step]) for step in (-1, 0, 1))
    if not before < middle > after:  # a slope has no top: a curve laid through it ends anywhere
        return peak / 3
    return (peak + 0.5 * (before - after) / (before - 2 * middle + after)) / 3


def _halves(likeness: Plane, found: NDArray[np.int_], ticks: float) -> bool:
    """Whether every other mark is longer: a strip beside then repeats only every second mark."""
    one, two = (slice(round(times * ticks) - 1, round(times * ticks) + 2) for times in (1, 2))
    rows = likeness.shape[1]
    for at, row in found:
        for beside in (row - 2, row - 1, row + 1, row + 2):
            if 0 <= beside < rows:
                curve = likeness[at, beside]
                if curve[two].max() > REPEATS + 0.1 and curve[one].max() < 0.5 * curve[two].max():
                    return True
    return False


def _box(found: NDArray[np.int_], shape: tuple[int, int, int]) -> Region:
    height, width, long = shape
    left, right = found[:, 0].min() * long // 2, found[:, 0].max() * long // 2 + long
    top, bottom = found[:, 1].min() * WIDE // 2, found[:, 1].max() * WIDE // 2 + WIDE
    return Region(
        round(float(left / width), 4),
        round(float(top / height), 4),
        round(float(min(1.0, (right - left) / width)), 4),
        round(float(min(1.0, (bottom - top) / height)), 4),
    )
