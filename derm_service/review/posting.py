"""A letter's way through the office: printed, posted, returned, written again."""

import uuid
from datetime import date, datetime, time

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.messages import outbox
from derm_service.messages.codes import Addressee, MessageState
from derm_service.messages.models import Message
from derm_service.people import User
from derm_service.referrals.codes import LesionState
from derm_service.review import letters, standing, tasks, telling
from derm_service.review.codes import ToldHow
from derm_service.review.models import Opinion

RETURNED = "The letter came back"
NOT_POSTED = "The letter was not posted after all"
GOES_OUT = frozenset({MessageState.READY, MessageState.PRINTED})


def by_id(session: Session, message_id: uuid.UUID) -> Message:
    """One letter, or NotFound."""
    letter = session.get(Message, message_id)
    if letter is None:
        raise NotFound("There is no such letter. Go back to the letters.")
    return letter


def printed(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """Record that a letter was printed."""
    return outbox.mark_printed(session, message_id=message_id, by=by)


def posted(session: Session, *, message_id: uuid.UUID, posted_on: date, by: User) -> Message:
    """Record that a letter was posted on a London date.

    A patient's letter about an opinion tells them, dated that day, where nobody did before.
    """
    letter = by_id(session, message_id)
    written_on = clock.london(letter.created_at).date()
    if not written_on <= posted_on <= clock.today():
        raise Invalid({"posted_on": "The date must lie between the letter's own date and today"})
    opinion = _held_opinion(session, letter)
    letter = outbox.mark_sent(session, message_id=message_id, by=by)
    if opinion and letter.addressee is Addressee.PATIENT and _waits_to_be_told(session, opinion):
        told_at = max(_afternoon(posted_on), opinion.signed_at, letter.created_at)
        telling.tell(
            session,
            opinion_id=opinion.id,
            how=ToldHow.LETTER,
            told_at=min(told_at, clock.now()),
            by=by,
        )
    return letter


def not_posted(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """Take back that a letter was posted: it lies here. Who was told by it alone was not told."""
    opinion = _held_opinion(session, by_id(session, message_id))
    letter = outbox.mark_not_sent(session, message_id=message_id, by=by)
    _not_told_by(session, opinion, letter, reason=NOT_POSTED, by=by)
    return letter


def returned(session: Session, *, message_id: uuid.UUID, reason: str, by: User) -> Message:
    """Record that a letter came back; who was told by it alone was not told."""
    opinion = _held_opinion(session, by_id(session, message_id))
    letter = outbox.mark_returned(session, message_id=message_id, reason=reason.strip(), by=by)
    _not_told_by(session, opinion, letter, reason=RETURNED, by=by)
    return letter


def write_again(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """Write a returned letter anew to the address and words that hold today."""
    letter = by_id(session, message_id)
    opinion = _held_opinion(session, letter)
    if opinion is None or letter.state is not MessageState.RETURNED:
        raise Conflict("Only a returned letter about an opinion that still holds is written again.")
    newest = next(iter(letters.of_opinion(session, opinion.id, letter.addressee)))
    if newest.id != letter.id:
        raise Conflict("A newer letter has been written already. Go back to the letters.")
    telling.check_may_hear(letter.referral)
    tasks.finish_returned(session, opinion.id, how="Written again", by=by)
    return letters.write_again(session, opinion, letter.addressee, by=by)


def _held_opinion(session: Session, letter: Message) -> Opinion | None:
    """The opinion the letter tells, its lesion held, if it is the one that holds now."""
    opinion_id = letters.opinion_id_of(letter)
    if opinion_id is None:
        return None
    opinion = standing.by_id(session, opinion_id)
    standing.locked_lesion(session, opinion.lesion_id)
    held = standing.of_lesion(session, opinion.lesion_id)
    return held if held is not None and held.id == opinion_id else None


def _not_told_by(
    session: Session, opinion: Opinion | None, letter: Message, *, reason: str, by: User
) -> None:
    if opinion and letter.addressee is Addressee.PATIENT:
        told = standing.told_of(session, opinion.id)
        if told is not None and told.how is ToldHow.LETTER:
            telling.take_back(session, opinion, reason=reason, by=by)


def _waits_to_be_told(session: Session, opinion: Opinion) -> bool:
    return (
        opinion.lesion.state is LesionState.OPINION_SIGNED
        and standing.told_of(session, opinion.id) is None
    )


def _afternoon(day: date) -> datetime:
    """The moment a letter posted on a day counts from: when the post is collected."""
    return datetime.combine(day, time(17), tzinfo=clock.LONDON)
