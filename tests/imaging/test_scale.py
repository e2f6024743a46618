"""Pixels per millimetre from drawn rulers and etched scales, whose truth is known."""

import numpy as np
import pytest

from derm_service.imaging.codes import View
from derm_service.imaging.gate import scale
from derm_service.imaging.gate.report import IssueCode, Verdict
from tests.imaging.scenes import Pixels, codes, judged, taken


@pytest.mark.parametrize("size", [(1200, 900), (2000, 1500)])
@pytest.mark.parametrize("monk", [2, 9])
def test_ruler_of_a_close_up_gives_pixels_per_millimetre(size: tuple[int, int], monk: int) -> None:
    pixels, truth = taken(View.CLOSE_UP, size=size, monk=monk)

    found = judged(pixels, View.CLOSE_UP).measures["px_per_mm"]

    assert found.error is not None
    assert abs(found.value - truth.px_per_mm) <= 3 * found.error
    assert found.error < 0.02 * truth.px_per_mm


@pytest.mark.parametrize("seed", [3, 7])
def test_etched_scale_of_a_dermatoscope_gives_pixels_per_millimetre(seed: int) -> None:
    pixels, truth = taken(View.DERMOSCOPIC, etched_scale=True, seed=seed)

    found = judged(pixels).measures["px_per_mm"]

    assert found.value == pytest.approx(truth.px_per_mm, rel=0.02)


def test_no_scale_is_made_up_where_there_is_none() -> None:
    assert "px_per_mm" not in judged(taken(View.DERMOSCOPIC)[0]).measures
    assert "px_per_mm" not in judged(taken(View.OVERVIEW)[0], View.OVERVIEW).measures


def test_a_few_lines_far_apart_are_no_ruler_but_a_long_row_of_them_is() -> None:
    luma = np.full((400, 1024), 190, np.uint8)
    for left in range(20, 1024, 60):
        luma[100:200, left : left + 3] = 60

    few, many = scale.measure(luma, long=256), scale.measure(luma, long=512)

    assert not few.is_found
    assert many.spacing == pytest.approx(60, abs=0.5)


def test_spacing_stays_near_where_it_was_found_on_a_curve_that_only_falls() -> None:
    falling = np.array([1.0 - 0.06 * at - 0.0001 * (at % 3) for at in range(60)], np.float32)

    assert scale.fine(falling, 5) == pytest.approx(5, abs=1)


def test_spacing_is_found_to_a_fraction_of_a_pixel() -> None:
    curve = np.cos(2 * np.pi * np.arange(120) / 7.2).astype(np.float32)

    assert scale.fine(curve, 7) == pytest.approx(7.2, abs=0.05)


def without_ruler() -> Pixels:
    """The close-up, its lower part painted over with skin."""
    pixels, truth = taken(View.CLOSE_UP)
    below = int(truth.centre[1] + truth.diameter_px)
    rows = pixels.shape[0] - below
    upper = np.asarray(pixels[:rows][::-1]) if rows <= below else pixels[:1].repeat(rows, axis=0)
    return np.concatenate([pixels[:below], upper[:rows]])


def test_close_up_without_a_ruler_is_advised_not_sent_back() -> None:
    report = judged(without_ruler(), View.CLOSE_UP)

    assert IssueCode.NO_SCALE in codes(report)
    assert report.verdict is Verdict.ADVISE


def test_view_that_needs_no_ruler_is_not_asked_for_one() -> None:
    assert IssueCode.NO_SCALE not in codes(judged(without_ruler(), View.OVERVIEW))
