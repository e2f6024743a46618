"""The same photograph twice: a fingerprint of what is seen, compared with those of others."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from derm_service.imaging.gate.ranks import median
from derm_service.imaging.gate.report import IssueCode, QualityIssue, QualityReport, Verdict

SIDE, KEPT = 64, 16  # px looked at; the coarsest waves across and down that are kept
BITS = KEPT * KEPT
SAME = 26  # bits that two fingerprints of one photograph may differ in
UNRELATED = BITS / 2  # what two unrelated photographs differ in

IN_THIS_SET = (
    "This is the same photograph as another of this lesion: take a new one, or keep only one."
)
OF_SOMEBODY_ELSE = (
    "This looks like a photograph of another patient: check that it was taken of this patient "
    "before you keep it."
)
SAME_FILE_OF_SOMEBODY_ELSE = (
    "This very file is already on another patient's record: take the photograph of this patient."
)


@dataclass(frozen=True)
class Known:
    """A photograph already there: its fingerprint, whose it is, and whether the bytes are equal."""

    fingerprint: str
    is_same_patient: bool
    is_same_file: bool = False


def fingerprint(grey: NDArray[np.uint8]) -> str:
    """The signs of the coarsest waves of brightness, in hexadecimal."""
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:KEPT, :KEPT].copy()
    waves[0, 0] = 0.0  # brightness itself says nothing
    return np.packbits(waves > median(waves)).tobytes().hex()


def distance(one: str, other: str) -> int:
    """In how many of their bits two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def judged(report: QualityReport, known: Iterable[Known]) -> QualityReport:
    """The report with `duplicate` judged against photographs that are already there."""
    if report.fingerprint is None:
        return report
    scored = [(_score(report.fingerprint, each), each) for each in known]
    if not scored:
        return report
    score, nearest = max(scored, key=lambda pair: (pair[0], not pair[1].is_same_patient))
    scores = report.scores | {IssueCode.DUPLICATE: score}
    if score <= 0.5:
        return replace(report, scores=scores)
    issue = QualityIssue(IssueCode.DUPLICATE, score, _sentence(nearest))
    return replace(
        report,
        scores=scores,
        issues=(*report.issues, issue),
        verdict=_verdict(report.verdict, blocks=nearest.is_same_file),
    )


def _score(fingerprint: str, known: Known) -> float:
    """1 for equal bytes; else 0.5 where two shots of one photograph may just differ that much."""
    if known.is_same_file:
        return 1.0
    bits = distance(fingerprint, known.fingerprint)
    if bits <= SAME:
        return round(0.99 - 0.48 * bits / SAME, 4)
    return round(0.5 * max(0.0, 1 - (bits - SAME) / (UNRELATED - SAME)), 4)


def _sentence(known: Known) -> str:
    if known.is_same_patient:
        return IN_THIS_SET
    return SAME_FILE_OF_SOMEBODY_ELSE if known.is_same_file else OF_SOMEBODY_ELSE


def _verdict(verdict: Verdict, *, blocks: bool) -> Verdict:
    if verdict is Verdict.REJECT:
        return verdict
    if blocks:
        return Verdict.RETAKE
    return Verdict.ADVISE if verdict is Verdict.ACCEPT else verdict
