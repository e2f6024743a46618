"""Telling a person about their appointment, by the way they hear from us."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import letters, texts
from derm_service.booking.letters import AGAIN, MOVED, NEW
from derm_service.booking.models import Appointment
from derm_service.messages import channels, outbox, work
from derm_service.messages.channels import Way
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.rules import STOPPABLE, letter_arrives
from derm_service.people import User
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient

TO_COME = (
    MessageKind.APPOINTMENT,
    MessageKind.APPOINTMENT_MOVED,
    MessageKind.APPOINTMENT_REMINDER,
)
"""What nobody needs to hear once the appointment does not stand as it said."""
GONE_OUT = (MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED)
BOOKED = "Tell them about the appointment"
CHANGED = "Tell them about the changed appointment"
CANCELLED = "Tell that the appointment is cancelled"
STANDS = "Tell that the appointment stands after all"


def tell_booked(session: Session, appointment: Appointment, *, by: User | None) -> None:
    """Tell a person that an appointment was booked."""
    content = _booked(appointment, NEW)
    _tell(session, appointment, MessageKind.APPOINTMENT, content, BOOKED, by)


def tell_moved(session: Session, old: Appointment, new: Appointment, *, by: User | None) -> None:
    """Tell the new time; whatever has not gone out about the old one is stopped."""
    forget(session, old, how="The appointment was moved", by=by)
    content = _booked(new, MOVED)
    _tell(session, new, MessageKind.APPOINTMENT_MOVED, content, CHANGED, by)


def tell_cancelled(
    session: Session, appointment: Appointment, *, will_rebook: bool, by: User
) -> None:
    """Tell that the appointment will not take place."""
    forget(session, appointment, how="The appointment was cancelled", by=by)
    if appointment.slot.starts_at <= clock.now():
        return  # nobody is told of a time that has passed; the Work page has somebody ring
    content = letters.cancelled(appointment, clock.today(), will_rebook=will_rebook)
    content |= texts.cancelled(appointment, will_rebook=will_rebook)
    kind = MessageKind.APPOINTMENT_CANCELLED
    _tell(session, appointment, kind, content, CANCELLED, by)


def tell_restored(session: Session, appointment: Appointment, *, by: User) -> None:
    """Correct what was said, where something was: the appointment stands after all.

    Who has not heard of its end needs no word, unless they have not heard of it at all; nor does
    a time that has passed.
    """
    how = "The appointment stands after all"
    _stop(session, appointment, MessageKind.APPOINTMENT_CANCELLED, how=how, by=by)
    forget(session, appointment, how=how, by=by)
    if appointment.slot.starts_at <= clock.now():
        return
    if _heard(session, appointment, MessageKind.APPOINTMENT_CANCELLED):
        opening, said = AGAIN, STANDS
    elif _heard(session, appointment, *TO_COME):
        return
    else:
        opening, said = NEW, BOOKED
    content = _booked(appointment, opening)
    once = f":again:{clock.now().isoformat()}"
    _tell(session, appointment, MessageKind.APPOINTMENT, content, said, by, once=once)


def how(patient: Patient, today: date, on: date) -> str:
    """How a person will hear of an appointment on a day, for the page that asks to confirm it."""
    return channels.words(_way(patient, today, on))


def how_to_reach(patient: Patient, today: date) -> str:
    """Whom to ring in a person's place and how to talk to them; often nothing."""
    safe = channels.SAFE_CONTACT if patient.safe_contact else ""
    said = (safe, letters.whom_to_ring(patient, today), letters.how_to_talk(patient))
    return " ".join(part for part in said if part)


def told(session: Session, appointment: Appointment) -> tuple[list[Message], list[WorkItem]]:
    """What was written about an appointment, and the calls."""
    messages = session.scalars(
        sa.select(Message)
        .where(Message.subject_id == appointment.id, Message.channel != Channel.PHONE)
        .order_by(Message.created_at, Message.id)
    )
    calls = session.scalars(
        sa.select(WorkItem).where(
            WorkItem.kind == WorkKind.CALL_PATIENT, WorkItem.subject_id == appointment.id
        )
    )
    return list(messages), list(calls)


def forget(session: Session, appointment: Appointment, *, how: str, by: User | None) -> None:
    """Stop every message and call about an appointment that nobody needs to hear of any more."""
    _stop(session, appointment, *TO_COME, how=how, by=by)
    work.finish(session, kind=WorkKind.CALL_PATIENT, subject_id=appointment.id, how=how, by=by)


def _stop(
    session: Session, appointment: Appointment, *kinds: MessageKind, how: str, by: User | None
) -> None:
    unsent = session.scalars(
        sa.select(Message)
        .where(
            Message.subject_id == appointment.id,
            Message.kind.in_(kinds),
            Message.state.in_(STOPPABLE),
        )
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for message in unsent:
        outbox.stop(session, message, reason=how, by=by)


def _heard(session: Session, appointment: Appointment, *kinds: MessageKind) -> bool:
    """Whether the person has heard one of these of an appointment, or may be hearing it now."""
    heard = sa.exists().where(
        Message.subject_id == appointment.id, Message.kind.in_(kinds), Message.state.in_(GONE_OUT)
    )
    return bool(session.scalar(sa.select(heard)))


def _booked(appointment: Appointment, opening: str) -> dict[str, Any]:
    return letters.booked(appointment, clock.today(), opening) | texts.booked(appointment, opening)


def _tell(
    session: Session,
    appointment: Appointment,
    kind: MessageKind,
    content: dict[str, Any],
    said: str,
    by: User | None,
    *,
    once: str = "",
) -> None:
    today = clock.today()
    note = letters.phone_note(appointment, today, said=said)
    outbox.tell(
        session,
        way=_way(appointment.patient, today, clock.london(appointment.slot.starts_at).date()),
        referral=appointment.referral,
        kind=kind,
        content=content | {"note": note},
        once_key=f"{kind}:{appointment.id}{once}",
        subject_id=appointment.id,
        not_after=appointment.slot.starts_at,
        by=by,
    )


def _way(patient: Patient, today: date, on: date) -> Way:
    in_time = letter_arrives(today, on)
    return channels.way(patient, today=today, letter_in_time=in_time)
