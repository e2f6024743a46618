"""What the gate says of one image: measures, scores, issues and a verdict, to and from JSON."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

ALGORITHM_VERSION = "11"


class IssueCode(StrEnum):
    """Every fault the gate can name; each is measured, none is guessed."""

    WRONG_FORMAT = "wrong_format"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    SEVERAL_PICTURES = "several_pictures"
    LOW_RESOLUTION = "low_resolution"
    BLUR = "blur"
    MOTION_BLUR = "motion_blur"
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"
    UNEVEN_LIGHT = "uneven_light"
    GLARE = "glare"
    COLOUR_CAST = "colour_cast"
    NOISE = "noise"
    COMPRESSION = "compression"
    HAIR = "hair"
    FRAMING = "framing"
    WRONG_VIEW = "wrong_view"
    NO_SCALE = "no_scale"
    DUPLICATE = "duplicate"


OF_THE_FILE = frozenset(
    {
        IssueCode.WRONG_FORMAT,
        IssueCode.UNREADABLE,
        IssueCode.TOO_LARGE,
        IssueCode.SEVERAL_PICTURES,
    }
)
OF_THE_PICTURE = tuple(code for code in IssueCode if code not in OF_THE_FILE)
"""Every code that a picture which can be shown gets a score for."""


class Verdict(StrEnum):
    """What follows for the photographer; `reject` is only for what cannot be shown safely."""

    ACCEPT = "accept"
    ADVISE = "advise"
    RETAKE = "retake"
    REJECT = "reject"


@dataclass(frozen=True)
class Region:
    """A box on the upright image, each side from 0 to 1."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class QualityIssue:
    """One failed limit: the code, its score (0.5 to 1), and one sentence of cause and remedy."""

    code: IssueCode
    score: float
    message: str
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Measure:
    """One measured figure with its unit, and how far it may be off where that is known."""

    value: float
    unit: str
    error: float | None = None


@dataclass(frozen=True)
class QualityReport:
    """The judgement of one image; scores run from 0 (perfect) to 1, the limit is always 0.5.

    `view` is the one it was judged as: the declared one, or where none was, the detected one.
    `colour_card` says in words which one lies in the picture, if any; `fingerprint` finds the same
    picture again (256 bits in hexadecimal).
    """

    algorithm_version: str
    limits_version: str
    view: str
    verdict: Verdict
    issues: tuple[QualityIssue, ...] = ()
    scores: dict[IssueCode, float] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    focus_map: tuple[tuple[float, ...], ...] = ()
    view_declared: str | None = None
    view_detected: str | None = None
    colour_card: str | None = None
    fingerprint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, as kept in the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "QualityReport":
        """The report that `to_json` wrote."""
        return cls(
            algorithm_version=stored["algorithm_version"],
            limits_version=stored["limits_version"],
            view=stored["view"],
            verdict=Verdict(stored["verdict"]),
            issues=tuple(_issue(issue) for issue in stored["issues"]),
            scores={IssueCode(code): score for code, score in stored["scores"].items()},
            measures={name: Measure(**measure) for name, measure in stored["measures"].items()},
            focus_map=tuple(tuple(row) for row in stored["focus_map"]),
            view_declared=stored["view_declared"],
            view_detected=stored["view_detected"],
            colour_card=stored["colour_card"],
            fingerprint=stored["fingerprint"],
        )


def _issue(stored: dict[str, Any]) -> QualityIssue:
    return QualityIssue(
        code=IssueCode(stored["code"]),
        score=stored["score"],
        message=stored["message"],
        regions=tuple(Region(**region) for region in stored["regions"]),
    )
