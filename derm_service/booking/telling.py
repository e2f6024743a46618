"""Telling a person about their appointment: a letter, and a call where a letter will not do."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import letters
from derm_service.booking.models import Appointment
from derm_service.messages import outbox, work
from derm_service.messages.codes import Addressee, MessageKind, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.rules import STOPPABLE, next_working_day
from derm_service.people import Role, User
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient

TOO_LATE = "A letter would come too late."
PREFERS_PHONE = "Prefers to be rung; a letter is sent as well."
KINDS = (
    MessageKind.APPOINTMENT,
    MessageKind.APPOINTMENT_MOVED,
    MessageKind.APPOINTMENT_CANCELLED,
)
CANNOT_READ = "A letter is sent, but it cannot be read without help."


def tell_booked(session: Session, appointment: Appointment, *, by: User) -> None:
    """Write to, or have somebody ring, a person whose appointment was booked."""
    content = letters.booked(appointment, clock.today())
    _tell(
        session,
        appointment,
        MessageKind.APPOINTMENT,
        content,
        "Tell them about the appointment",
        by,
    )


def tell_moved(session: Session, old: Appointment, new: Appointment, *, by: User) -> None:
    """Tell the new time; whatever has not gone out about the old one is stopped."""
    forget(session, old, how="The appointment was moved", by=by)
    content = letters.booked(new, clock.today(), moved=True)
    kind = MessageKind.APPOINTMENT_MOVED
    _tell(session, new, kind, content, "Tell them about the changed appointment", by)


def tell_cancelled(
    session: Session, appointment: Appointment, *, will_rebook: bool, by: User
) -> None:
    """Tell that the appointment will not take place."""
    forget(session, appointment, how="The appointment was cancelled", by=by)
    if appointment.slot.starts_at <= clock.now():
        return  # nobody is told of a time that has passed; the Work page has somebody ring
    content = letters.cancelled(appointment, clock.today(), will_rebook=will_rebook)
    kind = MessageKind.APPOINTMENT_CANCELLED
    _tell(session, appointment, kind, content, "Tell that the appointment is cancelled", by)


def tell_restored(session: Session, appointment: Appointment, *, by: User) -> None:
    """Correct what was said: the appointment stands after all; a passed time needs no word."""
    cancelled = session.scalar(
        sa.select(Message).where(
            Message.once_key == f"{MessageKind.APPOINTMENT_CANCELLED}:{appointment.id}"
        )
    )
    if cancelled is not None and cancelled.state in STOPPABLE:
        outbox.stop(session, cancelled, reason="The appointment stands after all", by=by)
    forget(session, appointment, how="The appointment stands after all", by=by)
    if appointment.slot.starts_at <= clock.now():
        return
    content = letters.booked(appointment, clock.today(), again=True)
    kind = MessageKind.APPOINTMENT
    said = "Tell that the appointment stands after all"
    once = f":again:{clock.now().isoformat()}"
    _tell(session, appointment, kind, content, said, by, once=once)


def how(patient: Patient, today: date, on: date) -> str:
    """How a person will hear of an appointment on a day, for the page that asks to confirm it."""
    if not letters.letter_arrives(today, on):
        return "By telephone: a letter would come too late. A call appears on the Work page."
    return "By letter and by telephone" if _why_ring_too(patient) else "By letter"


def told(session: Session, appointment: Appointment) -> tuple[list[Message], list[WorkItem]]:
    """The messages and the open calls about an appointment."""
    keys = [f"{kind}:{appointment.id}" for kind in KINDS]
    about = [Message.once_key.startswith(key, autoescape=True) for key in keys]
    messages = session.scalars(
        sa.select(Message).where(Message.referral_id == appointment.referral_id, sa.or_(*about))
    )
    calls = session.scalars(
        sa.select(WorkItem).where(
            WorkItem.kind == WorkKind.CALL_PATIENT, WorkItem.subject_id == appointment.id
        )
    )
    return list(messages), list(calls)


def forget(session: Session, appointment: Appointment, *, how: str, by: User) -> None:
    """Stop every message and call about an appointment that nobody needs to hear of any more."""
    unsent = session.scalars(
        sa.select(Message).where(
            Message.once_key.in_(
                [
                    f"{kind}:{appointment.id}"
                    for kind in (MessageKind.APPOINTMENT, MessageKind.APPOINTMENT_MOVED)
                ]
            ),
            Message.state.in_(STOPPABLE),
        )
    )
    for message in unsent:
        outbox.stop(session, message, reason=how, by=by)
    work.finish(session, kind=WorkKind.CALL_PATIENT, subject_id=appointment.id, how=how, by=by)


def _tell(
    session: Session,
    appointment: Appointment,
    kind: MessageKind,
    content: dict[str, object],
    said: str,
    by: User,
    *,
    once: str = "",
) -> None:
    on = clock.london(appointment.slot.starts_at).date()
    if not letters.letter_arrives(clock.today(), on):
        _ring(session, appointment, letters.phone_note(appointment, said=said, why=TOO_LATE), by)
        return
    outbox.write(
        session,
        referral=appointment.referral,
        kind=kind,
        addressee=Addressee.PATIENT,
        channel=Channel.LETTER,
        content=content,
        once_key=f"{kind}:{appointment.id}{once}",
        by=by,
    )
    why = _why_ring_too(appointment.patient)
    if why:
        _ring(session, appointment, letters.phone_note(appointment, said=said, why=why), by)


def _why_ring_too(patient: Patient) -> str:
    if patient.contact_by is Channel.PHONE:
        return PREFERS_PHONE
    return CANNOT_READ if letters.cannot_read_letter(patient) else ""


def _ring(session: Session, appointment: Appointment, note: str, by: User) -> None:
    on = clock.london(appointment.slot.starts_at).date()
    today = clock.today()
    work.raise_item(
        session,
        kind=WorkKind.CALL_PATIENT,
        role=Role.CLERK,
        due_on=today if on <= next_working_day(today) else next_working_day(today),
        not_after=max(on, today),
        referral_id=appointment.referral_id,
        subject_id=appointment.id,
        note=note,
        by=by,
    )
