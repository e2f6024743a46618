"""Calls that were made: the row leaves the Work page, and what was to be told was delivered."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.messages import outbox, work
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message, WorkItem
from derm_service.people import User
from derm_service.referrals.codes import Channel


def reached(session: Session, *, item_id: uuid.UUID, how: str, by: User) -> WorkItem:
    """Record that somebody was spoken to; every message that waited for this call is delivered."""
    item = work.finish_by_hand(session, item_id=item_id, how=how, by=by)
    waiting = sa.select(Message).where(
        Message.subject_id == item.subject_id,
        Message.channel == Channel.PHONE,
        Message.state == MessageState.READY,
    )
    for message in session.scalars(waiting.with_for_update()).all():
        outbox.move(
            session, message, MessageState.DELIVERED, by=by, did="told by telephone", reason=how
        )
    return item
