"""Letters about an opinion that must not go: the person may only be rung, or it is in doubt."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.messages import outbox
from derm_service.messages.channels import SAFE_CONTACT
from derm_service.messages.codes import MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import STOPPABLE
from derm_service.people import User
from derm_service.referrals.models import Patient, Referral
from derm_service.review import letters, standing, tasks

WAITS = (MessageState.READY, MessageState.PRINTED, MessageState.LOCKED)


def hold_back(session: Session) -> int:
    """Stop every such letter that lies here; a call tells what it says. How many were stopped."""
    found = session.scalars(
        sa.select(Message)
        .join(Message.referral)
        .join(Referral.patient)
        .where(
            Message.kind == MessageKind.OUTCOME_PATIENT,
            Message.state.in_(WAITS),
            Patient.safe_contact,
        )
        .order_by(Message.id)
        .with_for_update(skip_locked=True, of=Message)
    ).all()
    for letter in found:
        outbox.stop(session, letter, reason=SAFE_CONTACT, by=None)
        if opinion_id := letters.opinion_id_of(letter):
            tasks.ask_to_ring(session, standing.by_id(session, opinion_id), letter)
    return len(found)


def stop_in_doubt(session: Session, *, lesion_id: uuid.UUID, reason: str, by: User) -> int:
    """Stop what would tell the lesion's opinion: its letters that lie here, and the call.

    A correction of the opinion writes and asks for them again. How many letters were stopped.
    """
    standing.locked_lesion(session, lesion_id)
    opinion = standing.of_lesion(session, lesion_id)
    if opinion is None:
        return 0
    lying = [each for each in letters.of_opinion(session, opinion.id) if each.state in STOPPABLE]
    for letter in lying:
        outbox.stop(session, letter, reason=reason, by=by)
    tasks.finish_call(session, opinion.id, how=f"Stopped: {reason}", by=by)
    return len(lying)
