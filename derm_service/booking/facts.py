"""What decides whether a person can have a slot: read in one query, under the locks."""

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, contains_eager

from derm_service import clock
from derm_service.booking import queries
from derm_service.booking.codes import LIVE as LIVE_APPOINTMENT
from derm_service.booking.codes import ClinicState
from derm_service.booking.ledger import LIVE, NO_LONGER_OPEN, Span, Taken, span_of
from derm_service.booking.models import Allocation, Appointment, Clinic, Hold, Slot
from derm_service.errors import Conflict
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import AccessNeed, Lesion, Patient, Referral

ELSEWHERE = "This patient already has an appointment at that time. Choose another time."
HAS_ONE = "This referral already has an appointment. Move that one instead of booking another."
TO_BOOK = (WorkKind.RETAKE_TO_BOOK, WorkKind.REBOOK)


@dataclass(frozen=True)
class Facts:
    """A slot and a referral as they stand just now."""

    slot: Slot
    during: Span  # of the visit: one slot, or several in a row
    referral: Referral
    resources: tuple[uuid.UUID, ...]  # what the slot's clinic holds
    has_appointment: bool  # the referral waits for a visit already
    is_elsewhere: bool  # the patient is expected at another place at that time
    is_to_book: bool  # the Work page asks for this booking
    holds: list[Hold]  # what is kept for the referral, or by the hold named


def read(
    session: Session,
    *,
    slot_id: uuid.UUID,
    referral_id: uuid.UUID,
    slots: int = 1,
    hold_id: uuid.UUID | None = None,
    moving_id: uuid.UUID | None = None,
) -> Facts:
    """Everything a booking or a move (of `moving_id`) is decided by, afresh; NotFound."""
    asked = {
        "slot_id": slot_id,
        "referral_id": referral_id,
        "hold_id": hold_id,
        "moving_id": moving_id,
    }
    rows = session.execute(_query(), asked)
    found = rows.unique().one_or_none()
    if found is None:  # one of the two does not exist: these say which
        queries.slot(session, slot_id)
        queries.referral(session, referral_id)
        raise Taken(NO_LONGER_OPEN)
    slot, referral, resources, waits, elsewhere, to_book, has_hold = found
    kept = holds_of(session, referral_id, hold_id=hold_id) if has_hold else []
    during = span_of(session, slot, slots)
    return Facts(slot, during, referral, resources or (), waits, elsewhere, to_book, kept)


def holds_of(
    session: Session, referral_id: uuid.UUID, *, hold_id: uuid.UUID | None = None
) -> list[Hold]:
    """What is kept for a referral, and the hold named; Conflict when that is somebody else's."""
    which = sa.or_(Hold.referral_id == referral_id, Hold.id == hold_id)
    found = list(session.scalars(sa.select(Hold).where(which).order_by(Hold.id)))
    if any(each.referral_id not in {None, referral_id} for each in found):
        raise Conflict("This time is kept for somebody else. Choose another time.")
    return found


def check(found: Facts, *, may_have_begun: bool = False) -> None:
    """Refuse (Conflict, Taken) what cannot be booked, whoever asks."""
    check_bookable(found.referral)
    check_slot(found.slot, may_have_begun=may_have_begun)
    if found.has_appointment:
        raise Conflict(HAS_ONE)
    if found.is_elsewhere:
        raise Taken(ELSEWHERE)


def check_slot(slot: Slot, *, may_have_begun: bool = False) -> None:
    """Refuse (Taken) a time that nobody can be given any more."""
    if slot.clinic.state is not ClinicState.OPEN or slot.withdrawn:
        raise Taken(NO_LONGER_OPEN)
    if slot.starts_at <= clock.now() and not may_have_begun:
        raise Taken("This time has already passed. Choose another time.")


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
    return (
        sa.select(Slot, Referral, resources, waits, elsewhere, to_book, kept)
        .join(Slot.clinic)
        .join(Clinic.location)
        .join(Referral, Referral.id == this_referral)
        .join(Referral.patient)
        .outerjoin(Patient.needs)
        .outerjoin(Referral.lesions)
        .where(Slot.id == this_slot)
        .options(
            contains_eager(Slot.clinic).contains_eager(Clinic.location),
            contains_eager(Referral.patient).contains_eager(Patient.needs),
            contains_eager(Referral.lesions),
        )
        .order_by(Lesion.number, AccessNeed.need)
        .execution_options(populate_existing=True)
    )
