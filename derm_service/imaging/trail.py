"""The audit rows of a capture, each under its referral and its patient."""

from typing import Any

from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.imaging.models import Capture
from derm_service.people import User


def record(
    session: Session,
    capture: Capture,
    did: str,
    *,
    by: User | None,
    system: str = audit.SYSTEM,
    **detail: Any,
) -> None:
    """Write one audit row about a capture; `by=None` is the part of the service in `system`."""
    appointment = capture.image_set.visit.appointment
    audit.record(
        session,
        by=by,
        system=system,
        did=did,
        subject=capture,
        referral_id=appointment.referral_id,
        patient_id=appointment.patient_id,
        detail=detail,
    )
