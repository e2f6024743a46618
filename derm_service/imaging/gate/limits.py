"""The gate's limits, read from `limits.json`, and how a measured figure becomes a score."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from derm_service.imaging.codes import View


@dataclass(frozen=True)
class Limit:
    """One limit; figures may rise or fall from perfect to worst."""

    perfect: float
    limit: float
    retake: float
    worst: float

    def score(self, value: float) -> float:
        """0 when perfect, 0.5 at the limit, 1 at worst, straight in between."""
        if self._beyond(value, self.limit):
            share = 0.5 + 0.5 * (value - self.limit) / (self.worst - self.limit)
        else:
            share = 0.5 * (value - self.perfect) / (self.limit - self.perfect)
        return round(min(1.0, max(0.0, share)), 4)

    def asks_retake(self, value: float) -> bool:
        """Whether the figure is so bad that the photograph should be taken again."""
        return self._beyond(value, self.retake)

    def _beyond(self, value: float, mark: float) -> bool:
        return value > mark if self.worst > self.perfect else value < mark


@cache
def _file() -> dict[str, Any]:
    text = files("derm_service.imaging.gate").joinpath("limits.json").read_text("utf-8")
    return dict(json.loads(text))


def version() -> str:
    """The version of the limits, kept in every report."""
    return str(_file()["version"])


@cache
def limit(name: str, view: View) -> Limit | None:
    """The limit of that name for a view; None where it means nothing for the view."""
    per_view = _file()[name]
    family = "dermoscopic" if view is View.DERMOSCOPIC else "camera"
    found = per_view.get(family, per_view.get("any"))
    if found is None:
        return None
    return Limit(found["perfect"], found["limit"], found["retake"], found["worst"])
