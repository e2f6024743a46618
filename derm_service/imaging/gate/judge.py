"""The judgement of one image: measures, scores, issues, verdict; pure, no files and no clock."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.codes import View
from derm_service.imaging.gate import exposure, focus, limits
from derm_service.imaging.gate.remedies import remedy
from derm_service.imaging.gate.report import (
    ALGORITHM_VERSION,
    IssueCode,
    Measure,
    QualityIssue,
    QualityReport,
    Region,
    Verdict,
)
from derm_service.imaging.gate.sight import Sight

UNDECLARED = View.CLOSE_UP  # whose limits hold when nobody said which view it is


@dataclass(frozen=True)
class _Finding:
    """One figure held against one limit."""

    code: IssueCode
    score: float
    retake: bool
    regions: tuple[Region, ...] = ()


def judge(sight: Sight, *, view: View | None) -> QualityReport:
    """Judge one picture as the view it was taken for."""
    declared, view = view, view or UNDECLARED
    height, width = sight.height, sight.width
    luma = cv2.cvtColor(sight.stored, cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = exposure.measure(sight.stored, is_camera=view is not View.DERMOSCOPIC)
    sharpness = focus.measure(luma)
    size_ratio = min(max(width, height) / 800, min(width, height) / 600)
    findings = [
        _held("low_resolution", IssueCode.LOW_RESOLUTION, size_ratio, view),
        _held("blur", IssueCode.BLUR, sharpness.fine_detail, view),
        _held(
            "overexposed", IssueCode.OVEREXPOSED, light.clipped_bright, view, light.bright_regions
        ),
        _held("background", IssueCode.OVEREXPOSED, light.white_background, view),
        _held("underexposed", IssueCode.UNDEREXPOSED, light.clipped_dark, view),
        _held("darkness", IssueCode.UNDEREXPOSED, light.brightest, view),
    ]
    worst = _worst_per_code(finding for finding in findings if finding is not None)
    issues = tuple(
        QualityIssue(finding.code, finding.score, remedy(finding.code, view), finding.regions)
        for finding in worst
        if finding.score > 0.5
    )
    return QualityReport(
        algorithm_version=ALGORITHM_VERSION,
        limits_version=limits.version(),
        view=view.value,
        view_declared=declared.value if declared else None,
        verdict=_verdict(worst),
        issues=issues,
        scores={finding.code: finding.score for finding in worst},
        measures={
            "width": Measure(width, "px"),
            "height": Measure(height, "px"),
            "size_ratio": Measure(round(size_ratio, 4), "of 800 x 600"),
            "fine_detail": Measure(round(sharpness.fine_detail, 4), "fine/coarse"),
            "noise": Measure(round(sharpness.noise, 4), "levels"),
            "clipped_bright": Measure(round(light.clipped_bright, 4), "share"),
            "clipped_dark": Measure(round(light.clipped_dark, 4), "share"),
            "white_background": Measure(round(light.white_background, 4), "share"),
            "brightest": Measure(light.brightest, "level of 255"),
        },
        focus_map=_rounded(sharpness.tiles),
    )


def _held(
    name: str, code: IssueCode, value: float, view: View, regions: tuple[Region, ...] = ()
) -> _Finding | None:
    found = limits.limit(name, view)
    if found is None:
        return None
    return _Finding(code, found.score(value), found.asks_retake(value), regions)


def _worst_per_code(findings: Iterable[_Finding]) -> list[_Finding]:
    worst: dict[IssueCode, _Finding] = {}
    for finding in findings:
        if finding.code not in worst or finding.score > worst[finding.code].score:
            worst[finding.code] = finding
    return list(worst.values())


def _verdict(findings: list[_Finding]) -> Verdict:
    if any(finding.retake for finding in findings):
        return Verdict.RETAKE
    if any(finding.score > 0.5 for finding in findings):
        return Verdict.ADVISE
    return Verdict.ACCEPT


def _rounded(tiles: NDArray[np.float32]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 2) for value in row) for row in tiles)
