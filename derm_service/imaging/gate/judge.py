"""The judgement of one image: measures, scores, issues, verdict; pure, no files and no clock."""

from collections.abc import Callable

from derm_service.imaging.codes import View
from derm_service.imaging.gate import (
    card,
    detail,
    duplicate,
    focus,
    hair,
    lesion,
    light,
    limits,
    measures,
    scale,
)
from derm_service.imaging.gate import glare as reflections
from derm_service.imaging.gate import view as views
from derm_service.imaging.gate.lesion import Lesion
from derm_service.imaging.gate.look import Look, look
from derm_service.imaging.gate.remedies import remedy
from derm_service.imaging.gate.report import (
    ALGORITHM_VERSION,
    OF_THE_PICTURE,
    IssueCode,
    Measure,
    QualityIssue,
    QualityReport,
    Region,
    Verdict,
)
from derm_service.imaging.gate.sight import Sight

LEAST_SIDE = 128  # px; a smaller picture shows nothing that could be measured
Figures = dict[str, float]


def judge(sight: Sight, *, view: View | None) -> QualityReport:
    """Judge one picture as the view it was declared as, or where none was, as what it looks."""
    if min(sight.width, sight.height) < LEAST_SIDE:
        return _too_small(sight, view)
    seen = look(sight)
    spot = lesion.find(seen)
    found = measures.measure(seen, detail.detail(seen), spot)
    figures = {name: measure.value for name, measure in found.items()}
    detected, likeness = views.detect(figures)
    judged_as = view or detected
    ruler = scale.find(seen, view or detected)
    figures["colour_distance"] = limits.usual_colours(judged_as).distance(figures)
    scores = _scores(figures, judged_as)
    scores[IssueCode.NO_SCALE] = scale.missing(ruler, view)
    if view is not None:
        scores[IssueCode.WRONG_VIEW] = views.mismatch(likeness, view)
    issues = tuple(
        QualityIssue(code, score, remedy(code, judged_as), _regions(code, seen, spot))
        for code, score in scores.items()
        if score > 0.5
    )
    return QualityReport(
        algorithm_version=ALGORITHM_VERSION,
        limits_version=limits.version(),
        view=judged_as.value,
        verdict=_verdict(scores, figures, judged_as),
        issues=tuple(sorted(issues, key=lambda issue: -issue.score)),
        scores=scores,
        measures=found
        | scale.measures(ruler, seen)
        | {
            "colour_distance": Measure(round(figures["colour_distance"], 4), "spreads"),
            "dermoscopic": Measure(likeness, "0 camera to 1 dermoscopic"),
        },
        focus_map=focus.soft_map(seen),
        view_declared=view.value if view else None,
        view_detected=detected.value,
        colour_card=_card(seen, judged_as),
        fingerprint=duplicate.fingerprint(seen.half_grey),
    )


def _card(seen: Look, view: View) -> str | None:
    """The colour card in a camera photograph; a dermatoscope lies on the skin."""
    found = None if view is View.DERMOSCOPIC else card.find(seen)
    return found.name if found else None


def _scores(figures: Figures, view: View) -> dict[IssueCode, float]:
    """A score for every code; 0 for what means nothing in this view."""
    found = {code: limit.score(figures) for code, limit in limits.of_view(view).items()}
    found[IssueCode.LOW_RESOLUTION] = max(
        found[IssueCode.LOW_RESOLUTION], _smallness(figures["size_ratio"])
    )
    found[IssueCode.BLUR] = max(found[IssueCode.BLUR], _detail_gone(figures, view))
    return {code: found.get(code, 0.0) for code in OF_THE_PICTURE}


def _detail_gone(figures: Figures, view: View) -> float:
    """0.5 where no photograph in focus has so little detail beside its coarsest, 1 well below.

    In all directions together, or in the one that a moving hand takes most from; or where no edge
    is sharp in any direction; or where there is nothing to be seen at all. The weighed measures
    alone would pass what is blurred beyond everything they were found on.
    """
    family = "dermoscopic" if view is View.DERMOSCOPIC else "camera"
    pairs = (
        (figures["small_drop_2"], "detail_gone"),
        (figures["small_lowest"], f"direction_gone_{family}"),
        (figures["edge_sharpest"], f"edges_gone_{family}"),
        (figures["level_99"] - figures["level_1"], "contrast_gone"),
    )
    return max(
        _below(value, limits.constant(name), limits.constant(f"{name}_worst"))
        for value, name in pairs
    )


def _below(value: float, limit: float, worst: float) -> float:
    return round(min(1.0, max(0.0, 0.5 + 0.5 * (limit - value) / (limit - worst))), 4)


def _smallness(size_ratio: float) -> float:
    """0 at twice 800 x 600, 0.5 at 800 x 600, 1 at a quarter of it."""
    if size_ratio >= 1:
        return round(max(0.0, 0.5 * (2 - size_ratio)), 4)
    return round(min(1.0, 0.5 + 0.5 * (1 - size_ratio) / 0.75), 4)


def _verdict(scores: dict[IssueCode, float], figures: Figures, view: View) -> Verdict:
    asked = limits.of_view(view)
    if figures["size_ratio"] < 1:
        return Verdict.RETAKE
    if any(limit.asks_retake(scores[code]) for code, limit in asked.items()):
        return Verdict.RETAKE
    return Verdict.ADVISE if max(scores.values()) > 0.5 else Verdict.ACCEPT


def _regions(code: IssueCode, seen: Look, spot: Lesion) -> tuple[Region, ...]:
    where: dict[IssueCode, Callable[[], tuple[Region, ...]]] = {
        IssueCode.OVEREXPOSED: lambda: light.lost_regions(seen),
        IssueCode.UNDEREXPOSED: lambda: light.dark_regions(seen),
        IssueCode.GLARE: lambda: reflections.regions(seen),
        IssueCode.UNEVEN_LIGHT: lambda: light.shaded_regions(seen, spot.mask),
        IssueCode.HAIR: lambda: hair.regions(seen),
        IssueCode.FRAMING: lambda: light.boxes(spot.mask),
    }
    return where[code]() if code in where else ()


def _too_small(sight: Sight, view: View | None) -> QualityReport:
    """Nothing more is looked at."""
    judged_as = view or View.CLOSE_UP
    code = IssueCode.LOW_RESOLUTION
    return QualityReport(
        algorithm_version=ALGORITHM_VERSION,
        limits_version=limits.version(),
        view=judged_as.value,
        verdict=Verdict.RETAKE,
        issues=(QualityIssue(code, 1.0, remedy(code, judged_as)),),
        scores={each: 1.0 if each is code else 0.0 for each in OF_THE_PICTURE},
        measures={"width": Measure(sight.width, "px"), "height": Measure(sight.height, "px")},
        view_declared=view.value if view else None,
    )
