"""Hair: thin lines darker or lighter than the skin on both sides of them.

How much darker is asked against what lies right beside them, as a share of its light: against the
skin's usual brightness a lesion's own pattern would weigh more the darker the skin.
"""

import cv2
import numpy as np

from derm_service.imaging.gate.light import boxes
from derm_service.imaging.gate.look import Look, Mask
from derm_service.imaging.gate.report import Region
from derm_service.imaging.gate.sight import Pixels

THIN = np.ones((9, 9), np.uint8)  # px: what is wider is no hair
CLEAR, FAINT = 0.25, 0.10  # of the light right beside a speck: how far it stands out
DARK = 0.3  # of the light right beside it that a line takes away
FLOOR = 10  # levels added before shares are taken: ratios of next to nothing say nothing
LONG = 21  # px: shorter lines are no hair
DIRECTIONS = 12
MIDDLE = 0.15  # of each side is left out
ROUND, DENSE = 31, 0.5  # px within which hair is counted; of the most there is anywhere


def measure(look: Look) -> dict[str, float]:
    """Shares of the subject under dark specks, light specks and dark lines in the middle."""
    subject = look.subject_of(look.half_grey.shape)
    middle = _middle(subject)
    dark, light, faint = _specks(look, subject)
    return {
        "dark_specks": _share(dark, subject),
        "light_specks": _share(light, subject),
        "faint_specks": _share(faint, subject),
        "dark_lines": _share(_lines(_threads(look, subject.shape)) & middle, middle, 1e-4),
    }


def regions(look: Look) -> tuple[Region, ...]:
    """Where hair was found: at least half as dense as where it is densest."""
    subject = look.subject_of(look.half_grey.shape)
    dark, light, _ = _specks(look, subject)
    found = dark | light | (_lines(_threads(look, subject.shape)) & _middle(subject))
    density = cv2.blur(found.astype(np.float32), (ROUND, ROUND))
    return boxes(density > max(DENSE * float(density.max()), 1e-3))


def _specks(look: Look, subject: Mask) -> tuple[Mask, Mask, Mask]:
    """Thin dark specks, light ones, and dark ones that stand out faintly."""
    grey = look.half_grey
    skin = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, THIN)
    under = cv2.morphologyEx(grey, cv2.MORPH_OPEN, THIN)
    clear, faint = (grey < cv2.LUT(skin, _beside(-share)) for share in (CLEAR, FAINT))
    light = grey > cv2.LUT(under, _beside(CLEAR))
    return clear & subject, light & subject, faint & subject


def _beside(share: float) -> Pixels:
    """For each level of the skin the one that lies that share of it above, or if below 0, below."""
    levels = np.arange(256)
    to_whole = np.floor if share > 0 else np.ceil
    return to_whole(levels + share * (levels + FLOOR)).clip(0, 255).astype(np.uint8)


def _threads(look: Look, shape: tuple[int, ...]) -> Mask:
    """What is thin in the copy of 1024 px and much darker than the skin right beside it."""
    skin = cv2.morphologyEx(look.grey, cv2.MORPH_CLOSE, THIN)
    dark = (look.grey < cv2.LUT(skin, _beside(-DARK))).astype(np.uint8)
    thin = cv2.dilate(dark, np.ones((2, 2), np.uint8))
    return cv2.resize(thin, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0


def _share(mask: Mask, of: Mask, least: float = 1e-3) -> float:
    share = int(np.count_nonzero(mask)) / max(1, int(np.count_nonzero(of)))
    return float(np.log2(share + least))


def _middle(subject: Mask) -> Mask:
    height, width = subject.shape
    middle = np.zeros_like(subject)
    down, across = int(MIDDLE * height), int(MIDDLE * width)
    middle[down : height - down, across : width - across] = True
    return middle & subject if (middle & subject).any() else subject


def _lines(specks: Mask) -> Mask:
    """Where specks join to straight pieces of line, in any of several directions."""
    found = np.zeros_like(specks)
    if not specks.any():
        return found
    for at in range(DIRECTIONS):
        kernel = np.zeros((LONG, LONG), np.uint8)
        turn, half = at * np.pi / DIRECTIONS, LONG // 2
        end = (round(half * np.cos(turn)), round(half * np.sin(turn)))
        cv2.line(kernel, (half - end[0], half - end[1]), (half + end[0], half + end[1]), 1, 1)
        found |= cv2.morphologyEx(specks.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    return found
