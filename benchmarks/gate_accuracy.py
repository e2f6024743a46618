"""How right the gate is: `python -m benchmarks.gate_accuracy DIR [--sample N] [--long-side PX]`.

Every photograph of DIR that reaches 800 x 600 is judged untouched, and with each controlled fault,
just visible and severe. A photograph whose remark names a fault counts as neither good nor bad for
it. Beside the gate runs the usual rule: variance of the Laplacian under 100 on a 1024 px copy.
"""

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.degradations import FAULTS, Fault
from benchmarks.photographs import REMARKS, Photograph, photographs
from benchmarks.skin_tone import band
from benchmarks.statistics import auroc, wilson
from derm_service.imaging.codes import View
from derm_service.imaging.gate import limits
from derm_service.imaging.gate import view as views
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.report import QualityReport, Verdict
from derm_service.imaging.gate.sight import of_pixels, shrunk

VIEWS = {"dermoscopic": View.DERMOSCOPIC, "camera": View.CLOSE_UP}
LONG_SIDE = 1600  # px that photographs are shrunk to before a fault is put on them
USUAL_LIMIT = 100.0
LEVELS = ("just_visible", "severe")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Judged:
    """What the gate said of one picture, what the usual rule measures, and what was done to it."""

    fault: str
    level: str
    verdict: Verdict
    named: tuple[str, ...]
    asked: tuple[str, ...]  # the codes that asked for the retake
    scores: dict[str, float]
    laplacian: float
    likeness: float  # to dermoscopy, 0 to 1


@dataclass
class Case:
    """One photograph and all that was made of it."""

    name: str
    family: str
    lacks: tuple[str, ...]
    tone: str
    judged: list[Judged] = field(default_factory=list)


def case(photograph: Photograph, *, folder: Path, long_side: int) -> Case:
    """Judge one photograph untouched in full size, and with every fault."""
    whole = photograph.pixels()
    name = str(photograph.path.relative_to(folder))
    lacks = tuple(code for code in REMARKS if photograph.lacks(code))
    found = Case(name, photograph.family, lacks, band(shrunk(whole)))
    found.judged.append(_judged("", "", whole, photograph.family))
    factor = min(1.0, long_side / max(whole.shape))
    base = np.asarray(
        cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
    )
    for fault in _faults(photograph.family):
        for level, strength in zip(LEVELS, (fault.just_visible, fault.severe), strict=True):
            rng = np.random.default_rng(zlib.crc32(f"{name} {fault.name} {level}".encode()))
            spoilt = fault.spoil(base, strength, rng)
            found.judged.append(_judged(fault.name, level, spoilt, photograph.family))
    return found


def _faults(family: str) -> list[Fault]:
    """Those that the gate has a limit for in this family."""
    known = {code.value for code in limits.of_view(VIEWS[family])}
    return [fault for fault in FAULTS if fault.codes[0] in known]


def _judged(fault: str, level: str, pixels: Pixels, family: str) -> Judged:
    sight = of_pixels(pixels)
    report = judge(sight, view=VIEWS[family])
    grey = cv2.cvtColor(sight.colour, cv2.COLOR_RGB2GRAY)
    return Judged(
        fault,
        level,
        report.verdict,
        tuple(issue.code.value for issue in report.issues),
        _asked(report, VIEWS[family]),
        {code.value: score for code, score in report.scores.items()},
        float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        report.measures["dermoscopic"].value,
    )


def _asked(report: QualityReport, view: View) -> tuple[str, ...]:
    asks = limits.of_view(view)
    return tuple(
        code.value for code, limit in asks.items() if limit.asks_retake(report.scores[code])
    )


def summary(cases: list[Case]) -> dict[str, Any]:
    """All figures that the issue asks for."""
    per_family = {
        family: {
            fault.name: _per_fault(fault, [each for each in cases if each.family == family])
            for fault in _faults(family)
        }
        for family in VIEWS
    }
    every = [found for faults in per_family.values() for found in faults.values()]
    return {
        "photographs": len(cases),
        "untouched": _untouched(cases),
        "view": _views(cases),
        "mean_auroc": {
            level: _mean([found["auroc"][level] for found in every]) for level in LEVELS
        },
        "severe_caught": _share(every, "caught", "severe"),
        "just_visible_named": _share(every, "caught", "just_visible"),
        "faults": per_family,
        "confusion": _confusion(cases),
        "variance_of_laplacian": _usual_rule(cases),
    }


def _per_fault(fault: Fault, cases: list[Case]) -> dict[str, Any]:
    code = fault.codes[0]
    counted = [each for each in cases if code not in each.lacks]
    good = [each.judged[0].scores[code] for each in counted]
    found: dict[str, Any] = {"code": code, "n": len(counted), "auroc": {}, "caught": {}}
    for level in LEVELS:
        bad = [
            judged
            for each in counted
            for judged in each.judged
            if (judged.fault, judged.level) == (fault.name, level)
        ]
        found["auroc"][level] = _auroc([each.scores[code] for each in bad], good)
        found["caught"][level] = sum(_is_caught(each, fault) for each in bad)
    return found


def _auroc(bad: list[float], good: list[float]) -> float | None:
    """None where there is nothing to compare: JSON knows no other way to say so."""
    return round(auroc(bad, good), 4) if bad and good else None


def _mean(known: list[float | None]) -> float | None:
    counted = [each for each in known if each is not None]
    return round(sum(counted) / len(counted), 4) if counted else None


def _is_caught(judged: Judged, fault: Fault) -> bool:
    """The verdict is retake and the fault is named; for a just visible one advice is enough."""
    is_named = bool(set(judged.named) & set(fault.codes))
    return is_named and (judged.level == "just_visible" or judged.verdict is Verdict.RETAKE)


def _share(every: list[dict[str, Any]], what: str, level: str) -> float:
    of = sum(each["n"] for each in every)
    return round(sum(each[what][level] for each in every) / max(1, of), 4)


def _untouched(cases: Iterable[Case]) -> dict[str, Any]:
    """Who was sent back though nobody named a fault; and by skin tone (ITA)."""
    counted = [(each, _is_sent_back(each)) for each in cases]
    known = [(each, wrong) for each, wrong in counted if wrong is not None]
    tones = sorted({each.tone for each, _ in known})
    return {
        **_interval([wrong for _, wrong in known]),
        "sent_back": {each.name: each.judged[0].asked for each, wrong in known if wrong},
        "by_skin_tone": {
            tone: _interval([wrong for each, wrong in known if each.tone == tone]) for tone in tones
        },
        "advised": sum(each.judged[0].verdict is Verdict.ADVISE for each, _ in known),
    }


def _is_sent_back(case: Case) -> bool | None:
    """None where the photograph was sent back for nothing but what its remark names."""
    asked = set(case.judged[0].asked)
    if case.judged[0].verdict is not Verdict.RETAKE:
        return False
    return None if asked and asked <= set(case.lacks) else True


def _interval(wrong: list[bool]) -> dict[str, Any]:
    low, high = wilson(sum(wrong), len(wrong))
    return {"n": len(wrong), "wrong": sum(wrong), "wilson_95": [round(low, 4), round(high, 4)]}


def _views(cases: list[Case]) -> dict[str, Any]:
    """Whether it looks what it is, and how often one would be asked when it was declared so."""
    looks = [(each, each.judged[0].likeness) for each in cases]
    right = [(like > 0.5) == (each.family == "dermoscopic") for each, like in looks]
    other = {"dermoscopic": View.CLOSE_UP, "camera": View.DERMOSCOPIC}
    return {
        "right": sum(right),
        "n": len(right),
        "wrong": [
            each.name for (each, _), is_right in zip(looks, right, strict=True) if not is_right
        ],
        "asked_when_declared_wrongly": sum(
            views.mismatch(like, other[each.family]) > 0.5 for each, like in looks
        ),
        "asked_when_declared_rightly": sum(
            views.mismatch(like, VIEWS[each.family]) > 0.5 for each, like in looks
        ),
    }


def _confusion(cases: list[Case]) -> dict[str, dict[str, int]]:
    """For each severe fault, how often each code was named."""
    table: dict[str, Counter[str]] = {}
    for each in cases:
        for judged in each.judged:
            if judged.level == "severe":
                row = table.setdefault(judged.fault, Counter())
                row["pictures"] += 1
                row.update(judged.named)
    return {fault: dict(row.most_common()) for fault, row in table.items()}


def _usual_rule(cases: list[Case]) -> dict[str, Any]:
    """Variance of the Laplacian with its usual limit, on the same pictures."""
    counted = [each for each in cases if "blur" not in each.lacks]
    good = [-each.judged[0].laplacian for each in counted]
    found: dict[str, Any] = {
        "untouched_refused": sum(value > -USUAL_LIMIT for value in good),
        "n": len(good),
        "auroc": {},
    }
    for level in LEVELS:
        bad = [
            -judged.laplacian
            for each in counted
            for judged in each.judged
            if (judged.fault, judged.level) == ("defocus", level)
        ]
        found["auroc"][level] = _auroc(bad, good)
    return found


def main() -> None:
    """Judge everything, say each fault in a line, and all of it as JSON on the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=1, help="only every Nth photograph")
    parser.add_argument("--long-side", type=int, default=LONG_SIDE)
    parser.add_argument("--processes", type=int, default=2)
    wish = parser.parse_args()
    chosen = list(photographs(wish.folder))[:: wish.sample]
    judged = partial(case, folder=wish.folder, long_side=wish.long_side)
    with ProcessPoolExecutor(wish.processes) as pool:
        found = summary(list(pool.map(judged, chosen)))
    for family, faults in found["faults"].items():
        for name, each in faults.items():
            print(f"{family:12} {name:12} n {each['n']:3} {each['auroc']} caught {each['caught']}")
    print(json.dumps(found, allow_nan=False))


if __name__ == "__main__":
    main()
