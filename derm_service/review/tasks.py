"""The rows on the Work page that opinions raise: whom to ring, and when it is done."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.letters import how_to_talk
from derm_service.messages import work
from derm_service.messages.channels import SAFE_CONTACT
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.rules import next_working_day
from derm_service.people import Role, User
from derm_service.review import letters, outcomes, standing
from derm_service.review.models import Opinion

NOT_REACHED = "Not reached"
HELD_BACK = "Ring the patient about lesion {number}: {place}. The letter is held back. {why}"
CALL = "Ring the patient about lesion {number} before the letter goes. Signed by {reader}."


def ask_to_tell(session: Session, opinion: Opinion, *, by: User) -> None:
    """Raise a call where the patient's letter is locked; a letter that is ready is work enough."""
    finish_call(session, opinion.id, how="A newer opinion holds", by=by)
    letter = letters.patients(session, opinion.id)
    if letter is None or letter.lock_reason != letters.SPEAK_FIRST:
        return
    note = CALL.format(number=opinion.lesion.number, reader=opinion.signed_by.name)
    _raise(session, opinion, note=note, on=next_working_day(clock.today()), by=by)


def ask_to_ring(session: Session, opinion: Opinion, letter: Message) -> None:
    """Raise a call in place of a letter that must not go; once told, to say what is corrected."""
    place = letters.place_of(opinion)
    note = HELD_BACK.format(number=opinion.lesion.number, place=place, why=SAFE_CONTACT)
    on = next_working_day(clock.today())
    if standing.told_of(session, opinion.id) is None:
        _raise(session, opinion, note=note, on=on, by=None)
        return
    work.raise_item(
        session,
        kind=WorkKind.CALL_PATIENT,
        role=Role.CLERK,
        due_on=on,
        referral_id=letter.referral_id,
        subject_id=letter.id,
        note=f"{note} {how_to_talk(letter.referral.patient)}".strip(),
    )


def ask_to_arrange(session: Session, opinion: Opinion, *, by: User) -> None:
    """Raise what the outcome asks the office to arrange, in place of what it asked before."""
    kind = WorkKind.ARRANGE_NEXT_STEP
    work.finish(session, kind=kind, subject_id=opinion.id, how="A newer outcome holds", by=by)
    effect = outcomes.EFFECTS[standing.outcome_of(opinion)]
    letter = letters.patients(session, opinion.id)
    if not effect.next_step or letter is None or letter.state is MessageState.STOPPED:
        return
    place = letters.place_of(opinion)
    work.raise_item(
        session,
        kind=kind,
        role=Role.CLERK,
        due_on=next_working_day(clock.today() + timedelta(days=effect.within_days - 1)),
        referral_id=opinion.lesion.referral_id,
        subject_id=opinion.id,
        note=f"{effect.next_step}. Lesion {opinion.lesion.number}, {place}.",
        urgent=effect.needs_diagnosis_soon,
        by=by,
    )


def ask_anew(session: Session, opinion: Opinion, *, by: User) -> None:
    """Raise the call and what is to be arranged, where they do not wait already."""
    if open_call(session, opinion.id) is None:
        ask_to_tell(session, opinion, by=by)
    if _open(session, WorkKind.ARRANGE_NEXT_STEP, opinion.id) is None:
        ask_to_arrange(session, opinion, by=by)


def open_call(session: Session, opinion_id: uuid.UUID) -> WorkItem | None:
    """The call that waits to be made about an opinion."""
    return _open(session, WorkKind.TELL_PATIENT, opinion_id)


def finish_call(session: Session, opinion_id: uuid.UUID, *, how: str, by: User) -> None:
    """Take the call off the list."""
    work.finish(session, kind=WorkKind.TELL_PATIENT, subject_id=opinion_id, how=how, by=by)


def finish_returned(session: Session, opinion_id: uuid.UUID, *, how: str, by: User) -> None:
    """Take the returned letters of an opinion off the list."""
    for letter in letters.of_opinion(session, opinion_id, Addressee.PATIENT):
        work.finish(session, kind=WorkKind.LETTER_RETURNED, subject_id=letter.id, how=how, by=by)


def next_try(session: Session, opinion: Opinion, *, said: str, on: date, by: User) -> WorkItem:
    """Finish this try, which reached nobody, and raise the next one for another day."""
    tries = len(tries_of(session, opinion.id)) + 1
    finish_call(session, opinion.id, how=said, by=by)
    return _raise(session, opinion, note=f"Try {tries + 1}. Last time: {said}", on=on, by=by)


def tries_of(session: Session, opinion_id: uuid.UUID) -> Sequence[WorkItem]:
    """The calls that reached nobody, the newest first."""
    return session.scalars(
        sa.select(WorkItem)
        .where(
            WorkItem.kind == WorkKind.TELL_PATIENT,
            WorkItem.subject_id == opinion_id,
            WorkItem.done_how.startswith(NOT_REACHED),
        )
        .order_by(WorkItem.done_at.desc())
    ).all()


def _open(session: Session, kind: WorkKind, opinion_id: uuid.UUID) -> WorkItem | None:
    return session.scalar(
        sa.select(WorkItem).where(
            WorkItem.kind == kind,
            WorkItem.subject_id == opinion_id,
            WorkItem.done_at.is_(None),
        )
    )


def _raise(session: Session, opinion: Opinion, *, note: str, on: date, by: User | None) -> WorkItem:
    lesion = opinion.lesion
    return work.raise_item(
        session,
        kind=WorkKind.TELL_PATIENT,
        role=Role.CLERK,
        due_on=on,
        referral_id=lesion.referral_id,
        subject_id=opinion.id,
        note=f"{note} {how_to_talk(lesion.referral.patient)}".strip(),
        urgent=True,
        by=by,
    )
