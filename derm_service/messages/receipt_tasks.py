"""Asking the carrier what became of the messages it took."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.messages import failing, outbox
from derm_service.messages.carriers import Carrier, Progress, Refused, Unsure
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message

AGAIN = timedelta(minutes=5)
LONGEST = timedelta(days=6)
MOST_A_RUN = 500


def ask(sessions: sessionmaker[Session], carrier: Carrier) -> int:
    """Ask after every message that is on its way, one transaction each; how many were asked."""
    for done in range(MOST_A_RUN):
        with sessions() as session:
            message = session.scalars(_next()).first()
            if message is None:
                return done
            answers = _settle(session, message, carrier)
            session.commit()
            if not answers:
                return done + 1
    return MOST_A_RUN


def _next() -> sa.Select[Message]:
    now = clock.now()
    return (
        sa.select(Message)
        .where(
            Message.state == MessageState.SENT,
            Message.carrier_id != "",
            Message.attempted_at > now - LONGEST,
            sa.or_(Message.asked_at.is_(None), Message.asked_at < now - AGAIN),
        )
        .order_by(Message.asked_at.nulls_first(), Message.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Message)
    )


def _settle(session: Session, message: Message, carrier: Carrier) -> bool:
    """Record what became of one message; whether the carrier answers at all."""
    message.asked_at = clock.now()
    try:
        receipt = carrier.receipt(message.carrier_id)
    except Unsure:
        return False  # asked again in a while
    except Refused:  # it knows nothing of this one: the others are asked about all the same
        return True
    if receipt.progress is Progress.DELIVERED:
        did = "message was delivered"
        outbox.move(session, message, MessageState.DELIVERED, by=None, did=did)
    elif receipt.progress is Progress.FAILED:
        failing.fail(session, message, reason=receipt.why)
    return True
