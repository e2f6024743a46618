"""Appointments: booked, moved, cancelled, checked in, completed, not attended."""

import uuid
from contextlib import nullcontext

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import (
    facts,
    freed,
    ledger,
    overbooking,
    placing,
    queries,
    telling,
    waiting,
)
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    NextStep,
    NotAttendedReason,
)
from derm_service.booking.models import Appointment
from derm_service.booking.rules import NEXT_STEP_WORDS, NOT_ATTENDED_WORDS, check_move
from derm_service.db import add, together
from derm_service.errors import Conflict
from derm_service.people import User

IS_HERE = (
    "This patient is checked in. On the visit’s page the photographer can take that back, where it "
    "was a mistake, or end the visit."
)
PASSED = (
    "The time of this appointment has passed. Record that the patient did not attend "
    "or cancel it, then book another."
)


def book(
    session: Session,
    *,
    slot_id: uuid.UUID,
    referral_id: uuid.UUID,
    slots: int = 1,
    note: str = "",
    hold_id: uuid.UUID | None = None,
    above: str = "",
    by: User | None,
) -> Appointment:
    """Give a referral so many `slots` from one on and tell the person; Conflict says why not.

    Every recorded need takes its resource (interpreter, chaperone, hoist). Where
    none is free, `note` says what was arranged or why it is right so, and `by` answers for it;
    without it Invalid. `above` is the reason to book above capacity, which needs its permission.
    What was held for the referral, or by `hold_id`, is given up for it. A hold that has lapsed
    does no harm while the time is still free.
    """
    ledger.lock(session, slots=[slot_id], referrals=[referral_id], holds=_some(hold_id))
    found = facts.read(
        session, slot_id=slot_id, referral_id=referral_id, slots=slots, hold_id=hold_id
    )
    facts.check(found)
    overbooking.check_allowed(above, by)
    appointment = placing.new(found, note=note, by=by)
    with session.begin_nested() if found.holds else nullcontext():
        placing.take(session, found, appointment, hold_id, above)
    with placing.conflicts_said(), together(session):
        add(session, appointment)
        _record(
            session,
            appointment,
            "booked appointment",
            by=by,
            **placing.answered(appointment, above),
        )
        if found.is_to_book:
            waiting.off_the_list(session, found.referral, how="Booked", by=by)
        telling.tell_booked(session, appointment, by=by)
    return appointment


def move(
    session: Session,
    *,
    appointment_id: uuid.UUID,
    slot_id: uuid.UUID,
    slots: int = 1,
    note: str | None = None,
    hold_id: uuid.UUID | None = None,
    above: str = "",
    by: User | None,
) -> Appointment:
    """Move a booked appointment: the old place is let go only with the new one taken.

    The old row becomes `moved` and points to the new one, which is returned. Interpreter and
    whoever else was to come move with it. Without a `note` the old one stands. Else as `book`.
    """
    old = queries.appointment(session, appointment_id)
    ledger.lock(session, slots=[slot_id], appointments=[appointment_id], holds=_some(hold_id))
    found = facts.read(
        session,
        slot_id=slot_id,
        referral_id=old.referral_id,
        slots=slots,
        hold_id=hold_id,
        moving_id=old.id,
    )
    session.refresh(old)
    check_move(old.state, AppointmentState.MOVED)
    facts.check(found)
    if old.slot.starts_at <= clock.now():
        raise Conflict(PASSED)
    if old.slot_id == slot_id:
        raise Conflict("The appointment is already at this time. Choose another time.")
    overbooking.check_allowed(above, by)
    new = placing.new(found, note=old.note if note is None else note, by=by)
    with session.begin_nested():  # the old place is not let go unless the new one is taken
        ledger.release(session, appointment_id=old.id)
        freed.mark(session, old)
        placing.take(session, found, new, hold_id, above, giving_up=old.id)
        ledger.move_up(session, appointment_id=old.id)
        old.state = AppointmentState.MOVED
        old.ended_at = clock.now()
        session.flush()
        session.add(new)
        with placing.conflicts_said():
            session.flush()
        old.moved_to_id = new.id
    _record(session, old, "moved appointment", by=by, moved_to=str(new.id))
    answered = placing.answered(new, above)
    _record(session, new, "booked appointment", by=by, moved_from=str(old.id), **answered)
    telling.tell_moved(session, old, new, by=by)
    return new


def cancel(
    session: Session, *, appointment_id: uuid.UUID, reason: CancelReason, by: User
) -> Appointment:
    """Cancel an appointment and free its slot; the person goes back on the waiting list."""
    appointment = _for_change(session, appointment_id, AppointmentState.CANCELLED)
    if appointment.state is AppointmentState.CHECKED_IN:
        raise Conflict(IS_HERE)
    _end(session, appointment, reason, by=by)
    telling.tell_cancelled(session, appointment, will_rebook=True, by=by)
    waiting.back_on_the_list(session, appointment.referral, why=f"cancelled: {reason}", by=by)
    return appointment


def end(
    session: Session, *, appointment_id: uuid.UUID, reason: CancelReason, by: User
) -> Appointment:
    """Cancel without telling anybody: for referrals that end; `cancel` is for everything else."""
    appointment = _for_change(session, appointment_id, AppointmentState.CANCELLED)
    _end(session, appointment, reason, by=by)
    return appointment


def check_in(session: Session, *, appointment_id: uuid.UUID, by: User) -> Appointment:
    """The person has come; Conflict before the day of the appointment."""
    appointment = _for_change(session, appointment_id, AppointmentState.CHECKED_IN)
    if clock.london(appointment.slot.starts_at).date() > clock.today():
        raise Conflict(
            "This appointment is on a later day. Move it to today before checking the patient in."
        )
    appointment.state = AppointmentState.CHECKED_IN
    appointment.checked_in_at = clock.now()
    _record(session, appointment, "checked in", by=by)
    telling.forget(session, appointment, how="The patient came", by=by)
    return appointment


def complete(session: Session, *, appointment_id: uuid.UUID, by: User) -> Appointment:
    """The visit is over; a lesion still without photographs puts the person back on the list."""
    appointment = _for_change(session, appointment_id, AppointmentState.COMPLETED)
    appointment.state = AppointmentState.COMPLETED
    _record(session, appointment, "completed appointment", by=by)
    waiting.back_on_the_list(
        session, appointment.referral, why="not every lesion was photographed", by=by
    )
    return appointment


def not_attended(
    session: Session,
    *,
    appointment_id: uuid.UUID,
    reason: NotAttendedReason,
    next_step: NextStep = NextStep.RING,
    by: User,
) -> Appointment:
    """The person did not come: back on the waiting list with a next step, never discharged."""
    appointment = _for_change(session, appointment_id, AppointmentState.NOT_ATTENDED)
    if appointment.slot.starts_at > clock.now():
        raise Conflict(
            "This appointment has not begun yet. If the patient cannot come, cancel or move it."
        )
    appointment.state = AppointmentState.NOT_ATTENDED
    appointment.not_attended_reason = reason
    appointment.ended_at = clock.now()
    _give_back(session, appointment)
    did = "recorded did not attend"
    _record(session, appointment, did, by=by, reason=reason, next_step=next_step)
    telling.forget(session, appointment, how="The patient did not attend", by=by)
    why = f"did not attend: {NOT_ATTENDED_WORDS[reason].lower()}. {NEXT_STEP_WORDS[next_step]}"
    waiting.back_on_the_list(session, appointment.referral, why=why, by=by)
    if next_step is NextStep.SAFEGUARDING:
        waiting.ask_a_lead(session, appointment, by=by)
    return appointment


def _end(
    session: Session, appointment: Appointment, reason: CancelReason, *, by: User | None
) -> None:
    appointment.state = AppointmentState.CANCELLED
    appointment.cancel_reason = reason
    appointment.ended_at = clock.now()
    _give_back(session, appointment)
    _record(session, appointment, "cancelled appointment", by=by, reason=reason)


def _give_back(session: Session, appointment: Appointment) -> None:
    """Free its time: for whoever is above capacity beside it, else for somebody who waits."""
    ledger.release(session, appointment_id=appointment.id)
    freed.mark(session, appointment)
    ledger.move_up(session, appointment_id=appointment.id)


def _some(hold_id: uuid.UUID | None) -> list[uuid.UUID]:
    return [] if hold_id is None else [hold_id]


def _for_change(session: Session, appointment_id: uuid.UUID, to: AppointmentState) -> Appointment:
    """The appointment, locked and read afresh, if it may become `to`."""
    appointment = queries.appointment(session, appointment_id)
    ledger.lock(session, appointments=[appointment_id])
    session.refresh(appointment)
    check_move(appointment.state, to)
    return appointment


def _record(
    session: Session, appointment: Appointment, did: str, *, by: User | None, **detail: str
) -> None:
    slot = appointment.slot
    audit.record(
        session,
        by=by,
        did=did,
        subject=appointment,
        detail={"starts_at": slot.starts_at.isoformat(), "slot_id": str(slot.id), **detail},
    )
