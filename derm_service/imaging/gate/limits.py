"""The gate's limits, read from `limits.json`, and how measured figures become a score."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from derm_service.imaging.codes import View
from derm_service.imaging.gate.report import IssueCode

FARTHEST = 5.0  # spreads from typical beyond which a figure says no more
UNSEEN = 1.0  # spreads by which bright places may show less of the light's colour than all do


@dataclass(frozen=True)
class Weight:
    """How much one measure counts: per spread away from what good photographs show."""

    measure: str
    typical: float
    spread: float
    weight: float

    def of(self, value: float) -> float:
        """What this measure adds to the sum."""
        away = (value - self.typical) / self.spread
        return self.weight * min(FARTHEST, max(-FARTHEST, away))


@dataclass(frozen=True)
class Limit:
    """One code's limit in one view: weighed measures, where they start, what asks for a retake."""

    start: float
    weights: tuple[Weight, ...]
    retake: float | None

    def score(self, figures: Mapping[str, float]) -> float:
        """0 when perfect, 0.5 at the limit, 1 at worst."""
        total = self.start + sum(weight.of(figures[weight.measure]) for weight in self.weights)
        return round(1 / (1 + math.exp(-total)), 4)

    def asks_retake(self, score: float) -> bool:
        """Whether the photograph should be taken again, not only better next time."""
        return self.retake is not None and score > self.retake


@dataclass(frozen=True)
class Usual:
    """Where some measures usually lie together; `precision` undoes their spread and their ties.

    `most` is how far from usual a measure counts at all, where that has an end.
    """

    measures: tuple[str, ...]
    usual: tuple[float, ...]
    most: Mapping[str, float]
    precision: tuple[tuple[float, ...], ...]

    def distance(self, figures: Mapping[str, float]) -> float:
        """How many spreads away the figures are, all directions taken together."""
        away = self.away(figures)
        rows = (
            sum(factor * other for factor, other in zip(row, away, strict=True))
            for row in self.precision
        )
        return math.sqrt(max(0.0, sum(row * own for row, own in zip(rows, away, strict=True))))

    def away(self, figures: Mapping[str, float]) -> list[float]:
        """How far each measure is from usual, as far as it counts."""
        found = []
        for name, at in zip(self.measures, self.usual, strict=True):
            most = self.most.get(name, math.inf)
            found.append(min(most, max(-most, figures[name] - at)))
        return found


@dataclass(frozen=True)
class Colours:
    """What colours usually are: `every` one that is looked at, and of the `bright` places alone."""

    every: Usual
    bright: Usual

    def distance(self, figures: Mapping[str, float]) -> float:
        """How many spreads away the colour of the light is.

        The light's colour shows in bright places too: what shows elsewhere alone is the lesion's.
        """
        return min(self.every.distance(figures), self.bright.distance(figures) + UNSEEN)


@cache
def everything() -> dict[str, Any]:
    """The whole file, as it is read by Python and TypeScript alike."""
    text = files("derm_service.imaging.gate").joinpath("limits.json").read_text("utf-8")
    return dict(json.loads(text))


def version() -> str:
    """The version of the limits, kept in every report."""
    return str(everything()["version"])


def constant(name: str) -> float:
    """One of the plain numbers that stand beside the weighed limits."""
    return float(everything()["constants"][name]["value"])


@cache
def of_view(view: View) -> dict[IssueCode, Limit]:
    """Every limit that means something for a view."""
    family = _family(view)
    return {
        IssueCode(code): _limit(families[family])
        for code, families in everything()["limits"].items()
        if family in families
    }


@cache
def usual_colours(view: View) -> Colours:
    """What the colours of good photographs of this view's family are."""
    stored = everything()["usual_colours"][_family(view)]
    return Colours(_usual(stored["every"]), _usual(stored["bright"]))


@cache
def detector() -> Limit:
    """What tells dermoscopy (score over 0.5) from a camera photograph."""
    return _limit(everything()["view"])


def _family(view: View) -> str:
    return "dermoscopic" if view is View.DERMOSCOPIC else "camera"


def _usual(stored: dict[str, Any]) -> Usual:
    return Usual(
        tuple(stored["measures"]),
        tuple(stored["usual"]),
        stored["most"],
        tuple(map(tuple, stored["precision"])),
    )


def _limit(stored: dict[str, Any]) -> Limit:
    weights = tuple(
        Weight(name, each["typical"], each["spread"], each["weight"])
        for name, each in stored["measures"].items()
    )
    return Limit(stored["start"], weights, stored.get("retake"))
