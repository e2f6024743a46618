"""Correcting a signed opinion by a dated addendum; letters are reissued, nothing is edited."""

import uuid

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.people import Action, User, may
from derm_service.referrals.codes import LesionState
from derm_service.referrals.rules import check_open
from derm_service.review import (
    clock_end,
    letters,
    opinions,
    outcomes,
    standing,
    tasks,
    telling,
    viewing,
)
from derm_service.review.codes import Outcome
from derm_service.review.models import Addendum, Opinion
from derm_service.review.opinions import Wording

CHANGED = "The opinion was corrected"
CORRECTED = (
    "This opinion has been corrected since you opened the page. Your correction was not saved. "
    "Open the page again, and look at what it says now."
)
NO_QUESTION = "A signed opinion cannot become a question. Ask for new photographs or correct it"


def correct(
    session: Session,
    *,
    opinion_id: uuid.UUID,
    wording: Wording,
    sure: bool = False,
    corrections: int | None = None,
    by: User,
) -> Addendum:
    """Add a dated correction to the opinion that holds on a lesion.

    Letters are written anew in place of the old ones. A changed outcome has to be told again:
    what was recorded as told is taken back and the clock is weighed anew. `corrections` is how
    many the page showed: Conflict where there is a newer one, so a second press signs nothing.
    """
    opinion = standing.locked_opinion(session, opinion_id)
    if corrections is not None and corrections != len(opinion.addenda):
        raise Conflict(CORRECTED)
    lesion = opinion.lesion
    check_open(lesion.referral.state)
    if lesion.state not in (LesionState.OPINION_SIGNED, LesionState.TOLD):
        raise Conflict("This lesion is with a reader again. Sign a new opinion instead.")
    if lesion.intimate and not may(by, Action.SEE_INTIMATE):
        raise NotAllowed(viewing.INTIMATE_HIDDEN)
    _check(opinion, wording, sure)
    was = standing.outcome_of(opinion)
    addendum = _add(session, opinion, wording, was, by)
    if wording.outcome is not was:
        telling.take_back(session, opinion, reason=CHANGED, by=by)
    told = standing.told_of(session, opinion.id)
    letters.write(session, opinion, lock=told is None, by=by)
    letters.settle_locks(session, lesion.referral, by=by)
    tasks.ask_to_tell(session, opinion, by=by)
    if wording.outcome is not was:
        tasks.ask_to_arrange(session, opinion, by=by)
    clock_end.settle(session, lesion.referral, reason=CHANGED, by=by)
    return addendum


def _check(opinion: Opinion, wording: Wording, sure: bool) -> None:
    wrong = opinions.check_wording(opinion.lesion, wording, sure=sure)
    if not outcomes.writes_letters(wording.outcome):
        wrong["outcome"] = NO_QUESTION
    if wrong:
        raise Invalid(wrong)


def _add(session: Session, opinion: Opinion, wording: Wording, was: Outcome, by: User) -> Addendum:
    addendum = Addendum(
        opinion=opinion,
        outcome=wording.outcome if wording.outcome is not was else None,
        text_for_gp=wording.text_for_gp.strip(),
        text_for_patient=wording.text_for_patient.strip(),
        signed_by_id=by.id,
        signed_by=by,
        signed_at=clock.now(),
    )
    session.add(addendum)
    session.flush()
    detail = {"lesion": opinion.lesion.number, "outcome": [was.value, wording.outcome.value]}
    audit.record(
        session,
        by=by,
        did="corrected opinion",
        subject=addendum,
        referral_id=opinion.lesion.referral_id,
        patient_id=opinion.lesion.referral.patient_id,
        detail=detail,
    )
    return addendum
