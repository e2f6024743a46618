"""Reads of booking: single things, a referral's appointments, the clinics of a day."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from derm_service.booking import overbooking, rules
from derm_service.booking.codes import AppointmentState, ClinicState, Level, ResourceKind
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Clinic, Location, Resource, Slot
from derm_service.errors import NotFound
from derm_service.people import User
from derm_service.referrals.models import Patient, Referral

WAITING = (AppointmentState.BOOKED, AppointmentState.CHECKED_IN)
IN_A_SLOT = (*WAITING, AppointmentState.COMPLETED, AppointmentState.NOT_ATTENDED)


@dataclass(frozen=True)
class DayRow:
    """One slot of a clinic and one person in it (nobody: it is free); two people are two rows."""

    slot: Slot
    appointment: Appointment | None
    above: str = ""  # why this person was booked above capacity

    @property
    def goes_on(self) -> bool:
        """Whether the visit began in a slot before."""
        return self.appointment is not None and self.appointment.slot_id != self.slot.id


@dataclass(frozen=True)
class ClinicDay:
    """One clinic of a day with its rows in order of time."""

    clinic: Clinic
    rows: list[DayRow]
    staff: list[str]
    kit: list[str]
    is_mine: bool


def slot(session: Session, slot_id: uuid.UUID) -> Slot:
    """The slot with its clinic and place; NotFound."""
    found = session.scalar(
        sa.select(Slot)
        .where(Slot.id == slot_id)
        .options(joinedload(Slot.clinic).joinedload(Clinic.location))
    )
    if found is None:
        raise NotFound("This time does not exist any more. Choose another time.")
    return found


def referral(session: Session, referral_id: uuid.UUID) -> Referral:
    """The referral with its patient and lesions; NotFound."""
    found = session.scalar(
        sa.select(Referral)
        .where(Referral.id == referral_id)
        .options(
            joinedload(Referral.patient).selectinload(Patient.needs),
            selectinload(Referral.lesions),
        )
    )
    if found is None:
        raise NotFound("There is no such referral. Search for the patient again.")
    return found


def appointment(session: Session, appointment_id: uuid.UUID) -> Appointment:
    """The appointment with its place, time and person; NotFound."""
    found = session.scalar(
        sa.select(Appointment)
        .where(Appointment.id == appointment_id)
        .options(
            joinedload(Appointment.slot).joinedload(Slot.clinic).joinedload(Clinic.location),
            joinedload(Appointment.patient).selectinload(Patient.needs),
            joinedload(Appointment.referral).selectinload(Referral.lesions),
        )
    )
    if found is None:
        raise NotFound("There is no such appointment. Search for the patient again.")
    return found


def clinic(session: Session, clinic_id: uuid.UUID) -> Clinic:
    """The clinic with its place and slots; NotFound."""
    found = session.scalar(
        sa.select(Clinic)
        .where(Clinic.id == clinic_id)
        .options(joinedload(Clinic.location), selectinload(Clinic.slots))
    )
    if found is None:
        raise NotFound("There is no such clinic. Go back to the clinics.")
    return found


def waiting_appointment(session: Session, referral_id: uuid.UUID) -> Appointment | None:
    """The referral's booked or checked-in appointment, of which there is at most one."""
    return session.scalar(
        sa.select(Appointment)
        .where(Appointment.referral_id == referral_id, Appointment.state.in_(WAITING))
        .options(joinedload(Appointment.slot).joinedload(Slot.clinic).joinedload(Clinic.location))
    )


def waiting_of(session: Session, referral_ids: Iterable[uuid.UUID]) -> Sequence[Appointment]:
    """The booked and checked-in appointments of these referrals, each with its time and place."""
    return session.scalars(
        sa.select(Appointment)
        .where(Appointment.referral_id.in_(list(referral_ids)), Appointment.state.in_(WAITING))
        .options(joinedload(Appointment.slot).joinedload(Slot.clinic).joinedload(Clinic.location))
    ).all()


def without_outcome(session: Session, before: datetime) -> list[Appointment]:
    """Appointments that ended before a moment and of which nobody recorded how."""
    return list(
        session.scalars(
            sa.select(Appointment)
            .join(Appointment.slot)
            .where(Appointment.state.in_(WAITING), Slot.ends_at < before)
            .options(
                joinedload(Appointment.patient),
                joinedload(Appointment.slot).joinedload(Slot.clinic).joinedload(Clinic.location),
            )
            .order_by(Slot.starts_at)
        )
    )


def people_in_clinic(session: Session, clinic_id: uuid.UUID) -> list[Appointment]:
    """The waiting appointments of a clinic as they stand now, in order of time."""
    return list(
        session.scalars(
            sa.select(Appointment)
            .join(Appointment.slot)
            .where(Slot.clinic_id == clinic_id, Appointment.state.in_(WAITING))
            .options(joinedload(Appointment.patient), joinedload(Appointment.referral))
            .order_by(Slot.starts_at)
            .execution_options(populate_existing=True)
        )
    )


def london_day(day: date) -> tuple[datetime, datetime]:
    """The first moment of a London day and the first of the next (23, 24 or 25 hours later)."""
    return rules.moment(day, time()), rules.moment(day + timedelta(days=1), time())


def clinics_between(
    session: Session, first: date, last: date, *, location_id: uuid.UUID | None = None
) -> list[Clinic]:
    """The clinics that start on London days `first` to `last`, in order of time and place."""
    query = (
        sa.select(Clinic)
        .join(Clinic.location)
        .where(Clinic.starts_at >= london_day(first)[0], Clinic.starts_at < london_day(last)[1])
        .options(joinedload(Clinic.location), joinedload(Clinic.mobile_unit))
        .options(selectinload(Clinic.slots))
        .order_by(Clinic.starts_at, Location.name)
    )
    if location_id is not None:
        query = query.where(Clinic.location_id == location_id)
    return list(session.scalars(query))


def clinics_of_day(session: Session, day: date, user: User) -> list[ClinicDay]:
    """The open clinics of a London day with who comes when; the user's own clinics first."""
    clinics = [one for one in clinics_between(session, day, day) if one.state is ClinicState.OPEN]
    rows, resources = rows_of(session, clinics), resources_in(session, clinics)
    days = [_clinic_day(one, rows[one.id], resources.get(one.id, []), user) for one in clinics]
    return sorted(days, key=lambda each: not each.is_mine)


def rows_of(session: Session, clinics: list[Clinic]) -> dict[uuid.UUID, list[DayRow]]:
    """The slots of each clinic and everybody in them, in order of time, by clinic id.

    A slot that was withdrawn is left out, unless somebody is in it.
    """
    in_slots = appointments_in(session, clinics)
    above = overbooking.reasons(session, {one.id for each in in_slots.values() for one in each})
    return {
        clinic.id: [
            DayRow(slot, one, above.get(one.id, "") if one else "")
            for slot in clinic.slots
            for one in in_slots.get(slot.id, () if slot.withdrawn else (None,))
        ]
        for clinic in clinics
    }


def appointments_in(
    session: Session, clinics: list[Clinic]
) -> dict[uuid.UUID, Sequence[Appointment]]:
    """Everybody who is (or was, or should have been) in each slot, by slot id.

    A slot has several people when it was booked above capacity, holds more than one at a time,
    or was given to somebody else after the first did not attend; whoever did not attend is last.
    """
    found = session.scalars(
        sa.select(Appointment)
        .join(Appointment.slot)
        .where(Slot.clinic_id.in_([one.id for one in clinics]), Appointment.state.in_(IN_A_SLOT))
        .options(
            contains_eager(Appointment.slot),
            joinedload(Appointment.patient).selectinload(Patient.needs),
            joinedload(Appointment.referral).selectinload(Referral.lesions),
        )
        .order_by(Appointment.state == AppointmentState.NOT_ATTENDED, Appointment.booked_at)
    )
    slots = {clinic.id: clinic.slots for clinic in clinics}
    in_slots: dict[uuid.UUID, list[Appointment]] = {}
    for one in found:
        for slot in slots[one.slot.clinic_id]:
            if slot.starts_at in one.during:  # a long visit takes slots after its own too
                in_slots.setdefault(slot.id, []).append(one)
    return dict(in_slots)


def resources_in(session: Session, clinics: list[Clinic]) -> dict[uuid.UUID, list[Resource]]:
    """What each clinic holds for its hours, by clinic id."""
    found = session.execute(
        sa.select(Allocation.clinic_id, Resource)
        .join(Allocation.resource)
        .where(
            Allocation.clinic_id.in_([one.id for one in clinics]),
            Allocation.level == Level.CLINIC,
            Allocation.state.in_(LIVE),
        )
        .order_by(Resource.kind, Resource.name)
    )
    held: dict[uuid.UUID, list[Resource]] = {}
    for clinic_id, resource in found:
        if clinic_id is not None:
            held.setdefault(clinic_id, []).append(resource)
    return held


def _clinic_day(
    one: Clinic, rows: list[DayRow], resources: list[Resource], user: User
) -> ClinicDay:
    people = [each for each in resources if each.kind is ResourceKind.PHOTOGRAPHER]
    return ClinicDay(
        clinic=one,
        rows=rows,
        staff=[each.name for each in people],
        kit=[each.name for each in resources if each not in people],
        is_mine=any(each.user_id == user.id for each in people),
    )
