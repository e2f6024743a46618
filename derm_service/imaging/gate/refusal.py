"""The report of a file that cannot be shown safely."""

from derm_service.imaging.codes import View
from derm_service.imaging.gate import limits
from derm_service.imaging.gate.report import (
    ALGORITHM_VERSION,
    IssueCode,
    QualityIssue,
    QualityReport,
    Verdict,
)


def refuse(code: IssueCode, message: str, *, view: View | None) -> QualityReport:
    """The report of a file that cannot be shown safely; the whole verdict is that."""
    return QualityReport(
        algorithm_version=ALGORITHM_VERSION,
        limits_version=limits.version(),
        view=view.value if view else "",
        verdict=Verdict.REJECT,
        issues=(QualityIssue(code, 1.0, message),),
        scores={code: 1.0},
        view_declared=view.value if view else None,
    )
