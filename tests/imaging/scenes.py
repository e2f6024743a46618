"""Drawn photographs with known faults, for the gate: no outside image is needed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Truth, Wish, draw
from derm_service.imaging.codes import View
from derm_service.imaging.gate import judge as gate
from derm_service.imaging.gate.report import IssueCode, QualityReport
from derm_service.imaging.gate.sight import of_pixels

Pixels = NDArray[np.uint8]
GOOD = Faults()


@cache
def taken(
    view: View = View.DERMOSCOPIC,
    faults: Faults = GOOD,
    *,
    monk: int = 3,
    hair_per_cm2: float = 0.0,
    bubbles: int = 0,
    etched_scale: bool = False,
    size: tuple[int, int] = (1200, 900),
    seed: int = 7,
) -> tuple[Pixels, Truth]:
    """The upright picture of a naevus, and the truth about it."""
    wish = Wish(
        view,
        Lesion(Kind.NAEVUS, 7, 11),
        monk=monk,
        size=size,
        hair_per_cm2=hair_per_cm2,
        bubbles=bubbles,
        etched_scale=etched_scale,
        seed=seed,
    )
    scene = draw(wish)
    return np.asarray(expose(scene, faults, seed)), scene.truth


def judged(pixels: Pixels, view: View | None = View.DERMOSCOPIC) -> QualityReport:
    """What the gate says of a decoded picture."""
    return gate.judge(of_pixels(pixels), view=view)


def codes(report: QualityReport) -> list[IssueCode]:
    """The faults named, worst first."""
    return [issue.code for issue in report.issues]
