"""Every free slot in order of time, for pages that list them; `search` finds the best."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from derm_service import clock
from derm_service.booking.codes import ClinicState
from derm_service.booking.models import Clinic, Location, Slot
from derm_service.booking.open_slots import is_open, person_is_elsewhere


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

    A slot is free while everything its clinic holds has a lane left (`Slot.full_until`). With
    `patient_id`, times at which that person already has an appointment are left out.
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
            *is_open(Slot, clock.now()),
        )
        .order_by(Slot.starts_at, Location.name)
        .limit(limit)
    )
    if before is not None:
        query = query.where(Slot.starts_at < before)
    if location_id is not None:
        query = query.where(Clinic.location_id == location_id)
    if patient_id is not None:
        during = sa.func.tstzrange(Slot.starts_at, Slot.ends_at, "[)")
        query = query.where(~person_is_elsewhere(patient_id, during))
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
