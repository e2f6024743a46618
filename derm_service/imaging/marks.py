"""Where on a picture the issues are: numbered boxes in the pixels of the copy that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from derm_service.imaging.gate.report import Region


@dataclass(frozen=True)
class Mark:
    """One box; `number` is that of its issue in the list beside the picture."""

    number: int
    x: float
    y: float
    width: float
    height: float


def marks(regions: Sequence[Sequence[Region]], width: int, height: int) -> tuple[Mark, ...]:
    """The boxes of every issue, given by issue as shares of the upright picture."""
    return tuple(
        Mark(
            number,
            round(region.x * width, 1),
            round(region.y * height, 1),
            round(region.width * width, 1),
            round(region.height * height, 1),
        )
        for number, places in enumerate(regions, 1)
        for region in places
    )
