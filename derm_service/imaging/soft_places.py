"""Where a picture is soft: a hatching over the copy that is shown, and the same in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from derm_service import wording
from derm_service.imaging.gate.report import IssueCode

SOFT = 0.2  # of the map: in photographs in focus nine of ten places show more
LEAST = 4  # places: fewer are chance
MOSTLY = 0.7  # of the places that show anything
MOST_NAMED = 3
THIRDS = (
    ("the upper left", "the top", "the upper right"),
    ("the left", "the middle", "the right"),
    ("the lower left", "the bottom", "the lower right"),
)
SHARPNESS = frozenset({IssueCode.BLUR, IssueCode.MOTION_BLUR})


@dataclass(frozen=True)
class SoftPlaces:
    """A path of slanting lines in the pixels of that copy, and the sentence that says where."""

    path: str = ""
    sentence: str = ""


Map = Sequence[Sequence[float]]
Place = tuple[int, int]  # row and column


def soft_places(focus_map: Map, codes: Collection[str], width: int, height: int) -> SoftPlaces:
    """What to draw and to say; nothing unless the gate calls the picture blurred or moved."""
    soft = [] if SHARPNESS.isdisjoint(codes) else list(_where(focus_map))
    if len(soft) < LEAST:
        return SoftPlaces()
    side = max(width, height) / max(len(focus_map), len(focus_map[0]))
    lines = (
        f"M{column * side:.0f} {(row + 1) * side:.0f}l{side:.0f} {-side:.0f}"
        for row, column in soft
    )
    how = "out of focus" if IssueCode.BLUR in codes else "blurred by movement"
    return SoftPlaces("".join(lines), _sentence(focus_map, soft, how))


def _where(focus_map: Map) -> list[Place]:
    """The places that show something, and nothing sharp."""
    return [
        (row, column)
        for row, values in enumerate(focus_map)
        for column, value in enumerate(values)
        if 0 < value < SOFT
    ]


def _sentence(focus_map: Map, soft: list[Place], how: str) -> str:
    seen = sum(value > 0 for values in focus_map for value in values)
    if len(soft) >= MOSTLY * seen:
        return f"Nearly everything that shows detail is {how}: it is hatched."
    counts = dict.fromkeys((name for names in THIRDS for name in names), 0)
    for row, column in soft:
        counts[THIRDS[3 * row // len(focus_map)][3 * column // len(focus_map[0])]] += 1
    named = [name for name, count in counts.items() if 2 * count >= max(counts.values())]
    if len(named) > MOST_NAMED:
        return f"Parts all over the picture are {how}: they are hatched."
    where = wording.listed(named)
    verb, they = ("is", "it is") if len(named) == 1 else ("are", "they are")
    return f"{where[0].upper()}{where[1:]} {verb} {how}: {they} hatched."
