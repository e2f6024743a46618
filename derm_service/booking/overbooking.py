"""Booking above capacity: deliberate, by who may, with a reason, and seen wherever it matters."""

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation
from derm_service.errors import Invalid, NotAllowed
from derm_service.people import Action, User, may

LONGEST_REASON = 500
TOO_LONG = f"Enter the reason in {LONGEST_REASON} characters at most."


def check_allowed(reason: str, by: User | None) -> None:
    """Refuse who may not, or what is too long to be a reason; no reason is no overbooking."""
    if reason and (by is None or not may(by, Action.OVERBOOK)):
        raise NotAllowed("Only a lead can book above capacity. Choose another time or ask one.")
    if len(reason) > LONGEST_REASON:
        raise Invalid({"above": TOO_LONG})


def reasons(session: Session, appointment_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Which of these appointments stand above capacity, and why."""
    found = session.execute(
        sa.select(Allocation.appointment_id, Allocation.reason).where(
            Allocation.appointment_id.in_(list(appointment_ids)),
            Allocation.state.in_(LIVE),
            Allocation.reason != "",
        )
    )
    return {row[0]: row[1] for row in found if row[0] is not None}
