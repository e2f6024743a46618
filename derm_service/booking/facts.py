"""What decides whether a person can have a slot: read in one query, under the locks."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import facts_query, queries
from derm_service.booking.codes import ClinicState
from derm_service.booking.ledger import NO_LONGER_OPEN, Span, Taken, span_of
from derm_service.booking.models import Hold, Slot
from derm_service.errors import Conflict
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Referral

ELSEWHERE = "This patient already has an appointment at that time. Choose another time."
HAS_ONE = "This referral already has an appointment. Move that one instead of booking another."


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
    found = facts_query.run(session, asked)
    if found is None:  # one of the two does not exist: these say which
        queries.slot(session, slot_id)
        queries.referral(session, referral_id)
        raise Taken(NO_LONGER_OPEN)
    slot, referral, answers = found
    kept = holds_of(session, referral_id, hold_id=hold_id) if answers.has_hold else []
    return Facts(
        slot,
        span_of(session, slot, slots),
        referral,
        answers.resources or (),
        answers.has_appointment,
        answers.is_elsewhere,
        answers.is_to_book,
        kept,
    )


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
