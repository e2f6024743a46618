"""What makes a slot bookable, as conditions for queries; the ledger says it all."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from derm_service.booking.codes import LIVE as LIVE_APPOINTMENT
from derm_service.booking.models import Appointment


def is_open(slot: Any, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a slot can be booked now, in the words of `slot_open_idx` and of the present."""
    free = slot.full_until.is_(None)
    return (
        slot.withdrawn.is_(False),
        sa.or_(free, slot.full_until < slot.ends_at),
        sa.or_(free, slot.full_until <= now),
    )


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
