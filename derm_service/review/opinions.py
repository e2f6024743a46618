"""Signing an opinion on one lesion: opinion, letters, work and audit in one transaction."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.people import Action, User, may
from derm_service.referrals import body_sites, lesions
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion
from derm_service.referrals.rules import check_open
from derm_service.review import claims, letters, outcomes, standing, tasks, viewing
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion

ALREADY = "This lesion has just been given an opinion. Nothing was saved twice."
OWN_QUESTION = (
    "You asked for a second opinion on this lesion, so another reader has to sign. "
    "Release the case to them."
)
TAKEN_OFF = (
    "A photograph that was here when you opened this page has been taken off the record. Look at "
    "those that are left, change your opinion where it rested on the other, and confirm again."
)
SURE = "The seven-point checklist speaks against this. Confirm that you mean it."


@dataclass(frozen=True)
class Wording:
    """What a reader writes: an outcome, a text for the patient and one for the GP."""

    outcome: Outcome
    text_for_patient: str = ""
    text_for_gp: str = ""


def sign(
    session: Session,
    *,
    lesion_id: uuid.UUID,
    wording: Wording,
    site_confirmed: bool,
    images_waived_reason: str = "",
    images: str = "",
    sure: bool = False,
    by: User,
) -> Opinion:
    """Sign an opinion on a lesion that waits for review.

    `images` names the photographs its page showed: Invalid where one was taken off the record.

    `images_waived_reason` says why it is signed without having opened all filed images of the
    current set; `sure` that the reader saw the warning about a high seven-point score.
    """
    lesion = standing.locked_lesion(session, lesion_id)
    check_open(lesion.referral.state)
    _check_waits(session, lesion, by)
    claims.needed(session, referral_id=lesion.referral_id, by=by)
    waived = images_waived_reason.strip()
    _check_still_there(session, lesion, images)
    _check(session, lesion, wording, site_confirmed, waived, sure, by)
    opinion = _add(session, lesion, wording, waived, by)
    if outcomes.writes_letters(wording.outcome):
        lesions.move(session, lesion, LesionState.OPINION_SIGNED, by=by)
        letters.write(session, opinion, by=by)
        letters.settle_locks(session, lesion.referral, by=by)
        tasks.ask_to_tell(session, opinion, by=by)
        tasks.ask_to_arrange(session, opinion, by=by)
    claims.release_when_read(session, referral_id=lesion.referral_id, by=by)
    return opinion


def check_wording(lesion: Lesion, wording: Wording, *, sure: bool) -> dict[str, str]:
    """What is wrong with the words of an opinion or addendum, by field; empty when nothing."""
    wrong: dict[str, str] = {}
    if not wording.text_for_gp.strip():
        wrong["text_for_gp"] = "Enter the text for the GP"
        if wording.outcome is Outcome.SECOND_OPINION:
            wrong["text_for_gp"] = "Enter what you want to ask your colleague"
    if outcomes.writes_letters(wording.outcome) and not wording.text_for_patient.strip():
        wrong["text_for_patient"] = "Enter the text for the patient"
    if outcomes.needs_second_look(wording.outcome, lesion.seven_point_score) and not sure:
        wrong["sure"] = SURE
    return wrong


def _check_still_there(session: Session, lesion: Lesion, images: str) -> None:
    sets = viewing.sets_of(session, lesion.id) if images else []
    there = viewing.named([each for one in sets for each in viewing.filed(one)])
    if not set(images.split()) <= set(there.split()):
        raise Invalid({"site_confirmed": TAKEN_OFF})


def _check_waits(session: Session, lesion: Lesion, by: User) -> None:
    last = standing.of_lesion(session, lesion.id)
    if lesion.state is not LesionState.AWAITING_REVIEW:
        if lesion.state is LesionState.AWAITING_IMAGES:
            raise Conflict("This lesion waits for new photographs. Nothing was saved.")
        raise Conflict(ALREADY)
    if standing.is_own_question(last, by):
        raise Conflict(OWN_QUESTION)
    if lesion.intimate and not may(by, Action.SEE_INTIMATE):
        raise NotAllowed(viewing.INTIMATE_HIDDEN)


def _check(
    session: Session,
    lesion: Lesion,
    wording: Wording,
    site_confirmed: bool,
    waived: str,
    sure: bool,
    by: User,
) -> None:
    wrong = check_wording(lesion, wording, sure=sure)
    if not site_confirmed:
        place = body_sites.label(lesion.site_code, lesion.laterality)
        wrong["site_confirmed"] = f"Confirm that the images show the {place}"
    not_seen = viewing.why_not_seen(session, lesion, by=by)
    if not_seen and not waived:
        wrong["images_waived_reason"] = f"{not_seen} Open them all, or say why you sign without"
    if wrong:
        raise Invalid(wrong)


def _add(session: Session, lesion: Lesion, wording: Wording, waived: str, by: User) -> Opinion:
    last = standing.of_lesion(session, lesion.id)
    image_set = viewing.current_set(session, lesion.id)
    opinion = Opinion(
        lesion_id=lesion.id,
        lesion=lesion,
        number=last.number + 1 if last else 1,
        image_set_id=image_set.id if image_set else None,
        outcome=wording.outcome,
        text_for_gp=wording.text_for_gp.strip(),
        text_for_patient=wording.text_for_patient.strip(),
        site_confirmed=True,
        images_waived_reason=waived,
        signed_by_id=by.id,
        signed_by=by,
        signed_at=clock.now(),
        addenda=[],
    )
    with conflict_on(session, "opinion_lesion_id_number_key", ALREADY):
        session.add(opinion)
    detail = {"lesion": lesion.number, "outcome": wording.outcome.value, "number": opinion.number}
    if waived:
        detail["images_waived_reason"] = waived
    audit.record(
        session,
        by=by,
        did="signed opinion",
        subject=opinion,
        referral_id=lesion.referral_id,
        patient_id=lesion.referral.patient_id,
        detail=detail,
    )
    return opinion
