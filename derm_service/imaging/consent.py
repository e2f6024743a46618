"""What the photographer enters about consent at a visit, and what is wrong with it; pure.

What may be answered by whom for each purpose is checked again where the answers are recorded
(`referrals.consent_rules`); this module joins the answers of one conversation.
"""

from dataclasses import dataclass

from derm_service.referrals.codes import ConsentBy, Purpose
from derm_service.referrals.consent_rules import ADULT_AT, PARENT_UNTIL


@dataclass(frozen=True)
class ConsentTaken:
    """One conversation about photographs: who decided, and what they said to each purpose.

    `has_capacity` is about this decision and is None for under-16s. `interpreter` names who
    interpreted; where one was needed and none came, `no_interpreter_reason` says why.
    """

    given_by: ConsentBy
    record: bool
    teaching: bool = False
    publication: bool = False
    publication_name: str = ""
    has_capacity: bool | None = True
    giver_name: str = ""
    giver_relation: str = ""
    best_interests: dict[str, str] | None = None
    competence_note: str = ""  # how a young person was judged able to decide
    interpreter: str = ""
    no_interpreter_reason: str = ""

    def said(self, purpose: Purpose) -> bool:
        """The answer to one purpose."""
        return bool(getattr(self, purpose.value))


def decider_problem(age: int, has_capacity: bool | None, given_by: ConsentBy) -> str | None:
    """Why this person cannot decide about photographs for somebody of `age` years, or None."""
    if age < ADULT_AT:
        if given_by in (ConsentBy.PARENT, ConsentBy.YOUNG_PERSON):
            return None
        return "Choose a parent or guardian, or the young person when they are able to decide"
    if has_capacity is None:
        return "Choose whether the person has capacity for this decision"
    if has_capacity:
        if given_by is ConsentBy.PATIENT:
            return None
        return "Choose the patient: somebody with capacity decides for themselves"
    return _without_capacity(age, given_by)


def _without_capacity(age: int, given_by: ConsentBy) -> str | None:
    able = {ConsentBy.BEST_INTERESTS}
    able.add(ConsentBy.PARENT if age < PARENT_UNTIL else ConsentBy.ATTORNEY)
    if given_by in able:
        return None
    if age < PARENT_UNTIL:
        return "Choose a parent or guardian, or a best-interests decision"
    return "Choose an attorney for health and welfare, or a best-interests decision"


def problems(taken: ConsentTaken, *, age: int, interpreter_needed: bool) -> dict[str, str]:
    """The sentences, by field, of what is missing; empty when the conversation is complete."""
    found = {}
    who = decider_problem(age, taken.has_capacity, taken.given_by)
    if who:
        found["has_capacity" if "capacity for" in who else "given_by"] = who
    found |= _about_the_giver(taken)
    if interpreter_needed and not (
        taken.interpreter.strip() or taken.no_interpreter_reason.strip()
    ):
        found["interpreter"] = "Enter who interpreted, or why nobody did"
    if not taken.record and taken.teaching:
        found["teaching"] = "Choose No: without photographs for the record there are none to show"
    if not taken.record and taken.publication:
        found["publication"] = (
            "Choose No: without photographs for the record there are none to publish"
        )
    return found


def _about_the_giver(taken: ConsentTaken) -> dict[str, str]:
    found = {}
    if taken.given_by is ConsentBy.PARENT and not taken.giver_relation.strip():
        found["giver_relation"] = "Enter how they have parental responsibility, such as mother"
    if taken.given_by is ConsentBy.YOUNG_PERSON and not taken.competence_note.strip():
        found["competence_note"] = "Enter how you judged that the young person is able to decide"
    return found
