"""What a referral states about the patient's health, in one set of words for every page; pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

NAMES: dict[str, str] = {
    "allergies": "Allergies",
    "anticoagulant": "Blood thinner",
    "pacemaker": "Pacemaker or other implanted device",
    "immunosuppressed": "Weakened immune system",
    "medicines": "Medicines",
    "previous_skin_cancer": "Skin cancer before",
    "family_history": "Skin cancer in the family",
}
BESIDE_THE_PERSON = ("allergies", "anticoagulant", "pacemaker", "immunosuppressed", "medicines")
"""What whoever touches, operates on or rings the person must know."""
NOT_STATED = "Not stated"


class Fact(NamedTuple):
    """One thing asked of the referrer, and the answer in words."""

    name: str
    answer: str

    @property
    def is_stated(self) -> bool:
        """Whether the referrer said anything about it."""
        return self.answer != NOT_STATED


def facts(history: Mapping[str, Any], names: tuple[str, ...] = tuple(NAMES)) -> list[Fact]:
    """Everything asked about the patient's health with its answer, "Not stated" where none is."""
    return [Fact(NAMES[name], _in_words(history.get(name))) for name in names]


def beside_the_person(history: Mapping[str, Any]) -> list[Fact]:
    """The part of it that whoever touches, operates on or rings the person must know."""
    return facts(history, BESIDE_THE_PERSON)


def _in_words(value: bool | str | None) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return (value or "").strip() or NOT_STATED
