"""The same photograph twice, in a lesion's own set and on somebody else's record."""

from dataclasses import replace

import numpy as np

from derm_service.imaging.codes import View
from derm_service.imaging.gate import duplicate
from derm_service.imaging.gate.duplicate import Known
from derm_service.imaging.gate.report import IssueCode, Verdict
from tests.imaging.scenes import judged, taken


def print_of(report_of: View, seed: int = 7) -> str:
    found = judged(taken(report_of, seed=seed)[0], report_of).fingerprint
    assert found
    return found


def test_the_same_photograph_in_a_set_is_pointed_out() -> None:
    report = judged(taken()[0])

    found = duplicate.judged(report, [Known(print_of(View.DERMOSCOPIC), is_same_patient=True)])

    assert found.verdict is Verdict.ADVISE
    assert [issue.code for issue in found.issues] == [IssueCode.DUPLICATE]
    assert "another of this lesion" in found.issues[0].message


def test_a_copy_saved_darker_is_still_the_same_photograph() -> None:
    pixels = taken()[0]
    darker = judged((pixels * 0.8).astype(np.uint8))

    found = duplicate.judged(darker, [Known(print_of(View.DERMOSCOPIC), is_same_patient=True)])

    assert found.scores[IssueCode.DUPLICATE] > 0.5


def test_another_photograph_is_no_duplicate() -> None:
    report = judged(taken()[0])

    found = duplicate.judged(report, [Known(print_of(View.CLOSE_UP), is_same_patient=True)])

    assert found.verdict is report.verdict
    assert found.scores[IssueCode.DUPLICATE] < 0.5


def test_a_near_match_with_another_patient_advises_and_equal_bytes_block() -> None:
    report = judged(taken()[0])
    near = Known(print_of(View.DERMOSCOPIC), is_same_patient=False)

    assert duplicate.judged(report, [near]).verdict is Verdict.ADVISE
    blocked = duplicate.judged(report, [replace(near, is_same_file=True)])
    assert blocked.verdict is Verdict.RETAKE
    assert "another patient's record" in blocked.issues[0].message
