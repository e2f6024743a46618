"""Levels and light: how much of the room from black to white the subject uses, and where.

No mean brightness is asked for: dark skin is dark and fair skin is bright. What counts is room
left unused at the top, pixels lost at the ends, and light that changes across the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import (
    LUMA,
    Indices,
    Look,
    Mask,
    brightest,
    faintest,
    some_places,
)
from derm_service.imaging.gate.ranks import median, percentile
from derm_service.imaging.gate.report import Region
from derm_service.imaging.gate.sight import Pixels

Shares = NDArray[np.float64]
Terms = NDArray[np.float32]  # a column for each place: what the surface is made of there

LOST = 250  # of 255, in the colours as stored
END = 254  # of 255, from where red is lost for certain: skin loses it before any other colour
NEARLY = 220  # of 255: a good exposure thins out from here to the end, a burnt one heaps up there
LEAST_LOST, LEAST_NEARLY = 0.001, 0.01  # of the subject: less of it says nothing
HIGH = 240
BLACK, DIM = 12, 30
FLOOR = 6  # added to levels before they are compared: ratios of next to nothing say nothing
PERCENTILES = (1, 95, 99)
MOST_REGIONS, LEAST_REGION = 5, 0.002
ROUNDS = 3
HALF, THIRD = np.float32(1 / 2), np.float32(1 / 3)  # what is brighter is doubted less
BESIDE = np.ones((5, 5), np.uint8)  # of the 128 px copy: this near, a lesion still shows
LEAST_SKIN = 100  # px of that copy
ROUGHEST = 80  # percentile
ENDS = (2, 98)  # percentiles: from the darkest to the brightest light
NO_FALL = (
    "light_fall", "light_slope", "light_bowl", "red_fall", "red_slope", "red_bowl", "red_rough",
)  # fmt: skip
SHADED = 0.3  # of the fall of the light: what is darker than this is shown as the dark part


@dataclass(frozen=True)
class Levels:
    """Shares of the 256 levels: of each pixel's brightest colour, its middle one, its faintest.

    And of red, whichever of the three it is.
    """

    brightest: Shares
    middle: Shares
    faintest: Shares
    red: Shares
    whole: Shares  # of the brightest colour, background too


def subject(look: Look) -> Levels:
    """The levels of the subject, every other pixel across and down."""
    sample = np.ascontiguousarray(look.half[::2, ::2])
    mask = look.subject_of(sample.shape).astype(np.uint8)
    red, green, blue = cv2.split(sample)
    top = brightest(sample)
    middle = cv2.max(cv2.min(red, green), cv2.min(cv2.max(red, green), blue))
    return Levels(
        _shares(top, mask),
        _shares(middle, mask),
        _shares(faintest(sample), mask),
        _shares(red, mask),
        _shares(top, None),
    )


def levels(found: Levels) -> dict[str, float]:
    """Percentiles of the brightest, middle and faintest colour of each pixel of the subject."""
    return {
        **{f"level_{at}": _percentile(found.brightest, at) for at in PERCENTILES},
        "middle_level_95": _percentile(found.middle, 95),
        "faintest_99": _percentile(found.faintest, 99),
        "whole_level_99": _percentile(found.whole, 99.5),
    }


def lost(found: Levels) -> dict[str, float]:
    """Shares of the subject whose one, two or three colours are lost, and that lie in the dark."""
    return {
        "lost_any": _log_share(found.brightest[LOST:]),
        "lost_two": _log_share(found.middle[LOST:]),
        "lost_all": _log_share(found.faintest[LOST:]),
        "lost_red": _log_share(found.red[END:]),
        "high": _log_share(found.brightest[HIGH:]),
        "black": _log_share(found.brightest[: BLACK + 1]),
        "dim": _log_share(found.brightest[: DIM + 1]),
    }


def heaped(found: Levels) -> float:
    """How much more of the middle colour lies at the bright end than shortly before it (log2).

    Where there is next to nothing in either, that is between a bright picture and a burnt one.
    """
    lost, nearly = found.middle[LOST:].sum(), found.middle[NEARLY:LOST].sum()
    return float(np.log2((lost + LEAST_LOST) / (nearly + LEAST_NEARLY)))


def _shares(values: cv2.typing.MatLike, mask: Pixels | None) -> Shares:
    counts = cv2.calcHist([values], [0], mask, [256], [0, 256]).ravel()
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float64)


def _percentile(shares: Shares, at: float) -> float:
    """The level below which that many in a hundred lie, between levels as well."""
    return float(np.interp(at / 100, np.cumsum(shares), np.arange(256)))


def _log_share(shares: Shares) -> float:
    return float(np.log2(shares.sum() + LEAST_LOST))


def lost_regions(look: Look) -> tuple[Region, ...]:
    """Where colours are lost at the bright end."""
    return boxes((brightest(look.half) >= LOST) & look.subject_of(look.half.shape))


def dark_regions(look: Look) -> tuple[Region, ...]:
    """Where nothing but black is left."""
    return boxes((brightest(look.half) <= DIM) & look.subject_of(look.half.shape))


def fall(look: Look, lesion: Mask) -> dict[str, float]:
    """A smooth surface laid through the brightness of the skin, and through its red alone.

    Red shows the light and little of what is in the skin: through it the surface is laid beside
    the lesion, where there is enough skin. `red_rough` is how far that skin lies off it: of
    mottled skin the surface says less.
    """
    if np.count_nonzero(look.subject) < LEAST_SKIN:
        return dict.fromkeys(NO_FALL, 0.0)
    skin, everywhere, terms = _skin_beside(look, lesion), some_places(look.subject), _terms(look)
    bright, red = np.log2(_at(look, everywhere) @ LUMA + FLOOR), _red(look, skin)
    over = terms[:, everywhere]
    surface = _laid(terms[:, skin], red)
    return {
        **_surface("light", _laid(over, bright), over),
        **_surface("red", surface, over),
        "red_rough": percentile(np.abs(red - surface @ terms[:, skin]), ROUGHEST),
    }


def shaded_regions(look: Look, lesion: Mask) -> tuple[Region, ...]:
    """Where the surface laid through the red of the skin is in the darkest part of its fall."""
    if np.count_nonzero(look.subject) < LEAST_SKIN:
        return ()
    skin, terms = _skin_beside(look, lesion), _terms(look)
    light = (_laid(terms[:, skin], _red(look, skin)) @ terms).reshape(look.subject.shape)
    low, high = (percentile(light[look.subject], at) for at in ENDS)
    return boxes((light <= low + SHADED * (high - low)) & look.subject)


def _skin_beside(look: Look, lesion: Mask) -> Indices:
    beside = look.subject & ~cv2.dilate(lesion.astype(np.uint8), BESIDE).astype(np.bool_)
    return some_places(beside if beside.sum() >= LEAST_SKIN else look.subject)


def _at(look: Look, places: Indices) -> Terms:
    return look.tiny.reshape(-1, 3)[places].astype(np.float32)


def _red(look: Look, places: Indices) -> Terms:
    return np.asarray(np.log2(_at(look, places)[:, 0] + FLOOR), np.float32)


def _terms(look: Look) -> Terms:
    height, width = look.tiny.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y]).reshape(6, -1)


def _surface(name: str, surface: NDArray[np.float32], over: Terms) -> dict[str, float]:
    """How far the light falls over the subject, how steep it is in the middle, how it bends."""
    light = surface @ over
    low, high = (percentile(light, at) for at in ENDS)
    return {
        f"{name}_fall": high - low,
        f"{name}_slope": float(np.hypot(surface[1], surface[2])),
        f"{name}_bowl": float(-(surface[3] + surface[4])),
    }


def _laid(terms: Terms, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """What multiplies each term in the surface that most of what is seen lies near."""
    trust = np.ones(seen.size, np.float32)
    steady = 1e-3 * np.eye(len(terms), dtype=np.float32)
    for _ in range(ROUNDS):
        weighed = terms * trust
        squares = weighed @ terms.T + steady
        surface = np.linalg.solve(squares, weighed @ seen)
        off = seen - surface @ terms
        usual = median(np.abs(off)) + 0.02
        doubt = off / usual * np.where(off < 0, HALF, THIRD)
        trust = np.asarray(1 / (1 + doubt**2), np.float32)
    return np.asarray(surface, np.float32)


def boxes(mask: Mask) -> tuple[Region, ...]:
    """The largest areas of a mask as boxes from 0 to 1."""
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:][np.argsort(-stats[1:, cv2.CC_STAT_AREA])]
    return tuple(
        Region(
            round(float(left / width), 4),
            round(float(top / height), 4),
            round(float(wide / width), 4),
            round(float(tall / height), 4),
        )
        for left, top, wide, tall, area in areas[:MOST_REGIONS].tolist()
        if area >= LEAST_REGION * mask.size
    )
