"""The one query for all that decides a booking, and the rows it makes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from derm_service.booking import queries
from derm_service.booking.codes import LIVE as LIVE_APPOINTMENT
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Clinic, Hold, Location, Slot
from derm_service.booking.waiting import TO_BOOK
from derm_service.db import Columns
from derm_service.messages.models import WorkItem
from derm_service.referrals.models import AccessNeed, Lesion, Patient, Referral

SLOT = Columns(Slot, "id clinic_id starts_at ends_at withdrawn")
CLINIC = Columns(Clinic, "id location_id state views features")
LOCATION = Columns(Location, "id name address_lines postcode directions features")
REFERRAL = Columns(Referral, "id patient_id state priority")
PATIENT = Columns(
    Patient,
    "id family_name given_name born_on deceased_on address_lines postcode phone mobile email "
    "contact_by contact_note safe_contact proxy has_device language interpreter_needed mobility",
)
LESION = Columns(Lesion, "id referral_id number state intimate")
NEED = Columns(AccessNeed, "id patient_id need")


def run(session: Session, asked: Mapping[str, object]) -> tuple[Slot, Referral, Any] | None:
    """Slot and referral with all that hangs on them, and the answers; None where one is missing.

    They are the session's own rows, brought up to date.
    """
    session.flush()
    found = session.connection().execute(_query(), asked).one_or_none()
    if found is None:
        return None
    slot, clinic = SLOT.row(session, found.slot), CLINIC.row(session, found.clinic)
    set_committed_value(slot, "clinic", clinic)
    set_committed_value(clinic, "location", LOCATION.row(session, found.location))
    referral, patient = REFERRAL.row(session, found.referral), PATIENT.row(session, found.patient)
    set_committed_value(referral, "patient", patient)
    lesions = [LESION.row(session, one) for one in found.lesions or ()]
    set_committed_value(referral, "lesions", lesions)
    needs = [NEED.row(session, one) for one in found.needs or ()]
    set_committed_value(patient, "needs", needs)
    return slot, referral, found


@cache
def _query() -> sa.Select[Any]:
    """Built once: composing it would take longer than running it."""
    this_slot = sa.bindparam("slot_id", type_=sa.Uuid)
    this_referral = sa.bindparam("referral_id", type_=sa.Uuid)
    resources = (
        sa.select(sa.func.array_agg(Allocation.resource_id, type_=ARRAY(sa.Uuid, as_tuple=True)))
        .where(Allocation.clinic_id == Slot.clinic_id, Allocation.state.in_(LIVE))
        .scalar_subquery()
    )
    moving = sa.bindparam("moving_id", type_=sa.Uuid)
    waits = sa.exists().where(
        Appointment.referral_id == this_referral,
        Appointment.state.in_(queries.WAITING),
        Appointment.id.is_distinct_from(moving),
    )
    elsewhere = sa.exists().where(
        Appointment.patient_id == Referral.patient_id,
        Appointment.state.in_(LIVE_APPOINTMENT),
        Appointment.during.op("&&")(sa.func.tstzrange(Slot.starts_at, Slot.ends_at)),
        Appointment.id.is_distinct_from(moving),
    )
    to_book = sa.exists().where(
        WorkItem.referral_id == this_referral,
        WorkItem.kind.in_(TO_BOOK),
        WorkItem.done_at.is_(None),
    )
    kept = sa.exists().where(
        sa.or_(Hold.referral_id == this_referral, Hold.id == sa.bindparam("hold_id", type_=sa.Uuid))
    )
    lesions = (
        sa.select(sa.func.jsonb_agg(aggregate_order_by(LESION.cell, Lesion.number)))
        .where(Lesion.referral_id == this_referral)
        .scalar_subquery()
    )
    needs = (
        sa.select(sa.func.jsonb_agg(aggregate_order_by(NEED.cell, AccessNeed.need)))
        .where(AccessNeed.patient_id == Referral.patient_id)
        .scalar_subquery()
    )
    return (
        sa.select(
            SLOT.cell.label("slot"),
            CLINIC.cell.label("clinic"),
            LOCATION.cell.label("location"),
            REFERRAL.cell.label("referral"),
            PATIENT.cell.label("patient"),
            lesions.label("lesions"),
            needs.label("needs"),
            resources.label("resources"),
            waits.label("has_appointment"),
            elsewhere.label("is_elsewhere"),
            to_book.label("is_to_book"),
            kept.label("has_hold"),
        )
        .select_from(Slot)
        .join(Clinic, Clinic.id == Slot.clinic_id)
        .join(Location, Location.id == Clinic.location_id)
        .join(Referral, Referral.id == this_referral)
        .join(Patient, Patient.id == Referral.patient_id)
        .where(Slot.id == this_slot)
    )
