"""Sending what waits, once each, whatever is killed when.

The attempt is committed before the call, with the message's id as the carrier's reference. While
the call runs the row stays locked: a lock that is free says that its sender is gone. Whoever
takes such a message over first asks the carrier whether it has it.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock, crash
from derm_service.messages import channels, failing, outbox, texts
from derm_service.messages.carriers import Carrier, Closed, Parcel, Refused, Unsure
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message
from derm_service.messages.quiet import is_quiet
from derm_service.messages.texts import TextSender
from derm_service.referrals.codes import Channel

CARRIED = (Channel.SMS, Channel.EMAIL)
MOST_A_RUN = 500
MOST_ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=1)
CARRIER_FORGETS = timedelta(days=6)
"""GOV.UK Notify keeps what it sent for seven days: after that its "no" says nothing."""
LOST = "It is not known whether it went out."
GIVEN_UP = "The carrier did not answer, again and again."


@dataclass(frozen=True)
class Post:
    """What sending needs: a carrier, who writes, and how long an answer may take to be seen."""

    carrier: Carrier
    sender: TextSender
    ask_after: timedelta


def send_waiting(sessions: sessionmaker[Session], post: Post) -> int:
    """Send what waits, one transaction after the other; how many were worked on.

    A carrier that does not answer is left alone until the next round: nobody waits behind it.
    """
    for done in range(MOST_A_RUN):
        with sessions() as session:
            message = _claim(session, post)
            if message is None:
                return done
            _hand_over(session, message, post)
            session.commit()
            if message.state is MessageState.SENDING:
                return done + 1
    return MOST_A_RUN


def _claim(session: Session, post: Post) -> Message | None:
    """The next message, its attempt on record and its row locked again."""
    message = session.scalars(_next(post)).first()
    if message is None:
        return None
    if message.state is MessageState.READY:
        if why := failing.stale(session, message):
            outbox.stop(session, message, reason=why, by=None)
            return message
        if why := channels.forbids(message, clock.today()):
            failing.hold_back(session, message, why=why)
            return message
        did = "began to send message"
        outbox.move(session, message, MessageState.SENDING, by=None, did=did)
    message.attempts += 1
    message.attempted_at = clock.now()
    message_id = message.id
    session.commit()
    crash.here(crash.Point.MESSAGE_CLAIMED)
    return outbox.for_change(session, message_id)


def _next(post: Post) -> sa.Select[Message]:
    now = clock.now()
    channels = [Channel.EMAIL] if is_quiet(now) else CARRIED
    waits = sa.and_(
        Message.state == MessageState.READY,
        sa.or_(Message.not_after.is_(None), Message.not_after > now),
    )
    left = sa.and_(
        Message.state == MessageState.SENDING, Message.attempted_at < now - post.ask_after
    )
    return (
        sa.select(Message)
        .where(
            Message.channel.in_(channels),
            sa.or_(waits, left),
            sa.or_(Message.not_before.is_(None), Message.not_before <= now),
        )
        .order_by(Message.created_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Message)
    )


def _hand_over(session: Session, message: Message, post: Post) -> None:
    if message.state is not MessageState.SENDING:
        return  # somebody else was quicker
    try:
        carrier_id = _earlier(message, post.carrier) or _send(session, message, post)
    except Refused as problem:
        failing.fail(session, message, reason=str(problem))
    except Closed:
        message.attempts -= 1
        did = "put message back"
        outbox.move(session, message, MessageState.READY, by=None, did=did)
        session.commit()
        raise  # the job fails, and failing again and again stands before the administrator
    except Unsure as problem:
        message.problem = str(problem)
        message.not_before = clock.now() + _wait(message.attempts, post.ask_after)
    else:
        crash.here(crash.Point.MESSAGE_TAKEN)
        message.carrier_id, message.problem = carrier_id, ""
        outbox.move(session, message, MessageState.SENT, by=None, did="sent message")


def _earlier(message: Message, carrier: Carrier) -> str | None:
    """What the carrier has of an earlier attempt; Refused where nobody can know any more."""
    if message.attempts == 1:
        return None
    if clock.now() - message.changed_at > CARRIER_FORGETS:
        raise Refused(LOST)
    found = carrier.find(str(message.id))
    if found is None and message.attempts > MOST_ATTEMPTS:
        raise Refused(GIVEN_UP)
    return found


def _send(session: Session, message: Message, post: Post) -> str:
    if why := failing.stale(session, message):
        raise Refused(why)
    if why := channels.forbids(message, clock.today()):
        raise Refused(why)
    return post.carrier.send(parcel(message, post))


def parcel(message: Message, post: Post) -> Parcel:
    """The message as it goes out."""
    if message.channel is Channel.SMS:
        subject, body = "", texts.sms(message.content, post.sender)
    else:
        subject, body = texts.email(message.content, post.sender)
    return Parcel(str(message.id), message.channel, message.send_to, subject, body)


def _wait(attempts: int, ask_after: timedelta) -> timedelta:
    doubled: timedelta = ask_after * 2 ** min(attempts, 10)
    return min(doubled, LONGEST_WAIT)
