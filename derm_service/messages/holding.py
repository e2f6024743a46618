"""Holding back what waits here and may go its way to a person no longer."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import channels, failing
from derm_service.messages.codes import Addressee, MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient, Referral

MOST_A_RUN = 500
WAITS = (MessageState.READY, MessageState.PRINTED)


def hold_back(session: Session) -> int:
    """Stop what must not go any more and have somebody ring instead; how many were.

    Letters about an opinion are `review.holding`'s; texts are looked at once more as they go.
    """
    found = session.scalars(
        sa.select(Message)
        .join(Message.referral)
        .join(Referral.patient)
        .where(
            Message.state.in_(WAITS),
            Message.channel != Channel.PHONE,
            Message.kind.not_in((MessageKind.OUTCOME_PATIENT, MessageKind.OUTCOME_GP)),
            sa.or_(Patient.safe_contact, Message.addressee == Addressee.PROXY),
        )
        .order_by(Message.id)
        .with_for_update(skip_locked=True, of=Message)
    ).all()
    whys = [(message, channels.forbids(message, clock.today())) for message in found]
    held = [(message, why) for message, why in whys if why][:MOST_A_RUN]
    for message, why in held:
        failing.hold_back(session, message, why=why)
    return len(held)
