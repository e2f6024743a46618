"""What makes a slot bookable, as conditions for queries; the ledger says it all."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from derm_service.booking.codes import LIVE as LIVE_APPOINTMENT
from derm_service.booking.codes import AllocationState, Level
from derm_service.booking.fitting import Helper
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Resource


def is_open(slot: Any, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a slot can be booked now, in the words of `slot_open_idx` and of the present."""
    free = slot.full_until.is_(None)
    return (
        slot.withdrawn.is_(False),
        sa.or_(free, slot.full_until < slot.ends_at),
        sa.or_(free, slot.full_until <= now),
    )


def clinic_holds(kind: str, slot: Any) -> sa.Exists:
    """Whether the clinic of a slot has something of this kind for its hours."""
    return (
        sa.select(Allocation.id)
        .join(Resource, Resource.id == Allocation.resource_id)
        .where(
            Allocation.clinic_id == slot.clinic_id,
            Allocation.level == Level.CLINIC,
            Allocation.state.in_(LIVE),
            Resource.kind == kind,
        )
        .correlate(slot)
        .exists()
    )


def helper_free(helper: Helper, during: sa.ColumnElement[Any], now: datetime) -> sa.Exists:
    """Whether somebody of this kind (and language) has a lane left over a time."""
    resource, visit = aliased(Resource), aliased(Allocation)
    used = (
        sa.select(sa.func.count(sa.distinct(visit.lane)))
        .where(
            visit.resource_id == resource.id,
            visit.level == Level.VISIT,
            visit.lane <= resource.capacity,
            visit.state.in_(LIVE),
            sa.or_(visit.state == AllocationState.CONFIRMED, visit.expires_at > now),
            visit.during.op("&&")(during),
        )
        .correlate_except(visit)
        .scalar_subquery()
    )
    wanted = [resource.kind == helper.kind, used < resource.capacity]
    if helper.language:
        wanted.append(resource.language == helper.language)
    return sa.select(resource.id).where(*wanted).correlate_except(resource).exists()


def person_is_elsewhere(patient_id: uuid.UUID, during: sa.ColumnElement[Any]) -> sa.Exists:
    """Whether a person has an appointment over a time."""
    elsewhere = aliased(Appointment)
    return (
        sa.select(elsewhere.id)
        .where(
            elsewhere.patient_id == patient_id,
            elsewhere.state.in_(LIVE_APPOINTMENT),
            elsewhere.during.op("&&")(during),
        )
        .correlate_except(elsewhere)
        .exists()
    )
