"""Where the lesion is: what is darker or redder than the skin round it, hair let go."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.look import Look, Mask, some_places
from derm_service.imaging.gate.ranks import median

Plane = NDArray[np.floating]

HAIR = np.ones((5, 5), np.uint8)  # of the 128 px copy: what is thinner is filled in
LEAST_AREA = 0.002  # of the subject
LEAST_CONTRAST = 0.12  # as a natural logarithm of reflected light
EDGE = 0.03  # of the picture's sides
SURE = 0.35  # contrast from which there is no doubt that it is a lesion
CALM = 2e-6  # of contrast cubed, for each pixel: what bare skin weighs against a lesion
ROUNDS = 4
ONE, QUARTER = np.float32(1), np.float32(0.25)  # what is lighter than skin is doubted less


@dataclass(frozen=True)
class Lesion:
    """A mask of the 128 px copy, how far the lesion stands out, where all that is dark lies."""

    mask: Mask
    contrast: float
    balance: float


def find(look: Look) -> Lesion:
    """The most striking patch; its mask is empty where nothing stands out."""
    away = _away(look)
    calm = away[look.subject]
    nothing = np.zeros_like(look.subject)
    if calm.size < 100:
        return Lesion(nothing, 0.0, 0.0)
    balance = _balance(away, look.subject)
    levels = np.clip(calm * 100, 0, 255).astype(np.uint8).reshape(-1, 1)
    split, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    limit = max(split / 100, LEAST_CONTRAST)
    mask = ((away > limit) & look.subject).astype(np.uint8)
    _, labels = cv2.connectedComponents(
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    )
    striking = np.bincount(labels.ravel(), weights=(away**2).ravel())
    striking[0] = 0
    best = labels == int(striking.argmax())
    if not labels.any() or best.sum() < LEAST_AREA * look.subject.sum():
        return Lesion(nothing, 0.0, balance)
    skin = away[look.subject & ~best]
    contrast = float(away[best].mean()) - (median(skin) if skin.size else 0.0)
    return Lesion(best, contrast, balance)


def _balance(away: Plane, subject: Mask) -> float:
    """How far off the middle all that is darker than skin is in balance: 0 to 1, the edge.

    What is much darker weighs most, and no border is drawn: a faint lesion of which the half is
    cut off pulls to its side as a dark one does.
    """
    weight = np.where(subject, away, 0.0) ** 3
    height, width = weight.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pull = max(abs(float((weight * x).sum())), abs(float((weight * y).sum())))
    return pull / (float(weight.sum()) + CALM * int(subject.sum()))


def measure(look: Look, lesion: Lesion) -> dict[str, float]:
    """How much of the picture the lesion fills, how far off the middle it is, how much is cut."""
    if not lesion.mask.any():
        found = {"lesion_area": 0.0, "lesion_off": 0.5, "lesion_cut": 0.0, "lesion_contrast": 0.0}
        return found | {"dark_off": lesion.balance}
    height, width = lesion.mask.shape
    rows, columns = np.nonzero(lesion.mask)
    off = max(abs(columns.mean() / width - 0.5), abs(rows.mean() / height - 0.5)) * 2
    margin = max(2, round(EDGE * max(height, width)))
    inner = np.zeros_like(lesion.mask)
    inner[margin:-margin, margin:-margin] = True
    border = cv2.morphologyEx(lesion.mask.astype(np.uint8), cv2.MORPH_GRADIENT, HAIR) > 0
    border |= lesion.mask & ~inner
    sure = min(1.0, lesion.contrast / SURE)
    return {
        "lesion_area": float(lesion.mask.sum() / max(1, look.subject.sum())),
        "lesion_off": float(off * sure),
        "lesion_cut": float((border & ~inner).sum() / max(1, border.sum()) * sure),
        "lesion_contrast": lesion.contrast,
        "dark_off": lesion.balance,
    }


def _away(look: Look) -> Plane:
    """How much darker, in green and blue most of all, each place is than skin there would be."""
    filled = cv2.morphologyEx(look.tiny, cv2.MORPH_CLOSE, HAIR)
    light = np.log(cv2.GaussianBlur(filled, (0, 0), 1.0).astype(np.float32) + 8)
    darkness = -(0.2 * light[..., 0] + 0.4 * light[..., 1] + 0.4 * light[..., 2])
    height, width = darkness.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y]).astype(np.float32).reshape(6, -1)
    some = some_places(look.subject)
    surface = _skin(terms[:, some], darkness.ravel()[some])
    if min(surface[4:]) < 0:  # light falls off outwards: a dark middle is the lesion
        terms = terms[:3]
        surface = _skin(terms[:, some], darkness.ravel()[some])
    smooth = (surface @ terms).reshape(darkness.shape)
    return np.asarray(np.maximum(darkness - smooth, 0.0), np.float32)


def _skin(terms: Plane, darkness: Plane) -> Plane:
    """The smooth surface through the skin, which is what is light."""
    trust: Plane = np.ones(len(darkness), np.float32)
    steady = 0.5 * np.eye(len(terms), dtype=np.float32)
    surface: Plane = np.zeros(len(terms), np.float32)
    for _ in range(ROUNDS if len(darkness) else 0):
        weighed = terms * trust
        surface = np.linalg.solve(weighed @ terms.T + steady, weighed @ darkness)
        off = darkness - surface @ terms
        usual = median(np.abs(off)) + 0.02
        trust = 1 / (1 + (off / usual * np.where(off > 0, ONE, QUARTER)) ** 2)
    return surface
