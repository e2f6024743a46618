"""The weighted seven-point checklist for pigmented lesions (NICE NG12)."""

from collections.abc import Iterable
from dataclasses import dataclass

SUSPICIOUS_FROM = 3
"""Three or more suggests suspected cancer; the referrer's judgement goes before the score."""


@dataclass(frozen=True)
class Item:
    """One question of the checklist; major ones count two, minor ones one."""

    code: str
    label: str
    weight: int


ITEMS: tuple[Item, ...] = (
    Item("change_in_size", "Change in size", 2),
    Item("irregular_shape", "Irregular shape or border", 2),
    Item("irregular_colour", "Irregular colour", 2),
    Item("seven_mm_or_more", "7 mm or more across", 1),
    Item("inflammation", "Inflammation", 1),
    Item("oozing", "Oozing or crusting", 1),
    Item("change_in_sensation", "Change in sensation, such as itch", 1),
)
SIZE, LARGE_MM = "seven_mm_or_more", 7.0
BY_CODE = {item.code: item for item in ITEMS}
MOST = sum(item.weight for item in ITEMS)


def score(ticked: Iterable[str]) -> int:
    """The weighted score, 0 to MOST; raises KeyError for an unknown item."""
    return sum(BY_CODE[code].weight for code in set(ticked))


def reading(points: int | None) -> str:
    """The score as a person reads it; nothing without one."""
    if points is None:
        return ""
    suspicious = " (3 or more suggests suspected cancer)" if points >= SUSPICIOUS_FROM else ""
    return f"{points} of {MOST} points{suspicious}"


def labels(ticked: Iterable[str]) -> list[str]:
    """The ticked items in words, majors first."""
    wanted = set(ticked)
    return [item.label for item in ITEMS if item.code in wanted]


def size_contradiction(ticked: Iterable[str], diameter_mm: float | None) -> str:
    """A question where the checklist and the diameter say different sizes; empty where not.

    A checklist without any tick says nothing about the size.
    """
    items = set(ticked)
    if not items or diameter_mm is None or (SIZE in items) == (diameter_mm >= LARGE_MM):
        return ""
    said = "ticks" if SIZE in items else "does not tick"
    return (
        f"The checklist {said} “7 mm or more across”, and the diameter is {diameter_mm:g} mm. "
        "Does the referral say both?"
    )
