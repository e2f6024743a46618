"""Stopping at once all that has not gone out: of a referral, or of somebody who has died."""

import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.messages import outbox
from derm_service.messages.codes import MessageKind
from derm_service.messages.models import Message
from derm_service.messages.rules import STOPPABLE
from derm_service.people import User
from derm_service.referrals.models import Referral


def for_referral(
    session: Session,
    *,
    referral_id: uuid.UUID,
    reason: str,
    but: Collection[MessageKind] = (),
    by: User | None,
) -> int:
    """Stop everything of a referral that has not gone out `but` these; how many were stopped."""
    its = sa.and_(Message.referral_id == referral_id, Message.kind.not_in(but))
    return _stop_all(session, its, reason=reason, by=by)


def for_patient(session: Session, *, patient_id: uuid.UUID, reason: str, by: User | None) -> int:
    """Stop everything to or about a patient that has not gone out; how many were stopped."""
    theirs = sa.select(Referral.id).where(Referral.patient_id == patient_id)
    return _stop_all(session, Message.referral_id.in_(theirs), reason=reason, by=by)


def _stop_all(
    session: Session, which: sa.ColumnElement[bool], *, reason: str, by: User | None
) -> int:
    messages = session.scalars(
        sa.select(Message)
        .where(which, Message.state.in_(STOPPABLE))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for message in messages:
        outbox.stop(session, message, reason=reason, by=by)
    return len(messages)
