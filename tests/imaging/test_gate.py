"""The gate on drawn pictures with known faults."""

import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from derm_service.imaging.codes import View
from derm_service.imaging.gate import judge as gate
from derm_service.imaging.gate.limits import Limit
from derm_service.imaging.gate.report import IssueCode, QualityReport, Verdict
from derm_service.imaging.gate.sight import of_pixels
from tests.imaging import files


def judge(pixels: NDArray[np.uint8], *, view: View | None) -> QualityReport:
    return gate.judge(of_pixels(pixels), view=view)


def blurred(sigma: float) -> NDArray[np.uint8]:
    """The sharp picture out of focus, with a sensor's noise on top."""
    soft = cv2.GaussianBlur(files.skin(), (0, 0), sigma)
    noisy = soft + np.random.default_rng(2).normal(0, 1, soft.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def codes(report: QualityReport) -> list[IssueCode]:
    return [issue.code for issue in report.issues]


@pytest.mark.parametrize("view", View)
def test_a_sharp_well_lit_picture_is_accepted(view: View) -> None:
    report = judge(files.skin(1600, 1200), view=view)

    assert report.verdict is Verdict.ACCEPT
    assert report.issues == ()
    assert max(report.scores.values()) < 0.5


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("sigma", [4, 8])
def test_a_blurred_picture_is_to_be_retaken(view: View, sigma: float) -> None:
    report = judge(blurred(sigma), view=view)

    assert report.verdict is Verdict.RETAKE
    assert codes(report) == [IssueCode.BLUR]


def test_the_remedy_for_blur_suits_the_view() -> None:
    camera = judge(blurred(5), view=View.CLOSE_UP).issues[0].message
    dermoscope = judge(blurred(5), view=View.DERMOSCOPIC).issues[0].message

    assert "move back" in camera
    assert "dermatoscope" in dermoscope


def test_burnt_out_skin_is_found_and_shown_where() -> None:
    pixels = files.skin()
    pixels[100:650, 300:900] = 255

    report = judge(pixels, view=View.CLOSE_UP)

    assert report.verdict is Verdict.RETAKE
    assert codes(report) == [IssueCode.OVEREXPOSED]
    region = report.issues[0].regions[0]
    assert (region.x, region.y) == pytest.approx((0.3, 0.133), abs=0.02)


def test_white_paper_behind_a_hand_is_not_overexposure() -> None:
    pixels = files.skin()
    pixels[:, :500] = 255

    assert judge(pixels, view=View.OVERVIEW).verdict is Verdict.ACCEPT


def test_dark_skin_is_judged_like_fair_skin() -> None:
    fair = files.skin()
    dark = (fair * 0.35).astype(np.uint8)

    assert judge(dark, view=View.CLOSE_UP).verdict is judge(fair, view=View.CLOSE_UP).verdict


def test_a_black_frame_is_underexposed() -> None:
    report = judge(np.zeros((768, 1024, 3), np.uint8), view=View.CLOSE_UP)

    assert report.verdict is Verdict.RETAKE
    assert IssueCode.UNDEREXPOSED in codes(report)


@pytest.mark.parametrize(
    ("size", "verdict"), [((800, 600), Verdict.ACCEPT), ((799, 600), Verdict.RETAKE)]
)
def test_800_by_600_is_the_smallest_that_will_do(size: tuple[int, int], verdict: Verdict) -> None:
    report = judge(files.skin(*size), view=View.CLOSE_UP)

    assert report.verdict is verdict
    assert (IssueCode.LOW_RESOLUTION in codes(report)) == (verdict is Verdict.RETAKE)


def test_a_report_survives_the_way_through_json() -> None:
    report = judge(blurred(5), view=View.CLOSE_UP)

    assert QualityReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert len(report.focus_map) <= 48
    assert len(report.focus_map[0]) <= 64


def test_the_limit_is_always_at_half() -> None:
    rising, falling = Limit(0.0, 0.2, 0.4, 1.0), Limit(2.0, 1.0, 1.0, 0.25)

    assert [rising.score(value) for value in (0.0, 0.2, 1.0, 5.0)] == [0.0, 0.5, 1.0, 1.0]
    assert [falling.score(value) for value in (3.0, 1.0, 0.25)] == [0.0, 0.5, 1.0]
    assert rising.asks_retake(0.41)
    assert not falling.asks_retake(1.0)
