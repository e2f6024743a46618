"""The office's lists of letters: to post, locked, posted lately, come back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import clock
from derm_service.messages.codes import Addressee, MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import WORDS
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Referral
from derm_service.review import letters

POSTED_LATELY = timedelta(days=30)
KIND_WORDS: dict[MessageKind, str] = {
    MessageKind.APPOINTMENT: "Appointment",
    MessageKind.APPOINTMENT_MOVED: "Appointment changed",
    MessageKind.APPOINTMENT_CANCELLED: "Appointment cancelled",
    MessageKind.OUTCOME_PATIENT: "Outcome",
    MessageKind.OUTCOME_GP: "Outcome",
}


@dataclass(frozen=True)
class Row:
    """One letter of a list."""

    message: Message
    about: str
    to: str
    state: str
    opinion_id: uuid.UUID | None
    may_print: bool
    may_post: bool
    may_return: bool
    may_write_again: bool
    may_retry: bool


@dataclass(frozen=True)
class Lists:
    """The lists, each oldest first but what was posted: newest first."""

    to_post: list[Row]
    locked: list[Row]
    came_back: list[Row]
    failed: list[Row]
    posted: list[Row]


def lists(session: Session) -> Lists:
    """Read the lists; of posted letters those of the last 30 days."""
    by_state = {
        state: [row(each) for each in _read(session, state)]
        for state in MessageState
        if state is not MessageState.STOPPED
    }
    waiting = by_state[MessageState.READY] + by_state[MessageState.PRINTED]
    return Lists(
        to_post=sorted(waiting, key=lambda each: each.message.created_at),
        locked=by_state[MessageState.LOCKED],
        came_back=_unanswered(session, by_state[MessageState.RETURNED]),
        failed=by_state[MessageState.FAILED],
        posted=by_state[MessageState.SENT][::-1],
    )


def row(message: Message) -> Row:
    """One letter and what may be done with it."""
    state = message.state
    opinion_id = letters.opinion_id_of(message)
    return Row(
        message=message,
        about=KIND_WORDS[message.kind],
        to="GP" if message.addressee is Addressee.GP else "Patient",
        state=WORDS[state],
        opinion_id=opinion_id,
        may_print=state is MessageState.READY,
        may_post=state in (MessageState.READY, MessageState.PRINTED),
        may_return=state is MessageState.SENT,
        may_write_again=state is MessageState.RETURNED and opinion_id is not None,
        may_retry=state is MessageState.FAILED,
    )


def _read(session: Session, state: MessageState) -> Sequence[Message]:
    query = (
        sa.select(Message)
        .where(Message.state == state, Message.channel == Channel.LETTER)
        .options(joinedload(Message.referral).joinedload(Referral.patient))
        .order_by(Message.created_at)
    )
    if state is MessageState.SENT:
        query = query.where(Message.changed_at > clock.now() - POSTED_LATELY)
    return session.scalars(query).all()


def _unanswered(session: Session, returned: list[Row]) -> list[Row]:
    """Returned letters after which no newer one was written."""
    found = []
    for each in returned:
        if each.opinion_id is None:
            found.append(each)
            continue
        newest = letters.of_opinion(session, each.opinion_id, each.message.addressee)[0]
        if newest.id == each.message.id:
            found.append(each)
    return found
