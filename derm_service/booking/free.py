"""Which slots are free: asked of the ledger, never kept in a column."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session, contains_eager

from derm_service import clock
from derm_service.booking.codes import LIVE as LIVE_APPOINTMENT
from derm_service.booking.codes import AllocationState, ClinicState, Level
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Clinic, Location, Resource, Slot


def free_slots(
    session: Session,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
    location_id: uuid.UUID | None = None,
    patient_id: uuid.UUID | None = None,
    limit: int = 500,
) -> Sequence[Slot]:
    """Slots that can be booked now, in order of time and place, with clinic and location loaded.

    A slot is free while everything its clinic holds has a lane left. With `patient_id`, times at
    which that person already has an appointment are left out.
    """
    query = (
        sa.select(Slot)
        .join(Slot.clinic)
        .join(Clinic.location)
        .options(
            contains_eager(Slot.clinic).contains_eager(Clinic.location),
            contains_eager(Slot.clinic).joinedload(Clinic.mobile_unit),
        )
        .where(
            Clinic.state == ClinicState.OPEN,
            Slot.starts_at > max(after or clock.now(), clock.now()),
            ~_something_is_full(),
        )
        .order_by(Slot.starts_at, Location.name)
        .limit(limit)
    )
    if before is not None:
        query = query.where(Slot.starts_at < before)
    if location_id is not None:
        query = query.where(Clinic.location_id == location_id)
    if patient_id is not None:
        query = query.where(~_person_is_elsewhere(patient_id))
    return session.scalars(query).all()


def next_free(
    session: Session, *, patient_id: uuid.UUID, near: Slot | None = None, limit: int = 5
) -> list[Slot]:
    """The next free slots for somebody whose choice has gone: the same place first, then any."""
    found: list[Slot] = []
    if near is not None:
        found += free_slots(
            session,
            location_id=near.clinic.location_id,
            patient_id=patient_id,
            limit=(limit + 1) // 2,
        )
    anywhere = free_slots(session, patient_id=patient_id, limit=limit * 2)
    found += [slot for slot in anywhere if slot not in found]
    return sorted(found[:limit], key=lambda slot: slot.starts_at)


def _something_is_full() -> sa.Exists:
    held = orm.aliased(Allocation)
    resource = orm.aliased(Resource)
    visit = orm.aliased(Allocation)
    lanes_used = (
        sa.select(sa.func.count(sa.distinct(visit.lane)))
        .where(
            visit.resource_id == held.resource_id,
            visit.level == Level.VISIT,
            visit.lane <= resource.capacity,
            visit.state.in_(LIVE),
            sa.or_(visit.state == AllocationState.CONFIRMED, visit.expires_at > clock.now()),
            visit.during.op("&&")(sa.func.tstzrange(Slot.starts_at, Slot.ends_at, "[)")),
        )
        .correlate(held, resource, Slot)
        .scalar_subquery()
    )
    return (
        sa.select(held.id)
        .join(resource, resource.id == held.resource_id)
        .where(
            held.clinic_id == Slot.clinic_id,
            held.level == Level.CLINIC,
            held.state.in_(LIVE),
            lanes_used >= resource.capacity,
        )
        .correlate(Slot)
        .exists()
    )


def _person_is_elsewhere(patient_id: uuid.UUID) -> sa.Exists:
    return (
        sa.select(Appointment.id)
        .where(
            Appointment.patient_id == patient_id,
            Appointment.state.in_(LIVE_APPOINTMENT),
            Appointment.during.op("&&")(sa.func.tstzrange(Slot.starts_at, Slot.ends_at, "[)")),
        )
        .correlate(Slot)
        .exists()
    )
