"""Where on a picture the issues are: numbered boxes in the pixels of the copy that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from derm_service.imaging.gate.report import Region

NUMBER = 1 / 14  # height of a number, of the picture's width
STEP = 0.65  # from one number to the next beside it, of its height


@dataclass(frozen=True)
class Mark:
    """One box, and where its number stands: that of its issue in the list beside the picture."""

    number: int
    x: float
    y: float
    width: float
    height: float
    number_x: float
    number_y: float  # of its foot


def marks(regions: Sequence[Sequence[Region]], width: int, height: int) -> tuple[Mark, ...]:
    """The boxes of every issue, given by issue as shares of the upright picture.

    Numbers stay in the picture, and stand side by side where boxes begin at the same place.
    """
    size = width * NUMBER
    made: list[Mark] = []
    for number, places in enumerate(regions, 1):
        for region in places:
            left, top = region.x * width, region.y * height
            at = [left + width / 60, min(top + size, height - size / 5)]
            at[0] = min(at[0], width - size * STEP)
            while any(_covers(each, at, size) for each in made):
                at[0] += size * STEP
            box = (left, top, region.width * width, region.height * height)
            made.append(Mark(number, *(round(side, 1) for side in (*box, *at))))
    return tuple(made)


def _covers(other: Mark, at: Sequence[float], size: float) -> bool:
    """Whether a number there would lie over that of another mark."""
    beside, below = abs(other.number_x - at[0]), abs(other.number_y - at[1])
    return beside < 0.9 * STEP * size and below < 0.9 * size
