"""Appointments: booked, moved, cancelled, checked in, completed, not attended."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import holds, ledger, queries, telling, waiting
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    Level,
    NotAttendedReason,
)
from derm_service.booking.models import Allocation, Appointment, Slot
from derm_service.booking.rules import check_move
from derm_service.db import conflict_on, new_id
from derm_service.errors import Conflict
from derm_service.people import User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Referral

ELSEWHERE = "This patient already has an appointment at that time. Choose another time."
HAS_ONE = "This referral already has an appointment. Move that one instead of booking another."


def book(
    session: Session,
    *,
    slot_id: uuid.UUID,
    referral_id: uuid.UUID,
    note: str = "",
    hold_id: uuid.UUID | None = None,
    by: User,
) -> Appointment:
    """Give a referral a slot and tell the person; Conflict says why it cannot be.

    `note` is what was arranged for the person's needs; the photographer and the letter say it.
    What was held for the referral, or by `hold_id`, is given up for it. A hold that has lapsed
    does no harm while the time is still free.
    """
    slot = queries.slot(session, slot_id)
    referral = queries.referral(session, referral_id)
    resources = ledger.resources_of_clinic(session, slot.clinic_id)
    own = holds.of_referral(session, referral.id, hold_id=hold_id)
    with session.begin_nested(), holds.lapsed_says_so(own, hold_id, slot):
        ledger.lock(session, [referral.patient_id, *resources, *holds.used_by(session, own)])
        _check_referral(session, referral)
        ledger.check_slot(session, slot, resources)
        holds.give_up(session, own)
        if queries.waiting_appointment(session, referral.id) is not None:
            raise Conflict(HAS_ONE)
        appointment = _add(session, slot, referral, note=note, by=by)
        ledger.take(
            session,
            resources,
            level=Level.VISIT,
            during=appointment.during,
            appointment_id=appointment.id,
        )
        _record(session, appointment, "booked appointment", by=by)
        waiting.off_the_list(session, referral, how="Booked", by=by)
        telling.tell_booked(session, appointment, by=by)
    return appointment


def move(
    session: Session,
    *,
    appointment_id: uuid.UUID,
    slot_id: uuid.UUID,
    note: str | None = None,
    hold_id: uuid.UUID | None = None,
    by: User,
) -> Appointment:
    """Move a booked appointment: the new place is taken before the old one is given back.

    The old row becomes `moved` and points to the new one, which is returned. Holds as in `book`.
    """
    slot = queries.slot(session, slot_id)
    old = queries.appointment(session, appointment_id)
    resources = ledger.resources_of_clinic(session, slot.clinic_id)
    own = holds.of_referral(session, old.referral_id, hold_id=hold_id)
    with session.begin_nested(), holds.lapsed_says_so(own, hold_id, slot):
        ledger.lock(
            session, [*everything_of(session, old), *resources, *holds.used_by(session, own)]
        )
        session.refresh(old)
        check_move(old.state, AppointmentState.MOVED)
        _check_referral(session, old.referral)
        ledger.check_slot(session, slot, resources)
        if old.slot.starts_at <= clock.now():
            raise Conflict(
                "The time of this appointment has passed. Record that the patient did not attend "
                "or cancel it, then book another."
            )
        if old.slot_id == slot.id:
            raise Conflict("The appointment is already at this time. Choose another time.")
        holds.give_up(session, own)
        taken = ledger.take(session, resources, level=Level.VISIT, during=ledger.span_of(slot))
        old.state = AppointmentState.MOVED
        session.flush()
        new = _add(session, slot, old.referral, note=old.note if note is None else note, by=by)
        _give_to(taken, new)
        old.moved_to_id = new.id
        ledger.release(session, appointment_id=old.id)
        _record(session, old, "moved appointment", by=by, moved_to=str(new.id))
        _record(session, new, "booked appointment", by=by, moved_from=str(old.id))
        telling.tell_moved(session, old, new, by=by)
    return new


def cancel(
    session: Session, *, appointment_id: uuid.UUID, reason: CancelReason, by: User
) -> Appointment:
    """Cancel an appointment and free its slot; the person goes back on the waiting list."""
    appointment = end(session, appointment_id=appointment_id, reason=reason, by=by)
    telling.tell_cancelled(session, appointment, will_rebook=True, by=by)
    waiting.back_on_the_list(session, appointment.referral, why=f"cancelled: {reason}", by=by)
    return appointment


def end(
    session: Session, *, appointment_id: uuid.UUID, reason: CancelReason, by: User
) -> Appointment:
    """Cancel without telling anybody: for referrals that end; `cancel` is for everything else."""
    appointment = _for_change(session, appointment_id, AppointmentState.CANCELLED)
    appointment.state = AppointmentState.CANCELLED
    appointment.cancel_reason = reason
    ledger.release(session, appointment_id=appointment.id)
    _record(session, appointment, "cancelled appointment", by=by, reason=reason)
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
    session: Session, *, appointment_id: uuid.UUID, reason: NotAttendedReason, by: User
) -> Appointment:
    """The person did not come: back on the waiting list with somebody to ring, never discharged."""
    appointment = _for_change(session, appointment_id, AppointmentState.NOT_ATTENDED)
    if appointment.slot.starts_at > clock.now():
        raise Conflict(
            "This appointment has not begun yet. If the patient cannot come, cancel or move it."
        )
    appointment.state = AppointmentState.NOT_ATTENDED
    appointment.not_attended_reason = reason
    ledger.release(session, appointment_id=appointment.id)
    _record(session, appointment, "recorded did not attend", by=by, reason=reason)
    telling.forget(session, appointment, how="The patient did not attend", by=by)
    waiting.back_on_the_list(session, appointment.referral, why=f"did not attend: {reason}", by=by)
    return appointment


def check_bookable(referral: Referral) -> None:
    """Refuse (Conflict) what has nothing to be photographed or nobody to photograph."""
    if referral.patient.deceased_on is not None:
        raise Conflict("This patient has died. Nothing can be booked.")
    if referral.state is not ReferralState.OPEN:
        raise Conflict(
            f"This referral is {referral.state}. Nothing can be booked on it. "
            "Enter a new referral if photographs are needed after all."
        )
    if all(lesion.state is not LesionState.AWAITING_IMAGES for lesion in referral.lesions):
        raise Conflict("No lesion of this referral is waiting for photographs.")


def _check_referral(session: Session, referral: Referral) -> None:
    session.refresh(referral)
    session.refresh(referral.patient)
    for lesion in referral.lesions:
        session.refresh(lesion)
    check_bookable(referral)


def _add(session: Session, slot: Slot, referral: Referral, *, note: str, by: User) -> Appointment:
    appointment = Appointment(
        id=new_id(),
        slot_id=slot.id,
        slot=slot,
        referral_id=referral.id,
        referral=referral,
        patient_id=referral.patient_id,
        patient=referral.patient,
        during=ledger.span_of(slot),
        state=AppointmentState.BOOKED,
        booked_by_id=by.id,
        booked_at=clock.now(),
        note=note.strip(),
    )
    with (
        conflict_on(session, "appointment_patient_in_one_place", ELSEWHERE),
        conflict_on(session, "appointment_one_waiting_per_referral", HAS_ONE),
    ):
        session.add(appointment)
    return appointment


def _give_to(taken: list[Allocation], appointment: Appointment) -> None:
    for allocation in taken:
        allocation.appointment_id = appointment.id


def everything_of(session: Session, appointment: Appointment) -> list[uuid.UUID]:
    """What has to be locked before an appointment is changed: its patient and its resources."""
    used = session.scalars(
        sa.select(Allocation.resource_id).where(Allocation.appointment_id == appointment.id)
    )
    return [appointment.patient_id, *used]


def _for_change(session: Session, appointment_id: uuid.UUID, to: AppointmentState) -> Appointment:
    """The appointment, locked and read afresh, if it may become `to`."""
    appointment = queries.appointment(session, appointment_id)
    ledger.lock(session, everything_of(session, appointment))
    session.refresh(appointment)
    check_move(appointment.state, to)
    return appointment


def _record(
    session: Session, appointment: Appointment, did: str, *, by: User, **detail: str
) -> None:
    slot = appointment.slot
    audit.record(
        session,
        by=by,
        did=did,
        subject=appointment,
        detail={"starts_at": slot.starts_at.isoformat(), "slot_id": str(slot.id), **detail},
    )
