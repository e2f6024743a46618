"""Taking back what was done to an appointment within the hour, while its time is still free."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import (
    appointments,
    facts,
    ledger,
    needs,
    queries,
    telling,
    waiting,
)
from derm_service.booking.codes import AppointmentState, Level
from derm_service.booking.models import Appointment
from derm_service.booking.rules import UNDOABLE, check_move
from derm_service.errors import Conflict, Invalid
from derm_service.people import User

WITHIN = timedelta(hours=1)
TOO_LATE = "This can be undone within an hour only. Book another time instead."
CANNOT = "There is nothing to undo here. Reload the page to see where the appointment stands."


def may_undo(appointment: Appointment) -> bool:
    """Whether it is one of the steps that can be taken back, and recent enough."""
    return (
        appointment.state in UNDOABLE
        and appointment.ended_at is not None
        and clock.now() - appointment.ended_at <= WITHIN
    )


def undo(session: Session, *, appointment_id: uuid.UUID, by: User) -> Appointment:
    """Give an appointment its time back and correct what was said; the one that holds is returned.

    What was cancelled or recorded as not attended is booked again; what was moved is moved back.
    Conflict when an hour has passed, the time has gone, or something else is booked by now.
    """
    appointment = queries.appointment(session, appointment_id)
    if appointment.state is AppointmentState.MOVED:
        return _move_back(session, appointment, by=by)
    ledger.lock(
        session,
        appointments=[appointment_id],
        slots=[appointment.slot_id],
        referrals=[appointment.referral_id],
    )
    session.refresh(appointment)
    _check(appointment)
    was = appointment.state
    found = facts.read(
        session,
        slot_id=appointment.slot_id,
        referral_id=appointment.referral_id,
        slots=_length(appointment),
    )
    if found.during != appointment.during:
        raise ledger.Taken(ledger.NO_LONGER_OPEN)
    facts.check(found, may_have_begun=was is AppointmentState.NOT_ATTENDED)
    with session.begin_nested():
        _take_again(session, appointment, found)
        appointment.state = AppointmentState.BOOKED
        appointment.cancel_reason = appointment.not_attended_reason = None
        appointment.ended_at = None
        session.flush()
    audit.record(
        session,
        by=by,
        did="undid the end of an appointment",
        subject=appointment,
        detail={"was": was},
    )
    waiting.off_the_list(session, appointment.referral, how="The appointment stands again", by=by)
    telling.tell_restored(session, appointment, by=by)
    return appointment


def undo_check_in(session: Session, *, appointment_id: uuid.UUID, by: User) -> Appointment:
    """Take back a check-in that was a mistake: the person is expected again."""
    appointment = queries.appointment(session, appointment_id)
    ledger.lock(session, appointments=[appointment_id])
    session.refresh(appointment)
    check_move(appointment.state, AppointmentState.BOOKED)
    appointment.state = AppointmentState.BOOKED
    appointment.checked_in_at = None
    audit.record(session, by=by, did="took back check-in", subject=appointment)
    return appointment


def _check(appointment: Appointment) -> None:
    if appointment.state not in UNDOABLE:
        raise Conflict(CANNOT)
    if not may_undo(appointment):
        raise Conflict(TOO_LATE)


def _move_back(session: Session, old: Appointment, *, by: User) -> Appointment:
    _check(old)
    if old.moved_to_id is None:
        raise Conflict(CANNOT)
    return appointments.move(
        session,
        appointment_id=old.moved_to_id,
        slot_id=old.slot_id,
        slots=_length(old),
        note=old.note,
        by=by,
    )


def _length(appointment: Appointment) -> int:
    """In slots: as many as are still there; a clinic may have been made shorter meanwhile."""
    slots = appointment.slot.clinic.slots
    return max(1, sum(one.starts_at in appointment.during and not one.withdrawn for one in slots))


def _take_again(session: Session, appointment: Appointment, found: facts.Facts) -> None:
    settled = needs.settle(session, found.slot, found.referral, found.resources, appointment.during)
    try:
        needs.check_answered(settled, appointment.note)
    except Invalid as lacking:
        raise Conflict(
            "What this person needs is no longer free at that time. Book another time."
        ) from lacking
    appointment.unmet = settled.unmet_codes
    ledger.take(
        session,
        settled.resources,
        level=Level.VISIT,
        during=appointment.during,
        appointment_id=appointment.id,
    )
