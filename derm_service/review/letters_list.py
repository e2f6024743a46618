"""The office's lists of letters: to post, come back, failed, locked; and what was posted lately."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import clock
from derm_service.messages.codes import Addressee, MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import KIND_WORDS, WORDS
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Referral
from derm_service.review import letters

POSTED_LATELY = timedelta(days=30)


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
    may_return: bool  # and say that it was not posted after all
    may_write_again: bool
    may_retry: bool


@dataclass(frozen=True)
class Lists:
    """What waits for the office, each list oldest first."""

    to_post: list[Row]
    locked: list[Row]
    came_back: list[Row]
    failed: list[Row]
    posted: int  # how many in the last 30 days


def lists(session: Session) -> Lists:
    """Read the lists."""
    return Lists(
        to_post=_rows(session, MessageState.READY, MessageState.PRINTED),
        locked=_rows(session, MessageState.LOCKED),
        came_back=_unanswered(session, _rows(session, MessageState.RETURNED)),
        failed=_rows(session, MessageState.FAILED),
        posted=session.scalars(sa.select(sa.func.count()).where(*_posted_lately())).one(),
    )


def posted(session: Session) -> list[Row]:
    """What was posted in the last 30 days, the newest first."""
    query = _letters().where(*_posted_lately()).order_by(Message.changed_at.desc())
    return [row(each) for each in session.scalars(query)]


def row(message: Message) -> Row:
    """One letter and what may be done with it."""
    state = message.state
    opinion_id = letters.opinion_id_of(message)
    return Row(
        message=message,
        about=", ".join([KIND_WORDS[message.kind], *message.content.get("about", [])]),
        to="GP" if message.addressee is Addressee.GP else "Patient",
        state=WORDS[state],
        opinion_id=opinion_id,
        may_print=state is MessageState.READY,
        may_post=state is MessageState.PRINTED,
        may_return=state is MessageState.SENT,
        may_write_again=state is MessageState.RETURNED and opinion_id is not None,
        may_retry=state is MessageState.FAILED,
    )


def _letters() -> sa.Select[Message]:
    return (
        sa.select(Message)
        .where(Message.channel == Channel.LETTER)
        .options(joinedload(Message.referral).joinedload(Referral.patient))
    )


def _posted_lately() -> tuple[sa.ColumnElement[bool], ...]:
    since = clock.now() - POSTED_LATELY
    sent = Message.state == MessageState.SENT
    return Message.channel == Channel.LETTER, sent, Message.changed_at > since


def _rows(session: Session, *states: MessageState) -> list[Row]:
    query = _letters().where(Message.state.in_(states)).order_by(Message.created_at)
    return [row(each) for each in session.scalars(query)]


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
