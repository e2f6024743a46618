"""Judging files on a disk, in order, by the same sandboxed children as the service."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derm_service.imaging import sandbox
from derm_service.imaging.codes import View
from derm_service.imaging.examined import Examined, Want
from derm_service.imaging.folders import Bytes, CannotRead
from derm_service.imaging.formats import UNREADABLE
from derm_service.imaging.gate.refusal import refuse
from derm_service.imaging.gate.report import IssueCode, QualityReport, Verdict

GOOD = (Verdict.ACCEPT, Verdict.ADVISE)


@dataclass(frozen=True)
class Checked:
    """One file and what the gate says of it."""

    path: Path
    sha256: str | None  # None when it cannot be read to its end
    examined: Examined

    @property
    def report(self) -> QualityReport:
        """What was measured and judged."""
        return self.examined.report

    @property
    def is_good(self) -> bool:
        """Accepted, with or without advice."""
        return self.report.verdict in GOOD

    def to_json(self) -> dict[str, Any]:
        """The line of `flask imaging check --json`; what was not looked at scores 0."""
        report = self.report.to_json()
        return {
            "file": str(self.path),
            "verdict": report["verdict"],
            "view": report["view"] or None,
            "issues": report["issues"],
            "scores": {code.value: self.report.scores.get(code, 0.0) for code in IssueCode},
            "measures": report["measures"],
            "focus_map": report["focus_map"],
            "colour_card": report["colour_card"],
            "width": self.examined.width,
            "height": self.examined.height,
            "sha256": self.sha256,
            "algorithm_version": report["algorithm_version"],
            "limits_version": report["limits_version"],
            "milliseconds": self.examined.milliseconds
            or {"decode": 0.0, "measure": 0.0, "total": 0.0},
        }


def check(
    paths: Iterable[Path], *, view: View | None, want: Want = Want.REPORT
) -> Iterator[Checked]:
    """One answer for each path, in their order; as many at a time as the sandbox has places."""
    return _in_order(lambda path: _check_one(path, view, want), paths)


def _check_one(path: Path, view: View | None, want: Want) -> Checked:
    data = Bytes(path)
    try:
        examined = sandbox.examine(data, view=view, want=want)
    except CannotRead as refusal:
        examined = Examined(refuse(UNREADABLE.code, str(refusal), view=view))
    return Checked(path, data.sha256, examined)


def _in_order(work: Callable[[Path], Checked], paths: Iterable[Path]) -> Iterator[Checked]:
    """Answers in the order of the paths, only a few of which are under way at a time."""
    with ThreadPoolExecutor(sandbox.PLACES) as threads:
        under_way: deque[Future[Checked]] = deque()
        for path in paths:
            under_way.append(threads.submit(work, path))
            if len(under_way) > 2 * sandbox.PLACES:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
