"""A colour card beside the skin: a lattice of flat patches in many colours."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.colour import beside_green
from derm_service.imaging.gate.look import Look, brightest
from derm_service.imaging.gate.ranks import median
from derm_service.imaging.gate.sight import Pixels

Rows = NDArray[np.float64]

STEPS = (12, 6, 24)  # of 255 from pixel to pixel: in poor light a patch is flatter than in sun
SHADES = 10  # colours apart in the copy of 128 px: with a card there are more, mostly fewer without
SHADE, LEAST_SHADE = 0.3, 4  # of ln of a ratio, how far apart they are; px
WORTH_A_SEARCH = 5  # patches at the first of these steps; where there is a card there are many
THIN = 4  # px, short side of a patch of 512
LONGEST = 0.2  # of the picture's long side
SOLID, SQUARE = 0.8, 0.6  # of its box filled; short side to long side
ALIKE = 1.5  # between the sides of patches of one card
NEAREST, FARTHEST = 1.0, 1.8  # sides from the middle of one patch to the middle of the next
PATCHES, COLOURS = 10, 6  # from which on it is a card
OTHER = 0.12  # of the brightest, in some channel: another colour


NONE: Rows = np.empty((0, 6))


@dataclass(frozen=True)
class Card:
    """The lattice in which its patches lie."""

    long: int
    short: int

    @property
    def name(self) -> str:
        """The card in words."""
        return f"colour card of {self.long} by {self.short} patches"


def find(look: Look) -> Card | None:
    """The colour card in a camera photograph, whole or in part, held any way up; None: none."""
    if _shades(look) < SHADES:
        return None
    groups = _neighbours(_patches(look.half))
    best = max(groups, key=lambda group: (_colours(group), len(group)), default=None)
    if best is None or len(best) < PATCHES or _colours(best) < COLOURS:
        return None
    return _lattice(best)


def _shades(look: Look) -> int:
    """How many colours there are in all, whatever their brightness."""
    red, blue = (np.floor(plane / SHADE).astype(np.int64).ravel() for plane in beside_green(look))
    found = (red - red.min()) * (int(np.ptp(blue)) + 1) + blue - blue.min()
    return int(np.count_nonzero(np.bincount(found) >= LEAST_SHADE))


def _patches(pixels: Pixels) -> Rows:
    """Flat squares, the largest at each place: middle, side (px) and mean colour of each."""
    edges = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    steps = brightest(np.asarray(edges, np.uint8))
    found = _flat(steps < STEPS[0], pixels)
    if len(found) < WORTH_A_SEARCH:
        return NONE
    found += [patch for step in STEPS[1:] for patch in _flat(steps < step, pixels)]
    found.sort(key=lambda patch: -patch[2])
    kept: list[tuple[float, ...]] = []
    for patch in found:
        middles = (
            other for other in kept if np.hypot(*np.subtract(patch[:2], other[:2])) < other[2] / 2
        )
        if next(middles, None) is None:
            kept.append(patch)
    return np.array(kept, np.float64).reshape(-1, 6)


def _flat(mask: NDArray[np.bool_], pixels: Pixels) -> list[tuple[float, ...]]:
    _count, labels, boxes, _middles = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    wide, high, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    may_be = (
        (np.minimum(wide, high) >= THIN)
        & (np.maximum(wide, high) < LONGEST * max(mask.shape))
        & (area > 0.5 * SOLID * wide * high)  # a square on its corner fills half of its box
    )
    may_be[0] = False
    found = []
    for at in np.flatnonzero(may_be):
        left, top = boxes[at, :2]
        window = slice(top, top + high[at]), slice(left, left + wide[at])
        inside = labels[window] == at
        square = _square(inside)
        if square is not None:
            x, y, side = square
            colour = pixels[window][inside].mean(axis=0)
            found.append((left + x, top + y, side, *colour))
    return found


def _square(inside: NDArray[np.bool_]) -> tuple[float, float, float] | None:
    """Middle and side of what fills a square or nearly one; None for any other shape."""
    outlines, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    outline = max(outlines, key=cv2.contourArea)
    (x, y), sides, _turned = cv2.minAreaRect(outline)
    short, long = sorted(side + 1 for side in sides)  # outlines run through the pixels' middles
    filled = cv2.contourArea(outline) + cv2.arcLength(outline, True) / 2 + 1
    if short < SQUARE * long or filled < SOLID * short * long:
        return None
    return x, y, float(np.sqrt(short * long))


def _neighbours(patches: Rows) -> list[Rows]:
    """Patches of about one size that lie beside each other, group by group."""
    middles, sides = patches[:, :2], patches[:, 2]
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    between = np.sqrt(sides[:, None] * sides[None])
    alike = np.abs(np.log(sides[:, None] / sides[None])) < np.log(ALIKE)
    beside = alike & (apart > NEAREST * between) & (apart < FARTHEST * between)
    left, groups = set(range(len(patches))), []
    while left:
        group = [left.pop()]
        for at in group:  # grows as it is walked
            found = left.intersection(np.flatnonzero(beside[at]))
            left -= found
            group += found
        groups.append(patches[group])
    return groups


def _colours(group: Rows) -> int:
    """How many colours that are not alike; light of any colour leaves a card many."""
    colours = group[:, 3:] / max(1.0, float(group[:, 3:].max()))
    different: list[NDArray[np.float64]] = []
    for colour in colours:
        if all(np.abs(colour - other).max() > OTHER for other in different):
            different.append(colour)
    return len(different)


def _lattice(group: Rows) -> Card:
    middles = group[:, :2].astype(np.float32)
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    spacing = median(apart.min(axis=1))
    short, long = sorted(cv2.minAreaRect(middles)[1])
    return Card(round(long / spacing) + 1, round(short / spacing) + 1)
