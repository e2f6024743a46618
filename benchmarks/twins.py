"""Drawn twins: one scene in the ten Monk skin tones, good or with the same fault in each."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import View

TONES = range(1, 11)
SIZE = (1024, 768)
GOOD = Faults()


def wish(view: View, monk: int, seed: int) -> Wish:
    """One scene in one tone; all else follows from the seed."""
    rng = np.random.default_rng((seed, list(View).index(view)))
    kind = list(Kind)[int(rng.integers(len(Kind)))]
    return Wish(
        view,
        Lesion(kind, float(rng.uniform(4, 11)), int(rng.integers(1000))),
        monk=monk,
        size=SIZE,
        weathered=float(rng.uniform(0.1, 0.9)),
        hair_per_cm2=float(rng.choice([0.0, 0.1, 0.3])),
        limb=bool(rng.random() < 0.6),
        etched_scale=bool(rng.random() < 0.4),
        seed=seed,
    )


def taken(view: View, monk: int, seed: int, faults: Faults = GOOD) -> NDArray[np.uint8]:
    """The upright picture."""
    return np.asarray(expose(draw(wish(view, monk, seed)), faults, seed))


def good(seeds: range) -> Iterator[tuple[View, int, int, NDArray[np.uint8]]]:
    """Good pictures of every view and tone."""
    for seed in seeds:
        for view in View:
            for monk in TONES:
                yield view, monk, seed, taken(view, monk, seed)
