"""What a valid answer about consent is, by purpose, age and capacity; pure."""

from dataclasses import dataclass, field

from derm_service.referrals.codes import ConsentBy, Purpose

TEXT_VERSION = "2026-1"
"""Names the wording below; each answer keeps the version that was read out."""

TEXTS: dict[Purpose, str] = {
    Purpose.RECORD: (
        "Photographs of your skin are taken and kept on your health record, so that a "
        "dermatologist can see them and advise on your care. Images used to decide on your care "
        "cannot be deleted later, because they are part of your record."
    ),
    Purpose.TEACHING: (
        "Your photographs may be shown, without your name, to teach health professionals. You "
        "can change your mind at any time and your care will not be affected."
    ),
    Purpose.PUBLICATION: (
        "Your photographs may appear, without your name, in the publication named here. Once "
        "something is published it cannot be fully called back."
    ),
}

ADULT_AT = 16
PARENT_UNTIL = 18
_BEST_INTERESTS = {
    "why_cannot_decide": "Enter why the person cannot make this decision",
    "consulted": "Enter who was consulted, or why nobody could be",
    "why_best": "Enter why photographs are in the person's best interests",
}


@dataclass(frozen=True)
class Answer:
    """One answer to one purpose, as it was given."""

    purpose: Purpose
    is_given: bool
    given_by: ConsentBy
    giver_name: str = ""
    giver_relation: str = ""
    best_interests: dict[str, str] | None = field(default=None)
    publication_name: str = ""


def problems(answer: Answer, *, age: int) -> dict[str, str]:
    """The sentences, by field, of what is missing or cannot be; empty when it is valid."""
    found = _who_may_answer(answer, age)
    if answer.given_by in (ConsentBy.PARENT, ConsentBy.ATTORNEY) and not answer.giver_name.strip():
        found["giver_name"] = "Enter the name of the person who answered"
    if answer.given_by is ConsentBy.BEST_INTERESTS:
        found |= _best_interests(answer)
    if (
        answer.purpose is Purpose.PUBLICATION
        and answer.is_given
        and not answer.publication_name.strip()
    ):
        found["publication_name"] = "Enter the name of the publication"
    return found


def _who_may_answer(answer: Answer, age: int) -> dict[str, str]:
    by = answer.given_by
    if age < ADULT_AT and by is ConsentBy.PATIENT:
        return {"given_by": "Choose a parent, or a young person judged able to decide"}
    if age >= ADULT_AT and by is ConsentBy.YOUNG_PERSON:
        return {"given_by": "Choose the patient: people of 16 or over decide for themselves"}
    if age >= PARENT_UNTIL and by is ConsentBy.PARENT:
        return {"given_by": "A parent cannot answer for somebody of 18 or over"}
    if age < PARENT_UNTIL and by is ConsentBy.ATTORNEY:
        return {"given_by": "An attorney can only answer for somebody of 18 or over"}
    return {}


def _best_interests(answer: Answer) -> dict[str, str]:
    if answer.purpose is not Purpose.RECORD and answer.is_given:
        return {
            "is_given": "Without capacity photographs are for the record only: choose No for "
            "teaching and publication"
        }
    if not answer.is_given:
        return {}
    entry = answer.best_interests or {}
    return {name: text for name, text in _BEST_INTERESTS.items() if not entry.get(name, "").strip()}
