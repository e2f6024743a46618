"""Asking somebody whether they want a time that fell free: by their own channel."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import letters, offer_texts
from derm_service.booking.codes import AnsweredBy
from derm_service.booking.offer_models import Offer
from derm_service.messages import outbox, texts, work
from derm_service.messages.channels import Way
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message
from derm_service.people import User
from derm_service.referrals.codes import Channel

UNSENT = (MessageState.READY, MessageState.LOCKED)


def ask(session: Session, offer: Offer, *, way: Way, link: str, by: User | None) -> None:
    """Ask by the person's way; whoever is rung stands on the Work page until the offer ends."""
    content: dict[str, Any] = offer_texts.question(offer, link)
    whom = letters.whom_to_ring(offer.patient, clock.today())
    said = (offer_texts.to_ring(offer), whom, letters.how_to_talk(offer.patient))
    content["note"] = " ".join(part for part in said if part)
    outbox.tell(
        session,
        way=way,
        referral=offer.referral,
        kind=MessageKind.OFFER,
        content=content,
        once_key=f"{MessageKind.OFFER}:{offer.id}",
        subject_id=offer.id,
        not_after=offer.expires_at,
        call=WorkKind.OFFER_CALL,
        by=by,
    )


def forget(
    session: Session, offer: Offer, *, answered_by: AnsweredBy | None, how: str, by: User | None
) -> None:
    """Stop the question where it has not gone out; a call that was answered was delivered.

    The secret of the link is kept no longer than it opens anything.
    """
    asked = session.scalars(
        sa.select(Message)
        .where(Message.subject_id == offer.id)
        .order_by(Message.id)
        .with_for_update()
    ).all()
    for message in asked:
        message.content = texts.without_secrets(message.content)
        if message.state not in UNSENT:
            continue
        if answered_by is AnsweredBy.PHONE and message.channel is Channel.PHONE:
            did = "told by telephone"
            outbox.move(session, message, MessageState.DELIVERED, by=by, did=did, reason=how)
        else:
            outbox.stop(session, message, reason=how, by=by)
    work.finish(session, kind=WorkKind.OFFER_CALL, subject_id=offer.id, how=how, by=by)
