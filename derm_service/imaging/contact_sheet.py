"""A folder's photographs for a person to look over: worst first, verdicts and marks beside them."""

import base64
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from derm_service.imaging.checking import Checked
from derm_service.imaging.gate.report import QualityIssue, Verdict
from derm_service.imaging.marks import Mark, marks
from derm_service.imaging.soft_places import SoftPlaces, soft_places

SEVERITY = (Verdict.REJECT, Verdict.RETAKE, Verdict.ADVISE, Verdict.ACCEPT)


@dataclass(frozen=True)
class Entry:
    """One photograph as the sheet shows it."""

    name: str
    verdict: Verdict
    view: str
    issues: tuple[QualityIssue, ...]
    thumbnail: str  # a data address; empty where there is nothing to show
    width: int
    height: int
    marks: tuple[Mark, ...]
    soft: SoftPlaces


@dataclass(frozen=True)
class Sheet:
    """All photographs, and how many of each verdict."""

    entries: tuple[Entry, ...]
    counts: tuple[tuple[Verdict, int], ...]


def sheet(checked: Iterable[Checked]) -> Sheet:
    """The sheet of everything checked; within a verdict the highest score comes first."""
    ordered = sorted(checked, key=_severity)
    counts = Counter(each.report.verdict for each in ordered)
    return Sheet(
        tuple(_entry(each) for each in ordered), tuple((each, counts[each]) for each in SEVERITY)
    )


def _severity(checked: Checked) -> tuple[int, float]:
    report = checked.report
    return SEVERITY.index(report.verdict), -max(report.scores.values(), default=0.0)


def _entry(checked: Checked) -> Entry:
    report, copies = checked.report, checked.examined.copies
    address, width, height = "", 0, 0
    if copies:
        address = "data:image/jpeg;base64," + base64.b64encode(copies[0].data).decode("ascii")
        width, height = copies[0].width, copies[0].height
    return Entry(
        name=printable(str(checked.path)),
        verdict=report.verdict,
        view=report.view.replace("_", "-"),
        issues=report.issues,
        thumbnail=address,
        width=width,
        height=height,
        marks=marks([issue.regions for issue in report.issues], width, height),
        soft=soft_places(report.focus_map, [issue.code for issue in report.issues], width, height),
    )


def printable(name: str) -> str:
    """A file name as it can be shown: line breaks and unknown bytes as their codes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)
