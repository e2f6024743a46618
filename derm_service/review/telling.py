"""Telling the patient: recorded with how and when; it unlocks the letter and may stop the clock."""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.messages import outbox
from derm_service.messages.codes import Addressee, MessageState
from derm_service.messages.models import Message, WorkItem
from derm_service.people import Action, User, may
from derm_service.referrals import lesions
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Referral
from derm_service.review import clock_end, letters, outcomes, standing, tasks
from derm_service.review.codes import OverrideReason, ToldHow
from derm_service.review.models import Opinion, Told

HOW_WORDS: dict[ToldHow, str] = {
    ToldHow.PHONE_CALL: "By phone",
    ToldHow.VISIT: "At a visit at home",
    ToldHow.CLINIC: "In clinic",
    ToldHow.LETTER: "By letter, posted and not returned",
    ToldHow.PROXY: "Somebody who may hear it for them was told",
}
OVERRIDE_WORDS: dict[OverrideReason, str] = {
    OverrideReason.NOT_REACHABLE: "We tried, and cannot reach the patient",
    OverrideReason.PATIENT_ASKED_FOR_LETTER: "The patient asked to hear by letter",
    OverrideReason.ALREADY_KNOWS: "The patient knows already",
}
TOLD_ALREADY = (
    "Somebody has recorded already that the patient was told. Load the page again to see how."
)
CORRECTED = (
    "This opinion was corrected while you had the page open. Nothing was saved. Open the page "
    "again, and tell the patient what it says now."
)


def tell(
    session: Session,
    *,
    opinion_id: uuid.UUID,
    how: ToldHow,
    told_at: datetime,
    spoken_to: str = "",
    note: str = "",
    corrections: int | None = None,
    by: User,
) -> Told:
    """Record that the patient was told an opinion; their letter is unlocked.

    The clock stops where this was the last lesion and every outcome ends it. `corrections` is
    how many the words had that were read out: with a newer one the patient heard the old words.
    """
    opinion = standing.locked_opinion(session, opinion_id)
    check_may_hear(opinion.lesion.referral)
    if opinion.lesion.state is LesionState.TOLD:
        raise Conflict(TOLD_ALREADY)
    if corrections is not None and corrections != len(opinion.addenda):
        raise Conflict(CORRECTED)
    _check(session, opinion, how, told_at, spoken_to, note)
    told = _add(session, opinion, how, told_at, spoken_to.strip(), note.strip(), by)
    lesions.move(session, opinion.lesion, LesionState.TOLD, by=by)
    letter = letters.patients(session, opinion.id)
    if letter is not None and letter.state is MessageState.LOCKED:
        outbox.unlock(session, message_id=letter.id, by=by)
    letters.settle_locks(session, opinion.lesion.referral, by=by)
    tasks.finish_call(session, opinion.id, how=HOW_WORDS[how], by=by)
    tasks.finish_returned(session, opinion.id, how=HOW_WORDS[how], by=by)
    clock_end.settle(session, opinion.lesion.referral, reason="not every lesion told", by=by)
    return told


def not_reached(
    session: Session, *, opinion_id: uuid.UUID, note: str, next_on: date, by: User
) -> WorkItem:
    """Record a try that reached nobody; the next one stands on the Work page for `next_on`."""
    opinion = standing.locked_opinion(session, opinion_id)
    check_may_hear(opinion.lesion.referral)
    if opinion.lesion.state is LesionState.TOLD:
        raise Conflict(TOLD_ALREADY)
    if next_on < clock.today():
        raise Invalid({"next_on": "The next try must be today or later"})
    when = clock.london(clock.now())
    said = f"{tasks.NOT_REACHED} on {when.day} {when:%B at %H:%M}. {note.strip()}".strip()
    item = tasks.next_try(session, opinion, said=said, on=next_on, by=by)
    _record(session, "tried to tell patient", opinion, by, next_on=next_on.isoformat())
    return item


def override_lock(
    session: Session, *, opinion_id: uuid.UUID, reason: OverrideReason, by: User
) -> Message:
    """Let a locked letter go although nobody was spoken to; a clinician's coded decision."""
    if not may(by, Action.OVERRIDE_LOCK):
        raise NotAllowed("Only a dermatologist can release a locked letter.")
    opinion = standing.locked_opinion(session, opinion_id)
    letter = letters.patients(session, opinion.id)
    if letter is None or letter.state is not MessageState.LOCKED:
        raise Conflict("The letter is not locked any more. Load the page again.")
    if letter.lock_reason != letters.SPEAK_FIRST:
        raise Conflict(letter.lock_reason)
    tasks.finish_call(session, opinion.id, how=OVERRIDE_WORDS[reason], by=by)
    _record(session, "overrode letter lock", opinion, by, reason=reason.value)
    outbox.unlock(session, message_id=letter.id, override_reason=reason.value, by=by)
    letters.settle_locks(session, opinion.lesion.referral, by=by)
    return letter


def take_back(session: Session, opinion: Opinion, *, reason: str, by: User) -> None:
    """The patient was not told after all: the lesion waits again and the clock runs on.

    The lesion is held by whoever calls.
    """
    told = standing.told_of(session, opinion.id)
    if told is None:
        return
    told.taken_back_at, told.taken_back_reason = clock.now(), reason
    session.flush()
    lesions.move(session, opinion.lesion, LesionState.OPINION_SIGNED, by=by)
    _record(session, "took back that patient was told", opinion, by, reason=reason)
    letters.settle_locks(session, opinion.lesion.referral, by=by)
    clock_end.settle(session, opinion.lesion.referral, reason=reason, by=by)


def check_may_hear(referral: Referral) -> None:
    """Refuse to tell anybody about a referral of somebody who has died, or that was withdrawn."""
    if sentence := why_nobody_is_told(referral):
        raise Conflict(sentence)


def why_nobody_is_told(referral: Referral) -> str | None:
    """A sentence where no call is made and no letter goes out; None where they do."""
    if referral.patient.deceased_on is not None:
        return "This patient has died. Do not ring, and do not post a letter."
    if referral.state is ReferralState.WITHDRAWN:
        return "This referral was withdrawn. No letter goes out."
    return None


def _check(
    session: Session, opinion: Opinion, how: ToldHow, told_at: datetime, spoken_to: str, note: str
) -> None:
    wrong: dict[str, str] = {}
    if not outcomes.writes_letters(standing.outcome_of(opinion)):
        raise Conflict("This lesion waits for a second opinion, so there is nothing to tell yet.")
    if told_at > clock.now():
        wrong["told_at"] = "When the patient was told must be in the past"
    elif early := _too_early(opinion, told_at):
        wrong["told_at"] = early
    if how is ToldHow.LETTER and not _posted(session, opinion):
        wrong["how"] = "Record first that the letter was posted"
    if how is ToldHow.PROXY and not spoken_to.strip():
        wrong["spoken_to"] = "Enter who was told"
    if how is ToldHow.PROXY and not note.strip():
        wrong["note"] = "Enter how the patient agreed that this person may hear it"
    if wrong:
        raise Invalid(wrong)


def _too_early(opinion: Opinion, told_at: datetime) -> str | None:
    """Why nobody can have heard at that moment what the opinion says now; None where they can."""
    corrected = opinion.addenda[-1].signed_at if opinion.addenda else None
    if told_at < _to_the_minute(opinion.signed_at):
        return "The patient cannot have been told before the opinion was signed"
    if corrected is not None and told_at < _to_the_minute(corrected):
        return "The opinion was corrected after that. Tell the patient what it says now"
    return None


def _to_the_minute(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.second, microseconds=moment.microsecond)


def _posted(session: Session, opinion: Opinion) -> bool:
    sent = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    return any(letter.state is MessageState.SENT for letter in sent[:1])


def _add(
    session: Session,
    opinion: Opinion,
    how: ToldHow,
    told_at: datetime,
    spoken_to: str,
    note: str,
    by: User,
) -> Told:
    told = Told(
        opinion_id=opinion.id,
        how=how,
        told_at=told_at,
        spoken_to=spoken_to,
        note=note,
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )
    with conflict_on(session, "told_once_per_opinion", TOLD_ALREADY):
        session.add(told)
    _record(session, "told patient", opinion, by, how=how.value, at=told_at.isoformat())
    return told


def _record(session: Session, did: str, opinion: Opinion, by: User, **detail: str) -> None:
    lesion = opinion.lesion
    audit.record(
        session,
        by=by,
        did=did,
        subject=opinion,
        referral_id=lesion.referral_id,
        patient_id=lesion.referral.patient_id,
        detail={"lesion": str(lesion.number), **detail},
    )
