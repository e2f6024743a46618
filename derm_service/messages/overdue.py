"""What lies too long: letters that would come too late, texts nobody carries, news of the past."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import failing, outbox
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import letter_still_arrives
from derm_service.referrals.codes import Channel

LONGEST_WAIT = timedelta(hours=16)
"""A night and some hours: what waited longer is told another way."""
MOST_A_RUN = 500
TOO_LATE = "A letter posted today would come too late."
PASSED = "Its day has passed."
NOT_CARRIED = "It could not be sent for 16 hours."


def sweep(session: Session, *, carried: bool) -> int:
    """Settle what lies too long; how many were. `carried` is whether texts go out at all."""
    found = session.scalars(
        sa.select(Message)
        .where(
            Message.state.in_((MessageState.READY, MessageState.PRINTED)),
            sa.or_(_letters(), _unsent(carried)),
        )
        .order_by(Message.not_after.nulls_last(), Message.id)
        .limit(MOST_A_RUN)
        .with_for_update(skip_locked=True, of=Message)
    ).all()
    return sum(_settle(session, message) for message in found)


def _letters() -> sa.ColumnElement[bool]:
    """Letters about a day so near that one posted now may miss it."""
    near = clock.now() + timedelta(days=21)
    return sa.and_(Message.channel == Channel.LETTER, Message.not_after < near)


def _unsent(carried: bool) -> sa.ColumnElement[bool]:
    waited = sa.func.greatest(Message.created_at, Message.not_before) < clock.now() - LONGEST_WAIT
    return sa.and_(
        Message.channel.in_((Channel.SMS, Channel.EMAIL)),
        sa.or_(Message.not_after <= clock.now(), waited),
        sa.true() if carried else sa.false(),
    )


def _settle(session: Session, message: Message) -> bool:
    if message.not_after is not None and message.not_after <= clock.now():
        outbox.stop(session, message, reason=PASSED, by=None)
        return True
    if message.channel is not Channel.LETTER:
        failing.fail(session, message, reason=NOT_CARRIED)
        return True
    on = message.not_after
    if on is None or letter_still_arrives(clock.today(), clock.london(on).date()):
        return False
    outbox.stop(session, message, reason=TOO_LATE, by=None)
    failing.tell_instead(session, message, Channel.PHONE, why=TOO_LATE)
    return True
