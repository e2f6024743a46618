"""What the journey carries from step to step: its images, and the ids of what it has made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from derm_service.journey.pages import Stuck

VIEWS = ("overview", "close_up", "dermoscopic")
SITES = (("36141000", "left"), ("66643007", "midline"), ("41550009", "right"), ("25763004", "left"))
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass
class Trip:
    """One journey's state; `sent` hears how many bytes of the present image are safe."""

    images: Sequence[Path]
    sent: Callable[[int], None]
    referral: str = ""
    appointment: str = ""
    lesions: list[str] = field(default_factory=list)  # addresses of their capture pages
    captures: list[str] = field(default_factory=list)

    @property
    def lesions_needed(self) -> int:
        """Three views to a lesion."""
        return min(-(-len(self.images) // len(VIEWS)), len(SITES))


def day(name: str, on: date) -> dict[str, str]:
    """The three boxes of a date."""
    parts = {"day": on.day, "month": on.month, "year": on.year}
    return {f"{name}-{part}": str(value) for part, value in parts.items()}


def id_in(address: str, after: str) -> str:
    """The id that follows a word in an address."""
    found = re.search(rf"/{after}/({ID})", address)
    if found is None:
        raise Stuck(f"The service answered with {address}, which names no {after}.")
    return found.group(1)
