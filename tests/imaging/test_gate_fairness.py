"""The same scene in light to dark skin is judged the same."""

import numpy as np
import pytest

from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import View
from derm_service.imaging.gate.report import IssueCode, Verdict
from tests.imaging.scenes import GOOD, codes, judged, taken

TONES = (1, 4, 7, 10)


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize(
    "faults",
    [GOOD, Faults(defocus_px=7), Faults(motion_px=40)],
    ids=["good", "out of focus", "moved"],
)
def test_tone_of_the_skin_changes_no_verdict(view: View, faults: Faults) -> None:
    verdicts = {monk: judged(taken(view, faults, monk=monk)[0], view).verdict for monk in TONES}

    assert len(set(verdicts.values())) == 1, verdicts


def test_movement_before_a_cloth_as_bright_as_the_skin_is_seen() -> None:
    wish = Wish(
        View.OVERVIEW,
        Lesion(Kind.ACTINIC, 5.9, 636),
        monk=7,
        size=(1024, 768),
        weathered=0.13,
        hair_per_cm2=0.0,
        limb=False,
        seed=0,
    )

    moved = np.asarray(expose(draw(wish), Faults(motion_px=40), wish.seed))

    assert judged(moved, View.OVERVIEW).verdict is Verdict.RETAKE


def test_a_white_ruler_on_dark_skin_is_no_reflection() -> None:
    wish = Wish(
        View.CLOSE_UP,
        Lesion(Kind.MELANOMA, 10.5, 202),
        monk=10,
        size=(1024, 768),
        weathered=0.8,
        hair_per_cm2=0.0,
        limb=False,
        seed=11,
    )

    report = judged(np.asarray(expose(draw(wish), GOOD, wish.seed)), View.CLOSE_UP)

    assert report.scores[IssueCode.GLARE] < 0.5
    assert report.verdict is not Verdict.RETAKE


def test_a_lesion_s_own_network_is_no_hair_on_dark_skin() -> None:
    scores = {}
    for monk in TONES:
        wish = Wish(
            View.DERMOSCOPIC,
            Lesion(Kind.ANGIOMA, 8.2, 887),
            monk=monk,
            size=(1024, 768),
            weathered=0.15,
            hair_per_cm2=0.3,
            limb=False,
            seed=22,
        )
        shown = np.asarray(expose(draw(wish), GOOD, wish.seed))
        scores[monk] = judged(shown, View.DERMOSCOPIC).scores[IssueCode.HAIR]

    assert max(scores.values()) < 0.5, scores


@pytest.mark.parametrize("monk", [1, 4, 6, 10])
def test_a_red_lesion_that_fills_the_field_is_no_coloured_light(monk: int) -> None:
    wish = Wish(
        View.DERMOSCOPIC,
        Lesion(Kind.ANGIOMA, 10.8, 700),
        monk=monk,
        size=(1024, 768),
        weathered=0.21,
        hair_per_cm2=0.0,
        seed=37,
    )
    pixels = np.asarray(expose(draw(wish), GOOD, wish.seed))
    greenish = (pixels * np.exp([-0.24, 0.36, -0.24])).clip(0, 255).astype(np.uint8)

    assert IssueCode.COLOUR_CAST not in codes(judged(pixels))
    assert IssueCode.COLOUR_CAST in codes(judged(greenish))
